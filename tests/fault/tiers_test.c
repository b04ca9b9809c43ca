/* SPDX-License-Identifier: MIT */
/*
 * tiers_test.c - whichever call fails while windows close, are computed again, go
 * to blocks or are merged: the answers are right, before it is tried again and
 * after, and after a restart.
 */
#include "answers.h"
#include "fault/fault.h"

#include <errno.h>

#define M INT64_C(60000)
#define MINUTE0 (T0 / M * M)

enum { MINUTES_MOST = 100000 };

static struct folder folder;
static series_ref ref;
static int minutes;			/* from MINUTE0 to now */
static uint32_t count[MINUTES_MOST];	/* samples of each */
static double sum[MINUTES_MOST];

static void quiet(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	(void)data, (void)level, (void)topic, (void)text;
}

static int make(void **state)
{
	(void)state;
	log_set_writer(quiet, NULL);
	folder_make(&folder);
	folder.options.retention[KYMO_RAW] = FOREVER;
	folder_open(&folder);
	ref = series_of(folder.store, "a", "x");
	minutes = 0;
	memset(count, 0, sizeof count);
	memset(sum, 0, sizeof sum);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static void put_counted(kymo_ms at, double value)
{
	int minute = (int)((at - MINUTE0 + M - 1) / M);

	must_put(folder.store, ref, at, value);
	count[minute]++;
	sum[minute] += value;
}

/* Three minutes in order, and one sample that is late. */
static void append_some(void)
{
	static int salt;
	kymo_ms begin = MINUTE0 + minutes * M;

	for (kymo_ms at = begin + 20000; at <= begin + 3 * M; at += 20000)
		put_counted(at, (double)(at / 1000 % 100));
	minutes += 3;
	if (minutes > 20)
		put_counted(MINUTE0 + (minutes - 8) * M - 1 - salt++ % 500, 1000);
	atomic_store(&folder.clock.now, MINUTE0 + minutes * M + 6000);
}

static void check(int back)
{
	struct answers got = { 0 };
	int from = minutes > back ? minutes - back : 0;

	from -= from % 60;
	for (int tier = KYMO_1M; tier < TIERS; tier++) {
		int width = (int)(tier_width((enum kymo_tier)tier) / M), base = (int)(MINUTE0 / M % width), at = 0;
		kymo_ms end = MINUTE0 + minutes * M;

		/* Windows are aligned to the epoch, minutes are counted from MINUTE0. */
		ask(folder.store, ref, (enum kymo_tier)tier, MINUTE0 + from * M, end, WANT_ALL, &got);
		for (int last = from + width - (from + base) % width; last <= minutes; last += width, at++) {
			uint64_t samples = 0;
			double total = 0;

			for (int i = last - width + 1; i <= last; i++) {
				samples += i > 0 ? count[i] : 0;
				total += i > 0 ? sum[i] : 0;
			}
			if (at >= (int)got.n || got.of[at].record.window.count != samples || got.of[at].record.window.sum != total)
				fail_msg("%s, %d of %u: minute %d of %d", tier_name((enum kymo_tier)tier), at, got.n, last, minutes);
		}
		assert_int_equal(at, got.n);
	}
	answers_fini(&got);
}

static int try_all(void)
{
	struct store_maintained done;
	struct error err = { 0 };
	int r = store_maintain(folder.store, MAINTAIN_CLOSE | MAINTAIN_FLUSH | MAINTAIN_MERGE, &done, &err);

	assert_true(r == 0 || error_text(&err)[0]);
	error_clear(&err);
	return r;
}

/* The nth call of `calls` fails, for every n there is. */
static void try_each(unsigned calls, int error, unsigned step)
{
	unsigned failed = 0;

	for (unsigned n = 1; minutes < MINUTES_MOST / 2; n += step) {
		bool fault;

		append_some();
		fault_at(calls, n, error);
		if (try_all() < 0)
			failed++;
		fault = fault_off();
		check(200);
		if (n % 16 == 0)
			assert_int_equal(try_all(), 0);
		if (n % 50 == 0)
			folder_reopen(&folder);
		if (!fault)
			break;
	}
	print_message("%u of %d calls failed\n", failed, minutes / 3);
	assert_true(failed > 10);
	check(minutes);
	assert_int_equal(try_all(), 0);
	check(minutes);
	folder_reopen(&folder);
	check(minutes);
}

static void memory_runs_out(void **state)
{
	(void)state;
	try_each(FAULT_MEMORY, ENOMEM, 1);
}

static void the_disk_fails(void **state)
{
	(void)state;
	try_each(FAULT_DISK, EIO, 1);
}

/* Nothing can be written for hours; then there is room again. */
static void the_disk_is_full_for_long(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++)
		append_some();
	assert_int_equal(try_all(), 0);
	for (int round = 0; round < 40; round++) {
		append_some();
		fault_from(FAULT_WRITES | FAULT_TRUNCATE, 1, ENOSPC);
		try_all();
		fault_off();
		check(200);
	}
	assert_int_equal(try_all(), 0);
	check(minutes);
	folder_reopen(&folder);
	check(minutes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(memory_runs_out, make, clean),
		cmocka_unit_test_setup_teardown(the_disk_fails, make, clean),
		cmocka_unit_test_setup_teardown(the_disk_is_full_for_long, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

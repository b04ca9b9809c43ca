/* SPDX-License-Identifier: MIT */
/*
 * store_test.c - whichever call fails, nothing that was stored is lost, and the
 * store goes on by itself when the calls work again.
 */
#include "fault/fault.h"
#include "folder.h"

#include <errno.h>
#include <sys/wait.h>

enum { SERIES = 10, SAMPLES = 300, CALLS_MOST = 3000 };

static struct folder folder;
static series_ref refs[SERIES];
static kymo_ms first, now;		/* of the first sample; of the next */
static uint32_t stored[SERIES];		/* the samples of each are 0, 1, 2, ... a second apart */
static struct got got;

static void begin(void)
{
	folder_make(&folder);
	folder_open(&folder);
	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	for (uint32_t i = 0; i < SERIES; i++) {
		char name[] = { (char)('a' + i), 0 };

		refs[i] = series_of(folder.store, name, "x");
		stored[i] = 0;
	}
	first = now = T0;
}

static void quiet(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	(void)data, (void)level, (void)topic, (void)text;
}

static int make(void **state)
{
	(void)state;
	log_set_writer(quiet, NULL);
	begin();
	return 0;
}

static int clean(void **state)
{
	(void)state;
	fault_off();
	folder_remove(&folder);
	return 0;
}

static double value_of(uint32_t series, uint32_t i)
{
	return series == 0 ? 5 : series == 1 ? i / 7 : i * 0.37;
}

/* One batch; when it was not all taken, the same again takes the rest. */
static int append(void)
{
	double values[SERIES];
	struct store_batch batch = { .n = SERIES, .refs = refs, .values = values, .at = now };
	struct store_appended done;
	int r;

	for (uint32_t i = 0; i < SERIES; i++)
		values[i] = value_of(i, stored[i]);
	r = store_append(folder.store, &batch, &done);
	if (r == -ENOMEM)
		return r;
	assert_int_equal(done.stored + done.repeated, SERIES);
	for (uint32_t i = 0; i < SERIES; i++)
		stored[i]++;
	now += 1000;
	folder.clock.now = now;
	return r;
}

static void append_many(uint32_t n)
{
	while (n--)
		assert_int_equal(append(), 0);
}

static void check(void)
{
	for (uint32_t s = 0; s < SERIES; s++) {
		get(folder.store, refs[s], 0, INT64_MAX, &got);
		assert_int_equal(got.n, stored[s]);
		for (uint32_t i = 0; i < got.n; i++)
			if (got.at[i] != first + 1000 * i || got.value[i] != value_of(s, i))
				fail_msg("series %u sample %u", s, i);
	}
}

static int try_flush(void)
{
	struct store_maintained done = { 0 };
	LOCK(&folder.store->maintain_lock);

	return store_flush(folder.store, &done, NULL);
}

/* ---- memory ---- */

static void appends_without_memory_can_be_tried_again(void **state)
{
	unsigned failures = 0;

	(void)state;
	for (uint32_t round = 0; round < 400; round++) {
		fault_at(FAULT_MEMORY, 1 + round % 4, ENOMEM);
		if (append() < 0)
			failures++;
		fault_off();
		if (round % 50 == 49)
			assert_int_equal(try_flush(), 0);
	}
	assert_true(failures > 3);
	assert_int_equal(append(), 0);
	check();
	folder_reopen(&folder);
	check();
}

static void a_series_without_memory_can_be_tried_again(void **state)
{
	struct store_stats stats;
	uint32_t made = SERIES;

	(void)state;
	for (unsigned n = 1; n < 40; n++) {
		char text[32];
		struct label items[] = { { LABEL_NAME, text, sizeof LABEL_NAME - 1, 0 }, { "n", text, 1, 0 } };
		AUTO_BUF bytes = { 0 };
		series_ref ref;
		int r;

		items[0].value_len = items[1].value_len = (uint32_t)snprintf(text, sizeof text, "made%u", n);
		assert_int_equal(labels_encode(items, 2, &bytes), 0);
		fault_at(FAULT_MEMORY, n % 8 + 1, ENOMEM);
		r = store_series(folder.store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &ref);
		if (fault_off() && r < 0)
			assert_int_equal(r, -ENOMEM);
		else
			assert_int_equal(r, 0);
		assert_int_equal(store_series(folder.store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &ref), 0);
		must_put(folder.store, ref, now, n);
		made++;
		store_stats(folder.store, &stats);
		assert_int_equal(stats.series, made);
	}
	folder_reopen(&folder);
	store_stats(folder.store, &stats);
	assert_int_equal(stats.series, made);
	assert_int_equal(stats.quarantined, 0);
}

static void opening_fails_whole_and_succeeds_later(void **state)
{
	static const struct { unsigned calls; int error; } rows[] = {
		{ FAULT_MEMORY, ENOMEM },
		{ FAULT_OPEN | FAULT_MKDIR | FAULT_MMAP, EMFILE },
	};

	(void)state;
	append_many(SAMPLES);
	assert_int_equal(try_flush(), 0);
	append_many(SAMPLES);
	for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
		for (unsigned n = 1; n < CALLS_MOST; n++) {
			int r;

			folder_close(&folder);
			fault_at(rows[row].calls, n, rows[row].error);
			r = store_open(&folder.options, &folder.store, NULL);
			if (!fault_off())
				break;
			if (r == 0)
				continue;	/* it did not need that one */
			folder.store = NULL;
			assert_int_equal(r, -rows[row].error);
			folder_open(&folder);
			check();
		}
	check();
}

/* ---- flushes ---- */

static void a_flush_that_fails_leaves_everything(void **state)
{
	static const struct { unsigned calls; int error; } rows[] = {
		{ FAULT_MEMORY, ENOMEM },
		{ FAULT_OPEN | FAULT_WRITES | FAULT_SYNCS | FAULT_RENAME, EIO },
		{ FAULT_READ, EIO },
	};

	(void)state;
	for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
		for (unsigned n = 1; n < CALLS_MOST; n++) {
			bool failed;
			int r;

			append_many(130);
			fault_at(rows[row].calls, n, rows[row].error);
			r = try_flush();
			failed = fault_off();
			check();
			append_many(5);
			if (!failed) {
				assert_int_equal(r, 0);
				break;
			}
			if (n % 5 == 0)
				folder_reopen(&folder);
			check();
			if (n % 7 == 0) {
				assert_int_equal(try_flush(), 0);
				check();
			}
		}
	folder_reopen(&folder);
	check();
}

/* A child that ends at the nth call to the disk leaves what a crash there would. */
static void a_crash_in_a_flush_loses_nothing(void **state)
{
	bool reached_the_end = false;
	struct store_stats stats;

	(void)state;
	first = now = window_end_of(T0, 86400000) - 50000;	/* over midnight */
	folder.clock.now = now;
	for (unsigned n = 1; !reached_the_end && n < CALLS_MOST; n++) {
		pid_t child;
		int status;

		append_many(100);
		folder_close(&folder);
		child = fork();
		if (!child) {
			folder_open(&folder);
			fault_from(FAULT_DISK, n, EIO);
			try_flush();
			_exit(fault_calls() < n);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		reached_the_end = WEXITSTATUS(status);
		folder_open(&folder);
		check();
	}
	assert_true(reached_the_end);
	assert_int_equal(try_flush(), 0);
	check();
	store_stats(folder.store, &stats);
	assert_int_equal(stats.quarantined, 0);
}

/* ---- a full disk ---- */

static void a_full_disk_is_waited_for(void **state)
{
	struct store_stats stats;
	uint32_t failed = 0;

	(void)state;
	append_many(100);
	fault_from(FAULT_WRITES, 1, ENOSPC);
	for (int i = 0; i < 200; i++)
		failed += append() == -ENOSPC;
	assert_true(fault_off());
	assert_int_equal(failed, 200);
	check();				/* visible all the same */
	store_stats(folder.store, &stats);
	assert_int_equal(stats.unlogged, 200 * SERIES);
	assert_true(stats.write_errors >= 200);
	assert_false(folder.store->flush_wanted);
	assert_int_equal(append(), 0);
	assert_true(folder.store->flush_wanted);
	fault_from(FAULT_WRITE, 1, ENOSPC);	/* full again, in the flush */
	assert_true(try_flush() < 0);
	assert_true(fault_off());
	assert_int_equal(append(), 0);
	assert_true(folder.store->flush_wanted);
	assert_int_equal(try_flush(), 0);
	assert_false(folder.store->flush_wanted);
	assert_int_equal(append(), 0);
	assert_false(folder.store->flush_wanted);
	check();
	folder_reopen(&folder);
	check();
}

static void series_that_are_new_on_a_full_disk_are_named_later(void **state)
{
	series_ref late;

	(void)state;
	fault_from(FAULT_WRITES, 1, ENOSPC);
	late = series_of(folder.store, "late", NULL);
	assert_int_equal(put(folder.store, late, T0, 1, NULL), -ENOSPC);
	assert_true(fault_off());
	assert_int_equal(put(folder.store, late, T0 + 1000, 2, NULL), 0);
	folder_reopen(&folder);
	assert_int_equal(series_of(folder.store, "late", NULL), late);
	get(folder.store, late, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 1);		/* the other one was in memory alone */
}

static void writes_that_stop_short_are_carried_on(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 10; n++) {
		fault_short(FAULT_WRITES, n);
		append_many(10);
		fault_off();
	}
	for (unsigned n = 1; n < 10; n++) {
		fault_short(FAULT_WRITES | FAULT_READ, n);
		assert_int_equal(try_flush(), 0);
		fault_off();
		append_many(10);
	}
	check();
	folder_reopen(&folder);
	check();
}

/* ---- syncs ---- */

static void a_sync_that_fails_is_told_and_asks_for_a_flush(void **state)
{
	(void)state;
	append_many(10);
	fault_at(FAULT_SYNCS, 1, EIO);
	assert_int_equal(store_sync(folder.store), -EIO);
	assert_true(fault_off());
	assert_true(folder.store->flush_wanted);
	assert_int_equal(try_flush(), 0);
	assert_int_equal(store_sync(folder.store), 0);
	folder.options.strict = true;
	store_configure(folder.store, &folder.options);
	assert_int_equal(append(), 0);
	fault_at(FAULT_SYNCS, 1, EIO);
	assert_int_equal(append(), -EIO);
	assert_true(fault_off());
	assert_int_equal(append(), 0);
	check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(appends_without_memory_can_be_tried_again, make, clean),
		cmocka_unit_test_setup_teardown(a_series_without_memory_can_be_tried_again, make, clean),
		cmocka_unit_test_setup_teardown(opening_fails_whole_and_succeeds_later, make, clean),
		cmocka_unit_test_setup_teardown(a_flush_that_fails_leaves_everything, make, clean),
		cmocka_unit_test_setup_teardown(a_crash_in_a_flush_loses_nothing, make, clean),
		cmocka_unit_test_setup_teardown(a_full_disk_is_waited_for, make, clean),
		cmocka_unit_test_setup_teardown(series_that_are_new_on_a_full_disk_are_named_later, make, clean),
		cmocka_unit_test_setup_teardown(writes_that_stop_short_are_carried_on, make, clean),
		cmocka_unit_test_setup_teardown(a_sync_that_fails_is_told_and_asks_for_a_flush, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

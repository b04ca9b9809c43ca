/* SPDX-License-Identifier: MIT */
/* The thread, and all of the store under many threads at once: run this with the thread sanitizer. */
#include "answers.h"
#include "store/maintain.h"
#include "util/check.h"
#include "util/thread.h"

#include <unistd.h>

#define M INT64_C(60000)
#define H (60 * M)
#define HOUR0 INT64_C(1700002800000)

enum { STEPS = 12000, READERS = 2 };

static struct folder folder;
static series_ref refs[2];
static _Atomic bool over;

static int make(void **state)
{
	folder_make(&folder);
	folder.options.sync = 10;
	folder.options.flush = 50;
	folder.options.cleanup = 50;
	folder.options.retention[KYMO_RAW] = 2 * H;
	for (int tier = KYMO_1M; tier < TIERS; tier++)
		folder.options.retention[tier] = FOREVER;
	atomic_store(&folder.clock.now, HOUR0);
	atomic_store(&over, false);
	*state = &folder;
	return 0;
}

static int clean(void **state)
{
	folder_remove(*state);
	return 0;
}

static void pause_shortly(void)
{
	usleep(2000);
}

static int count_large(void *data, const struct store_large *large)
{
	*(int *)data += large->bytes[KYMO_RAW] && large->bytes[KYMO_1M];
	return 0;
}

static void the_thread_does_everything(void **state)
{
	struct store_stats stats;

	(void)state;
	folder.options.manual = false;
	folder_open(&folder);
	refs[0] = series_of(folder.store, "a", "x");
	for (int i = 1; i <= 100; i++)
		must_put(folder.store, refs[0], HOUR0 + i * 10000, i);
	atomic_store(&folder.clock.now, HOUR0 + 20 * M);
	do {
		pause_shortly();
		store_stats(folder.store, &stats);
	} while (!stats.windows_closed || !stats.tier[KYMO_RAW].files || !stats.tier[KYMO_1M].files ||
		 stats.last_flush == INT64_MIN || stats.last_cleanup == INT64_MIN || stats.head_samples);
	assert_int_equal(stats.windows_closed, 17 + 3);
	for (int n = 0; !n; pause_shortly())
		store_each_largest(folder.store, count_large, &n);
}

static void a_report_says_what_was_done(void **state)
{
	struct store_maintained done;

	(void)state;
	folder_open(&folder);
	refs[0] = series_of(folder.store, "a", "x");
	for (int i = 1; i <= 60; i++)
		must_put(folder.store, refs[0], HOUR0 + i * 10000, i);
	atomic_store(&folder.clock.now, HOUR0 + 11 * M);
	done = maintain(folder.store, MAINTAIN_CLOSE);
	assert_int_equal(done.closed_windows, 12);
	assert_int_equal(done.flushed_samples + done.blocks_written, 0);
	must_put(folder.store, refs[0], HOUR0 + 5, 1);
	done = maintain(folder.store, 0);
	assert_int_equal(done.recomputed_windows, 2);
	assert_int_equal(done.flushed_samples, 61);
	assert_int_equal(done.blocks_written, 3);
	assert_true(done.bytes_written > 0 && done.wal_removed > 0);
	atomic_store(&folder.clock.now, HOUR0 + 5 * H);
	maintain(folder.store, MAINTAIN_CLOSE | MAINTAIN_EXPIRE);
	atomic_store(&folder.clock.now, HOUR0 + 6 * H);
	done = maintain(folder.store, MAINTAIN_EXPIRE);
	assert_true(done.bytes_freed > 0);
}

/* ---- many threads ---- */

static void *write_samples(void *data)
{
	(void)data;
	for (int i = 1; i <= STEPS; i++) {
		kymo_ms now = HOUR0 + i * 10000;
		struct store_batch batch = { .n = 2, .refs = refs, .values = (double[]){ i, -i }, .at = now };
		struct store_appended done;

		atomic_store(&folder.clock.now, now);
		store_append(folder.store, &batch, &done);
		if (i % 7 == 0 && i > 60)
			put(folder.store, refs[0], now - 5 * M + 1, 1e6, &done);
	}
	atomic_store(&over, true);
	return NULL;
}

/* Not earlier than the first sample, and half an hour at most. */
static kymo_ms start_of(kymo_ms end, kymo_ms width)
{
	kymo_ms start = end - (width > 30 * M ? width : 30 * M);

	return start > HOUR0 ? start : HOUR0;
}

/* Whatever goes on: the windows are whole, and none is missing. */
static void *read_windows(void *data)
{
	enum kymo_tier tier = KYMO_1M;
	struct answers got = { 0 };

	(void)data;
	while (!atomic_load(&over)) {
		kymo_ms width = tier_width(tier), end = window_floor(atomic_load(&folder.clock.now) - 1, width);
		kymo_ms start = start_of(end, width);

		if (end > start) {
			ask(folder.store, refs[1], tier, start, end, WANT_ALL, &got);
			CHECK(got.n == (end - start) / width, "%s: %u of %lld", tier_name(tier), got.n,
			      (long long)((end - start) / width));
			for (uint32_t i = 0; i < got.n; i++)
				CHECK(got.of[i].record.window.count == (uint64_t)width / 10000, "%s, %u of %u: %llu, flags %u",
				      tier_name(tier), i, got.n, (unsigned long long)got.of[i].record.window.count, got.of[i].flags);
		}
		tier = tier == KYMO_1H ? KYMO_1M : tier + 1;
	}
	answers_fini(&got);
	return NULL;
}

static void many_threads_see_whole_windows(void **state)
{
	pthread_t writer, readers[READERS];
	struct store_stats stats;

	(void)state;
	folder_open(&folder);
	refs[0] = series_of(folder.store, "a", "x");
	refs[1] = series_of(folder.store, "a", "y");
	for (int i = 0; i < 2; i++)		/* one that never had a sample would expire */
		must_put(folder.store, refs[i], HOUR0, 0);
	assert_int_equal(thread_start(&writer, "writer", write_samples, NULL), 0);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(thread_start(&readers[i], "reader", read_windows, NULL), 0);
	while (!atomic_load(&over)) {
		maintain(folder.store, MAINTAIN_CLOSE);
		maintain(folder.store, 0);
		store_stats(folder.store, &stats);
	}
	pthread_join(writer, NULL);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_true(stats.appended > STEPS);
}

/* Nothing to do is no time of it. */
static void work_is_counted_with_the_time_it_took(void **state)
{
	struct store_stats stats;
	series_ref ref;

	(void)state;
	folder_make(&folder);
	folder.options.retention[KYMO_RAW] = FOREVER;
	folder_open(&folder);
	ref = series_of(folder.store, "m", NULL);
	maintain(folder.store, MAINTAIN_FLUSH | MAINTAIN_MERGE);
	store_stats(folder.store, &stats);
	assert_true(stats.flush.times == 0 && stats.merge.times == 0 && stats.flush.total_ns == 0);
	for (int i = 1; i <= 3; i++) {
		must_put(folder.store, ref, T0 + i * 1000, i);
		maintain(folder.store, MAINTAIN_FLUSH);
		maintain(folder.store, MAINTAIN_FLUSH);
		store_stats(folder.store, &stats);
		assert_int_equal(stats.flush.times, i);
		assert_true(stats.flush.last_ns > 0 && stats.flush.total_ns >= stats.flush.last_ns);
	}
	folder.clock.now = T0 + 100 * H;
	for (int i = 0; i < 2; i++) {
		maintain(folder.store, MAINTAIN_MERGE);
		store_stats(folder.store, &stats);
		assert_int_equal(stats.merge.times, 1);
		assert_true(stats.merge.last_ns > 0 && stats.merge.total_ns == stats.merge.last_ns);
	}
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_is_counted_with_the_time_it_took),
		cmocka_unit_test_setup_teardown(the_thread_does_everything, make, clean),
		cmocka_unit_test_setup_teardown(a_report_says_what_was_done, make, clean),
		cmocka_unit_test_setup_teardown(many_threads_see_whole_windows, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "answers.h"
#include "model/sample.h"
#include "store/downsample.h"
#include "util/file.h"

#include <math.h>

#define M INT64_C(60000)
#define H (60 * M)
#define HOUR0 INT64_C(1700002800000)	/* the first full hour behind T0 */

struct told {
	uint32_t n[TIERS];
	uint64_t count[TIERS];		/* of samples in what was told */
	char last_name[32];
};

static struct folder folder;
static struct told told;

static void closed(void *data, enum kymo_tier tier, const struct store_closed *records, uint32_t n)
{
	struct told *to = data;

	for (uint32_t i = 0; i < n; i++) {
		to->n[tier]++;
		to->count[tier] += records[i].window->count;
		snprintf(to->last_name, sizeof to->last_name, "%.*s", (int)labels_metric(records[i].labels).value_len,
			 labels_metric(records[i].labels).value);
		assert_int_equal(records[i].window->end % tier_width(tier), 0);
	}
}

static int make(void **state)
{
	folder_make(&folder);
	folder_open(&folder);
	atomic_store(&folder.clock.now, HOUR0);
	told = (struct told){ .n = { 0 } };
	store_watch(folder.store, closed, &told);
	*state = &folder;
	return 0;
}

static int clean(void **state)
{
	folder_remove(*state);
	return 0;
}

/* A sample every 10 s, in (HOUR0 + from, HOUR0 + until]. */
static void fill(series_ref ref, kymo_ms from, kymo_ms until)
{
	for (kymo_ms at = from + 10000; at <= until; at += 10000) {
		atomic_store(&folder.clock.now, HOUR0 + at);
		must_put(folder.store, ref, HOUR0 + at, (double)(at % 70000) / 1000);
	}
}

static void a_window_closes_five_seconds_after_its_end(void **state)
{
	series_ref ref = series_of(folder.store, "a", "x");

	(void)state;
	fill(ref, 0, 10 * M);
	pass_time(&folder, HOUR0 + 10 * M + 4999);
	assert_int_equal(told.n[KYMO_1M], 9);
	assert_int_equal(told.n[KYMO_5M], 1);
	assert_false(downsample_due(folder.store));
	atomic_store(&folder.clock.now, HOUR0 + 10 * M + 5000);
	assert_true(downsample_due(folder.store));
	pass_time(&folder, HOUR0 + 10 * M + 5000);
	assert_int_equal(told.n[KYMO_1M], 10);
	assert_int_equal(told.n[KYMO_5M], 2);
	assert_int_equal(told.count[KYMO_5M], 60);
	assert_int_equal(told.n[KYMO_1H], 0);
	assert_string_equal(told.last_name, "a");
	pass_time(&folder, HOUR0 + H + 5000);
	assert_int_equal(told.n[KYMO_1H], 1);
}

static void closing_twice_changes_nothing(void **state)
{
	series_ref ref = series_of(folder.store, "a", "x");
	struct store_maintained done;

	(void)state;
	fill(ref, 0, 10 * M);
	done = maintain(folder.store, MAINTAIN_CLOSE);
	assert_true(done.closed_windows > 0);
	done = maintain(folder.store, MAINTAIN_CLOSE);
	assert_int_equal(done.closed_windows + done.recomputed_windows, 0);
	/* Marks without a change. */
	downsample_mark(folder.store, ref, HOUR0 + 2 * M);
	done = maintain(folder.store, MAINTAIN_CLOSE);
	assert_int_equal(done.closed_windows + done.recomputed_windows, 0);
	downsample_mark(folder.store, ref, HOUR0 + 2 * M);
	maintain(folder.store, MAINTAIN_FLUSH);
	assert_int_equal(maintain(folder.store, MAINTAIN_FLUSH).blocks_written, 0);
}

static void a_late_sample_is_in_every_tier_at_once_and_for_good(void **state)
{
	series_ref ref = series_of(folder.store, "a", "x");
	struct answers got = { 0 };

	(void)state;
	fill(ref, 0, 65 * M);
	pass_time(&folder, HOUR0 + 65 * M + 5000);
	must_put(folder.store, ref, HOUR0 + 58 * M + 1, 1000);
	for (int round = 0; round < 4; round++) {
		for (int tier = KYMO_1M; tier < TIERS; tier++) {
			kymo_ms end = window_end_of(HOUR0 + 58 * M + 1, tier_width((enum kymo_tier)tier));

			ask(folder.store, ref, (enum kymo_tier)tier, end - 1, end, WANT_ALL, &got);
			assert_int_equal(got.n, 1);
			assert_true(got.of[0].record.window.max == 1000);
			assert_int_equal(got.of[0].flags & RECORD_OPEN, round ? 0 : RECORD_OPEN);
		}
		if (round == 0)
			assert_int_equal(maintain(folder.store, MAINTAIN_CLOSE).recomputed_windows, 3);
		if (round == 1)
			maintain(folder.store, MAINTAIN_FLUSH);
		if (round == 2)
			folder_reopen(&folder);
	}
	assert_int_equal(told.n[KYMO_1H], 2);
	answers_fini(&got);
}

static void after_a_restart_nothing_is_told_twice(void **state)
{
	series_ref ref = series_of(folder.store, "a", "x");
	struct store_stats stats;
	uint32_t before;

	(void)state;
	fill(ref, 0, 20 * M);
	pass_time(&folder, HOUR0 + 20 * M + 5000);
	before = told.n[KYMO_1M];
	folder_reopen(&folder);
	store_watch(folder.store, closed, &told);
	pass_time(&folder, HOUR0 + 20 * M + 30000);
	assert_int_equal(told.n[KYMO_1M], before);
	store_stats(folder.store, &stats);
	assert_int_equal(stats.late, 0);
	assert_int_equal(stats.windows_recomputed, 0);
	fill(ref, 20 * M + 30000, 21 * M);
	pass_time(&folder, HOUR0 + 21 * M + 5000);
	assert_int_equal(told.n[KYMO_1M], before + 1);
}

static void tiers_are_made_again_from_raw(void **state)
{
	series_ref ref = series_of(folder.store, "a", "x");
	struct answers before = { 0 }, after = { 0 };
	char path[200];

	(void)state;
	fill(ref, 0, 3 * H);
	maintain(folder.store, 0);
	ask(folder.store, ref, KYMO_5M, 0, HOUR0 + 3 * H, WANT_ALL, &before);
	folder_close(&folder);
	for (int tier = KYMO_1M; tier < TIERS; tier++) {
		snprintf(path, sizeof path, "rm -r %s/%s", folder.path, tier_name((enum kymo_tier)tier));
		assert_int_equal(system(path), 0);
	}
	folder_open(&folder);
	maintain(folder.store, MAINTAIN_CLOSE);
	ask(folder.store, ref, KYMO_5M, 0, HOUR0 + 3 * H, WANT_ALL, &after);
	assert_int_equal(before.n, after.n);
	for (uint32_t i = 0; i < before.n; i++)
		assert_true(window_same(&before.of[i].record.window, &after.of[i].record.window));
	answers_fini(&before);
	answers_fini(&after);
}

/* Nothing came for three days: no window is made for the time between. */
static void a_gap_costs_nothing(void **state)
{
	series_ref ref = series_of(folder.store, "a", "x");

	(void)state;
	fill(ref, 0, 2 * M);
	pass_time(&folder, HOUR0 + 2 * M + 5000);
	fill(ref, 72 * H, 72 * H + M);
	pass_time(&folder, HOUR0 + 72 * H + M + 5000);
	assert_int_equal(told.n[KYMO_1M], 3);
	assert_int_equal(told.n[KYMO_5M], 1);
	pass_time(&folder, HOUR0 + 74 * H);
	assert_int_equal(told.n[KYMO_5M], 2);
	assert_int_equal(told.n[KYMO_1H], 2);
}

/* Old samples in order, of a whole day: few spans, and blocks on the way. */
static void a_backfill_is_taken(void **state)
{
	series_ref now = series_of(folder.store, "a", "now"), old = series_of(folder.store, "a", "old");
	struct answers got = { 0 };

	(void)state;
	fill(now, 24 * H, 25 * H);
	pass_time(&folder, HOUR0 + 25 * H + 5000);
	for (kymo_ms at = 2 * H; at < 24 * H; at += 20000)
		must_put(folder.store, old, HOUR0 + at, 1);
	for (int round = 0; round < 3; round++) {
		ask(folder.store, old, KYMO_1M, HOUR0, HOUR0 + 26 * H, WANT_ALL, &got);
		assert_int_equal(got.n, 22 * 60 + 1);
		assert_int_equal(got.of[1].record.window.count, 3);
		ask(folder.store, old, KYMO_1H, HOUR0, HOUR0 + 26 * H, WANT_ALL, &got);
		assert_int_equal(got.n, 23);
		maintain(folder.store, round ? MAINTAIN_FLUSH : MAINTAIN_CLOSE);
	}
	answers_fini(&got);
}

static void a_clock_that_goes_back_keeps_what_is_closed(void **state)
{
	series_ref ref = series_of(folder.store, "a", "x");
	struct answers got = { 0 };

	(void)state;
	fill(ref, 0, 10 * M);
	pass_time(&folder, HOUR0 + 10 * M + 5000);
	pass_time(&folder, HOUR0 - 10 * M);
	must_put(folder.store, ref, HOUR0 + 9 * M + 1, 77);
	pass_time(&folder, HOUR0 + 9 * M + 2);
	ask(folder.store, ref, KYMO_1M, 0, HOUR0 + 10 * M, WANT_ALL, &got);
	assert_int_equal(got.n, 10);
	assert_true(got.of[9].record.window.max == 77);
	answers_fini(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_window_closes_five_seconds_after_its_end, make, clean),
		cmocka_unit_test_setup_teardown(closing_twice_changes_nothing, make, clean),
		cmocka_unit_test_setup_teardown(a_late_sample_is_in_every_tier_at_once_and_for_good, make, clean),
		cmocka_unit_test_setup_teardown(after_a_restart_nothing_is_told_twice, make, clean),
		cmocka_unit_test_setup_teardown(tiers_are_made_again_from_raw, make, clean),
		cmocka_unit_test_setup_teardown(a_gap_costs_nothing, make, clean),
		cmocka_unit_test_setup_teardown(a_backfill_is_taken, make, clean),
		cmocka_unit_test_setup_teardown(a_clock_that_goes_back_keeps_what_is_closed, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

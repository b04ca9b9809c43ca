/* SPDX-License-Identifier: MIT */
#include "folder.h"

#define HOUR INT64_C(3600000)
#define START (T0 - T0 % HOUR + HOUR)

static struct folder folder;
static struct got got;

static int make(void **state)
{
	(void)state;
	folder_make(&folder);
	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	folder.options.retention[KYMO_RAW] = 6 * HOUR;
	folder.options.retention[KYMO_1M] = folder.options.retention[KYMO_5M] = folder.options.retention[KYMO_1H] = 12 * HOUR;
	folder.clock.now = START;
	folder_open(&folder);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static struct store_maintained maintain(unsigned what)
{
	struct store_maintained done;
	struct error err = { 0 };

	if (store_maintain(folder.store, what, &done, &err) < 0)
		fail_msg("%s", error_text(&err));
	return done;
}

/* A sample a minute for so many hours, flushed every two. */
static void run(series_ref ref, int hours)
{
	for (int i = 1; i <= hours * 60; i++) {
		folder.clock.now += 60000;
		must_put(folder.store, ref, folder.clock.now, i);
		if (i % 120 == 0)
			maintain(MAINTAIN_CLOSE | MAINTAIN_FLUSH);
	}
}

static void what_is_past_its_retention_goes(void **state)
{
	AUTO_BUF names = { 0 };
	series_ref a = series_of(folder.store, "a", NULL);
	struct store_coverage coverage;
	struct series_view view;

	(void)state;
	run(a, 11);
	get(folder.store, a, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 11 * 60);
	assert_true(maintain(MAINTAIN_EXPIRE).blocks_expired > 0);
	get(folder.store, a, 0, INT64_MAX, &got);
	assert_true(got.n >= 6 * 60 && got.n <= 9 * 60);
	assert_true(got.at[got.n - 1] == folder.clock.now);
	store_coverage(folder.store, &coverage);
	assert_int_equal(coverage.tier[KYMO_RAW].oldest, got.at[0]);
	assert_int_equal(coverage.tier[KYMO_RAW].horizon, folder.clock.now - 6 * HOUR);
	/* The tiers remember. */
	assert_true(coverage.tier[KYMO_1M].oldest <= START + 60000);
	index_lock(folder.store->index);
	assert_int_equal(store_series_view(folder.store, a, &names, &view), 0);
	index_unlock(folder.store->index);
	assert_true(view.first_at <= START + 60000);
	assert_int_equal(maintain(MAINTAIN_EXPIRE).blocks_expired, 0);
}

static void a_series_without_data_goes_at_the_second_look(void **state)
{
	series_ref a = series_of(folder.store, "a", NULL), b = series_of(folder.store, "b", NULL);
	struct store_stats stats;

	(void)state;
	must_put(folder.store, a, folder.clock.now, 1);
	run(b, 14);
	for (int i = 0; i < 4; i++) {
		run(b, 1);
		maintain(MAINTAIN_EXPIRE);
	}
	store_stats(folder.store, &stats);
	assert_int_equal(stats.series, 1);
	assert_int_equal(stats.series_expired, 1);
	a = series_of(folder.store, "never", NULL);
	assert_int_equal(maintain(MAINTAIN_EXPIRE).series_expired, 0);
	assert_int_equal(series_of(folder.store, "never", NULL), a);	/* somebody is about to use it */
	assert_int_equal(maintain(MAINTAIN_EXPIRE).series_expired, 0);
	assert_int_equal(maintain(MAINTAIN_EXPIRE).series_expired, 1);
	folder_reopen(&folder);
	store_stats(folder.store, &stats);
	assert_int_equal(stats.series, 1);
	assert_true(series_of(folder.store, "never", NULL) > a);
}

static void a_clock_that_jumps_ahead_expires_nothing_for_an_hour(void **state)
{
	series_ref a = series_of(folder.store, "a", NULL);
	kymo_ms right;

	(void)state;
	run(a, 4);
	maintain(MAINTAIN_EXPIRE);
	right = folder.clock.now;
	folder.clock.now += 10000 * HOUR;
	assert_int_equal(maintain(MAINTAIN_EXPIRE).blocks_expired, 0);
	folder.clock.now += HOUR / 2;
	assert_int_equal(maintain(MAINTAIN_EXPIRE).blocks_expired, 0);
	folder.clock.now = right;		/* it was wrong */
	assert_int_equal(maintain(MAINTAIN_EXPIRE).blocks_expired, 0);
	folder.clock.now += 10000 * HOUR;	/* it jumps again, and stays */
	assert_int_equal(maintain(MAINTAIN_EXPIRE).blocks_expired, 0);
	folder.clock.now += HOUR;
	assert_true(maintain(MAINTAIN_EXPIRE).blocks_expired > 0);
}

static void the_guard_holds_over_a_restart(void **state)
{
	series_ref a = series_of(folder.store, "a", NULL);

	(void)state;
	run(a, 4);
	folder.clock.now += 100 * HOUR;
	folder_reopen(&folder);
	assert_int_equal(maintain(MAINTAIN_EXPIRE).blocks_expired, 0);
	get(folder.store, a, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 240);
	folder.clock.now += HOUR;
	maintain(MAINTAIN_EXPIRE);
	get(folder.store, a, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 0);
}

static void for_ever_is_for_ever(void **state)
{
	series_ref a = series_of(folder.store, "a", NULL);

	(void)state;
	for (int tier = 0; tier < TIERS; tier++)
		folder.options.retention[tier] = FOREVER;
	store_configure(folder.store, &folder.options);
	run(a, 4);
	for (int i = 0; i < 3; i++) {
		folder.clock.now += 100000 * HOUR;
		assert_int_equal(maintain(MAINTAIN_EXPIRE).blocks_expired, 0);
	}
	get(folder.store, a, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 240);
	must_put(folder.store, series_of(folder.store, "old", NULL), 1000, 1);	/* 1970 */
	folder.options.retention[KYMO_RAW] = 24 * HOUR;		/* a shorter one counts from the next cleanup */
	store_configure(folder.store, &folder.options);
	assert_true(maintain(MAINTAIN_EXPIRE).blocks_expired > 0);
}

static void a_clock_that_goes_back_expires_nothing(void **state)
{
	series_ref a = series_of(folder.store, "a", NULL);

	(void)state;
	run(a, 4);
	maintain(MAINTAIN_EXPIRE);
	folder.clock.now -= 10000 * HOUR;
	assert_int_equal(maintain(MAINTAIN_EXPIRE).blocks_expired, 0);
	folder_reopen(&folder);
	assert_int_equal(maintain(MAINTAIN_EXPIRE).blocks_expired, 0);
	folder.clock.now += 10000 * HOUR;	/* right again: that is no jump to be afraid of */
	assert_int_equal(maintain(MAINTAIN_EXPIRE).blocks_expired, 0);
	get(folder.store, a, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 240);
}

static uint64_t bytes_of(enum kymo_tier tier)
{
	struct store_stats stats;

	store_stats(folder.store, &stats);
	return stats.tier[tier].bytes;
}

static kymo_ms reach_of(enum kymo_tier tier)
{
	struct store_coverage coverage;

	store_coverage(folder.store, &coverage);
	return folder.clock.now - coverage.tier[tier].oldest;
}

/* Raw is kept 24 h, the tiers four times as long: when there is too much, all lose the same share. */
static void a_store_that_is_too_large_loses_its_oldest_files(void **state)
{
	series_ref a = series_of(folder.store, "a", NULL), b = series_of(folder.store, "b", NULL);
	struct store_stats stats;
	struct store_appended done;
	uint64_t all = 0;

	(void)state;
	for (int tier = 0; tier < TIERS; tier++)
		folder.options.retention[tier] = (tier == KYMO_RAW ? 24 : 96) * HOUR;
	folder.options.out_of_order = FOREVER;
	store_configure(folder.store, &folder.options);
	run(a, 60);
	must_put(folder.store, b, folder.clock.now, 1);
	maintain(MAINTAIN_EXPIRE);
	store_stats(folder.store, &stats);
	for (int tier = 0; tier < TIERS; tier++)
		all += stats.tier[tier].bytes;
	folder.options.size = stats.wal_bytes + stats.index_bytes + all / 2;
	store_configure(folder.store, &folder.options);
	assert_true(maintain(MAINTAIN_EXPIRE).blocks_expired > 0);
	assert_true(bytes_of(KYMO_RAW) + bytes_of(KYMO_1M) + bytes_of(KYMO_5M) + bytes_of(KYMO_1H) <= all / 2 + stats.wal_bytes);
	assert_true(reach_of(KYMO_RAW) >= 2 * HOUR && reach_of(KYMO_RAW) < 20 * HOUR);
	assert_true(reach_of(KYMO_1M) > reach_of(KYMO_RAW) && reach_of(KYMO_1M) < 58 * HOUR);
	/* Where raw has gone nothing comes in, before and after a restart. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(put(folder.store, a, folder.clock.now - 23 * HOUR + 7, 1, &done), 0);
		assert_int_equal(done.refused[REFUSED_LATE], 1);
		assert_int_equal(put(folder.store, a, folder.clock.now - HOUR + 7 + i, 1, &done), 0);
		assert_int_equal(done.stored, 1);
		folder_reopen(&folder);
	}
}

static void what_is_needed_stays_whatever_the_size(void **state)
{
	series_ref a = series_of(folder.store, "a", NULL);

	(void)state;
	folder.options.size = 1;
	store_configure(folder.store, &folder.options);
	run(a, 5);
	maintain(MAINTAIN_MERGE | MAINTAIN_EXPIRE);
	get(folder.store, a, 0, INT64_MAX, &got);
	assert_true(got.n >= 60 && got.at[got.n - 1] == folder.clock.now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_past_its_retention_goes, make, clean),
		cmocka_unit_test_setup_teardown(a_series_without_data_goes_at_the_second_look, make, clean),
		cmocka_unit_test_setup_teardown(a_clock_that_jumps_ahead_expires_nothing_for_an_hour, make, clean),
		cmocka_unit_test_setup_teardown(the_guard_holds_over_a_restart, make, clean),
		cmocka_unit_test_setup_teardown(for_ever_is_for_ever, make, clean),
		cmocka_unit_test_setup_teardown(a_clock_that_goes_back_expires_nothing, make, clean),
		cmocka_unit_test_setup_teardown(a_store_that_is_too_large_loses_its_oldest_files, make, clean),
		cmocka_unit_test_setup_teardown(what_is_needed_stays_whatever_the_size, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

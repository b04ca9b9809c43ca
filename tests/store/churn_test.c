/* SPDX-License-Identifier: MIT */
/*
 * churn_test.c - series that come and go: what they leave behind goes with the
 * retention, so that a day of them takes no more than half a day has taken.
 */
#include "folder.h"

#include <malloc.h>

#define MINUTE INT64_C(60000)
#define HOUR INT64_C(3600000)
#define START (T0 - T0 % HOUR + HOUR)

enum { NEW_A_MINUTE = 50, LIVES = 10 };		/* minutes */

static struct folder folder;

static int make(void **state)
{
	(void)state;
	folder_make(&folder);
	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	for (int tier = KYMO_RAW; tier < TIERS; tier++)
		folder.options.retention[tier] = 2 * HOUR;
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

static void maintain(unsigned what)
{
	struct store_maintained done;
	struct error err = { 0 };

	if (store_maintain(folder.store, what, &done, &err) < 0)
		fail_msg("%s", error_text(&err));
}

/* One sample a minute of all that live now, the youngest of which are new. */
static void one_minute(uint32_t minute)
{
	static series_ref living[LIVES * NEW_A_MINUTE];
	double values[LIVES * NEW_A_MINUTE];
	struct store_appended done;

	folder.clock.now += MINUTE;
	for (uint32_t i = 0; i < NEW_A_MINUTE; i++) {
		char value[64];

		snprintf(value, sizeof value, "session-%u-of-minute-%u", i, minute);
		living[minute % LIVES * NEW_A_MINUTE + i] = series_of(folder.store, "request_seconds", value);
	}
	for (uint32_t i = 0; i < LIVES * NEW_A_MINUTE; i++)
		values[i] = minute + i;
	if (minute >= LIVES) {
		store_append(folder.store, &(struct store_batch){ .n = LIVES * NEW_A_MINUTE, .refs = living, .values = values,
								 .at = folder.clock.now }, &done);
		assert_int_equal(done.stored, LIVES * NEW_A_MINUTE);
	}
	maintain(MAINTAIN_CLOSE);
}

static uint64_t folder_bytes(void)
{
	struct store_stats stats;
	uint64_t bytes;

	store_stats(folder.store, &stats);
	bytes = stats.wal_bytes + stats.index_bytes;
	for (int tier = KYMO_RAW; tier < TIERS; tier++)
		bytes += stats.tier[tier].bytes;
	return bytes;
}

struct taken {
	uint32_t series;
	uint64_t index, files, head;
	size_t memory;
};

static void run_hours(uint32_t from, uint32_t to, struct taken *most)
{
	for (uint32_t hour = from; hour < to; hour++) {
		struct store_stats stats;

		for (uint32_t minute = 0; minute < 60; minute++)
			one_minute(hour * 60 + minute);
		maintain(hour % 2 ? 0 : MAINTAIN_EXPIRE | MAINTAIN_SYNC);
		store_stats(folder.store, &stats);
		most->series = stats.series > most->series ? stats.series : most->series;
		most->index = stats.index_bytes > most->index ? stats.index_bytes : most->index;
		most->head = stats.head_bytes > most->head ? stats.head_bytes : most->head;
		most->files = folder_bytes() > most->files ? folder_bytes() : most->files;
		most->memory = mallinfo2().uordblks > most->memory ? mallinfo2().uordblks : most->memory;
	}
}

static void what_series_took_goes_with_them(void **state)
{
	struct taken before = { 0 }, after = { 0 };

	(void)state;
	run_hours(0, 12, &before);
	run_hours(12, 24, &after);
	assert_true(before.series >= 2 * 60 * NEW_A_MINUTE);
	assert_in_range(after.series, 0, before.series + before.series / 8);
	assert_in_range(after.index, 0, before.index + before.index / 8);
	assert_in_range(after.files, 0, before.files + before.files / 8);
	assert_in_range(after.head, 0, before.head + before.head / 8);
	assert_in_range(after.memory, 0, before.memory + before.memory / 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_series_took_goes_with_them, make, clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

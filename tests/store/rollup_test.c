/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "model/sample.h"
#include "store/rollup.h"
#include "util/check.h"

#include <errno.h>
#include <math.h>

#define M INT64_C(60000)

static const struct { enum series_kind kind; uint32_t flags; int32_t schema[TIERS]; } schemas[] = {
	{ KIND_GAUGE, 0, { 5, 5, 4, 3 } },
	{ KIND_COUNTER, 0, { SKETCH_NONE, SKETCH_NONE, SKETCH_NONE, SKETCH_NONE } },
	{ KIND_DISTRIBUTION, 0, { 5, 5, 5, 5 } },
	{ KIND_COUNTER, KYMO_SKETCH, { 5, 5, 4, 3 } },
	{ KIND_GAUGE, KYMO_NO_SKETCH, { SKETCH_NONE, SKETCH_NONE, SKETCH_NONE, SKETCH_NONE } },
	{ KIND_GAUGE, KYMO_NOISE, { SKETCH_NONE, SKETCH_NONE, SKETCH_NONE, SKETCH_NONE } },
	{ KIND_DISTRIBUTION, KYMO_NOISE, { SKETCH_NONE, SKETCH_NONE, SKETCH_NONE, SKETCH_NONE } },
	{ KIND_GAUGE, KYMO_NOISE | KYMO_SKETCH, { 5, 5, 4, 3 } },
	{ KIND_GAUGE, KYMO_NO_SKETCH | KYMO_SKETCH, { SKETCH_NONE, SKETCH_NONE, SKETCH_NONE, SKETCH_NONE } },
};

static void schemas_follow_kind_and_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(schemas); i++)
		for (int tier = KYMO_1M; tier < TIERS; tier++)
			if (rollup_schema(schemas[i].kind, schemas[i].flags, (enum kymo_tier)tier) != schemas[i].schema[tier])
				fail_msg("row %zu, tier %d", i, tier);
}

/* Samples in pieces of three. */
struct feed {
	uint32_t n, at, fail_at;
	const kymo_ms *times;
	const double *values;
};

static int feed_next(void *from, struct piece *piece)
{
	struct feed *feed = from;
	uint32_t n = feed->n - feed->at < 3 ? feed->n - feed->at : 3;

	if (feed->fail_at && feed->at >= feed->fail_at)
		return -ENOMEM;
	*piece = (struct piece){ .n = n, .at = feed->times + feed->at, .values = feed->values + feed->at };
	feed->at += n;
	return n > 0;
}

static struct rollup *open_rollup(struct feed *feed, enum series_kind kind, enum kymo_tier to)
{
	struct rollup_series series = { 1, kind, 0 };
	struct rollup *rollup;

	assert_int_equal(rollup_open((struct rollup_source){ feed_next, feed }, &series, KYMO_RAW, to, &rollup), 0);
	return rollup;
}

static const kymo_ms times[] = { 1, M, M + 1, 3 * M, 3 * M + 1, 3 * M + 2, 4 * M, 5 * M, 5 * M + 1, 11 * M };

static void windows_hold_what_is_theirs(void **state)
{
	const double values[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	static const struct { kymo_ms end; uint64_t count; double sum; } rows[] = {
		{ M, 2, 3 }, { 2 * M, 1, 3 }, { 3 * M, 1, 4 }, { 4 * M, 3, 18 }, { 5 * M, 1, 8 }, { 6 * M, 1, 9 }, { 11 * M, 1, 10 },
	};
	struct feed feed = { .n = COUNT_OF(times), .times = times, .values = values };
	AUTO(rollup) rollup = open_rollup(&feed, KIND_GAUGE, KYMO_1M);
	struct record record = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(rollup_next(rollup, &record), 1);
		assert_int_equal(record.at, rows[i].end);
		assert_int_equal(record.window.start, rows[i].end - M);
		assert_int_equal(record.window.count, rows[i].count);
		assert_true(record.window.sum == rows[i].sum);
	}
	assert_int_equal(rollup_next(rollup, &record), 0);
	window_fini(&record.window);
}

static void coarser_windows_are_merged_from_finer(void **state)
{
	const double values[] = { 1, 2, 3, 4, 5, 2, 7, 8, 9, 1 };
	struct feed feed = { .n = COUNT_OF(times), .times = times, .values = values };
	AUTO(rollup) rollup = open_rollup(&feed, KIND_COUNTER, KYMO_5M);
	struct record record = { 0 };

	(void)state;
	assert_int_equal(rollup_next(rollup, &record), 1);
	assert_true(record.at == 5 * M && record.window.count == 8 && record.window.correction == 5);
	assert_int_equal(rollup_next(rollup, &record), 1);
	assert_true(record.at == 10 * M && record.window.count == 1 && record.window.first_at == 5 * M + 1);
	assert_int_equal(rollup_next(rollup, &record), 1);
	assert_true(record.at == 15 * M && record.window.last == 1 && record.window.correction == 0);
	assert_int_equal(rollup_next(rollup, &record), 0);
	window_fini(&record.window);
}

/* A mark alone in its window is no sample, but the hour must know of it. */
static void a_mark_alone_ends_the_coarser_window(void **state)
{
	const kymo_ms at[] = { M, 2 * M };
	const double values[] = { 1, value_stale() };
	struct record record = { 0 };

	(void)state;
	for (int tier = KYMO_1M; tier < TIERS; tier++) {
		struct feed feed = { .n = 2, .times = at, .values = values };
		AUTO(rollup) rollup = open_rollup(&feed, KIND_GAUGE, (enum kymo_tier)tier);

		assert_int_equal(rollup_next(rollup, &record), 1);
		assert_int_equal(record.window.count, 1);
		assert_int_equal(record.window.ended, tier > KYMO_1M);
		assert_int_equal(rollup_next(rollup, &record), tier == KYMO_1M);
		if (tier == KYMO_1M)
			assert_true(record.window.count == 0 && record.window.ended);
	}
	window_fini(&record.window);
}

static void constant_windows_have_no_sketch(void **state)
{
	double values[COUNT_OF(times)];
	struct feed feed = { .n = COUNT_OF(times), .times = times, .values = values };
	AUTO(rollup) rollup = open_rollup(&feed, KIND_GAUGE, KYMO_5M);
	struct record record = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(times); i++)
		values[i] = times[i] > 4 * M ? 8 : 7;
	assert_int_equal(rollup_next(rollup, &record), 1);
	assert_true(record.window.has_sketch && record.window.sketch.schema == 4);
	assert_int_equal(sketch_count(&record.window.sketch), 8);
	assert_int_equal(rollup_next(rollup, &record), 1);
	assert_false(record.window.has_sketch);
	window_fini(&record.window);
}

static void a_source_that_fails_is_told(void **state)
{
	const double values[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	struct feed feed = { .n = COUNT_OF(times), .times = times, .values = values, .fail_at = 6 };
	AUTO(rollup) rollup = open_rollup(&feed, KIND_GAUGE, KYMO_1H);
	struct record record = { 0 };

	(void)state;
	assert_int_equal(rollup_next(rollup, &record), -ENOMEM);
	window_fini(&record.window);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schemas_follow_kind_and_flags),
		cmocka_unit_test(windows_hold_what_is_theirs),
		cmocka_unit_test(coarser_windows_are_merged_from_finer),
		cmocka_unit_test(a_mark_alone_ends_the_coarser_window),
		cmocka_unit_test(constant_windows_have_no_sketch),
		cmocka_unit_test(a_source_that_fails_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "plain/grid.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

enum { NOW = 10000000, S = 1000, M = 60 * S, H = 60 * M, MOST = 1000 };

/* from..at is what point i covers. */
static const struct {
	struct kymo_query query;
	uint32_t n;
	kymo_ms first_from, first, last_from, last, read_from, unit;
} rows[] = {
	/* one point */
	{ { .function = KYMO_SUM, .start = 5, .end = 77 }, 1, 5, 77, 5, 77, 5, 0 },
	{ { .function = KYMO_SUM, .start = 5, .end = 77, .window = 10 }, 1, 67, 77, 67, 77, 67, 0 },
	{ { .function = KYMO_SUM, .start = 5, .end = 77, .window = 100 }, 1, -23, 77, -23, 77, -23, 0 },
	{ { .function = KYMO_SUM, .start = 5, .end = 77, .points = 1, .step = 3 }, 1, 5, 77, 5, 77, 5, 0 },
	{ { .function = KYMO_SUM }, 1, NOW - H, NOW, NOW - H, NOW, NOW - H, 0 },
	/* every sample */
	{ { .function = KYMO_VALUES, .start = 5, .end = 77 }, 0, 0, 0, 0, 0, 5, 0 },
	/* tiles: on the grid, and off it at both ends */
	{ { .function = KYMO_SUM, .start = 0, .end = 50, .step = 10 }, 5, 0, 10, 40, 50, 0, 10 },
	{ { .function = KYMO_SUM, .start = 5, .end = 47, .step = 10 }, 5, 5, 10, 40, 47, 5, 10 },
	{ { .function = KYMO_SUM, .start = -15, .end = 5, .step = 10 }, 3, -15, -10, 0, 5, -15, 10 },
	{ { .function = KYMO_SUM, .start = 41, .end = 47, .step = 10 }, 1, 41, 47, 41, 47, 41, 10 },
	{ { .function = KYMO_VALUES, .start = 0, .end = 50, .step = 10 }, 5, 0, 10, 40, 50, 0, 10 },
	/* windows stand on the grid alone and reach back before the start */
	{ { .function = KYMO_SUM, .start = 5, .end = 47, .step = 10, .window = 25 }, 4, -15, 10, 15, 40, -15, 5 },
	{ { .function = KYMO_SUM, .start = 0, .end = 50, .step = 10, .window = 10 }, 5, 0, 10, 40, 50, 0, 10 },
	{ { .function = KYMO_SUM, .start = 0, .end = 50, .step = 10, .window = 4 }, 5, 6, 10, 46, 50, 6, 2 },
	/* a step longer than the range */
	{ { .function = KYMO_SUM, .start = 41, .end = 47, .step = 100, .window = 3 }, 1, 44, 47, 44, 47, 44, 0 },
	/* a number of points */
	{ { .function = KYMO_VALUES, .start = 0, .end = 24 * H, .points = 100 }, 96, 0, 15 * M, 24 * H - 15 * M, 24 * H, 0, 15 * M },
	{ { .function = KYMO_AVG, .start = 0, .end = H, .points = 60 }, 60, 0, M, H - M, H, 0, M },
	{ { .function = KYMO_AVG, .start = 1, .end = H + 1, .points = 60 }, 31, 1, 2 * M, H, H + 1, 1, 2 * M },
	{ { .function = KYMO_AVG, .start = 0, .end = H, .points = 600, .step = M }, 60, 0, M, H - M, H, 0, M },
	{ { .function = KYMO_AVG, .start = 0, .end = H, .points = 7, .step = M }, 6, 0, 10 * M, H - 10 * M, H, 0, 10 * M },
	{ { .function = KYMO_AVG, .start = -1, .end = 1, .points = 2 }, 2, -1, 0, 0, 1, -1, 1 },
	{ { .function = KYMO_AVG, .start = -TIME_MOST, .end = TIME_MOST, .points = 2 }, 2, -TIME_MOST, 0, 0, TIME_MOST,
	  -TIME_MOST, INT64_C(365) * 24 * H << 13 },
};

/* Where what point i covers begins. */
static kymo_ms from_of(const struct grid *grid, uint32_t i)
{
	kymo_ms from = grid->first + (kymo_ms)i * grid->step - grid_reach(grid);

	return from > grid->read_from ? from : grid->read_from;
}

static void points_stand_and_cover(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct error err = { 0 };
		struct grid grid;
		int r = grid_make(&rows[i].query, MOST, NOW, &grid, &err);

		if (r < 0 || grid.n != rows[i].n)
			fail_msg("row %zu: %d, %u points, %s", i, r, grid.n, error_text(&err));
		if (grid.read_from != rows[i].read_from || grid_unit(&grid) != rows[i].unit)
			fail_msg("row %zu: reads from %lld, unit %lld", i, (long long)grid.read_from, (long long)grid_unit(&grid));
		if (!grid.n)
			continue;
		if (from_of(&grid, 0) != rows[i].first_from || grid_at(&grid, 0) != rows[i].first)
			fail_msg("row %zu: first (%lld, %lld]", i, (long long)from_of(&grid, 0), (long long)grid_at(&grid, 0));
		if (from_of(&grid, grid.n - 1) != rows[i].last_from || grid_at(&grid, grid.n - 1) != rows[i].last)
			fail_msg("row %zu: last (%lld, %lld]", i, (long long)from_of(&grid, grid.n - 1),
				 (long long)grid_at(&grid, grid.n - 1));
	}
}

static const struct { struct kymo_query query; int result; const char *text; } refused[] = {
	{ { .start = 5, .end = 3 }, -EINVAL, "the range is reversed: start 1970-01-01T00:00:00.005Z is after end 1970-01-01T00:00:00.003Z" },
	{ { .start = 5 }, -EINVAL, "the range is reversed: start 1970-01-01T00:00:00.005Z is after end 1970-01-01T00:00:00.000Z" },
	{ { .start = 5, .end = 5 }, -EINVAL, "the range is empty: start and end are both 5" },
	{ { .start = 0, .end = INT64_MAX }, -EINVAL,
	  "end 9223372036854775807 is beyond the year 9999 (times are milliseconds since 1970)" },
	{ { .start = INT64_MIN, .end = 0 }, -EINVAL,
	  "start -9223372036854775808 is beyond the year 9999 (times are milliseconds since 1970)" },
	{ { .start = 1, .end = 2, .step = -1 }, -EINVAL, "step: -1 ms is negative" },
	{ { .start = 1, .end = 2, .step = INT64_MAX }, -EINVAL, "step: 9223372036854775807 ms is too long" },
	{ { .start = 1, .end = 2, .window = -7 }, -EINVAL, "window: -7 ms is negative" },
	{ { .start = 1, .end = 2, .window = 7 }, -EINVAL, "window: needs a function, a step or a number of points" },
	{ { .start = 0, .end = 1001, .step = 1 }, -E2BIG,
	  "the answer would have 1001 points a series, the limit is 1000 (limits.points): "
	  "ask for a longer step, a shorter range or a number of points" },
	{ { .start = -TIME_MOST, .end = TIME_MOST, .step = 1 }, -E2BIG,
	  "the answer would have 506804601600000 points a series, the limit is 1000 (limits.points): "
	  "ask for a longer step, a shorter range or a number of points" },
};

static void absurd_ranges_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct error err = { 0 };
		struct grid grid;
		int r = grid_make(&refused[i].query, MOST, NOW, &grid, &err);

		if (r != refused[i].result || strcmp(error_text(&err), refused[i].text))
			fail_msg("row %zu: got %d, %s", i, r, error_text(&err));
		error_clear(&err);
	}
}

static void an_answer_has_an_end_without_limits_too(void **state)
{
	const struct kymo_query most = { .function = KYMO_SUM, .start = 0, .end = POINTS_MOST, .step = 1 };
	const struct kymo_query more = { .function = KYMO_SUM, .start = 0, .end = POINTS_MOST + 1, .step = 1 };
	struct grid grid;

	(void)state;
	assert_int_equal(grid_make(&most, 0, NOW, &grid, NULL), 0);
	assert_int_equal(grid_make(&more, 0, NOW, &grid, NULL), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_stand_and_cover),
		cmocka_unit_test(absurd_ranges_are_refused),
		cmocka_unit_test(an_answer_has_an_end_without_limits_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

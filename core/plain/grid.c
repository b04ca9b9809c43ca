/* SPDX-License-Identifier: MIT */
/*
 * grid.c - steps that are chosen for a number of points are of a kind that
 * people read and windows of the tiers divide: 1s 2s 5s 10s 15s 30s 1m ... 1d.
 */
#include "plain/grid.h"
#include "model/tier.h"
#include "util/check.h"
#include "util/clock.h"

#include <errno.h>
#include <inttypes.h>

#define SECONDS(n) ((n) * INT64_C(1000))
#define MINUTES(n) SECONDS((n) * 60)
#define HOURS(n) MINUTES((n) * 60)
#define DAYS(n) HOURS((n) * 24)

static const kymo_ms steps[] = {
	1, 2, 5, 10, 20, 50, 100, 200, 500,
	SECONDS(1), SECONDS(2), SECONDS(5), SECONDS(10), SECONDS(15), SECONDS(20), SECONDS(30),
	MINUTES(1), MINUTES(2), MINUTES(5), MINUTES(10), MINUTES(15), MINUTES(20), MINUTES(30),
	HOURS(1), HOURS(2), HOURS(3), HOURS(4), HOURS(6), HOURS(12),
	DAYS(1), DAYS(2), DAYS(5), DAYS(10), DAYS(20), DAYS(50), DAYS(100), DAYS(200), DAYS(365),
};

static bool beyond(kymo_ms t)
{
	return t < -TIME_MOST || t > TIME_MOST;
}

int grid_range(kymo_ms start, kymo_ms end, kymo_ms now, struct grid *grid, struct error *err)
{
	char from[TIME_TEXT], to[TIME_TEXT];

	if (!start && !end) {
		end = now;
		start = now - HOURS(1);
	}
	if (beyond(start) || beyond(end))
		return error_set(err, -EINVAL, "%s %" PRId64 " is beyond the year 9999 (times are milliseconds since 1970)",
				 beyond(start) ? "start" : "end", beyond(start) ? start : end);
	if (start > end)
		return error_set(err, -EINVAL, "the range is reversed: start %s is after end %s", time_format(start, from),
				 time_format(end, to));
	if (start == end)
		return error_set(err, -EINVAL, "the range is empty: start and end are both %" PRId64, start);
	*grid = (struct grid){ .start = start, .end = end, .read_from = start };
	return 0;
}

/* The last point stands on the step, or at the end where there is no window. */
static uint64_t count_points(const struct grid *grid, kymo_ms step)
{
	kymo_ms first = window_floor(grid->start, step) + step;
	kymo_ms last = grid->window ? window_floor(grid->end, step) : window_end_of(grid->end, step);

	return last < first ? 0 : (uint64_t)((last - first) / step) + 1;
}

/* The shortest step, not below `least`, that makes no more points than that. */
static kymo_ms step_for(const struct grid *grid, kymo_ms least, uint32_t points)
{
	kymo_ms step;

	if (least && count_points(grid, least) <= points)
		return least;
	for (size_t i = 0; i < COUNT_OF(steps); i++)
		if (steps[i] >= least && count_points(grid, steps[i]) <= points)
			return steps[i];
	for (step = steps[COUNT_OF(steps) - 1]; step < least || count_points(grid, step) > points; step *= 2)
		;
	return step;
}

static void one_point(struct grid *grid)
{
	grid->step = 0;
	grid->n = 1;
	grid->first = grid->end;
	if (grid->window)
		grid->read_from = grid->end - grid->window;
}

static int many_points(struct grid *grid, uint32_t points_most, struct error *err)
{
	uint64_t n = count_points(grid, grid->step);

	if (points_most && n > points_most)
		return error_set(err, -E2BIG,
			"the answer would have %" PRIu64 " points a series, the limit is %" PRIu32
			" (limits.points): ask for a longer step, a shorter range or a number of points", n, points_most);
	if (n > POINTS_MOST)
		return error_set(err, -E2BIG, "the answer would have %" PRIu64 " points a series: ask for a longer step", n);
	if (!n) {
		one_point(grid);	/* the step is longer than the range */
		return 0;
	}
	grid->n = (uint32_t)n;
	grid->first = window_floor(grid->start, grid->step) + grid->step;
	if (grid->window)
		grid->read_from = grid->first - grid->window;
	return 0;
}

static int check_spans(const struct kymo_query *query, struct error *err)
{
	if (query->step < 0 || query->step > TIME_MOST)
		return error_set(err, -EINVAL, "step: %" PRId64 " ms is %s", query->step, query->step < 0 ? "negative" : "too long");
	if (query->window < 0 || query->window > TIME_MOST)
		return error_set(err, -EINVAL, "window: %" PRId64 " ms is %s", query->window,
				 query->window < 0 ? "negative" : "too long");
	if (query->window && query->function == KYMO_VALUES && !query->step && !query->points)
		return error_set(err, -EINVAL, "window: needs a function, a step or a number of points");
	return 0;
}

int grid_make(const struct kymo_query *query, uint32_t points_most, kymo_ms now, struct grid *grid, struct error *err)
{
	int r = grid_range(query->start, query->end, now, grid, err);

	if (r < 0 || (r = check_spans(query, err)) < 0)
		return r;
	grid->window = query->window;
	grid->step = query->step;
	if (query->points == 1 || (!query->step && !query->points && query->function != KYMO_VALUES)) {
		one_point(grid);
		return 0;
	}
	if (query->points)
		grid->step = step_for(grid, query->step, query->points);
	return grid->step ? many_points(grid, points_most, err) : 0;
}

kymo_ms grid_at(const struct grid *grid, uint32_t i)
{
	kymo_ms at = grid->first + (kymo_ms)i * grid->step;

	return at < grid->end ? at : grid->end;
}

kymo_ms grid_reach(const struct grid *grid)
{
	if (grid->window || grid->step)
		return grid->window ? grid->window : grid->step;
	return grid->end - grid->start;
}

kymo_ms grid_unit(const struct grid *grid)
{
	kymo_ms a = grid->step, b = grid->window;

	while (a && b) {
		kymo_ms rest = a % b;

		a = b;
		b = rest;
	}
	return grid->step ? a + b : 0;
}

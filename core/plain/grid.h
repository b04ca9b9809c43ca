/* SPDX-License-Identifier: MIT */
/*
 * grid.h - where the points of an answer stand, and what each covers.
 *
 * Points stand at the multiples of the step in (start, end]. Without a window
 * each covers what lies between it and the one before, and where start or end
 * are no multiples, the first begins at start and a last one stands at end: so
 * everything in the range is in one point. With a window each covers
 * (at - window, at], also what lies before start, and there is no last one that
 * stands off the grid. Without a step there is one point, at end.
 */
#ifndef PLAIN_GRID_H
#define PLAIN_GRID_H

#include "util/error.h"

#include <kymo/query.h>

/* The year 10000, and as far before 1970: times beyond are mistakes. */
#define TIME_MOST INT64_C(253402300800000)
/* In all of an answer: 80 MB, which as JSON are three times as many. */
#define POINTS_MOST 5000000u

struct grid {
	kymo_ms start, end;	/* what is asked for */
	kymo_ms read_from;	/* what is read: (read_from, end] */
	kymo_ms step;		/* 0: one point, or every sample */
	kymo_ms window;		/* 0: what lies between two points */
	kymo_ms first;		/* the first point */
	uint32_t n;		/* points; 0: every sample is one */
};

/*
 * What the times of a query say. points_most 0: no limit. 0, -EINVAL or -E2BIG
 * with the reason.
 */
int grid_make(const struct kymo_query *query, uint32_t points_most, kymo_ms now, struct grid *grid, struct error *err);
/* Just a range: start and end both 0 are the last hour. */
int grid_range(kymo_ms start, kymo_ms end, kymo_ms now, struct grid *grid, struct error *err);

kymo_ms grid_at(const struct grid *grid, uint32_t i);		/* where point i stands */
/*
 * Of what is read, point i covers what lies in (t - reach, t] with t = first + i * step. So
 * a first point begins where reading does, and a last one off the grid ends there.
 */
kymo_ms grid_reach(const struct grid *grid);
/* What windows of the store must divide to fit between all borders; 0: there are none but the ends. */
kymo_ms grid_unit(const struct grid *grid);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * moving.h - a window (start, end] that moves over the samples of one series, from
 * point to point: samples go in as they are read, and for each point the function
 * is given those in its window as one run.
 *
 * No more is held than the longest window and what has been read behind it.
 */
#ifndef EVAL_MOVING_H
#define EVAL_MOVING_H

#include "eval/range.h"
#include "store/select.h"

struct moving {
	struct eval *eval;
	const struct range_spec *spec;
	struct steps points, moved;	/* of the query; where offset and @ have moved them */
	kymo_ms range;
	const double *args[2];		/* a value for each point; NULL: the function has no such argument */
	double *out;			/* a value, or absent(), for each point */
	uint32_t i;			/* the point that comes next */

	/* its own: samples head..n of the arrays are still wanted */
	size_t head, n, room;
	kymo_ms *at;
	double *values;
	size_t n_drops, drops_room, drops_head;
	struct drop { size_t at; double before; } *drops;	/* where a value is below the one before it */
	double *scratch;
	size_t scratch_room;
};

void moving_fini(struct moving *moving);
/* A new series. */
void moving_begin(struct moving *moving);
/* Its next samples, staleness marks among them. 0 or an error. */
int moving_add(struct moving *moving, const kymo_ms *at, const double *values, uint32_t n);
/* The same from records: `last` at its time. */
int moving_add_records(struct moving *moving, const struct piece *piece);
/* There is no more: the points that are left get their values. */
int moving_end(struct moving *moving);
/* Where the window of the next point begins; INT64_MAX: every point has its value. */
kymo_ms moving_wants_from(const struct moving *moving);
/* Points whose window ends before t get their values: nothing before t comes any more. */
int moving_finish_before(struct moving *moving, kymo_ms t);

#endif

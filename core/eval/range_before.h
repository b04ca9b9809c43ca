/* SPDX-License-Identifier: MIT */
/*
 * range_before.h - what was before the first sample of a series, for functions that
 * count the step over the left edge of a window (increase_exact), however long ago
 * it was.
 *
 * A source reads a little more than the windows, and mostly the sample before them
 * is there. Series whose first sample lies in a window wait here until all others
 * have gone out. Then they are looked for in older and older times, each four times
 * as long as the one before, as far back as the store goes, all of them at once; one
 * that is found is not looked for again. So the cost does not grow with the length
 * of history, but with how many series have begun in the range.
 */
#ifndef EVAL_RANGE_BEFORE_H
#define EVAL_RANGE_BEFORE_H

#include "eval/matrix.h"
#include "eval/range_walk.h"
#include "util/map.h"

struct range_before {
	struct eval *eval;
	const struct node *selector;
	kymo_ms from, oldest;		/* what waits has nothing in (from, its first sample); the store has nothing up to oldest */
	struct matrix matrix;		/* labels, values */
	struct waiting *waiting;	/* of each */
	uint32_t room, left, given;	/* left: how many have not been found */
	struct map map;
	bool is_searched;
};

/* Of a source that is open, before its first series. */
void range_before_init(struct range_before *before, const struct range_walk *walk);
void range_before_fini(struct range_before *before);	/* also one that is zero */
/* Of the series that the walk has just been over: could the step to its first sample be missing? */
bool range_before_wants(const struct range_before *before, const struct range_walk *walk);
/* It waits. 0 or an error. */
int range_before_add(struct range_before *before, const struct range_walk *walk);
/* Behind the last series of the source, which is still open. 1: the next that waited, with all of its steps; 0: no more; or an error. */
int range_before_next(struct range_before *before, const struct range_walk *walk, struct column *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * range_walk.h - one function over the windows of each series of a source: what the
 * functions of PromQL over range vectors and plain queries are both answered with.
 *
 *	walk = (struct range_walk){ .moving = { ... }, .fold_from = ... };
 *	range_walk_init(&walk) and one of source_open ... (&walk.source)
 *	while ((r = source_next(&walk.source)) > 0)
 *		r = range_walk_series(&walk, spec, &any);	-> moving.out
 *	range_walk_fini(&walk);
 *
 * Samples go to the function as they are (moving.h); what is read folded goes folded
 * (moving_fold.h): records of tiers, distributions, and raw chunks where windows are
 * so long that no chunk should be decoded for its sum.
 */
#ifndef EVAL_RANGE_WALK_H
#define EVAL_RANGE_WALK_H

#include "eval/moving.h"
#include "eval/moving_fold.h"
#include "eval/source.h"

/* The first sample that was read of a series. */
struct range_first {
	kymo_ms at;		/* windows that hold it hold this time: that of the sample, or the end of its record */
	double value;
	bool is_found, is_folded;
};

struct range_walk {
	struct source source;
	struct moving moving;		/* its eval, points, moved, range, args, out are set by the caller, also for `folding` */
	struct moving_fold folding;
	kymo_ms fold_from;		/* windows of this length that do not overlap: whole chunks are folded, not decoded */
	bool widens;			/* windows are at least as wide as those of the tier that serves them */
	bool only_folds;		/* samples too */
	struct range_first first;	/* of the series; of functions that want what was before */
};

/* 0 or an error, as for all of these. */
int range_walk_init(struct range_walk *walk);
void range_walk_fini(struct range_walk *walk);	/* also one whose moving.eval alone is set */
/* The series that the source is at. *any: there was something to read. folding.sketchless: and it lacked sketches. */
int range_walk_series(struct range_walk *walk, const struct range_spec *spec, bool *any);

#endif

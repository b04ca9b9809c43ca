/* SPDX-License-Identifier: MIT */
/*
 * moving_fold.h - the same as moving.h for what is read folded: records of the
 * tiers, distributions, whole chunks. Each window is folded of what ends in it.
 *
 * Where `widens` is set, a window that is narrower than those of the tier at its end
 * is widened to one of them, which `widened` tells.
 */
#ifndef EVAL_MOVING_FOLD_H
#define EVAL_MOVING_FOLD_H

#include "eval/range.h"
#include "eval/source.h"
#include "query/trail.h"

struct moving_fold {
	struct eval *eval;
	struct steps points, moved;
	kymo_ms range;
	const double *args[2];
	double *out;
	const struct source *source;
	bool widens;
	uint32_t i;			/* the point that comes next */
	bool widened;			/* some window was */
	bool sketchless;		/* some window had records without the sketches that the function needs */
	enum kymo_tier sketchless_tier;

	/* its own */
	const struct range_spec *spec;
	struct fold fold;
	struct trail *trail;
	bool has_before;
	double before;			/* the last value before the window that is folded */
	kymo_ms before_at;
};

int moving_fold_init(struct moving_fold *moving);	/* what stands above `i` is set by the caller. 0 or -ENOMEM */
void moving_fold_fini(struct moving_fold *moving);
void moving_fold_begin(struct moving_fold *moving, const struct range_spec *spec, enum series_kind kind);
/* 0 or an error, as for all of these. */
int moving_fold_add(struct moving_fold *moving, const struct piece *piece);
int moving_fold_end(struct moving_fold *moving);
/* May a chunk from first to last come as one record, or not at all? */
enum chunk_use moving_fold_choice(struct moving_fold *moving, kymo_ms first, kymo_ms last);

#endif

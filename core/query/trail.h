/* SPDX-License-Identifier: MIT */
/*
 * trail.h - the entries of one series that a moving window covers: copies of
 * pieces as they come, forgotten from the old end. Samples and records may take
 * turns, where tiers are stitched.
 */
#ifndef QUERY_TRAIL_H
#define QUERY_TRAIL_H

#include "query/fold.h"

struct trail;

struct trail *trail_create(void);	/* NULL: out of memory */
void trail_destroy(struct trail *trail);	/* NULL is fine */
DEFINE_AUTO(trail, trail_destroy)
void trail_clear(struct trail *trail);

/* Behind all that is there. 0 or -ENOMEM; then a part of the piece may be missing. */
int trail_add(struct trail *trail, const struct piece *piece);
/* What stands at or before that time. */
void trail_forget(struct trail *trail, kymo_ms until);
/* What is there up to and with that time, in order, into the fold. How many entries, or -ENOMEM. */
int64_t trail_fold(const struct trail *trail, kymo_ms to, struct fold *fold);

#endif

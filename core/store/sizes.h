/* SPDX-License-Identifier: MIT */
/*
 * sizes.h - the metrics that take most on disk, for who asks every second.
 *
 * Blocks do not change: each is looked at once, after it was written, by the thread
 * that does maintenance, and what its largest metrics take is remembered.
 */
#ifndef STORE_SIZES_H
#define STORE_SIZES_H

#include "store/store.h"

struct block;
struct largest;

struct metric_bytes {
	uint32_t metric;		/* its number in the index */
	uint64_t bytes;
};

/* What each metric has in a block, the largest first. *out is the caller's to free. 0 or -ENOMEM. */
int sizes_of_block(struct store *store, struct block *block, struct metric_bytes **out, uint32_t *n);

struct largest *largest_create(void);		/* NULL: out of memory */
void largest_destroy(struct largest *largest);	/* NULL is fine */
/*
 * Look at blocks that are new; at most so many that they have `most` series, but at
 * least at one. What store_each_largest gives is known anew when none is left. 1: some are left; 0 or -ENOMEM.
 */
int largest_step(struct store *store, uint64_t most);

#endif

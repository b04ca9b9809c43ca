/* SPDX-License-Identifier: MIT */
/* downsample_state.h - what the files behind downsample.h share. */
#ifndef STORE_DOWNSAMPLE_STATE_H
#define STORE_DOWNSAMPLE_STATE_H

#include "store/downsample.h"
#include "store/news.h"
#include "store/rollup.h"
#include "tier/head.h"

/*
 * Tier heads and `done` change with the maintain lock and `lock` held; marks come
 * with `lock` alone. So who holds the maintain lock reads the heads without more.
 */
struct downsample {
	pthread_mutex_t lock;
	kymo_ms done[TIERS];		/* of 1m, 5m, 1h: closed and in the head or a block; INT64_MIN: none */
	struct tier_head head[TIERS];
	kymo_ms in_blocks[TIERS];	/* no block has a record that ends later */
	kymo_ms look_until;		/* what was in blocks when the store was opened ends by then */
	struct dirty dirty;
	uint64_t worked_on;		/* rises before marks are worked on, or forgotten */

	struct watcher watcher;
	struct news *news;		/* with the maintain lock */
};

/* windows_again.c */
int windows_recompute(struct store *store, struct store_maintained *done, struct error *err);
int windows_failed(const struct store *store, int r, struct error *err);	/* gives r, and says so where nobody has */
int tiers_write_full(struct store *store, struct store_maintained *done, struct error *err);	/* those of tiers_full() */

/* tier_flush.c: records of closed windows to blocks, and out of memory. */
#define TIERS_ALL ((1u << TIERS) - 1)
int tiers_write(struct store *store, unsigned tiers, struct store_maintained *done, struct error *err);	/* bits 1 << tier */
unsigned tiers_full(struct store *store);	/* those of which there is too much in memory; 0: none */

#endif

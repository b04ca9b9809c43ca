/* SPDX-License-Identifier: MIT */
/*
 * downsample.h - the windows of the tiers: closed as time passes them, computed
 * again where a sample came late.
 *
 * A 1m window closes when the clock is CLOSE_DELAY past its end, a 5m or 1h window
 * when its last part has closed. A record of a closed window is kept in memory
 * until the next flush. Nothing about this is logged: at open the windows behind
 * the newest record in a block are open again, and raw is still there for them.
 *
 * A flush brings the tiers up to date and to disk before the raw samples leave
 * the WAL, so no late sample is forgotten on the way.
 */
#ifndef STORE_DOWNSAMPLE_H
#define STORE_DOWNSAMPLE_H

#include "store/dirty.h"
#include "store/state.h"

struct marked;			/* head/group.h */

#define CLOSE_DELAY 5000

/*
 * Blocks and index are there, the head is still empty: sets store->closed_until.
 * The WAL is replayed after it, with marks for what is late.
 */
int downsample_open(struct store *store, struct error *err);
/* What is in memory goes to blocks, if the store was open. */
void downsample_close_store(struct store *store);

/* A sample was stored at a time <= closed_until. With append and index (read) locked. */
void downsample_mark(struct store *store, series_ref ref, kymo_ms at);
/*
 * The same for many series. `memory` is of those series in that order (a group's), zero
 * to begin with: as long as nobody has worked on marks, they are not made twice. NULL: none.
 */
void downsample_mark_all(struct store *store, const series_ref *refs, uint32_t n, kymo_ms at, struct marked *memory);
/* What the tiers hold in memory, beside their blocks, widens *coverage. */
void downsample_coverage(struct store *store, struct store_coverage *coverage);
/* Has this series records that are in no block? */
bool downsample_holds(struct store *store, series_ref ref);
/* The series has expired. */
void downsample_forget(struct store *store, series_ref ref);

/* What a tier has after this time is still to go into a coarser one, and to disk there: it must not expire. INT64_MAX: nothing is. */
kymo_ms downsample_needs(struct store *store, enum kymo_tier tier);
/* Is there a window to be closed by now? */
bool downsample_due(struct store *store);

/* ---- with the maintain lock ---- */

/*
 * Close a number of windows; when all are closed, compute again what is dirty. 1:
 * there is more to do; 0: all done; negative: not, and all is as it was.
 */
int downsample_step(struct store *store, struct store_maintained *done, struct error *err);
/* Recompute what is dirty, closed windows in memory to tier blocks. First part of every flush, once the head is frozen. */
int tiers_flush(struct store *store, struct store_maintained *done, struct error *err);

/* What was closed and is not told to the watcher yet: news.h. NULL: nothing, or nobody watches. */
struct news *downsample_take_news(struct store *store);

/* ---- for tier_read.c ---- */

/* What there is of a series in a tier beside the blocks, all at one moment. */
struct downsample_copy {
	kymo_ms done;			/* closed and stored up to here; INT64_MIN: nothing */
	struct spans dirty;		/* whole windows, up to `done` */
	struct buf head;		/* for tier_head_records */
};
int downsample_copy(struct store *store, series_ref ref, enum kymo_tier tier, struct downsample_copy *copy);	/* 0 or -ENOMEM */

#endif

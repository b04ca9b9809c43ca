/* SPDX-License-Identifier: MIT */
/*
 * downsample.h - the windows of the tiers: closed as time passes them, computed
 * again where a sample came late.
 */
#ifndef STORE_DOWNSAMPLE_H
#define STORE_DOWNSAMPLE_H

#include "store/state.h"

/*
 * Blocks and index are there, the head is still empty: sets store->closed_until.
 * The WAL is replayed after it, with marks for what is late.
 */
int downsample_open(struct store *store, struct error *err);
void downsample_close_store(struct store *store);

/* A sample was stored at a time <= closed_until. With append and index (read) locked. */
void downsample_mark(struct store *store, series_ref ref, kymo_ms at);
/* Closed windows in memory to tier blocks. Part of every flush, with the maintain lock. */
int tiers_flush(struct store *store, struct store_maintained *done, struct error *err);
/* What the tiers hold in memory, beside their blocks, widens *coverage. */
void downsample_coverage(struct store *store, struct store_coverage *coverage);
/* Has this series records that are in no block? */
bool downsample_holds(struct store *store, series_ref ref);
/* The series has expired. */
void downsample_forget(struct store *store, series_ref ref);

#endif

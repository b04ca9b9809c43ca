/* SPDX-License-Identifier: MIT */
/* delete.h - what the rest of the store has to do with deletions; store_delete() is in store.h. */
#ifndef STORE_DELETE_H
#define STORE_DELETE_H

#include "store/state.h"

/* The list, once the blocks are there: no new block gets a sequence below one of it. */
int delete_load(struct store *store, struct error *err);
/* All is open: how far the series reach of which something is deleted, and windows that are still to be made again. */
void delete_recover(struct store *store);
/* How far what this block shows of the series may reach. false: it shows nothing. */
bool delete_leaves(const struct deleted *deleted, const struct block *block, const struct block_series *series, kymo_ms *first,
		   kymo_ms *last);
/*
 * With the maintain lock, when all windows that were marked are on disk: those at
 * the borders of deletions are among them, and need raw no more. 0 or an error.
 */
int delete_made(struct store *store, struct error *err);
/* With the maintain lock: write blocks anew that have what is deleted, and drop what no block has. */
int delete_apply(struct store *store, struct store_maintained *done, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
/* listed.h - the manifest and what a store does: it is changed before the blocks are, and compared with them at the start. */
#ifndef STORE_LISTED_H
#define STORE_LISTED_H

#include "block/manifest.h"
#include "store/state.h"

/* With the maintain lock: `tier` is to have this list, those that are removed may go. Nothing is written before listed_begin. */
int listed_change(struct store *store, enum kymo_tier tier, const struct block_list *list, struct block *const remove[],
		  uint32_t n_remove, struct error *err);
/* When the store opens, before the blocks: what should be there. A damaged one is set aside and counted. 0, -ENOTSUP, -ENOMEM, or of the disk. */
int listed_load(struct store *store, struct manifest *manifest, struct error *err);
/* All blocks have been opened: what is missing is counted, and from here on changes are written. */
void listed_begin(struct store *store, const struct manifest *manifest);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * merge.h - many small blocks become few large ones. The blocks of a tier that end
 * in one slot of time belong together; a slot is at most a seventh of the
 * retention, so that what whole files keep too long stays small, and long enough
 * that files are few:
 *
 *	raw 24 h: 3 h	1m 7 d: 1 d	5m 30 d: 4 d	1h 365 d: 28 d
 *
 * Of the entries with one time the one of the highest sequence stays. The new
 * block names those that it replaces, so a crash between its rename and their
 * removal leaves nothing double.
 */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "store/state.h"

/* With the maintain lock. What was merged stays merged when a later one fails. */
int merge_blocks(struct store *store, struct store_maintained *done, struct error *err);

/* The same for one block alone: what is deleted is left behind. One that could not be read lately stays as it is. */
int merge_anew(const struct store_view *view, struct block *block, struct store_maintained *done, struct error *err);
/* For a repair: what can be read of it goes to a new one, and the old one is kept under another name. */
int merge_mend(const struct store_view *view, struct block *block, struct store_maintained *done, struct error *err);

/* ---- merge_choice.c ---- */

/* Blocks that are to become one, in order of sequence. */
struct merge_set {
	uint32_t n;
	struct block *block[];
};

/* How long a slot is. */
kymo_ms merge_slot(enum kymo_tier tier, kymo_ms retention);
/* The sequence of what comes of a set: behind all of them, before any block that is younger. 0: there is none left. */
uint64_t merge_sequence(const struct merge_set *set);
/*
 * A set worth merging, or NULL: none (0), or out of memory (-ENOMEM). No block
 * outside of it may stand between two of it in sequence and share a time with the
 * older: it would be overruled by what it overrules.
 */
int merge_choose(const struct block_list *list, kymo_ms slot, kymo_ms now, struct merge_set **out);

#endif

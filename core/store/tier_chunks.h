/* SPDX-License-Identifier: MIT */
/*
 * tier_chunks.h - the records that blocks have of a series, where that is simple:
 * chunks one behind the other, nothing of them deleted, sketches not wanted. Then
 * columns are given as they are decoded.
 */
#ifndef STORE_TIER_CHUNKS_H
#define STORE_TIER_CHUNKS_H

#include "store/raw.h"

struct tier_chunks;

/*
 * Columns as `wants` (enum want) has them. *out is NULL or one that was closed with
 * tier_chunks_rest(), whose memory is used again. 1; 0: it is not that simple, read it
 * with raw_open_blocks(); -ENOMEM; *out is the caller's in any case.
 */
int tier_chunks_open(struct store *store, const struct raw_blocks *from, series_ref ref, kymo_ms start, kymo_ms end,
		     uint32_t wants, struct tier_chunks **out);
/* As raw_next; columns that nobody asked for are NULL, and no flag tells of constants. */
int tier_chunks_next(struct tier_chunks *chunks, struct piece *piece);
void tier_chunks_stats(const struct tier_chunks *chunks, struct raw_stats *stats);
/* Nothing more is read, until it is opened again. */
void tier_chunks_rest(struct tier_chunks *chunks);
void tier_chunks_close(struct tier_chunks *chunks);	/* NULL is fine */

#endif

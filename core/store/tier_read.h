/* SPDX-License-Identifier: MIT */
/*
 * tier_read.h - the records of one series in one tier: from blocks, from those
 * that are in no block yet, and from raw where a window is open or dirty.
 */
#ifndef STORE_TIER_READ_H
#define STORE_TIER_READ_H

#include "store/rollup.h"

struct tier_chunks;

struct tier_request {
	struct store *store;
	const struct store_view *view;	/* outlives the reader */
	enum kymo_tier tier;		/* not raw */
	struct rollup_series series;
	kymo_ms start, end;		/* ends of windows in (start, end] */
	bool stored_only;		/* closed windows as they are stored, dirty or not */
	bool with_ends;			/* also records of nothing but staleness marks */
	bool plain;			/* sketches are not wanted */
	uint32_t wants;			/* if not 0: these columns alone (enum want) where that is quicker; others may be NULL */
	struct tier_chunks **spare;	/* NULL, or memory that readers use one after another: outlives them; the caller closes it */
	bool insists;			/* as raw_insist */
};

struct tier_reader;

int tier_open(const struct tier_request *request, struct tier_reader **out);	/* 0 or -ENOMEM */
int tier_next(struct tier_reader *reader, struct piece *piece);			/* as raw_next */
void tier_close(struct tier_reader *reader);
DEFINE_AUTO(tier_reader, tier_close)
void tier_stats(const struct tier_reader *reader, struct raw_stats *stats);

#endif

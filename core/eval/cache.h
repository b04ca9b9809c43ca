/* SPDX-License-Identifier: MIT */
/*
 * cache.h - answers of range queries that move with time, as a dashboard asks them
 * again and again: the points that cannot change any more are kept, and the next
 * time only those behind them are computed.
 *
 * Points stand far enough in the past (FRESH) that nothing is expected there. What
 * comes there all the same - a late sample, a deletion - makes all that is kept void
 * (store_past_changes()).
 *
 * Threads   Any.
 */
#ifndef EVAL_CACHE_H
#define EVAL_CACHE_H

#include "eval/matrix.h"

/* Of what age a point must be to be kept. */
#define CACHE_FRESH INT64_C(60000)

/* Which answers may share points: the same expression, step, phase of the step, and what else changes values. */
struct cache_key {
	const char *text;		/* the expression as it is printed */
	kymo_ms step, phase, lookback;
	uint32_t tier;
};

struct cache_stats {
	uint64_t hits, misses, bytes, entries;	/* hits: in part or whole */
};

struct cache;

struct cache *cache_create(struct store *store, uint64_t bytes);	/* NULL: out of memory */
void cache_destroy(struct cache *cache);	/* NULL is fine */
void cache_resize(struct cache *cache, uint64_t bytes);
void cache_stats(struct cache *cache, struct cache_stats *stats);

/* Can answers of this expression be kept? Not where it reads what lies behind a point, or is fixed by @. */
bool cache_takes(const struct node *root);

/*
 * Points from steps->start on that are kept: how many, and a copy of their columns
 * in *held (initialised, of steps->n points; those that are not kept are absent).
 * 0: none. Notes that came with them are added to the evaluation's.
 */
uint32_t cache_find(struct cache *cache, const struct cache_key *key, const struct steps *steps, struct eval *eval, struct matrix *held);
/*
 * Keep what is old enough of an answer. changes: store_past_changes() before it was
 * read. Running out of memory only means that it is not kept.
 */
void cache_keep(struct cache *cache, const struct cache_key *key, const struct steps *steps, uint64_t changes, kymo_ms now,
		const struct eval *eval, const struct matrix *matrix);
/* To be called before anything is read that is to be kept. */
uint64_t cache_watch(struct cache *cache, kymo_ms now);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * ref_cache.h - from the raw bytes of a series' labels, as a sender encodes them,
 * to its ref: who was seen once is found without looking at a single label.
 *
 * Kept are 96 bits of a 128-bit hash whose secret is random, not the bytes: equal
 * keys by chance are out of the question, and by intent nobody can make them.
 * Bounded: when it is full it is emptied, and fills again with what still comes.
 *
 * Threads   any; begin and end around finding, which many may do at a time.
 */
#ifndef REMOTE_REF_CACHE_H
#define REMOTE_REF_CACHE_H

#include "model/labels.h"
#include "util/cleanup.h"

struct ref_cache;

struct ref_key {
	uint64_t low, high;
};

struct ref_cache *ref_cache_create(void);	/* NULL: out of memory, no random bytes */
void ref_cache_destroy(struct ref_cache *cache);
DEFINE_AUTO(ref_cache, ref_cache_destroy)
/* Room for so many series at least; preset 1000. */
void ref_cache_limit(struct ref_cache *cache, uint32_t series);

struct ref_key ref_cache_key(const struct ref_cache *cache, const void *labels, size_t n);

void ref_cache_begin(struct ref_cache *cache);
void ref_cache_end(struct ref_cache *cache);
void ref_cache_prefetch(const struct ref_cache *cache, struct ref_key key);
series_ref ref_cache_find(const struct ref_cache *cache, struct ref_key key);	/* 0: not there */

/* Not between begin and end. One that finds no room is not kept. */
void ref_cache_add(struct ref_cache *cache, struct ref_key key, series_ref ref);
void ref_cache_clear(struct ref_cache *cache);

/* Its entries and the memory it takes. */
void ref_cache_stats(struct ref_cache *cache, uint32_t *n, uint64_t *bytes);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * cache.h - decoded parts of blocks: those that were read last, up to a
 * number of bytes. What somebody holds lives on when it is dropped here.
 *
 * Threads   Any.
 */
#ifndef BLOCK_CACHE_H
#define BLOCK_CACHE_H

#include "util/cleanup.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Head of what is kept; what it is stands behind it. Immutable once it was added. */
struct cached {
	uint64_t owner, place;		/* of which block, from where in its file */
	size_t size;			/* all its memory */
	void (*destroy)(struct cached *cached);
	_Atomic uint32_t holders;
	struct cached *next;		/* in the same slot */
	struct cached *newer, *older;
};

/* The caller holds it. */
static inline void cached_init(struct cached *cached, uint64_t owner, uint64_t place, size_t size,
			       void (*destroy)(struct cached *))
{
	*cached = (struct cached){ .owner = owner, .place = place, .size = size, .destroy = destroy };
	atomic_init(&cached->holders, 1);
}
static inline struct cached *cached_hold(struct cached *cached)
{
	atomic_fetch_add_explicit(&cached->holders, 1, memory_order_relaxed);
	return cached;
}
void cached_release(struct cached *cached);	/* NULL is fine */
DEFINE_AUTO(cached, cached_release)

struct block_cache;

struct block_cache *block_cache_create(size_t bytes);	/* NULL: out of memory */
void block_cache_destroy(struct block_cache *cache);	/* NULL is fine */
/* Held; NULL: not there. */
struct cached *block_cache_find(struct block_cache *cache, uint64_t owner, uint64_t place);
/* What is held of that from here on: the given one, or what another thread has added before. */
struct cached *block_cache_add(struct block_cache *cache, struct cached *cached);
/* A block that nobody will read any more leaves nothing here. */
void block_cache_forget(struct block_cache *cache, uint64_t owner);

#endif

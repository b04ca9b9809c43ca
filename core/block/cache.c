/* SPDX-License-Identifier: MIT */
/*
 * cache.c - a table of chains, and a list from the newest to the oldest.
 * The cache is one of the holders of what is in it.
 */
#include "block/cache.h"
#include "util/thread.h"

#include <stdbool.h>

enum { SLOTS = 1024, SHARE = 4 };	/* one thing has at most a quarter */

struct block_cache {
	pthread_mutex_t lock;
	size_t bytes, most;
	struct cached *slots[SLOTS];
	struct cached *newest, *oldest;
};

void cached_release(struct cached *cached)
{
	if (cached && atomic_fetch_sub_explicit(&cached->holders, 1, memory_order_acq_rel) == 1)
		cached->destroy(cached);
}

struct block_cache *block_cache_create(size_t bytes)
{
	struct block_cache *cache = calloc(1, sizeof *cache);

	if (!cache)
		return NULL;
	pthread_mutex_init(&cache->lock, NULL);
	cache->most = bytes;
	return cache;
}

/* ---- with the lock ---- */

static struct cached **slot_of(struct block_cache *cache, uint64_t owner, uint64_t place)
{
	return &cache->slots[(owner * 0x9E3779B97F4A7C15u + place * 0xC2B2AE3D27D4EB4Fu) >> 54];
}

static void unlink_age(struct block_cache *cache, struct cached *cached)
{
	if (cached->newer)
		cached->newer->older = cached->older;
	else
		cache->newest = cached->older;
	if (cached->older)
		cached->older->newer = cached->newer;
	else
		cache->oldest = cached->newer;
}

static void link_newest(struct block_cache *cache, struct cached *cached)
{
	cached->newer = NULL;
	cached->older = cache->newest;
	if (cache->newest)
		cache->newest->newer = cached;
	else
		cache->oldest = cached;
	cache->newest = cached;
}

static struct cached *find(struct block_cache *cache, uint64_t owner, uint64_t place)
{
	struct cached *cached = *slot_of(cache, owner, place);

	while (cached && (cached->owner != owner || cached->place != place))
		cached = cached->next;
	if (!cached)
		return NULL;
	if (cached != cache->newest) {
		unlink_age(cache, cached);
		link_newest(cache, cached);
	}
	return cached_hold(cached);
}

static void drop(struct block_cache *cache, struct cached *cached)
{
	struct cached **link = slot_of(cache, cached->owner, cached->place);

	while (*link != cached)
		link = &(*link)->next;
	*link = cached->next;
	unlink_age(cache, cached);
	cache->bytes -= cached->size;
	cached_release(cached);
}

static void add(struct block_cache *cache, struct cached *cached)
{
	struct cached **slot = slot_of(cache, cached->owner, cached->place);

	while (cache->oldest && cache->bytes + cached->size > cache->most)
		drop(cache, cache->oldest);
	cached->next = *slot;
	*slot = cached_hold(cached);
	link_newest(cache, cached);
	cache->bytes += cached->size;
}

/* ---- from outside ---- */

void block_cache_destroy(struct block_cache *cache)
{
	if (!cache)
		return;
	while (cache->oldest)
		drop(cache, cache->oldest);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

struct cached *block_cache_find(struct block_cache *cache, uint64_t owner, uint64_t place)
{
	LOCK(&cache->lock);

	return find(cache, owner, place);
}

struct cached *block_cache_add(struct block_cache *cache, struct cached *cached)
{
	struct cached *there = NULL;

	pthread_mutex_lock(&cache->lock);
	if (cached->size <= cache->most / SHARE) {
		there = find(cache, cached->owner, cached->place);
		if (!there)
			add(cache, cached);
	}
	pthread_mutex_unlock(&cache->lock);
	if (!there)
		return cached;
	cached_release(cached);
	return there;
}

void block_cache_forget(struct block_cache *cache, uint64_t owner)
{
	LOCK(&cache->lock);

	for (struct cached *cached = cache->newest, *older; cached; cached = older) {
		older = cached->older;
		if (cached->owner == owner)
			drop(cache, cached);
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * ref_cache.c - open addressing, 16 bytes a slot, at most three quarters full.
 * A ref of 0 is a free slot; single slots are never taken out.
 */
#include "remote/ref_cache.h"

#include "util/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#define ROOM_LEAST 1024
#define ROOM_MOST (UINT32_C(1) << 25)

struct slot {
	uint64_t low;
	uint32_t high;			/* half of it */
	series_ref ref;
};

struct ref_cache {
	pthread_rwlock_t lock;
	struct slot *slots;		/* NULL: room is 0 */
	uint32_t room, n;		/* room: a power of two */
	uint32_t room_most;
	uint8_t secret[XXH3_SECRET_SIZE_MIN];
};

struct ref_cache *ref_cache_create(void)
{
	struct ref_cache *cache = calloc(1, sizeof *cache);

	if (!cache)
		return NULL;
	if (getrandom(cache->secret, sizeof cache->secret, 0) != (ssize_t)sizeof cache->secret) {
		free(cache);
		return NULL;
	}
	pthread_rwlock_init(&cache->lock, NULL);
	cache->room_most = 2 * ROOM_LEAST;
	return cache;
}

void ref_cache_destroy(struct ref_cache *cache)
{
	if (!cache)
		return;
	pthread_rwlock_destroy(&cache->lock);
	free(cache->slots);
	free(cache);
}

static void clear(struct ref_cache *cache)
{
	free(cache->slots);
	cache->slots = NULL;
	cache->room = cache->n = 0;
}

void ref_cache_limit(struct ref_cache *cache, uint32_t series)
{
	uint32_t room = ROOM_LEAST;

	while (room < ROOM_MOST && room / 4 * 3 < series)
		room *= 2;
	pthread_rwlock_wrlock(&cache->lock);
	cache->room_most = room;
	if (cache->room > room)
		clear(cache);
	pthread_rwlock_unlock(&cache->lock);
}

struct ref_key ref_cache_key(const struct ref_cache *cache, const void *labels, size_t n)
{
	XXH128_hash_t hash = XXH3_128bits_withSecret(labels, n, cache->secret, sizeof cache->secret);

	return (struct ref_key){ hash.low64, hash.high64 };
}

/* ---- finding ---- */

void ref_cache_begin(struct ref_cache *cache)
{
	pthread_rwlock_rdlock(&cache->lock);
}

void ref_cache_end(struct ref_cache *cache)
{
	pthread_rwlock_unlock(&cache->lock);
}

/* The slot of the key, or the free one where it would be. Wants room. */
static struct slot *place(struct slot *slots, uint32_t room, struct ref_key key)
{
	uint32_t at = (uint32_t)key.low & (room - 1);

	while (slots[at].ref && (slots[at].low != key.low || slots[at].high != (uint32_t)key.high))
		at = (at + 1) & (room - 1);
	return &slots[at];
}

void ref_cache_prefetch(const struct ref_cache *cache, struct ref_key key)
{
	if (cache->room)
		__builtin_prefetch(&cache->slots[(uint32_t)key.low & (cache->room - 1)]);
}

series_ref ref_cache_find(const struct ref_cache *cache, struct ref_key key)
{
	return cache->room ? place(cache->slots, cache->room, key)->ref : 0;
}

/* ---- adding ---- */

/* Twice as large; or empty, when it is as large as it may be. */
static bool make_room(struct ref_cache *cache)
{
	uint32_t room = cache->room ? cache->room * 2 : ROOM_LEAST;
	struct slot *slots;

	if (room > cache->room_most) {
		memset(cache->slots, 0, cache->room * sizeof *cache->slots);
		cache->n = 0;
		return true;
	}
	slots = calloc(room, sizeof *slots);
	if (!slots)
		return false;
	for (uint32_t i = 0; i < cache->room; i++)
		if (cache->slots[i].ref)
			*place(slots, room, (struct ref_key){ cache->slots[i].low, cache->slots[i].high }) = cache->slots[i];
	free(cache->slots);
	cache->slots = slots;
	cache->room = room;
	return true;
}

void ref_cache_add(struct ref_cache *cache, struct ref_key key, series_ref ref)
{
	struct slot *slot;

	pthread_rwlock_wrlock(&cache->lock);
	if (cache->n < cache->room / 4 * 3 || make_room(cache)) {
		slot = place(cache->slots, cache->room, key);
		cache->n += !slot->ref;
		*slot = (struct slot){ key.low, (uint32_t)key.high, ref };
	}
	pthread_rwlock_unlock(&cache->lock);
}

void ref_cache_clear(struct ref_cache *cache)
{
	pthread_rwlock_wrlock(&cache->lock);
	clear(cache);
	pthread_rwlock_unlock(&cache->lock);
}

void ref_cache_stats(struct ref_cache *cache, uint32_t *n, uint64_t *bytes)
{
	ref_cache_begin(cache);
	*n = cache->n;
	*bytes = (uint64_t)cache->room * sizeof(struct slot);
	ref_cache_end(cache);
}

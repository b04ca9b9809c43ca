/* SPDX-License-Identifier: MIT */
/*
 * owners.c - a map from series to entries; free entries are chained through
 * `instance`. Beside it a bit for each ref, in pages that come when they are needed
 * and stay, so that nobody who reads one waits.
 */
#include "host/owners.h"
#include "util/hash.h"
#include "util/map.h"
#include "util/thread.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct entry {
	series_ref ref;
	uint32_t instance;
};

enum { WORD = 64, PAGE_WORDS = 1024 };
#define PAGE (PAGE_WORDS * WORD)	/* refs */
#define PAGES ((UINT64_C(1) << 32) / PAGE)

struct page {
	_Atomic uint64_t word[PAGE_WORDS];
};

struct owners {
	pthread_mutex_t mutex;
	_Atomic(struct page *) *pages;	/* [PAGES], of which only what is used becomes memory */
	struct map map;
	struct entry *entries;
	uint32_t n, room, free;		/* free: first of the chain, MAP_NONE at its end */
};

struct owners *owners_create(void)
{
	struct owners *owners = calloc(1, sizeof *owners);

	if (!owners)
		return NULL;
	owners->pages = calloc(PAGES, sizeof *owners->pages);
	if (!owners->pages) {
		free(owners);
		return NULL;
	}
	pthread_mutex_init(&owners->mutex, NULL);
	owners->free = MAP_NONE;
	return owners;
}

void owners_destroy(struct owners *owners)
{
	if (!owners)
		return;
	for (size_t i = 0; i < PAGES; i++)
		free(atomic_load_explicit(&owners->pages[i], memory_order_relaxed));
	free(owners->pages);
	map_fini(&owners->map);
	free(owners->entries);
	pthread_mutex_destroy(&owners->mutex);
	free(owners);
}

/* ---- bits ---- */

/* Both are made under the lock; who reads takes a page that is there as it is. */
static int bit_set(struct owners *owners, series_ref ref)
{
	struct page *page = atomic_load_explicit(&owners->pages[ref / PAGE], memory_order_relaxed);

	if (!page) {
		page = calloc(1, sizeof *page);
		if (!page)
			return -ENOMEM;
		atomic_store_explicit(&owners->pages[ref / PAGE], page, memory_order_release);
	}
	atomic_fetch_or_explicit(&page->word[ref % PAGE / WORD], UINT64_C(1) << ref % WORD, memory_order_relaxed);
	return 0;
}

static void bit_clear(struct owners *owners, series_ref ref)
{
	struct page *page = atomic_load_explicit(&owners->pages[ref / PAGE], memory_order_relaxed);

	atomic_fetch_and_explicit(&page->word[ref % PAGE / WORD], ~(UINT64_C(1) << ref % WORD), memory_order_relaxed);
}

bool owners_have(const struct owners *owners, series_ref ref)
{
	const struct page *page = atomic_load_explicit(&owners->pages[ref / PAGE], memory_order_acquire);

	return page && atomic_load_explicit(&page->word[ref % PAGE / WORD], memory_order_relaxed) >> ref % WORD & 1;
}

/* ---- entries ---- */

static bool is_of(const void *owner, uint32_t item, const void *key)
{
	return ((const struct owners *)owner)->entries[item].ref == *(const series_ref *)key;
}

static uint32_t find(const struct owners *owners, series_ref ref)
{
	return map_find(&owners->map, hash_bytes(&ref, sizeof ref), &ref, is_of, owners);
}

static uint32_t new_entry(struct owners *owners)
{
	uint32_t item = owners->free, room = owners->room ? 2 * owners->room : 64;
	struct entry *entries;

	if (item != MAP_NONE) {
		owners->free = owners->entries[item].instance;
		return item;
	}
	if (owners->n == owners->room) {
		entries = realloc(owners->entries, room * sizeof *entries);
		if (!entries)
			return MAP_NONE;
		owners->entries = entries;
		owners->room = room;
	}
	return owners->n++;
}

static void free_entry(struct owners *owners, uint32_t item)
{
	owners->entries[item] = (struct entry){ 0, owners->free };
	owners->free = item;
}

int owners_take(struct owners *owners, series_ref ref, uint32_t instance)
{
	uint32_t item;
	LOCK(&owners->mutex);

	item = find(owners, ref);
	if (item != MAP_NONE)
		return owners->entries[item].instance == instance ? 0 : -EBUSY;
	item = new_entry(owners);
	if (item == MAP_NONE)
		return -ENOMEM;
	owners->entries[item] = (struct entry){ ref, instance };
	if (bit_set(owners, ref) < 0 || map_add(&owners->map, hash_bytes(&ref, sizeof ref), item) < 0) {
		if (owners_have(owners, ref))
			bit_clear(owners, ref);
		free_entry(owners, item);
		return -ENOMEM;
	}
	return 0;
}

void owners_release(struct owners *owners, series_ref ref, uint32_t instance)
{
	uint32_t item;
	LOCK(&owners->mutex);

	item = find(owners, ref);
	if (item == MAP_NONE || owners->entries[item].instance != instance)
		return;
	map_remove(&owners->map, hash_bytes(&ref, sizeof ref), item);
	bit_clear(owners, ref);
	free_entry(owners, item);
}

void owners_move(struct owners *owners, series_ref ref, uint32_t from, uint32_t to)
{
	uint32_t item;
	LOCK(&owners->mutex);

	item = find(owners, ref);
	if (item != MAP_NONE && owners->entries[item].instance == from)
		owners->entries[item].instance = to;
}

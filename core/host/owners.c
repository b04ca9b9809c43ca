/* SPDX-License-Identifier: MIT */
/* owners.c - a map from series to entries; free entries are chained through `instance`. */
#include "host/owners.h"
#include "util/hash.h"
#include "util/map.h"
#include "util/thread.h"

#include <errno.h>
#include <stdlib.h>

struct entry {
	series_ref ref;
	uint32_t instance;
};

struct owners {
	pthread_mutex_t mutex;
	struct map map;
	struct entry *entries;
	uint32_t n, room, free;		/* free: first of the chain, MAP_NONE at its end */
};

struct owners *owners_create(void)
{
	struct owners *owners = calloc(1, sizeof *owners);

	if (!owners)
		return NULL;
	pthread_mutex_init(&owners->mutex, NULL);
	owners->free = MAP_NONE;
	return owners;
}

void owners_destroy(struct owners *owners)
{
	if (!owners)
		return;
	map_fini(&owners->map);
	free(owners->entries);
	pthread_mutex_destroy(&owners->mutex);
	free(owners);
}

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
	if (map_add(&owners->map, hash_bytes(&ref, sizeof ref), item) < 0) {
		free_entry(owners, item);
		return -ENOMEM;
	}
	return 0;
}

bool owners_have(struct owners *owners, series_ref ref)
{
	LOCK(&owners->mutex);
	return find(owners, ref) != MAP_NONE;
}

void owners_release(struct owners *owners, series_ref ref, uint32_t instance)
{
	uint32_t item;
	LOCK(&owners->mutex);

	item = find(owners, ref);
	if (item == MAP_NONE || owners->entries[item].instance != instance)
		return;
	map_remove(&owners->map, hash_bytes(&ref, sizeof ref), item);
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

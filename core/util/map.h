/* SPDX-License-Identifier: MIT */
/*
 * map.h - from a key to a small number (an index into somebody's array).
 *
 * The map keeps the hash and the number, 8 bytes a slot; the owner compares
 * keys. Open addressing, grows at 3/4; a large one moves to its new room little
 * by little, so that no add takes long. Nothing here locks.
 */
#ifndef UTIL_MAP_H
#define UTIL_MAP_H

#include <stdbool.h>
#include <stdint.h>

#define MAP_NONE UINT32_MAX

struct map {
	struct map_slot *slots;
	uint32_t room;		/* a power of two, or 0 */
	uint32_t count;
	uint32_t used;		/* with the removed; not those that are still in `old` */
	struct map_slot *old;	/* NULL, or what is on its way to `slots` */
	uint32_t old_room, moved;
};

/* Is item's key this one? */
typedef bool map_equal(const void *owner, uint32_t item, const void *key);

void map_fini(struct map *map);
uint32_t map_find(const struct map *map, uint64_t hash, const void *key,
		  map_equal *equal, const void *owner);		/* MAP_NONE: not there */
int map_add(struct map *map, uint64_t hash, uint32_t item);	/* of a new key. 0 or -ENOMEM */
int map_reserve(struct map *map, uint32_t n);			/* so many can be added without a rehash. 0 or -ENOMEM */
void map_prefetch(const struct map *map, uint64_t hash);	/* it is looked for soon */
uint64_t map_bytes(const struct map *map);			/* of memory */
void map_remove(struct map *map, uint64_t hash, uint32_t item);

#endif

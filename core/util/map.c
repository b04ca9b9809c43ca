/* SPDX-License-Identifier: MIT */
/*
 * map.c - linear probing. A slot keeps the 64-bit hash folded to 32 bits: that
 * is its place, the first comparison, and all a rehash needs. A removed slot
 * stays as a mark, so that runs across it are still found, until the next
 * rehash; at the end of a run it is free at once.
 */
#include "util/map.h"
#include "util/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct map_slot {
	uint32_t hash, item;
};

enum { ROOM_FIRST = 8, LARGE_PAGE = 2 << 20, LARGE = 4 << 20 };
#define EMPTY MAP_NONE
#define REMOVED (MAP_NONE - 1)

static uint32_t fold(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

void map_fini(struct map *map)
{
	free(map->slots);
	*map = (struct map){ 0 };
}

uint32_t map_find(const struct map *map, uint64_t hash, const void *key,
		  map_equal *equal, const void *owner)
{
	uint32_t h = fold(hash), mask = map->room - 1;

	if (!map->room)
		return MAP_NONE;
	for (uint32_t at = h & mask;; at = (at + 1) & mask) {
		const struct map_slot *slot = &map->slots[at];

		if (slot->item == EMPTY)
			return MAP_NONE;
		if (slot->hash == h && slot->item != REMOVED && equal(owner, slot->item, key))
			return slot->item;
	}
}

/* Put it into the first slot of its run that holds nothing. */
static void place(struct map *map, uint32_t h, uint32_t item)
{
	uint32_t mask = map->room - 1, at = h & mask;

	while (map->slots[at].item < REMOVED)
		at = (at + 1) & mask;
	if (map->slots[at].item == EMPTY)
		map->used++;
	map->slots[at] = (struct map_slot){ h, item };
	map->count++;
}

/* A large map is looked at all over, so it is in large pages where the kernel has any. */
static struct map_slot *slots_create(size_t size)
{
	void *slots;

	if (size < LARGE)
		return malloc(size);
	if (posix_memalign(&slots, LARGE_PAGE, size) != 0)
		return NULL;
	madvise(slots, size, MADV_HUGEPAGE);
	return slots;
}

/* Move to so much room, without the marks. */
static int rehash(struct map *map, uint32_t room)
{
	struct map bigger = { .room = room };
	size_t size = (size_t)room * sizeof *bigger.slots;

	bigger.slots = slots_create(size);
	if (!bigger.slots)
		return -ENOMEM;
	memset(bigger.slots, 0xff, size);	/* all EMPTY */
	for (uint32_t i = 0; i < map->room; i++)
		if (map->slots[i].item < REMOVED)
			place(&bigger, map->slots[i].hash, map->slots[i].item);
	free(map->slots);
	*map = bigger;
	return 0;
}

static int make_room(struct map *map)
{
	if (map->used < map->room / 4 * 3)
		return 0;
	if (!map->room)
		return rehash(map, ROOM_FIRST);
	if (map->count < map->room / 2)		/* the marks fill it */
		return rehash(map, map->room);
	return map->room > UINT32_MAX / 2 ? -ENOMEM : rehash(map, map->room * 2);
}

int map_add(struct map *map, uint64_t hash, uint32_t item)
{
	int r = make_room(map);

	CHECK(item < REMOVED, "item=%u", item);
	if (r < 0)
		return r;
	place(map, fold(hash), item);
	return 0;
}

int map_reserve(struct map *map, uint32_t n)
{
	uint64_t room = map->room ? map->room : ROOM_FIRST;

	while (room / 4 * 3 < (uint64_t)map->used + n)
		room *= 2;
	if (room == map->room)
		return 0;
	return room > UINT32_MAX ? -ENOMEM : rehash(map, (uint32_t)room);
}

void map_prefetch(const struct map *map, uint64_t hash)
{
	if (map->room)
		__builtin_prefetch(&map->slots[fold(hash) & (map->room - 1)], 1);
}

uint64_t map_bytes(const struct map *map)
{
	return (uint64_t)map->room * sizeof *map->slots;
}

/* The slot's run ends behind it: nothing is found across it or the marks before it. */
static void free_marks(struct map *map, uint32_t at)
{
	uint32_t mask = map->room - 1;

	if (map->slots[(at + 1) & mask].item != EMPTY)
		return;
	for (; map->slots[at].item == REMOVED; at = (at - 1) & mask) {
		map->slots[at].item = EMPTY;
		map->used--;
	}
}

void map_remove(struct map *map, uint64_t hash, uint32_t item)
{
	uint32_t h = fold(hash), mask = map->room - 1, at = h & mask;

	if (!map->room || item >= REMOVED)
		return;
	while (map->slots[at].item != item || map->slots[at].hash != h) {
		if (map->slots[at].item == EMPTY)
			return;
		at = (at + 1) & mask;
	}
	map->slots[at].item = REMOVED;
	map->count--;
	free_marks(map, at);
}

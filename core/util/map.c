/* SPDX-License-Identifier: MIT */
/*
 * map.c - linear probing. A slot keeps the 64-bit hash folded to 32 bits: that
 * is its place, the first comparison, and all a rehash needs. A removed slot
 * stays as a mark, so that runs across it are still found, until the next
 * rehash; at the end of a run it is free at once.
 *
 * A rehash of a large map only takes the new room, which is zeros that the kernel
 * gives page by page; every change then moves STEP slots. What is not found in the
 * new slots may be in the old ones.
 */
#include "util/map.h"
#include "util/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* `item` is the number + FIRST. */
struct map_slot {
	uint32_t hash, item;
};

enum {
	EMPTY = 0, REMOVED = 1, FIRST = 2,
	ROOM_FIRST = 8,
	STEP = 16,		/* 2 would do: the new room is full much later */
	AT_ONCE = 4096,		/* slots that are moved in one go */
	LARGE = 1 << 19		/* slots; 4 MiB: in large pages where the kernel has any */
};

static uint32_t fold(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

/* ---- memory ---- */

static struct map_slot *slots_create(uint32_t room)
{
	size_t size = (size_t)room * sizeof(struct map_slot);
	void *slots;

	if (room < LARGE)
		return calloc(room, sizeof(struct map_slot));
	slots = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (slots == MAP_FAILED)
		return NULL;
	madvise(slots, size, MADV_HUGEPAGE);	/* it is looked at all over */
	return slots;
}

static void slots_destroy(struct map_slot *slots, uint32_t room)
{
	if (room < LARGE)
		free(slots);
	else
		munmap(slots, (size_t)room * sizeof *slots);
}

void map_fini(struct map *map)
{
	slots_destroy(map->slots, map->room);
	slots_destroy(map->old, map->old_room);
	*map = (struct map){ 0 };
}

uint64_t map_bytes(const struct map *map)
{
	return ((uint64_t)map->room + map->old_room) * sizeof *map->slots;
}

/* ---- looking ---- */

static uint32_t find_in(const struct map_slot *slots, uint32_t room, uint32_t h, const void *key, map_equal *equal,
			const void *owner)
{
	uint32_t mask = room - 1;

	if (!room)
		return MAP_NONE;
	for (uint32_t at = h & mask;; at = (at + 1) & mask) {
		const struct map_slot *slot = &slots[at];

		if (slot->item == EMPTY)
			return MAP_NONE;
		if (slot->hash == h && slot->item != REMOVED && equal(owner, slot->item - FIRST, key))
			return slot->item - FIRST;
	}
}

uint32_t map_find(const struct map *map, uint64_t hash, const void *key,
		  map_equal *equal, const void *owner)
{
	uint32_t item = find_in(map->slots, map->room, fold(hash), key, equal, owner);

	return item == MAP_NONE && map->old ? find_in(map->old, map->old_room, fold(hash), key, equal, owner) : item;
}

void map_prefetch(const struct map *map, uint64_t hash)
{
	if (map->room)
		__builtin_prefetch(&map->slots[fold(hash) & (map->room - 1)], 1);
}

/* ---- moving ---- */

/* Put it into the first slot of its run that holds nothing. */
static void place(struct map *map, uint32_t h, uint32_t item)
{
	uint32_t mask = map->room - 1, at = h & mask;

	while (map->slots[at].item >= FIRST)
		at = (at + 1) & mask;
	if (map->slots[at].item == EMPTY)
		map->used++;
	map->slots[at] = (struct map_slot){ h, item };
}

/* So many old slots; those that are left are still found across the marks. */
static void move(struct map *map, uint32_t n)
{
	for (; n && map->moved < map->old_room; n--, map->moved++) {
		struct map_slot *slot = &map->old[map->moved];

		if (slot->item < FIRST)
			continue;
		place(map, slot->hash, slot->item);
		slot->item = REMOVED;
	}
	if (map->moved < map->old_room)
		return;
	slots_destroy(map->old, map->old_room);
	map->old = NULL;
	map->old_room = map->moved = 0;
}

/* Begin to move to so much room, without the marks. */
static int rehash(struct map *map, uint32_t room)
{
	struct map_slot *slots = slots_create(room);

	if (!slots)
		return -ENOMEM;
	if (map->old)
		move(map, UINT32_MAX);
	map->old = map->slots;
	map->old_room = map->room;
	map->moved = 0;
	map->slots = slots;
	map->room = room;
	map->used = 0;
	if (map->old_room <= AT_ONCE)
		move(map, UINT32_MAX);
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

int map_reserve(struct map *map, uint32_t n)
{
	uint64_t room = map->room ? map->room : ROOM_FIRST;
	int r;

	if (map->old)
		move(map, UINT32_MAX);
	while (room / 4 * 3 < (uint64_t)map->used + n)
		room *= 2;
	if (room == map->room)
		return 0;
	r = room > UINT32_MAX ? -ENOMEM : rehash(map, (uint32_t)room);
	if (r == 0 && map->old)
		move(map, UINT32_MAX);
	return r;
}

/* ---- changes ---- */

int map_add(struct map *map, uint64_t hash, uint32_t item)
{
	int r = make_room(map);

	CHECK(item < MAP_NONE - 1, "item=%u", item);
	if (r < 0)
		return r;
	place(map, fold(hash), item + FIRST);
	map->count++;
	if (map->old)
		move(map, STEP);
	return 0;
}

static struct map_slot *slot_of(struct map_slot *slots, uint32_t room, uint32_t h, uint32_t item)
{
	uint32_t mask = room - 1, at = h & mask;

	if (!room)
		return NULL;
	while (slots[at].item != item || slots[at].hash != h) {
		if (slots[at].item == EMPTY)
			return NULL;
		at = (at + 1) & mask;
	}
	return &slots[at];
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
	struct map_slot *slot;

	if (item >= MAP_NONE - 1)
		return;
	slot = slot_of(map->slots, map->room, fold(hash), item + FIRST);
	if (slot) {
		slot->item = REMOVED;
		free_marks(map, (uint32_t)(slot - map->slots));
	} else if (map->old && (slot = slot_of(map->old, map->old_room, fold(hash), item + FIRST))) {
		slot->item = REMOVED;
	}
	map->count -= slot != NULL;
	if (map->old)
		move(map, STEP);
}

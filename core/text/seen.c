/* SPDX-License-Identifier: MIT */
/*
 * seen.c - open addressing. A slot counts if it is of this round, so that forgetting
 * everything takes no time.
 */
#include "text/seen.h"

#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

#define ROOM_LEAST 64

struct seen_slot {
	uint64_t low;
	uint32_t high, round;
};

struct seen_key seen_key(const void *data, size_t n, uint64_t seed)
{
	XXH128_hash_t hash = XXH3_128bits_withSeed(data, n, seed);

	return (struct seen_key){ hash.low64, hash.high64 };
}

void seen_fini(struct seen *seen)
{
	free(seen->slots);
	*seen = (struct seen){ 0 };
}

void seen_forget(struct seen *seen)
{
	if (!seen->count)
		return;
	seen->count = 0;
	if (++seen->round)
		return;
	memset(seen->slots, 0, seen->room * sizeof *seen->slots);
	seen->round = 1;
}

/* Where it is, or would be. */
static struct seen_slot *place(const struct seen *seen, uint64_t low, uint32_t high)
{
	uint32_t mask = seen->room - 1;

	for (uint32_t at = (uint32_t)low & mask;; at = (at + 1) & mask) {
		struct seen_slot *slot = &seen->slots[at];

		if (slot->round != seen->round || (slot->low == low && slot->high == high))
			return slot;
	}
}

static int grow(struct seen *seen)
{
	struct seen larger = { .room = seen->room ? seen->room * 2 : ROOM_LEAST, .count = seen->count, .round = 1 };

	larger.slots = calloc(larger.room, sizeof *larger.slots);
	if (!larger.slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < seen->room; i++) {
		struct seen_slot slot = seen->slots[i];

		if (slot.round != seen->round)
			continue;
		slot.round = 1;
		*place(&larger, slot.low, slot.high) = slot;
	}
	seen_fini(seen);
	*seen = larger;
	return 0;
}

int seen_add(struct seen *seen, struct seen_key key)
{
	uint32_t high = (uint32_t)key.high;
	struct seen_slot *slot;

	if (seen->count >= seen->room / 4 * 3 && grow(seen) < 0)
		return -ENOMEM;
	slot = place(seen, key.low, high);
	if (slot->round == seen->round)
		return 0;
	*slot = (struct seen_slot){ key.low, high, seen->round };
	seen->count++;
	return 1;
}

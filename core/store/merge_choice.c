/* SPDX-License-Identifier: MIT */
/*
 * merge_choice.c - which blocks. In a slot that is over, all, unless the rest is
 * small beside the largest, and a few. In one that still fills, not before there are many,
 * and without those that are large beside the rest: so an entry is written a few
 * times at most. Those that could not be read lately are left alone.
 */
#include "store/merge.h"

#include <errno.h>
#include <stdlib.h>

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

enum { MANY = 8, FEW = 3, SHARE_OF_RETENTION = 7 };

kymo_ms merge_slot(enum kymo_tier tier, kymo_ms retention)
{
	static const kymo_ms slots[] = { HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 4 * DAY, 7 * DAY, 28 * DAY };
	static const kymo_ms most[TIERS] = { DAY, 7 * DAY, 28 * DAY, 28 * DAY };
	kymo_ms slot = HOUR;

	for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
		if (slots[i] <= most[tier] && slots[i] <= retention / SHARE_OF_RETENTION)
			slot = slots[i];
	return slot;
}

uint64_t merge_sequence(const struct merge_set *set)
{
	uint64_t next = block_sequence(set->block[set->n - 1]) + 1;

	return next % SEQUENCE_STEP ? next : 0;
}

static int by_sequence(const void *a, const void *b)
{
	uint64_t x = block_sequence(*(struct block *const *)a), y = block_sequence(*(struct block *const *)b);

	return (x > y) - (x < y);
}

static bool has(const struct merge_set *set, const struct block *block)
{
	for (uint32_t i = 0; i < set->n; i++)
		if (set->block[i] == block)
			return true;
	return false;
}

static bool share_time(const struct block *a, const struct block *b)
{
	return block_start(a) < block_end(b) && block_start(b) < block_end(a);
}

/* How many of the set are older than the block; *shares: it has a time that one of these has. */
static uint32_t older(const struct merge_set *set, const struct block *block, bool *shares)
{
	uint32_t n = 0;

	*shares = false;
	while (n < set->n && block_sequence(set->block[n]) < block_sequence(block))
		*shares |= share_time(set->block[n++], block);
	return n;
}

/* Where an outsider stands between, only one side of it stays: the larger. */
static void keep_apart(struct merge_set *set, const struct block_list *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		bool shares;
		uint32_t n = has(set, list->block[i]) ? 0 : older(set, list->block[i], &shares);

		if (n == 0 || n == set->n || !shares)
			continue;
		if (n < set->n - n) {
			set->n -= n;
			memmove(set->block, set->block + n, set->n * sizeof *set->block);
		} else {
			set->n = n;
		}
	}
}

static uint64_t total_bytes(const struct merge_set *set)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < set->n; i++)
		bytes += block_bytes(set->block[i]);
	return bytes;
}

static uint32_t find_largest(const struct merge_set *set)
{
	uint32_t largest = 0;

	for (uint32_t i = 1; i < set->n; i++)
		if (block_bytes(set->block[i]) > block_bytes(set->block[largest]))
			largest = i;
	return largest;
}

static void leave_out(struct merge_set *set, uint32_t at)
{
	set->n--;
	memmove(set->block + at, set->block + at + 1, (set->n - at) * sizeof *set->block);
}

/* Those that are more than twice all the rest. */
static void leave_out_large(struct merge_set *set)
{
	while (set->n > 1) {
		uint32_t largest = find_largest(set);
		uint64_t bytes = block_bytes(set->block[largest]);

		if (bytes <= 2 * (total_bytes(set) - bytes))
			return;
		leave_out(set, largest);
	}
}

static bool is_worth_it(struct merge_set *set, bool over)
{
	uint64_t largest;

	if (set->n < 2)
		return false;
	if (!over) {
		leave_out_large(set);
		return set->n >= MANY;
	}
	largest = block_bytes(set->block[find_largest(set)]);
	return set->n > FEW || 4 * (total_bytes(set) - largest) >= largest;
}

static void fill(struct merge_set *set, const struct block_list *list, kymo_ms slot_end, kymo_ms slot)
{
	set->n = 0;
	for (uint32_t i = 0; i < list->n; i++)
		if (window_end_of(block_end(list->block[i]), slot) == slot_end && !block_unread(list->block[i]))
			set->block[set->n++] = list->block[i];
	if (set->n > 1)
		qsort(set->block, set->n, sizeof *set->block, by_sequence);
}

int merge_choose(const struct block_list *list, kymo_ms slot, kymo_ms now, struct merge_set **out)
{
	struct merge_set *set = malloc(sizeof *set + list->n * sizeof *set->block);

	*out = NULL;
	if (!set)
		return -ENOMEM;
	for (uint32_t i = 0; i < list->n; i++) {
		kymo_ms slot_end = window_end_of(block_end(list->block[i]), slot);

		fill(set, list, slot_end, slot);
		if (!is_worth_it(set, slot_end <= now))
			continue;
		keep_apart(set, list);
		if (set->n > 1 && merge_sequence(set)) {
			*out = set;
			return 0;
		}
	}
	free(set);
	return 0;
}

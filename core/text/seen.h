/* SPDX-License-Identifier: MIT */
/*
 * seen.h - what has come already, by the sum of the hashes of its labels: their
 * order does not matter. 96 bits of it are kept; the seed is random, so nobody can
 * make two that are alike, and by chance there are none.
 */
#ifndef TEXT_SEEN_H
#define TEXT_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen_key {
	uint64_t low, high;
};

struct seen_key seen_key(const void *data, size_t n, uint64_t seed);
static inline void seen_join(struct seen_key *key, struct seen_key other)
{
	key->low += other.low;
	key->high += other.high;
}
static inline bool seen_equal(struct seen_key a, struct seen_key b)
{
	return a.low == b.low && a.high == b.high;
}

struct seen {
	struct seen_slot *slots;
	uint32_t room, count, round;
};

void seen_fini(struct seen *seen);
void seen_forget(struct seen *seen);	/* everything; its memory stays */
/* 1: it is new; 0: it was there; -ENOMEM. */
int seen_add(struct seen *seen, struct seen_key key);

#endif

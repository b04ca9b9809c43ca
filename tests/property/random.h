/* SPDX-License-Identifier: MIT */
/* random.h - SplitMix64: the same numbers from the same seed, everywhere. */
#ifndef PROPERTY_RANDOM_H
#define PROPERTY_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

static inline struct random random_seed(uint64_t seed)
{
	return (struct random){ seed * UINT64_C(0x9e3779b97f4a7c15) + 1 };
}

static inline uint64_t random_bits(struct random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 .. n - 1 */
static inline uint32_t random_below(struct random *random, uint32_t n)
{
	return (uint32_t)((random_bits(random) >> 32) * n >> 32);
}

/* [0, 1) */
static inline double random_unit(struct random *random)
{
	return (double)(random_bits(random) >> 11) * 0x1p-53;
}

#endif

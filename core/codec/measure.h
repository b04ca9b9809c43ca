/* SPDX-License-Identifier: MIT */
/*
 * measure.h - the loops of encoding that are worth vectors: plain C, which each
 * file of kernels compiles for its instructions.
 */
#ifndef CODEC_MEASURE_H
#define CODEC_MEASURE_H

#include "codec/blocks.h"
#include "codec/scale.h"
#include "model/sample.h"

/* What all three orders would need; sums and differences are over the gcd, and differences[-1] is 0. */
struct measured {
	uint32_t changes;		/* differences that are not the usual one */
	uint8_t widths[3][BLOCKS_MOST];
};

/* n differences between n + 1 integers, and their sums; gives the least of these. */
static ALWAYS_INLINE uint64_t take_differences(const int64_t *restrict integers, uint32_t n, uint64_t *restrict differences,
					       uint64_t *restrict sums, bool *line)
{
	uint64_t first = (uint64_t)integers[0], step = n ? (uint64_t)integers[1] - first : 0, any = 0;
	int64_t least = INT64_MAX;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t difference = (uint64_t)integers[i + 1] - (uint64_t)integers[i];
		uint64_t sum = (uint64_t)integers[i + 1] - first;

		differences[i] = difference;
		sums[i] = sum;
		any |= difference ^ step;
		least = (int64_t)sum < least ? (int64_t)sum : least;
	}
	*line = !any;
	return (uint64_t)least;
}

/* Of one block; with a constant n the loop has a straight form. */
static ALWAYS_INLINE uint32_t measure_block(const uint64_t *sums, const uint64_t *differences, uint32_t n, uint64_t base,
					    uint64_t usual, uint64_t any[3])
{
	uint64_t any0 = 0, any1 = 0, any2 = 0, changes = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t beside = differences[i] - usual;

		any0 |= sums[i] - base;
		any1 |= zigzag(beside);
		any2 |= zigzag(differences[i] - differences[(int32_t)i - 1]);
		changes += beside != 0;
	}
	any[0] = any0;
	any[1] = any1;
	any[2] = any2;
	return (uint32_t)changes;
}

static ALWAYS_INLINE void measure_orders(const uint64_t *sums, const uint64_t *differences, uint32_t n, uint64_t base,
					 uint64_t usual, struct measured *out)
{
	uint64_t any[3];

	out->changes = 0;
	for (uint32_t i = 0; i < n; i += BLOCK) {
		if (n - i >= BLOCK)
			out->changes += measure_block(sums + i, differences + i, BLOCK, base, usual, any);
		else
			out->changes += measure_block(sums + i, differences + i, n - i, base, usual, any);
		for (uint32_t o = 0; o < 3; o++)
			out->widths[o][i / BLOCK] = width_of(any[o]);
	}
}

/* ---- doubles to integers, proven by going back ---- */

#define WHOLE_MOST   9.2e18		/* integers as they are: in 64 bits */
#define DECIMAL_MOST 0x1p51		/* scaled: what rounding by ROUNDER can do */
#define ROUNDER      0x1.8p52		/* adding it leaves the nearest integer in the low bits */

static ALWAYS_INLINE int64_t scale_rounded(double x, double *whole)
{
	double shifted = x + ROUNDER;

	*whole = shifted - ROUNDER;
	return (int64_t)(value_bits(shifted) - value_bits(ROUNDER));
}

static ALWAYS_INLINE bool scale_whole(const double *v, uint32_t n, int64_t *integers)
{
	uint64_t bad = 0;

	for (uint32_t i = 0; i < n; i++) {
		double x = v[i] < WHOLE_MOST && v[i] > -WHOLE_MOST ? v[i] : 0.5;

		integers[i] = (int64_t)x;
		bad |= value_bits((double)integers[i]) ^ value_bits(x);
	}
	return !bad;
}

static ALWAYS_INLINE bool scale_back(enum way way, const double *v, uint32_t n, double power, double a, int64_t *integers)
{
	uint64_t bad = 0;

	for (uint32_t i = 0; i < n; i++) {
		double x = v[i] * power, whole, back;

		integers[i] = scale_rounded(x, &whole);
		back = way == WAY_MULTIPLY ? whole * a : way == WAY_TWICE ? whole / a / a : whole / a;
		bad |= value_bits(back) ^ value_bits(v[i]);
		bad |= (uint64_t)!(x < DECIMAL_MOST && x > -DECIMAL_MOST);
	}
	return !bad;
}

/* Have all of them this exponent and this way back? Then also which integers they are. */
static ALWAYS_INLINE bool scale_all(const struct scale *scale, const double *v, uint32_t n, int64_t *integers)
{
	double power = scale_powers[scale->exponent];

	switch (scale->way) {
	case WAY_MULTIPLY:
		return scale_back(WAY_MULTIPLY, v, n, power, scale_inverses[scale->exponent], integers);
	case WAY_TWICE:
		return scale_back(WAY_TWICE, v, n, power, scale_powers[scale->exponent / 2], integers);
	default:
		return scale->exponent ? scale_back(WAY_DIVIDE, v, n, power, power, integers) : scale_whole(v, n, integers);
	}
}

#endif

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

/* What a walk over differences, or to them, tells beside them. */
struct walked {
	uint64_t least, most;		/* of the sums, as signed */
	uint64_t any;			/* bits of the differences */
	uint64_t varied;		/* bits in which they are not all like the first; 0: a line */
	uint32_t zeros;			/* of the differences */
};

/* n differences between n + 1 integers, and their sums. */
static ALWAYS_INLINE void take_differences(const int64_t *restrict integers, uint32_t n, uint64_t *restrict differences,
					   uint64_t *restrict sums, struct walked *walked)
{
	uint64_t first = (uint64_t)integers[0], step = n ? (uint64_t)integers[1] - first : 0, any = 0, varied = 0, zeros = 0;
	int64_t least = INT64_MAX, most = INT64_MIN;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t difference = (uint64_t)integers[i + 1] - (uint64_t)integers[i];
		uint64_t sum = (uint64_t)integers[i + 1] - first;

		differences[i] = difference;
		sums[i] = sum;
		any |= difference;
		varied |= difference ^ step;
		zeros += difference == 0;
		least = (int64_t)sum < least ? (int64_t)sum : least;
		most = (int64_t)sum > most ? (int64_t)sum : most;
	}
	*walked = (struct walked){ (uint64_t)least, (uint64_t)most, any, varied, (uint32_t)zeros };
}

/* The sums of n differences. */
static ALWAYS_INLINE void take_sums(const uint64_t *restrict differences, uint32_t n, uint64_t *restrict sums, struct walked *walked)
{
	uint64_t step = n ? differences[0] : 0, sum = 0, any = 0, varied = 0;
	int64_t least = INT64_MAX, most = INT64_MIN;
	uint32_t zeros = 0;

	for (uint32_t i = 0; i < n; i++) {
		sums[i] = sum += differences[i];
		any |= differences[i];
		varied |= differences[i] ^ step;
		zeros += differences[i] == 0;
		least = (int64_t)sum < least ? (int64_t)sum : least;
		most = (int64_t)sum > most ? (int64_t)sum : most;
	}
	*walked = (struct walked){ (uint64_t)least, (uint64_t)most, any, varied, zeros };
}

/* Numbers that are multiples of another: its odd part divides by the inverse modulo 2^64. */
static ALWAYS_INLINE void divide_all(uint64_t *v, uint32_t n, uint32_t shift, uint64_t inverse)
{
	if (inverse == 1)
		for (uint32_t i = 0; i < n; i++)
			v[i] = (uint64_t)((int64_t)v[i] >> shift);
	else
		for (uint32_t i = 0; i < n; i++)
			v[i] = (uint64_t)((int64_t)v[i] >> shift) * inverse;
}

/* A bit for each difference that is not the usual one. */
static ALWAYS_INLINE void mark_changes(const uint64_t *differences, uint32_t n, uint64_t usual, uint64_t *changed)
{
	for (uint32_t i = 0; i < n; i += 64) {
		uint32_t some = n - i < 64 ? n - i : 64;
		uint64_t word = 0;

		for (uint32_t k = 0; k < some; k++)
			word |= (uint64_t)(differences[i + k] != usual) << k;
		changed[i / 64] = word;
	}
}

/* What all three orders would need; sums and differences are over the gcd, and differences[-1] is 0. */
struct measured {
	uint32_t changes;		/* differences that are not the usual one */
	struct widths widths[3];
};

/* The number that stands for one difference or sum; `base`: of order 1 the usual one. */
static ALWAYS_INLINE uint64_t number_of(uint32_t order, const uint64_t *sums, const uint64_t *differences, uint64_t base)
{
	return order == 0 ? *sums - base : order == 1 ? zigzag(*differences - base) : zigzag(differences[0] - differences[-1]);
}

/* Of one block; with a constant n the loop has a straight form. */
static ALWAYS_INLINE uint32_t measure_block(const uint64_t *sums, const uint64_t *differences, uint32_t n, uint64_t base,
					    uint64_t usual, uint64_t any[3])
{
	uint64_t any0 = 0, any1 = 0, any2 = 0, changes = 0;

	for (uint32_t i = 0; i < n; i++) {
		any0 |= number_of(0, sums + i, differences + i, base);
		any1 |= number_of(1, sums + i, differences + i, usual);
		any2 |= number_of(2, sums + i, differences + i, 0);
		changes += differences[i] != usual;
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
	for (uint32_t o = 0; o < 3; o++)
		widths_begin(&out->widths[o]);
	for (uint32_t i = 0; i < n; i += BLOCK) {
		if (n - i >= BLOCK)
			out->changes += measure_block(sums + i, differences + i, BLOCK, base, usual, any);
		else
			out->changes += measure_block(sums + i, differences + i, n - i, base, usual, any);
		for (uint32_t o = 0; o < 3; o++)
			widths_add(&out->widths[o], i / BLOCK, any[o]);
	}
}

/* ---- numbers to bits ---- */

static ALWAYS_INLINE void numbers_of(uint32_t order, const uint64_t *sums, const uint64_t *differences, uint32_t n, uint64_t base,
				     uint64_t *z)
{
	if (order == 0)
		for (uint32_t i = 0; i < n; i++)
			z[i] = number_of(0, sums + i, differences + i, base);
	else if (order == 1)
		for (uint32_t i = 0; i < n; i++)
			z[i] = number_of(1, sums + i, differences + i, base);
	else
		for (uint32_t i = 0; i < n; i++)
			z[i] = number_of(2, sums + i, differences + i, base);
}

/* So many numbers in one word, the first one lowest. */
static ALWAYS_INLINE uint64_t join(const uint64_t *z, uint32_t n, uint32_t width)
{
	uint64_t word = z[n - 1];

	for (uint32_t i = n - 1; i-- > 0;)
		word = word << width | z[i];
	return word;
}

/* 16 numbers: 2 * width bytes; 8 more may be written. */
static ALWAYS_INLINE void pack_block(const uint64_t *z, uint32_t width, uint8_t *to)
{
	uint64_t pairs[BLOCK / 2];

	if (width <= 8) {
		store64(to, join(z, 8, width));
		store64(to + width, join(z + 8, 8, width));
	} else if (width < 16) {
		for (uint32_t h = 0; h < 2; h++, to += width) {
			uint64_t low = join(z + 8 * h, 4, width), high = join(z + 8 * h + 4, 4, width);

			store64(to, low | high << 4 * width);
			store64(to + 8, high >> (64 - 4 * width));
		}
	} else if (width <= 32) {
		for (uint32_t k = 0; k < BLOCK / 2; k++)
			pairs[k] = join(z + 2 * k, 2, width);
		bits_put(pairs, BLOCK / 2, 2 * width, to);
	} else {
		bits_put(z, BLOCK, width, to);
	}
}

/* The bits of all blocks of these widths. */
static ALWAYS_INLINE uint8_t *pack_numbers(uint32_t order, const uint64_t *sums, const uint64_t *differences, uint32_t n,
					   uint64_t base, const uint8_t *widths, uint8_t *to)
{
	uint64_t z[BLOCK];
	uint32_t i = 0;

	for (; i + BLOCK <= n; i += BLOCK) {
		numbers_of(order, sums + i, differences + i, BLOCK, base, z);
		pack_block(z, widths[i / BLOCK], to);
		to += 2 * (size_t)widths[i / BLOCK];
	}
	if (i == n)
		return to;
	numbers_of(order, sums + i, differences + i, n - i, base, z);
	return bits_put(z, n - i, widths[i / BLOCK], to);
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

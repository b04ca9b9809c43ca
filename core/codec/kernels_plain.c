/* SPDX-License-Identifier: MIT */
/*
 * kernels_plain.c - what every machine can run. A block at a time, so that its
 * integers stay in the nearest cache; each loop does one thing, which compilers
 * turn into vectors where there are any.
 */
#define FOLD_VECTOR 16
#include "codec/kernels.h"

static bool everywhere(void)
{
	return true;
}

static void fill(double *v, uint32_t n, double one)
{
	for (uint32_t i = 0; i < n; i++)
		v[i] = one;
}

/* ---- integers to doubles ---- */

static ALWAYS_INLINE void doubles_of(enum step step, double power, const uint64_t *integers, uint32_t n, double *v)
{
	double plain[BLOCK];

	for (uint32_t i = 0; i < n; i++)
		plain[i] = (double)(int64_t)integers[i];
	if (step == STEP_NONE)
		memcpy(v, plain, n * sizeof *v);
	else if (step == STEP_DIVIDE)
		for (uint32_t i = 0; i < n; i++)
			v[i] = plain[i] / power;
	else if (step == STEP_MULTIPLY)
		for (uint32_t i = 0; i < n; i++)
			v[i] = plain[i] * power;
	else
		for (uint32_t i = 0; i < n; i++)
			v[i] = plain[i] / power / power;
}

/* ---- numbers to integers: what a block leaves behind for the next ---- */

struct sums {
	uint64_t sum, difference;
};

static ALWAYS_INLINE void integers_of(const struct restore *restore, struct sums *sums, const uint64_t *z, uint32_t n,
				      uint64_t *integers)
{
	uint64_t sum = sums->sum, difference = sums->difference, base = restore->base, g = restore->gcd;
	uint64_t more = restore->more;

	if (restore->order == 0)
		for (uint32_t i = 0; i < n; i++)
			integers[i] = sum + (base + z[i]) * g;
	else if (restore->order == 1 && g == 1)
		for (uint32_t i = 0; i < n; i++)
			integers[i] = sum += base + unzigzag(z[i] + more);
	else if (restore->order == 1)
		for (uint32_t i = 0; i < n; i++)
			integers[i] = sum += (base + unzigzag(z[i] + more)) * g;
	else
		for (uint32_t i = 0; i < n; i++)
			integers[i] = sum += (difference += unzigzag(z[i])) * g;
	*sums = (struct sums){ sum, difference };
}

static ALWAYS_INLINE void unpack(const uint8_t *at, uint32_t n, uint32_t width, uint64_t *z)
{
	uint64_t mask = ~UINT64_C(0) >> (64 - width);
	uint32_t bit = 0;

	for (uint32_t i = 0; i < n; i++, bit += width)
		z[i] = load64(at + bit / 8) >> bit % 8 & mask;
}

/* n is BLOCK but for the last: a constant there makes the loops straight. */
static ALWAYS_INLINE void one_block(const struct restore *restore, enum step step, struct sums *sums, const uint8_t *at,
				    uint32_t width, uint32_t n, double *v)
{
	uint64_t z[BLOCK];

	if (width)
		unpack(at, n, width, z);
	else
		memset(z, 0, n * sizeof *z);
	integers_of(restore, sums, z, n, z);
	doubles_of(step, restore->power, z, n, v);
}

static void last_block(const struct restore *restore, enum step step, struct sums *sums, const uint8_t *at,
		       uint32_t width, uint32_t n, double *v)
{
	uint8_t copy[8 * BLOCK + 8] = { 0 };

	memcpy(copy, at, bits_bytes(n, width));
	one_block(restore, step, sums, copy, width, n, v);
}

static ALWAYS_INLINE void all_blocks(const struct restore *restore, enum step step, const struct blocks *blocks, double *v)
{
	struct sums sums = { restore->first, 0 };
	const uint8_t *at = blocks->bits;

	for (uint32_t i = 0; i < blocks->n; i += BLOCK) {
		uint32_t width = blocks->widths[i / BLOCK], size = 2 * width, n = blocks->n - i;

		if (n >= BLOCK && (size_t)(blocks->end - at) >= size + 8)
			one_block(restore, step, &sums, at, width, BLOCK, v + i);
		else
			last_block(restore, step, &sums, at, width, n < BLOCK ? n : BLOCK, v + i);
		at += size;
	}
}

static void plain_blocks(const struct restore *restore, const struct blocks *blocks, double *v)
{
	switch (scale_step(&restore->scale)) {
	case STEP_NONE:
		all_blocks(restore, STEP_NONE, blocks, v);
		return;
	case STEP_DIVIDE:
		all_blocks(restore, STEP_DIVIDE, blocks, v);
		return;
	default:
		all_blocks(restore, scale_step(&restore->scale), blocks, v);
	}
}

static ALWAYS_INLINE void all_numbers(const struct restore *restore, enum step step, const uint64_t *z, uint32_t n, double *v)
{
	struct sums sums = { restore->first, 0 };
	uint64_t integers[BLOCK];
	uint32_t i = 0;

	for (; i + BLOCK <= n; i += BLOCK) {
		integers_of(restore, &sums, z + i, BLOCK, integers);
		doubles_of(step, restore->power, integers, BLOCK, v + i);
	}
	integers_of(restore, &sums, z + i, n - i, integers);
	doubles_of(step, restore->power, integers, n - i, v + i);
}

static void plain_numbers(const struct restore *restore, const uint64_t *z, uint32_t n, double *v)
{
	switch (scale_step(&restore->scale)) {
	case STEP_NONE:
		all_numbers(restore, STEP_NONE, z, n, v);
		return;
	case STEP_DIVIDE:
		all_numbers(restore, STEP_DIVIDE, z, n, v);
		return;
	default:
		all_numbers(restore, scale_step(&restore->scale), z, n, v);
	}
}

static uint32_t plain_spread(const uint8_t *bitmap, const double *some, uint32_t n, double *v)
{
	const double *at = some;
	uint32_t i = 0;

	for (; i + 8 <= n; i += 8) {
		uint64_t ranks = bit_ranks(bitmap[i / 8]);

		for (uint32_t k = 0; k < 8; k++)
			v[i + k] = at[ranks >> 8 * k & 15];
		at += ranks >> 56;
	}
	for (; i < n; i++) {
		at += bitmap[i / 8] >> i % 8 & 1;
		v[i] = *at;
	}
	return (uint32_t)(at - some);
}

static void fold(const double *v, uint32_t n, struct fold_lanes *lanes)
{
	fold_in_lanes(v, n, lanes);
}

#include "codec/measure_kernels.h"

const struct kernels kernels_plain = { "plain", everywhere, fill, plain_blocks, plain_numbers, plain_spread, fold,
					ENCODE_KERNELS };

/* SPDX-License-Identifier: MIT */
/*
 * kernels_neon.c - two lanes: two loads of 8 bytes, a shift of each lane, a mask.
 * Every aarch64 has these instructions and a division of vectors; what is not here
 * the compiler makes of the plain loops.
 */
#define FOLD_VECTOR 16
#include "codec/kernels.h"

#if defined(__aarch64__)
#include <arm_neon.h>

enum { LANES = 2, BEHIND = 8 };

static bool runs_here(void)
{
	return true;
}

static void fill(double *v, uint32_t n, double one)
{
	for (uint32_t i = 0; i < n; i++)
		v[i] = one;
}

/* ---- one vector of numbers to doubles ---- */

struct constants {
	uint64x2_t base, more;
	uint64_t gcd;
	float64x2_t power;
};

struct lanes {
	uint64x2_t sum, difference;
};

static ALWAYS_INLINE struct constants constants_of(const struct restore *restore)
{
	return (struct constants){ vdupq_n_u64(restore->base), vdupq_n_u64(restore->more), restore->gcd, vdupq_n_f64(restore->power) };
}

/* The second lane gets both. */
static ALWAYS_INLINE uint64x2_t sum_up(uint64x2_t v)
{
	return vaddq_u64(v, vextq_u64(vdupq_n_u64(0), v, 1));
}

static ALWAYS_INLINE uint64x2_t unzigzagged(uint64x2_t z)
{
	uint64x2_t sign = vsubq_u64(vdupq_n_u64(0), vandq_u64(z, vdupq_n_u64(1)));

	return veorq_u64(vshrq_n_u64(z, 1), sign);
}

static ALWAYS_INLINE uint64x2_t times_gcd(const struct constants *c, uint64x2_t v)
{
	if (c->gcd == 1)
		return v;
	return vcombine_u64(vcreate_u64(vgetq_lane_u64(v, 0) * c->gcd), vcreate_u64(vgetq_lane_u64(v, 1) * c->gcd));
}

static ALWAYS_INLINE uint64x2_t integers_of(uint32_t order, const struct constants *c, struct lanes *lanes, uint64x2_t z)
{
	uint64x2_t v;

	if (order == 0)
		return vaddq_u64(lanes->sum, times_gcd(c, vaddq_u64(c->base, z)));
	if (order == 1) {
		z = unzigzagged(vaddq_u64(z, c->more));
		v = sum_up(times_gcd(c, vaddq_u64(c->base, z)));
	} else {
		v = sum_up(unzigzagged(z));
		z = vaddq_u64(v, lanes->difference);
		lanes->difference = vaddq_u64(lanes->difference, vdupq_laneq_u64(v, 1));
		v = sum_up(times_gcd(c, z));
	}
	z = vaddq_u64(v, lanes->sum);
	lanes->sum = vaddq_u64(lanes->sum, vdupq_laneq_u64(v, 1));
	return z;
}

static ALWAYS_INLINE float64x2_t doubles_of(enum step step, const struct constants *c, uint64x2_t integers)
{
	float64x2_t v = vcvtq_f64_s64(vreinterpretq_s64_u64(integers));

	switch (step) {
	case STEP_NONE:
		return v;
	case STEP_MULTIPLY:
		return vmulq_f64(v, c->power);
	case STEP_DIVIDE:
		return vdivq_f64(v, c->power);
	default:
		return vdivq_f64(vdivq_f64(v, c->power), c->power);
	}
}

/* ---- blocks ---- */

/* `at` may be read up to BEHIND bytes behind the block. */
static ALWAYS_INLINE void one_block(uint32_t order, enum step step, const struct constants *c, struct lanes *lanes,
				    const uint8_t *at, uint32_t width, double *v)
{
	uint64x2_t mask = vdupq_n_u64(width ? ~UINT64_C(0) >> (64 - width) : 0);

	for (uint32_t i = 0; i < BLOCK; i += LANES) {
		uint32_t first = i * width, second = first + width;
		uint64x2_t x = vcombine_u64(vcreate_u64(load64(at + first / 8)), vcreate_u64(load64(at + second / 8)));
		int64x2_t shift = vcombine_s64(vcreate_s64((uint64_t)-(int64_t)(first % 8)), vcreate_s64((uint64_t)-(int64_t)(second % 8)));

		x = vandq_u64(vshlq_u64(x, shift), mask);
		vst1q_f64(v + i, doubles_of(step, c, integers_of(order, c, lanes, x)));
	}
}

static ALWAYS_INLINE void last_block(uint32_t order, enum step step, const struct constants *c, struct lanes *lanes,
				     const uint8_t *at, uint32_t width, uint32_t n, double *v)
{
	uint8_t copy[8 * BLOCK + BEHIND] = { 0 };
	double all[BLOCK];

	memcpy(copy, at, bits_bytes(n, width));
	one_block(order, step, c, lanes, copy, width, all);
	memcpy(v, all, n * sizeof *v);
}

static ALWAYS_INLINE void all_blocks(uint32_t order, enum step step, const struct restore *restore, const struct blocks *blocks, double *v)
{
	struct constants c = constants_of(restore);
	struct lanes lanes = { vdupq_n_u64(restore->first), vdupq_n_u64(0) };
	const uint8_t *at = blocks->bits;

	for (uint32_t i = 0; i < blocks->n; i += BLOCK) {
		uint32_t width = blocks->widths[i / BLOCK], n = blocks->n - i;

		if (n >= BLOCK && (size_t)(blocks->end - at) >= 2 * (size_t)width + BEHIND)
			one_block(order, step, &c, &lanes, at, width, v + i);
		else
			last_block(order, step, &c, &lanes, at, width, n < BLOCK ? n : BLOCK, v + i);
		at += 2 * (size_t)width;
	}
}

/* A loop of its own for each order and step. */
#define EACH_STEP(order, what, ...) \
	switch (scale_step(&restore->scale)) { \
	case STEP_NONE: what(order, STEP_NONE, restore, __VA_ARGS__); break; \
	case STEP_DIVIDE: what(order, STEP_DIVIDE, restore, __VA_ARGS__); break; \
	case STEP_MULTIPLY: what(order, STEP_MULTIPLY, restore, __VA_ARGS__); break; \
	default: what(order, STEP_DIVIDE_TWICE, restore, __VA_ARGS__); break; \
	}

static void neon_blocks(const struct restore *restore, const struct blocks *blocks, double *v)
{
	if (restore->order == 0)
		EACH_STEP(0, all_blocks, blocks, v)
	else if (restore->order == 1)
		EACH_STEP(1, all_blocks, blocks, v)
	else
		EACH_STEP(2, all_blocks, blocks, v)
}

/* ---- what plain loops do as well ---- */

static void numbers(const struct restore *restore, const uint64_t *z, uint32_t n, double *v)
{
	kernels_plain.numbers(restore, z, n, v);
}

static uint32_t spread(const uint8_t *bitmap, const double *some, uint32_t n, double *v)
{
	return kernels_plain.spread(bitmap, some, n, v);
}

static void fold(const double *v, uint32_t n, struct fold_lanes *lanes)
{
	fold_in_lanes(v, n, lanes);
}

#include "codec/measure_kernels.h"

const struct kernels kernels_neon = { "neon", runs_here, fill, neon_blocks, numbers, spread, fold,
				      ENCODE_KERNELS };

#else
typedef int not_empty;
#endif

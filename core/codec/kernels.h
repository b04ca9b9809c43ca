/* SPDX-License-Identifier: MIT */
/*
 * kernels.h - the inner loops, for each set of instructions that a
 * machine may have. All give the same bits (tests/property/codec_property.c);
 * the best that the machine can run is taken, or what $KYMO_CODEC names:
 * plain, avx2, avx512, neon.
 */
#ifndef CODEC_KERNELS_H
#define CODEC_KERNELS_H

#include "codec/blocks.h"
#include "codec/fold_lanes.h"
#include "codec/measure.h"
#include "codec/numbers.h"
#include "codec/scale.h"

/* From numbers z to doubles. */
struct restore {
	uint32_t order;
	uint32_t more;		/* added to each z: 1 where zeros were left out */
	uint64_t first, base, gcd;
	struct scale scale;
	double power;		/* what integers are divided by, or multiplied with: see scale_factor */
};

enum { SPREAD_MORE = 16 };	/* doubles that may be read behind those to be spread */

/* Of encoding, see measure.h. */
struct encode_kernels {
	void (*differences)(const int64_t *integers, uint32_t n, uint64_t *differences, uint64_t *sums, struct walked *walked);
	void (*sums)(const uint64_t *differences, uint32_t n, uint64_t *sums, struct walked *walked);
	void (*divide)(uint64_t *v, uint32_t n, uint32_t shift, uint64_t inverse);
	void (*measure)(const uint64_t *sums, const uint64_t *differences, uint32_t n, uint64_t base, uint64_t usual,
			struct measured *out);
	void (*changes)(const uint64_t *differences, uint32_t n, uint64_t usual, uint64_t *changed);
	uint8_t *(*pack)(uint32_t order, const uint64_t *sums, const uint64_t *differences, uint32_t n, uint64_t base,
			 const uint8_t *widths, uint8_t *to);
	bool (*scale)(const struct scale *scale, const double *v, uint32_t n, int64_t *integers);
};

struct kernels {
	const char *name;
	bool (*runs_here)(void);
	/* n equal values. */
	void (*fill)(double *v, uint32_t n, double one);
	/* The doubles of all numbers, which do not hold the first. */
	void (*blocks)(const struct restore *restore, const struct blocks *blocks, double *v);
	void (*numbers)(const struct restore *restore, const uint64_t *z, uint32_t n, double *v);
	/* v[i] = some[bits that are set up to and with i]; gives how many are set at all. */
	uint32_t (*spread)(const uint8_t *bitmap, const double *some, uint32_t n, double *v);
	/* See fold_lanes.h. */
	void (*fold)(const double *v, uint32_t n, struct fold_lanes *lanes);
	struct encode_kernels encode;
};

extern const struct kernels kernels_plain;
#if defined(__x86_64__)
extern const struct kernels kernels_avx2, kernels_avx512;
#elif defined(__aarch64__)
extern const struct kernels kernels_neon;
#endif

const struct kernels *kernels_get(void);
/* For tests: from now on this one. False: unknown, or this machine cannot run it. NULL: the best again. */
bool kernels_use(const char *name);

/* The set bits of a byte up to and with each, a byte for each. */
static ALWAYS_INLINE uint64_t bit_ranks(uint8_t bits)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t apart = (bits * ones & UINT64_C(0x8040201008040201)) + (ones * 0x7f);

	return (apart >> 7 & ones) * ones;
}

#endif

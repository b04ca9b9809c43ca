/* SPDX-License-Identifier: MIT */
/*
 * fold_lanes.h - the loop of a fold, eight values side by side, in the words of
 * the compiler's vectors: each file of kernels makes it with its instructions.
 * Lanes and the order in which they are merged are the same everywhere, so that
 * the sums are too.
 */
#ifndef CODEC_FOLD_LANES_H
#define CODEC_FOLD_LANES_H

#include "codec/bits.h"

enum { FOLD_LANES = 8 };

/* Of finite values: without places, and without staleness marks. */
struct fold_lanes {
	double sum[FOLD_LANES], low[FOLD_LANES], min[FOLD_LANES], max[FOLD_LANES], correction[FOLD_LANES];
	double odd[FOLD_LANES];		/* NaN, where there was an infinity or a NaN */
};

#ifdef FOLD_VECTOR		/* bytes of a vector of whoever includes this */

typedef double fold_doubles __attribute__((vector_size(FOLD_VECTOR)));
typedef int64_t fold_masks __attribute__((vector_size(FOLD_VECTOR)));

#define FOLD_CHOOSE(mask, a, b) ((fold_doubles)(((mask) & (fold_masks)(a)) | (~(mask) & (fold_masks)(b))))

/* Those lanes that are in one vector. */
static ALWAYS_INLINE void fold_some_lanes(const double *v, uint32_t n, uint32_t lane, struct fold_lanes *out)
{
	fold_doubles sum = { 0 }, low = { 0 }, correction = { 0 }, odd = { 0 }, min, max;

	memcpy(&min, v + 1 + lane, sizeof min);
	max = min;
	for (uint32_t i = 1 + lane; i < n; i += FOLD_LANES) {
		fold_doubles x, before, grown, part;

		memcpy(&x, v + i, sizeof x);
		memcpy(&before, v + i - 1, sizeof before);
		grown = sum + x;
		part = grown - sum;
		low += (sum - (grown - part)) + (x - part);
		sum = grown;
		correction += (fold_doubles)((x < before) & (fold_masks)before);
		odd += x - x;
		min = FOLD_CHOOSE(x < min, x, min);
		max = FOLD_CHOOSE(x > max, x, max);
	}
	memcpy(out->sum + lane, &sum, sizeof sum);
	memcpy(out->low + lane, &low, sizeof low);
	memcpy(out->min + lane, &min, sizeof min);
	memcpy(out->max + lane, &max, sizeof max);
	memcpy(out->correction + lane, &correction, sizeof correction);
	memcpy(out->odd + lane, &odd, sizeof odd);
}

/*
 * v[1] to v[n - 1] behind v[0], n - 1 a multiple of FOLD_LANES. What an addition rounds
 * away is kept exactly (Knuth's two-sum, which needs no comparison).
 */
static ALWAYS_INLINE void fold_in_lanes(const double *v, uint32_t n, struct fold_lanes *out)
{
	for (uint32_t lane = 0; lane < FOLD_LANES; lane += FOLD_VECTOR / 8)
		fold_some_lanes(v, n, lane, out);
}

#endif

#endif

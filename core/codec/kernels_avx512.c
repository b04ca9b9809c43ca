/* SPDX-License-Identifier: MIT */
/*
 * kernels_avx512.c - 8 values of w bits are w bytes exactly: one load that reads no
 * byte more, a permute that gives each lane its bytes, a shift of each lane, a
 * mask; then a sum over the lanes in three steps. Needs VBMI (Ice Lake, Zen 4).
 */
#define FOLD_VECTOR 64
#include "codec/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,bmi,bmi2,lzcnt,popcnt,fma")))
#define TARGET_INLINE static inline __attribute__((always_inline)) TARGET

enum { LANES = 8 };

/* Of each width: which byte goes where, so that each lane has the 8 that its value begins in. */
#define LANE(w, l) ((l) * (w) >> 3), ((l) * (w) >> 3) + 1, ((l) * (w) >> 3) + 2, ((l) * (w) >> 3) + 3, \
	((l) * (w) >> 3) + 4, ((l) * (w) >> 3) + 5, ((l) * (w) >> 3) + 6, ((l) * (w) >> 3) + 7
#define ROW(w) { LANE(w, 0), LANE(w, 1), LANE(w, 2), LANE(w, 3), LANE(w, 4), LANE(w, 5), LANE(w, 6), LANE(w, 7) }
#define ROWS(w) ROW(w), ROW(w + 1), ROW(w + 2), ROW(w + 3), ROW(w + 4), ROW(w + 5), ROW(w + 6), ROW(w + 7)

static const uint8_t places[65][64] __attribute__((aligned(64))) = {
	ROWS(0), ROWS(8), ROWS(16), ROWS(24), ROWS(32), ROWS(40), ROWS(48), ROWS(56), ROW(64),
};

static bool runs_here(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("bmi2");
}

TARGET static void fill(double *v, uint32_t n, double one)
{
	__m512d x = _mm512_set1_pd(one);
	uint32_t i = 0;

	for (; i + 4 * LANES <= n; i += 4 * LANES)
		for (uint32_t k = 0; k < 4; k++)
			_mm512_storeu_pd(v + i + k * LANES, x);
	for (; i + LANES <= n; i += LANES)
		_mm512_storeu_pd(v + i, x);
	_mm512_mask_storeu_pd(v + i, (__mmask8)((1u << (n - i)) - 1), x);
}

/* ---- one vector of numbers to doubles ---- */

struct constants {
	__m512i base, gcd, more;
	__m512d power, inverse;
	bool times_gcd;
};

struct lanes {
	__m512i sum, difference;
};

TARGET_INLINE struct constants constants_of(const struct restore *restore)
{
	return (struct constants){ _mm512_set1_epi64((long long)restore->base), _mm512_set1_epi64((long long)restore->gcd),
				   _mm512_set1_epi64(restore->more), _mm512_set1_pd(restore->power),
				   _mm512_set1_pd(1 / restore->power), restore->gcd != 1 };
}

/* Each lane and all those below it. */
TARGET_INLINE __m512i sum_up(__m512i v)
{
	const __m512i zero = _mm512_setzero_si512();

	v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, zero, 7));
	v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, zero, 6));
	return _mm512_add_epi64(v, _mm512_alignr_epi64(v, zero, 4));
}

TARGET_INLINE __m512i last_lane(__m512i v)
{
	return _mm512_permutexvar_epi64(_mm512_set1_epi64(7), v);
}

TARGET_INLINE __m512i unzigzagged(__m512i z)
{
	const __m512i one = _mm512_set1_epi64(1), zero = _mm512_setzero_si512();

	return _mm512_xor_si512(_mm512_srli_epi64(z, 1), _mm512_sub_epi64(zero, _mm512_and_si512(z, one)));
}

TARGET_INLINE __m512i times_gcd(const struct constants *c, __m512i v)
{
	return c->times_gcd ? _mm512_mullo_epi64(v, c->gcd) : v;
}

/* What waits for the vector before is one addition: the sums within a vector do not. */
TARGET_INLINE __m512i integers_of(uint32_t order, const struct constants *c, struct lanes *lanes, __m512i z)
{
	__m512i v;

	if (order == 0)
		return _mm512_add_epi64(lanes->sum, times_gcd(c, _mm512_add_epi64(c->base, z)));
	if (order == 1) {
		z = unzigzagged(_mm512_add_epi64(z, c->more));
		v = sum_up(times_gcd(c, _mm512_add_epi64(c->base, z)));
	} else {
		v = sum_up(unzigzagged(z));
		z = _mm512_add_epi64(v, lanes->difference);
		lanes->difference = _mm512_add_epi64(lanes->difference, last_lane(v));
		v = sum_up(times_gcd(c, z));
	}
	z = _mm512_add_epi64(v, lanes->sum);
	lanes->sum = _mm512_add_epi64(lanes->sum, last_lane(v));
	return z;
}

/*
 * a / power, rounded as a division does, by a product and two fused steps
 * (Markstein). The remainder of the first guess is exact, since power is 10^e with
 * e <= 22: it is a multiple of the guess's ulp times 2^e, and below 1.5 * 5^e of
 * these. And a quotient is no nearer to the middle between two doubles than
 * ulp / (2 * 5^e), which is more than what the last step is off.
 */
TARGET_INLINE __m512d divided(const struct constants *c, __m512d a)
{
	__m512d guess = _mm512_mul_pd(a, c->inverse);
	__m512d rest = _mm512_fnmadd_pd(guess, c->power, a);

	return _mm512_fmadd_pd(rest, c->inverse, guess);
}

TARGET_INLINE __m512d doubles_of(enum step step, const struct constants *c, __m512i integers)
{
	__m512d v = _mm512_cvtepi64_pd(integers);

	switch (step) {
	case STEP_NONE:
		return v;
	case STEP_MULTIPLY:
		return _mm512_mul_pd(v, c->power);
	case STEP_DIVIDE:
		return divided(c, v);
	default:
		return divided(c, divided(c, v));
	}
}

/* ---- blocks ---- */

TARGET_INLINE __m512i unpack(const uint8_t *at, size_t bytes, __m512i place, __m512i shift, __m512i mask)
{
	__m512i x = _mm512_maskz_loadu_epi8(_bzhi_u64(~UINT64_C(0), (uint32_t)bytes), at);

	return _mm512_and_si512(_mm512_srlv_epi64(_mm512_permutexvar_epi8(place, x), shift), mask);
}

TARGET_INLINE void block_constants(uint32_t width, __m512i *place, __m512i *shift, __m512i *mask)
{
	const __m512i lane = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);

	*place = _mm512_load_si512(places[width]);
	*shift = _mm512_and_si512(_mm512_mul_epu32(lane, _mm512_set1_epi64(width)), _mm512_set1_epi64(7));
	*mask = _mm512_set1_epi64((long long)_bzhi_u64(~UINT64_C(0), width));
}

TARGET_INLINE void all_blocks(uint32_t order, enum step step, const struct restore *restore, const struct blocks *blocks, double *v)
{
	struct constants c = constants_of(restore);
	struct lanes lanes = { _mm512_set1_epi64((long long)restore->first), _mm512_setzero_si512() };
	const uint8_t *at = blocks->bits;
	uint32_t i = 0;

	for (; i + BLOCK <= blocks->n; i += BLOCK) {
		uint32_t width = blocks->widths[i / BLOCK];
		__m512i place, shift, mask, low, high;

		block_constants(width, &place, &shift, &mask);
		low = unpack(at, width, place, shift, mask);
		high = unpack(at + width, width, place, shift, mask);
		at += 2 * (size_t)width;
		_mm512_storeu_pd(v + i, doubles_of(step, &c, integers_of(order, &c, &lanes, low)));
		_mm512_storeu_pd(v + i + LANES, doubles_of(step, &c, integers_of(order, &c, &lanes, high)));
	}
	for (uint32_t width = i < blocks->n ? blocks->widths[i / BLOCK] : 0; i < blocks->n; i += LANES, at += width) {
		uint32_t n = blocks->n - i < LANES ? blocks->n - i : LANES;
		__m512i place, shift, mask, z;

		block_constants(width, &place, &shift, &mask);
		z = unpack(at, bits_bytes(n, width), place, shift, mask);
		_mm512_mask_storeu_pd(v + i, (__mmask8)((1u << n) - 1), doubles_of(step, &c, integers_of(order, &c, &lanes, z)));
	}
}

TARGET_INLINE void all_numbers(uint32_t order, enum step step, const struct restore *restore, const uint64_t *z, uint32_t n, double *v)
{
	struct constants c = constants_of(restore);
	struct lanes lanes = { _mm512_set1_epi64((long long)restore->first), _mm512_setzero_si512() };

	for (uint32_t i = 0; i < n; i += LANES) {
		__mmask8 here = (__mmask8)_bzhi_u32(0xff, n - i < LANES ? n - i : LANES);
		__m512i x = _mm512_maskz_loadu_epi64(here, z + i);

		_mm512_mask_storeu_pd(v + i, here, doubles_of(step, &c, integers_of(order, &c, &lanes, x)));
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

TARGET static void avx512_blocks(const struct restore *restore, const struct blocks *blocks, double *v)
{
	if (restore->order == 0)
		EACH_STEP(0, all_blocks, blocks, v)
	else if (restore->order == 1)
		EACH_STEP(1, all_blocks, blocks, v)
	else
		EACH_STEP(2, all_blocks, blocks, v)
}

TARGET static void avx512_numbers(const struct restore *restore, const uint64_t *z, uint32_t n, double *v)
{
	if (restore->order == 0)
		EACH_STEP(0, all_numbers, z, n, v)
	else if (restore->order == 1)
		EACH_STEP(1, all_numbers, z, n, v)
	else
		EACH_STEP(2, all_numbers, z, n, v)
}

TARGET static uint32_t avx512_spread(const uint8_t *bitmap, const double *some, uint32_t n, double *v)
{
	const double *at = some;

	for (uint32_t i = 0; i < n; i += LANES) {
		uint32_t left = n - i < LANES ? n - i : LANES;
		uint64_t ranks = bit_ranks((uint8_t)_bzhi_u32(bitmap[i / 8], left));
		__m512i rank = _mm512_cvtepu8_epi64(_mm_cvtsi64_si128((long long)ranks));
		__m512d x = _mm512_permutex2var_pd(_mm512_loadu_pd(at), rank, _mm512_loadu_pd(at + LANES));

		_mm512_mask_storeu_pd(v + i, (__mmask8)_bzhi_u32(0xff, left), x);
		at += ranks >> 56;
	}
	return (uint32_t)(at - some);
}

TARGET static void fold(const double *v, uint32_t n, struct fold_lanes *lanes)
{
	fold_in_lanes(v, n, lanes);
}

/* ---- encoding ---- */

TARGET static void sums_of(const uint64_t *differences, uint32_t n, uint64_t *sums, struct walked *walked)
{
	const __m512i step = _mm512_set1_epi64(n ? (long long)differences[0] : 0), zero = _mm512_setzero_si512();
	__m512i before = zero, any = zero, varied = zero, least = _mm512_set1_epi64(INT64_MAX), most = _mm512_set1_epi64(INT64_MIN);
	uint32_t zeros = 0;

	for (uint32_t i = 0; i < n; i += LANES) {
		__mmask8 here = (__mmask8)_bzhi_u32(0xff, n - i < LANES ? n - i : LANES);
		__m512i x = _mm512_maskz_loadu_epi64(here, differences + i), sum = _mm512_add_epi64(sum_up(x), before);

		_mm512_mask_storeu_epi64(sums + i, here, sum);
		before = last_lane(sum);
		any = _mm512_or_si512(any, x);
		varied = _mm512_mask_or_epi64(varied, here, varied, _mm512_xor_si512(x, step));
		least = _mm512_mask_min_epi64(least, here, least, sum);
		most = _mm512_mask_max_epi64(most, here, most, sum);
		zeros += (uint32_t)__builtin_popcount(_mm512_mask_cmpeq_epi64_mask(here, x, zero));
	}
	*walked = (struct walked){ (uint64_t)_mm512_reduce_min_epi64(least), (uint64_t)_mm512_reduce_max_epi64(most),
				   (uint64_t)_mm512_reduce_or_epi64(any), (uint64_t)_mm512_reduce_or_epi64(varied), zeros };
}

TARGET static void changes_of(const uint64_t *differences, uint32_t n, uint64_t usual, uint64_t *changed)
{
	const __m512i same = _mm512_set1_epi64((long long)usual);

	for (uint32_t i = 0; i < n; i += LANES) {
		__mmask8 here = (__mmask8)_bzhi_u32(0xff, n - i < LANES ? n - i : LANES);
		uint64_t found = _mm512_mask_cmpneq_epi64_mask(here, _mm512_maskz_loadu_epi64(here, differences + i), same);

		changed[i / 64] = i % 64 ? changed[i / 64] | found << i % 64 : found;
	}
}

#define SUMS_KERNEL sums_of
#define CHANGES_KERNEL changes_of
#include "codec/measure_kernels.h"

const struct kernels kernels_avx512 = { "avx512", runs_here, fill, avx512_blocks, avx512_numbers, avx512_spread, fold,
					ENCODE_KERNELS };

#else
typedef int not_empty;
#endif

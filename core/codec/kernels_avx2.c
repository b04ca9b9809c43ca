/* SPDX-License-Identifier: MIT */
/*
 * kernels_avx2.c - four lanes: two loads of 16 bytes, each of which has two values
 * whole, a shuffle that gives each lane its bytes, a shift of each lane, a mask.
 * Loads reach up to 16 bytes behind a block, so the last ones are copied first.
 */
#define FOLD_VECTOR 32
#include "codec/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma,bmi,bmi2,lzcnt,popcnt")))
#define TARGET_INLINE static inline __attribute__((always_inline)) TARGET

enum { LANES = 4, BEHIND = 16 };

/* Of each width, for four lanes and the next four: where each begins, in bytes from the load that it is in. */
#define FIRST(w, l) ((l) * (w) >> 3)
#define BYTES(from) (from), (from) + 1, (from) + 2, (from) + 3, (from) + 4, (from) + 5, (from) + 6, (from) + 7
#define PAIR(w, l) BYTES(0), BYTES(FIRST(w, (l) + 1) - FIRST(w, l))
#define HALF(w) { { PAIR(w, 0), PAIR(w, 2) }, { PAIR(w, 4), PAIR(w, 6) } }
#define HALVES(w) HALF(w), HALF(w + 1), HALF(w + 2), HALF(w + 3), HALF(w + 4), HALF(w + 5), HALF(w + 6), HALF(w + 7)

static const uint8_t places[65][2][32] __attribute__((aligned(32))) = {
	HALVES(0), HALVES(8), HALVES(16), HALVES(24), HALVES(32), HALVES(40), HALVES(48), HALVES(56), HALF(64),
};

static bool runs_here(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
}

TARGET static void fill(double *v, uint32_t n, double one)
{
	__m256d x = _mm256_set1_pd(one);
	uint32_t i = 0;

	for (; i + 4 * LANES <= n; i += 4 * LANES)
		for (uint32_t k = 0; k < 4; k++)
			_mm256_storeu_pd(v + i + k * LANES, x);
	for (; i < n; i++)
		v[i] = one;
}

/* ---- one vector of numbers to doubles ---- */

struct constants {
	__m256i base, more;
	__m256d power, inverse;
	uint64_t gcd;
};

struct lanes {
	__m256i sum, difference;
};

TARGET_INLINE struct constants constants_of(const struct restore *restore)
{
	return (struct constants){ _mm256_set1_epi64x((long long)restore->base), _mm256_set1_epi64x(restore->more),
				   _mm256_set1_pd(restore->power), _mm256_set1_pd(1 / restore->power), restore->gcd };
}

/* Each lane and all those below it. */
TARGET_INLINE __m256i sum_up(__m256i v)
{
	__m256i low;

	v = _mm256_add_epi64(v, _mm256_slli_si256(v, 8));
	low = _mm256_permute4x64_epi64(v, 0x55);
	return _mm256_add_epi64(v, _mm256_blend_epi32(_mm256_setzero_si256(), low, 0xf0));
}

TARGET_INLINE __m256i last_lane(__m256i v)
{
	return _mm256_permute4x64_epi64(v, 0xff);
}

TARGET_INLINE __m256i unzigzagged(__m256i z)
{
	__m256i sign = _mm256_sub_epi64(_mm256_setzero_si256(), _mm256_and_si256(z, _mm256_set1_epi64x(1)));

	return _mm256_xor_si256(_mm256_srli_epi64(z, 1), sign);
}

/* Products of 64 bits, from those of 32. */
TARGET_INLINE __m256i times_gcd(const struct constants *c, __m256i v)
{
	__m256i g = _mm256_set1_epi64x((long long)c->gcd), cross;

	if (c->gcd == 1)
		return v;
	cross = _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(v, 32), g),
				 _mm256_mul_epu32(v, _mm256_srli_epi64(g, 32)));
	return _mm256_add_epi64(_mm256_mul_epu32(v, g), _mm256_slli_epi64(cross, 32));
}

TARGET_INLINE __m256i integers_of(uint32_t order, const struct constants *c, struct lanes *lanes, __m256i z)
{
	__m256i v;

	if (order == 0)
		return _mm256_add_epi64(lanes->sum, times_gcd(c, _mm256_add_epi64(c->base, z)));
	if (order == 1) {
		z = unzigzagged(_mm256_add_epi64(z, c->more));
		v = sum_up(times_gcd(c, _mm256_add_epi64(c->base, z)));
	} else {
		v = sum_up(unzigzagged(z));
		z = _mm256_add_epi64(v, lanes->difference);
		lanes->difference = _mm256_add_epi64(lanes->difference, last_lane(v));
		v = sum_up(times_gcd(c, z));
	}
	z = _mm256_add_epi64(v, lanes->sum);
	lanes->sum = _mm256_add_epi64(lanes->sum, last_lane(v));
	return z;
}

/*
 * The low half as the mantissa of 2^52 and the (signed) high half as that of 2^84;
 * what these add is taken off before the one addition that rounds.
 */
TARGET_INLINE __m256d plain_doubles(__m256i v)
{
	const __m256i low_of = _mm256_set1_epi64x(0x4330000000000000), high_of = _mm256_set1_epi64x(0x4530000080000000);
	const __m256d both_of = _mm256_castsi256_pd(_mm256_set1_epi64x(0x4530000080100000));
	__m256i low = _mm256_blend_epi32(low_of, v, 0x55);
	__m256i high = _mm256_xor_si256(_mm256_srli_epi64(v, 32), high_of);

	return _mm256_add_pd(_mm256_sub_pd(_mm256_castsi256_pd(high), both_of), _mm256_castsi256_pd(low));
}

/* As in kernels_avx512.c. */
TARGET_INLINE __m256d divided(const struct constants *c, __m256d a)
{
	__m256d guess = _mm256_mul_pd(a, c->inverse);
	__m256d rest = _mm256_fnmadd_pd(guess, c->power, a);

	return _mm256_fmadd_pd(rest, c->inverse, guess);
}

TARGET_INLINE __m256d doubles_of(enum step step, const struct constants *c, __m256i integers)
{
	__m256d v = plain_doubles(integers);

	switch (step) {
	case STEP_NONE:
		return v;
	case STEP_MULTIPLY:
		return _mm256_mul_pd(v, c->power);
	case STEP_DIVIDE:
		return divided(c, v);
	default:
		return divided(c, divided(c, v));
	}
}

/* ---- blocks ---- */

/* 8 values, as two vectors: `at` may be read up to BEHIND bytes behind them. */
TARGET_INLINE void unpack(const uint8_t *at, uint32_t width, __m256i out[2])
{
	const __m256i mask = _mm256_set1_epi64x((long long)_bzhi_u64(~UINT64_C(0), width));
	const __m256i each = _mm256_set1_epi64x(width), seven = _mm256_set1_epi64x(7);

	for (uint32_t h = 0; h < 2; h++) {
		const __m256i lane = h ? _mm256_set_epi64x(7, 6, 5, 4) : _mm256_set_epi64x(3, 2, 1, 0);
		__m128i low = _mm_loadu_si128((const __m128i *)(const void *)(at + (4 * h * width >> 3)));
		__m128i high = _mm_loadu_si128((const __m128i *)(const void *)(at + ((4 * h + 2) * width >> 3)));
		__m256i x = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);

		x = _mm256_shuffle_epi8(x, _mm256_load_si256((const __m256i *)(const void *)places[width][h]));
		x = _mm256_srlv_epi64(x, _mm256_and_si256(_mm256_mul_epu32(lane, each), seven));
		out[h] = _mm256_and_si256(x, mask);
	}
}

TARGET_INLINE void one_block(uint32_t order, enum step step, const struct constants *c, struct lanes *lanes,
			     const uint8_t *at, uint32_t width, double *v)
{
	__m256i z[2];

	for (uint32_t h = 0; h < 2; h++) {
		unpack(at + (size_t)h * width, width, z);
		_mm256_storeu_pd(v + 8 * h, doubles_of(step, c, integers_of(order, c, lanes, z[0])));
		_mm256_storeu_pd(v + 8 * h + 4, doubles_of(step, c, integers_of(order, c, lanes, z[1])));
	}
}

TARGET_INLINE void last_block(uint32_t order, enum step step, const struct constants *c, struct lanes *lanes,
			      const uint8_t *at, uint32_t width, uint32_t n, double *v)
{
	uint8_t copy[8 * BLOCK + BEHIND] = { 0 };
	double all[BLOCK];

	memcpy(copy, at, bits_bytes(n, width));
	one_block(order, step, c, lanes, copy, width, all);
	memcpy(v, all, n * sizeof *v);
}

TARGET_INLINE void all_blocks(uint32_t order, enum step step, const struct restore *restore, const struct blocks *blocks, double *v)
{
	struct constants c = constants_of(restore);
	struct lanes lanes = { _mm256_set1_epi64x((long long)restore->first), _mm256_setzero_si256() };
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

TARGET_INLINE void all_numbers(uint32_t order, enum step step, const struct restore *restore, const uint64_t *z, uint32_t n, double *v)
{
	struct constants c = constants_of(restore);
	struct lanes lanes = { _mm256_set1_epi64x((long long)restore->first), _mm256_setzero_si256() };

	uint64_t some[LANES] = { 0 };
	double all[LANES];
	uint32_t i = 0;

	for (; i + LANES <= n; i += LANES)
		_mm256_storeu_pd(v + i, doubles_of(step, &c, integers_of(order, &c, &lanes,
				 _mm256_loadu_si256((const __m256i *)(const void *)(z + i)))));
	memcpy(some, z + i, (n - i) * sizeof *some);
	_mm256_storeu_pd(all, doubles_of(step, &c, integers_of(order, &c, &lanes,
			 _mm256_loadu_si256((const __m256i *)(const void *)some))));
	memcpy(v + i, all, (n - i) * sizeof *v);
}

/* A loop of its own for each order and step. */
#define EACH_STEP(order, what, ...) \
	switch (scale_step(&restore->scale)) { \
	case STEP_NONE: what(order, STEP_NONE, restore, __VA_ARGS__); break; \
	case STEP_DIVIDE: what(order, STEP_DIVIDE, restore, __VA_ARGS__); break; \
	case STEP_MULTIPLY: what(order, STEP_MULTIPLY, restore, __VA_ARGS__); break; \
	default: what(order, STEP_DIVIDE_TWICE, restore, __VA_ARGS__); break; \
	}

TARGET static void avx2_blocks(const struct restore *restore, const struct blocks *blocks, double *v)
{
	if (restore->order == 0)
		EACH_STEP(0, all_blocks, blocks, v)
	else if (restore->order == 1)
		EACH_STEP(1, all_blocks, blocks, v)
	else
		EACH_STEP(2, all_blocks, blocks, v)
}

TARGET static void avx2_numbers(const struct restore *restore, const uint64_t *z, uint32_t n, double *v)
{
	if (restore->order == 0)
		EACH_STEP(0, all_numbers, z, n, v)
	else if (restore->order == 1)
		EACH_STEP(1, all_numbers, z, n, v)
	else
		EACH_STEP(2, all_numbers, z, n, v)
}

static uint32_t spread(const uint8_t *bitmap, const double *some, uint32_t n, double *v)
{
	return kernels_plain.spread(bitmap, some, n, v);	/* loads by an index are no faster in vectors */
}

TARGET static void fold(const double *v, uint32_t n, struct fold_lanes *lanes)
{
	fold_in_lanes(v, n, lanes);
}

/* ---- encoding ---- */

TARGET_INLINE __m256i load(const uint64_t *from)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

TARGET_INLINE __m256i lesser(__m256i a, __m256i b)
{
	return _mm256_blendv_epi8(a, b, _mm256_cmpgt_epi64(a, b));
}

TARGET_INLINE __m256i greater(__m256i a, __m256i b)
{
	return _mm256_blendv_epi8(b, a, _mm256_cmpgt_epi64(a, b));
}

/* What was found of the sums in vectors, and of those left over. */
struct found {
	__m256i any, varied, least, most, zeros;
};

TARGET_INLINE void finish(const struct found *found, const struct walked *rest, struct walked *walked)
{
	uint64_t any[LANES], varied[LANES], least[LANES], most[LANES], zeros[LANES];

	_mm256_storeu_si256((__m256i *)(void *)any, found->any);
	_mm256_storeu_si256((__m256i *)(void *)varied, found->varied);
	_mm256_storeu_si256((__m256i *)(void *)least, found->least);
	_mm256_storeu_si256((__m256i *)(void *)most, found->most);
	_mm256_storeu_si256((__m256i *)(void *)zeros, found->zeros);
	*walked = *rest;
	for (uint32_t i = 0; i < LANES; i++) {
		walked->any |= any[i];
		walked->varied |= varied[i];
		walked->least = (int64_t)least[i] < (int64_t)walked->least ? least[i] : walked->least;
		walked->most = (int64_t)most[i] > (int64_t)walked->most ? most[i] : walked->most;
		walked->zeros += (uint32_t)zeros[i];
	}
}

TARGET static void sums_of(const uint64_t *differences, uint32_t n, uint64_t *sums, struct walked *walked)
{
	const __m256i step = _mm256_set1_epi64x(n ? (long long)differences[0] : 0), zero = _mm256_setzero_si256();
	struct found found = { zero, zero, _mm256_set1_epi64x(INT64_MAX), _mm256_set1_epi64x(INT64_MIN), zero };
	struct walked rest = { (uint64_t)INT64_MAX, (uint64_t)INT64_MIN, 0, 0, 0 };
	uint32_t whole = n - n % LANES;
	__m256i sum = zero;

	for (uint32_t i = 0; i < whole; i += LANES) {
		__m256i x = load(differences + i);

		sum = _mm256_add_epi64(sum_up(x), last_lane(sum));
		_mm256_storeu_si256((__m256i *)(void *)(sums + i), sum);
		found.any = _mm256_or_si256(found.any, x);
		found.varied = _mm256_or_si256(found.varied, _mm256_xor_si256(x, step));
		found.least = lesser(found.least, sum);
		found.most = greater(found.most, sum);
		found.zeros = _mm256_sub_epi64(found.zeros, _mm256_cmpeq_epi64(x, zero));
	}
	for (uint32_t i = whole; i < n; i++) {
		uint64_t one = sums[i] = (i ? sums[i - 1] : 0) + differences[i];

		rest.any |= differences[i];
		rest.varied |= differences[i] ^ differences[0];
		rest.least = (int64_t)one < (int64_t)rest.least ? one : rest.least;
		rest.most = (int64_t)one > (int64_t)rest.most ? one : rest.most;
		rest.zeros += differences[i] == 0;
	}
	finish(&found, &rest, walked);
}

TARGET static void changes_of(const uint64_t *differences, uint32_t n, uint64_t usual, uint64_t *changed)
{
	const __m256i same = _mm256_set1_epi64x((long long)usual);
	uint32_t whole = n - n % LANES;

	memset(changed, 0, (n + 63) / 64 * sizeof *changed);
	for (uint32_t i = 0; i < whole; i += LANES) {
		__m256d equal = _mm256_castsi256_pd(_mm256_cmpeq_epi64(load(differences + i), same));

		changed[i / 64] |= (uint64_t)(15 ^ (unsigned)_mm256_movemask_pd(equal)) << i % 64;
	}
	for (uint32_t i = whole; i < n; i++)
		changed[i / 64] |= (uint64_t)(differences[i] != usual) << i % 64;
}

#define SUMS_KERNEL sums_of
#define CHANGES_KERNEL changes_of
#include "codec/measure_kernels.h"

const struct kernels kernels_avx2 = { "avx2", runs_here, fill, avx2_blocks, avx2_numbers, spread, fold,
					ENCODE_KERNELS };

#else
typedef int not_empty;
#endif

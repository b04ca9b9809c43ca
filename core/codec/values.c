/* SPDX-License-Identifier: MIT */
/*
 * values.c - which form a column gets, by its exact size.
 *
 *	u8	bits 0-3: form (numbers.h); of FORM_SAME bits 4-7: e; of FORM_LINE to
 *		FORM_CODED bits 4-5: order, bit 6: gcd, bit 7: ulps; else 0
 *	SAME	zigzag i: all are i / 10^e
 *	BITS	u64: all are this
 *	LINE to CODED	see scale.h, then numbers.h, then the rest of scale.h
 *	XOR	see xor.h
 *	SPLIT	see split.h
 *	RAW	n doubles
 */
#include "codec/values.h"
#include "codec/numbers.h"
#include "codec/scale.h"
#include "codec/split.h"
#include "codec/xor.h"
#include "model/batch.h"
#include "model/sample.h"
#include "util/check.h"

#include <errno.h>
#include <math.h>

enum { SAME_EXPONENT_MOST = 15, DEAR = 3, SPLIT_LEAST = 5, SLACK = 16 };	/* bytes a value; SLACK: writers store words */

/* ---- equal values ---- */

static bool all_same(const double *v, uint32_t n)
{
	uint64_t any = 0, first = value_bits(v[0]);

	for (uint32_t i = 1; i < n; i++)
		any |= value_bits(v[i]) ^ first;
	return !any;
}

/* False: its bits are shorter. */
static bool short_decimal(double v, const struct values_hint *hint, uint32_t *exponent, int64_t *integer)
{
	uint32_t e = hint ? hint->exponent : 0;

	if (scale_one(v, 0, integer)) {
		*exponent = 0;
		return zigzag_bytes((uint64_t)*integer) < 8;
	}
	if (e > SAME_EXPONENT_MOST || !scale_one(v, e, integer))
		for (e = 1; e <= SAME_EXPONENT_MOST && !scale_one(v, e, integer); e++)
			if (hint && hint->dear)
				return false;
	*exponent = e;
	return e <= SAME_EXPONENT_MOST && zigzag_bytes((uint64_t)*integer) < 8;
}

static int encode_same(double v, const struct values_hint *hint, struct buf *out)
{
	uint8_t bytes[10], *to = bytes;
	uint32_t exponent;
	int64_t integer;

	if (short_decimal(v, hint, &exponent, &integer)) {
		*to++ = (uint8_t)(FORM_SAME | exponent * SAME_EXPONENT);
		to = put_zigzag(to, (uint64_t)integer);
	} else {
		*to++ = FORM_BITS;
		store64(to, value_bits(v));
		to += 8;
	}
	buf_add(out, bytes, (size_t)(to - bytes));
	return buf_failed(out) ? -ENOMEM : 0;
}

int values_encode_same(double v, struct buf *out)
{
	return encode_same(v, NULL, out);
}

/* ---- other values ---- */

/* What is at work at once; large, so that it is cleared nowhere. */
struct work {
	struct scaled scaled;
	struct numbers numbers;
};

static uint8_t *room_for(struct buf *out, size_t size)
{
	return buf_reserve(out, size + SLACK);
}

static int encode_numbers(struct work *work, const double *v, size_t size, struct buf *out)
{
	uint8_t *to = room_for(out, size), *begin = to;

	if (!to)
		return -ENOMEM;
	*to++ = (uint8_t)(numbers_tag(&work->numbers) | (work->scaled.n_ulps ? TAG_ULPS : 0));
	to = scaled_put_head(&work->scaled, to);
	to = numbers_put(&work->numbers, to);
	to = scaled_put_rest(&work->scaled, v, to);
	CHECK((size_t)(to - begin) == size, "%zd is not %zu", to - begin, size);
	out->len += size;
	return 0;
}

static int encode_raw(const double *v, uint32_t n, struct buf *out)
{
	buf_add_u8(out, FORM_RAW);
	for (uint32_t i = 0; i < n; i++)
		buf_add_f64(out, v[i]);
	return buf_failed(out) ? -ENOMEM : 0;
}

static int encode_xor(const double *v, uint32_t n, size_t size, struct buf *out)
{
	uint8_t *to = room_for(out, size), *begin = to;

	if (!to)
		return -ENOMEM;
	*to++ = FORM_XOR;
	to = xor_put(v, n, to);
	CHECK((size_t)(to - begin) == size, "%zd is not %zu", to - begin, size);
	out->len += size;
	return 0;
}

static int encode_split(const struct split *split, const double *v, uint32_t n, struct buf *out)
{
	uint8_t *to = room_for(out, 1 + split->size), *begin = to;

	if (!to)
		return -ENOMEM;
	*to++ = FORM_SPLIT;
	to = split_put(split, v, n, to);
	CHECK((size_t)(to - begin) == 1 + split->size, "%zd is not %zu", to - begin, 1 + split->size);
	out->len += 1 + split->size;
	return 0;
}

/* Dear as integers, or none at all. */
static int encode_dear(struct work *work, const double *v, uint32_t n, size_t size, struct buf *out)
{
	size_t by_xor = 1 + xor_size(v, n), raw = 1 + 8 * (size_t)n;
	size_t best = by_xor < raw ? by_xor : raw;
	struct split split;

	if (size <= best && size < (size_t)n * SPLIT_LEAST)
		return encode_numbers(work, v, size, out);
	if (best >= (size_t)n * SPLIT_LEAST) {
		split_plan(&split, v, n);
		if (1 + split.size < best && 1 + split.size < size)
			return encode_split(&split, v, n, out);
	}
	if (size <= best)
		return encode_numbers(work, v, size, out);
	return raw <= by_xor ? encode_raw(v, n, out) : encode_xor(v, n, by_xor, out);
}

int values_encode(const double *v, uint32_t n, enum values_effort effort, struct values_hint *hint, struct buf *out)
{
	struct work work;
	size_t size = SIZE_MAX;

	CHECK(n >= 1 && n <= VALUES_MOST, "n=%u", n);
	if (all_same(v, n))
		return encode_same(v[0], hint, out);
	if (scaled_find(&work.scaled, v, n, hint)) {
		numbers_plan(&work.numbers, work.scaled.integers, n, effort);
		size = 1 + work.scaled.size + work.numbers.size;
	}
	if (size > (size_t)n * DEAR)
		return encode_dear(&work, v, n, size, out);
	return encode_numbers(&work, v, size, out);
}

/* ---- decimals as they are handed over ---- */

#define EXACT (INT64_C(1) << 53)	/* up to here a double holds every integer */

/* One integer that 10^-*exponent times gives the value with one rounding; false: needs more care. */
static bool decimal_of(int64_t mantissa, int32_t exponent, int64_t *integer)
{
	int64_t v = mantissa;

	if (exponent > 18 && mantissa)		/* 10^19 has no room at all */
		return false;
	for (; exponent > 0 && mantissa; exponent--)
		if (__builtin_mul_overflow(v, 10, &v) || v > EXACT || v < -EXACT)
			return false;
	*integer = v;
	return v <= EXACT && v >= -EXACT;
}

/* What each of the two needs on the stack is not to be there for both. */
#define APART __attribute__((noinline))

APART static int encode_as_doubles(const int64_t *mantissa, uint32_t n, int32_t exponent, enum values_effort effort, struct buf *out)
{
	double v[VALUES_MOST];

	for (uint32_t i = 0; i < n; i++)
		v[i] = batch_decimal(mantissa[i], exponent);
	return values_encode(v, n, effort, NULL, out);
}

static int encode_planned(struct work *work, uint32_t n, uint32_t exponent, struct buf *out)
{
	if (numbers_are_same(&work->numbers))
		return values_encode_same(batch_decimal((int64_t)work->numbers.first, -(int32_t)exponent), out);
	scaled_take(&work->scaled, n, exponent);
	return encode_numbers(work, NULL, 1 + work->scaled.size + work->numbers.size, out);
}

APART static int encode_as_integers(const int64_t *mantissa, uint32_t n, int32_t exponent, enum values_effort effort, struct buf *out)
{
	struct work work;

	for (uint32_t i = 0; i < n && exponent > 0; i++)
		decimal_of(mantissa[i], exponent, &work.scaled.integers[i]);
	numbers_plan(&work.numbers, exponent > 0 ? work.scaled.integers : mantissa, n, effort);
	return encode_planned(&work, n, exponent < 0 ? (uint32_t)-exponent : 0, out);
}

/* Most are far from the bound: then a look at the bits of all is enough. */
static bool all_exact(const int64_t *mantissa, uint32_t n, int32_t exponent)
{
	uint64_t any = 0;
	int64_t integer;

	if (exponent < -EXPONENT_MOST)
		return false;
	for (uint32_t i = 0; i < n; i++)
		any |= zigzag((uint64_t)mantissa[i]);
	if (exponent <= 0 && any < EXACT)
		return true;
	for (uint32_t i = 0; i < n; i++)
		if (!decimal_of(mantissa[i], exponent, &integer))
			return false;
	return true;
}

int values_encode_decimal(const int64_t *mantissa, uint32_t n, int32_t exponent, enum values_effort effort,
			  struct buf *out)
{
	CHECK(n >= 1 && n <= VALUES_MOST, "n=%u", n);
	if (!all_exact(mantissa, n, exponent))
		return encode_as_doubles(mantissa, n, exponent, effort, out);
	return encode_as_integers(mantissa, n, exponent, effort, out);
}

/* ---- integers as they are walked through ---- */

APART static int encode_steps_as_doubles(int64_t first, const int64_t *steps, uint32_t n, uint32_t exponent, uint32_t shift,
					 enum values_effort effort, struct buf *out)
{
	uint64_t sum = (uint64_t)first;
	double v[VALUES_MOST];

	for (uint32_t i = 0; i < n; i++) {
		sum += i ? (uint64_t)steps[i] : 0;
		v[i] = ldexp((double)(int64_t)sum, (int)shift) / scale_powers[exponent];
	}
	return values_encode(v, n, effort, NULL, out);
}

/* 0 or -ENOMEM; 1: they are not exact. */
APART static int encode_steps(int64_t first, int64_t *steps, uint32_t n, uint32_t exponent, uint32_t shift, enum values_effort effort,
			      struct buf *out)
{
	struct work work;

	if (!numbers_plan_steps(&work.numbers, first, steps, n, shift, effort))
		return 1;
	return encode_planned(&work, n, exponent, out);
}

int values_encode_steps(int64_t first, int64_t *steps, uint32_t n, uint32_t exponent, uint32_t shift, enum values_effort effort,
			struct buf *out)
{
	int r;

	CHECK(n >= 1 && n <= VALUES_MOST && exponent <= EXPONENT_MOST, "n=%u exponent=%u", n, exponent);
	r = encode_steps(first, steps, n, exponent, shift, effort, out);
	return r > 0 ? encode_steps_as_doubles(first, steps, n, exponent, shift, effort, out) : r;
}

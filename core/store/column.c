/* SPDX-License-Identifier: MIT */
/*
 * column.c - doubles as decimal integers where they are that, else as what they
 * differ in from a prediction. The first byte says which; docs/format.md has all
 * of it.
 *
 * Integers: all 0; one value; a first value and a constant step; or differences.
 * Doubles: the low two bits of the first byte are a form:
 *
 *	NEAR	every value has the bits of its near one; nothing follows
 *	SAME	one value, n times: an integer / 10^k, or (k = 15) its 8 bytes
 *	SCALED	integers / 10^k: differences from near (bit 2) or from the one before;
 *		the few that are no such integers stand in a list in front (bit 3)
 *	XOR	the bytes in which a value differs from near (bit 2) or the one before
 *
 * and the high four are k.
 */
#include "store/column.h"
#include "model/sample.h"

#include <math.h>

enum int_form { INTS_ZERO, INTS_SAME, INTS_STEP, INTS_DELTAS };

enum form { NEAR, SAME, SCALED, XOR };
enum { FORM_MASK = 3, USES_NEAR = 4, HAS_EXCEPTIONS = 8, K_SHIFT = 4, K_MOST = 9, K_RAW = 15 };

static const double power10[K_MOST + 1] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
static const double int_most = 9007199254740992.0;	/* 2^53 */

/* Differences may wrap around: what is taken away wraps back. */
static int64_t minus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }
static int64_t plus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

static enum int_form ints_form(const int64_t *v, uint32_t n)
{
	int64_t step = n > 1 ? minus(v[1], v[0]) : 0;

	for (uint32_t i = 1; i < n; i++)
		if (minus(v[i], v[i - 1]) != step)
			return INTS_DELTAS;
	if (step)
		return INTS_STEP;
	return n && v[0] ? INTS_SAME : INTS_ZERO;
}

void column_put_ints(const int64_t *v, uint32_t n, struct buf *out)
{
	enum int_form form = ints_form(v, n);

	buf_add_u8(out, (uint8_t)form);
	if (form == INTS_ZERO)
		return;
	buf_add_zigzag(out, v[0]);
	if (form == INTS_STEP)
		buf_add_zigzag(out, minus(v[1], v[0]));
	if (form == INTS_DELTAS)
		for (uint32_t i = 1; i < n; i++)
			buf_add_zigzag(out, minus(v[i], v[i - 1]));
}

void column_get_ints(struct reader *in, int64_t *v, uint32_t n)
{
	uint8_t form = read_u8(in);
	int64_t at = form == INTS_ZERO ? 0 : read_zigzag(in);
	int64_t step = form == INTS_STEP ? read_zigzag(in) : 0;

	if (form > INTS_DELTAS)
		in->bad = true;
	for (uint32_t i = 0; i < n; i++) {
		v[i] = at;
		at = plus(at, form == INTS_DELTAS && i + 1 < n ? read_zigzag(in) : step);
	}
}

/* Is v exactly *i / 10^k? The division rounds correctly, so that is as good as decimal text. */
static bool is_scaled(double v, int k, int64_t *i)
{
	double scaled = v * power10[k];

	if (!(fabs(scaled) <= int_most))
		return false;
	*i = (int64_t)rint(scaled);
	return value_bits((double)*i / power10[k]) == value_bits(v);
}

/* What near says in integers; 0 where it says nothing usable. Both sides compute it. */
static int64_t near_scaled(const double *near, uint32_t i, int k)
{
	double scaled = near[i] * power10[k];

	return fabs(scaled) <= int_most ? (int64_t)rint(scaled) : 0;
}

/* The least k at which values are integers; those that never are do not count. */
static int find_k(const double *v, uint32_t n)
{
	int k = 0;

	for (uint32_t i = 0; i < n; i++) {
		int64_t scaled;

		for (int try = k; try <= K_MOST; try++)
			if (is_scaled(v[i], try, &scaled)) {
				k = try;
				break;
			}
	}
	return k;
}

static uint32_t count_exceptions(const double *v, uint32_t n, int k)
{
	uint32_t count = 0;
	int64_t scaled;

	for (uint32_t i = 0; i < n; i++)
		count += !is_scaled(v[i], k, &scaled);
	return count;
}

static bool all_same(const double *v, const double *than, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (value_bits(v[i]) != value_bits(than ? than[i] : v[0]))
			return false;
	return true;
}

static uint32_t varint_size(uint64_t v)
{
	return v ? (uint32_t)(63 - __builtin_clzll(v)) / 7 + 1 : 1;
}

static uint32_t zigzag_size(int64_t v)
{
	return varint_size((uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

/*
 * Walk the integers of a column as both sides see them: a prediction, then the
 * value, which becomes the next prediction when near does not give one.
 */
struct walk {
	const double *near;		/* NULL: the one before */
	int k;
	int64_t before;
};

static int64_t walk_predict(const struct walk *walk, uint32_t i)
{
	return walk->near ? near_scaled(walk->near, i, walk->k) : walk->before;
}

static uint64_t scaled_size(const double *v, const double *near, uint32_t n, int k)
{
	struct walk walk = { near, k, 0 };
	uint64_t size = 0;

	for (uint32_t i = 0; i < n; i++) {
		int64_t scaled, predicted = walk_predict(&walk, i);

		if (!is_scaled(v[i], k, &scaled))
			scaled = predicted;
		size += zigzag_size(minus(scaled, predicted));
		walk.before = scaled;
	}
	return size;
}

static void put_exceptions(const double *v, uint32_t n, int k, uint32_t count, struct buf *out)
{
	uint32_t after = 0;
	int64_t scaled;

	buf_add_varint(out, count);
	for (uint32_t i = 0; i < n; i++) {
		if (is_scaled(v[i], k, &scaled))
			continue;
		buf_add_varint(out, i - after);
		buf_add_f64(out, v[i]);
		after = i + 1;
	}
}

static void put_scaled(const double *v, const double *near, uint32_t n, int k, uint32_t exceptions, struct buf *out)
{
	struct walk walk = { near, k, 0 };

	buf_add_u8(out, (uint8_t)(SCALED | (near ? USES_NEAR : 0) | (exceptions ? HAS_EXCEPTIONS : 0) | k << K_SHIFT));
	if (exceptions)
		put_exceptions(v, n, k, exceptions, out);
	for (uint32_t i = 0; i < n; i++) {
		int64_t scaled, predicted = walk_predict(&walk, i);

		if (!is_scaled(v[i], k, &scaled))
			scaled = predicted;
		buf_add_zigzag(out, minus(scaled, predicted));
		walk.before = scaled;
	}
}

/* The bytes of a difference that are not zero at either end: how many at the top, at the bottom. */
static uint8_t xor_trim(uint64_t x, uint32_t *low)
{
	uint32_t top = x ? (uint32_t)__builtin_clzll(x) / 8 : 8;

	*low = x ? (uint32_t)__builtin_ctzll(x) / 8 : 0;
	return (uint8_t)(top << 4 | *low);
}

static uint64_t xor_predict(const double *v, const double *near, uint32_t i)
{
	if (near)
		return value_bits(near[i]);
	return i ? value_bits(v[i - 1]) : 0;
}

static uint64_t xor_size(const double *v, const double *near, uint32_t n)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t low;
		uint8_t trim = xor_trim(value_bits(v[i]) ^ xor_predict(v, near, i), &low);

		size += 9 - low - (trim >> 4);
	}
	return size;
}

static void put_xor(const double *v, const double *near, uint32_t n, struct buf *out)
{
	buf_add_u8(out, (uint8_t)(XOR | (near ? USES_NEAR : 0)));
	for (uint32_t i = 0; i < n; i++) {
		uint64_t x = value_bits(v[i]) ^ xor_predict(v, near, i);
		uint32_t low;
		uint8_t trim = xor_trim(x, &low);

		buf_add_u8(out, trim);
		for (uint32_t b = low; b < 8u - (trim >> 4); b++)
			buf_add_u8(out, (uint8_t)(x >> 8 * b));
	}
}

static void put_same(double v, struct buf *out)
{
	int k = find_k(&v, 1);
	int64_t scaled;

	if (is_scaled(v, k, &scaled)) {
		buf_add_u8(out, (uint8_t)(SAME | k << K_SHIFT));
		buf_add_zigzag(out, scaled);
		return;
	}
	buf_add_u8(out, SAME | K_RAW << K_SHIFT);
	buf_add_f64(out, v);
}

void column_put_doubles(const double *v, const double *near, uint32_t n, struct buf *out)
{
	uint32_t exceptions;
	uint64_t scaled, xor;
	bool scaled_near, xor_near;
	int k;

	if (near && all_same(v, near, n)) {
		buf_add_u8(out, NEAR);
		return;
	}
	if (n && all_same(v, NULL, n)) {
		put_same(v[0], out);
		return;
	}
	k = find_k(v, n);
	exceptions = count_exceptions(v, n, k);
	scaled = scaled_size(v, NULL, n, k);
	scaled_near = near && scaled_size(v, near, n, k) < scaled;
	if (scaled_near)
		scaled = scaled_size(v, near, n, k);
	xor = xor_size(v, NULL, n);
	xor_near = near && xor_size(v, near, n) < xor;
	if (xor_near)
		xor = xor_size(v, near, n);
	if (scaled + (uint64_t)exceptions * 9 <= xor)
		put_scaled(v, scaled_near ? near : NULL, n, k, exceptions, out);
	else
		put_xor(v, xor_near ? near : NULL, n, out);
}

static void get_xor(struct reader *in, const double *near, double *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint8_t trim = read_u8(in);
		uint32_t low = trim & 15, top = trim >> 4;
		uint64_t x = 0;

		if (top + low > 8)
			in->bad = true;
		for (uint32_t b = low; b + top < 8 && !in->bad; b++)
			x |= (uint64_t)read_u8(in) << 8 * b;
		v[i] = value_of_bits(x ^ xor_predict(v, near, i));
	}
}

/* Those in the list are put right at the end: they do not take part in the differences. */
static void get_exceptions(struct reader *list, double *v, uint32_t n)
{
	uint64_t count = read_varint(list), at = 0;

	if (count > n)
		list->bad = true;
	for (uint64_t i = 0; i < count && !list->bad; i++) {
		double exact;

		at += read_varint(list);
		exact = read_f64(list);
		if (at >= n)
			list->bad = true;
		else if (v)
			v[at] = exact;
		at++;
	}
}

static void get_scaled(struct reader *in, uint8_t head, const double *near, double *v, uint32_t n)
{
	struct walk walk = { near, head >> K_SHIFT, 0 };
	struct reader list = *in;

	if (head & HAS_EXCEPTIONS)
		get_exceptions(in, NULL, n);
	for (uint32_t i = 0; i < n; i++) {
		walk.before = plus(walk_predict(&walk, i), read_zigzag(in));
		v[i] = (double)walk.before / power10[walk.k];
	}
	if (head & HAS_EXCEPTIONS && !in->bad)
		get_exceptions(&list, v, n);
}

static void get_same(struct reader *in, int k, double *v, uint32_t n)
{
	double value = k == K_RAW ? read_f64(in) : (double)read_zigzag(in) / power10[k];

	for (uint32_t i = 0; i < n; i++)
		v[i] = value;
}

void column_get_doubles(struct reader *in, const double *near, double *v, uint32_t n)
{
	uint8_t head = read_u8(in);
	enum form form = (enum form)(head & FORM_MASK);
	int k = head >> K_SHIFT;
	const double *used = head & USES_NEAR ? near : NULL;

	if ((k > K_MOST && !(form == SAME && k == K_RAW)) || ((form == NEAR || head & USES_NEAR) && !near)) {
		in->bad = true;
		memset(v, 0, n * sizeof *v);
		return;
	}
	switch (form) {
	case NEAR:
		memcpy(v, near, n * sizeof *v);
		break;
	case SAME:
		get_same(in, k, v, n);
		break;
	case SCALED:
		get_scaled(in, head, used, v, n);
		break;
	case XOR:
		get_xor(in, used, v, n);
		break;
	}
}

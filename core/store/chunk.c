/* SPDX-License-Identifier: MIT */
/*
 * chunk.c - a byte of modes, the count, the times, the values.
 *
 * Times     one step for all, or deltas of deltas.
 * Values    one for all; or decimals, if every value is an integer over the same
 *           power of ten and comes back from it with the same bits: then deltas
 *           of order one or two of these integers over their gcd, zeros in runs
 *           where that is shorter; or the bytes that differ from the value before.
 *
 * Everything is computed modulo 2^64, so damaged bytes give wrong numbers at the
 * worst (a checksum around the chunk is what tells), never undefined behaviour.
 */
#include "store/chunk.h"
#include "model/sample.h"
#include "util/check.h"

#include <errno.h>
#include <math.h>

enum time_mode { TIME_STEP, TIME_DELTAS };
enum value_mode { VALUE_ONE, VALUE_DECIMAL, VALUE_XOR };
enum decimal_flags { DECIMAL_EXPONENT = 15, DECIMAL_SECOND_ORDER = 16, DECIMAL_RUNS = 32, DECIMAL_GCD = 64 };

#define DECIMAL_MOST 9007199254740992.0		/* 2^53: up to here every integer is a double */

static const double powers[DECIMAL_EXPONENT + 1] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
						     1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };

/* ---- times ---- */

static enum time_mode times_mode(const kymo_ms *at, uint32_t n)
{
	for (uint32_t i = 2; i < n; i++)
		if ((uint64_t)at[i] - (uint64_t)at[i - 1] != (uint64_t)at[1] - (uint64_t)at[0])
			return TIME_DELTAS;
	return TIME_STEP;
}

static void times_encode(const kymo_ms *at, uint32_t n, enum time_mode mode, struct buf *out)
{
	uint64_t delta, before;

	buf_add_zigzag(out, at[0]);
	if (n < 2)
		return;
	before = (uint64_t)at[1] - (uint64_t)at[0];
	buf_add_varint(out, before);
	for (uint32_t i = 2; i < n && mode == TIME_DELTAS; i++) {
		delta = (uint64_t)at[i] - (uint64_t)at[i - 1];
		buf_add_zigzag(out, (int64_t)(delta - before));
		before = delta;
	}
}

static int times_decode(struct reader *in, enum time_mode mode, uint32_t n, kymo_ms *at)
{
	uint64_t delta;

	at[0] = read_zigzag(in);
	if (n < 2)
		return 0;
	delta = read_varint(in);
	for (uint32_t i = 1; i < n; i++) {
		if (i > 1 && mode == TIME_DELTAS)
			delta += (uint64_t)read_zigzag(in);
		at[i] = (kymo_ms)((uint64_t)at[i - 1] + delta);
		if (at[i] <= at[i - 1])
			return -EBADMSG;
	}
	return 0;
}

/* ---- decimals ---- */

/* Is v = *integer / 10^exponent, to the last bit? */
static bool is_decimal(double v, uint32_t exponent, int64_t *integer)
{
	double scaled = v * powers[exponent];

	if (!(fabs(scaled) < DECIMAL_MOST))	/* NaN neither */
		return false;
	*integer = llrint(scaled);
	return value_bits((double)*integer / powers[exponent]) == value_bits(v);
}

/* The least exponent that suits all, and the integers; false: there is none. */
static bool find_decimals(const double *values, uint32_t n, uint32_t *exponent, int64_t *integers)
{
	uint32_t e = 0;

	for (uint32_t i = 0; i < n; i++)
		while (!is_decimal(values[i], e, &integers[i]))
			if (++e > DECIMAL_EXPONENT)
				return false;
	for (uint32_t i = 0; i < n; i++)	/* those before the exponent rose */
		if (!is_decimal(values[i], e, &integers[i]))
			return false;
	*exponent = e;
	return true;
}

static void differences(int64_t *v, uint32_t n)
{
	for (uint32_t i = n; i-- > 1;)
		v[i] -= v[i - 1];
}

static uint64_t gcd_of(const int64_t *v, uint32_t n)
{
	uint64_t g = 0;

	for (uint32_t i = 0; i < n && g != 1; i++) {
		uint64_t a = (uint64_t)(v[i] < 0 ? -v[i] : v[i]);

		while (a) {
			uint64_t rest = g % a;

			g = a;
			a = rest;
		}
	}
	return g;
}

/* Tokens are zigzag varints; with `runs` a zero is followed by how many more there are. */
static void tokens_encode(const int64_t *v, uint32_t n, bool runs, struct buf *out)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t more = 0;

		buf_add_zigzag(out, v[i]);
		if (!runs || v[i])
			continue;
		while (i + 1 < n && !v[i + 1])
			i++, more++;
		buf_add_varint(out, more);
	}
}

static size_t varint_size(uint64_t v)
{
	return (size_t)(63 - __builtin_clzll(v | 1)) / 7 + 1;
}

static size_t tokens_size(const int64_t *v, uint32_t n, bool runs)
{
	size_t size = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t more = 0;

		size += varint_size((uint64_t)v[i] << 1 ^ (v[i] < 0 ? UINT64_MAX : 0));
		if (!runs || v[i])
			continue;
		while (i + 1 < n && !v[i + 1])
			i++, more++;
		size += varint_size(more);
	}
	return size;
}

/* Which form of these differences is the shortest: flags, and its size. */
static size_t best_tokens(const int64_t *v, uint32_t n, uint8_t *flags)
{
	size_t plain = tokens_size(v, n, false), runs = tokens_size(v, n, true);

	*flags = runs < plain ? DECIMAL_RUNS : 0;
	return runs < plain ? runs : plain;
}

/* `integers` is used up. */
static void decimals_encode(int64_t *integers, uint32_t n, uint32_t exponent, struct buf *out)
{
	int64_t second[CHUNK_MOST];
	uint8_t flags, second_flags = 0;
	uint64_t g;
	size_t size;

	differences(integers, n);		/* the first stays what it is */
	g = gcd_of(integers + 1, n - 1);
	for (uint32_t i = 1; i < n && g > 1; i++)
		integers[i] /= (int64_t)g;
	size = best_tokens(integers + 1, n - 1, &flags);
	memcpy(second, integers, n * sizeof *second);
	differences(second + 1, n - 1);
	if (best_tokens(second + 1, n - 1, &second_flags) < size) {
		flags = second_flags | DECIMAL_SECOND_ORDER;
		integers = second;
	}
	buf_add_u8(out, (uint8_t)(exponent | flags | (g > 1 ? DECIMAL_GCD : 0)));
	buf_add_zigzag(out, integers[0]);
	if (g > 1)
		buf_add_varint(out, g);
	tokens_encode(integers + 1, n - 1, flags & DECIMAL_RUNS, out);
}

static int decimals_decode(struct reader *in, uint32_t n, double *values)
{
	uint8_t flags = read_u8(in);
	double power = powers[flags & DECIMAL_EXPONENT];
	uint64_t integer = (uint64_t)read_zigzag(in), g = flags & DECIMAL_GCD ? read_varint(in) : 1;
	uint64_t difference = 0, zeros = 0;

	values[0] = (double)(int64_t)integer / power;
	for (uint32_t i = 1; i < n; i++) {
		uint64_t token = 0;

		if (zeros) {
			zeros--;
		} else {
			token = (uint64_t)read_zigzag(in);
			if (!token && flags & DECIMAL_RUNS)
				zeros = read_varint(in);
		}
		difference = flags & DECIMAL_SECOND_ORDER ? difference + token : token;
		integer += difference * g;
		values[i] = (double)(int64_t)integer / power;
	}
	return zeros ? -EBADMSG : 0;
}

/* ---- what differs from the value before: a byte zero bytes in front << 4 | bytes, these bytes ---- */

static void xor_encode(const double *values, uint32_t n, struct buf *out)
{
	uint64_t before = value_bits(values[0]);

	buf_add_u64(out, before);
	for (uint32_t i = 1; i < n; i++) {
		uint64_t x = value_bits(values[i]) ^ before;
		uint32_t front = x ? (uint32_t)__builtin_clzll(x) / 8 : 0;
		uint32_t behind = x ? (uint32_t)__builtin_ctzll(x) / 8 : 8;

		buf_add_u8(out, (uint8_t)(front << 4 | (8 - front - behind)));
		for (uint32_t b = behind; b < 8 - front; b++)
			buf_add_u8(out, (uint8_t)(x >> 8 * b));
		before ^= x;
	}
}

static int xor_decode(struct reader *in, uint32_t n, double *values)
{
	uint64_t bits = read_u64(in);

	values[0] = value_of_bits(bits);
	for (uint32_t i = 1; i < n; i++) {
		uint8_t head = read_u8(in);
		uint32_t front = head >> 4, count = head & 15;
		const uint8_t *bytes;

		if (front + count > 8 || !(bytes = read_bytes(in, count)))
			return -EBADMSG;
		for (uint32_t b = 0; b < count; b++)
			bits ^= (uint64_t)bytes[b] << 8 * (8 - front - count + b);
		values[i] = value_of_bits(bits);
	}
	return 0;
}

/* ---- the chunk ---- */

static bool all_the_same(const double *values, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (value_bits(values[i]) != value_bits(values[0]))
			return false;
	return true;
}

static void head_encode(enum time_mode times, enum value_mode values, uint32_t n, struct buf *out)
{
	buf_add_u8(out, (uint8_t)(times | values << 4));
	buf_add_varint(out, n);
}

int chunk_encode(const kymo_ms *at, const double *values, uint32_t n, struct buf *out)
{
	int64_t integers[CHUNK_MOST];
	enum time_mode times;
	enum value_mode mode;
	uint32_t exponent = 0;

	CHECK(n >= 1 && n <= CHUNK_MOST, "n=%u", n);
	times = times_mode(at, n);
	mode = all_the_same(values, n) ? VALUE_ONE :
	       find_decimals(values, n, &exponent, integers) ? VALUE_DECIMAL : VALUE_XOR;
	head_encode(times, mode, n, out);
	times_encode(at, n, times, out);
	if (mode == VALUE_ONE)
		buf_add_f64(out, values[0]);
	else if (mode == VALUE_DECIMAL)
		decimals_encode(integers, n, exponent, out);
	else
		xor_encode(values, n, out);
	return buf_failed(out) ? -ENOMEM : 0;
}

int chunk_encode_run(kymo_ms first, kymo_ms step, double value, uint32_t n, struct buf *out)
{
	kymo_ms at[2] = { first, (kymo_ms)((uint64_t)first + (uint64_t)step) };

	CHECK(n >= 1 && n <= CHUNK_LIMIT, "n=%u", n);
	head_encode(TIME_STEP, VALUE_ONE, n, out);
	times_encode(at, n < 2 ? n : 2, TIME_STEP, out);
	buf_add_f64(out, value);
	return buf_failed(out) ? -ENOMEM : 0;
}

static int64_t head_decode(struct reader *in, uint8_t *modes)
{
	uint64_t n;

	*modes = read_u8(in);
	n = read_varint(in);
	if (in->bad || (*modes & 15) > TIME_DELTAS || *modes >> 4 > VALUE_XOR || n < 1 || n > CHUNK_LIMIT)
		return -EBADMSG;
	return (int64_t)n;
}

int64_t chunk_count(const uint8_t *data, size_t size)
{
	struct reader in = reader_of(data, size);
	uint8_t modes;

	return head_decode(&in, &modes);
}

static int values_decode(struct reader *in, enum value_mode mode, uint32_t n, double *values)
{
	double one;

	if (mode == VALUE_DECIMAL)
		return decimals_decode(in, n, values);
	if (mode == VALUE_XOR)
		return xor_decode(in, n, values);
	one = read_f64(in);
	for (uint32_t i = 0; i < n; i++)
		values[i] = one;
	return 0;
}

int chunk_decode(const uint8_t *data, size_t size, kymo_ms *at, double *values)
{
	struct reader in = reader_of(data, size);
	uint8_t modes;
	int64_t n = head_decode(&in, &modes);

	if (n < 0 || times_decode(&in, modes & 15, (uint32_t)n, at) < 0 ||
	    values_decode(&in, modes >> 4, (uint32_t)n, values) < 0)
		return -EBADMSG;
	return in.bad || reader_left(&in) ? -EBADMSG : 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * decimal.c - to a double in three ways, the quickest that is sure to be right:
 *
 *	digits and power of ten are doubles themselves: one operation, rounded once
 *	(William D. Clinger, "How to read floating point numbers accurately", 1990);
 *
 *	128 bits of the power of ten times the digits: an upper bound that is off by
 *	less than one, so that the nearest double is known unless the middle between two
 *	is that near (after Daniel Lemire, "Number parsing at a gigabyte per second", 2021);
 *
 *	strtod.
 */
#include "util/decimal.h"
#include "util/number.h"
#include "util/number_pow10.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

enum { DIGITS_MOST = 19, EXPONENT_MOST = 100000, FRACTION_BITS = 52, EXPONENT_BIAS = 1023, EXACT_POWERS = 22 };
#define WHOLE_MOST (1ull << 53)		/* so far whole numbers are doubles */
#define SHORT_TEXT 64

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- reading ---- */

struct digits {
	const char *at, *end;
	unsigned kept;			/* digits in decimal->digits, without zeros in front */
	uint64_t seen;
};

/* A run of digits. What DIGITS_MOST are too few for moves the exponent instead. */
static void read_digits(struct digits *in, struct decimal *decimal, bool behind_point)
{
	for (; in->at < in->end && is_digit(*in->at); in->at++, in->seen++) {
		unsigned digit = (unsigned)(*in->at - '0');

		if (in->kept < DIGITS_MOST) {
			decimal->digits = decimal->digits * 10 + digit;
			in->kept += decimal->digits != 0;
			decimal->exponent -= behind_point;
		} else {
			decimal->more |= digit != 0;
			decimal->exponent += !behind_point;
		}
	}
}

/* "e+12" if it is one. Too large ones stay beyond every double. */
static const char *read_exponent(const char *at, const char *end, struct decimal *decimal)
{
	const char *begin = at;
	bool negative;
	int32_t v = 0;

	if (at == end || (*at | 0x20) != 'e')
		return begin;
	at++;
	negative = at < end && *at == '-';
	at += at < end && (*at == '-' || *at == '+');
	if (at == end || !is_digit(*at))
		return begin;
	for (; at < end && is_digit(*at); at++)
		v = v < EXPONENT_MOST * 100 ? v * 10 + (*at - '0') : v;
	decimal->exponent += negative ? -v : v;
	return at;
}

size_t decimal_read(const char *text, size_t n, struct decimal *decimal)
{
	struct digits in = { text, text + (n < INT32_MAX / 4 ? n : INT32_MAX / 4), 0, 0 };

	*decimal = (struct decimal){ 0 };
	if (in.at < in.end && (*in.at == '-' || *in.at == '+'))
		decimal->negative = *in.at++ == '-';
	read_digits(&in, decimal, false);
	if (in.at < in.end && *in.at == '.') {
		in.at++;
		read_digits(&in, decimal, true);
	}
	if (!in.seen)
		return 0;
	return (size_t)(read_exponent(in.at, in.end, decimal) - text);
}

/* ---- to a double ---- */

static bool exact(const struct decimal *decimal, double *v)
{
	static const double powers[EXACT_POWERS + 1] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
		1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

	if (decimal->more || decimal->digits > WHOLE_MOST || decimal->exponent < -EXACT_POWERS || decimal->exponent > EXACT_POWERS)
		return false;
	if (decimal->exponent < 0)
		*v = (double)decimal->digits / powers[-decimal->exponent];
	else
		*v = (double)decimal->digits * powers[decimal->exponent];
	return true;
}

/* digits * 10^exponent where that is sure; digits is not 0. */
static bool nearest(uint64_t digits, int exponent, double *v)
{
	const struct pow10 *power;
	uint64_t mantissa, bits, scaled;
	uint128 product, rest, half;
	int zeros, shift, e;

	if (exponent < POW10_FIRST || exponent > POW10_LAST)
		return false;
	power = &pow10_table[exponent - POW10_FIRST];
	zeros = __builtin_clzll(digits);
	scaled = digits << zeros;
	product = (uint128)power->high * scaled + (uint64_t)((uint128)power->low * scaled >> 64);
	shift = 127 - FRACTION_BITS - (int)!(product >> 127);	/* below the last bit of the double */
	mantissa = (uint64_t)(product >> shift);
	rest = product & (((uint128)1 << shift) - 1);
	half = (uint128)1 << (shift - 1);
	if (rest + 1 >= half && rest <= half + 1)
		return false;
	e = floor_log2_pow10(exponent) + 64 - zeros - (int)!(product >> 127) + EXPONENT_BIAS;
	mantissa += rest > half;
	if (e < 1 || e > 2 * EXPONENT_BIAS - 1)
		return false;			/* very small or very large: not this way */
	bits = ((uint64_t)e << FRACTION_BITS) + (mantissa - (1ull << FRACTION_BITS));
	memcpy(v, &bits, sizeof *v);
	return true;
}

static bool nearest_of(const struct decimal *decimal, double *v)
{
	double next;

	if (!nearest(decimal->digits, decimal->exponent, v))
		return false;
	return !decimal->more || (nearest(decimal->digits + 1, decimal->exponent, &next) && next == *v);
}

/* The text has no NUL behind it. */
static bool by_strtod(const char *text, size_t n, double *v)
{
	char room[SHORT_TEXT], *copy = n < sizeof room ? room : malloc(n + 1);

	if (!copy)
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	*v = fabs(number_parse(copy, &(char *){ NULL }));
	if (copy != room)
		free(copy);
	return !isinf(*v);
}

bool decimal_double(const struct decimal *decimal, const char *text, size_t n, double *v)
{
	if (!decimal->digits)
		*v = 0;
	else if (!exact(decimal, v) && !nearest_of(decimal, v) && !by_strtod(text, n, v))
		return false;
	if (decimal->negative)
		*v = -*v;
	return true;
}

/* ---- to a whole number ---- */

bool decimal_whole(const struct decimal *decimal, int power, int64_t *v)
{
	int e = decimal->exponent + power;
	uint64_t size = decimal->digits;

	for (; e < 0 && size; e++)
		size /= 10;
	for (; e > 0 && size; e--)
		if (__builtin_mul_overflow(size, (uint64_t)10, &size))
			return false;
	if (size > INT64_MAX || (decimal->more && decimal->exponent + power > 0))
		return false;
	*v = decimal->negative ? -(int64_t)size : (int64_t)size;
	return true;
}

/* SPDX-License-Identifier: MIT */
/*
 * number.c - the shortest decimal of a double, after Raffaello Giulietti, "The
 * Schubfach way to render doubles" (2020).
 *
 * A double stands for all reals that are nearer to it than to its neighbours:
 * an interval. Scaled by the right power of ten it holds at most one multiple
 * of ten and one to two whole numbers near its middle; those are the
 * candidates. Products are rounded to odd, so that comparisons against the
 * bounds, which are kept times four, come out as with exact numbers.
 */
#include "util/number.h"
#include "util/number_pow10.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

enum { FRACTION_BITS = 52, EXPONENT_BIAS = 1075 };
#define HIDDEN (1ull << FRACTION_BITS)
#define WHOLE_BELOW 9007199254740992.0		/* 2^53: here whole numbers are exact */

/* digits * 10^exponent */
struct decimal {
	uint64_t digits;
	int exponent;
};

/* floor(log10(2^q)), or of 3/4 of that, where the lower neighbour is at half the distance. */
static int floor_log10_pow2(int q, bool lower_is_closer)
{
	return (q * 1262611 - (lower_is_closer ? 524031 : 0)) >> 22;
}

static uint64_t multiply_to_odd(int k, uint64_t v)
{
	uint64_t high = pow10_table[k - POW10_FIRST].high, low = pow10_table[k - POW10_FIRST].low;
	uint128 sum = (uint128)high * v + (uint64_t)((uint128)low * v >> 64);

	return (uint64_t)(sum >> 64) | ((uint64_t)sum > 1);
}

/* The nearer of s and s + 1 to v/4; halves go to the even one. */
static uint64_t nearer(uint64_t s, uint64_t v)
{
	uint64_t middle = 4 * s + 2;

	return s + (v > middle || (v == middle && (s & 1)));
}

/* For c * 2^q: the shortest within the interval, of these the nearest. */
static struct decimal shortest(uint64_t c, int q, bool lower_is_closer)
{
	int k = floor_log10_pow2(q, lower_is_closer);
	int shift = q + floor_log2_pow10(-k) + 1;
	bool odd = c & 1;		/* the bounds themselves read back to the even neighbour */
	uint64_t v = multiply_to_odd(-k, 4 * c << shift);
	uint64_t low = multiply_to_odd(-k, (4 * c - 2 + lower_is_closer) << shift) + odd;
	uint64_t high = multiply_to_odd(-k, (4 * c + 2) << shift) - odd;
	uint64_t s = v / 4, tens = s / 10;
	bool below = low <= 40 * tens, above = 40 * tens + 40 <= high;

	if (s >= 10 && below != above)
		return (struct decimal){ tens + above, k + 1 };
	below = low <= 4 * s;
	above = 4 * s + 4 <= high;
	return (struct decimal){ below != above ? s + above : nearer(s, v), k };
}

static struct decimal without_zeros(struct decimal d)
{
	if (d.digits % 100000000 == 0) {
		d.digits /= 100000000;
		d.exponent += 8;
	}
	for (; d.digits % 10 == 0; d.exponent++)
		d.digits /= 10;
	return d;
}

/* Of a finite double that is not zero. */
static struct decimal decimal_of(uint64_t bits)
{
	uint64_t fraction = bits & (HIDDEN - 1);
	int exponent = (int)(bits >> FRACTION_BITS & 0x7ff);

	if (!exponent)
		return without_zeros(shortest(fraction, 1 - EXPONENT_BIAS, false));
	return without_zeros(shortest(fraction | HIDDEN, exponent - EXPONENT_BIAS,
				      !fraction && exponent > 1));
}

/* How many digits; written so that they end before `end`. */
static size_t put_digits(char *end, uint64_t v)
{
	size_t n = 0;

	do
		*(end - ++n) = (char)('0' + v % 10);
	while (v /= 10);
	return n;
}

static char *put_zeros(char *to, int n)
{
	memset(to, '0', (size_t)n);
	return to + n;
}

static char *put(char *to, const char *from, size_t n)
{
	memcpy(to, from, n);
	return to + n;
}

/* The point stands behind the first `before` of n digits; that may be less than none, or more than all. */
static char *put_plain(char *to, const char *digits, int n, int before)
{
	if (before >= n)
		return put_zeros(put(to, digits, (size_t)n), before - n);
	if (before > 0) {
		to = put(to, digits, (size_t)before);
		*to++ = '.';
		return put(to, digits + before, (size_t)(n - before));
	}
	to = put_zeros(put(to, "0.", 2), -before);
	return put(to, digits, (size_t)n);
}

/* "1.5e-07" */
static char *put_scientific(char *to, const char *digits, int n, int exponent)
{
	char text[4];
	uint64_t size = (uint64_t)(exponent < 0 ? -exponent : exponent);
	size_t len = put_digits(text + sizeof text, size);

	*to++ = digits[0];
	if (n > 1) {
		*to++ = '.';
		to = put(to, digits + 1, (size_t)(n - 1));
	}
	*to++ = 'e';
	*to++ = exponent < 0 ? '-' : '+';
	if (len < 2)
		*to++ = '0';
	return put(to, text + sizeof text - len, len);
}

static char *put_decimal(char *to, struct decimal d)
{
	char text[20];
	int n = (int)put_digits(text + sizeof text, d.digits);
	const char *digits = text + sizeof text - n;
	int before = n + d.exponent;	/* digits before the point */

	if (before < -5 || before > 21)
		return put_scientific(to, digits, n, before - 1);
	return put_plain(to, digits, n, before);
}

const char *number_format(double v, char text[NUMBER_TEXT])
{
	double size = fabs(v);
	char *to = text;
	uint64_t bits;

	if (isnan(v))
		return "NaN";
	if (isinf(v))
		return v > 0 ? "+Inf" : "-Inf";
	memcpy(&bits, &v, sizeof bits);
	if (bits >> 63)
		*to++ = '-';
	if (size < WHOLE_BELOW && size == (double)(uint64_t)size)
		to = put_decimal(to, (struct decimal){ (uint64_t)size, 0 });
	else
		to = put_decimal(to, decimal_of(bits & ~(1ull << 63)));
	*to = '\0';
	return text;
}

static void put_number(char *to, uint64_t v)
{
	char digits[20];
	size_t n = put_digits(digits + sizeof digits, v);

	*put(to, digits + sizeof digits - n, n) = '\0';
}

const char *number_format_unsigned(uint64_t v, char text[NUMBER_TEXT])
{
	put_number(text, v);
	return text;
}

const char *number_format_integer(int64_t v, char text[NUMBER_TEXT])
{
	text[0] = '-';
	put_number(text + (v < 0), v < 0 ? -(uint64_t)v : (uint64_t)v);
	return text;
}

static locale_t c_locale;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

double number_parse(const char *text, char **end)
{
	pthread_once(&once, make_c_locale);
	return strtod_l(text, end, c_locale);
}

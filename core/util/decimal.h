/* SPDX-License-Identifier: MIT */
/*
 * decimal.h - a number as it is written, "-12.5e3": read exactly, then asked for
 * as the nearest double or as a whole number at some power of ten.
 *
 *	[+-] digits [. digits] [e [+-] digits]		one digit at least before the e
 */
#ifndef UTIL_DECIMAL_H
#define UTIL_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* +-(digits + what was left out) * 10^exponent; what was left out is below 1. */
struct decimal {
	uint64_t digits;
	int32_t exponent;
	bool negative;
	bool more;			/* something was left out: digits has 19 of them */
};

/* How many bytes of the text are the number; 0: it does not begin with one. The text need not end with NUL. */
size_t decimal_read(const char *text, size_t n, struct decimal *decimal);

/*
 * The double nearest to the n bytes that were read (halves: the even one), the same as
 * strtod(3) gives. False: larger than every double; or out of memory, where that is thousands of digits.
 */
bool decimal_double(const struct decimal *decimal, const char *text, size_t n, double *v);

/* Times 10^power, what is behind the point cut off. False: it does not fit. */
bool decimal_whole(const struct decimal *decimal, int power, int64_t *v);

#endif

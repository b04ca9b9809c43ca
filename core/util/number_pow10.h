/* SPDX-License-Identifier: MIT */
/*
 * number_pow10.h - the powers of ten that number.c and decimal.c multiply with: 10^k scaled
 * by a power of two to exactly 128 bits and rounded up, as high and low half.
 * With whole numbers of any length (Python), where x is 10 ** k or 1 / 10 ** -k:
 *
 *	the smallest q >= x * 2 ** s, with s such that q has 128 bits
 */
#ifndef UTIL_NUMBER_POW10_H
#define UTIL_NUMBER_POW10_H

#include <stdint.h>

enum { POW10_FIRST = -292, POW10_LAST = 324 };

struct pow10 {
	uint64_t high, low;
};
extern const struct pow10 pow10_table[POW10_LAST - POW10_FIRST + 1];

/* floor(log2(10^e)) */
static inline int floor_log2_pow10(int e) { return (e * 1741647) >> 19; }

#endif

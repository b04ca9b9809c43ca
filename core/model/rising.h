/* SPDX-License-Identifier: MIT */
/*
 * rising.h - where a time stands among rising times. Who asks walks along them, so
 * the end is looked at first, then what is near, in steps that double.
 */
#ifndef MODEL_RISING_H
#define MODEL_RISING_H

#include <kymo/abi.h>
#include <stddef.h>

/* The first of n rising times, from `from` on, that is behind t; n: none is. */
static inline size_t rising_behind(const kymo_ms *at, size_t from, size_t n, kymo_ms t)
{
	size_t low = from, high = n, reach = 1;

	if (from >= n || at[n - 1] <= t)
		return n;
	while (low + reach < high && at[low + reach] <= t) {
		low += reach;
		reach *= 2;
	}
	if (low + reach < high)
		high = low + reach;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (at[middle] <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

#endif

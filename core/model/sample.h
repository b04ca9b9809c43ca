/* SPDX-License-Identifier: MIT */
/*
 * sample.h - values as bits: NaN is a value like any other, and one NaN is the
 * staleness mark of Prometheus, which says that a series ended.
 */
#ifndef MODEL_SAMPLE_H
#define MODEL_SAMPLE_H

#include <kymo/abi.h>
#include <string.h>

#define STALE_BITS UINT64_C(0x7ff0000000000002)
#define NAN_BITS   UINT64_C(0x7ff8000000000001)	/* plain NaN */

static inline uint64_t value_bits(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	return bits;
}

static inline double value_of_bits(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

static inline double value_stale(void) { return value_of_bits(STALE_BITS); }
static inline bool value_is_stale(double v) { return value_bits(v) == STALE_BITS; }

#endif

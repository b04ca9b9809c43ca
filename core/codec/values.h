/* SPDX-License-Identifier: MIT */
/*
 * values.h - a run of values of one series as bytes, exact to the last bit of
 * every double: NaN payloads, -0, infinities and denormals too.
 *
 * How many values a column holds is known from elsewhere. Columns say nothing
 * of their own length either: their bytes are taken as a whole, and whatever is
 * too short, too long or makes no sense is -EBADMSG, never an overrun. (Bytes
 * that were damaged may still decode to wrong numbers: a checksum tells that.)
 *
 * Threads   No state but the caller's. Stack: encoding up to 110 KB, decoding 55.
 */
#ifndef CODEC_VALUES_H
#define CODEC_VALUES_H

#include "util/buf.h"

#define VALUES_MOST 2048	/* in a column; columns of equal values may be of any length */

enum values_effort {
	VALUES_SEAL,		/* quick to write and to read: what was just sampled */
	VALUES_COMPACT		/* once, for long: entropy-coded where that saves enough */
};

/*
 * What the last column of a series was like, so that the next one finds its
 * exponent at once. All zero: nothing is known. Never needed to decode.
 */
struct values_hint {
	uint8_t exponent, way;
	uint8_t dear;		/* in decimals it was not to be had */
	uint8_t spare;
};

/* Append n (1..VALUES_MOST) values to *out. `hint` may be NULL. 0 or -ENOMEM. */
int values_encode(const double *v, uint32_t n, enum values_effort effort, struct values_hint *hint, struct buf *out);
/* The same for equal values, of any number. */
int values_encode_same(double v, struct buf *out);
/*
 * The same for mantissa[i] * 10^exponent, each rounded once, as a collector
 * hands them over: no search for an exponent, no doubles where they fit.
 */
int values_encode_decimal(const int64_t *mantissa, uint32_t n, int32_t exponent, enum values_effort effort,
			  struct buf *out);

/*
 * The same for integers (up to 2^53) of which the differences are known: the first, then
 * each one steps[i] (1..n-1) more than the one before; times 2^shift, by 10^exponent
 * (0..22). It works in `steps`, from steps[0] on, and leaves nothing of worth there.
 */
int values_encode_steps(int64_t first, int64_t *steps, uint32_t n, uint32_t exponent, uint32_t shift, enum values_effort effort,
			struct buf *out);

/* The values into room for n. 0 or -EBADMSG. */
int values_decode(const uint8_t *data, size_t size, double *v, uint32_t n);
/* Is it written as equal values? Then which; without a look at the rest. */
bool values_are_same(const uint8_t *data, size_t size, double *v);

/*
 * What model/window keeps of a run of samples: staleness marks count in nothing,
 * NaN counts but gives way in min and max, the sum is sum + sum_low and within
 * one rounding. Without a value that counts min, max, first and last are NaN.
 */
struct values_fold {
	uint64_t count;
	double sum, sum_low;
	double min, max, first, last;
	double correction;		/* of a counter: the values before each drop, summed */
	uint32_t first_place, last_place;	/* where first and last stand in the run */
	bool ended;			/* the last entry is a staleness mark */
};

/* Decoding and aggregation in one, nothing is written; equal values cost O(1). 0 or -EBADMSG. */
int values_fold(const uint8_t *data, size_t size, uint32_t n, struct values_fold *fold);
/* The same of n doubles. */
void values_fold_doubles(const double *v, uint32_t n, struct values_fold *fold);

#endif

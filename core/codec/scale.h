/* SPDX-License-Identifier: MIT */
/*
 * scale.h - doubles as integers with a way back to the same bits.
 *
 *	u8	bits 0-4: e; bit 5: exceptions follow; bits 6-7: the way back
 *	zigzag	k, of WAY_BINARY
 *	...	the integers
 *	ulps	if the tag says so: varint count; 0: blocks of n numbers; else that many
 *		times a varint of places left out and a byte. A zigzag each: so much is
 *		added to the bits of the double.
 *	exceptions	varint count, each a varint of places left out and a double, which
 *		stands in place of what came before
 *
 * Text gives i / 10^e; exporters that convert units give the other ways; sums and
 * means of decimals, computed in doubles, are a few ulps beside one; NaN, -0,
 * infinities and what lies far off are exceptions.
 */
#ifndef CODEC_SCALE_H
#define CODEC_SCALE_H

#include "codec/blocks.h"

enum way {
	WAY_DIVIDE,		/* i / 10^e */
	WAY_MULTIPLY,		/* i * 10^-e, the double next to that power */
	WAY_TWICE,		/* i / 10^(e/2) / 10^(e/2) */
	WAY_BINARY,		/* i * 2^-k; e is 0 */
};

enum { EXPONENT_MOST = 22, EXCEPTIONS_MOST = VALUES_MOST / 16 + 2, SCALE_EXPONENT = 31, SCALE_EXCEPTIONS = 32, SCALE_WAY = 64 };

extern const double scale_powers[EXPONENT_MOST + 1];	/* 10^e */
extern const double scale_inverses[EXPONENT_MOST + 1];	/* the doubles next to 10^-e */

/* What makes doubles of integers. */
struct scale {
	enum way way;
	uint32_t exponent;
	int32_t binary;		/* k */
};

/* How integers become doubles: one step, and its constant. */
enum step { STEP_NONE, STEP_DIVIDE, STEP_DIVIDE_TWICE, STEP_MULTIPLY };

static inline enum step scale_step(const struct scale *scale)
{
	return scale->way == WAY_TWICE ? STEP_DIVIDE_TWICE : scale->way != WAY_DIVIDE ? STEP_MULTIPLY :
	       scale->exponent ? STEP_DIVIDE : STEP_NONE;
}
double scale_factor(const struct scale *scale);

/* Doubles on their way to bytes. */
struct scaled {
	struct scale scale;
	uint32_t n, n_ulps, n_exceptions;
	size_t size;		/* of what scaled_put_head and scaled_put_rest write, without the tag */
	int64_t integers[VALUES_MOST];
	uint16_t exceptions[EXCEPTIONS_MOST];	/* their places */
	int8_t ulps[VALUES_MOST];		/* set when n_ulps */
	struct blocks ulp_blocks;		/* used when that is shorter than a list */
	bool ulps_in_blocks;
};

/* False: these are no decimals. */
bool scaled_find(struct scaled *scaled, const double *v, uint32_t n, struct values_hint *hint);
/* Of integers[] that were set by hand: they are i / 10^exponent. */
void scaled_take(struct scaled *scaled, uint32_t n, uint32_t exponent);
uint8_t *scaled_put_head(const struct scaled *scaled, uint8_t *to);
uint8_t *scaled_put_rest(const struct scaled *scaled, const double *v, uint8_t *to);

/* Is v = *integer / 10^exponent, to the last bit? */
bool scale_one(double v, uint32_t exponent, int64_t *integer);

bool scale_read(struct cursor *in, struct scale *scale, bool *exceptions);
/* The doubles of n integers; both may be the same memory. */
void scale_doubles(const struct scale *scale, const uint64_t *integers, uint32_t n, double *v);
/* What is behind the integers. False: -EBADMSG. */
bool scale_rest(struct cursor *in, bool ulps, bool exceptions, uint32_t n, double *v);

#endif

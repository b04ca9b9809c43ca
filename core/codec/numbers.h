/* SPDX-License-Identifier: MIT */
/*
 * numbers.h - a run of integers as bytes: differences of order 0, 1 or 2 over
 * their gcd, in blocks, or only those that are not the usual one.
 *
 *	zigzag	first
 *	varint	gcd, if the tag says so; else it is 1
 *	zigzag	of a line: the step (times the gcd, which a line has not); order 0:
 *		the base; order 1: the usual difference; order 2: nothing
 *	body	n - 1 numbers z. Order 0: integer = first + (base + z) * gcd. Order 1: a
 *		difference is (usual + unzigzag(z)) * gcd. Order 2: unzigzag(z) is by
 *		how much (difference / gcd) is more than the one before, at first 0.
 *
 * Everything is modulo 2^64, so that every run of integers has a form and
 * damaged bytes give wrong numbers at the worst. All of it is inside the codec;
 * who wants integers in a column uses values_encode_decimal or times.h.
 */
#ifndef CODEC_NUMBERS_H
#define CODEC_NUMBERS_H

#include "codec/blocks.h"
#include "codec/coded.h"

enum form {
	FORM_SAME,		/* one decimal */
	FORM_BITS,		/* one double */
	FORM_LINE,		/* a constant step */
	FORM_BLOCKS,
	FORM_BITMAP,		/* order 1, a bit for each that is not the usual one, and these */
	FORM_PLACES,		/* order 1, how many are left out before each, and these */
	FORM_CODED,		/* entropy-coded */
	FORM_XOR,
	FORM_SPLIT,
	FORM_RAW,
};

enum { SAME_EXPONENT = 16 };		/* FORM_SAME: times this, in its tag */
enum tag { TAG_FORM = 15, TAG_ORDER = 16, TAG_GCD = 64, TAG_ULPS = 128 };	/* TAG_ORDER: times the order */

/* Integers on their way to bytes. */
struct numbers {
	uint32_t n;		/* without the first */
	uint32_t changes;	/* differences that are not the usual one */
	uint64_t first, gcd, base, usual;
	enum form form;
	uint32_t order;
	size_t size;		/* of all that numbers_put writes */
	struct blocks blocks;
	uint64_t *differences;	/* over the gcd; a zero before them */
	uint64_t differences_room[VALUES_MOST + 1];
	uint64_t sums[VALUES_MOST];	/* of the differences */
	uint64_t changed[VALUES_MOST / 64];	/* sparse: a bit for each of `changes` */
	union {
		uint64_t some[VALUES_MOST];	/* sparse: these, as they are written */
		uint8_t coded[CODED_ROOM];	/* of FORM_CODED, the body as it is written */
	};
	uint32_t coded_size;
};

/* The shortest form of n (at least 1) integers. */
void numbers_plan(struct numbers *numbers, const int64_t *integers, uint32_t n, enum values_effort effort);
/*
 * The same for first and n - 1 steps, each times 2^shift: steps[1] leads to the second
 * integer; steps[0] is not read. `steps` is used until numbers_put and holds nothing of
 * worth afterwards. False: an integer is more than NUMBERS_EXACT or less than its
 * negative, nothing has changed.
 */
#define NUMBERS_EXACT (INT64_C(1) << 53)
bool numbers_plan_steps(struct numbers *numbers, int64_t first, int64_t *steps, uint32_t n, uint32_t shift, enum values_effort effort);
/* Are they all equal? Known of a plan. */
static inline bool numbers_are_same(const struct numbers *numbers)
{
	return numbers->form == FORM_LINE && numbers->base == 0;
}
static inline uint8_t numbers_tag(const struct numbers *numbers)
{
	return (uint8_t)(numbers->form | numbers->order * TAG_ORDER | (numbers->gcd > 1 ? TAG_GCD : 0));
}
/* Writes size bytes; there must be room for 8 more. */
uint8_t *numbers_put(struct numbers *numbers, uint8_t *to);

/* What stands in front of a body. */
struct numbers_head {
	enum form form;
	uint32_t order;
	uint64_t first, gcd, base;	/* base: or the usual difference, or the step */
};

bool numbers_head(struct cursor *in, uint8_t tag, uint32_t n, struct numbers_head *head);
/* n integers (as many as there were), from the head on. False: -EBADMSG. */
bool numbers_get(struct cursor *in, uint8_t tag, uint32_t n, uint64_t *integers);
/* Of a body that holds only some numbers: how many, where they go, and they less 1. */
struct sparse {
	uint32_t changes;
	struct cursor places;	/* the bitmap; or varints, all of which are there */
	struct blocks blocks;
};

bool sparse_find(struct cursor *in, enum form form, uint32_t n, struct sparse *sparse);
/* The body alone: n - 1 numbers. */
bool numbers_body(struct cursor *in, enum form form, uint32_t n, uint64_t *z);
void numbers_restore(const struct numbers_head *head, const uint64_t *z, uint32_t n, uint64_t *integers);

#endif

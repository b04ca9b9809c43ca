/* SPDX-License-Identifier: MIT */
/* record_columns.h - what the files behind record.h share: a chunk of records, column by column. */
#ifndef TIER_RECORD_COLUMNS_H
#define TIER_RECORD_COLUMNS_H

#include "tier/record.h"

enum { FLAG_ENDED = 1, FLAG_SKETCH = 2, FLAGS_ALL = 3 };

/* What is special: the layout in the low two bits. */
enum { LAYOUT_MASK = 3, EMPTY_AS_IS = 4, SKETCHES_USUAL = 8, SPECIALS_ALL = 15 };

enum value_column { LAST, FIRST, MIN, MAX, SUM, CORRECTION, VALUE_COLUMNS };

enum layout { AS_GAUGE, AS_COUNTER, AS_DISTRIBUTION, LAYOUTS };

/* n entries each. */
struct columns {
	uint32_t n;
	enum layout layout;
	bool empty_as_is;	/* windows without samples are not as window_reset makes them */
	int64_t *at, *end_off, *width, *flags, *count, *first_off, *last_off;
	double *value[VALUE_COLUMNS];

	/* Of record_values.c: the values as integers / 10^exponent, where they are that. */
	uint8_t exponent;
	bool scaled[VALUE_COLUMNS];
	int64_t *integer[VALUE_COLUMNS];
	int64_t *near, *rest;		/* scratch */
	void *memory;
};

/* ---- record_values.c ---- */

enum near {
	NEAR_NOTHING, NEAR_BEFORE /* last of the record before */, NEAR_LAST, NEAR_FIRST, NEAR_MIN, NEAR_MAX,
	NEAR_N_MIN /* count * min */, NEAR_N_MIDDLE /* of min and max */, NEAR_N_ENDS /* first and last */, NEAR_MEAN, NEARS
};

/* How a column is written: the low half of its byte is what is near. */
enum mode { SAME_BITS = 0, INTEGERS = 16, DOUBLES = 32, MODES = 48, WITH_ULPS = 64 };

enum { EXPONENT_LARGEST = 15 };

/* Which column comes as number i of this layout. */
enum value_column values_turn(enum layout layout, int i);
/* The columns that this one is made of, which come before it: two at most, one often twice. false: none. */
bool near_bases(enum near near, enum value_column base[2]);
/* Are they among those? `done`: bit set of columns. */
bool near_is_known(enum near near, unsigned done);
/* Is what is near a value of another column as it is? */
static inline bool near_is_copy(enum near near) { return near >= NEAR_BEFORE && near <= NEAR_MAX; }

void values_put(struct columns *c, struct buf *out);
void values_get(struct columns *c, struct reader *in);

/* ---- record.c ---- */

/* All columns but the sketches of n records; record_columns_fini() in any case. 0, -EBADMSG, -ENOMEM. */
int record_columns_decode(const uint8_t *data, size_t size, uint32_t n, struct columns *c);
void record_columns_fini(struct columns *c);

/* ---- record_sketches.c ---- */

/* Of those records for which `wanted` is true, with what the columns say of them. 0, -ENOMEM, -EBADMSG. */
int sketches_put(const struct record *records, const bool *wanted, uint32_t n, struct buf *out);
int sketches_get(struct record *records, const bool *wanted, uint32_t n, struct reader *in);

#endif

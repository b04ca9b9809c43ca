/* SPDX-License-Identifier: MIT */
/* record_columns.h - what the files behind record.h share: a chunk of records, column by column. */
#ifndef TIER_RECORD_COLUMNS_H
#define TIER_RECORD_COLUMNS_H

#include "tier/record.h"

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

/* record_values.c */
void values_put(struct columns *c, struct buf *out);
void values_get(struct columns *c, struct reader *in);

/* record_sketches.c: of those records for which `wanted` is true, with what the columns say of them. 0, -ENOMEM, -EBADMSG. */
int sketches_put(const struct record *records, const bool *wanted, uint32_t n, struct buf *out);
int sketches_get(struct record *records, const bool *wanted, uint32_t n, struct reader *in);

#endif

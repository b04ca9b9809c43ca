/* SPDX-License-Identifier: MIT */
/*
 * type.h - the types of metric families, and by what their samples are called: the
 * name of the family with a suffix, one for each part.
 */
#ifndef TEXT_TYPE_H
#define TEXT_TYPE_H

#include "text/line.h"

#include <kymo/metric.h>

enum text_type {			/* as prometheus/prompb numbers them */
	TYPE_UNKNOWN, TYPE_COUNTER, TYPE_GAUGE, TYPE_HISTOGRAM, TYPE_GAUGE_HISTOGRAM, TYPE_SUMMARY, TYPE_INFO, TYPE_STATESET,
	TYPES
};

enum text_part {
	PART_SELF, PART_TOTAL, PART_CREATED, PART_BUCKET, PART_SUM, PART_COUNT, PART_GSUM, PART_GCOUNT, PART_INFO,
	PARTS
};
#define PART_BIT(part) (1u << (part))

/* False: not one of this format. */
bool text_type_read(struct text_word word, enum text_format format, enum text_type *type);
const char *text_type_name(enum text_type type, enum text_format format);

/* Which parts a family of the type has: PART_BITs. */
unsigned text_type_parts(enum text_type type, enum text_format format);
const char *text_part_suffix(enum text_part part);	/* "_total"; "" of PART_SELF */

/* What a part is in a store: enum kymo_metric_type. */
uint32_t text_part_type(enum text_type type, enum text_part part);

#endif

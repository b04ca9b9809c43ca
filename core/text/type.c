/* SPDX-License-Identifier: MIT */
/* type.c - tables. */
#include "text/type.h"

#define HISTOGRAM_PARTS (PART_BIT(PART_BUCKET) | PART_BIT(PART_SUM) | PART_BIT(PART_COUNT))
#define SUMMARY_PARTS (PART_BIT(PART_SELF) | PART_BIT(PART_SUM) | PART_BIT(PART_COUNT))

static const struct {
	const char *name, *openmetrics;		/* NULL: the format has it not */
	unsigned parts, openmetrics_parts;
} types[TYPES] = {
	[TYPE_UNKNOWN] = { "untyped", "unknown", PART_BIT(PART_SELF), PART_BIT(PART_SELF) },
	[TYPE_COUNTER] = { "counter", "counter", PART_BIT(PART_SELF), PART_BIT(PART_TOTAL) | PART_BIT(PART_CREATED) },
	[TYPE_GAUGE] = { "gauge", "gauge", PART_BIT(PART_SELF), PART_BIT(PART_SELF) },
	[TYPE_HISTOGRAM] = { "histogram", "histogram", HISTOGRAM_PARTS, HISTOGRAM_PARTS | PART_BIT(PART_CREATED) },
	[TYPE_GAUGE_HISTOGRAM] = { NULL, "gaugehistogram", 0,
				   PART_BIT(PART_BUCKET) | PART_BIT(PART_GSUM) | PART_BIT(PART_GCOUNT) },
	[TYPE_SUMMARY] = { "summary", "summary", SUMMARY_PARTS, SUMMARY_PARTS | PART_BIT(PART_CREATED) },
	[TYPE_INFO] = { NULL, "info", 0, PART_BIT(PART_INFO) },
	[TYPE_STATESET] = { NULL, "stateset", 0, PART_BIT(PART_SELF) },
};

static const char *const suffixes[PARTS] = { "", "_total", "_created", "_bucket", "_sum", "_count", "_gsum", "_gcount", "_info" };

static const uint32_t own_types[TYPES] = {
	[TYPE_UNKNOWN] = KYMO_UNTYPED, [TYPE_COUNTER] = KYMO_COUNTER, [TYPE_GAUGE] = KYMO_GAUGE, [TYPE_SUMMARY] = KYMO_SUMMARY,
	[TYPE_STATESET] = KYMO_GAUGE,
};

bool text_type_read(struct text_word word, enum text_format format, enum text_type *type)
{
	for (unsigned i = 0; i < TYPES; i++) {
		const char *name = format == TEXT_OPENMETRICS ? types[i].openmetrics : types[i].name;

		if (!name || !text_word_is(word, name))
			continue;
		*type = (enum text_type)i;
		return true;
	}
	return false;
}

const char *text_type_name(enum text_type type, enum text_format format)
{
	return format == TEXT_OPENMETRICS ? types[type].openmetrics : types[type].name;
}

unsigned text_type_parts(enum text_type type, enum text_format format)
{
	return format == TEXT_OPENMETRICS ? types[type].openmetrics_parts : types[type].parts;
}

const char *text_part_suffix(enum text_part part)
{
	return suffixes[part];
}

/* The buckets of a gauge histogram rise and fall, those of a histogram only rise. */
uint32_t text_part_type(enum text_type type, enum text_part part)
{
	if (part == PART_SELF)
		return own_types[type];
	return part == PART_TOTAL || part == PART_SUM || part == PART_COUNT || (part == PART_BUCKET && type == TYPE_HISTOGRAM) ?
		KYMO_COUNTER : KYMO_GAUGE;
}

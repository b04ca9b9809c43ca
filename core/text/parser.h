/* SPDX-License-Identifier: MIT */
/*
 * parser.h - Prometheus text and OpenMetrics 1.0, checked to the letter: the syntax of
 * each line (line.h) and what lines mean to each other (rules.h). It is fed in
 * pieces of whole lines and keeps nothing of them but names and hashes.
 *
 * What was fed before an error is not to be used: only text_parser_end() knows that
 * all of it is right.
 */
#ifndef TEXT_PARSER_H
#define TEXT_PARSER_H

#include "text/type.h"
#include "util/cleanup.h"

struct text_parser;

/* Of a line that is a sample. */
struct text_sample {
	const char *series;		/* name and labels as they stand: see text_series_labels() */
	uint32_t series_n;
	bool has_time;
	kymo_ms at;
	double value;
};
typedef int text_each(void *data, const struct text_sample *sample);

struct text_counts {
	uint64_t lines, samples;
	uint64_t exemplars;		/* checked, and left out */
	uint64_t left_out;		/* within the millisecond of the one before: the first counts */
};

/* The limits are copied. NULL: out of memory. */
struct text_parser *text_parser_create(enum text_format format, const struct label_limits *limits);
void text_parser_destroy(struct text_parser *parser);
DEFINE_AUTO(text_parser, text_parser_destroy)

/*
 * Lines; only the last piece of a text may end without a line feed. 0; -EBADMSG with
 * "line:column: reason"; -E2BIG: too many families; -ENOMEM; what `each` said.
 */
int text_parser_feed(struct text_parser *parser, const char *text, size_t n, text_each *each, void *data, struct error *err);
/* That was all of it. The same results. */
int text_parser_end(struct text_parser *parser, struct error *err);

struct text_counts text_parser_counts(const struct text_parser *parser);

/* What the text says of its metrics. Strings are valid until the next call. */
struct text_metadata {
	enum text_type type;
	unsigned parts;			/* PART_BITs that had samples */
	const char *name, *help, *unit;
	bool told;			/* by a line of its own, and not only by samples */
};
uint32_t text_parser_families(const struct text_parser *parser);
/* 0 or -ENOMEM. */
int text_parser_family(struct text_parser *parser, uint32_t i, struct text_metadata *metadata);

#endif

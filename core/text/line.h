/* SPDX-License-Identifier: MIT */
/*
 * line.h - one line of the Prometheus text format or of OpenMetrics 1.0: its syntax,
 * not what lines mean to each other (rules.h).
 *
 *	Prometheus	0.0.4, and 1.0.0, which is the same with names in quotes. Blanks
 *			and tabs between words, blank lines, comments, a comma behind the
 *			last label. Times in milliseconds.
 *	OpenMetrics	one space between words and nothing else. Times in seconds, with
 *			fractions. Exemplars.
 *
 * Both may have names of any UTF-8, in quotes: {"a.name","a label"="b"} 1
 */
#ifndef TEXT_LINE_H
#define TEXT_LINE_H

#include "model/labels.h"
#include "text/word.h"

#include <kymo/abi.h>

enum text_format { TEXT_PROMETHEUS, TEXT_OPENMETRICS };

enum text_kind {
	TEXT_NOTHING,			/* blank, or a comment */
	TEXT_HELP, TEXT_TYPE, TEXT_UNIT,
	TEXT_SAMPLE,
	TEXT_EOF
};

struct text_label {
	struct text_word name, value;
};

struct text_time {
	kymo_ms ms;			/* what is below is cut off */
	int64_t ns;			/* the same time; 0 where that is too far from 1970 */
	double seconds;			/* the same time, nearest */
};

struct text_line {
	enum text_kind kind;
	uint32_t number;
	const char *begin;
	struct text_word name;		/* of the metric */
	struct text_word rest;		/* of HELP, TYPE and UNIT */
	const char *series;		/* name and labels as they stand */
	uint32_t series_n;
	uint32_t n_labels;
	struct text_label labels[LABELS_MOST];
	double value;
	const char *value_at, *time_at, *exemplar_at;	/* NULL: it has no time, no exemplar */
	struct text_time time;
};

/*
 * Read the line without its line feed. The text is UTF-8 (as a whole: parser.h looks
 * first). 0, or -EBADMSG with line, column and reason.
 */
int text_line_read(struct text_line *line, enum text_format format, const struct label_limits *limits, uint32_t number,
		   const char *text, size_t n, struct error *err);

static inline struct line_place line_place(const struct text_line *line, const char *at)
{
	return (struct line_place){ line->number, (uint32_t)(at - line->begin) + 1 };
}

/*
 * The labels of a series that was read, the metric's name among them, unescaped; not
 * sorted, and those without a value are there too. What is escaped goes to *scratch,
 * in place of what it holds. *n at most LABELS_MOST + 1. 0 or -ENOMEM.
 */
int text_series_labels(const char *series, uint32_t series_n, struct buf *scratch, struct label items[LABELS_MOST + 1], uint32_t *n);

#endif

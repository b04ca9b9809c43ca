/* SPDX-License-Identifier: MIT */
/*
 * cursor.h - a place in a line on its way to the end, and what may stand between
 * words: in the Prometheus format blanks and tabs, in OpenMetrics one space.
 */
#ifndef TEXT_CURSOR_H
#define TEXT_CURSOR_H

#include "text/line.h"

struct cursor {
	const char *at, *end, *begin;
	uint32_t number;		/* of the line */
	enum text_format format;
	const struct label_limits *limits;
	struct error *err;
	bool lenient;			/* it was read once, in either format */
};

/* -EBADMSG with the place. */
int cursor_wrong(const struct cursor *in, const char *at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "x is expected, not y", here. */
int cursor_expected(const struct cursor *in, const char *what);

static inline bool cursor_take(struct cursor *in, char c)
{
	if (in->at == in->end || *in->at != c)
		return false;
	in->at++;
	return true;
}

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Past what may stand anywhere. */
static inline void blanks(struct cursor *in)
{
	if (in->format == TEXT_PROMETHEUS)
		while (in->at < in->end && is_blank(*in->at))
			in->at++;
}

/* Only blanks that may stand there are left. */
static inline bool cursor_ended(struct cursor *in)
{
	blanks(in);
	return in->at == in->end;
}

/* What must stand between two words; something is to follow. */
int gap(struct cursor *in, const char *what);

int cursor_value(struct cursor *in, double *v);
/* Milliseconds, or seconds with a fraction, as the format has it. */
int cursor_time(struct cursor *in, struct text_time *time);

/* A number of either format, all of the text: also "+Inf" and "NaN" in any case. */
bool text_number(const char *text, size_t n, double *v);

#endif

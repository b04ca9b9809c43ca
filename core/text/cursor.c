/* SPDX-License-Identifier: MIT */
/* cursor.c - see cursor.h. Numbers are those of Go's ParseFloat, without its hexadecimal ones and its underscores. */
#include "text/cursor.h"

#include "util/decimal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#define MS_DIGITS 19		/* so many fit into 64 bits */

int cursor_wrong(const struct cursor *in, const char *at, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return text_wrong(in->err, (struct line_place){ in->number, (uint32_t)(at - in->begin) + 1 }, "%s", text);
}

/* The word that begins here, or what stands instead of one. */
static size_t word_here(const struct cursor *in)
{
	size_t n = 0, left = (size_t)(in->end - in->at);

	while (n < left && !is_blank(in->at[n]))
		n++;
	return n ? n : left ? 1 : 0;
}

int cursor_expected(const struct cursor *in, const char *what)
{
	char room[TEXT_SHOWN];

	if (in->at == in->end)
		return cursor_wrong(in, in->at, "the line ends where %s is expected", what);
	return cursor_wrong(in, in->at, "%s is expected, not \"%s\"", what, text_shown(in->at, word_here(in), room));
}

int gap(struct cursor *in, const char *what)
{
	blanks(in);
	if (in->at == in->end)
		return cursor_expected(in, what);
	if (in->format == TEXT_PROMETHEUS) {
		if (in->at == in->begin || !is_blank(in->at[-1]))
			return cursor_expected(in, "a blank");
	} else if (!cursor_take(in, ' ')) {
		return cursor_expected(in, "a space");
	} else if (in->at < in->end && is_blank(*in->at)) {
		return cursor_wrong(in, in->at, "one space is expected before %s, not several blanks", what);
	}
	return in->at == in->end ? cursor_expected(in, what) : 0;
}

/* Infinity and NaN; only the former has a sign. */
static bool special(const char *text, size_t n, double *v)
{
	size_t sign = n && (*text == '-' || *text == '+');

	if (n == 3 && !strncasecmp(text, "nan", 3)) {
		*v = NAN;
		return true;
	}
	text += sign;
	n -= sign;
	if (!(n == 3 && !strncasecmp(text, "inf", 3)) && !(n == 8 && !strncasecmp(text, "infinity", 8)))
		return false;
	*v = sign && text[-1] == '-' ? -INFINITY : INFINITY;
	return true;
}

bool text_number(const char *text, size_t n, double *v)
{
	struct decimal decimal;

	if (decimal_read(text, n, &decimal) == n && n)
		return decimal_double(&decimal, text, n, v);
	return special(text, n, v);
}

static int no_number(const struct cursor *in, size_t n)
{
	char room[TEXT_SHOWN];

	if (n && in->at[n - 1] == '\r')
		return cursor_wrong(in, in->at + n - 1, "a carriage return (a line ends with a line feed alone)");
	return cursor_wrong(in, in->at, "\"%s\" is not a number that a double can hold", text_shown(in->at, n, room));
}

int cursor_value(struct cursor *in, double *v)
{
	struct decimal decimal;
	size_t taken = decimal_read(in->at, (size_t)(in->end - in->at), &decimal), n;

	if (taken && (in->at + taken == in->end || is_blank(in->at[taken])) && decimal_double(&decimal, in->at, taken, v)) {
		in->at += taken;
		return 0;
	}
	if (in->at == in->end)
		return cursor_expected(in, "a value");
	n = word_here(in);
	if (taken == n || !special(in->at, n, v))
		return no_number(in, n);
	in->at += n;
	return 0;
}

static int no_time(const struct cursor *in, size_t n, const char *unit)
{
	char room[TEXT_SHOWN];

	return cursor_wrong(in, in->at, "\"%s\" is not a time in %s", text_shown(in->at, n, room), unit);
}

/* "1700000000123", with a sign if need be. */
static int read_ms(struct cursor *in, size_t n, kymo_ms *ms)
{
	size_t sign = *in->at == '-' || *in->at == '+';
	uint64_t v = 0;

	if (n == sign || n - sign > MS_DIGITS)
		return no_time(in, n, "whole milliseconds");
	for (size_t i = sign; i < n; i++) {
		if (in->at[i] < '0' || in->at[i] > '9')
			return no_time(in, n, "whole milliseconds");
		v = v * 10 + (uint64_t)(in->at[i] - '0');
	}
	if (v > INT64_MAX)
		return no_time(in, n, "whole milliseconds");
	*ms = *in->at == '-' ? -(kymo_ms)v : (kymo_ms)v;
	return 0;
}

static int read_seconds(struct cursor *in, size_t n, struct text_time *time)
{
	struct decimal decimal;

	if (decimal_read(in->at, n, &decimal) != n || !decimal_double(&decimal, in->at, n, &time->seconds) ||
	    !decimal_whole(&decimal, 3, &time->ms))
		return no_time(in, n, "seconds");
	if (!decimal_whole(&decimal, 9, &time->ns))
		time->ns = 0;
	return 0;
}

int cursor_time(struct cursor *in, struct text_time *time)
{
	size_t n = word_here(in);
	int r;

	*time = (struct text_time){ 0 };
	r = in->format == TEXT_PROMETHEUS ? read_ms(in, n, &time->ms) : read_seconds(in, n, time);
	if (r == 0)
		in->at += n;
	return r;
}

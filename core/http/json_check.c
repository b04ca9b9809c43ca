/* SPDX-License-Identifier: MIT */
/*
 * json_check.c - one walk from left to right, a function for each kind of value.
 * Each gives false once something is wrong and has then said so; the recursion
 * ends at limits->depth.
 */
#include "http/json_check.h"

#include "util/utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct scan {
	const char *begin, *at, *end;
	const struct json_limits *limits;
	uint32_t depth, values;
	struct error *err;
};

static bool wrong(struct scan *scan, const char *what)
{
	unsigned line = 1, column = 1;

	for (const char *c = scan->begin; c < scan->at; c++) {
		column = *c == '\n' ? 1 : column + 1;
		line += *c == '\n';
	}
	error_set(scan->err, -EINVAL, "line %u, column %u: %s", line, column, what);
	return false;
}

/* The byte that comes; NUL at the end, where none can come. */
static char coming(const struct scan *scan)
{
	return scan->at < scan->end ? *scan->at : '\0';
}

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end && memchr(" \t\r\n", *scan->at, 4))
		scan->at++;
}

static bool take(struct scan *scan, char c)
{
	if (coming(scan) != c || scan->at == scan->end)
		return false;
	scan->at++;
	return true;
}

static bool scan_word(struct scan *scan, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(scan->end - scan->at) < n || memcmp(scan->at, word, n) != 0)
		return wrong(scan, "not a value (a text stands in double quotes)");
	scan->at += n;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool scan_digits(struct scan *scan)
{
	if (!is_digit(coming(scan)))
		return wrong(scan, "a digit is missing");
	while (is_digit(coming(scan)))
		scan->at++;
	return true;
}

static bool scan_number(struct scan *scan)
{
	take(scan, '-');
	if (take(scan, '0')) {
		if (is_digit(coming(scan)))
			return wrong(scan, "a number must not begin with 0");
	} else if (!scan_digits(scan)) {
		return false;
	}
	if (take(scan, '.') && !scan_digits(scan))
		return false;
	if (!take(scan, 'e') && !take(scan, 'E'))
		return true;
	if (!take(scan, '+'))
		take(scan, '-');
	return scan_digits(scan);
}

/* The four digits behind \u. */
static bool scan_code(struct scan *scan, unsigned *code)
{
	*code = 0;
	for (int i = 0; i < 4; i++) {
		char c = coming(scan), lower = (char)(c | 0x20);

		if (!is_digit(c) && (lower < 'a' || lower > 'f'))
			return wrong(scan, "\\u wants four hexadecimal digits");
		*code = *code << 4 | (unsigned)(is_digit(c) ? c - '0' : lower - 'a' + 10);
		scan->at++;
	}
	return true;
}

static bool scan_unicode(struct scan *scan)
{
	unsigned code, low;

	if (!scan_code(scan, &code))
		return false;
	if (code == 0)
		return wrong(scan, "the character \\u0000 is not allowed");
	if (code >= 0xdc00 && code <= 0xdfff)
		return wrong(scan, "half a surrogate pair");
	if (code < 0xd800 || code > 0xdbff)
		return true;
	if (!take(scan, '\\') || !take(scan, 'u') || !scan_code(scan, &low))
		return wrong(scan, "half a surrogate pair");
	return (low >= 0xdc00 && low <= 0xdfff) || wrong(scan, "half a surrogate pair");
}

static bool scan_escape(struct scan *scan)
{
	if (take(scan, 'u'))
		return scan_unicode(scan);
	if (!coming(scan) || !strchr("\"\\/bfnrt", coming(scan)))
		return wrong(scan, "an unknown escape");
	scan->at++;
	return true;
}

static bool scan_string(struct scan *scan)
{
	scan->at++;
	while (scan->at < scan->end) {
		unsigned char c = (unsigned char)*scan->at;
		size_t step = c < 0x80 ? 1 : utf8_step(scan->at, (size_t)(scan->end - scan->at));

		if (c < 0x20)
			return wrong(scan, "a control character in a string (write \\n, \\t or \\u0001)");
		if (!step)
			return wrong(scan, "not UTF-8");
		scan->at += step;
		if (c == '"')
			return true;
		if (c == '\\' && !scan_escape(scan))
			return false;
	}
	return wrong(scan, "a string does not end");
}

static bool scan_value(struct scan *scan);

static bool scan_items(struct scan *scan)
{
	for (;;) {
		if (!scan_value(scan))
			return false;
		skip_space(scan);
		if (take(scan, ']'))
			return true;
		if (!take(scan, ','))
			return wrong(scan, "a comma or ] is missing");
	}
}

static bool scan_member(struct scan *scan)
{
	skip_space(scan);
	if (coming(scan) != '"')
		return wrong(scan, "a key in double quotes is missing");
	if (!scan_string(scan))
		return false;
	skip_space(scan);
	return take(scan, ':') ? scan_value(scan) : wrong(scan, "a colon is missing");
}

static bool scan_members(struct scan *scan)
{
	for (;;) {
		if (!scan_member(scan))
			return false;
		skip_space(scan);
		if (take(scan, '}'))
			return true;
		if (!take(scan, ','))
			return wrong(scan, "a comma or } is missing");
	}
}

static bool scan_container(struct scan *scan, char close)
{
	bool good;

	if (scan->depth == scan->limits->depth)
		return wrong(scan, "nested too deep");
	scan->at++;
	skip_space(scan);
	if (take(scan, close))
		return true;
	scan->depth++;
	good = close == ']' ? scan_items(scan) : scan_members(scan);
	scan->depth--;
	return good;
}

static bool scan_value(struct scan *scan)
{
	skip_space(scan);
	if (++scan->values > scan->limits->values)
		return wrong(scan, "too many values");
	switch (coming(scan)) {
	case '{':
		return scan_container(scan, '}');
	case '[':
		return scan_container(scan, ']');
	case '"':
		return scan_string(scan);
	case 't':
		return scan_word(scan, "true");
	case 'f':
		return scan_word(scan, "false");
	case 'n':
		return scan_word(scan, "null");
	default:
		if (coming(scan) == '-' || is_digit(coming(scan)))
			return scan_number(scan);
		return wrong(scan, scan->at == scan->end ? "a value is missing" : "not a value (a text stands in double quotes)");
	}
}

int json_check(const char *text, size_t n, const struct json_limits *limits, struct error *err)
{
	struct scan scan = { .begin = text, .at = text, .end = text + n, .limits = limits, .err = err };

	if (!scan_value(&scan))
		return -EINVAL;
	skip_space(&scan);
	if (scan.at != scan.end) {
		wrong(&scan, "something stands behind the end");
		return -EINVAL;
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* promqltest_series.c - NAME{a="b"} POINTS. */
#include "promqltest.h"

#include <math.h>
#include <strings.h>

enum { LABELS_ROOM = 64, POINTS_MOST = 10000000 };

void line_fini(struct line *line)
{
	buf_fini(&line->labels);
	free(line->points);
	*line = (struct line){ 0 };
}

struct line *lines_add(struct lines *lines)
{
	if (lines->n == lines->room) {
		lines->room = lines->room ? lines->room * 2 : 16;
		lines->items = realloc(lines->items, lines->room * sizeof *lines->items);
		if (!lines->items)
			abort();
	}
	lines->items[lines->n] = (struct line){ 0 };
	return &lines->items[lines->n++];
}

void lines_fini(struct lines *lines)
{
	for (uint32_t i = 0; i < lines->n; i++)
		line_fini(&lines->items[i]);
	free(lines->items);
	*lines = (struct lines){ 0 };
}

void line_print(const struct line *line, struct buf *out)
{
	labels_print((struct labels){ line->labels.data, (uint32_t)line->labels.len }, out);
	for (uint32_t i = 0; i < line->n; i++) {
		const struct point *point = &line->points[i];

		if (point->kind == POINT_VALUE)
			buf_printf(out, " %.17g", point->value);
		else
			buf_add_text(out, point->kind == POINT_NONE ? " _" : point->kind == POINT_STALE ? " stale" : " {{...}}");
	}
}

const char *duration_of(const char *text, size_t n, kymo_ms *ms)
{
	char copy[64];
	bool minus = n && text[0] == '-';

	if (n - minus >= sizeof copy)
		return "not a duration";
	memcpy(copy, text + minus, n - minus);
	copy[n - minus] = '\0';
	if (promql_duration_parse(copy, ms) < 0)
		return "not a duration";
	*ms = minus ? -*ms : *ms;
	return NULL;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* 0x5 is 0, five times more: no hexadecimal here. */
static size_t number_length(const char *text)
{
	size_t n = *text == '+' || *text == '-', digits = n;

	if (!strncasecmp(text + n, "inf", 3) || !strncasecmp(text + n, "nan", 3))
		return n + 3;
	while (is_digit(text[n]) || text[n] == '.')
		n++;
	if (n == digits)
		return 0;
	if ((text[n] | 0x20) == 'e' && is_digit(text[n + 1 + (text[n + 1] == '+' || text[n + 1] == '-')]))
		for (n += 1 + (text[n + 1] == '+' || text[n + 1] == '-'); is_digit(text[n]);)
			n++;
	return n;
}

const char *number_of(const char *text, const char **end, double *out)
{
	size_t n = number_length(text);
	char copy[64];

	if (!n || n >= sizeof copy)
		return "not a number";
	memcpy(copy, text, n);
	copy[n] = '\0';
	*out = strtod(copy, NULL);
	*end = text + n;
	return NULL;
}

static void add_points(struct line *line, enum point_kind kind, double first, double step, uint32_t n)
{
	if (line->n + n > line->room) {
		line->room = (line->n + n) * 2;
		line->points = realloc(line->points, line->room * sizeof *line->points);
		if (!line->points)
			abort();
	}
	for (uint32_t i = 0; i < n; i++, first += step)
		line->points[line->n++] = (struct point){ kind, first };
}

/* x5: how many. */
static bool take_times(const char **at, uint32_t *n)
{
	char *end;
	unsigned long long v;

	if (**at != 'x' || !is_digit((*at)[1]))
		return false;
	v = strtoull(*at + 1, &end, 10);
	*n = v > POINTS_MOST ? POINTS_MOST : (uint32_t)v;
	*at = end;
	return true;
}

static bool skip_native(const char **at)
{
	const char *end = !strncmp(*at, "{{", 2) ? strstr(*at, "}}") : NULL;

	if (!end)
		return false;
	*at = end + 2;
	return true;
}

static const char *parse_native(const char **at, struct line *line)
{
	uint32_t n = 0;

	skip_native(at);
	if (**at == '+' || **at == '-') {
		++*at;
		skip_native(at);
	}
	add_points(line, POINT_NATIVE, 0, 0, take_times(at, &n) ? n + 1 : 1);
	line->is_native = true;
	return NULL;
}

/* 5, 5x3, 5+1x3, 5-1x3: each the value and so many more. */
static const char *parse_values(const char **at, struct line *line)
{
	double first, step = 0;
	uint32_t n = 0;
	const char *wrong = number_of(*at, at, &first);

	if (wrong)
		return wrong;
	if (**at == '+' || **at == '-') {
		wrong = number_of(*at, at, &step);
		if (wrong || **at != 'x')
			return "not a number of values";
	}
	add_points(line, POINT_VALUE, first, step, take_times(at, &n) ? n + 1 : 1);
	return NULL;
}

static const char *parse_points(const char *at, struct line *line)
{
	for (;;) {
		const char *wrong = NULL;
		uint32_t n = 1;

		at += strspn(at, " \t");
		if (!*at)
			return NULL;
		if (*at == '_') {
			at++;
			take_times(&at, &n);
			add_points(line, POINT_NONE, 0, 0, n);
		} else if (!strncmp(at, "stale", 5)) {
			at += 5;
			add_points(line, POINT_STALE, 0, 0, take_times(&at, &n) ? n + 1 : 1);
		} else if (!strncmp(at, "{{", 2)) {
			wrong = parse_native(&at, line);
		} else {
			wrong = parse_values(&at, line);
		}
		if (wrong)
			return wrong;
		if (*at && *at != ' ' && *at != '\t')
			return "points that are not understood";
	}
}

/* Where a selector's text ends: behind its braces, or at the first blank. */
static const char *selector_end(const char *text)
{
	const char *at = text + strcspn(text, "{ \t");
	char quote = 0;

	if (*(at + strspn(at, " \t")) == '{' && strncmp(at + strspn(at, " \t"), "{{", 2) != 0)
		at += strspn(at, " \t");
	if (*at != '{')
		return at;
	for (; *at; at++) {
		if (quote && *at == '\\' && quote != '`' && at[1])
			at++;
		else if (quote)
			quote = *at == quote ? 0 : quote;
		else if (*at == '"' || *at == '\'' || *at == '`')
			quote = *at;
		else if (*at == '}')
			return at + 1;
	}
	return at;
}

/* The labels of a selector that has nothing but name="value". */
static const char *labels_of(const struct selector *selector, struct buf *out)
{
	struct label items[LABELS_ROOM];

	if (selector->n_matchers > LABELS_ROOM)
		return "too many labels";
	for (uint32_t i = 0; i < selector->n_matchers; i++) {
		const char *name = matcher_name(selector->matchers[i]), *value = matcher_value(selector->matchers[i]);

		if (matcher_op(selector->matchers[i]) != MATCH_EQUAL)
			return "a series is written with = alone";
		items[i] = (struct label){ name, value, (uint32_t)strlen(name), (uint32_t)strlen(value) };
	}
	return labels_encode(items, selector->n_matchers, out) < 0 ? "a label twice" : NULL;
}

const char *line_parse(const char *text, struct line *line)
{
	const char *end = selector_end(text), *inner = text;
	AUTO(expr) expr = NULL;

	while (inner < end && strchr("{} \t", *inner))
		inner++;
	if (inner < end) {			/* else {}: no labels at all, which is no selector */
		const char *wrong;
		struct error err = { 0 };
		int r = expr_parse_selector(text, (size_t)(end - text), &PARSE_LIMITS, &expr, &err);

		error_clear(&err);
		if (r < 0)
			return "a series that is not understood";
		wrong = labels_of(&expr_root(expr)->selector, &line->labels);
		if (wrong)
			return wrong;
	}
	return parse_points(end, line);
}

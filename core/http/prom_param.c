/* SPDX-License-Identifier: MIT */
/* prom_param.c - see prom_param.h. */
#include "http/prom_param.h"

#include "util/duration.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SPAN_MOST INT64_C(9223372036854)	/* ms whose nanoseconds 64 bits hold, as there */

int prom_invalid(struct error *err, const char *name, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return error_set(err, -EINVAL, "invalid parameter \"%s\": %s", name, text);
}

int prom_invalid_why(struct error *err, int code, const char *name, struct error *why)
{
	error_set(err, code, "invalid parameter \"%s\": %s", name, why->count ? error_text(why) : error_name(code));
	error_clear(why);
	return code;
}

/* In quotes, with what JSON escapes escaped. */
static int cannot_parse(struct error *err, const char *text, const char *what)
{
	AUTO_BUF quoted = { 0 };
	struct json json = json_to(&quoted);

	json_text(&json, text);
	return error_set(err, -EINVAL, "cannot parse %s to a valid %s", buf_text(&quoted), what);
}

#define NUMBER_MOST 64			/* digits and all; a longer one is a number too, but nobody writes it */

/* A digit of its base stands on both sides of each underscore, which go: as Go reads a number. */
static bool without_underscores(const char *text, char room[NUMBER_MOST])
{
	char *to = room;

	for (const char *at = text; *at; at++) {
		if (to == room + NUMBER_MOST - 1)
			return false;
		if (*at != '_')
			*to++ = *at;
		else if (at == text || !isxdigit((unsigned char)at[-1]) || !isxdigit((unsigned char)at[1]))
			return false;
	}
	*to = '\0';
	return true;
}

/*
 * The whole text is a number as Go writes it, NaN and infinities among them: one in
 * hexadecimals has an exponent, and what is too large for a double is none.
 */
static bool read_double(const char *text, double *number)
{
	char room[NUMBER_MOST], *end;

	if (!*text || isspace((unsigned char)*text) || !without_underscores(text, room))
		return false;
	*number = number_parse(room, &end);
	if (*end || strchr(room, '('))			/* "nan(1)" is only C's */
		return false;
	if (strpbrk(room, "xX") && !strpbrk(room, "pP"))
		return false;
	return !isinf(*number) || strpbrk(room, "iI");
}

/* To the millisecond: whole seconds, and the rest rounded. */
static kymo_ms ms_of(double seconds)
{
	double whole, rest = modf(seconds, &whole);

	if (whole > (double)(PROM_LATEST / 1000))
		return PROM_LATEST;
	if (whole < (double)(PROM_EARLIEST / 1000))
		return PROM_EARLIEST;
	return (kymo_ms)whole * 1000 + (kymo_ms)round(rest * 1000);
}

/* The first and the last time of Go's API as texts: clients send them, and no reader of RFC 3339 takes their years. */
static bool is_end_of_time(const char *text, kymo_ms *at)
{
	if (!strcmp(text, "-292273086-05-16T16:47:06Z"))
		*at = PROM_EARLIEST;
	else if (!strcmp(text, "292277025-08-18T07:12:54.999999999Z"))
		*at = PROM_LATEST;
	else
		return false;
	return true;
}

/* 23:59:60, which RFC 3339 knows and Prometheus does not. */
static bool has_leap_second(const char *text)
{
	return strlen(text) > 18 && text[16] == ':' && text[17] == '6';
}

static int read_time(const char *text, kymo_ms *at, struct error *err)
{
	double seconds;

	if (read_double(text, &seconds) && !isnan(seconds)) {
		*at = ms_of(seconds);
		return 0;
	}
	if (is_end_of_time(text, at) || (strchr(text, 'T') && !has_leap_second(text) && time_parse(text, at) == 0))
		return 0;
	return cannot_parse(err, text, "timestamp");
}

int prom_time(const struct params *params, const char *name, kymo_ms *at, struct error *err)
{
	struct error why = { 0 };
	int r = read_time(params_get(params, name), at, &why);

	return r < 0 ? prom_invalid_why(err, r, name, &why) : 0;
}

int prom_time_or(const struct params *params, const char *name, kymo_ms otherwise, kymo_ms *at, struct error *err)
{
	const char *text = params_get(params, name);
	struct error why = { 0 };

	*at = otherwise;
	if (!*text || read_time(text, at, &why) == 0)
		return 0;
	error_set(err, -EINVAL, "invalid parameter \"%s\": invalid time value for '%s': %s", name, name, error_text(&why));
	error_clear(&why);
	return -EINVAL;
}

int prom_span(const char *text, kymo_ms *span, struct error *err)
{
	double seconds;

	if (read_double(text, &seconds)) {
		if (fabs(seconds) > (double)SPAN_MOST / 1000)
			return cannot_parse(err, text, "duration. It overflows int64");
		*span = isnan(seconds) ? -1 : (kymo_ms)(seconds * 1000);	/* not a number: the least of all, there */
		return 0;
	}
	if (!strchr(text, '.') && duration_parse(text, span) == 0 && *span <= SPAN_MOST)
		return 0;
	return cannot_parse(err, text, "duration");
}

int prom_timeout(const struct request *request, const struct params *params, kymo_ms *timeout, struct error *err)
{
	kymo_ms most = request->rules ? request->rules->timeout : 0;
	const char *text = params_get(params, "timeout");
	struct error why = { 0 };
	int r;

	*timeout = most;
	if (!*text)
		return 0;
	r = prom_span(text, timeout, &why);
	if (r < 0)
		return prom_invalid_why(err, r, "timeout", &why);
	if (*timeout <= 0)
		*timeout = -1;
	else if (most && *timeout > most)
		*timeout = most;
	return 0;
}

/* As Go's Atoi: a sign, digits, nothing else. 0, -EINVAL, -ERANGE. */
static int read_integer(const char *text, int64_t *number)
{
	const char *digits = text + (*text == '-' || *text == '+');

	if (!*digits || digits[strspn(digits, "0123456789")])
		return -EINVAL;
	errno = 0;
	*number = strtoll(text, NULL, 10);
	return errno ? -ERANGE : 0;
}

int prom_limit(const struct params *params, uint64_t *limit, struct error *err)
{
	const char *text = params_get(params, "limit");
	AUTO_BUF quoted = { 0 };
	struct json json = json_to(&quoted);
	int64_t number = 0;
	int r = *text ? read_integer(text, &number) : 0;

	*limit = (uint64_t)number;
	if (r < 0) {
		json_text(&json, text);
		return error_set(err, -EINVAL, "invalid parameter \"limit\": strconv.Atoi: parsing %s: %s", buf_text(&quoted),
				 r == -EINVAL ? "invalid syntax" : "value out of range");
	}
	return number < 0 ? prom_invalid(err, "limit", "limit must be non-negative") : 0;
}

int prom_number(const struct params *params, const char *name, int64_t *number, struct error *err)
{
	const char *text = params_get(params, name);

	*number = -1;
	if (*text && read_integer(text, number) < 0)
		return error_set(err, -EINVAL, "%s must be a number", name);
	return 0;
}

/* ---- match[] ---- */

struct matcher *const *prom_matches_at(const struct prom_matches *matches, uint32_t i, uint32_t *n)
{
	const struct selector *selector = &expr_root(matches->exprs[i])->selector;

	*n = selector->n_matchers;
	return selector->matchers;
}

static bool takes_everything(const struct prom_matches *matches, uint32_t i)
{
	uint32_t n;
	struct matcher *const *matchers = prom_matches_at(matches, i, &n);

	for (uint32_t k = 0; k < n; k++)
		if (!matcher_takes_empty(matchers[k]))
			return false;
	return true;
}

static int add_match(struct prom_matches *matches, const char *text, struct error *err)
{
	const struct parse_limits limits = PARSE_LIMITS;
	struct expr **more = realloc(matches->exprs, (matches->n + 1) * sizeof *more);
	int r;

	if (!more)
		return error_set(err, -ENOMEM, "out of memory");
	matches->exprs = more;
	r = expr_parse_selector(text, strlen(text), &limits, &matches->exprs[matches->n], err);
	if (r < 0)
		return r;
	if (takes_everything(matches, matches->n++))
		return error_set(err, -EINVAL, "match[] must contain at least one non-empty matcher");
	return 0;
}

int prom_matches_read(struct prom_matches *matches, const struct params *params, bool named, struct error *err)
{
	struct error why = { 0 };
	const char *text;
	uint32_t at = 0;
	int r = 0;

	*matches = (struct prom_matches){ 0 };
	while (r == 0 && (text = params_next(params, "match[]", &at)))
		r = add_match(matches, text, &why);
	if (r < 0 && named)
		return prom_invalid_why(err, r, "match[]", &why);
	if (r < 0)
		error_set(err, r, "%s", why.count ? error_text(&why) : error_name(r));
	error_clear(&why);
	return r;
}

void prom_matches_fini(struct prom_matches *matches)
{
	for (uint32_t i = 0; i < matches->n; i++)
		expr_destroy(matches->exprs[i]);
	free(matches->exprs);
	*matches = (struct prom_matches){ 0 };
}

/* SPDX-License-Identifier: MIT */
/* literal.c - numbers and strings are written as in Go. */
#include "promql/literal.h"
#include "promql/parse.h"
#include "util/duration.h"
#include "util/number.h"
#include "util/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { DURATION_MOST = 64 };			/* letters of one */
#define SPAN_MOST INT64_C(9223372036854)	/* ms: 2^63 ns, as in Prometheus */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_hex(char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }
static bool is_prefixed(const char *text, uint32_t n) { return n > 1 && text[0] == '0' && (text[1] | 0x20) == 'x'; }

/* Only between digits, or behind 0x. */
static bool underscores_are_right(const char *text, uint32_t n)
{
	bool hex = is_prefixed(text, n);

	for (uint32_t i = 0; i < n; i++) {
		if (text[i] != '_')
			continue;
		if (i == 0 || i + 1 == n)
			return false;
		if (!(hex ? is_hex(text[i + 1]) : is_digit(text[i + 1])))
			return false;
		if (!(hex ? is_hex(text[i - 1]) || i == 2 : is_digit(text[i - 1])))
			return false;
	}
	return true;
}

/* A zero in front and only digits below 8. */
static bool is_octal(const char *digits)
{
	return digits[0] == '0' && digits[1] && strspn(digits, "01234567") == strlen(digits);
}

static int value_of(const char *digits, double *out)
{
	char *end;

	if (is_octal(digits)) {
		*out = 0;
		for (; *digits; digits++)
			*out = *out * 8 + (*digits - '0');
		return 0;
	}
	*out = number_parse(digits, &end);
	if (*end || end == digits)
		return -EINVAL;
	return isinf(*out) ? -ERANGE : 0;
}

int literal_number(const char *text, uint32_t n, double *out)
{
	AUTO_BUF digits = { 0 };

	if (n == 3 && (!strncasecmp(text, "inf", 3) || !strncasecmp(text, "nan", 3))) {
		*out = (text[0] | 0x20) == 'i' ? INFINITY : NAN;
		return 0;
	}
	if (!underscores_are_right(text, n) || (is_prefixed(text, n) && n == 2))
		return -EINVAL;
	for (uint32_t i = 0; i < n; i++)
		if (text[i] != '_')
			buf_add_u8(&digits, (uint8_t)text[i]);
	if (!buf_text(&digits))
		return -ENOMEM;
	return value_of((const char *)digits.data, out);
}

int literal_duration(const char *text, uint32_t n, kymo_ms *out)
{
	char copy[DURATION_MOST];
	int r;

	if (n >= sizeof copy)
		return -EINVAL;
	memcpy(copy, text, n);
	copy[n] = '\0';
	r = duration_parse(copy, out);
	return r < 0 ? r : *out > SPAN_MOST ? -ERANGE : 0;
}

int literal_seconds(double seconds, kymo_ms *out)
{
	if (!(fabs(seconds) <= (double)SPAN_MOST / 1000))
		return -ERANGE;
	*out = (kymo_ms)round(seconds * 1000);
	return 0;
}

int promql_duration_parse(const char *text, kymo_ms *ms)
{
	uint32_t n = (uint32_t)strnlen(text, DURATION_MOST);
	double seconds;
	int r = literal_duration(text, n, ms);

	if (r != -EINVAL || (!is_digit(text[0]) && text[0] != '.'))
		return r;
	r = literal_number(text, n, &seconds);
	return r < 0 ? r : literal_seconds(seconds, ms);
}

static void add_rune(uint32_t rune, struct buf *out)
{
	if (rune < 0x80) {
		buf_add_u8(out, (uint8_t)rune);
	} else if (rune < 0x800) {
		buf_add_u8(out, (uint8_t)(0xc0 | rune >> 6));
		buf_add_u8(out, (uint8_t)(0x80 | (rune & 0x3f)));
	} else if (rune < 0x10000) {
		buf_add_u8(out, (uint8_t)(0xe0 | rune >> 12));
		buf_add_u8(out, (uint8_t)(0x80 | (rune >> 6 & 0x3f)));
		buf_add_u8(out, (uint8_t)(0x80 | (rune & 0x3f)));
	} else {
		buf_add_u8(out, (uint8_t)(0xf0 | rune >> 18));
		buf_add_u8(out, (uint8_t)(0x80 | (rune >> 12 & 0x3f)));
		buf_add_u8(out, (uint8_t)(0x80 | (rune >> 6 & 0x3f)));
		buf_add_u8(out, (uint8_t)(0x80 | (rune & 0x3f)));
	}
}

static int digit_value(char c)
{
	return is_digit(c) ? c - '0' : is_hex(c) ? (c | 0x20) - 'a' + 10 : 16;
}

/* U+002E '.' */
static void name_character(const char *at, const char *end, char *out, size_t room)
{
	size_t n = utf8_step(at, (size_t)(end - at));
	uint32_t rune = (uint8_t)*at;

	if (n > 1)
		rune &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++)
		rune = rune << 6 | ((uint8_t)at[i] & 0x3f);
	snprintf(out, room, "U+%04X '%.*s'", rune, (int)n, at);
}

/* So many digits of the base; `end` is at the closing quote. */
static const char *read_code(const char **at, const char *end, uint32_t digits, int base, uint32_t *code, char message[96])
{
	char name[32];

	*code = 0;
	for (uint32_t i = 0; i < digits; i++, ++*at) {
		if (*at == end || digit_value(**at) >= base) {
			name_character(*at, end + 1, name, sizeof name);
			snprintf(message, 96, "illegal character %s in escape sequence", name);
			return message;
		}
		*code = *code * (uint32_t)base + (uint32_t)digit_value(**at);
	}
	return NULL;
}

/* \x41, \101: a byte; \u00e9, \U0001f600: a character. */
static const char *unquote_code(const char **at, const char *end, struct buf *out, char message[96])
{
	char c = **at;
	bool octal = c >= '0' && c <= '7', rune = c == 'u' || c == 'U';
	uint32_t code;
	const char *wrong;

	*at += !octal;
	wrong = read_code(at, end, octal ? 3 : c == 'x' ? 2 : c == 'u' ? 4 : 8, octal ? 8 : 16, &code, message);
	if (wrong)
		return wrong;
	if (code > (rune ? 0x10ffffu : 0xffu) || (rune && code >= 0xd800 && code < 0xe000))
		return "escape sequence is an invalid Unicode code point";
	if (rune)
		add_rune(code, out);
	else
		buf_add_u8(out, (uint8_t)code);
	return NULL;
}

/* Behind the backslash. */
static const char *unquote_escape(const char **at, const char *end, char quote, struct buf *out, char message[96])
{
	static const char letters[] = "abfnrtv\\", meant[] = "\a\b\f\n\r\t\v\\";
	const char *letter = *at < end && **at ? strchr(letters, **at) : NULL;
	char name[32];

	if (*at == end)
		return "escape sequence not terminated";
	if (letter || **at == quote) {
		buf_add_u8(out, (uint8_t)(letter ? meant[letter - letters] : quote));
		++*at;
		return NULL;
	}
	if (strchr("01234567xuU", **at))
		return unquote_code(at, end, out, message);
	name_character(*at, end, name, sizeof name);
	snprintf(message, 96, "unknown escape sequence %s", name);
	return message;
}

const char *literal_unquote(const char *text, uint32_t n, struct buf *out, char message[96])
{
	const char *at = text + 1, *end = text + n - 1, *wrong;
	size_t before = out->len;

	if (*text == '`') {
		buf_add(out, at, (size_t)(end - at));
		return NULL;
	}
	while (at < end) {
		if (*at != '\\') {
			buf_add_u8(out, (uint8_t)*at++);
			continue;
		}
		at++;
		wrong = unquote_escape(&at, end, *text, out, message);
		if (wrong)
			return wrong;
	}
	return out->len > before && memchr(out->data + before, '\0', out->len - before) ? "a string must not hold a NUL" : NULL;
}

void literal_quote(const char *text, size_t n, struct buf *out)
{
	static const char specials[] = "\"\\\n\t\r", letters[] = "\"\\ntr";

	buf_add_u8(out, '"');
	for (size_t i = 0, step; i < n; i += step ? step : 1) {
		const char *special = text[i] ? strchr(specials, text[i]) : NULL;

		step = utf8_step(text + i, n - i);
		if (special) {
			buf_add_u8(out, '\\');
			buf_add_u8(out, (uint8_t)letters[special - specials]);
		} else if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f || !step) {
			buf_printf(out, "\\x%02x", (uint8_t)text[i]);
		} else {
			buf_add(out, text + i, step);
		}
	}
	buf_add_u8(out, '"');
}

/* SPDX-License-Identifier: MIT */
/* text.c - every piece first makes room for its longest form, then writes. */
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_SIZE = 32 };	/* "-1.7976931348623157e+308", and 20 digits of a count */

void text_fini(struct text *text)
{
	free(text->bytes);
	*text = (struct text){ 0 };
}

/* Where `size` bytes may be written; NULL: no memory. */
static char *text_reserve(struct text *text, size_t size)
{
	size_t room = text->room ? text->room : 256;
	char *bytes;

	if (size <= text->room - text->len)
		return text->bytes + text->len;
	while (room - text->len < size)
		room *= 2;
	bytes = realloc(text->bytes, room);
	if (!bytes) {
		text->failed = true;
		return NULL;
	}
	text->bytes = bytes;
	text->room = room;
	return bytes + text->len;
}

void text_add(struct text *text, const char *bytes, size_t len)
{
	char *at = text_reserve(text, len);

	if (!at)
		return;
	memcpy(at, bytes, len);
	text->len += len;
}

void text_put(struct text *text, const char *literal)
{
	text_add(text, literal, strlen(literal));
}

static size_t write_count(char *at, uint64_t value)
{
	char digits[NUMBER_SIZE];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + value % 10);
	while (value /= 10);
	for (size_t i = 0; i < n; i++)
		at[i] = digits[n - 1 - i];
	return n;
}

void text_count(struct text *text, uint64_t value)
{
	char *at = text_reserve(text, NUMBER_SIZE);

	if (at)
		text->len += write_count(at, value);
}

void text_integer(struct text *text, int64_t value)
{
	if (value < 0)
		text_put(text, "-");
	text_count(text, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

/*
 * Most values are whole or have few places. A whole number below 2^53 divided
 * by a power of ten up to 10^22 is rounded once, just as reading the decimal
 * is, so if the quotient is the value, the decimal reads back as it.
 */
static size_t write_decimal(char *at, double value)
{
	static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6 };
	enum { PLACES = sizeof powers / sizeof *powers };
	double scaled = 0;
	size_t n, places;
	char *begin = at;

	for (places = 0; places < PLACES; places++) {
		scaled = nearbyint(value * powers[places]);
		if (scaled >= 9007199254740992.0)
			return 0;
		if (scaled / powers[places] == value)
			break;
	}
	if (places == PLACES)
		return 0;
	n = write_count(at, (uint64_t)scaled / (uint64_t)powers[places]);
	at += n;
	if (places) {
		uint64_t fraction = (uint64_t)scaled % (uint64_t)powers[places];

		*at++ = '.';
		for (size_t p = places; p-- > 0; fraction /= 10)
			at[p] = (char)('0' + fraction % 10);
		at += places;
	}
	return (size_t)(at - begin);
}

static size_t write_exact(char *at, double value)
{
	int n = 0;

	for (int digits = 15; digits <= 17; digits++) {
		n = snprintf(at, NUMBER_SIZE, "%.*g", digits, value);
		if (strtod(at, NULL) == value)
			break;
	}
	return (size_t)n;
}

static void write_number(struct text *text, double value)
{
	char *at = text_reserve(text, NUMBER_SIZE);
	size_t n;

	if (!at)
		return;
	if (!(n = write_decimal(at, value)))
		n = write_exact(at, value);
	text->len += n;
}

void text_number(struct text *text, double value)
{
	if (isnan(value)) {
		text_put(text, "\"NaN\"");
	} else if (isinf(value)) {
		text_put(text, value > 0 ? "\"+Inf\"" : "\"-Inf\"");
	} else {
		if (signbit(value))
			text_put(text, "-");
		write_number(text, fabs(value));
		if (value == 0 && signbit(value))
			text_put(text, ".0");	/* readers take -0 for a whole number, which has no sign */
	}
}

static size_t write_escape(char *at, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char *const named = "b\bf\fn\nr\rt\t\"\"\\\\";

	at[0] = '\\';
	for (const char *n = named; *n; n += 2)
		if ((unsigned char)n[1] == c) {
			at[1] = n[0];
			return 2;
		}
	memcpy(at + 1, "u00", 3);
	at[4] = hex[c >> 4];
	at[5] = hex[c & 15];
	return 6;
}

void text_string(struct text *text, const char *string)
{
	char *begin = text_reserve(text, 6 * strlen(string) + 2), *at = begin;

	if (!at)
		return;
	*at++ = '"';
	for (; *string; string++) {
		unsigned char c = (unsigned char)*string;

		if (c < 0x20 || c == '"' || c == '\\')
			at += write_escape(at, c);
		else
			*at++ = *string;
	}
	*at++ = '"';
	text->len += (size_t)(at - begin);
}

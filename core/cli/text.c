/* SPDX-License-Identifier: MIT */
/* text.c - see text.h. */
#include "cli/text.h"

#include "util/duration.h"
#include "util/number.h"
#include "util/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <wchar.h>

/* Of the n valid bytes at text. */
static uint32_t code_point(const char *text, size_t n)
{
	static const uint8_t first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = (uint8_t)text[0] & first[n];

	for (size_t i = 1; i < n; i++)
		code = code << 6 | ((uint8_t)text[i] & 0x3f);
	return code;
}

/* General categories Cc, Cf (where they steer or hide) and the two line ends of Unicode. */
static bool is_unsafe(uint32_t code)
{
	static const struct { uint32_t from, to; } ranges[] = {
		{ 0x00, 0x1f },	    { 0x7f, 0x9f },	{ 0xad, 0xad },	    { 0x61c, 0x61c },	{ 0x180e, 0x180e },
		{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
		{ 0xe0000, 0xe007f },
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (code >= ranges[i].from && code <= ranges[i].to)
			return true;
	return false;
}

static void add_escaped(struct buf *out, uint32_t code)
{
	if (code == '\n')
		buf_add_text(out, "\\n");
	else if (code == '\t')
		buf_add_text(out, "\\t");
	else if (code < 0x80)
		buf_printf(out, "\\x%02x", (unsigned)code);
	else
		buf_printf(out, "\\u{%x}", (unsigned)code);
}

/* Add the character that the n bytes begin with; how long it was. */
static size_t add_character(struct buf *out, const char *text, size_t n)
{
	size_t step = utf8_step(text, n);

	if (!step)
		buf_printf(out, "\\x%02x", (uint8_t)*text);
	else if (is_unsafe(code_point(text, step)))
		add_escaped(out, code_point(text, step));
	else
		buf_add(out, text, step);
	return step ? step : 1;
}

void text_add_safe(struct buf *out, const char *text, const char *also)
{
	for (size_t left = strlen(text), step; left; text += step, left -= step) {
		if (strchr(also, *text))
			buf_add_u8(out, '\\');
		step = add_character(out, text, left);
	}
}

void text_add_lines(struct buf *out, const char *text)
{
	for (size_t left = strlen(text), step = 1; left; text += step, left -= step) {
		step = 1;
		if (*text == '\n')
			buf_add_u8(out, '\n');
		else
			step = add_character(out, text, left);
	}
}

void text_add_time(struct buf *out, kymo_ms at)
{
	kymo_ms ms = (at % 1000 + 1000) % 1000;
	time_t seconds = (time_t)((at - ms) / 1000);
	struct tm tm;
	long east;

	if (!localtime_r(&seconds, &tm)) {
		buf_printf(out, "%lld ms", (long long)at);
		return;
	}
	east = tm.tm_gmtoff / 60;
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		   tm.tm_min, tm.tm_sec);
	if (ms)
		buf_printf(out, ".%03d", (int)ms);
	buf_printf(out, "%c%02ld:%02ld", east < 0 ? '-' : '+', labs(east) / 60, labs(east) % 60);
}

void text_add_duration(struct buf *out, kymo_ms ms)
{
	char text[DURATION_TEXT];

	buf_add_text(out, duration_format(ms, text));
}

void text_add_size(struct buf *out, double bytes)
{
	char text[DURATION_TEXT];

	if (bytes >= 0 && bytes < 9e18)
		buf_add_text(out, size_format((uint64_t)bytes, text));
	else
		buf_printf(out, "%g B", bytes);
}

void text_add_ns(struct buf *out, double ns)
{
	static const struct { double size; const char *name; } units[] = {
		{ 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" }, { 1, "ns" },
	};
	size_t i = 0;

	while (i < 3 && ns < units[i].size * 0.9995)
		i++;
	ns /= units[i].size;
	buf_printf(out, "%.*f %s", units[i].size == 1 || ns >= 99.95 ? 0 : ns >= 9.995 ? 1 : 2, ns, units[i].name);
}

void text_add_number(struct buf *out, double value)
{
	char text[NUMBER_TEXT];

	buf_add_text(out, number_format(value, text));
}

size_t text_width(const char *text, size_t n)
{
	size_t width = 0, step;

	for (; n; text += step, n -= step) {
		int columns = 1;

		step = utf8_step(text, n);
		if (step > 1)
			columns = wcwidth((wchar_t)code_point(text, step));
		width += columns < 0 ? 1 : (size_t)columns;
		step = step ? step : 1;
	}
	return width;
}

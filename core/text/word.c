/* SPDX-License-Identifier: MIT */
/* word.c - see word.h. */
#include "text/word.h"

#include "util/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* One character at word.at[*i] as it is meant. */
static uint32_t next_plain(struct text_word word, uint32_t *i, char *to)
{
	char c = word.at[(*i)++], next;

	to[0] = c;
	if (c != '\\' || *i == word.n)
		return 1;
	next = word.at[(*i)++];
	to[0] = next == 'n' ? '\n' : next;
	if (next == 'n' || next == '"' || next == '\\')
		return 1;
	to[0] = c;
	to[1] = next;
	return 2;
}

uint32_t text_unescape(struct text_word word, char *to)
{
	uint32_t n = 0, i = 0;

	if (!word.escaped) {
		memcpy(to, word.at, word.n);
		return word.n;
	}
	while (i < word.n)
		n += next_plain(word, &i, to + n);
	return n;
}

uint32_t text_plain_length(struct text_word word)
{
	uint32_t n = 0, i = 0;
	char plain[2];

	while (i < word.n)
		n += next_plain(word, &i, plain);
	return n;
}

/* Which escapes stand where does not matter: both are read side by side. */
static bool equal_escaped(struct text_word a, struct text_word b)
{
	char of_a[2], of_b[2];
	uint32_t i = 0, j = 0, n = 0, m = 0;

	for (;;) {
		if (!n && i < a.n)
			n = next_plain(a, &i, of_a);
		if (!m && j < b.n)
			m = next_plain(b, &j, of_b);
		if (!n || !m)
			return n == m;
		if (of_a[0] != of_b[0])
			return false;
		of_a[0] = of_a[1];
		of_b[0] = of_b[1];
		n--;
		m--;
	}
}

bool text_words_equal(struct text_word a, struct text_word b)
{
	if (a.escaped || b.escaped)
		return equal_escaped(a, b);
	return a.n == b.n && !memcmp(a.at, b.at, a.n);
}

bool text_word_is(struct text_word word, const char *text)
{
	return text_words_equal(word, (struct text_word){ text, (uint32_t)strlen(text), false });
}

int text_wrong(struct error *err, struct line_place at, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return error_set(err, -EBADMSG, "%u:%u: %s", at.line, at.column, text);
}

const char *text_shown(const char *text, size_t n, char room[TEXT_SHOWN])
{
	size_t to = 0, step;

	for (; n; text += step, n -= step) {
		step = utf8_step(text, n);
		if (to > TEXT_SHOWN - 20)
			return strcpy(room + to, "..."), room;
		if (step && (unsigned char)*text >= ' ' && *text != 0x7f) {
			memcpy(room + to, text, step);
			to += step;
		} else {
			step = 1;
			to += (size_t)snprintf(room + to, TEXT_SHOWN - to, "\\x%02x", (unsigned char)*text);
		}
	}
	room[to] = '\0';
	return room;
}

/* SPDX-License-Identifier: MIT */
/*
 * words.c - nearness is the edit distance with swapped neighbours (optimal
 * string alignment); letter case and the difference of - and _ do not count.
 */
#include "conf/words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LONGEST 64u		/* longer words are not compared */
#define SHOWN_TEXT 60u

const char *shown(const char *text, char room[SHOWN])
{
	size_t len = 0;

	for (const char *c = text; *c; c++) {
		unsigned char byte = (unsigned char)*c;
		int control = byte < 0x20 || byte == 0x7f;

		/* Cut between characters: not before a continuation byte. */
		if (len >= SHOWN_TEXT && (byte & 0xc0) != 0x80) {
			memcpy(room + len, "...", 4);
			return room;
		}
		if (control) {
			snprintf(room + len, SHOWN - len, "\\x%02x", byte);
			len += 4;
		} else if (len < SHOWN - 5) {
			room[len++] = *c;
		}
	}
	room[len] = '\0';
	return room;
}

const char *shown_place(struct place at, char room[SHOWN_PLACE])
{
	if (!at.line)
		snprintf(room, SHOWN_PLACE, "%s", at.file ? at.file : "");
	else
		snprintf(room, SHOWN_PLACE, "%s:%u:%u", at.file ? at.file : "", at.line, at.column);
	return room;
}

static int folded(char c)
{
	return c == '-' ? '_' : tolower((unsigned char)c);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned rows[3][LONGEST + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= m; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *spare = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			int differ = folded(a[i - 1]) != folded(b[j - 1]);

			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (unsigned)differ);
			if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
			    folded(a[i - 2]) == folded(b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[m];
}

const char *nearest_word(const char *text, word_at *at, const void *words)
{
	size_t n = strnlen(text, LONGEST + 1);
	unsigned most = n < 4 ? 1 : n < 8 ? 2 : 3, best = most + 1;
	const char *nearest = NULL, *word;

	if (n > LONGEST)
		return NULL;
	for (size_t i = 0; (word = at(words, i)); i++) {
		size_t m = strnlen(word, LONGEST + 1);
		unsigned d;

		if (m > LONGEST || m + most < n || n + most < m)
			continue;
		d = distance(text, n, word, m);
		/* Two words that share nothing are no slip of each other. */
		if (d < best && d < least((unsigned)n, (unsigned)m)) {
			best = d;
			nearest = word;
		}
	}
	return nearest;
}

void list_words(char *room, size_t size, const char *last, word_at *at, const void *words)
{
	size_t len = 0;
	const char *word;

	room[0] = '\0';
	for (size_t i = 0; (word = at(words, i)); i++) {
		const char *between = i == 0 ? "" : at(words, i + 1) || !*last ? ", " : last;
		int n = snprintf(room + len, size - len, "%s%s", between, word);

		/* Always leave room for the mark that says there is more. */
		if (n < 0 || len + (size_t)n + 6 > size) {
			snprintf(room + len, size - len, "%s...", i == 0 ? "" : ", ");
			return;
		}
		len += (size_t)n;
	}
}

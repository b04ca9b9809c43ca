/* SPDX-License-Identifier: MIT */
/* notes.c - the texts stand one behind the other. */
#include "query/notes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { LONGEST = 1024 };

static bool is_there(const struct notes *notes, const char *text)
{
	const char *at = (const char *)notes->text.data;

	for (uint32_t i = 0; i < notes->n; i++, at += strlen(at) + 1)
		if (!strcmp(at, text))
			return true;
	return false;
}

static void keep(struct notes *notes, const char *text)
{
	buf_add(&notes->text, text, strlen(text) + 1);
	notes->n++;
}

void notes_add(struct notes *notes, const char *format, ...)
{
	char text[LONGEST];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (buf_failed(&notes->text) || is_there(notes, text))
		return;
	if (notes->n == NOTES_MOST)
		notes->more++;
	else
		keep(notes, text);
}

int notes_give(struct notes *notes, void *answer, const char *const **out, uint32_t *n)
{
	const char **items, *at;
	char more[64];

	if (notes->more) {
		snprintf(more, sizeof more, "and %" PRIu32 " more warnings of this kind", notes->more);
		keep(notes, more);
		notes->more = 0;
	}
	items = answer_alloc(answer, notes->n * sizeof *items);
	at = answer_copy(answer, notes->text.data, notes->text.len);
	if (buf_failed(&notes->text) || !items || !at)
		return -ENOMEM;
	for (*n = 0; *n < notes->n; at += strlen(at) + 1)
		items[(*n)++] = at;
	*out = items;
	return 0;
}

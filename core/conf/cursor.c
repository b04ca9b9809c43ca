/* SPDX-License-Identifier: MIT */
/* cursor.c - lines end where YAML 1.1 ends them: CR LF, CR, LF, NEL, LS and PS. */
#include "conf/cursor.h"

#include <string.h>

/* Bytes of the line break that begins here; 0: none. */
static size_t break_length(const char *at, size_t left)
{
	if (at[0] == '\r')
		return left > 1 && at[1] == '\n' ? 2 : 1;
	if (at[0] == '\n')
		return 1;
	if (left > 1 && !memcmp(at, "\xc2\x85", 2))
		return 2;
	if (left > 2 && (!memcmp(at, "\xe2\x80\xa8", 3) || !memcmp(at, "\xe2\x80\xa9", 3)))
		return 3;
	return 0;
}

static void step(struct cursor *cursor)
{
	size_t n = break_length(cursor->text + cursor->at, cursor->n - cursor->at);

	if (n) {
		cursor->at += n;
		cursor->line++;
		cursor->column = 0;
		cursor->line_start = cursor->at;
		return;
	}
	do
		cursor->at++;
	while (cursor->at < cursor->n && (cursor->text[cursor->at] & 0xc0) == 0x80);
	cursor->column++;
}

static struct place here(const struct cursor *cursor, const char *file)
{
	return (struct place){ file, (unsigned)cursor->line + 1,
			       (unsigned)(cursor->at - cursor->line_start) + 1 };
}

/* Is the cursor's line and column before that one? */
static int is_before(const struct cursor *cursor, size_t line, size_t column)
{
	return cursor->line < line || (cursor->line == line && cursor->column < column);
}

struct place cursor_place(struct cursor *cursor, const char *file, size_t line, size_t column)
{
	if (cursor->line > line || (cursor->line == line && cursor->column > column))
		*cursor = (struct cursor){ .text = cursor->text, .n = cursor->n };
	while (cursor->at < cursor->n && is_before(cursor, line, column))
		step(cursor);
	return here(cursor, file);
}

struct place cursor_place_of_byte(struct cursor *cursor, const char *file, size_t offset)
{
	*cursor = (struct cursor){ .text = cursor->text, .n = cursor->n };
	while (cursor->at < cursor->n && cursor->at < offset)
		step(cursor);
	return here(cursor, file);
}

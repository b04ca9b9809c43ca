/* SPDX-License-Identifier: MIT */
/*
 * cursor.h - from libyaml's marks, which count characters, to places, which
 * count bytes. Marks come in rising order mostly, so the walk through the text
 * goes on where the last one ended; a mark before that begins anew.
 */
#ifndef CONF_CURSOR_H
#define CONF_CURSOR_H

#include "util/error.h"

struct cursor {
	const char *text;		/* UTF-8 */
	size_t n, at, line_start;	/* bytes */
	size_t line, column;		/* from 0, in characters */
};

struct place cursor_place(struct cursor *cursor, const char *file, size_t line, size_t column);
struct place cursor_place_of_byte(struct cursor *cursor, const char *file, size_t offset);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * word.h - a piece of a line as it stands there, and how messages name a place.
 */
#ifndef TEXT_WORD_H
#define TEXT_WORD_H

#include "util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed from the text. What stood between quotes is without them, but still escaped. */
struct text_word {
	const char *at;
	uint32_t n;
	bool escaped;			/* has backslashes */
};

/* \\ \" \n are what they are everywhere; a backslash before anything else stands for itself. *to has room for word.n. */
uint32_t text_unescape(struct text_word word, char *to);
uint32_t text_plain_length(struct text_word word);	/* bytes that text_unescape gives */
bool text_words_equal(struct text_word a, struct text_word b);		/* by what they mean */
bool text_word_is(struct text_word word, const char *text);

/* Both count from 1, columns in bytes. */
struct line_place {
	uint32_t line, column;
};

/* "3:14: " and the message; gives -EBADMSG. */
int text_wrong(struct error *err, struct line_place at, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* For a message: at most about 60 bytes, whole characters of UTF-8, controls as \xNN. */
#define TEXT_SHOWN 80
const char *text_shown(const char *text, size_t n, char room[TEXT_SHOWN]);

#endif

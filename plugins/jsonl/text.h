/* SPDX-License-Identifier: MIT */
/*
 * text.h - a growing text, with the pieces that JSON is made of. Running out of
 * memory is remembered and asked for once at the end.
 */
#ifndef JSONL_TEXT_H
#define JSONL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *bytes;
	size_t len, room;
	bool failed;		/* memory ran out; what was added since is missing */
};

void text_fini(struct text *text);

void text_add(struct text *text, const char *bytes, size_t len);
void text_put(struct text *text, const char *literal);
void text_integer(struct text *text, int64_t value);
void text_count(struct text *text, uint64_t value);

/* A number that reads back as the same double, with no digits it does not need; NaN, +Inf, -Inf are strings. */
void text_number(struct text *text, double value);

/* With quotes; what UTF-8 is not asked for. */
void text_string(struct text *text, const char *string);

#endif

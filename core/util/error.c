/* SPDX-License-Identifier: MIT */
/*
 * error.c - the messages are one text, grown as they come. When there is no
 * memory even for that, the code still tells what went wrong.
 */
#include "util/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

/* Room for a newline, n bytes and a NUL behind what is there; where the n bytes go. */
static char *add_line(struct error *err, size_t n)
{
	size_t before = err->len ? err->len + 1 : 0;
	char *text = realloc(err->text, before + n + 1);

	if (!text)
		return NULL;
	if (before)
		text[before - 1] = '\n';
	text[before] = '\0';
	err->text = text;
	err->len = before + n;
	return text + before;
}

__attribute__((format(printf, 4, 0)))
static void add_message(struct error *err, int code, const char *prefix,
			const char *format, va_list args)
{
	size_t prefix_len = strlen(prefix);
	va_list again;
	char *to;
	int n;

	if (!err->code)
		err->code = code;
	if (err->count++ >= ERROR_MOST)
		return;
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0 || !(to = add_line(err, prefix_len + (size_t)n)))
		return;
	memcpy(to, prefix, prefix_len);
	vsnprintf(to + prefix_len, (size_t)n + 1, format, args);
}

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	add_message(err, code, "", format, args);
	va_end(args);
	return code;
}

static void place_text(struct place at, char *text, size_t n)
{
	if (!at.file)
		text[0] = '\0';
	else if (!at.line)
		snprintf(text, n, "%s: ", at.file);
	else if (!at.column)
		snprintf(text, n, "%s:%u: ", at.file, at.line);
	else
		snprintf(text, n, "%s:%u:%u: ", at.file, at.line, at.column);
}

int error_at(struct error *err, struct place at, const char *format, ...)
{
	char prefix[4096 + 32];		/* PATH_MAX and two numbers */
	va_list args;

	if (!err)
		return -EINVAL;
	place_text(at, prefix, sizeof prefix);
	va_start(args, format);
	add_message(err, -EINVAL, prefix, format, args);
	va_end(args);
	return -EINVAL;
}

const char *error_text(const struct error *err)
{
	if (err->text)
		return err->text;
	return err->code ? error_name(err->code) : "";
}

void error_clear(struct error *err)
{
	free(err->text);
	*err = (struct error){ 0 };
}

const char *error_name(int code)
{
	const char *name = strerrordesc_np(code < 0 ? -code : code);

	return name ? name : "Unknown error";
}

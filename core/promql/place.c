/* SPDX-License-Identifier: MIT */
#include "promql/place.h"
#include "util/utf8.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGE_MOST = 1024 };

struct place place_of(const char *text, uint32_t at)
{
	struct place place = { NULL, 1, 1 };

	for (uint32_t i = 0; i < at;) {
		size_t step = text[i] == '\n' ? 1 : utf8_step(text + i, at - i);

		place.column++;
		if (text[i] == '\n') {
			place.line++;
			place.column = 1;
		}
		i += step ? (uint32_t)step : 1;
	}
	return place;
}

/* Nothing of a character that was cut. */
static void trim(char *text)
{
	size_t at = 0, n = strlen(text);

	while (at < n) {
		size_t step = utf8_step(text + at, n - at);

		if (!step && n - at < 4)
			text[at] = '\0';
		if (!text[at])
			return;
		at += step ? step : 1;
	}
}

int place_vfail(struct error *err, int code, const char *text, uint32_t at, const char *format, va_list args)
{
	struct place place = place_of(text, at);
	char message[MESSAGE_MOST];

	vsnprintf(message, sizeof message, format, args);
	trim(message);
	return error_set(err, code, "%u:%u: parse error: %s", place.line, place.column, message);
}

int place_fail(struct error *err, int code, const char *text, uint32_t at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	place_vfail(err, code, text, at, format, args);
	va_end(args);
	return code;
}

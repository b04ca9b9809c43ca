/* SPDX-License-Identifier: MIT */
/*
 * pattern.c - when the text no longer fits, the last * takes one byte more and
 * what follows it is tried again. Earlier ones need not: what they left over,
 * the last can take.
 */
#include "model/pattern.h"
#include "util/utf8.h"

#include <string.h>

static size_t character(const char *text, size_t n)
{
	size_t step = utf8_step(text, n);

	return step ? step : 1;
}

/* Take one step of the pattern, which is not at its end or at a *, off the text. */
static bool step(const char **pattern, const char **text, const char *end)
{
	const char *p = *pattern;

	if (*p == '?') {
		*text += character(*text, (size_t)(end - *text));
		*pattern = p + 1;
		return true;
	}
	if (*p == '\\' && p[1])
		p++;
	if (*p != **text)
		return false;
	*pattern = p + 1;
	*text += 1;
	return true;
}

bool pattern_match(const char *pattern, const char *text, size_t n)
{
	const char *end = text + n, *after_star = NULL, *again = NULL;

	while (text < end) {
		if (*pattern == '*') {
			after_star = ++pattern;
			again = text;
		} else if (!*pattern || !step(&pattern, &text, end)) {
			if (!after_star)
				return false;
			pattern = after_star;
			text = ++again;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool pattern_is_plain(const char *pattern)
{
	return !strpbrk(pattern, "*?\\");
}

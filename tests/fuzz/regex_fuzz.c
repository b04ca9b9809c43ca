/* SPDX-License-Identifier: MIT */
/*
 * regex_fuzz.c - a regular expression, a newline, a text. Whatever stands there is
 * refused or tested with bounded effort; and a list of literals, which needs no
 * engine, matches as the engine would have it.
 */
#include "driver.h"
#include "model/matcher.h"
#include "model/regex.h"
#include "util/check.h"

enum { LONGEST = 512 };			/* longer ones show nothing new, but slowly */

static void compare(const char *expression, struct regex *regex, const char *text, uint32_t n)
{
	AUTO(matcher) matcher = matcher_create(MATCH_REGEX, "x", expression, NULL);
	int r = regex_test(regex, text, n);

	if (matcher && r >= 0)
		CHECK(matcher_test(matcher, text, n) == r, "%s: engine %d", expression, r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = size && size < LONGEST ? memchr(data, '\n', size) : NULL;
	char expression[LONGEST] = "";
	size_t n;

	if (!newline)
		return 0;
	n = (size_t)(newline - data);
	memcpy(expression, data, n);
	if (strlen(expression) != n)
		return 0;
	AUTO(regex) regex = regex_create(expression, NULL);
	if (regex && !memchr(newline, '\0', size - n))
		compare(expression, regex, (const char *)newline + 1, (uint32_t)(size - n - 1));
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "model/pattern.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static const struct { const char *pattern, *text; bool match; } rows[] = {
	{ "", "", true },
	{ "", "a", false },
	{ "*", "", true },
	{ "*", "anything", true },
	{ "**", "x", true },
	{ "system.cpu.usage", "system.cpu.usage", true },
	{ "system.cpu.usage", "system.cpu.usag", false },
	{ "system.cpu.usag", "system.cpu.usage", false },
	{ "system.*", "system.cpu.usage", true },
	{ "system.*", "system", false },
	{ "*.usage", "system.cpu.usage", true },
	{ "*.usage", "system.cpu.usages", false },
	{ "*.p?5", "api.response.p95", true },
	{ "s*.c*u.*ge", "system.cpu.usage", true },
	{ "s*.c*u.*gx", "system.cpu.usage", false },
	{ "a*b*c", "abbbcc", true },
	{ "?", "", false },
	{ "?", "ü", true },
	{ "??", "ü", false },
	{ "?", "\xff", true },			/* what is no character counts by bytes */
	{ "a?c", "a\xe2\x82\xac" "c", true },
	{ "\\*", "*", true },
	{ "\\*", "x", false },
	{ "a\\?", "a?", true },
	{ "a\\\\b", "a\\b", true },
	{ "a\\", "a\\", true },
	{ "[ab]", "[ab]", true },
	{ "*a\\*", "bca*", true },
};

static void matches_wildcards(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (pattern_match(rows[i].pattern, rows[i].text, strlen(rows[i].text)) != rows[i].match)
			fail_msg("\"%s\" on \"%s\"", rows[i].pattern, rows[i].text);
}

static void plain_has_no_wildcard(void **state)
{
	(void)state;
	assert_true(pattern_is_plain("system.cpu.usage"));
	assert_true(pattern_is_plain(""));
	assert_false(pattern_is_plain("a*"));
	assert_false(pattern_is_plain("a?"));
	assert_false(pattern_is_plain("a\\b"));
}

static void many_stars_take_no_exponential_time(void **state)
{
	static char text[4000], pattern[201];

	(void)state;
	memset(text, 'a', sizeof text);
	for (size_t i = 0; i < 100; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	assert_true(pattern_match(pattern, text, sizeof text));
	pattern[199] = 'b';
	assert_false(pattern_match(pattern, text, sizeof text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_wildcards),
		cmocka_unit_test(plain_has_no_wildcard),
		cmocka_unit_test(many_stars_take_no_exponential_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* json_check_test.c - RFC 8259 to the letter, and limits. */
#include "http/json_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static const struct json_limits limits = { .depth = 4, .values = 10 };

static int check(const char *text, size_t n, struct error *err)
{
	/* On its own, so that a sanitizer sees a read past the end. */
	char *copy = n ? test_malloc(n) : NULL;
	int r;

	if (n)
		memcpy(copy, text, n);
	r = json_check(copy, n, &limits, err);
	test_free(copy);
	return r;
}

static const char *const good[] = {
	"0", "-0", "1", "-1.5e+10", "1E5", "0.25", "true", "false", "null", "\"\"", "[]", "{}", " [ ] ", "\t{ }\r\n",
	"[1,2,3]", "{\"a\":1,\"b\":[true,null]}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\uD834\\udd1e\"", "\"\xc3\xa4\xf0\x9d\x84\x9e\"",
	"[[[[]]]]", "[1,2,3,4,5,6,7,8,9]",
};

static void takes_what_is_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct error err = { 0 };

		if (check(good[i], strlen(good[i]), &err) != 0)
			fail_msg("%s: %s", good[i], error_text(&err));
	}
}

static const struct { const char *text, *reason; } bad[] = {
	{ "", "line 1, column 1: a value is missing" },
	{ " \n ", "line 2, column 2: a value is missing" },
	{ "[1,\n2 3]", "line 2, column 3: a comma or ] is missing" },
	{ "[1,]", "line 1, column 4: not a value (a text stands in double quotes)" },
	{ "[1", "line 1, column 3: a comma or ] is missing" },
	{ "[", "line 1, column 2: a value is missing" },
	{ "{", "line 1, column 2: a key in double quotes is missing" },
	{ "{a:1}", "line 1, column 2: a key in double quotes is missing" },
	{ "{\"a\" 1}", "line 1, column 6: a colon is missing" },
	{ "{\"a\":1,}", "line 1, column 8: a key in double quotes is missing" },
	{ "{\"a\":1 \"b\":2}", "line 1, column 8: a comma or } is missing" },
	{ "01", "line 1, column 2: a number must not begin with 0" },
	{ "+1", "line 1, column 1: not a value (a text stands in double quotes)" },
	{ ".5", "line 1, column 1: not a value (a text stands in double quotes)" },
	{ "1.", "line 1, column 3: a digit is missing" },
	{ "-", "line 1, column 2: a digit is missing" },
	{ "1e", "line 1, column 3: a digit is missing" },
	{ "1e+", "line 1, column 4: a digit is missing" },
	{ "NaN", "line 1, column 1: not a value (a text stands in double quotes)" },
	{ "tru", "line 1, column 1: not a value (a text stands in double quotes)" },
	{ "nullx", "line 1, column 5: something stands behind the end" },
	{ "{} {}", "line 1, column 4: something stands behind the end" },
	{ "\"abc", "line 1, column 5: a string does not end" },
	{ "\"\\", "line 1, column 3: an unknown escape" },
	{ "\"\\x\"", "line 1, column 3: an unknown escape" },
	{ "\"\\u12g4\"", "line 1, column 6: \\u wants four hexadecimal digits" },
	{ "\"\\u00", "line 1, column 6: \\u wants four hexadecimal digits" },
	{ "\"\\u0000\"", "line 1, column 8: the character \\u0000 is not allowed" },
	{ "\"\\ud834\"", "line 1, column 8: half a surrogate pair" },
	{ "\"\\ud834\\u0041\"", "line 1, column 14: half a surrogate pair" },
	{ "\"\\udd1e\"", "line 1, column 8: half a surrogate pair" },
	{ "\"a\nb\"", "line 1, column 3: a control character in a string (write \\n, \\t or \\u0001)" },
	{ "\"\xff\"", "line 1, column 2: not UTF-8" },
	{ "\"\xed\xa0\x80\"", "line 1, column 2: not UTF-8" },
	{ "\"\xc3", "line 1, column 2: not UTF-8" },
	{ "[[[[[]]]]]", "line 1, column 5: nested too deep" },
	{ "[1,2,3,4,5,6,7,8,9,0]", "line 1, column 20: too many values" },
};

static void says_what_is_wrong_and_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct error err = { 0 };
		int r = check(bad[i].text, strlen(bad[i].text), &err);

		if (r != -EINVAL || strcmp(error_text(&err), bad[i].reason) != 0)
			fail_msg("%s: got %d, \"%s\" instead of \"%s\"", bad[i].text, r, error_text(&err), bad[i].reason);
		error_clear(&err);
	}
}

static void a_nul_is_no_end(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(check("1\0", 2, &err), -EINVAL);
	assert_int_equal(check("\"a\0b\"", 5, &err), -EINVAL);
	assert_int_equal(check("[\0]", 3, &err), -EINVAL);
	error_clear(&err);
}

static void a_bomb_is_refused_early(void **state)
{
	static char bomb[1 << 20];
	struct error err = { 0 };

	(void)state;
	memset(bomb, '[', sizeof bomb);
	assert_int_equal(check(bomb, sizeof bomb, &err), -EINVAL);
	assert_string_equal(error_text(&err), "line 1, column 5: nested too deep");
	error_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_is_json),
		cmocka_unit_test(says_what_is_wrong_and_where),
		cmocka_unit_test(a_nul_is_no_end),
		cmocka_unit_test(a_bomb_is_refused_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

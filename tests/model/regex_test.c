/* SPDX-License-Identifier: MIT */
#include "model/regex.h"
#include "util/buf.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

static const struct { const char *regex, *text; int result; } rows[] = {
	{ "a.c", "abc", 1 },
	{ "a.c", "a\nc", 1 },
	{ "b", "abc", 0 },
	{ "a|bc", "bcd", 0 },
	{ "a$", "a\n", 0 },
	{ "^abc$", "abc", 1 },
	{ "(?i)ABC", "abc", 1 },
	{ "(?i:A)b", "aB", 0 },
	{ "(?-s).", "\n", 0 },
	{ "(?P<x>a)(?<y>b)", "ab", 1 },
	{ "a{2,3}", "aaa", 1 },
	{ "a{2,3}", "aaaa", 0 },
	{ "a{,2}", "a{,2}", 1 },
	{ "a+?b", "aab", 1 },
	{ "a*?", "aa", 1 },
	{ "\\d+\\s\\w", "12 x", 1 },
	{ "[[:alpha:]]+", "abc", 1 },
	{ "[]a]+", "]a]", 1 },
	{ "[^]a]+", "xyz", 1 },
	{ "[(*?]+", "(*?", 1 },
	{ "[\\d(?=]+", "1(?=", 1 },
	{ "\\(\\?=\\)", "(?=)", 1 },
	{ "\\Q(?=x)\\E+", "(?=x))", 1 },
	{ "\\Q*", "*", 1 },
	{ "\\x41\\x{42}\\t", "AB\t", 1 },
	{ "\\p{L}+\\pN", "äb1", 1 },
	{ ".", "ü", 1 },
	{ "..", "ü", 0 },
	{ "\\Aab\\z", "ab", 1 },
	{ "a\\bc|\\bab\\b", "ab", 1 },
};

static void takes_the_syntax_of_re2(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct error err = { 0 };
		AUTO(regex) regex = regex_create(rows[i].regex, &err);

		if (!regex)
			fail_msg("%s", error_text(&err));
		if (regex_test(regex, rows[i].text, strlen(rows[i].text)) != rows[i].result)
			fail_msg("%s on \"%s\"", rows[i].regex, rows[i].text);
	}
}

static const struct { const char *regex, *reason; } refused[] = {
	{ "a(?=b)", "look-ahead is not supported at byte 1" },
	{ "(?!b)", "look-ahead is not supported at byte 0" },
	{ "(?<=b)", "look-behind is not supported at byte 0" },
	{ "(?<!b)", "look-behind is not supported at byte 0" },
	{ "(?*b)", "look-around is not supported at byte 0" },
	{ "(*positive_lookahead:a)", "verbs are not supported at byte 0" },
	{ "(*UCP)a", "verbs are not supported at byte 0" },
	{ "(a)\\1", "backreferences are not supported at byte 3" },
	{ "(a)\\g1", "backreferences and recursion are not supported at byte 3" },
	{ "(?<n>a)\\k<n>", "backreferences and recursion are not supported at byte 7" },
	{ "(?P<n>a)(?P=n)", "backreferences are not supported at byte 8" },
	{ "(?R)", "recursion is not supported at byte 0" },
	{ "(a)(?1)", "recursion is not supported at byte 3" },
	{ "(a)(?-1)", "recursion is not supported at byte 3" },
	{ "(a)(?+1)", "recursion is not supported at byte 3" },
	{ "(?&x)", "recursion is not supported at byte 0" },
	{ "(?P>x)", "recursion is not supported at byte 0" },
	{ "(?C1)", "callouts are not supported at byte 0" },
	{ "(?(1)a|b)", "conditions are not supported at byte 0" },
	{ "(?>a)", "atomic groups are not supported at byte 0" },
	{ "(?|a|b)", "branch reset is not supported at byte 0" },
	{ "(?#a)", "comments are not supported at byte 0" },
	{ "(?'n'a)", "this kind of group is not supported at byte 0" },
	{ "(?x)a", "this kind of group is not supported at byte 0" },
	{ "(?^)a", "this kind of group is not supported at byte 0" },
	{ "a++", "possessive repeats are not supported at byte 2" },
	{ "a{2}+", "possessive repeats are not supported at byte 4" },
	{ "a{1001}", "more than 1000 repeats at byte 1" },
	{ "a{1,99999999999999999999}", "more than 1000 repeats at byte 1" },
	{ "\\Ka", "this escape is not supported at byte 0" },
	{ "\\R", "this escape is not supported at byte 0" },
	{ "\\C", "this escape is not supported at byte 0" },
	{ "\\v", "\\v is not supported (write \\x0b) at byte 0" },
	{ "[\\b]", "this escape is not supported at byte 1" },
	{ "[[:<:]]a", "[[:<:]] and [[:>:]] are not supported at byte 1" },
};

static void refuses_what_re2_does_not_know(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct error err = { 0 };
		char text[256];

		snprintf(text, sizeof text, "regular expression \"%s\": %s", refused[i].regex, refused[i].reason);
		assert_null(regex_create(refused[i].regex, &err));
		assert_int_equal(err.code, -EINVAL);
		assert_string_equal(error_text(&err), text);
		error_clear(&err);
	}
}

static const char *const broken[] = {
	"(", ")", "[", "[a", "a\\", "*a", "a**", "[b-a]", "(?i", "(?P<", "(?P<n", "\\x{110000}", "\\p{Nope}", "\\", "[\\", "a{2}{3}{",
	"(?:", "[[:alpha:", "[[:nope:]]", "(?<n>a)(?<n>b)", "\xff",
};

static void broken_expressions_crash_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		struct error err = { 0 };
		struct regex *regex = regex_create(broken[i], &err);

		assert_true(!regex == (err.code == -EINVAL));
		regex_destroy(regex);
		error_clear(&err);
	}
}

static void effort_and_size_are_bounded(void **state)
{
	static char text[4000], longest[REGEX_LENGTH_MOST + 2];
	AUTO(regex) regex = regex_create("(a*)*(a*)*(a*)*b", NULL);
	struct error err = { 0 };

	(void)state;
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = 'c';
	assert_true(regex_test(regex, text, sizeof text) <= 0);
	memset(longest, 'a', sizeof longest - 1);
	assert_null(regex_create(longest, &err));
	assert_int_equal(err.code, -E2BIG);
	error_clear(&err);
	memset(longest, '(', 2000);
	assert_null(regex_create(longest, NULL));
}

static void text_that_is_not_utf8_is_told(void **state)
{
	AUTO(regex) regex = regex_create("a.*", NULL);

	(void)state;
	assert_int_equal(regex_test(regex, "a\xff", 2), -EINVAL);
}

static const struct { const char *regex; int n; const char *joined; } lists[] = {
	{ "", 1, "" },
	{ "a", 1, "a" },
	{ "a|bc|", 3, "a,bc," },
	{ "(a|b)", 2, "a,b" },
	{ "(?:a|b)", 2, "a,b" },
	{ "(?:)", 1, "" },
	{ "a\\.b\\|c", 1, "a.b|c" },
	{ "a\\d", 0, NULL },
	{ "a\\", 0, NULL },
	{ "(a)(b)", 0, NULL },
	{ "(a\\)", 0, NULL },
	{ "(?i)", 0, NULL },
	{ "a.b", 0, NULL },
	{ "a{2}", 0, NULL },
};

static void lists_of_literals_are_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		AUTO_BUF out = { 0 };

		assert_int_equal(regex_literals(lists[i].regex, &out), lists[i].n);
		if (!lists[i].n)
			continue;
		for (size_t b = 0; b + 1 < out.len; b++)
			out.data[b] = out.data[b] ? out.data[b] : ',';
		assert_string_equal((char *)out.data, lists[i].joined);
	}
}

static void *test_many(void *data)
{
	intptr_t wrong = 0;

	for (int i = 0; i < 2000; i++)
		wrong += regex_test(data, "abcabc", 6) != 1 || regex_test(data, "abcab", 5) != 0;
	return (void *)wrong;
}

static void threads_share_one(void **state)
{
	AUTO(regex) regex = regex_create("(?:a[b]c)+", NULL);
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, test_many, regex), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_syntax_of_re2),
		cmocka_unit_test(refuses_what_re2_does_not_know),
		cmocka_unit_test(broken_expressions_crash_nothing),
		cmocka_unit_test(effort_and_size_are_bounded),
		cmocka_unit_test(text_that_is_not_utf8_is_told),
		cmocka_unit_test(lists_of_literals_are_seen),
		cmocka_unit_test(threads_share_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

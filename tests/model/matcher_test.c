/* SPDX-License-Identifier: MIT */
#include "model/matcher.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>

static const struct { enum matcher_op op; const char *value, *text; bool match; } rows[] = {
	{ MATCH_EQUAL, "a", "a", true },
	{ MATCH_EQUAL, "a", "ab", false },
	{ MATCH_EQUAL, "ab", "a", false },
	{ MATCH_EQUAL, "", "", true },
	{ MATCH_EQUAL, "a.*", "abc", false },
	{ MATCH_NOT_EQUAL, "a", "a", false },
	{ MATCH_NOT_EQUAL, "a", "", true },
	{ MATCH_REGEX, "", "", true },
	{ MATCH_REGEX, "", "a", false },
	{ MATCH_REGEX, "a", "a", true },
	{ MATCH_REGEX, "a", "ab", false },
	{ MATCH_REGEX, "a|b|c", "b", true },
	{ MATCH_REGEX, "a|b|c", "d", false },
	{ MATCH_REGEX, "a|", "", true },
	{ MATCH_REGEX, "(a|b)", "b", true },
	{ MATCH_REGEX, "(?:aa|b)", "aa", true },
	{ MATCH_REGEX, "a\\.b|c", "a.b", true },
	{ MATCH_REGEX, "a\\.b|c", "axb", false },
	{ MATCH_REGEX, ".*", "", true },
	{ MATCH_REGEX, ".*", "a\nb", true },
	{ MATCH_REGEX, ".+", "", false },
	{ MATCH_REGEX, ".+", "x", true },
	{ MATCH_REGEX, "a.*", "xa", false },
	{ MATCH_REGEX, "[0-9]+", "123", true },
	{ MATCH_REGEX, "[0-9]+", "12x", false },
	{ MATCH_NOT_REGEX, "a.*", "abc", false },
	{ MATCH_NOT_REGEX, "a.*", "b", true },
	{ MATCH_NOT_REGEX, ".+", "", true },
	{ MATCH_PATTERN, "a*c", "abc", true },
	{ MATCH_PATTERN, "a*c", "abcd", false },
	{ MATCH_PATTERN, "abc", "abc", true },
	{ MATCH_PATTERN, "a\\*", "a*", true },
};

static struct matcher *create(enum matcher_op op, const char *value)
{
	struct matcher *matcher = matcher_create(op, "x", value, NULL);

	assert_non_null(matcher);
	return matcher;
}

static void matches_a_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(matcher) matcher = create(rows[i].op, rows[i].value);

		if (matcher_test(matcher, rows[i].text, (uint32_t)strlen(rows[i].text)) != rows[i].match)
			fail_msg("op %d \"%s\" on \"%s\"", rows[i].op, rows[i].value, rows[i].text);
	}
}

static void keeps_what_it_was_made_of(void **state)
{
	char name[] = "name", value[] = "a.*";
	AUTO(matcher) matcher = matcher_create(MATCH_REGEX, name, value, NULL);

	(void)state;
	memset(name, 'x', 4);
	memset(value, 'x', 3);
	assert_int_equal(matcher_op(matcher), MATCH_REGEX);
	assert_string_equal(matcher_name(matcher), "name");
	assert_string_equal(matcher_value(matcher), "a.*");
}

static const struct { enum matcher_op op; const char *value, *literals; } literal_rows[] = {
	{ MATCH_EQUAL, "a", "a" },
	{ MATCH_REGEX, "c|a|b|a", "a b c" },
	{ MATCH_REGEX, "a\\|b", "a|b" },
	{ MATCH_PATTERN, "a", "a" },
	{ MATCH_PATTERN, "a*", NULL },
	{ MATCH_REGEX, "a.", NULL },
	{ MATCH_NOT_EQUAL, "a", NULL },
	{ MATCH_NOT_REGEX, "a|b", NULL },
};

static void tells_the_only_values_it_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(literal_rows); i++) {
		AUTO(matcher) matcher = create(literal_rows[i].op, literal_rows[i].value);
		AUTO_BUF text = { 0 };
		uint32_t n;
		const char *const *literals = matcher_literals(matcher, &n);

		assert_true(!literals == !literal_rows[i].literals);
		for (uint32_t l = 0; l < n; l++)
			buf_printf(&text, "%s%s", l ? " " : "", literals[l]);
		assert_string_equal(buf_text(&text), literals ? literal_rows[i].literals : "");
	}
}

static void an_absent_label_is_an_empty_value(void **state)
{
	struct label items[] = { { "a", "1", 1, 1 }, { "b", "2", 1, 1 } };
	AUTO_BUF bytes = { 0 };
	AUTO(matcher) has = matcher_create(MATCH_EQUAL, "a", "1", NULL);
	AUTO(matcher) none = matcher_create(MATCH_EQUAL, "c", "", NULL);
	AUTO(matcher) some = matcher_create(MATCH_REGEX, "c", ".+", NULL);
	struct labels labels;

	(void)state;
	assert_int_equal(labels_encode(items, 2, &bytes), 0);
	labels = (struct labels){ bytes.data, (uint32_t)bytes.len };
	assert_true(matcher_takes_empty(none));
	assert_false(matcher_takes_empty(has));
	assert_false(matcher_takes_empty(some));
	assert_true(matchers_test((struct matcher *[]){ has, none }, 2, labels));
	assert_false(matchers_test((struct matcher *[]){ has, some }, 2, labels));
	assert_true(matchers_test(NULL, 0, labels));
}

static void an_expression_whose_effort_runs_out_does_not_match(void **state)
{
	static char text[4000];
	AUTO(matcher) bad = create(MATCH_REGEX, "(a*)*(a*)*(a*)*b");
	AUTO(matcher) not_bad = create(MATCH_NOT_REGEX, "(a*)*(a*)*(a*)*b");

	(void)state;
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = 'c';
	assert_false(matcher_test(bad, text, sizeof text));
	matcher_test(not_bad, text, sizeof text);
}

static const struct { enum matcher_op op; const char *name, *value, *text; } refused[] = {
	{ MATCH_EQUAL, "", "a", "the label name of a matcher is empty" },
	{ MATCH_EQUAL, "\xff", "a", "the label name of a matcher is not UTF-8" },
	{ MATCH_EQUAL, "a", "\xff", "the value of the matcher for a is not UTF-8" },
	{ MATCH_REGEX, "a", "(?=x)", "regular expression \"(?=x)\": look-ahead is not supported at byte 0" },
	{ MATCH_REGEX, "a", "a(", "regular expression \"a(\": missing closing parenthesis at byte 2" },
};

static void bad_matchers_are_refused_with_the_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct error err = { 0 };

		assert_null(matcher_create(refused[i].op, refused[i].name, refused[i].value, &err));
		assert_int_equal(err.code, -EINVAL);
		assert_string_equal(error_text(&err), refused[i].text);
		error_clear(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_a_value),
		cmocka_unit_test(keeps_what_it_was_made_of),
		cmocka_unit_test(tells_the_only_values_it_takes),
		cmocka_unit_test(an_absent_label_is_an_empty_value),
		cmocka_unit_test(an_expression_whose_effort_runs_out_does_not_match),
		cmocka_unit_test(bad_matchers_are_refused_with_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

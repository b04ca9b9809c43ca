/* SPDX-License-Identifier: MIT */
/*
 * matcher_property.c - a matcher takes what the engine takes, whatever short way it
 * has found; what it says that all its matches begin with, they begin with; and its
 * literals are all that it takes.
 */
#include "model/matcher.h"
#include "model/regex.h"
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

enum { EXPRESSIONS = 20000, TEXTS = 20, LENGTH = 64 };

static struct random rnd;

static void add(char *to, const char *const *pieces, uint32_t n)
{
	strcat(to, pieces[random_below(&rnd, n)]);
}

static void random_expression(char *to)
{
	static const char *const pieces[] = { "a", "b", "ab", "\xc3\xa9", ".*", ".+", ".", "|", "(", ")", "(?:", "(?i)", "*", "+", "?",
					      "{1}", "{0,2}", "[ab]", "[|]", "[(]", "^", "$", "\\.", "\\|", "\\Qa|\\E", "\\d", "\\x61", "{" };
	uint32_t kind = random_below(&rnd, 4);

	*to = '\0';
	if (kind < 2) {			/* the usual ones */
		add(to, (const char *const[]){ "", ".*", ".+", "^" }, 4);
		add(to, (const char *const[]){ "a", "ab", "a\\.", "\xc3\xa9", "ba", "a|b", "(a|b)" }, 7);
		add(to, (const char *const[]){ "", ".*", ".+", "$", "?", "b*", "|a", ".*b" }, 8);
		return;
	}
	for (uint32_t n = random_below(&rnd, 7); n; n--)
		add(to, pieces, sizeof pieces / sizeof *pieces);
}

static void random_text(char *to)
{
	static const char *const pieces[] = { "a", "b", "ab", "A", "\xc3\xa9", "\xc3\x89", ".", "|", "(", "\n", "1", "{", "a|" };

	*to = '\0';
	for (uint32_t n = random_below(&rnd, 6); n; n--)
		add(to, pieces, sizeof pieces / sizeof *pieces);
}

static bool is_literal(const struct matcher *matcher, const char *text, bool *listed)
{
	uint32_t n;
	const char *const *literals = matcher_literals(matcher, &n);

	*listed = literals;
	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(literals[i], text))
			return true;
	return false;
}

static void check(const char *expression, const struct matcher *matcher, struct regex *regex, const char *text)
{
	uint32_t size = (uint32_t)strlen(text), n;
	const char *prefix = matcher_prefix(matcher, &n);
	bool taken = regex_test(regex, text, size) == 1, listed, literal = is_literal(matcher, text, &listed);

	if (matcher_test(matcher, text, size) != taken)
		fail_msg("\"%s\" on \"%s\": the engine says %d", expression, text, taken);
	if (taken && (size < n || memcmp(text, prefix, n) != 0))
		fail_msg("\"%s\" takes \"%s\", which does not begin with \"%.*s\"", expression, text, (int)n, prefix);
	if (listed && literal != taken)
		fail_msg("\"%s\" on \"%s\": its literals say %d", expression, text, literal);
}

static void a_matcher_takes_what_the_engine_takes(void **state)
{
	char expression[LENGTH], text[LENGTH];
	uint32_t taken = 0;

	(void)state;
	rnd = random_seed(1);
	for (uint32_t i = 0; i < EXPRESSIONS; i++) {
		AUTO(regex) regex = NULL;
		AUTO(matcher) matcher = NULL;

		random_expression(expression);
		regex = regex_create(expression, NULL);
		matcher = matcher_create(MATCH_REGEX, "a", expression, NULL);
		if (!regex != !matcher)
			fail_msg("\"%s\": only one takes it", expression);
		if (!regex)
			continue;
		taken++;
		for (uint32_t k = 0; k < TEXTS; k++) {
			random_text(text);
			check(expression, matcher, regex, text);
		}
	}
	assert_true(taken > EXPRESSIONS / 2);
}

static void a_pattern_begins_as_it_says(void **state)
{
	static const char *const pieces[] = { "a", "b", "*", "?", "\\*", "\xc3\xa9" };
	char pattern[LENGTH], text[LENGTH];
	uint32_t n;

	(void)state;
	rnd = random_seed(2);
	for (uint32_t i = 0; i < EXPRESSIONS; i++) {
		AUTO(matcher) matcher = NULL;

		*pattern = '\0';
		for (uint32_t k = random_below(&rnd, 5); k; k--)
			add(pattern, pieces, sizeof pieces / sizeof *pieces);
		assert_non_null(matcher = matcher_create(MATCH_PATTERN, "a", pattern, NULL));
		random_text(text);
		matcher_prefix(matcher, &n);
		if (matcher_test(matcher, text, (uint32_t)strlen(text)) && strncmp(text, matcher_prefix(matcher, &n), n) != 0)
			fail_msg("\"%s\" takes \"%s\"", pattern, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_matcher_takes_what_the_engine_takes),
		cmocka_unit_test(a_pattern_begins_as_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* words_test.c - command lines, good and wrong. */
#include "cli/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const struct option_row options[] = {
	{ "last", "SPAN", "So long.", false },
	{ "name", "NAME", "A name.", true },
	{ 0 },
};
static const struct command command = {
	.name = "query", .arguments = "NAME", .options = options, .least = 1, .most = 2, .client = true, .json = true,
	.summary = "Values.",
};

#define WORDS_ROOM 12
static int read_words(const char *line, struct words *words)
{
	static char text[256];
	static char *argv[WORDS_ROOM];
	int argc = 0;
	char *save = NULL;

	strcpy(text, line);
	for (char *word = strtok_r(text, " ", &save); word && argc < WORDS_ROOM; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	return words_read(&command, argc, argv, words);
}

static void options_stand_anywhere(void **state)
{
	static const char *const lines[] = {
		"query --last 5m --json a b", "query a --last=5m b --json", "query a b --json --last 5m", "query --json a -- b --last=x",
	};
	static struct words words;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(read_words(lines[i], &words), WORDS_GO);
		assert_int_equal(words.n_arguments, 2);
		assert_string_equal(words.arguments[0], "a");
		assert_string_equal(words.arguments[1], "b");
		assert_string_equal(words_get(&words, "last"), "5m");
		assert_string_equal(words_get(&words, "json"), "");
		assert_null(words_get(&words, "url"));
	}
	assert_int_equal(read_words(lines[3], &words), 2);	/* behind -- it is an argument, and one too many */
}

static void values_may_look_like_options(void **state)
{
	static struct words words;

	(void)state;
	assert_int_equal(read_words("query --last -1h a -5", &words), WORDS_GO);
	assert_string_equal(words_get(&words, "last"), "-1h");
	assert_string_equal(words.arguments[1], "-5");
	assert_int_equal(read_words("query --name=a=b --name --json a", &words), WORDS_GO);
	assert_int_equal(words.n_given, 2);
	assert_string_equal(words.given[0].value, "a=b");
	assert_string_equal(words.given[1].value, "--json");
	assert_false(words_json(&words));
}

static const struct { const char *line; int code; } rows[] = {
	{ "query a", WORDS_GO },
	{ "query a --help", 0 },	   { "query -h", 0 },
	{ "query", 2 },			   { "query a b c", 2 },
	{ "query a --lats 5m", 2 },	   { "query a --last", 2 },
	{ "query a --json=1", 2 },	   { "query a --last 1m --last 2m", 2 },
	{ "query a --url x --socket y", 2 }, { "query a --", WORDS_GO },
	{ "query a --socket=/run/x", WORDS_GO },
};

static void wrong_usage_is_2(void **state)
{
	static struct words words;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (read_words(rows[i].line, &words) != rows[i].code)
			fail_msg("%s: not %d", rows[i].line, rows[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(values_may_look_like_options),
		cmocka_unit_test(wrong_usage_is_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

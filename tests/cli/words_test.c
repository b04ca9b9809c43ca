/* SPDX-License-Identifier: MIT */
/* words_test.c - options among arguments, in any order; what is wrong ends with 2 and the usage. */
#include "cli/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option_row options[] = {
	{ "name", "NAME", "A name.", true },
	{ "last", "SPAN", "So long.", false },
	{ 0 },
};

static const struct command command = {
	.name = "try", .arguments = "[A] [B]", .most = 2, .options = options, .client = true, .json = true,
	.summary = "Try it.", .more = "That is all.",
};

static const struct command strict = { .name = "strict", .arguments = "FILE", .least = 1, .most = 1, .summary = "One." };

#define WORDS(...) (char *[]){ "try", __VA_ARGS__, NULL }

static int count(char **words)
{
	int n = 0;

	while (words[n])
		n++;
	return n;
}

/* What goes to stdout and stderr while `act` runs. */
struct caught {
	int result;
	char out[4096], err[4096];
};

static void take(FILE *file, char *text, size_t size)
{
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

static struct caught run(const struct command *of, char **argv, struct words *words)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int before_out, before_err;
	struct caught caught;

	assert_true(out && err);
	fflush(NULL);
	before_out = dup(1);
	before_err = dup(2);
	dup2(fileno(out), 1);
	dup2(fileno(err), 2);
	caught.result = words_read(of, count(argv), argv, words);
	fflush(NULL);
	dup2(before_out, 1);
	dup2(before_err, 2);
	close(before_out);
	close(before_err);
	take(out, caught.out, sizeof caught.out);
	take(err, caught.err, sizeof caught.err);
	return caught;
}

static void options_stand_anywhere(void **state)
{
	char **lines[] = {
		WORDS("a", "--last", "5m", "b", "--json"),
		WORDS("--json", "--last=5m", "a", "b"),
		WORDS("a", "b", "--last", "5m", "--json"),
		WORDS("a", "--last", "5m", "--json", "--", "b"),
	};
	struct words words;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_int_equal(run(&command, lines[i], &words).result, WORDS_GO);
		assert_int_equal(words.n_arguments, 2);
		assert_string_equal(words.arguments[0], "a");
		assert_string_equal(words.arguments[1], "b");
		assert_string_equal(words_get(&words, "last"), "5m");
		assert_true(words_json(&words));
		assert_null(words_get(&words, "name"));
	}
}

static void values_may_look_like_options(void **state)
{
	struct words words;

	(void)state;
	assert_int_equal(run(&command, WORDS("--last", "-1h", "-5", "--", "--json"), &words).result, WORDS_GO);
	assert_string_equal(words_get(&words, "last"), "-1h");
	assert_string_equal(words.arguments[0], "-5");
	assert_string_equal(words.arguments[1], "--json");
	assert_false(words_json(&words));
	assert_int_equal(run(&command, WORDS("--last=", "--name", "=", "-"), &words).result, WORDS_GO);
	assert_string_equal(words_get(&words, "last"), "");
	assert_string_equal(words_get(&words, "name"), "=");
	assert_string_equal(words.arguments[0], "-");
}

static void some_may_be_repeated(void **state)
{
	struct words words;

	(void)state;
	assert_int_equal(run(&command, WORDS("--name", "a", "--name=b", "--json", "--json"), &words).result, WORDS_GO);
	assert_int_equal(words.n_given, 4);
	assert_string_equal(words.given[0].value, "a");
	assert_string_equal(words.given[1].value, "b");
	assert_string_equal(words_get(&words, "name"), "b");
}

static void wrong_usage_ends_with_2_and_the_usage(void **state)
{
	static const struct { const struct command *command; char *words[5]; const char *said; } rows[] = {
		{ &command, { "try", "--lost", "5m" }, "there is no option --lost; did you mean --last?" },
		{ &command, { "try", "--zzzzzzzzz" }, "there is no option --zzzzzzzzz\n" },
		{ &command, { "try", "--lats=5m" }, "there is no option --lats; did you mean --last?" },
		{ &command, { "try", "-x" }, "there is no option -x" },
		{ &command, { "try", "-json" }, "there is no option -json; did you mean --json?" },
		{ &command, { "try", "--last" }, "--last wants a value: SPAN" },
		{ &command, { "try", "--json=yes" }, "--json takes no value" },
		{ &command, { "try", "--last=1", "--last=2" }, "--last is given twice" },
		{ &command, { "try", "a", "b", "c" }, "\"c\" is one word too many" },
		{ &command, { "try", "--url", "u", "--socket=s" }, "only one of --url and --socket" },
		{ &command, { "try", "\xff" }, "\"\\xff\" is not UTF-8" },
		{ &command, { "try", "a", "b", "\x1b[31m" }, "\"\\x1b[31m\" is one word too many" },
		{ &strict, { "strict" }, "FILE is missing" },
		{ &strict, { "strict", "a", "--json" }, "there is no option --json" },
	};
	struct words words;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct caught caught = run(rows[i].command, (char **)rows[i].words, &words);
		char usage[32];

		snprintf(usage, sizeof usage, "\nusage: kymo %s ", rows[i].command->name);
		if (caught.result != 2 || !strstr(caught.err, rows[i].said) || !strstr(caught.err, usage) || *caught.out)
			fail_msg("%s: %d\n%s%s", rows[i].said, caught.result, caught.err, caught.out);
	}
}

static void help_goes_to_stdout(void **state)
{
	char **lines[] = { WORDS("--help"), WORDS("a", "-h"), WORDS("--last", "5m", "--help", "a", "b", "c") };
	struct words words;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct caught caught = run(&command, lines[i], &words);

		assert_int_equal(caught.result, 0);
		assert_string_equal(caught.err, "");
		assert_non_null(strstr(caught.out, "usage: kymo try [A] [B]"));
		assert_non_null(strstr(caught.out, "  --last SPAN"));
		assert_non_null(strstr(caught.out, "That is all."));
	}
}

static void too_many_words_are_refused(void **state)
{
	static char *many[WORDS_MOST + 10];
	struct caught caught;
	struct words words;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof many / sizeof *many; i++)
		many[i] = i % 2 ? "--json" : "--name=x";
	caught = run(&command, many, &words);
	assert_int_equal(caught.result, 2);
	assert_non_null(strstr(caught.err, "more than"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(values_may_look_like_options),
		cmocka_unit_test(some_may_be_repeated),
		cmocka_unit_test(wrong_usage_ends_with_2_and_the_usage),
		cmocka_unit_test(help_goes_to_stdout),
		cmocka_unit_test(too_many_words_are_refused),
	};

	return cmocka_run_group_tests_name("cli/words", tests, NULL, NULL);
}

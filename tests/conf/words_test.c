/* SPDX-License-Identifier: MIT */
/* words_test.c - what was meant, and how texts look in messages. */
#include "conf/words.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const char *const known[] = { "interval", "labels", "listen", "name", "out_of_order", "5m", NULL };

static const char *at(const void *words, size_t n)
{
	return ((const char *const *)words)[n];
}

static void finds_what_was_meant(void **state)
{
	static const struct { const char *text, *nearest; } rows[] = {
		{ "intervall", "interval" }, { "intreval", "interval" }, { "Interval", "interval" },
		{ "INTERVAL", "interval" }, { "label", "labels" }, { "listne", "listen" }, { "nmae", "name" },
		{ "out-of-order", "out_of_order" }, { "outoforder", "out_of_order" }, { "5min", NULL },
		{ "1m", "5m" }, { "xy", NULL }, { "x", NULL }, { "", NULL }, { "completely", NULL },
		{ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *got = nearest_word(rows[i].text, at, known);

		if (strcmp(got ? got : "", rows[i].nearest ? rows[i].nearest : "") != 0)
			fail_msg("%s: got %s", rows[i].text, got);
	}
}

static void lists_words_as_a_sentence(void **state)
{
	static const char *const one[] = { "a", NULL }, *const two[] = { "a", "b", NULL };
	char room[64], small[24];

	(void)state;
	list_words(room, sizeof room, " or ", at, known + 6);
	assert_string_equal(room, "");
	list_words(room, sizeof room, " or ", at, one);
	assert_string_equal(room, "a");
	list_words(room, sizeof room, " or ", at, two);
	assert_string_equal(room, "a or b");
	list_words(room, sizeof room, " and ", at, known);
	assert_string_equal(room, "interval, labels, listen, name, out_of_order and 5m");
	list_words(small, sizeof small, " and ", at, known);
	assert_string_equal(small, "interval, labels, ...");
}

static void shows_texts_on_one_line(void **state)
{
	static const struct { const char *text, *shown; } rows[] = {
		{ "", "" }, { "a b", "a b" }, { "a\nb\t\x7f\x01", "a\\x0ab\\x09\\x7f\\x01" }, { "\xc3\xa4", "\xc3\xa4" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..." },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xf0\x9f\x98\x80x",
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xf0\x9f\x98\x80..." },
	};
	char room[SHOWN];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(shown(rows[i].text, room), rows[i].shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_meant),
		cmocka_unit_test(lists_words_as_a_sentence),
		cmocka_unit_test(shows_texts_on_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

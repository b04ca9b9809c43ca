/* SPDX-License-Identifier: MIT */
/* word_test.c - escapes, and what messages show. */
#include "text/word.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

static struct text_word word_of(const char *text)
{
	return (struct text_word){ text, (uint32_t)strlen(text), strchr(text, '\\') != NULL };
}

static const struct { const char *raw, *plain; } rows[] = {
	{ "", "" }, { "abc", "abc" }, { "a\\nb", "a\nb" }, { "\\\\", "\\" }, { "\\\"", "\"" }, { "\\q", "\\q" }, { "a\\", "a\\" },
	{ "\\\\n", "\\n" }, { "\\n\\n", "\n\n" }, { "\\\303\244", "\\\303\244" },
};

static void escapes_are_taken_out(void **state)
{
	char room[16];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint32_t n = text_unescape(word_of(rows[i].raw), room);

		if (n != strlen(rows[i].plain) || memcmp(room, rows[i].plain, n) != 0 || text_plain_length(word_of(rows[i].raw)) != n)
			fail_msg("\"%s\": %.*s", rows[i].raw, (int)n, room);
		assert_true(text_words_equal(word_of(rows[i].raw), (struct text_word){ rows[i].plain, n, false }) ||
			    strchr(rows[i].plain, '\\'));
	}
}

static void words_are_compared_by_what_they_mean(void **state)
{
	(void)state;
	assert_true(text_words_equal(word_of("a\\\\n"), word_of("a\\\\n")));
	assert_true(text_words_equal(word_of("\\q"), word_of("\\\\q")));
	assert_true(text_words_equal(word_of("\\\\q"), word_of("\\q")));
	assert_false(text_words_equal(word_of("\\n"), word_of("n")));
	assert_false(text_words_equal(word_of("\\na"), word_of("\\n")));
	assert_false(text_words_equal(word_of("\\n"), word_of("\\na")));
	assert_false(text_words_equal(word_of("abc"), word_of("abd")));
	assert_false(text_words_equal(word_of("\\\\a"), word_of("\\\\b")));
	assert_true(text_word_is(word_of("a"), "a"));
}

static void messages_show_whole_characters(void **state)
{
	char room[TEXT_SHOWN], text[200];

	(void)state;
	assert_string_equal(text_shown("a\tb\303\244\377", 6, room), "a\\x09b\303\244\\xff");
	memset(text, 'x', sizeof text);
	memcpy(text + 59, "\303\244\303\244\303\244", 6);
	assert_true(strlen(text_shown(text, sizeof text, room)) < TEXT_SHOWN);
	assert_string_equal(room + strlen(room) - 5, "\303\244...");
	memset(text, '\377', sizeof text);
	assert_true(strlen(text_shown(text, sizeof text, room)) < TEXT_SHOWN);
}

static void an_error_has_its_place(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(text_wrong(&err, (struct line_place){ 3, 14 }, "%s", "no"), -EBADMSG);
	assert_string_equal(error_text(&err), "3:14: no");
	assert_int_equal(text_wrong(NULL, (struct line_place){ 3, 14 }, "no"), -EBADMSG);
	error_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_are_taken_out),
		cmocka_unit_test(words_are_compared_by_what_they_mean),
		cmocka_unit_test(messages_show_whole_characters),
		cmocka_unit_test(an_error_has_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

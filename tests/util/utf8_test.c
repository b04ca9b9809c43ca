/* SPDX-License-Identifier: MIT */
/* utf8_test.c - what RFC 3629 allows, and what it does not. */
#include "util/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define TEXT(text) text, sizeof text - 1
static const struct { const char *text; size_t n; bool valid; } rows[] = {
	{ TEXT(""), true },
	{ TEXT("plain"), true },
	{ TEXT("long plain text, over many words of eight bytes"), true },
	{ TEXT("\xc2\x80 \xdf\xbf"), true },
	{ TEXT("\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf"), true },
	{ TEXT("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"), true },
	{ TEXT("a\0b"), false },
	{ TEXT("1234567\0" "12345678"), false },
	{ TEXT("12345678\0"), false },
	{ TEXT("\x80"), false },
	{ TEXT("\xbf"), false },
	{ TEXT("\xc0\x80"), false },
	{ TEXT("\xc1\xbf"), false },
	{ TEXT("\xc2"), false },
	{ TEXT("\xc2\x41"), false },
	{ TEXT("\xe0\x9f\xbf"), false },
	{ TEXT("\xe2\x82"), false },
	{ TEXT("\xe2\x82\xc0"), false },
	{ TEXT("\xed\xa0\x80"), false },
	{ TEXT("\xed\xbf\xbf"), false },
	{ TEXT("\xf0\x8f\xbf\xbf"), false },
	{ TEXT("\xf0\x9f\x98"), false },
	{ TEXT("\xf4\x90\x80\x80"), false },
	{ TEXT("\xf5\x80\x80\x80"), false },
	{ TEXT("\xff"), false },
	{ TEXT("12345678\xff" "12345678"), false },
};

static void knows_what_is_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (utf8_valid(rows[i].text, rows[i].n) != rows[i].valid)
			fail_msg("row %zu", i);
}

/* Every code point of up to 21 bits, encoded as if it were allowed. */
static void takes_just_the_code_points(void **state)
{
	(void)state;
	for (uint32_t c = 0x80; c < 0x200000; c++) {
		size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		bool valid = c < 0x110000 && (c < 0xd800 || c > 0xdfff);
		char text[4];

		for (size_t i = 1; i < n; i++)
			text[i] = (char)(0x80 | (c >> (6 * (n - 1 - i)) & 0x3f));
		text[0] = (char)((0xf00 >> n & 0xff) | c >> (6 * (n - 1)));
		if (utf8_valid(text, n) != valid)
			fail_msg("U+%04X", (unsigned)c);
	}
}

static void steps_over_one_character(void **state)
{
	(void)state;
	assert_int_equal(utf8_step("", 0), 0);
	assert_int_equal(utf8_step("ab", 2), 1);
	assert_int_equal(utf8_step("\0", 1), 1);
	assert_int_equal(utf8_step("\xe2\x82\xac!", 4), 3);
	assert_int_equal(utf8_step("\xe2\x82\xac", 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_what_is_valid),
		cmocka_unit_test(takes_just_the_code_points),
		cmocka_unit_test(steps_over_one_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* text_test.c - values as people read them, and nothing that steers their terminal. */
#include "cli/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <time.h>

static void expect(struct buf *out, const char *what, const char *text)
{
	if (!buf_text(out) || strcmp(buf_text(out), text) != 0)
		fail_msg("%s: \"%s\" instead of \"%s\"", what, buf_text(out), text);
	buf_clear(out);
}

static const struct { const char *text, *also, *safe; } texts[] = {
	{ "", "", "" },
	{ "plain, ümläut, 日本, 🙂", "", "plain, ümläut, 日本, 🙂" },
	{ "a\nb\tc\rd", "", "a\\nb\\tc\\x0dd" },
	{ "\x1b[31mred\x7f", "", "\\x1b[31mred\\x7f" },
	{ "\xc2\x9b" "31m", "", "\\u{9b}31m" },				/* CSI as one character */
	{ "abc\xe2\x80\xae" "fed", "", "abc\\u{202e}fed" },		/* right to left from here on */
	{ "a\xe2\x80\x8b" "b\xef\xbb\xbf", "", "a\\u{200b}b\\u{feff}" },	/* what has no width hides */
	{ "\xe2\x80\xa8|\xf3\xa0\x81\x81", "", "\\u{2028}|\\u{e0041}" },
	{ "\xff\xc3(\xe2\x82", "", "\\xff\\xc3(\\xe2\\x82" },
	{ "say \"\\\"", "\"\\", "say \\\"\\\\\\\"" },
};

static void shows_and_does_not_act(void **state)
{
	AUTO_BUF out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		text_add_safe(&out, texts[i].text, texts[i].also);
		expect(&out, texts[i].safe, texts[i].safe);
	}
	text_add_lines(&out, "/k.yaml:1:2: a\x1b\n/k.yaml:3:4: b\n");
	expect(&out, "lines", "/k.yaml:1:2: a\\x1b\n/k.yaml:3:4: b\n");
}

static void tells_the_local_time(void **state)
{
	static const struct { const char *zone; kymo_ms at; const char *text; } rows[] = {
		{ "UTC0", 0, "1970-01-01T00:00:00+00:00" },
		{ "UTC0", 1769860800123, "2026-01-31T12:00:00.123+00:00" },
		{ "UTC0", -1, "1969-12-31T23:59:59.999+00:00" },
		{ "IST-5:30", 1769860800000, "2026-01-31T17:30:00+05:30" },
		{ "XXX3:30", 1769860800007, "2026-01-31T08:30:00.007-03:30" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1785585600000, "2026-08-01T14:00:00+02:00" },
		{ "UTC0", INT64_MAX, "9223372036854775807 ms" },
	};
	AUTO_BUF out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		setenv("TZ", rows[i].zone, 1);
		tzset();
		text_add_time(&out, rows[i].at);
		if (rows[i].at == INT64_MAX)	/* a year beyond all calendars may be written or not */
			buf_clear(&out);
		else
			expect(&out, rows[i].text, rows[i].text);
	}
}

static void tells_quantities(void **state)
{
	static const struct { double ns; const char *text; } times[] = {
		{ 0, "0 ns" }, { 7, "7 ns" }, { 999, "999 ns" }, { 999.9, "1.00 us" }, { 1240, "1.24 us" },
		{ 12400, "12.4 us" }, { 999949, "1.00 ms" }, { 1.5e6, "1.50 ms" }, { 99.96e6, "100 ms" },
		{ 1.25e9, "1.25 s" }, { 3.6e12, "3600 s" },
	};
	AUTO_BUF out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		text_add_ns(&out, times[i].ns);
		expect(&out, times[i].text, times[i].text);
	}
	text_add_size(&out, 1489000);
	expect(&out, "size", "1.42 MiB");
	text_add_size(&out, -5);
	expect(&out, "no size", "-5 B");
	text_add_size(&out, 1e30);
	expect(&out, "no size either", "1e+30 B");
	text_add_duration(&out, 5400000);
	expect(&out, "duration", "1h30m");
	text_add_number(&out, 0.1);
	expect(&out, "number", "0.1");
}

static void counts_columns(void **state)
{
	static const struct { const char *text; size_t width; } rows[] = {
		{ "", 0 }, { "abc", 3 }, { "ümläut", 6 }, { "日本", 4 }, { "e\xcc\x81", 1 }, { "🙂", 2 }, { "\xff", 1 },
	};
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before;

	(void)state;
	if (!utf8)
		skip();
	before = uselocale(utf8);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (text_width(rows[i].text, strlen(rows[i].text)) != rows[i].width)
			fail_msg("\"%s\" takes %zu columns", rows[i].text, text_width(rows[i].text, strlen(rows[i].text)));
	uselocale(before);
	freelocale(utf8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_and_does_not_act),
		cmocka_unit_test(tells_the_local_time),
		cmocka_unit_test(tells_quantities),
		cmocka_unit_test(counts_columns),
	};

	return cmocka_run_group_tests_name("cli/text", tests, NULL, NULL);
}

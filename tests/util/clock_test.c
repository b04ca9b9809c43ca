/* SPDX-License-Identifier: MIT */
/* clock_test.c - times as text and back, and a clock that a test sets. */
#include "util/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <time.h>

static const struct { kymo_ms at; const char *text; } formatted[] = {
	{ 0, "1970-01-01T00:00:00.000Z" },
	{ -1, "1969-12-31T23:59:59.999Z" },
	{ 951782400123, "2000-02-29T00:00:00.123Z" },
	{ 951868800000, "2000-03-01T00:00:00.000Z" },
	{ 4107542399999, "2100-02-28T23:59:59.999Z" },
	{ 4107542400000, "2100-03-01T00:00:00.000Z" },
	{ 1769860800000, "2026-01-31T12:00:00.000Z" },
	{ 253402300799999, "9999-12-31T23:59:59.999Z" },
	{ -62167219200000, "0000-01-01T00:00:00.000Z" },
	{ -62167219200001, "-0001-12-31T23:59:59.999Z" },
	{ INT64_MAX, "292278994-08-17T07:12:55.807Z" },
	{ INT64_MIN, "-292275055-05-16T16:47:04.192Z" },
};

static void writes_every_time(void **state)
{
	char text[TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof formatted / sizeof *formatted; i++)
		assert_string_equal(time_format(formatted[i].at, text), formatted[i].text);
}

/* Against the C library, over every day of 1600..2400 or so. */
static void agrees_with_gmtime(void **state)
{
	(void)state;
	for (int64_t day = -135140; day < 157054; day++) {
		time_t seconds = day * 86400 + (day * 7919 % 86400 + 86400) % 86400;
		char text[TIME_TEXT], expected[64];
		kymo_ms back;
		struct tm tm;

		gmtime_r(&seconds, &tm);
		strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000Z", &tm);
		assert_string_equal(time_format(seconds * 1000, text), expected);
		assert_int_equal(time_parse(text, &back), 0);
		assert_true(back == seconds * 1000);
	}
}

static const struct { const char *text; int result; kymo_ms at; } parsed[] = {
	{ "2026-01-31T12:00:00Z", 0, 1769860800000 },
	{ "2026-01-31t12:00:00z", 0, 1769860800000 },
	{ "2026-01-31 12:00:00Z", 0, 1769860800000 },
	{ "2026-01-31T14:00:00+02:00", 0, 1769860800000 },
	{ "2026-01-31T06:30:00-05:30", 0, 1769860800000 },
	{ "2026-01-31T12:00:00.5Z", 0, 1769860800500 },
	{ "2026-01-31T12:00:00.123456789Z", 0, 1769860800123 },
	{ "1969-12-31T23:59:59.999Z", 0, -1 },
	{ "2016-12-31T23:59:60Z", 0, 1483228800000 },
	{ "2000-02-29T00:00:00Z", 0, 951782400000 },
	{ "2100-02-29T00:00:00Z", -EINVAL, 7 },
	{ "2026-13-01T00:00:00Z", -EINVAL, 7 },
	{ "2026-00-01T00:00:00Z", -EINVAL, 7 },
	{ "2026-04-31T00:00:00Z", -EINVAL, 7 },
	{ "2026-04-00T00:00:00Z", -EINVAL, 7 },
	{ "2026-01-31T24:00:00Z", -EINVAL, 7 },
	{ "2026-01-31T12:60:00Z", -EINVAL, 7 },
	{ "2026-01-31T12:00:61Z", -EINVAL, 7 },
	{ "2026-01-31T12:00:00", -EINVAL, 7 },
	{ "2026-01-31T12:00:00.Z", -EINVAL, 7 },
	{ "2026-01-31T12:00:00Zx", -EINVAL, 7 },
	{ "2026-01-31T12:00:00+2:00", -EINVAL, 7 },
	{ "2026-01-31T12:00:00+24:00", -EINVAL, 7 },
	{ "2026-01-31T12:00:00+02", -EINVAL, 7 },
	{ "2026-01-31", -EINVAL, 7 },
	{ "2026-1-31T12:00:00Z", -EINVAL, 7 },
	{ "2026-", -EINVAL, 7 },
	{ "0", 0, 0 },
	{ "1769860800", 0, 1769860800000 },
	{ "1769860800.5", 0, 1769860800500 },
	{ "1769860800.123456", 0, 1769860800123 },
	{ "1769860800.1235", 0, 1769860800124 },
	{ "1769860800.", 0, 1769860800000 },
	{ ".25", 0, 250 },
	{ "+1.001", 0, 1001 },
	{ "-1.5", 0, -1500 },
	{ "-0.0005", 0, -1 },
	{ "9223372036854775.807", 0, INT64_MAX },
	{ "9223372036854775.808", -ERANGE, 7 },
	{ "9223372036854775.8079", -ERANGE, 7 },
	{ "9223372036854776", -ERANGE, 7 },
	{ "99999999999999999999999", -ERANGE, 7 },
	{ "", -EINVAL, 7 },
	{ ".", -EINVAL, 7 },
	{ "-", -EINVAL, 7 },
	{ "1.2.3", -EINVAL, 7 },
	{ " 1", -EINVAL, 7 },
	{ "1 ", -EINVAL, 7 },
	{ "1e9", -EINVAL, 7 },
	{ "now", -EINVAL, 7 },
	{ "NaN", -EINVAL, 7 },
};

static void reads_each_spelling(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof parsed / sizeof *parsed; i++) {
		kymo_ms at = 7;
		int result = time_parse(parsed[i].text, &at);

		if (result != parsed[i].result || at != parsed[i].at)
			fail_msg("\"%s\": got %d, %lld", parsed[i].text, result, (long long)at);
	}
}

static void the_test_clock_stands_where_it_is_put(void **state)
{
	struct test_clock clock;

	(void)state;
	test_clock_init(&clock, 1000);
	assert_int_equal(clock_now(&clock.clock), 1000);
	clock.now += 500;
	assert_int_equal(clock_now(&clock.clock), 1500);
}

static void the_clocks_go_forward(void **state)
{
	int64_t mono = clock_mono_ns(), thread = clock_thread_cpu_ns(), process = clock_process_cpu_ns();

	(void)state;
	assert_true(clock_now(&clock_system) > 1577836800000);	/* 2020 */
	assert_true(clock_mono_ns() >= mono);
	assert_true(clock_thread_cpu_ns() >= thread);
	assert_true(clock_process_cpu_ns() >= process);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_every_time),
		cmocka_unit_test(agrees_with_gmtime),
		cmocka_unit_test(reads_each_spelling),
		cmocka_unit_test(the_test_clock_stands_where_it_is_put),
		cmocka_unit_test(the_clocks_go_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

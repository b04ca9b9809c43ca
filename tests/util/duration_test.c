/* SPDX-License-Identifier: MIT */
/* duration_test.c - durations and sizes, as people write them and back. */
#include "util/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

static const struct { const char *text; int result; kymo_ms ms; } durations[] = {
	{ "1h30m", 0, 5400000 },
	{ "90s", 0, 90000 },
	{ "1.5h", 0, 5400000 },
	{ "0", 0, 0 },
	{ "0s", 0, 0 },
	{ "500ms", 0, 500 },
	{ "1y", 0, 31536000000 },
	{ "2w", 0, 1209600000 },
	{ "1d12h", 0, 129600000 },
	{ "1y2w3d4h5m6s7ms", 0, 33019506007 },
	{ "1m500ms", 0, 60500 },
	{ "0.0005s", 0, 1 },
	{ "1.9999ms", 0, 2 },
	{ "0.3333333333333333333333333h", 0, 1200000 },
	{ "9223372036854775807ms", 0, INT64_MAX },
	{ "0.0001ms", -ERANGE, 7 },
	{ "9223372036854775808ms", -ERANGE, 7 },
	{ "9999999999999h", -ERANGE, 7 },
	{ "99999999999999999999999999h", -ERANGE, 7 },
	{ "99999999999999999999999999x", -EINVAL, 7 },
	{ "9999999999999h1x", -EINVAL, 7 },
	{ "292471208y9223372036854775807ms", -ERANGE, 7 },
	{ "10x", -EINVAL, 7 },
	{ "10", -EINVAL, 7 },
	{ "00", -EINVAL, 7 },
	{ "", -EINVAL, 7 },
	{ "h", -EINVAL, 7 },
	{ "1", -EINVAL, 7 },
	{ "-1s", -EINVAL, 7 },
	{ "+1s", -EINVAL, 7 },
	{ " 1s", -EINVAL, 7 },
	{ "1s ", -EINVAL, 7 },
	{ "1h 30m", -EINVAL, 7 },
	{ "30m1h", -EINVAL, 7 },
	{ "1h1h", -EINVAL, 7 },
	{ "1hh", -EINVAL, 7 },
	{ "1.h", -EINVAL, 7 },
	{ ".5h", -EINVAL, 7 },
	{ "1.5.5h", -EINVAL, 7 },
	{ "1H", -EINVAL, 7 },
	{ "1e3s", -EINVAL, 7 },
};

static void reads_each_spelling(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
		kymo_ms ms = 7;
		int result = duration_parse(durations[i].text, &ms);

		if (result != durations[i].result || ms != durations[i].ms)
			fail_msg("\"%s\": got %d, %lld ms", durations[i].text, result, (long long)ms);
	}
}

static const struct { kymo_ms ms; const char *text; } formatted[] = {
	{ 0, "0" },
	{ 1, "1ms" },
	{ 1500, "1s500ms" },
	{ 90000, "1m30s" },
	{ 5400000, "1h30m" },
	{ 86400000, "1d" },
	{ 604800000, "1w" },
	{ 2592000000, "30d" },
	{ 31536000000, "1y" },
	{ 31622400000, "366d" },
	{ 129600000, "1d12h" },
	{ INT64_MAX, "106751991167d7h12m55s807ms" },
	{ -5400000, "-1h30m" },
	{ INT64_MIN, "-106751991167d7h12m55s808ms" },
};

static void writes_what_reads_back(void **state)
{
	char text[DURATION_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof formatted / sizeof *formatted; i++) {
		kymo_ms ms = formatted[i].ms, back;

		assert_string_equal(duration_format(ms, text), formatted[i].text);
		if (ms < 0)
			continue;
		assert_int_equal(duration_parse(text, &back), 0);
		assert_true(back == ms);
	}
}

static const struct { const char *text; int result; uint64_t bytes; } sizes[] = {
	{ "0", 0, 0 },
	{ "4096", 0, 4096 },
	{ "256B", 0, 256 },
	{ "4KiB", 0, 4096 },
	{ "1.5MiB", 0, 1572864 },
	{ "10MB", 0, 10000000 },
	{ "2kB", 0, 2000 },
	{ "3GB", 0, 3000000000 },
	{ "1GiB", 0, 1073741824 },
	{ "1TB", 0, 1000000000000 },
	{ "1TiB", 0, 1099511627776 },
	{ "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551616", -ERANGE, 7 },
	{ "16777216TiB", -ERANGE, 7 },
	{ "0.1B", -ERANGE, 7 },
	{ "", -EINVAL, 7 },
	{ "B", -EINVAL, 7 },
	{ "-1", -EINVAL, 7 },
	{ "1 KiB", -EINVAL, 7 },
	{ "1KB", -EINVAL, 7 },
	{ "1kib", -EINVAL, 7 },
	{ "1KiBs", -EINVAL, 7 },
	{ "1.KiB", -EINVAL, 7 },
	{ "99999999999999999999x", -EINVAL, 7 },
};

static void reads_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		uint64_t bytes = 7;
		int result = size_parse(sizes[i].text, &bytes);

		if (result != sizes[i].result || bytes != sizes[i].bytes)
			fail_msg("\"%s\": got %d, %llu", sizes[i].text, result, (unsigned long long)bytes);
	}
}

static const struct { uint64_t bytes; const char *text; } for_people[] = {
	{ 0, "0 B" },
	{ 1023, "1023 B" },
	{ 1024, "1.00 KiB" },
	{ 1489000, "1.42 MiB" },
	{ 10234, "9.99 KiB" },
	{ 10239, "10.0 KiB" },
	{ 102399, "100 KiB" },
	{ 1048575, "1.00 MiB" },
	{ 1047552, "1023 KiB" },
	{ 1099511627776, "1.00 TiB" },
	{ UINT64_MAX, "16.0 EiB" },
};

static void writes_sizes_in_three_digits(void **state)
{
	char text[DURATION_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof for_people / sizeof *for_people; i++)
		assert_string_equal(size_format(for_people[i].bytes, text), for_people[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_spelling),
		cmocka_unit_test(writes_what_reads_back),
		cmocka_unit_test(reads_sizes),
		cmocka_unit_test(writes_sizes_in_three_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "plain/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>

static void every_word_has_its_number(void **state)
{
	uint32_t number;

	(void)state;
	for (uint32_t f = KYMO_VALUES; f <= KYMO_P99; f++) {
		assert_int_equal(plain_parse_function(plain_function_name(f), &number, NULL), 0);
		assert_int_equal(number, f);
	}
	assert_string_equal(plain_function_name(99), "?");
	assert_int_equal(plain_parse_granularity("auto", &number, NULL), 0);
	assert_int_equal(number, KYMO_AUTO);
	assert_int_equal(plain_parse_granularity("1h", &number, NULL), 0);
	assert_int_equal(number, KYMO_1H);
	assert_int_equal(plain_parse_op("!~", &number, NULL), 0);
	assert_int_equal(number, KYMO_NOT_REGEX);
}

static void an_unknown_word_is_told_the_others(void **state)
{
	struct error err = { 0 };
	uint32_t number;

	(void)state;
	assert_int_equal(plain_parse_function("median", &number, &err), -EINVAL);
	assert_string_equal(error_text(&err),
			    "function \"median\" is not known: values, sum, avg, min, max, count, p50, p95 or p99");
	error_clear(&err);
	assert_int_equal(plain_parse_granularity("2m", &number, &err), -EINVAL);
	assert_string_equal(error_text(&err), "granularity \"2m\" is not known: auto, raw, 1m, 5m or 1h");
	error_clear(&err);
	assert_int_equal(plain_parse_op("==", &number, &err), -EINVAL);
	assert_string_equal(error_text(&err), "operator \"==\" is not known: =, !=, =~, !~ or like");
	error_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_has_its_number),
		cmocka_unit_test(an_unknown_word_is_told_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

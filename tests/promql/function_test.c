/* SPDX-License-Identifier: MIT */
#include "promql/function.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static const struct function *find(const char *name) { return function_find(name, strlen(name)); }
static const char *suggest(const char *name) { return function_suggest(name, strlen(name)); }

static void functions_are_found_by_name(void **state)
{
	(void)state;
	assert_int_equal(find("rate")->id, FN_RATE);
	assert_int_equal(find("year")->id, FN_YEAR);
	assert_int_equal(find("holt_winters")->id, FN_DOUBLE_EXPONENTIAL_SMOOTHING);
	assert_null(find("rat"));
	assert_null(find("RATE"));
	assert_null(function_find("rate_", 5));
	assert_non_null(function_find("rate_", 4));
}

static void arguments_have_types(void **state)
{
	(void)state;
	assert_int_equal(function_arg(find("label_replace"), 4), TYPE_STRING);
	assert_int_equal(function_arg(find("label_join"), 0), TYPE_VECTOR);
	assert_int_equal(function_arg(find("label_join"), 200), TYPE_STRING);
	assert_int_equal(function_arg(find("sort_by_label"), 1), TYPE_STRING);
	assert_int_equal(function_arg(find("sort_by_label"), 9), TYPE_STRING);
	assert_int_equal(function_arg(find("quantile_over_time"), 0), TYPE_SCALAR);
	assert_int_equal(function_arg(find("quantile_over_time"), 1), TYPE_MATRIX);
	assert_int_equal(function_arg(find("round"), 1), TYPE_SCALAR);
	assert_int_equal(function_arg(find("histogram_quantiles"), 0), TYPE_VECTOR);
	assert_int_equal(function_arg(find("histogram_quantiles"), 1), TYPE_STRING);
	assert_int_equal(function_arg(find("histogram_quantiles"), 11), TYPE_SCALAR);
	assert_int_equal(function_arg(find("max_of"), 1), TYPE_SCALAR);
}

static void the_nearest_name_is_suggested(void **state)
{
	(void)state;
	assert_string_equal(suggest("rates"), "rate");
	assert_string_equal(suggest("avg_overtime"), "avg_over_time");
	assert_string_equal(suggest("histogram_quantil"), "histogram_quantile");
	assert_null(suggest("foo"));
	assert_null(suggest("x"));
	assert_null(suggest("a_name_that_is_longer_than_any_function_can_be"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_found_by_name),
		cmocka_unit_test(arguments_have_types),
		cmocka_unit_test(the_nearest_name_is_suggested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

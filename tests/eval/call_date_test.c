/* SPDX-License-Identifier: MIT */
#include "eval/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

static const struct {
	double seconds;
	enum function_id id;
	double value;
} rows[] = {
	{ 0, FN_YEAR, 1970 },
	{ 0, FN_DAY_OF_WEEK, 4 },
	{ 0, FN_DAY_OF_YEAR, 1 },
	{ -1, FN_YEAR, 1969 },
	{ -1, FN_HOUR, 23 },
	{ -0.5, FN_YEAR, 1970 },		/* towards zero */
	{ 1136239445, FN_YEAR, 2006 },
	{ 1136239445, FN_MONTH, 1 },
	{ 1136239445, FN_DAY_OF_MONTH, 2 },
	{ 1136239445, FN_DAY_OF_WEEK, 1 },
	{ 1136239445, FN_HOUR, 22 },
	{ 1136239445, FN_MINUTE, 4 },
	{ 1454284800, FN_DAYS_IN_MONTH, 29 },	/* February 2016 */
	{ 1485907200, FN_DAYS_IN_MONTH, 28 },
	{ 1483228799, FN_DAY_OF_YEAR, 366 },	/* the last second of 2016 */
	{ 1483228800, FN_DAY_OF_YEAR, 1 },
	{ -62135596801, FN_YEAR, 0 },
	{ 1e15, FN_YEAR, 31690708 },
	{ 1e300, FN_YEAR, NAN },
	{ NAN, FN_HOUR, NAN },
	{ -INFINITY, FN_MINUTE, NAN },
};

static void parts_of_dates(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double got = date_function_find(rows[i].id)(rows[i].seconds);

		if (isnan(rows[i].value) ? !isnan(got) : got != rows[i].value)
			fail_msg("row %zu: %g", i, got);
	}
	assert_null(date_function_find(FN_ABS));
}

static void agrees_with_the_calendar_of_the_system(void **state)
{
	(void)state;
	srand48(3);
	for (int i = 0; i < 20000; i++) {
		time_t t = (time_t)((drand48() - 0.3) * 2e11);
		double at = (double)t;
		struct tm tm;

		gmtime_r(&t, &tm);
		assert_true(date_function_find(FN_YEAR)(at) == tm.tm_year + 1900.0);
		assert_true(date_function_find(FN_MONTH)(at) == tm.tm_mon + 1.0);
		assert_true(date_function_find(FN_DAY_OF_MONTH)(at) == tm.tm_mday);
		assert_true(date_function_find(FN_DAY_OF_WEEK)(at) == tm.tm_wday);
		assert_true(date_function_find(FN_DAY_OF_YEAR)(at) == tm.tm_yday + 1.0);
		assert_true(date_function_find(FN_HOUR)(at) == tm.tm_hour);
		assert_true(date_function_find(FN_MINUTE)(at) == tm.tm_min);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_dates),
		cmocka_unit_test(agrees_with_the_calendar_of_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

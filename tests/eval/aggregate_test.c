/* SPDX-License-Identifier: MIT */
#include "eval/rows.h"
#include "util/check.h"

static const char few[] =
	"m{g=\"a\",x=\"1\"} 1 _ 5 NaN _\n"
	"m{g=\"a\",x=\"2\"} 2 _ 7 1 _\n"
	"m{g=\"b\",x=\"1\"} 10 20 30 +Inf _\n"
	"m{g=\"a\",x=\"3\"} 4 _ _ 2 _\n"
	"m{x=\"4\"} -1 _ _ -Inf _\n";

static void by_and_without(void **state)
{
	static const struct row rows[] = {
		{ "sum by (g) (m)", "{g=\"a\"} 7 _ 12 NaN _\n{g=\"b\"} 10 20 30 +Inf _\n{} -1 _ _ -Inf _\n" },
		{ "sum without (x) (m)", "{g=\"a\"} 7 _ 12 NaN _\n{g=\"b\"} 10 20 30 +Inf _\n{} -1 _ _ -Inf _\n" },
		{ "sum without () (m{x=\"3\"})", "{g=\"a\",x=\"3\"} 4 _ _ 2 _\n" },
		{ "sum by (__name__, nothing) (m)", "m 16 20 42 NaN _\n" },
		{ "sum(m)", "{} 16 20 42 NaN _\n" },
		{ "sum(nothing)", "" },
		{ "count by (x) (m)", "{x=\"1\"} 2 1 2 2 _\n{x=\"2\"} 1 _ 1 1 _\n{x=\"3\"} 1 _ _ 1 _\n{x=\"4\"} 1 _ _ 1 _\n" },
	};

	(void)state;
	check_rows(few, 5, rows, COUNT_OF(rows));
}

static void numbers(void **state)
{
	static const struct row rows[] = {
		{ "avg by (g) (m)", "{g=\"a\"} 2.3333333333333335 _ 6 NaN _\n{g=\"b\"} 10 20 30 +Inf _\n{} -1 _ _ -Inf _\n" },
		{ "min by (g) (m)", "{g=\"a\"} 1 _ 5 1 _\n{g=\"b\"} 10 20 30 +Inf _\n{} -1 _ _ -Inf _\n" },
		{ "max by (g) (m)", "{g=\"a\"} 4 _ 7 2 _\n{g=\"b\"} 10 20 30 +Inf _\n{} -1 _ _ -Inf _\n" },
		{ "min(m{x=\"1\"})", "{} 1 20 5 +Inf _\n" },
		{ "max(m{g=\"a\",x=\"1\"})", "{} 1 _ 5 NaN _\n" },
		{ "group(m)", "{} 1 1 1 1 _\n" },
		{ "count(m)", "{} 5 1 3 5 _\n" },
		{ "stdvar by (g) (m)", "{g=\"a\"} 1.5555555555555554 _ 1 NaN _\n{g=\"b\"} 0 0 0 NaN _\n{} 0 _ _ NaN _\n" },
		{ "stddev(m{x=~\"1|2\"})", "{} 4.0276819911981905 0 11.343133018115703 NaN _\n" },
	};

	(void)state;
	check_rows(few, 5, rows, COUNT_OF(rows));
}

static void sums_are_compensated(void **state)
{
	static const char columns[] = "m{x=\"1\"} 1 1e308 1e308 +Inf\nm{x=\"2\"} 1e100 1e308 1e308 1\nm{x=\"3\"} 1 1e308 -1e308 2\n"
				      "m{x=\"4\"} -1e100 1e308 -1e308 -Inf\n";
	static const struct row rows[] = {
		{ "sum(m)", "{} 2 +Inf +Inf NaN\n" },
		{ "avg(m)", "{} 0.5 1e+308 0 NaN\n" },
		{ "avg(m{x!=\"4\"})", "{} 3.333333333333333e+99 1e+308 3.333333333333333e+307 +Inf\n" },
	};

	(void)state;
	check_rows(columns, 4, rows, COUNT_OF(rows));
}

static void every_length_of_column(void **state)
{
	static const char columns[] = "m{x=\"1\"} 1 2 3 4 5 6 7 8 9\nm{x=\"2\"} 1 _ 3 _ 5 _ 7 _ 9\nm{x=\"3\"} _ _ _ 1 1 1 1 1 1\n";
	static const struct row rows[] = {
		{ "sum(m)", "{} 2 2 6 5 11 7 15 9 19\n" },
		{ "avg(m)", "{} 1 2 3 2.5 3.6666666666666665 3.5 5 4.5 6.333333333333333\n" },
		{ "count(m)", "{} 2 1 2 2 3 2 3 2 3\n" },
		{ "max(m)", "{} 1 2 3 4 5 6 7 8 9\n" },
		{ "topk(1, m)", "m{x=\"1\"} 1 2 3 4 5 6 7 8 9\n" },
	};

	(void)state;
	check_rows(columns, 9, rows, COUNT_OF(rows));
}

static void top_at_an_instant(void **state)
{
	static const char columns[] =
		"m{g=\"a\",x=\"1\"} 3\nm{g=\"a\",x=\"2\"} NaN\nm{g=\"a\",x=\"3\"} 7\nm{g=\"b\",x=\"4\"} 5\nm{g=\"a\",x=\"5\"} 1\nm{g=\"b\",x=\"6\"} _\n"
		"m{g=\"b\",x=\"7\"} 6\nm{g=\"b\",x=\"8\"} -Inf\n";
	static const struct row rows[] = {
		{ "topk(3, m)", "m{g=\"a\",x=\"3\"} 7\nm{g=\"b\",x=\"7\"} 6\nm{g=\"b\",x=\"4\"} 5\n" },
		{ "topk(2.9, m)", "m{g=\"a\",x=\"3\"} 7\nm{g=\"b\",x=\"7\"} 6\n" },
		{ "bottomk(2, m)", "m{g=\"b\",x=\"8\"} -Inf\nm{g=\"a\",x=\"5\"} 1\n" },
		{ "topk by (g) (1, m)", "m{g=\"a\",x=\"3\"} 7\nm{g=\"b\",x=\"7\"} 6\n" },
		{ "topk(1e9, m{g=\"a\"})", "m{g=\"a\",x=\"3\"} 7\nm{g=\"a\",x=\"1\"} 3\nm{g=\"a\",x=\"5\"} 1\nm{g=\"a\",x=\"2\"} NaN\n" },
		{ "bottomk(9, m{g=\"a\"})", "m{g=\"a\",x=\"5\"} 1\nm{g=\"a\",x=\"1\"} 3\nm{g=\"a\",x=\"3\"} 7\nm{g=\"a\",x=\"2\"} NaN\n" },
		{ "topk(0, m)", "" },
		{ "topk(-5, m)", "" },
		{ "topk(0.9, m)", "" },
		{ "topk(NaN, m)", "error: Parameter value is NaN\n" },
		{ "topk(1e20, m)", "error: Scalar value 1e+20 overflows int64\n" },
		{ "bottomk(Inf, m)", "error: Scalar value +Inf overflows int64\n" },
		{ "topk(-1e20, m)", "" },
	};

	(void)state;
	check_rows(columns, 1, rows, COUNT_OF(rows));
}

static void top_over_time(void **state)
{
	static const char columns[] = "m{x=\"1\"} 1 9 NaN 1 _\nm{x=\"2\"} 2 8 NaN 2 4\nm{x=\"3\"} 3 7 1 _ NaN\nm{x=\"4\"} 0 0 0 _ _\n";
	static const struct row rows[] = {
		{ "topk(1, m)", "m{x=\"1\"} _ 9 _ _ _\nm{x=\"2\"} _ _ _ 2 4\nm{x=\"3\"} 3 _ 1 _ _\n" },
		{ "bottomk(1, m)", "m{x=\"1\"} _ _ _ 1 _\nm{x=\"2\"} _ _ _ _ 4\nm{x=\"4\"} 0 0 0 _ _\n" },
		{ "topk(time(), m)", "m{x=\"1\"} _ 9 _ 1 _\nm{x=\"2\"} _ _ _ 2 4\nm{x=\"3\"} _ _ 1 _ NaN\nm{x=\"4\"} _ _ 0 _ _\n" },
		{ "topk(2, nothing)", "" },
	};

	(void)state;
	check_rows(columns, 5, rows, COUNT_OF(rows));
}

static void quantiles(void **state)
{
	static const struct row rows[] = {
		{ "quantile(0.5, m)", "{} 2 20 7 1 _\n" },
		{ "quantile by (g) (0.25, m)", "{g=\"a\"} 1.5 _ 5.5 NaN _\n{g=\"b\"} 10 20 30 NaN _\n{} -1 _ _ NaN _\n" },
		{ "quantile(0, m{g=\"a\"})", "{} 1 _ 5 NaN _\n" },
		{ "quantile(1, m{g=\"a\"})", "{} 4 _ 7 2 _\n" },
		{ "quantile(2, m{g=\"a\"})", "{} +Inf _ +Inf +Inf _\n"
		  "warning: PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)\n" },
		{ "quantile(-0.5, m{g=\"a\"})", "{} -Inf _ -Inf -Inf _\n"
		  "warning: PromQL warning: quantile value should be between 0 and 1, got -0.5 (1:10)\n" },
		{ "quantile(NaN, m{g=\"a\"})", "{} NaN _ NaN NaN _\n"
		  "warning: PromQL warning: quantile value should be between 0 and 1, got NaN (1:10)\n" },
	};

	(void)state;
	check_rows(few, 5, rows, COUNT_OF(rows));
}

static void values_counted(void **state)
{
	static const char columns[] = "m{g=\"a\",v=\"old\"} 1 1e21 0.5 _\nm{g=\"a\"} 1 1e21 NaN _\nm{g=\"b\"} 1 1e-7 NaN +Inf\n";
	static const struct row rows[] = {
		{ "count_values(\"v\", m)", "{v=\"1\"} 3 _ _ _\n{v=\"1000000000000000000000\"} _ 2 _ _\n{v=\"0.5\"} _ _ 1 _\n"
		  "{v=\"NaN\"} _ _ 2 _\n{v=\"0.0000001\"} _ 1 _ _\n{v=\"+Inf\"} _ _ _ 1\n" },
		{ "count_values by (g) (\"v\", m{g=\"a\"})", "{g=\"a\",v=\"1\"} 2 _ _ _\n{g=\"a\",v=\"1000000000000000000000\"} _ 2 _ _\n"
		  "{g=\"a\",v=\"0.5\"} _ _ 1 _\n{g=\"a\",v=\"NaN\"} _ _ 1 _\n" },
		{ "count_values without (g) (\"v\", m{g=\"a\"})", "{v=\"1\"} 2 _ _ _\n{v=\"1000000000000000000000\"} _ 2 _ _\n"
		  "{v=\"0.5\"} _ _ 1 _\n{v=\"NaN\"} _ _ 1 _\n" },
		{ "count_values without (v) (\"v\", m)", "{g=\"a\"} 2 2 2 _\n{g=\"b\"} 1 1 1 1\n" },
		{ "count_values by (v) (\"v\", m{g=\"b\"})", "{v=\"1\"} 1 _ _ _\n{v=\"0.0000001\"} _ 1 _ _\n{v=\"NaN\"} _ _ 1 _\n"
		  "{v=\"+Inf\"} _ _ _ 1\n" },
	};

	(void)state;
	check_rows(columns, 4, rows, COUNT_OF(rows));
}

static void limits(void **state)
{
	static const char columns[] = "m{g=\"a\",x=\"1\"} 1 _ 3\nm{g=\"a\",x=\"2\"} 1 2 _\nm{g=\"b\",x=\"3\"} 1 2 3\nm{g=\"b\",x=\"4\"} 1 2 3\n";
	static const struct row rows[] = {
		{ "limitk(1, m)", "m{g=\"a\",x=\"1\"} 1 _ 3\nm{g=\"a\",x=\"2\"} _ 2 _\n" },
		{ "limitk by (g) (1, m)", "m{g=\"a\",x=\"1\"} 1 _ 3\nm{g=\"a\",x=\"2\"} _ 2 _\nm{g=\"b\",x=\"3\"} 1 2 3\n" },
		{ "limitk(time(), m)", "m{g=\"a\",x=\"1\"} _ _ 3\nm{g=\"a\",x=\"2\"} _ 2 _\nm{g=\"b\",x=\"3\"} _ _ 3\n" },
		{ "limitk(0, m)", "" },
		{ "limitk(NaN, m)", "error: Parameter value is NaN\n" },
		{ "limit_ratio(0, m)", "" },
		{ "limit_ratio(1, m{g=\"a\"})", "m{g=\"a\",x=\"1\"} 1 _ 3\nm{g=\"a\",x=\"2\"} 1 2 _\n" },
		{ "limit_ratio(-1, m{g=\"a\"})", "m{g=\"a\",x=\"1\"} 1 _ 3\nm{g=\"a\",x=\"2\"} 1 2 _\n" },
		{ "limit_ratio(1.5, m{x=\"1\"})", "m{g=\"a\",x=\"1\"} 1 _ 3\n"
		  "warning: PromQL warning: ratio value should be between -1 and 1, got 1.5, capping to 1 (1:13)\n" },
		{ "limit_ratio(-2, m{x=\"1\"})", "m{g=\"a\",x=\"1\"} 1 _ 3\n"
		  "warning: PromQL warning: ratio value should be between -1 and 1, got -2, capping to -1 (1:13)\n" },
		{ "limit_ratio(NaN, m)", "error: Ratio value is NaN\n" },
		{ "count(limit_ratio(0.3, m) or limit_ratio(-0.7, m))", "{} 4 3 3\n" },
		{ "count(limit_ratio(0.3, m) and limit_ratio(-0.7, m))", "" },
	};

	(void)state;
	check_rows(columns, 3, rows, COUNT_OF(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_and_without),
		cmocka_unit_test(numbers),
		cmocka_unit_test(sums_are_compensated),
		cmocka_unit_test(every_length_of_column),
		cmocka_unit_test(top_at_an_instant),
		cmocka_unit_test(top_over_time),
		cmocka_unit_test(quantiles),
		cmocka_unit_test(values_counted),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

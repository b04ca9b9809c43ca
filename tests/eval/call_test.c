/* SPDX-License-Identifier: MIT */
#include "eval/rows.h"

#include <math.h>

static const char numbers[] =
	"m{x=\"a\"} 1.5 -2.5 0 _\n"
	"m{x=\"b\"} NaN +Inf -Inf -0\n";

static const struct row of_values[] = {
	{ "abs(m)", "{x=\"a\"} 1.5 2.5 0 _\n{x=\"b\"} NaN +Inf +Inf 0\n" },
	{ "ceil(m)", "{x=\"a\"} 2 -2 0 _\n{x=\"b\"} NaN +Inf -Inf -0\n" },
	{ "floor(m)", "{x=\"a\"} 1 -3 0 _\n{x=\"b\"} NaN +Inf -Inf -0\n" },
	{ "round(m)", "{x=\"a\"} 2 -2 0 _\n{x=\"b\"} NaN +Inf -Inf 0\n" },
	{ "round(m{x=\"a\"}, 0.2)", "{x=\"a\"} 1.6 -2.4 0 _\n" },
	{ "round(m{x=\"a\"}, time())", "{x=\"a\"} NaN -2 0 _\n" },
	{ "sgn(m)", "{x=\"a\"} 1 -1 0 _\n{x=\"b\"} NaN 1 -1 -0\n" },
	{ "sqrt(m)", "{x=\"a\"} 1.224744871391589 NaN 0 _\n{x=\"b\"} NaN +Inf NaN -0\n" },
	{ "exp(m)", "{x=\"a\"} 4.4816890703380645 0.0820849986238988 1 _\n{x=\"b\"} NaN +Inf 0 1\n" },
	{ "ln(m)", "{x=\"a\"} 0.4054651081081644 NaN -Inf _\n{x=\"b\"} NaN +Inf NaN -Inf\n" },
	{ "log2(m)", "{x=\"a\"} 0.5849625007211562 NaN -Inf _\n{x=\"b\"} NaN +Inf NaN -Inf\n" },
	{ "log10(m)", "{x=\"a\"} 0.17609125905568124 NaN -Inf _\n{x=\"b\"} NaN +Inf NaN -Inf\n" },
	{ "clamp(m, -1, 1)", "{x=\"a\"} 1 -1 0 _\n{x=\"b\"} NaN 1 -1 -0\n" },
	{ "clamp(m, 1, -1)", "" },
	{ "clamp(m, 0, NaN)", "{x=\"a\"} NaN NaN NaN _\n{x=\"b\"} NaN NaN 0 NaN\n" },
	{ "clamp_min(m, 0)", "{x=\"a\"} 1.5 0 0 _\n{x=\"b\"} NaN +Inf 0 0\n" },
	{ "clamp_max(m, time())", "{x=\"a\"} 0 -2.5 0 _\n{x=\"b\"} NaN 1 -Inf -0\n" },
	{ "deg(m{x=\"a\"})", "{x=\"a\"} 85.94366926962348 -143.2394487827058 0 _\n" },
	{ "rad(m{x=\"a\"})", "{x=\"a\"} 0.02617993877991494 -0.04363323129985824 0 _\n" },
	{ "sin(m{x=\"b\"})", "{x=\"b\"} NaN NaN NaN -0\n" },
	{ "acosh(m)", "{x=\"a\"} 0.9624236501192069 NaN NaN _\n{x=\"b\"} NaN +Inf NaN NaN\n" },
	{ "year(m{x=\"a\"} * 1e9)", "{x=\"a\"} 2017 1890 1970 _\n" },
	{ "timestamp(m{x=\"a\"})", "{x=\"a\"} 0 1 2 _\n" },
	{ "timestamp(-m{x=\"a\"})", "{x=\"a\"} 0 1 2 _\n" },
	{ "timestamp(m{x=\"a\"} offset 1s)", "{x=\"a\"} 0 1 2 _\n" },
};

static void functions_of_values(void **state)
{
	(void)state;
	check_rows(numbers, 4, of_values, sizeof of_values / sizeof *of_values);
}

static const struct row without_series[] = {
	{ "vector(3)", "{} 3 3\n" },
	{ "vector(time())", "{} 0 1\n" },
	{ "vector(-1.5 + 2 * pi())", "{} 4.783185307179586 4.783185307179586\n" },
	{ "vector(1 == bool 1)", "{} 1 1\n" },
	{ "vector(5 % 3 ^ 2)", "{} 5 5\n" },
	{ "vector(-(+(2)))", "{} -2 -2\n" },
	{ "vector(scalar(m{x=\"a\"}))", "{} 1.5 -2.5\n" },
	{ "vector(scalar(m))", "{} NaN NaN\n" },
	{ "vector(scalar(none))", "{} NaN NaN\n" },
	{ "vector(scalar(one))", "{} NaN 7\n" },
	{ "vector(scalar(split))", "{} 1 2\n" },
	{ "day_of_week()", "{} 4 4\n" },
	{ "minute()", "{} 0 0\n" },
	{ "absent(m)", "" },
	{ "absent(one)", "{} 1 _\n" },
	{ "absent(none{x=\"a\",y=~\"b.*\",z!=\"c\"})", "{x=\"a\"} 1 1\n" },
	{ "absent((none{x=\"a\"}))", "{x=\"a\"} 1 1\n" },
	{ "absent(none{x=\"a\",x=\"b\",y=\"c\"})", "{y=\"c\"} 1 1\n" },
	{ "absent(none{x=\"a\",x=~\"a\"})", "{} 1 1\n" },
	{ "absent(none{x=~\"a\",x=\"a\"})", "{x=\"a\"} 1 1\n" },
	{ "absent(-none{x=\"a\"})", "{} 1 1\n" },
};

static void numbers_and_absence(void **state)
{
	(void)state;
	check_rows("m{x=\"a\"} 1.5 -2.5\nm{x=\"b\"} 1 2\none _ 7\nsplit{x=\"a\"} 1 _\nsplit{x=\"b\"} _ 2\n", 2, without_series,
		   sizeof without_series / sizeof *without_series);
}

static const char several[] =
	"m{x=\"a10\",y=\"1\"} 3\n"
	"m{x=\"a2\",y=\"1\"} NaN\n"
	"m{x=\"a2\",y=\"0\"} 1\n"
	"n{x=\"b\",y=\"1\"} -1\n"
	"o{x=\"b\",y=\"1\"} _\n";

static const struct row sorted[] = {
	{ "sort({y=~\".+\"})", "n{x=\"b\",y=\"1\"} -1\nm{x=\"a2\",y=\"0\"} 1\nm{x=\"a10\",y=\"1\"} 3\nm{x=\"a2\",y=\"1\"} NaN\n" },
	{ "sort_desc({y=~\".+\"})", "m{x=\"a10\",y=\"1\"} 3\nm{x=\"a2\",y=\"0\"} 1\nn{x=\"b\",y=\"1\"} -1\nm{x=\"a2\",y=\"1\"} NaN\n" },
	{ "sort_by_label(m, \"x\")", "m{x=\"a2\",y=\"0\"} 1\nm{x=\"a2\",y=\"1\"} NaN\nm{x=\"a10\",y=\"1\"} 3\n" },
	{ "sort_by_label(m, \"y\", \"x\")", "m{x=\"a2\",y=\"0\"} 1\nm{x=\"a2\",y=\"1\"} NaN\nm{x=\"a10\",y=\"1\"} 3\n" },
	{ "sort_by_label_desc(m, \"x\")", "m{x=\"a10\",y=\"1\"} 3\nm{x=\"a2\",y=\"1\"} NaN\nm{x=\"a2\",y=\"0\"} 1\n" },
	{ "sort_by_label(m)", "m{x=\"a10\",y=\"1\"} 3\nm{x=\"a2\",y=\"0\"} 1\nm{x=\"a2\",y=\"1\"} NaN\n" },
	{ "abs({x=\"b\"})", "{x=\"b\",y=\"1\"} 1\n" },
	{ "abs({y=\"1\",x!=\"a10\"})", "{x=\"a2\",y=\"1\"} NaN\n{x=\"b\",y=\"1\"} 1\n" },
};

static void orders(void **state)
{
	(void)state;
	check_rows(several, 1, sorted, sizeof sorted / sizeof *sorted);
}

static const char named[] =
	"m{src=\"source-value-10\",dst=\"original-destination-value\"} 0 1\n"
	"m{src=\"source-value-20\",dst=\"original-destination-value\"} 2 3\n";

#define REST_10 "src=\"source-value-10\"} 0 1\n"
#define REST_20 "src=\"source-value-20\"} 2 3\n"
#define UNCHANGED "m{dst=\"original-destination-value\"," REST_10 "m{dst=\"original-destination-value\"," REST_20

static const struct row relabelled[] = {
	{ "label_replace(m, \"dst\", \"v-$1\", \"src\", \"source-value-(.*)\")", "m{dst=\"v-10\"," REST_10 "m{dst=\"v-20\"," REST_20 },
	{ "label_replace(m, \"dst\", \"v-$1\", \"src\", \"value-(.*)\")", UNCHANGED },
	{ "label_replace(m, \"dst\", \"v\", \"none\", \"\")", "m{dst=\"v\"," REST_10 "m{dst=\"v\"," REST_20 },
	{ "label_replace(m, \"dst\", \"$2\", \"src\", \"(.*)\")", "m{" REST_10 "m{" REST_20 },
	{ "label_replace(m, \"dst\", \"${n}\", \"src\", \"s.*(?P<n>[0-9])\")", "m{dst=\"0\"," REST_10 "m{dst=\"0\"," REST_20 },
	{ "label_replace(m, \"ä~\", \"x\", \"src\", \".*-10\")",
	  "m{dst=\"original-destination-value\",src=\"source-value-10\",\"ä~\"=\"x\"} 0 1\nm{dst=\"original-destination-value\"," REST_20 },
	{ "label_replace(m, \"__name__\", \"n\", \"src\", \".*\")",
	  "n{dst=\"original-destination-value\"," REST_10 "n{dst=\"original-destination-value\"," REST_20 },
	{ "label_replace(m, \"src\", \"\", \"\", \"\")", "error: vector cannot contain metrics with the same labelset\n" },
	{ "label_replace(m, \"\", \"x\", \"src\", \".*\")", "error: invalid destination label name in label_replace(): \n" },
	{ "label_replace(m, \"dst\", \"\", \"src\", \"(.*\")", "error: invalid regular expression in label_replace(): (.*\n" },
	{ "label_join(m, \"dst\", \"-\", \"src\", \"dst\", \"none\", \"src\")",
	  "m{dst=\"source-value-10-original-destination-value--source-value-10\"," REST_10
	  "m{dst=\"source-value-20-original-destination-value--source-value-20\"," REST_20 },
	{ "label_join(m, \"dst\", \"-\")", "m{" REST_10 "m{" REST_20 },
	{ "label_join(m, \"src\", \"\", \"dst\")", "error: vector cannot contain metrics with the same labelset\n" },
	{ "label_join(m, \"dst\", \"-\", \"\")", "error: invalid source label name in label_join(): \n" },
	{ "label_join(m, \"\", \"-\", \"src\")", "error: invalid destination label name in label_join(): \n" },
};

static void labels_change(void **state)
{
	(void)state;
	check_rows(named, 2, relabelled, sizeof relabelled / sizeof *relabelled);
}

/* Those that are never there at the same time are one. */
static void labels_that_meet(void **state)
{
	static const struct row rows[] = {
		{ "label_replace(m, \"x\", \"\", \"\", \"\")", "m 1 2\n" },
		{ "label_join(m, \"x\", \"\")", "m 1 2\n" },
	};

	(void)state;
	check_rows("m{x=\"a\"} 1 _\nm{x=\"b\"} _ 2\n", 2, rows, 2);
}

static const char buckets[] =
	"h_bucket{le=\"0.1\",s=\"p\"} 50 5\n"
	"h_bucket{le=\".2\",s=\"p\"} 70 6\n"
	"h_bucket{le=\"1e0\",s=\"p\"} 110 _\n"
	"h_bucket{le=\"+Inf\",s=\"p\"} 120 10\n"
	"h_bucket{le=\"-.2\",s=\"n\"} 10 _\n"
	"h_bucket{le=\"0.3\",s=\"n\"} 20 _\n"
	"h_bucket{le=\"+Inf\",s=\"n\"} 30 _\n"
	"bad_bucket{le=\"x\"} 1 1\n"
	"bad_bucket 1 1\n"
	"falls_bucket{le=\"1\"} 5 5\n"
	"falls_bucket{le=\"2\"} 3 6\n"
	"falls_bucket{le=\"+Inf\"} 10 10\n"
	"g_bucket{le=\"1\",s=\"p\"} 1 1\n"
	"g_bucket{le=\"+Inf\",s=\"p\"} 1 1\n";

static const struct row histograms[] = {
	{ "histogram_quantile(0.5, h_bucket)", "{s=\"n\"} 0.04999999999999999 _\n{s=\"p\"} 0.15000000000000002 0.1\n" },
	{ "histogram_quantile(time(), h_bucket)", "{s=\"n\"} -0.2 _\n{s=\"p\"} 0 0.2\n" },
	{ "histogram_quantile(2, h_bucket{s=\"p\"})", "{s=\"p\"} +Inf +Inf\nwarning: PromQL warning: quantile value should be between 0 and 1, got 2 (1:20)\n" },
	{ "histogram_quantile(0.5, bad_bucket)",
	  "warning: PromQL warning: bucket label \"le\" is missing or has a malformed value of \"x\" for metric name \"bad_bucket\" (1:25)\n"
	  "warning: PromQL warning: bucket label \"le\" is missing or has a malformed value of \"\" for metric name \"bad_bucket\" (1:25)\n" },
	{ "histogram_quantile(0.4, falls_bucket)",
	  "{} 0.8 0.8\ninfo: PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see "
	  "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) for metric name \"falls_bucket\" (1:25)\n" },
	{ "histogram_quantile(0.5, {s=\"p\"})", "error: vector cannot contain metrics with the same labelset\n" },
	{ "histogram_quantile(0.5, none)", "" },
	{ "histogram_fraction(0, 0.2, h_bucket)", "{s=\"n\"} 0.13333333333333333 _\n{s=\"p\"} 0.5833333333333334 0.6\n" },
	{ "histogram_fraction(time(), +Inf, h_bucket{s=\"p\"})", "{s=\"p\"} 1 0.4\n" },
};

static void histograms_of_buckets(void **state)
{
	(void)state;
	check_rows(buckets, 2, histograms, sizeof histograms / sizeof *histograms);
}

static const char with_info[] =
	"m{instance=\"a\",job=\"1\",l=\"x\"} 0 1 2\n"
	"m{instance=\"b\",job=\"1\"} 3 4 5\n"
	"m{other=\"c\"} 6 7 8\n"
	"target_info{instance=\"a\",job=\"1\",data=\"i\",l=\"y\"} 1 _ 1\n"
	"target_info{instance=\"a\",job=\"1\",data=\"j\"} _ 1 _\n"
	"build_info{instance=\"a\",job=\"1\",build=\"k\"} 1 1 1\n";

#define OTHERS "m{instance=\"b\",job=\"1\"} 3 4 5\nm{other=\"c\"} 6 7 8\n"

static const struct row informed[] = {
	{ "info(m)", "m{data=\"i\",instance=\"a\",job=\"1\",l=\"x\"} 0 _ 2\nm{data=\"j\",instance=\"a\",job=\"1\",l=\"x\"} _ 1 _\n" OTHERS },
	{ "info(m, {__name__=\"build_info\"})", "m{build=\"k\",instance=\"a\",job=\"1\",l=\"x\"} 0 1 2\n" OTHERS },
	{ "info(m, {data=~\".+\"})", "m{data=\"i\",instance=\"a\",job=\"1\",l=\"x\"} 0 _ 2\nm{data=\"j\",instance=\"a\",job=\"1\",l=\"x\"} _ 1 _\n" },
	{ "info(m{instance=\"a\"}, {data=\"i\"})", "m{data=\"i\",instance=\"a\",job=\"1\",l=\"x\"} 0 _ 2\n" },
	{ "info(m{instance=\"a\"}, {__name__=~\".*_info\",data=~\".*\",build=~\".*\"})",
	  "m{build=\"k\",data=\"i\",instance=\"a\",job=\"1\",l=\"x\"} 0 _ 2\nm{build=\"k\",data=\"j\",instance=\"a\",job=\"1\",l=\"x\"} _ 1 _\n" },
	{ "info(target_info)", "target_info{data=\"i\",instance=\"a\",job=\"1\",l=\"y\"} 1 _ 1\ntarget_info{data=\"j\",instance=\"a\",job=\"1\"} _ 1 _\n" },
};

static void info_joins(void **state)
{
	(void)state;
	check_rows(with_info, 3, informed, sizeof informed / sizeof *informed);
}

static void info_that_contradicts_itself(void **state)
{
	static const struct row row = {
		"info(m)", "error: found duplicate series for info metric: existing target_info{data=\"i\",instance=\"a\",job=\"1\"} @ 0, "
			   "new target_info{data=\"j\",instance=\"a\",job=\"1\"} @ 0\n",
	};
	static const struct row two = { "info(m, {__name__=~\".+_info\"})", "error: conflicting label: data\n" };

	(void)state;
	check_rows("m{instance=\"a\",job=\"1\"} 0\ntarget_info{instance=\"a\",job=\"1\",data=\"i\"} 1\n"
		   "target_info{instance=\"a\",job=\"1\",data=\"j\"} 1\n", 1, &row, 1);
	check_rows("m{instance=\"a\",job=\"1\"} 0\nx_info{instance=\"a\",job=\"1\",data=\"i\"} 1\n"
		   "y_info{instance=\"a\",job=\"1\",data=\"j\"} 1\n", 1, &two, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_of_values),
		cmocka_unit_test(numbers_and_absence),
		cmocka_unit_test(orders),
		cmocka_unit_test(labels_change),
		cmocka_unit_test(labels_that_meet),
		cmocka_unit_test(histograms_of_buckets),
		cmocka_unit_test(info_joins),
		cmocka_unit_test(info_that_contradicts_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

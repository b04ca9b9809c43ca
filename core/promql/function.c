/* SPDX-License-Identifier: MIT */
/* function.c - the table of functions, in order of their names. */
#include "promql/function.h"
#include "util/check.h"

#include <string.h>

const char *value_type_name(enum value_type type)
{
	static const char *const names[] = { "scalar", "instant vector", "range vector", "string" };

	return names[type];
}

const char *value_type_word(enum value_type type)
{
	static const char *const words[] = { "scalar", "vector", "matrix", "string" };

	return words[type];
}

/* V: instant vector, M: range vector, S: scalar, T: string (text) */
#define V TYPE_VECTOR
#define M TYPE_MATRIX
#define S TYPE_SCALAR
#define T TYPE_STRING
#define ANY UINT8_MAX

/* what it is, name, what it gives, arguments at least, at most, their types */
static const struct function functions[] = {
	{ FN_ABS, "abs", V, 1, 1, { V } },
	{ FN_ABSENT, "absent", V, 1, 1, { V } },
	{ FN_ABSENT_OVER_TIME, "absent_over_time", V, 1, 1, { M } },
	{ FN_ACOS, "acos", V, 1, 1, { V } },
	{ FN_ACOSH, "acosh", V, 1, 1, { V } },
	{ FN_ASIN, "asin", V, 1, 1, { V } },
	{ FN_ASINH, "asinh", V, 1, 1, { V } },
	{ FN_ATAN, "atan", V, 1, 1, { V } },
	{ FN_ATANH, "atanh", V, 1, 1, { V } },
	{ FN_AVG_OVER_TIME, "avg_over_time", V, 1, 1, { M } },
	{ FN_CEIL, "ceil", V, 1, 1, { V } },
	{ FN_CHANGES, "changes", V, 1, 1, { M } },
	{ FN_CLAMP, "clamp", V, 3, 3, { V, S, S } },
	{ FN_CLAMP_MAX, "clamp_max", V, 2, 2, { V, S } },
	{ FN_CLAMP_MIN, "clamp_min", V, 2, 2, { V, S } },
	{ FN_COS, "cos", V, 1, 1, { V } },
	{ FN_COSH, "cosh", V, 1, 1, { V } },
	{ FN_COUNT_OVER_TIME, "count_over_time", V, 1, 1, { M } },
	{ FN_DAY_OF_MONTH, "day_of_month", V, 0, 1, { V } },
	{ FN_DAY_OF_WEEK, "day_of_week", V, 0, 1, { V } },
	{ FN_DAY_OF_YEAR, "day_of_year", V, 0, 1, { V } },
	{ FN_DAYS_IN_MONTH, "days_in_month", V, 0, 1, { V } },
	{ FN_DEG, "deg", V, 1, 1, { V } },
	{ FN_DELTA, "delta", V, 1, 1, { M } },
	{ FN_DERIV, "deriv", V, 1, 1, { M } },
	{ FN_DOUBLE_EXPONENTIAL_SMOOTHING, "double_exponential_smoothing", V, 3, 3, { M, S, S } },
	{ FN_END, "end", S, 0, 0, { 0 } },
	{ FN_EXP, "exp", V, 1, 1, { V } },
	{ FN_FIRST_OVER_TIME, "first_over_time", V, 1, 1, { M } },
	{ FN_FLOOR, "floor", V, 1, 1, { V } },
	{ FN_HISTOGRAM_AVG, "histogram_avg", V, 1, 1, { V } },
	{ FN_HISTOGRAM_COUNT, "histogram_count", V, 1, 1, { V } },
	{ FN_HISTOGRAM_FRACTION, "histogram_fraction", V, 3, 3, { S, S, V } },
	{ FN_HISTOGRAM_QUANTILE, "histogram_quantile", V, 2, 2, { S, V } },
	{ FN_HISTOGRAM_QUANTILES, "histogram_quantiles", V, 3, 12, { V, T, S, S } },
	{ FN_HISTOGRAM_STDDEV, "histogram_stddev", V, 1, 1, { V } },
	{ FN_HISTOGRAM_STDVAR, "histogram_stdvar", V, 1, 1, { V } },
	{ FN_HISTOGRAM_SUM, "histogram_sum", V, 1, 1, { V } },
	{ FN_HOUR, "hour", V, 0, 1, { V } },
	{ FN_IDELTA, "idelta", V, 1, 1, { M } },
	{ FN_INCREASE, "increase", V, 1, 1, { M } },
	{ FN_INCREASE_EXACT, "increase_exact", V, 1, 1, { M } },
	{ FN_INFO, "info", V, 1, 2, { V, V } },
	{ FN_IRATE, "irate", V, 1, 1, { M } },
	{ FN_LABEL_JOIN, "label_join", V, 3, ANY, { V, T, T, T } },
	{ FN_LABEL_REPLACE, "label_replace", V, 5, 5, { V, T, T, T, T } },
	{ FN_LAST_OVER_TIME, "last_over_time", V, 1, 1, { M } },
	{ FN_LN, "ln", V, 1, 1, { V } },
	{ FN_LOG10, "log10", V, 1, 1, { V } },
	{ FN_LOG2, "log2", V, 1, 1, { V } },
	{ FN_MAD_OVER_TIME, "mad_over_time", V, 1, 1, { M } },
	{ FN_MAX_OF, "max_of", S, 2, 2, { S, S } },
	{ FN_MAX_OVER_TIME, "max_over_time", V, 1, 1, { M } },
	{ FN_MIN_OF, "min_of", S, 2, 2, { S, S } },
	{ FN_MIN_OVER_TIME, "min_over_time", V, 1, 1, { M } },
	{ FN_MINUTE, "minute", V, 0, 1, { V } },
	{ FN_MONTH, "month", V, 0, 1, { V } },
	{ FN_P50_OVER_TIME, "p50_over_time", V, 1, 1, { M } },
	{ FN_P95_OVER_TIME, "p95_over_time", V, 1, 1, { M } },
	{ FN_P99_OVER_TIME, "p99_over_time", V, 1, 1, { M } },
	{ FN_PI, "pi", S, 0, 0, { 0 } },
	{ FN_PREDICT_LINEAR, "predict_linear", V, 2, 2, { M, S } },
	{ FN_PRESENT_OVER_TIME, "present_over_time", V, 1, 1, { M } },
	{ FN_QUANTILE_OVER_TIME, "quantile_over_time", V, 2, 2, { S, M } },
	{ FN_RAD, "rad", V, 1, 1, { V } },
	{ FN_RANGE, "range", S, 0, 0, { 0 } },
	{ FN_RATE, "rate", V, 1, 1, { M } },
	{ FN_RESETS, "resets", V, 1, 1, { M } },
	{ FN_ROUND, "round", V, 1, 2, { V, S } },
	{ FN_SCALAR, "scalar", S, 1, 1, { V } },
	{ FN_SGN, "sgn", V, 1, 1, { V } },
	{ FN_SIN, "sin", V, 1, 1, { V } },
	{ FN_SINH, "sinh", V, 1, 1, { V } },
	{ FN_SORT, "sort", V, 1, 1, { V } },
	{ FN_SORT_BY_LABEL, "sort_by_label", V, 1, ANY, { V, T } },
	{ FN_SORT_BY_LABEL_DESC, "sort_by_label_desc", V, 1, ANY, { V, T } },
	{ FN_SORT_DESC, "sort_desc", V, 1, 1, { V } },
	{ FN_SQRT, "sqrt", V, 1, 1, { V } },
	{ FN_START, "start", S, 0, 0, { 0 } },
	{ FN_STDDEV_OVER_TIME, "stddev_over_time", V, 1, 1, { M } },
	{ FN_STDVAR_OVER_TIME, "stdvar_over_time", V, 1, 1, { M } },
	{ FN_STEP, "step", S, 0, 0, { 0 } },
	{ FN_SUM_OVER_TIME, "sum_over_time", V, 1, 1, { M } },
	{ FN_TAN, "tan", V, 1, 1, { V } },
	{ FN_TANH, "tanh", V, 1, 1, { V } },
	{ FN_TIME, "time", S, 0, 0, { 0 } },
	{ FN_TIMESTAMP, "timestamp", V, 1, 1, { V } },
	{ FN_TS_OF_FIRST_OVER_TIME, "ts_of_first_over_time", V, 1, 1, { M } },
	{ FN_TS_OF_LAST_OVER_TIME, "ts_of_last_over_time", V, 1, 1, { M } },
	{ FN_TS_OF_MAX_OVER_TIME, "ts_of_max_over_time", V, 1, 1, { M } },
	{ FN_TS_OF_MIN_OVER_TIME, "ts_of_min_over_time", V, 1, 1, { M } },
	{ FN_VECTOR, "vector", V, 1, 1, { S } },
	{ FN_YEAR, "year", V, 0, 1, { V } },
};
_Static_assert(COUNT_OF(functions) == FUNCTIONS, "each function is in the table");

/* What other versions, and plain queries, call them. */
static const struct { const char *alias, *name; } aliases[] = {
	{ "holt_winters", "double_exponential_smoothing" },
	{ "p50", "p50_over_time" }, { "p95", "p95_over_time" }, { "p99", "p99_over_time" },
};

static bool is_name(const char *name, const char *text, size_t n)
{
	return strlen(name) == n && !memcmp(name, text, n);
}

static const struct function *find_named(const char *name, size_t n)
{
	for (size_t i = 0; i < COUNT_OF(functions); i++)
		if (is_name(functions[i].name, name, n))
			return &functions[i];
	return NULL;
}

const struct function *function_find(const char *name, size_t n)
{
	for (size_t i = 0; i < COUNT_OF(aliases); i++)
		if (is_name(aliases[i].alias, name, n))
			return find_named(aliases[i].name, strlen(aliases[i].name));
	return find_named(name, n);
}

enum value_type function_arg(const struct function *function, uint32_t i)
{
	return function->args[i > function->least ? function->least : i];
}

enum { NAME_MOST = 32, LETTERS_AN_EDIT = 3 };

/* How many letters must be put in, left out or changed, as far as NAME_MOST. */
static size_t distance(const char *a, size_t n, const char *b)
{
	size_t m = strlen(b), row[NAME_MOST + 1];

	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t before = row[0];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = before + (a[i - 1] != b[j - 1]);

			before = row[j];
			best = best < row[j] + 1 ? best : row[j] + 1;
			row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
		}
	}
	return row[m];
}

const char *function_suggest(const char *name, size_t n)
{
	size_t best = n / LETTERS_AN_EDIT + 1;
	const char *found = NULL;

	if (n > NAME_MOST)
		return NULL;
	for (size_t i = 0; i < COUNT_OF(functions); i++) {
		size_t edits = distance(name, n, functions[i].name);

		if (edits < best) {
			best = edits;
			found = functions[i].name;
		}
	}
	return found;
}

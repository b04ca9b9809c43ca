/* SPDX-License-Identifier: MIT */
/*
 * function.h - the functions of the language: names, arguments, results. What
 * they compute is eval's business.
 */
#ifndef PROMQL_FUNCTION_H
#define PROMQL_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type { TYPE_SCALAR, TYPE_VECTOR, TYPE_MATRIX, TYPE_STRING };
const char *value_type_name(enum value_type type);	/* "scalar", "instant vector", "range vector", "string" */
const char *value_type_word(enum value_type type);	/* as the API says it: "scalar", "vector", "matrix", "string" */

/* In groups by what eval does with them. */
enum function_id {
	/* over the samples of a range vector */
	FN_RATE, FN_INCREASE, FN_DELTA, FN_IRATE, FN_IDELTA, FN_INCREASE_EXACT,
	FN_AVG_OVER_TIME, FN_MIN_OVER_TIME, FN_MAX_OVER_TIME, FN_SUM_OVER_TIME, FN_COUNT_OVER_TIME, FN_FIRST_OVER_TIME,
	FN_LAST_OVER_TIME, FN_PRESENT_OVER_TIME, FN_ABSENT_OVER_TIME, FN_QUANTILE_OVER_TIME, FN_STDDEV_OVER_TIME,
	FN_STDVAR_OVER_TIME, FN_MAD_OVER_TIME, FN_TS_OF_FIRST_OVER_TIME, FN_TS_OF_LAST_OVER_TIME, FN_TS_OF_MIN_OVER_TIME,
	FN_TS_OF_MAX_OVER_TIME, FN_CHANGES, FN_RESETS, FN_DERIV, FN_PREDICT_LINEAR, FN_DOUBLE_EXPONENTIAL_SMOOTHING,
	FN_P50_OVER_TIME, FN_P95_OVER_TIME, FN_P99_OVER_TIME,

	/* value by value */
	FN_ABS, FN_CEIL, FN_FLOOR, FN_ROUND, FN_EXP, FN_LN, FN_LOG2, FN_LOG10, FN_SQRT, FN_SGN, FN_CLAMP, FN_CLAMP_MIN, FN_CLAMP_MAX,
	FN_ACOS, FN_ACOSH, FN_ASIN, FN_ASINH, FN_ATAN, FN_ATANH, FN_COS, FN_COSH, FN_SIN, FN_SINH, FN_TAN, FN_TANH, FN_DEG, FN_RAD,
	FN_DAY_OF_MONTH, FN_DAY_OF_WEEK, FN_DAY_OF_YEAR, FN_DAYS_IN_MONTH, FN_HOUR, FN_MINUTE, FN_MONTH, FN_YEAR,
	FN_HISTOGRAM_AVG, FN_HISTOGRAM_COUNT, FN_HISTOGRAM_STDDEV, FN_HISTOGRAM_STDVAR, FN_HISTOGRAM_SUM,	/* of native histograms, which no value is yet */
	FN_TIMESTAMP,

	/* others */
	FN_TIME, FN_PI, FN_START, FN_END, FN_RANGE, FN_STEP, FN_MIN_OF, FN_MAX_OF, FN_SCALAR, FN_VECTOR, FN_ABSENT, FN_SORT, FN_SORT_DESC, FN_SORT_BY_LABEL, FN_SORT_BY_LABEL_DESC,
	FN_LABEL_REPLACE, FN_LABEL_JOIN, FN_HISTOGRAM_QUANTILE, FN_HISTOGRAM_QUANTILES, FN_HISTOGRAM_FRACTION, FN_INFO,
	FUNCTIONS
};

#define FUNCTION_ARGS 5

struct function {
	enum function_id id;
	const char *name;
	enum value_type returns;
	uint8_t least, most;		/* arguments; most UINT8_MAX: any number; those behind the least are like args[least] */
	enum value_type args[FUNCTION_ARGS];
};

/* NULL: there is no such function. An alias (holt_winters) gives the function it stands for. */
const struct function *function_find(const char *name, size_t n);
/* The type of argument i, from 0, which the function takes. */
enum value_type function_arg(const struct function *function, uint32_t i);
/* The name that is most like this one; NULL: none is. */
const char *function_suggest(const char *name, size_t n);

#endif

/* SPDX-License-Identifier: MIT */
/* range_functions.c - the table of functions over range vectors. */
#include "eval/range_functions.h"

#define COUNTER_FOLD (WANT_FIRST | WANT_LAST | WANT_CORRECTION)

static const struct range_spec specs[] = {
	{ FN_RATE, range_rate, fold_rate, COUNTER_FOLD, .folds_counters_only = true, .wants_drops = true },
	{ FN_INCREASE, range_increase, fold_increase, COUNTER_FOLD, .folds_counters_only = true, .wants_drops = true },
	{ FN_INCREASE_EXACT, range_increase_exact, fold_increase_exact, COUNTER_FOLD, .folds_counters_only = true, .wants_drops = true,
	  .wants_before = true },
	{ FN_DELTA, range_delta, fold_delta, WANT_FIRST | WANT_LAST },
	{ FN_IRATE, range_irate },
	{ FN_IDELTA, range_idelta },
	{ FN_AVG_OVER_TIME, range_avg, fold_avg, WANT_SUM },
	{ FN_MIN_OVER_TIME, range_min, fold_min, WANT_MIN },
	{ FN_MAX_OVER_TIME, range_max, fold_max, WANT_MAX },
	{ FN_SUM_OVER_TIME, range_sum, fold_sum_of, WANT_SUM },
	{ FN_COUNT_OVER_TIME, range_count, fold_count, WANT_COUNT },
	{ FN_FIRST_OVER_TIME, range_first, fold_first, WANT_FIRST, .keeps_name = true },
	{ FN_LAST_OVER_TIME, range_last, fold_last, WANT_LAST, .keeps_name = true },
	{ FN_PRESENT_OVER_TIME, range_present, fold_present, WANT_COUNT },
	{ FN_QUANTILE_OVER_TIME, range_quantile, fold_quantile, FOLD_SPREAD, .wants_scratch = true },
	{ FN_P50_OVER_TIME, range_p50, fold_p50, FOLD_SPREAD, .wants_scratch = true },
	{ FN_P95_OVER_TIME, range_p95, fold_p95, FOLD_SPREAD, .wants_scratch = true },
	{ FN_P99_OVER_TIME, range_p99, fold_p99, FOLD_SPREAD, .wants_scratch = true },
	{ FN_MAD_OVER_TIME, range_mad, .wants_scratch = true },
	{ FN_STDDEV_OVER_TIME, range_stddev, fold_stddev_of, FOLD_MOMENTS, .is_estimate_from_tiers = true },
	{ FN_STDVAR_OVER_TIME, range_stdvar, fold_stdvar_of, FOLD_MOMENTS, .is_estimate_from_tiers = true },
	{ FN_TS_OF_FIRST_OVER_TIME, range_ts_of_first, fold_ts_of_first, WANT_COUNT },
	{ FN_TS_OF_LAST_OVER_TIME, range_ts_of_last, fold_ts_of_last, WANT_COUNT },
	{ FN_TS_OF_MIN_OVER_TIME, range_ts_of_min },
	{ FN_TS_OF_MAX_OVER_TIME, range_ts_of_max },
	{ FN_CHANGES, range_changes },
	{ FN_RESETS, range_resets },
	{ FN_DERIV, range_deriv },
	{ FN_PREDICT_LINEAR, range_predict_linear },
	{ FN_DOUBLE_EXPONENTIAL_SMOOTHING, range_double_exponential_smoothing },
};

const struct range_spec *range_spec_find(enum function_id id)
{
	for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
		if (specs[i].id == id)
			return &specs[i];
	return NULL;
}

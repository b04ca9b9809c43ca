/* SPDX-License-Identifier: MIT */
/*
 * range_functions.h - the functions themselves, for their table in
 * range_functions.c. Those named fold_ take a window that is known folded.
 */
#ifndef EVAL_RANGE_FUNCTIONS_H
#define EVAL_RANGE_FUNCTIONS_H

#include "eval/range.h"

/* range_functions_rate.c */
range_function range_rate, range_increase, range_delta, range_irate, range_idelta, range_increase_exact;
range_fold_function fold_rate, fold_increase, fold_delta, fold_increase_exact;

/* range_functions_over_time.c */
range_function range_avg, range_min, range_max, range_sum, range_count, range_first, range_last, range_present;
range_function range_stddev, range_stdvar, range_quantile, range_p50, range_p95, range_p99, range_mad;
range_function range_ts_of_first, range_ts_of_last, range_ts_of_min, range_ts_of_max, range_changes, range_resets;
range_fold_function fold_avg, fold_min, fold_max, fold_sum_of, fold_count, fold_first, fold_last, fold_present;
range_fold_function fold_stddev_of, fold_stdvar_of, fold_quantile, fold_p50, fold_p95, fold_p99;
range_fold_function fold_ts_of_first, fold_ts_of_last;

/* range_functions_trend.c */
range_function range_deriv, range_predict_linear, range_double_exponential_smoothing;

#endif

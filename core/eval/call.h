/* SPDX-License-Identifier: MIT */
/*
 * call.h - calls that give an instant vector, but those over range vectors, which
 * are in range_call.c. Results as of stream_open.
 */
#ifndef EVAL_CALL_H
#define EVAL_CALL_H

#include "eval/matrix.h"

typedef int stream_opener(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);

stream_opener stream_open_map;		/* abs, round, clamp, day_of_week ...: value by value */
stream_opener stream_open_timestamp;
stream_opener stream_open_vector_of;	/* vector(), and dates without an argument */
stream_opener stream_open_absent;	/* absent, absent_over_time */
stream_opener stream_open_sort;
stream_opener stream_open_label_call;	/* label_replace, label_join */
stream_opener stream_open_histogram;	/* histogram_quantile, histogram_quantiles, histogram_fraction */
stream_opener stream_open_info;

/* call_date.c: of a time in seconds since 1970; NULL: another function. NaN: no such date. */
typedef double date_function(double seconds);
date_function *date_function_find(enum function_id id);

/* The node in parentheses, however many. */
const struct node *node_unwrap(const struct node *node);

#endif

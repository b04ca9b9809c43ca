/* SPDX-License-Identifier: MIT */
/*
 * histogram.h - what is estimated of a classic histogram: cumulative counts up to
 * upper bounds, the last of them +Inf. Within a bucket observations lie evenly;
 * the lowest begins at 0 if its bound is positive, else all of it lies at its bound.
 */
#ifndef EVAL_HISTOGRAM_H
#define EVAL_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	double bound, count;
};

/* The bound that a label le is. false: it is no number. */
bool bucket_bound(const char *le, uint32_t n, double *bound);
/* In order of bounds, those of equal bounds added up; gives how many are left. n > 0. */
uint32_t buckets_arrange(struct bucket *buckets, uint32_t n);

/*
 * Of arranged buckets, whose counts are made to rise first. *forced: they did not,
 * by more than rounding makes of sums. NaN: no observation, less than two buckets, no
 * bucket +Inf; q outside 0..1: -Inf, +Inf.
 */
double buckets_quantile(double q, struct bucket *buckets, uint32_t n, bool *forced);
/* Which share lies between two values. NaN: no observation, no bucket +Inf. */
double buckets_fraction(double lower, double upper, const struct bucket *buckets, uint32_t n);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * histogram.h - the observations of one series of a histogram metric: as a
 * distribution since the last collect, and as cumulative counts since the
 * instance began, in buckets whose bounds are powers of two.
 *
 * The buckets cover what was seen without a gap; a bucket that was there once
 * stays. There are at most HISTOGRAM_BUCKETS: what is smaller counts in the first
 * one, what is larger only in +Inf, so the counts stay true.
 */
#ifndef HOST_HISTOGRAM_H
#define HOST_HISTOGRAM_H

#include "model/window.h"

#define HISTOGRAM_BUCKETS 64
#define HISTOGRAM_SCHEMA 5

struct tracked;

struct histogram {
	struct window window;		/* since the last collect */
	double sum, sum_low;		/* up to the last collect; compensated */
	int lowest;			/* bucket i holds 2^(lowest+i-1) < v <= 2^(lowest+i) */
	uint32_t n;
	/* Since the beginning, and of that since the last collect. */
	struct histogram_counts {
		uint64_t below;		/* 0 and less: in every bucket */
		uint64_t bucket[HISTOGRAM_BUCKETS];
		uint64_t above;		/* more than the last bound */
	} all, fresh;

	/* Of the counters beside it; NULL: not there yet, or refused. */
	struct tracked *count_series, *sum_series, *infinity_series, *bucket_series[HISTOGRAM_BUCKETS];
};

struct histogram *histogram_create(void);	/* NULL: out of memory */
void histogram_destroy(struct histogram *histogram);	/* NULL is fine */

/* 0 or -ENOMEM. NaN is counted in the sketch of the window and nowhere else. */
int histogram_observe(struct histogram *histogram, double v);
/* The collect was stored: the fresh ones are fresh no more. The next window begins at `at`. */
void histogram_settle(struct histogram *histogram, kymo_ms at);

static inline double histogram_bound(const struct histogram *histogram, uint32_t i)
{
	return __builtin_ldexp(1, histogram->lowest + (int)i);
}
/* Observations up to the bound of bucket i (i == n: all), and how many these were at the last collect. */
uint64_t histogram_upto(const struct histogram *histogram, uint32_t i, uint64_t *before);
double histogram_sum(const struct histogram *histogram);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * histogram.c - counts by power of two. The first observation lays the first
 * bucket; others are added at either end as observations come to lie there.
 */
#include "host/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct histogram *histogram_create(void)
{
	struct histogram *histogram = calloc(1, sizeof *histogram);

	if (histogram)
		window_init(&histogram->window, 0, 0, HISTOGRAM_SCHEMA);
	return histogram;
}

void histogram_destroy(struct histogram *histogram)
{
	if (!histogram)
		return;
	window_fini(&histogram->window);
	free(histogram);
}

/* The smallest k with v <= 2^k; v is positive and finite. */
static int power_of(double v)
{
	int k;

	return frexp(v, &k) == 0.5 ? k - 1 : k;
}

static void shift(struct histogram *h, struct histogram_counts *counts, uint32_t by)
{
	memmove(counts->bucket + by, counts->bucket, h->n * sizeof *counts->bucket);
	memset(counts->bucket, 0, by * sizeof *counts->bucket);
}

/* Buckets below the first, as many as there is room for. */
static void extend_down(struct histogram *h, uint32_t by)
{
	if (by > HISTOGRAM_BUCKETS - h->n)
		by = HISTOGRAM_BUCKETS - h->n;
	shift(h, &h->all, by);
	shift(h, &h->fresh, by);
	memmove(h->bucket_series + by, h->bucket_series, h->n * sizeof *h->bucket_series);
	memset(h->bucket_series, 0, by * sizeof *h->bucket_series);
	h->lowest -= (int)by;
	h->n += by;
}

static void extend_up(struct histogram *h, uint32_t by)
{
	h->n = by > HISTOGRAM_BUCKETS - h->n ? HISTOGRAM_BUCKETS : h->n + by;
}

static uint64_t *place_in(struct histogram *h, struct histogram_counts *counts, int power)
{
	if (power < h->lowest)
		return &counts->bucket[0];
	return power - h->lowest < (int)h->n ? &counts->bucket[power - h->lowest] : &counts->above;
}

static void count(struct histogram *h, double v)
{
	int power;

	if (v <= 0 || isinf(v)) {
		h->all.below += v <= 0;
		h->fresh.below += v <= 0;
		h->all.above += v > 0;
		h->fresh.above += v > 0;
		return;
	}
	power = power_of(v);
	if (!h->n) {
		h->lowest = power;
		h->n = 1;
	}
	if (power < h->lowest)
		extend_down(h, (uint32_t)(h->lowest - power));
	else if (power - h->lowest >= (int)h->n)
		extend_up(h, (uint32_t)(power - h->lowest) + 1 - h->n);
	++*place_in(h, &h->all, power);
	++*place_in(h, &h->fresh, power);
}

int histogram_observe(struct histogram *histogram, double v)
{
	int r = window_observe(&histogram->window, v, 1);

	if (r == 0 && !isnan(v))
		count(histogram, v);
	return r;
}

/* Neumaier: the part of the smaller one that the sum cannot hold is kept beside it. */
static void add_to_sum(double *sum, double *low, double v)
{
	double next = *sum + v;

	if (isfinite(next))
		*low += fabs(*sum) >= fabs(v) ? (*sum - next) + v : (v - next) + *sum;
	*sum = next;
}

void histogram_settle(struct histogram *histogram, kymo_ms at)
{
	if (histogram->window.count)
		add_to_sum(&histogram->sum, &histogram->sum_low, window_sum(&histogram->window));
	memset(&histogram->fresh, 0, sizeof histogram->fresh);
	window_reset(&histogram->window, at, at, HISTOGRAM_SCHEMA);
}

static uint64_t counts_upto(const struct histogram *h, const struct histogram_counts *counts, uint32_t i)
{
	uint64_t sum = counts->below;

	for (uint32_t b = 0; b < h->n && b <= i; b++)
		sum += counts->bucket[b];
	return i < h->n ? sum : sum + counts->above;
}

uint64_t histogram_upto(const struct histogram *histogram, uint32_t i, uint64_t *before)
{
	uint64_t all = counts_upto(histogram, &histogram->all, i);

	*before = all - counts_upto(histogram, &histogram->fresh, i);
	return all;
}

double histogram_sum(const struct histogram *histogram)
{
	double sum = histogram->sum, low = histogram->sum_low;

	if (histogram->window.count)
		add_to_sum(&sum, &low, window_sum(&histogram->window));
	return sum + low;
}

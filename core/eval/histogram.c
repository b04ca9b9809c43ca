/* SPDX-License-Identifier: MIT */
#include "eval/histogram.h"
#include "util/number.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST_BOUND = 64 };

/* Counts closer to each other than this are the same but for rounding. */
#define ROUNDING 1e-12

static bool names_infinity(const char *text)
{
	text += *text == '+' || *text == '-';
	return !strcasecmp(text, "inf") || !strcasecmp(text, "infinity");
}

bool bucket_bound(const char *le, uint32_t n, double *bound)
{
	char text[LONGEST_BOUND], *end;

	if (!n || n >= sizeof text || memchr(le, 0, n))
		return false;
	memcpy(text, le, n);
	text[n] = 0;
	if (strspn(text, " \t\n\v\f\r") || strpbrk(text, "()"))	/* which strtod knows more of than Go */
		return false;
	*bound = number_parse(text, &end);
	return !*end && end != text && (!isinf(*bound) || names_infinity(text));
}

static int by_bound(const void *a, const void *b)
{
	double x = ((const struct bucket *)a)->bound, y = ((const struct bucket *)b)->bound;

	return (x > y) - (x < y);
}

static bool is_arranged(const struct bucket *buckets, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (!(buckets[i - 1].bound < buckets[i].bound))
			return false;
	return true;
}

uint32_t buckets_arrange(struct bucket *buckets, uint32_t n)
{
	uint32_t last = 0;

	if (is_arranged(buckets, n))
		return n;
	qsort(buckets, n, sizeof *buckets, by_bound);
	for (uint32_t i = 1; i < n; i++) {
		if (buckets[i].bound == buckets[last].bound)
			buckets[last].count += buckets[i].count;
		else
			buckets[++last] = buckets[i];
	}
	return last + 1;
}

static bool is_rounding(double a, double b)
{
	double size = fabs(a) + fabs(b), apart = fabs(a - b);

	if (a == 0 || b == 0 || size < DBL_MIN)
		return apart < ROUNDING * DBL_MIN;
	return apart / fmin(size, DBL_MAX) < ROUNDING;
}

/* Each count at least the one before; small steps either way are none. */
static bool make_rise(struct bucket *buckets, uint32_t n)
{
	double before = buckets[0].count;
	bool forced = false;

	for (uint32_t i = 1; i < n; i++) {
		double count = buckets[i].count;

		if (is_rounding(before, count)) {
			buckets[i].count = before;
		} else if (count < before) {
			buckets[i].count = before;
			forced = true;
		} else {
			before = count;
		}
	}
	return forced;
}

/* The first bucket that reaches the rank; the last one if none before does. */
static uint32_t bucket_of(const struct bucket *buckets, uint32_t n, double rank)
{
	uint32_t low = 0, high = n - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (buckets[middle].count >= rank)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static double value_of_rank(const struct bucket *buckets, uint32_t n, double rank)
{
	uint32_t i = bucket_of(buckets, n, rank);
	double start = i ? buckets[i - 1].bound : 0, before = i ? buckets[i - 1].count : 0;

	if (i == n - 1)
		return buckets[n - 2].bound;
	if (i == 0 && buckets[0].bound <= 0)
		return buckets[0].bound;
	return start + (buckets[i].bound - start) * ((rank - before) / (buckets[i].count - before));
}

double buckets_quantile(double q, struct bucket *buckets, uint32_t n, bool *forced)
{
	*forced = false;
	if (isnan(q))
		return NAN;
	if (q < 0 || q > 1)
		return q < 0 ? -INFINITY : INFINITY;
	if (buckets[n - 1].bound != INFINITY)
		return NAN;
	*forced = make_rise(buckets, n);
	if (n < 2 || buckets[n - 1].count == 0)
		return NAN;
	return value_of_rank(buckets, n, q * buckets[n - 1].count);
}

/* How many observations are at most v. */
static double rank_of(const struct bucket *buckets, uint32_t n, double v)
{
	double total = buckets[n - 1].count, start = buckets[0].bound <= 0 ? -INFINITY : 0, before = 0;

	for (uint32_t i = 0; i < n; i++) {
		double bound = buckets[i].bound, count = buckets[i].count, rank = before;

		if (start < v && v < bound)
			rank = isinf(start) ? count : before + (count - before) * (v - start) / (bound - start);
		if (v < bound || v <= start)
			return rank > total ? total : rank;
		start = bound;
		before = count;
	}
	return total;
}

double buckets_fraction(double lower, double upper, const struct bucket *buckets, uint32_t n)
{
	double total = buckets[n - 1].count;

	if (buckets[n - 1].bound != INFINITY || total == 0 || isnan(lower) || isnan(upper))
		return NAN;
	if (lower >= upper)
		return 0;
	return (rank_of(buckets, n, upper) - rank_of(buckets, n, lower)) / total;
}

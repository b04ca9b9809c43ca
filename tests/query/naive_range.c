/* SPDX-License-Identifier: MIT */
/* naive_range.c - functions over the samples of a window, with long doubles where the order of additions could show. */
#include "query/naive_promql.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	if (isnan(x) || isnan(y))
		return !isnan(x) - !isnan(y);	/* NaN first */
	return (x > y) - (x < y);
}

double naive_quantile(double q, const double *v, uint32_t n)
{
	double *sorted = naive_alloc(n * sizeof *sorted), rank = q * (n - 1), weight = rank - floor(rank);
	uint32_t low = (uint32_t)fmax(0, floor(rank)), high = low + 1 < n ? low + 1 : n - 1;

	if (isnan(q))
		return NAN;
	if (q < 0 || q > 1)
		return q < 0 ? -INFINITY : INFINITY;
	memcpy(sorted, v, n * sizeof *v);
	qsort(sorted, n, sizeof *sorted, by_value);
	return sorted[low] * (1 - weight) + sorted[high] * weight;
}

static double sum(const double *v, uint32_t n)
{
	long double total = 0;

	for (uint32_t i = 0; i < n; i++)
		total += v[i];
	return (double)total;
}

static double variance(const double *v, uint32_t n)
{
	long double mean = sum(v, n) / (long double)n, squares = 0;

	for (uint32_t i = 0; i < n; i++)
		squares += (v[i] - mean) * (v[i] - mean);
	return (double)(squares / n);
}

static double extreme(const double *v, uint32_t n, int sign)
{
	double best = v[0];

	for (uint32_t i = 1; i < n; i++)
		if (isnan(best) || sign * v[i] > sign * best)
			best = v[i];
	return best;
}

static kymo_ms time_of_extreme(const struct naive_samples *s, int sign)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < s->n; i++)
		if (isnan(s->v[best]) || sign * s->v[i] >= sign * s->v[best])
			best = i;
	return s->at[best];
}

static double mad(const double *v, uint32_t n)
{
	double *off = naive_alloc(n * sizeof *off), median = naive_quantile(0.5, v, n);

	for (uint32_t i = 0; i < n; i++)
		off[i] = fabs(v[i] - median);
	return naive_quantile(0.5, off, n);
}

static bool rate(const struct naive_samples *s, kymo_ms start, kymo_ms end, bool is_counter, double *out)
{
	double span, average, to_start, to_end, change;

	if (s->n < 2)
		return false;
	span = (double)(s->at[s->n - 1] - s->at[0]) / 1000;
	average = span / (s->n - 1);
	to_start = (double)(s->at[0] - start) / 1000;
	to_end = (double)(end - s->at[s->n - 1]) / 1000;
	change = s->v[s->n - 1] - s->v[0];
	for (uint32_t i = 1; i < s->n && is_counter; i++)
		if (s->v[i] < s->v[i - 1])
			change += s->v[i - 1];
	if (to_start >= average * 1.1)
		to_start = average / 2;
	if (to_end >= average * 1.1)
		to_end = average / 2;
	if (is_counter && change > 0 && s->v[0] >= 0)
		to_start = fmin(to_start, span * (s->v[0] / change));
	*out = change * (span + to_start + to_end) / span;
	return true;
}

/* Adds up step by step. */
static double exact(const struct naive_samples *s)
{
	double before = s->has_before ? s->before : s->v[0], total = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		total += s->v[i] < before ? s->v[i] : s->v[i] - before;
		before = s->v[i];
	}
	return total;
}

/* The line through the samples; its value at `origin`. */
static double line(const struct naive_samples *s, kymo_ms origin, double *slope)
{
	long double n = s->n, x_mean = 0, y_mean = 0, xy = 0, xx = 0;
	bool flat = true;

	for (uint32_t i = 0; i < s->n; i++) {
		flat &= s->v[i] == s->v[0];
		x_mean += (long double)(s->at[i] - origin) / 1000 / n;
		y_mean += s->v[i] / n;
	}
	if (flat) {
		*slope = isinf(s->v[0]) ? NAN : 0;
		return isinf(s->v[0]) ? NAN : s->v[0];
	}
	for (uint32_t i = 0; i < s->n; i++) {
		long double x = (long double)(s->at[i] - origin) / 1000 - x_mean;

		xy += x * (s->v[i] - y_mean);
		xx += x * x;
	}
	*slope = (double)(xy / xx);
	return (double)(y_mean - xy / xx * x_mean);
}

static double smooth(const struct naive_samples *s, double sf, double tf)
{
	double level = s->v[0], trend = s->v[1] - s->v[0];

	for (uint32_t i = 1; i < s->n; i++) {
		double was = level;

		level = sf * s->v[i] + (1 - sf) * (level + trend);
		trend = tf * (level - was) + (1 - tf) * trend;
	}
	return level;
}

static double changes(const double *v, uint32_t n, bool only_down)
{
	double count = 0;

	for (uint32_t i = 1; i < n; i++)
		count += only_down ? v[i] < v[i - 1] : v[i] != v[i - 1] && !(isnan(v[i]) && isnan(v[i - 1]));
	return count;
}

/* Those that need two samples. */
static bool of_two(enum function_id id, const struct naive_samples *s, kymo_ms at, const double args[2], double *out)
{
	double a = s->n > 1 ? s->v[s->n - 2] : 0, b = s->v[s->n - 1], slope, level;

	if (s->n < 2)
		return false;
	switch (id) {
	case FN_IRATE:
		*out = (b < a ? b : b - a) / ((double)(s->at[s->n - 1] - s->at[s->n - 2]) / 1000);
		return true;
	case FN_IDELTA:
		*out = b - a;
		return true;
	case FN_DERIV:
		line(s, at, out);
		return true;
	case FN_PREDICT_LINEAR:
		level = line(s, at, &slope);
		*out = level + slope * args[0];
		return true;
	default:
		*out = smooth(s, args[0], args[1]);
		return true;
	}
}

bool naive_range(enum function_id id, const struct naive_samples *s, kymo_ms start, kymo_ms end, kymo_ms at, const double args[2], double *out)
{
	if (!s->n)
		return false;
	switch (id) {
	case FN_RATE:
		if (!rate(s, start, end, true, out))
			return false;
		*out /= (double)(end - start) / 1000;
		return true;
	case FN_INCREASE:
		return rate(s, start, end, true, out);
	case FN_DELTA:
		return rate(s, start, end, false, out);
	case FN_INCREASE_EXACT:
		*out = exact(s);
		return true;
	case FN_IRATE: case FN_IDELTA: case FN_DERIV: case FN_PREDICT_LINEAR: case FN_DOUBLE_EXPONENTIAL_SMOOTHING:
		return of_two(id, s, at, args, out);
	case FN_AVG_OVER_TIME: *out = sum(s->v, s->n) / s->n; return true;
	case FN_SUM_OVER_TIME: *out = sum(s->v, s->n); return true;
	case FN_MIN_OVER_TIME: *out = extreme(s->v, s->n, -1); return true;
	case FN_MAX_OVER_TIME: *out = extreme(s->v, s->n, 1); return true;
	case FN_COUNT_OVER_TIME: *out = s->n; return true;
	case FN_FIRST_OVER_TIME: *out = s->v[0]; return true;
	case FN_LAST_OVER_TIME: *out = s->v[s->n - 1]; return true;
	case FN_PRESENT_OVER_TIME: *out = 1; return true;
	case FN_QUANTILE_OVER_TIME: *out = naive_quantile(args[0], s->v, s->n); return true;
	case FN_P50_OVER_TIME: *out = naive_quantile(0.5, s->v, s->n); return true;
	case FN_P95_OVER_TIME: *out = naive_quantile(0.95, s->v, s->n); return true;
	case FN_P99_OVER_TIME: *out = naive_quantile(0.99, s->v, s->n); return true;
	case FN_STDVAR_OVER_TIME: *out = variance(s->v, s->n); return true;
	case FN_STDDEV_OVER_TIME: *out = sqrt(variance(s->v, s->n)); return true;
	case FN_MAD_OVER_TIME: *out = mad(s->v, s->n); return true;
	case FN_TS_OF_FIRST_OVER_TIME: *out = (double)s->at[0] / 1000; return true;
	case FN_TS_OF_LAST_OVER_TIME: *out = (double)s->at[s->n - 1] / 1000; return true;
	case FN_TS_OF_MIN_OVER_TIME: *out = (double)time_of_extreme(s, -1) / 1000; return true;
	case FN_TS_OF_MAX_OVER_TIME: *out = (double)time_of_extreme(s, 1) / 1000; return true;
	case FN_CHANGES: *out = changes(s->v, s->n, false); return true;
	case FN_RESETS: *out = changes(s->v, s->n, true); return true;
	default:
		return false;
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * range_functions_over_time.c - what is said of the values in a window as they lie
 * there: sums, means, extremes, how they spread, where they change.
 */
#include "eval/range_functions.h"
#include "eval/statistics.h"

static double seconds(kymo_ms at)
{
	return (double)at / 1000;
}

/* A function over a window that always has a value: of samples, and of a fold. */
#define OF_SAMPLES(name, value) \
	bool range_##name(const struct samples *samples, const struct range_window *window, double *out) \
	{ \
		(void)samples; \
		(void)window; \
		*out = value; \
		return true; \
	}
#define OF_FOLD(name, value) \
	bool fold_##name(struct fold *fold, const struct range_window *window, double *out) \
	{ \
		(void)window; \
		*out = value; \
		return fold->count > 0; \
	}

OF_SAMPLES(sum, values_sum(samples->values, samples->n))
OF_SAMPLES(avg, values_mean(samples->values, samples->n))
OF_SAMPLES(min, values_min(samples->values, samples->n))
OF_SAMPLES(max, values_max(samples->values, samples->n))
OF_SAMPLES(count, samples->n)
OF_SAMPLES(first, samples->values[0])
OF_SAMPLES(last, samples->values[samples->n - 1])
OF_SAMPLES(present, 1)
OF_SAMPLES(ts_of_first, seconds(samples->at[0]))
OF_SAMPLES(ts_of_last, seconds(samples->at[samples->n - 1]))
OF_SAMPLES(stdvar, values_variance(samples->values, samples->n))
OF_SAMPLES(stddev, sqrt(values_variance(samples->values, samples->n)))

OF_FOLD(sum_of, sum_total(fold->sum, fold->sum_low))
OF_FOLD(min, fold->min)
OF_FOLD(max, fold->max)
OF_FOLD(count, (double)fold->count)
OF_FOLD(first, fold->first)
OF_FOLD(last, fold->last)
OF_FOLD(present, 1)
OF_FOLD(ts_of_first, seconds(fold->first_at))
OF_FOLD(ts_of_last, seconds(fold->last_at))

bool fold_avg(struct fold *fold, const struct range_window *window, double *out)
{
	double count = (double)fold->count;

	(void)window;
	*out = isfinite(fold->sum) ? fold->sum / count + fold->sum_low / count : fold->sum;
	return fold->count > 0;
}

/* Without sketches there is no answer, rather than a guess. */
static bool spread_out(const struct fold *fold, double *stddev)
{
	if (!fold->count || fold->moments.unknown)
		return false;
	*stddev = fold_stddev(fold);
	return true;
}

bool fold_stddev_of(struct fold *fold, const struct range_window *window, double *out)
{
	(void)window;
	return spread_out(fold, out);
}

bool fold_stdvar_of(struct fold *fold, const struct range_window *window, double *out)
{
	(void)window;
	if (!spread_out(fold, out))
		return false;
	*out = fold->moments.m2 / fold->moments.n;
	return true;
}

/* ---- ranks ---- */

static double quantile_of(const struct samples *samples, double *scratch, double q)
{
	memcpy(scratch, samples->values, samples->n * sizeof *scratch);
	return values_quantile(q, scratch, samples->n);
}

static bool fold_quantile_of(struct fold *fold, double q, double *out)
{
	if (!fold->count || fold->spread.unknown)
		return false;
	return spread_quantile(&fold->spread, q, out) == 0;
}

#define QUANTILE(name, q) \
	bool range_##name(const struct samples *samples, const struct range_window *window, double *out) \
	{ \
		*out = quantile_of(samples, window->scratch, q); \
		return true; \
	} \
	bool fold_##name(struct fold *fold, const struct range_window *window, double *out) \
	{ \
		(void)window; \
		return fold_quantile_of(fold, q, out); \
	}

QUANTILE(quantile, window->args[0])
QUANTILE(p50, 0.5)
QUANTILE(p95, 0.95)
QUANTILE(p99, 0.99)

/* The median of the distances from the median. */
bool range_mad(const struct samples *samples, const struct range_window *window, double *out)
{
	double *distances = window->scratch, median = quantile_of(samples, distances, 0.5);

	for (uint32_t i = 0; i < samples->n; i++)
		distances[i] = fabs(distances[i] - median);
	*out = values_quantile(0.5, distances, samples->n);
	return true;
}

/* ---- where something happens ---- */

/* The latest of equal ones. */
bool range_ts_of_min(const struct samples *samples, const struct range_window *window, double *out)
{
	const double *v = samples->values;
	uint32_t at = 0;

	(void)window;
	for (uint32_t i = 1; i < samples->n; i++)
		if (v[i] <= v[at] || isnan(v[at]))
			at = i;
	*out = seconds(samples->at[at]);
	return true;
}

bool range_ts_of_max(const struct samples *samples, const struct range_window *window, double *out)
{
	const double *v = samples->values;
	uint32_t at = 0;

	(void)window;
	for (uint32_t i = 1; i < samples->n; i++)
		if (v[i] >= v[at] || isnan(v[at]))
			at = i;
	*out = seconds(samples->at[at]);
	return true;
}

/* From NaN to NaN is no change. */
static double changes_of(const double *v, uint32_t n)
{
	uint32_t changes = 0;

	for (uint32_t i = 1; i < n; i++)
		changes += v[i] != v[i - 1] && !(isnan(v[i]) && isnan(v[i - 1]));
	return changes;
}

static double resets_of(const double *v, uint32_t n)
{
	uint32_t resets = 0;

	for (uint32_t i = 1; i < n; i++)
		resets += v[i] < v[i - 1];
	return resets;
}

OF_SAMPLES(changes, changes_of(samples->values, samples->n))
OF_SAMPLES(resets, resets_of(samples->values, samples->n))

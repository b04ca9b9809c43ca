/* SPDX-License-Identifier: MIT */
/*
 * range_functions_rate.c - how much a value changes over a window.
 *
 * rate, increase and delta know the change between the first and the last sample
 * and guess what it is over the whole window: the line goes on to an edge of the
 * window if that is not further away than 1.1 times the average distance between
 * samples, else the series is taken to begin or end there, and it goes on for half
 * that distance. A counter's line does not go back beyond the point where it would
 * be zero.
 *
 * increase_exact guesses nothing: it adds up the steps from sample to sample, each
 * in the window of its later one, so what adjacent windows give adds up to what
 * they give as one.
 */
#include "eval/range_functions.h"

#include <math.h>

/* What they need to know of a window. */
struct span {
	uint64_t count;
	kymo_ms first_at, last_at;
	double first, last;
	double drops;			/* sum of the values before each drop */
};

static double drops_of(const double *v, uint32_t n)
{
	double drops = 0;

	for (uint32_t i = 1; i < n; i++)
		drops += v[i] < v[i - 1] ? v[i - 1] : 0;
	return drops;
}

static struct span span_of(const struct samples *samples, const struct range_window *window, bool is_counter)
{
	uint32_t last = samples->n - 1;
	struct span span = { samples->n, samples->at[0], samples->at[last], samples->values[0], samples->values[last], 0 };

	if (is_counter)
		span.drops = window->has_drops ? window->drops : drops_of(samples->values, samples->n);
	return span;
}

static struct span span_of_fold(const struct fold *fold, bool is_counter)
{
	return (struct span){ fold->count, fold->first_at, fold->last_at, fold->first, fold->last, is_counter ? fold->correction : 0 };
}

static double seconds(kymo_ms span)
{
	return (double)span / 1000;
}

/* How long before the first sample the line begins. */
static double reach_back(const struct span *span, double to_edge, double change, double sampled, double usual)
{
	double reach = to_edge >= usual * 1.1 ? usual / 2 : to_edge, to_zero;

	if (!(change > 0) || !(span->first >= 0))
		return reach;
	to_zero = sampled * (span->first / change);
	return to_zero < reach ? to_zero : reach;
}

static bool extrapolate(const struct span *span, const struct range_window *window, bool is_counter, double *change)
{
	double sampled = seconds(span->last_at - span->first_at), usual, before, after;

	if (span->count < 2 || sampled <= 0)
		return false;
	usual = sampled / (double)(span->count - 1);
	*change = span->last - span->first + span->drops;
	before = seconds(span->first_at - window->start);
	after = seconds(window->end - span->last_at);
	if (is_counter)
		before = reach_back(span, before, *change, sampled, usual);
	else if (before >= usual * 1.1)
		before = usual / 2;
	if (after >= usual * 1.1)
		after = usual / 2;
	*change *= (sampled + before + after) / sampled;
	return true;
}

static bool rate_of(const struct span *span, const struct range_window *window, double *out)
{
	if (!extrapolate(span, window, true, out))
		return false;
	*out /= seconds(window->end - window->start);
	return true;
}

bool range_rate(const struct samples *samples, const struct range_window *window, double *out)
{
	struct span span = span_of(samples, window, true);

	return rate_of(&span, window, out);
}

bool fold_rate(struct fold *fold, const struct range_window *window, double *out)
{
	struct span span = span_of_fold(fold, true);

	return rate_of(&span, window, out);
}

bool range_increase(const struct samples *samples, const struct range_window *window, double *out)
{
	struct span span = span_of(samples, window, true);

	return extrapolate(&span, window, true, out);
}

bool fold_increase(struct fold *fold, const struct range_window *window, double *out)
{
	struct span span = span_of_fold(fold, true);

	return extrapolate(&span, window, true, out);
}

bool range_delta(const struct samples *samples, const struct range_window *window, double *out)
{
	struct span span = span_of(samples, window, false);

	return extrapolate(&span, window, false, out);
}

bool fold_delta(struct fold *fold, const struct range_window *window, double *out)
{
	struct span span = span_of_fold(fold, false);

	return extrapolate(&span, window, false, out);
}

/* ---- the last two samples ---- */

bool range_irate(const struct samples *samples, const struct range_window *window, double *out)
{
	uint32_t last = samples->n - 1;
	const double *v = samples->values;

	(void)window;
	if (!last || samples->at[last] == samples->at[last - 1])
		return false;
	*out = v[last] < v[last - 1] ? v[last] : v[last] - v[last - 1];
	*out /= seconds(samples->at[last] - samples->at[last - 1]);
	return true;
}

bool range_idelta(const struct samples *samples, const struct range_window *window, double *out)
{
	uint32_t last = samples->n - 1;

	(void)window;
	if (!last || samples->at[last] == samples->at[last - 1])
		return false;
	*out = samples->values[last] - samples->values[last - 1];
	return true;
}

/* ---- exactly ---- */

/* With nothing before it, the first sample of a series is where counting begins. */
static double exact_of(const struct span *span, const struct range_window *window)
{
	double edge = 0;

	if (window->has_before)
		edge = span->first < window->before ? span->first : span->first - window->before;
	return (span->last - span->first + span->drops) + edge;
}

bool range_increase_exact(const struct samples *samples, const struct range_window *window, double *out)
{
	struct span span = span_of(samples, window, true);

	*out = exact_of(&span, window);
	return true;
}

bool fold_increase_exact(struct fold *fold, const struct range_window *window, double *out)
{
	struct span span = span_of_fold(fold, true);

	*out = exact_of(&span, window);
	return fold->count > 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * naive.c - a sample that a tier serves simply stands at the end of its window;
 * a point is worked out of all values that stand where it covers.
 */
#include "plain/naive.h"
#include "plain/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MINUTE INT64_C(60000)

/* What one point covers. */
struct heap {
	uint32_t n;
	double v[SAMPLES_MOST];
	bool sketched, unknown;	/* some come as records; and one of these has no sketch and is not constant */
	double last;
};

static kymo_ms place_in(const struct kymo_part *part, kymo_ms at)
{
	kymo_ms width = part->tier == KYMO_RAW ? 0 : part->tier == KYMO_1M ? MINUTE : part->tier == KYMO_5M ? 5 * MINUTE : 60 * MINUTE;

	return width ? window_end_of(at, width) : at;
}

static bool covers(kymo_ms from, kymo_ms to, kymo_ms at)
{
	return at > from && at <= to;
}

static kymo_ms later_of(kymo_ms a, kymo_ms b) { return a > b ? a : b; }
static kymo_ms earlier_of(kymo_ms a, kymo_ms b) { return a < b ? a : b; }

static uint32_t first_after(const struct made_series *series, kymo_ms t)
{
	uint32_t low = 0, high = series->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (series->at[middle] <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void collect_part(const struct made_series *series, const struct kymo_part *part, kymo_ms from, kymo_ms to, struct heap *heap)
{
	bool records = part->tier != KYMO_RAW || series->kind == KIND_DISTRIBUTION;
	kymo_ms end = earlier_of(to, part->end), before = INT64_MIN;

	from = later_of(from, part->start);
	for (uint32_t i = first_after(series, from - 60 * MINUTE); i < series->n && series->at[i] <= end; i++) {
		kymo_ms place = place_in(part, series->at[i]);
		double v = series->v[i];

		if (!covers(from, end, place) || value_is_stale(v) ||
		    (series->kind == KIND_DISTRIBUTION && isnan(v)))
			continue;
		heap->sketched = heap->sketched || records;
		if (records && made_schema(series, (enum kymo_tier)part->tier) == SKETCH_NONE)
			heap->unknown = heap->unknown || isnan(v) || (place == before && v != heap->last);
		before = place;
		heap->last = v;
		heap->v[heap->n++] = v;
	}
}

/* Every sample of the series whose place is in (from, to]. */
static void collect(const struct made_series *series, const struct kymo_answer *answer, kymo_ms from, kymo_ms to, struct heap *heap)
{
	heap->n = 0;
	heap->unknown = heap->sketched = false;
	for (uint32_t p = 0; p < answer->n_parts; p++)
		if (!answer->parts[p].missing && !answer->parts[p].empty)
			collect_part(series, &answer->parts[p], from, to, heap);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double total(const struct heap *heap, bool magnitudes)
{
	long double sum = 0;

	for (uint32_t i = 0; i < heap->n; i++)
		sum += magnitudes ? fabsl(heap->v[i]) : (long double)heap->v[i];
	return (double)sum;
}

static double extreme(const struct heap *heap, double sign)
{
	double v = NAN;

	for (uint32_t i = 0; i < heap->n; i++)
		if (!(sign * v >= sign * heap->v[i]) && !isnan(heap->v[i]))
			v = heap->v[i];
	return v;
}

static bool near(double a, double b, double tolerance)
{
	return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= tolerance;
}

/* How far off an estimate of the sorted values may be: each of the two neighbours by the error. */
static bool percentile_agrees(struct heap *heap, double q, double got, double error)
{
	uint32_t n = 0, low;
	double rank, weight, a, b;

	for (uint32_t i = 0; i < heap->n; i++)
		if (!isnan(heap->v[i]))
			heap->v[n++] = heap->v[i];
	qsort(heap->v, n, sizeof *heap->v, compare);
	rank = q * (n - 1);
	low = (uint32_t)rank;
	weight = rank - low;
	a = heap->v[low];
	b = heap->v[low + 1 < n ? low + 1 : low];
	if (!heap->sketched)
		return got == (weight == 0 ? a : a * (1 - weight) + b * weight);
	return near(got, a * (1 - weight) + b * weight, 1.000001 * error * (fabs(a) + fabs(b)));
}

static bool agrees(struct heap *heap, const struct kymo_query *query, enum series_kind kind, double got, double error)
{
	double tolerance = 1e-12 * total(heap, true), sum = total(heap, false);
	bool counter_last = query->function == KYMO_VALUES && kind == KIND_COUNTER;

	switch (query->function) {
	case KYMO_VALUES:
	case KYMO_AVG:
		return counter_last ? near(got, heap->last, 0) : near(got, sum / heap->n, tolerance / heap->n);
	case KYMO_SUM:
		return near(got, sum, tolerance);
	case KYMO_MIN:
		return near(got, extreme(heap, -1), 0);
	case KYMO_MAX:
		return near(got, extreme(heap, 1), 0);
	case KYMO_COUNT:
		return got == heap->n;
	default:
		return percentile_agrees(heap, query->function == KYMO_P50 ? 0.5 : query->function == KYMO_P95 ? 0.95 : 0.99, got, error);
	}
}

/* Is there to be a point? */
static bool has_value(const struct heap *heap, const struct kymo_query *query)
{
	return heap->n && (query->function < KYMO_P50 || (!heap->unknown && !isnan(extreme(heap, 1))));
}

__attribute__((format(printf, 3, 4)))
static void fail_with(const struct kymo_query *query, const struct kymo_answer *answer, const char *format, ...)
{
	char text[512];
	va_list args;

	print_message("%s (%lld, %lld] step %lld window %lld points %u granularity %d\n", plain_function_name(query->function),
		      (long long)query->start, (long long)query->end, (long long)query->step, (long long)query->window,
		      query->points, (int)query->granularity);
	for (uint32_t p = 0; p < answer->n_parts; p++)
		print_message("  (%lld, %lld] %u%s\n", (long long)answer->parts[p].start, (long long)answer->parts[p].end,
			      answer->parts[p].tier, answer->parts[p].missing ? " missing" : answer->parts[p].empty ? " empty" : "");
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	fail_msg("%s", text);
}

/* The series of the answer, which lacks those without points. */
static const struct kymo_series *answered(const struct kymo_answer *answer, const char *name)
{
	static const struct kymo_series none;

	for (uint32_t i = 0; i < answer->n_series; i++)
		if (!strcmp(answer->series[i].name, name))
			return &answer->series[i];
	return &none;
}

struct check {
	const struct made_series *series;
	const struct kymo_query *query;
	const struct kymo_answer *answer;
	const struct kymo_series *got;
	uint32_t next;
};

static void check_point(struct check *check, kymo_ms from, kymo_ms to, kymo_ms at)
{
	static struct heap heap;
	const struct kymo_series_point *point = &check->got->points[check->next];
	bool there = check->next < check->got->n_points && point->at == at;
	const char *name = check->series->metric->name;

	collect(check->series, check->answer, from, to, &heap);
	if (has_value(&heap, check->query) != there)
		fail_with(check->query, check->answer, "%s at %lld: a point %s", name, (long long)at, there ? "too many" : "lacks");
	if (!there)
		return;
	check->next++;
	if (!agrees(&heap, check->query, check->series->kind, point->value, check->answer->error))
		fail_with(check->query, check->answer, "%s at %lld: got %.17g of %u, sum %.17g", name, (long long)at, point->value,
			  heap.n, total(&heap, false));
}

/* The points that the documentation promises, spelled out. */
static void check_grid(struct check *check)
{
	const struct kymo_answer *answer = check->answer;
	kymo_ms step = answer->step, window = check->query->window;

	if (!step) {
		check_point(check, window ? answer->end - window : answer->start, answer->end, answer->end);
		return;
	}
	for (kymo_ms at = window_floor(answer->start, step) + step;; at += step) {
		kymo_ms stands = at < answer->end ? at : answer->end;

		if (window && at > answer->end)
			break;
		check_point(check, window ? at - window : at - step < answer->start ? answer->start : at - step, stands, stands);
		if (at >= answer->end)
			break;
	}
}

/* Without step and function: every place where something stands. */
static void check_every(struct check *check)
{
	kymo_ms before = INT64_MIN;

	for (uint32_t p = 0; p < check->answer->n_parts; p++)
		for (uint32_t i = 0; i < check->series->n; i++) {
			const struct kymo_part *part = &check->answer->parts[p];
			kymo_ms at = place_in(part, check->series->at[i]);

			if (part->missing || part->empty || at <= before || !covers(part->start, part->end, at))
				continue;
			check_point(check, at - 1, at, at);
			before = at;
		}
}

static void check_parts(const struct kymo_query *query, const struct kymo_answer *answer)
{
	assert_true(answer->n_parts > 0);
	assert_true(answer->parts[0].start <= query->start || query->window);
	assert_true(answer->parts[answer->n_parts - 1].end == query->end);
	for (uint32_t p = 1; p < answer->n_parts; p++)
		assert_true(answer->parts[p].start == answer->parts[p - 1].end);
}

void naive_check(const struct made_series *series, uint32_t n, const struct kymo_query *query, const struct kymo_answer *answer)
{
	uint32_t found = 0;

	check_parts(query, answer);
	for (uint32_t i = 0; i < n; i++) {
		struct check check = { &series[i], query, answer, answered(answer, series[i].metric->name), 0 };

		if (query->function == KYMO_VALUES && !query->step && !query->points)
			check_every(&check);
		else
			check_grid(&check);
		if (check.next != check.got->n_points)
			fail_with(query, answer, "%s: points too many", check.series->metric->name);
		found += check.got->n_points > 0;
	}
	if (found != answer->n_series)
		fail_with(query, answer, "%u series, not %u", answer->n_series, found);
}

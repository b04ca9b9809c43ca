/* SPDX-License-Identifier: MIT */
/*
 * plain_property.c - plain queries against a naive evaluator: random series over
 * random layouts of tiers, every function with random ranges, steps, windows and
 * granularities. The evaluator knows from the answer which tier served which
 * part; to it a sample that a tier serves simply stands at the end of its window.
 */
#include "query/fake_store.h"
#include "query/plain.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STORES = 60, QUERIES = 60, SAMPLES = 1500, POINTS = 1500 };
#define MINUTE INT64_C(60000)
#define T0 INT64_C(1700000000000)	/* some time that is no round one */

static const struct plain_limits limits = { .series = 100, .points = POINTS, .samples = 100000000 };

/* What one point covers. */
struct heap {
	uint32_t n;
	double v[SAMPLES];
	bool unknown, sketched;	/* for percentiles */
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

static uint32_t first_after(const struct fake_series *series, kymo_ms t)
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

static void collect_part(const struct fake_series *series, const struct kymo_part *part, kymo_ms from, kymo_ms to, struct heap *heap)
{
	bool records = part->tier != KYMO_RAW || series->kind == KIND_DISTRIBUTION;
	kymo_ms end = earlier_of(to, part->end);

	from = later_of(from, part->start);
	for (uint32_t i = first_after(series, from - 60 * MINUTE); i < series->n && series->at[i] <= end; i++) {
		double v = series->v[i];

		if (!covers(from, end, place_in(part, series->at[i])) || value_is_stale(v) ||
		    (series->kind == KIND_DISTRIBUTION && isnan(v)))
			continue;
		heap->sketched = heap->sketched || records;
		heap->unknown = heap->unknown || (records && fake_schema(series, (enum kymo_tier)part->tier) == SKETCH_NONE);
		heap->last = v;
		heap->v[heap->n++] = v;
	}
}

/* Every sample of the series whose place is in (from, to]. */
static void collect(const struct fake_series *series, const struct kymo_answer *answer, kymo_ms from, kymo_ms to, struct heap *heap)
{
	heap->n = 0;
	heap->unknown = heap->sketched = false;
	for (uint32_t p = 0; p < answer->n_parts; p++)
		if (!answer->parts[p].missing)
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

static void describe(const struct kymo_query *query, const struct kymo_answer *answer)
{
	print_message("function %u range (%lld, %lld] step %lld window %lld points %u granularity %d\n", query->function,
		      (long long)(query->start - T0), (long long)(query->end - T0), (long long)query->step,
		      (long long)query->window, query->points, (int)query->granularity);
	for (uint32_t p = 0; p < answer->n_parts; p++)
		print_message("  (%lld, %lld] %u%s\n", (long long)(answer->parts[p].start - T0),
			      (long long)(answer->parts[p].end - T0), answer->parts[p].tier, answer->parts[p].missing ? " missing" : "");
}

static const struct fake_series *find(const struct store *store, const struct kymo_series *series)
{
	for (uint32_t i = 0; series && i < store->n; i++)
		if (!strcmp(store->series[i].metric->name, series->name))
			return &store->series[i];
	fail_msg("a series too many");
	return NULL;
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
	const struct fake_series *series;
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

	collect(check->series, check->answer, from, to, &heap);
	if (has_value(&heap, check->query) != there) {
		describe(check->query, check->answer);
		fail_msg("%s at %lld: a point %s", check->series->metric->name, (long long)(at - T0), there ? "too many" : "lacks");
	}
	if (!there)
		return;
	check->next++;
	if (!agrees(&heap, check->query, check->series->kind, point->value, check->answer->error)) {
		describe(check->query, check->answer);
		fail_msg("%s at %lld: got %.17g of %u, sum %.17g", check->series->metric->name, (long long)(at - T0), point->value, heap.n,
			 total(&heap, false));
	}
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

			if (part->missing || at <= before || !covers(part->start, part->end, at))
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

static void check_answer(const struct store *store, const struct kymo_query *query, const struct kymo_answer *answer)
{
	check_parts(query, answer);
	for (uint32_t i = 0; i < answer->n_series; i++)
		find(store, &answer->series[i]);
	for (uint32_t i = 0; i < store->n; i++) {
		struct check check = { &store->series[i], query, answer, answered(answer, store->series[i].metric->name), 0 };

		if (query->function == KYMO_VALUES && !query->step && !query->points)
			check_every(&check);
		else
			check_grid(&check);
		if (check.next != check.got->n_points) {
			describe(query, answer);
			fail_msg("%s: points too many", check.series->metric->name);
		}
	}
}

static double next_value(enum series_kind kind, double before)
{
	if (random_below(30) == 0)
		return kind == KIND_DISTRIBUTION || random_below(2) ? NAN : value_stale();
	if (kind == KIND_COUNTER)
		return random_below(40) && !isnan(before) ? before + random_below(1000) / 8.0 : random_below(10);
	return (random_below(6) ? 1 : -1) * (random_below(100000) / 64.0);
}

static void fill(struct store *store, uint32_t s, kymo_ms interval)
{
	kymo_ms at = T0;
	double v = 0;

	for (uint32_t i = 0; i < SAMPLES; i++) {
		if (random_below(200) == 0)
			at += random_below(20) * MINUTE;	/* it was down */
		at += store->series[s].kind == KIND_DISTRIBUTION && random_below(3) ? (i == 0) : interval + random_below(2) * random_below(50);
		v = next_value(store->series[s].kind, v);
		fake_add(store, s, at, v);
		store->now = at > store->now ? at : store->now;
	}
}

static void make_store(struct store *store, int round)
{
	static const kymo_ms intervals[] = { 250, 1000, 5000, 30000 };
	kymo_ms interval = intervals[round % 4], span;

	fake_init(store, 0);
	store->piece = 1 + random_below(40);
	fill(store, fake_series(store, KYMO_GAUGE, 0, "gauge", ""), interval);
	fill(store, fake_series(store, KYMO_COUNTER, 0, "counter", "a=1"), interval);
	fill(store, fake_series(store, KYMO_COUNTER, KYMO_SKETCH, "sketched", "a=2"), interval);
	fill(store, fake_series(store, KYMO_HISTOGRAM, 0, "distribution", ""), interval);
	span = store->now - T0;
	store->now += random_below(10) ? 0 : random_below(2 * MINUTE);
	for (int tier = KYMO_RAW; tier < KYMO_1H; tier++)
		if (random_below(2))
			store->retention[tier] = span * (kymo_ms)random_below(100) / 100;
	if (random_below(4) == 0)
		store->retention[KYMO_1H] = span * (kymo_ms)(50 + random_below(50)) / 100;
}

static kymo_ms random_time(const struct store *store)
{
	kymo_ms span = store->now - T0, at = T0 - span / 10 + (kymo_ms)((uint64_t)random_below(1u << 30) * (uint64_t)(span + span / 5) >> 30);
	static const kymo_ms round_to[] = { 1, 1000, MINUTE, 5 * MINUTE, 60 * MINUTE };

	return window_floor(at, round_to[random_below(COUNT_OF(round_to))]);
}

static kymo_ms random_span(void)
{
	static const kymo_ms spans[] = { 7, 500, 1000, 7000, 30000, MINUTE, 90000, 2 * MINUTE, 5 * MINUTE, 7 * MINUTE, 60 * MINUTE, 70 * MINUTE };

	return spans[random_below(COUNT_OF(spans))];
}

static struct kymo_query random_query(const struct store *store)
{
	static const char *const all[] = { "*" };
	struct kymo_query query = {
		.size = sizeof query, .names = all, .n_names = 1, .function = random_below(KYMO_P99 + 1),
		.start = random_time(store), .granularity = random_below(3) ? KYMO_AUTO : random_below(TIERS),
	};

	do
		query.end = random_below(2) ? random_time(store) : query.start + random_below(30) * random_span();
	while (query.end <= query.start);
	if (random_below(4))
		query.step = random_span();
	if (random_below(3) == 0 && (query.step || query.function != KYMO_VALUES))
		query.window = random_span();
	if (random_below(4) == 0)
		query.points = 1 + random_below(100);
	return query;
}

static void answers_agree_with_a_naive_evaluator(void **state)
{
	uint32_t answers = 0, points = 0;

	(void)state;
	for (int round = 0; round < STORES; round++) {
		struct store store;

		random_seed((uint64_t)round);
		make_store(&store, round);
		for (int q = 0; q < QUERIES; q++) {
			struct kymo_query query = random_query(&store);
			AUTO_ANSWER struct kymo_answer *answer = NULL;
			struct error err = { 0 };
			int r = plain_query(&store, &query, &limits, store.now, &answer, &err);

			if (r < 0 && r != -E2BIG)
				fail_msg("%s", error_text(&err));
			error_clear(&err);
			if (r < 0)
				continue;
			check_answer(&store, &query, answer);
			answers++;
			for (uint32_t i = 0; i < answer->n_series; i++)
				points += answer->series[i].n_points;
		}
		fake_fini(&store);
	}
	assert_true(answers > STORES * QUERIES / 2 && points > 100 * answers / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_agree_with_a_naive_evaluator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

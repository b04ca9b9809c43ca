/* SPDX-License-Identifier: MIT */
/*
 * window.c - one record, sample by sample or window by window.
 *
 * What can run out of memory, the sketch, comes first, so that a window whose
 * add or merge fails is as it was.
 */
#include "model/window.h"
#include "model/sample.h"

#include <errno.h>
#include <math.h>

static const struct {
	const char *text;
	size_t n;
} counter_endings[] = { { "_total", 6 }, { "_count", 6 }, { "_sum", 4 }, { "_bucket", 7 } };

static bool ends_as_counter(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof counter_endings / sizeof *counter_endings; i++) {
		size_t m = counter_endings[i].n;

		if (n >= m && !memcmp(name + n - m, counter_endings[i].text, m))
			return true;
	}
	return false;
}

enum series_kind series_kind_of(uint32_t metric_type, const char *name, size_t n)
{
	switch (metric_type) {
	case KYMO_COUNTER:
		return KIND_COUNTER;
	case KYMO_HISTOGRAM:
		return KIND_DISTRIBUTION;
	case KYMO_UNTYPED:
		return ends_as_counter(name, n) ? KIND_COUNTER : KIND_GAUGE;
	default:
		return KIND_GAUGE;
	}
}

void window_init(struct window *window, kymo_ms start, kymo_ms end, int32_t schema)
{
	memset(window, 0, sizeof *window);
	window_reset(window, start, end, schema);
}

void window_reset(struct window *window, kymo_ms start, kymo_ms end, int32_t schema)
{
	struct sketch sketch = window->sketch;

	*window = (struct window){ .start = start, .end = end, .min = NAN, .max = NAN, .first = NAN,
				   .last = NAN, .has_sketch = schema != SKETCH_NONE };
	sketch_init(&window->sketch, schema);
	window->sketch.index = sketch.index;
	window->sketch.counts = sketch.counts;
	window->sketch.room = sketch.room;
}

void window_fini(struct window *window)
{
	sketch_fini(&window->sketch);
	window->has_sketch = false;
}

int window_copy(struct window *to, const struct window *from)
{
	struct sketch sketch;

	if (from->has_sketch) {
		int r = sketch_copy(&to->sketch, &from->sketch);

		if (r < 0)
			return r;
	}
	sketch = to->sketch;
	*to = *from;
	to->sketch = sketch;
	return 0;
}

/* Neumaier: what the sum rounds away is kept in `low`. */
static void sum_add(struct window *window, double v)
{
	double sum = window->sum + v;

	if (!isfinite(sum))
		window->sum_low = 0;
	else if (fabs(window->sum) >= fabs(v))
		window->sum_low += (window->sum - sum) + v;
	else
		window->sum_low += (v - sum) + window->sum;
	window->sum = sum;
}

/* NaN gives way to anything. */
static void bounds_add(struct window *window, double min, double max)
{
	if (!(window->min <= min) && !isnan(min))
		window->min = min;
	if (!(window->max >= max) && !isnan(max))
		window->max = max;
}

static void scalars_add(struct window *window, enum series_kind kind, kymo_ms at, double v)
{
	if (window->count == 0) {
		window->first = window->min = window->max = v;
		window->first_at = at;
	} else if (kind == KIND_COUNTER && v < window->last) {
		window->correction += window->last;
	}
	bounds_add(window, v, v);
	sum_add(window, v);
	window->count++;
	window->last = v;
	window->last_at = at;
	window->ended = false;
}

int window_add(struct window *window, enum series_kind kind, kymo_ms at, double v)
{
	if (value_is_stale(v)) {
		window->ended = true;
		return 0;
	}
	if (window->has_sketch) {
		int r = sketch_add(&window->sketch, v, 1);

		if (r < 0)
			return r;
	}
	scalars_add(window, kind, at, v);
	return 0;
}

/* Samples from i on before the next staleness mark. */
static uint32_t run_length(const double *v, uint32_t i, uint32_t n)
{
	uint32_t end = i;

	while (end < n && !value_is_stale(v[end]))
		end++;
	return end - i;
}

/* All the same bits: the whole run at once, and to the bit what one by one would give, as v * n fits in two doubles. */
static bool add_same(struct window *window, double v, uint32_t n)
{
	double sum = v * n, low = fma(v, n, -sum);

	if (window->count || !isfinite(sum) || !isfinite(low))
		return false;
	window->first = window->last = window->min = window->max = v;
	window->sum = sum;
	window->sum_low = low;
	return true;
}

/*
 * The columns of a run in registers. The sum is Knuth's two-sum: what it rounds away
 * is exactly what sum_add() finds with a branch. false, and nothing has changed: a
 * NaN, or a sum that is not finite.
 */
static bool add_run(struct window *window, bool counter, const double *v, uint32_t n)
{
	double sum = window->sum, low = window->sum_low, correction = window->correction;
	double min = window->count ? window->min : v[0], max = window->count ? window->max : v[0];
	double before = window->count ? window->last : v[0];
	bool odd = isnan(min) || isnan(max);

	for (uint32_t i = 0; i < n; i++) {
		double x = v[i], next = sum + x, part = next - sum;

		low += (sum - (next - part)) + (x - part);
		sum = next;
		min = x < min ? x : min;
		max = x > max ? x : max;
		if (counter)
			correction += x < before ? before : 0;
		before = x;
		odd |= x != x;
	}
	if (odd || !isfinite(sum) || !isfinite(low))
		return false;
	if (!window->count)
		window->first = v[0];
	window->sum = sum;
	window->sum_low = low;
	window->min = min;
	window->max = max;
	window->correction = correction;
	window->last = before;
	return true;
}

static bool all_same(const double *v, uint32_t n)
{
	return n > 1 && !isnan(v[0]) && memcmp(v, v + 1, (n - 1) * sizeof *v) == 0;
}

/* A run without staleness marks. */
static void add_values(struct window *window, enum series_kind kind, const kymo_ms *at, const double *v, uint32_t n)
{
	if (!n)
		return;
	if ((all_same(v, n) && add_same(window, v[0], n)) || add_run(window, kind == KIND_COUNTER, v, n)) {
		if (!window->count)
			window->first_at = at[0];
		window->count += n;
		window->last_at = at[n - 1];
		window->ended = false;
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		scalars_add(window, kind, at[i], v[i]);
}

int window_add_all(struct window *window, enum series_kind kind, const kymo_ms *at, const double *v, uint32_t n)
{
	for (uint32_t i = 0; i < n;) {
		uint32_t run = run_length(v, i, n);
		int r = window->has_sketch ? sketch_add_all(&window->sketch, v + i, run) : 0;

		if (r < 0)
			return r;
		add_values(window, kind, at + i, v + i, run);
		for (i += run; i < n && value_is_stale(v[i]); i++)
			window->ended = true;
	}
	return 0;
}

bool window_add_same(struct window *window, const kymo_ms *at, double v, uint32_t n)
{
	if (!add_same(window, v, n))
		return false;
	window->first_at = at[0];
	window->last_at = at[n - 1];
	window->count = n;
	window->has_sketch = false;
	window_settle(window, KIND_GAUGE);
	return true;
}

static int merge_sketch(struct window *window, const struct window *later)
{
	if (!window->has_sketch)
		return 0;
	if (later->has_sketch)
		return sketch_merge(&window->sketch, &later->sketch);
	if (later->count == 0)
		return 0;
	if (window_is_constant(later))
		return sketch_add(&window->sketch, later->min, later->count);
	window->has_sketch = false;
	return 0;
}

static void merge_values(struct window *window, enum series_kind kind, const struct window *later)
{
	if (window->count == 0) {
		window->first = later->first;
		window->first_at = later->first_at;
		window->min = later->min;
		window->max = later->max;
	} else if (kind == KIND_COUNTER && later->first < window->last) {
		window->correction += window->last;
	}
	window->correction += later->correction;
	bounds_add(window, later->min, later->max);
	sum_add(window, later->sum);
	if (isfinite(window->sum))
		window->sum_low += later->sum_low;
	window->count = counts_plus(window->count, later->count);
	window->last = later->last;
	window->last_at = later->last_at;
	window->ended = later->ended;
}

int window_merge(struct window *window, enum series_kind kind, const struct window *later)
{
	int r = merge_sketch(window, later);

	if (r < 0)
		return r;
	if (later->count)
		merge_values(window, kind, later);
	else if (later->ended)
		window->ended = true;
	return 0;
}

int window_observe(struct window *window, double v, uint64_t count)
{
	int r = window->has_sketch ? sketch_add(&window->sketch, v, count) : 0;

	if (r < 0 || isnan(v) || count == 0)
		return r;
	if (window->count == 0)
		window->first = window->min = window->max = v;
	bounds_add(window, v, v);
	sum_add(window, count == 1 ? v : v * (double)count);
	window->count = counts_plus(window->count, count);
	window->last = v;
	return 0;
}

void window_settle(struct window *window, enum series_kind kind)
{
	window->sum = window_sum(window);
	window->sum_low = 0;
	if (kind == KIND_DISTRIBUTION)
		window->first = window->last = window->count ? window->sum / (double)window->count : NAN;
}

bool window_is_constant(const struct window *window)
{
	return window->count && window->min == window->max && !isnan(window->sum) &&
	       !(window->has_sketch && window->sketch.nans);
}

static bool same_bits(double a, double b)
{
	return value_bits(a) == value_bits(b);
}

bool window_same(const struct window *a, const struct window *b)
{
	return a->start == b->start && a->end == b->end && a->count == b->count && a->ended == b->ended &&
	       a->first_at == b->first_at && a->last_at == b->last_at && same_bits(window_sum(a), window_sum(b)) &&
	       same_bits(a->min, b->min) && same_bits(a->max, b->max) && same_bits(a->first, b->first) &&
	       same_bits(a->last, b->last) && same_bits(a->correction, b->correction) &&
	       a->has_sketch == b->has_sketch && (!a->has_sketch || sketch_same(&a->sketch, &b->sketch));
}

void window_export(const struct window *window, struct kymo_window *out)
{
	const struct sketch *sketch = &window->sketch;

	*out = (struct kymo_window){
		.size = sizeof *out, .start = window->start, .end = window->end,
		.first_at = window->first_at, .last_at = window->last_at, .count = window->count,
		.sum = window_sum(window), .min = window->min, .max = window->max,
		.first = window->first, .last = window->last, .correction = window->correction,
		.flags = window->ended ? KYMO_WINDOW_ENDED : 0,
	};
	if (!window->has_sketch)
		return;
	out->flags |= KYMO_WINDOW_SKETCH;
	out->schema = sketch->schema;
	out->zeros = sketch->zeros;
	out->nans = sketch->nans;
	out->n = sketch->n;
	out->index = sketch->index;
	out->counts = sketch->counts;
}

/* SPDX-License-Identifier: MIT */
/*
 * naive_select.c - a series as entries: of raw its samples, of a tier its windows,
 * stamped with their end, whichever the plan says of that part of time. What a
 * window stands for is looked up in the samples again.
 */
#include "query/naive_select.h"
#include "model/window.h"
#include "util/check.h"

#define HOUR INT64_C(3600000)

struct entry {
	kymo_ms at;		/* of the sample; the end of the window */
	uint32_t from, to;	/* samples of the series that it stands for, staleness marks among them */
	bool is_record;
};

struct entries {
	uint32_t n;
	struct entry *of;
};

/* ---- labels ---- */

static const char *text_of(const char *text, uint32_t n)
{
	char *copy = naive_alloc(n);

	memcpy(copy, text, n);
	return copy;
}

static struct naive_value labels_of(const struct made_series *series)
{
	struct labels labels = made_labels(series);
	struct naive_value value = { 0, naive_alloc((labels_count(labels) + 1) * sizeof *value.pairs), 0 };
	struct label label;
	uint32_t at = 0;

	while (labels_next(labels, &at, &label))
		value.pairs[value.n_pairs++] = (struct naive_pair){ text_of(label.name, label.name_len), text_of(label.value, label.value_len) };
	return value;
}

/* ---- what serves which part ---- */

static void make_plan(const struct naive_world *world, kymo_ms start, kymo_ms end, struct plan *plan)
{
	struct plan_request request = { .rule = PLAN_RAW_FIRST, .start = start, .end = end, .now = world->now };

	CHECK(plan_make(&world->coverage, &request, plan) == 0, "start=%lld", (long long)start);
}

/* As far back as the first point looks, and a window further where only windows are. */
static void plan_points(const struct naive_world *world, kymo_ms first, kymo_ms last, kymo_ms reach, struct plan *plan)
{
	make_plan(world, first - reach, last, plan);
	for (uint32_t i = 0; i < plan->n; i++) {
		if (!span_is_served(&plan->span[i]))
			continue;
		if (tier_width(plan->span[i].tier) > reach)
			make_plan(world, first - tier_width(plan->span[i].tier), last, plan);
		return;
	}
}

static kymo_ms width_at(const struct plan *plan, kymo_ms t)
{
	kymo_ms width = 0;

	for (uint32_t i = 0; i < plan->n; i++)
		if (t > plan->span[i].start)
			width = tier_width(plan->span[i].tier);
	return width;
}

static bool raw_only(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->n; i++)
		if (span_is_served(&plan->span[i]) && plan->span[i].tier != KYMO_RAW)
			return false;
	return true;
}

static void add_span(const struct made_series *series, const struct plan_span *span, struct entries *entries)
{
	kymo_ms width = tier_width(span->tier);
	bool open = false;	/* may the next sample belong to the last entry? */

	for (uint32_t i = 0; i < series->n && span_is_served(span); i++) {
		kymo_ms at = width ? window_end_of(series->at[i], width) : series->at[i];

		if (at <= span->start || at > span->end)
			continue;
		if (open && entries->of[entries->n - 1].at == at)
			entries->of[entries->n - 1].to = i + 1;
		else
			entries->of[entries->n++] = (struct entry){ at, i, i + 1, width > 0 };
		open = true;
	}
}

static struct entries entries_of(const struct made_series *series, const struct plan *plan)
{
	struct entries entries = { 0, naive_alloc(series->n * sizeof *entries.of) };

	for (uint32_t i = 0; i < plan->n; i++)
		add_span(series, &plan->span[i], &entries);
	return entries;
}

/* The last sample of an entry that is no mark; false: there is none. */
static bool last_of(const struct made_series *series, const struct entry *entry, uint32_t *sample)
{
	for (uint32_t i = entry->to; i-- > entry->from;)
		if (!value_is_stale(series->v[i])) {
			*sample = i;
			return true;
		}
	return false;
}

/* ---- instant vectors ---- */

void naive_select(const struct naive_world *world, const struct selector *selector, kymo_ms first, kymo_ms last, kymo_ms t, bool times,
		  struct naive_vector *out)
{
	struct plan plan;
	kymo_ms reach;

	plan_points(world, first, last, world->lookback, &plan);
	reach = width_at(&plan, t) > world->lookback ? width_at(&plan, t) : world->lookback;
	out->values = naive_alloc(world->n * sizeof *out->values);
	for (uint32_t s = 0; s < world->n; s++) {
		const struct made_series *series = &world->series[s];
		struct entries entries;
		uint32_t sample, n = 0;

		if (!matchers_test(selector->matchers, selector->n_matchers, made_labels(series)))
			continue;
		entries = entries_of(series, &plan);
		while (n < entries.n && entries.of[n].at <= t)
			n++;
		if (!n || value_is_stale(series->v[entries.of[n - 1].to - 1]) || !last_of(series, &entries.of[n - 1], &sample))
			continue;
		if (series->at[sample] <= t - reach)
			continue;
		out->values[out->n] = labels_of(series);
		out->values[out->n++].v = times ? (double)series->at[sample] / 1000 : series->v[sample];
	}
}

/* ---- range vectors ---- */

void naive_run_add(struct naive_runs *runs, uint32_t k, struct naive_value value, kymo_ms at)
{
	struct naive_samples *samples;

	if (k == runs->n) {
		struct naive_run *more = naive_alloc((runs->n + 1) * sizeof *more);

		if (runs->n)
			memcpy(more, runs->runs, runs->n * sizeof *more);
		runs->runs = more;
		runs->runs[runs->n++] = (struct naive_run){ .labels = value };
	}
	samples = &runs->runs[k].samples;
	if ((samples->n & (samples->n + 1)) == 0) {	/* 0, 1, 3, 7 ...: twice the room */
		kymo_ms *times = naive_alloc((samples->n * 2 + 1) * sizeof *times);
		double *values = naive_alloc((samples->n * 2 + 1) * sizeof *values);

		if (samples->n) {
			memcpy(times, samples->at, samples->n * sizeof *times);
			memcpy(values, samples->v, samples->n * sizeof *values);
		}
		samples->at = times;
		samples->v = values;
	}
	samples->at[samples->n] = at;
	samples->v[samples->n++] = value.v;
}

/* Is what a tier knows of a window enough for that function? */
static bool folds(enum function_id id, enum series_kind kind)
{
	switch (id) {
	case FN_RATE:
	case FN_INCREASE:
	case FN_INCREASE_EXACT:
		return kind == KIND_COUNTER;
	case FN_DELTA: case FN_AVG_OVER_TIME: case FN_MIN_OVER_TIME: case FN_MAX_OVER_TIME: case FN_SUM_OVER_TIME:
	case FN_COUNT_OVER_TIME: case FN_FIRST_OVER_TIME: case FN_LAST_OVER_TIME: case FN_PRESENT_OVER_TIME:
	case FN_TS_OF_FIRST_OVER_TIME: case FN_TS_OF_LAST_OVER_TIME:
		return true;
	default:
		return false;
	}
}

static void add_sample(struct naive_runs *one, const struct made_series *series, uint32_t i, struct naive_value labels)
{
	labels.v = series->v[i];
	if (!value_is_stale(series->v[i]))
		naive_run_add(one, 0, labels, series->at[i]);
}

/* Entries count by their own time, and stand for all their samples. */
static void add_whole(struct naive_runs *one, const struct made_series *series, const struct entries *entries, struct naive_value labels,
		      kymo_ms start, kymo_ms end)
{
	for (uint32_t e = 0; e < entries->n; e++)
		for (uint32_t i = entries->of[e].from; i < entries->of[e].to; i++)
			if (entries->of[e].at > start && entries->of[e].at <= end)
				add_sample(one, series, i, labels);
}

/* The last sample of each window that has ended, and every raw one, by their times. */
static void add_lasts(struct naive_runs *one, const struct made_series *series, const struct entries *entries, struct naive_value labels,
		      kymo_ms start, kymo_ms end)
{
	uint32_t sample;

	for (uint32_t e = 0; e < entries->n; e++)
		if (last_of(series, &entries->of[e], &sample) && series->at[sample] > start && entries->of[e].at <= end)
			add_sample(one, series, sample, labels);
}

static bool find_last(struct naive_samples *samples, const struct made_series *series, const struct plan *plan, kymo_ms start)
{
	struct entries entries = entries_of(series, plan);
	uint32_t sample;
	bool found = false;

	for (uint32_t e = 0; e < entries.n && entries.of[e].at <= start; e++)
		if (last_of(series, &entries.of[e], &sample)) {
			samples->has_before = found = true;
			samples->before = series->v[sample];
		}
	return found;
}

/* Of entries that are over before the window begins, however old; in the plan, then in looks that go further and further back. */
static void find_before(const struct naive_world *world, struct naive_samples *samples, const struct made_series *series,
			const struct plan *plan, kymo_ms start)
{
	kymo_ms at = plan->span[0].start, span = 4 * HOUR;
	struct plan back;

	if (find_last(samples, series, plan, start))
		return;
	while (at > series->at[0] - HOUR) {
		make_plan(world, at - span, at, &back);
		if (find_last(samples, series, &back, start))
			return;
		at -= span;
		span *= 4;
	}
}

void naive_select_runs(const struct naive_world *world, enum function_id id, const struct selector *selector, kymo_ms first, kymo_ms last,
		       kymo_ms t, struct naive_runs *out)
{
	struct plan plan;

	plan_points(world, first, last, selector->range + (id == FN_INCREASE_EXACT ? HOUR : 0), &plan);
	for (uint32_t s = 0; s < world->n; s++) {
		const struct made_series *series = &world->series[s];
		bool whole = folds(id, series->kind) && !raw_only(&plan);
		kymo_ms reach = whole && width_at(&plan, t) > selector->range ? width_at(&plan, t) : selector->range;
		struct naive_runs one = { 0 }, all = { out->n, out->runs };
		struct entries entries;

		if (!matchers_test(selector->matchers, selector->n_matchers, made_labels(series)))
			continue;
		entries = entries_of(series, &plan);
		(whole ? add_whole : add_lasts)(&one, series, &entries, labels_of(series), t - reach, t);
		if (!one.n)
			continue;
		one.runs->start = t - reach;
		one.runs->end = t;
		find_before(world, &one.runs->samples, series, &plan, t - reach);
		out->runs = naive_alloc((out->n + 1) * sizeof *out->runs);
		if (all.n)
			memcpy(out->runs, all.runs, all.n * sizeof *all.runs);
		out->runs[out->n++] = *one.runs;
	}
}

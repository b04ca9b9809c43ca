/* SPDX-License-Identifier: MIT */
/*
 * plain.c - one plain query: check it, plan it, walk the series one by one, keep
 * those that have points.
 */
#include "plain/plain.h"
#include "plain/chosen.h"
#include "plain/parts.h"
#include "plain/walk.h"
#include "query/stitch.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

/* In all of an answer: 80 MB, which as JSON are three times as many. */
#define POINTS_MOST 5000000u

struct run {
	const struct kymo_query *query;
	const struct plain_limits *limits;
	struct error *err;
	struct grid grid;
	struct chosen chosen;
	struct parts parts;
	struct notes notes;
	struct stitch *stitch;
	struct fold fold;
	struct walk walk;
	const struct series_view *view;	/* the series that is being read */

	struct kymo_answer *answer;
	struct kymo_series *series;
	uint32_t series_room, points_room, n_points;
	struct kymo_series_point *points;	/* of that series */
	uint64_t all_points;
};

static void run_fini(struct run *run)
{
	chosen_fini(&run->chosen);
	notes_fini(&run->notes);
	stitch_close(run->stitch);
	fold_fini(&run->fold);
	trail_destroy(run->walk.trail);
	answer_free(run->answer);
	free(run->series);
	free(run->points);
}

static int out_of_memory(struct run *run)
{
	return error_set(run->err, -ENOMEM, "query: out of memory");
}

static bool is_percentile(uint32_t function)
{
	return function >= KYMO_P50;
}

static double rank_of(uint32_t function)
{
	return function == KYMO_P50 ? 0.5 : function == KYMO_P95 ? 0.95 : 0.99;
}

static uint32_t wants_of(uint32_t function, enum series_kind kind)
{
	switch (function) {
	case KYMO_VALUES:
		return kind == KIND_COUNTER ? WANT_LAST : WANT_SUM;
	case KYMO_SUM:
	case KYMO_AVG:
		return WANT_SUM;
	case KYMO_MIN:
		return WANT_MIN;
	case KYMO_MAX:
		return WANT_MAX;
	case KYMO_COUNT:
		return WANT_COUNT;
	default:
		return FOLD_SPREAD;
	}
}

static int grow(void *array, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 64;
	void **items = array, *grown = realloc(*items, more * size);

	if (!grown)
		return -ENOMEM;
	*items = grown;
	*room = more;
	return 0;
}

static int too_many_points(struct run *run)
{
	if (run->n_points == run->limits->points)
		return error_set(run->err, -E2BIG,
				 "a series has more than %" PRIu32 " points (limits.points): ask for a step, a number of points, "
				 "a coarser granularity or a shorter range", run->limits->points);
	return error_set(run->err, -E2BIG,
			 "the answer has more than %u points: ask for fewer series, a longer step or a shorter range", POINTS_MOST);
}

static int add_point(struct run *run, kymo_ms at, double value)
{
	if ((run->limits->points && run->n_points == run->limits->points) || run->all_points == POINTS_MOST)
		return too_many_points(run);
	if (run->n_points == run->points_room && grow(&run->points, &run->points_room, sizeof *run->points) < 0)
		return -ENOMEM;
	run->points[run->n_points++] = (struct kymo_series_point){ at, value };
	run->all_points++;
	return 0;
}

/* Why a record has no sketch. */
static const char *why_without(enum series_kind kind)
{
	return kind == KIND_COUNTER ? "counters have none by preset" : "it is marked to have none";
}

static void note_unknown(struct run *run)
{
	const char *function = plain_function_name(run->query->function);

	chosen_see(&run->chosen, run->view->metric->name, run->view->metric->name_len);
	notes_add(&run->notes, "%s of %s: its %s windows carry no sketches (%s), so there is no answer from them; "
		  "granularity raw has one as far back as raw samples are kept", function, run->view->metric->name,
		  tier_name(stitch_tier(run->stitch)), why_without(run->view->kind));
}

static int percentile(struct run *run, struct fold *fold, double *value)
{
	int r = spread_quantile(&fold->spread, rank_of(run->query->function), value);

	if (fold->spread.unknown)
		note_unknown(run);
	else if (r == 0 && spread_error(&fold->spread) > run->answer->error)
		run->answer->error = spread_error(&fold->spread);
	return r;
}

static double value_of(uint32_t function, const struct fold *fold)
{
	switch (function) {
	case KYMO_VALUES:
		return fold->kind == KIND_COUNTER ? fold->last : fold_mean(fold);
	case KYMO_SUM:
		return fold_sum(fold);
	case KYMO_AVG:
		return fold_mean(fold);
	case KYMO_MIN:
		return fold->min;
	case KYMO_MAX:
		return fold->max;
	default:
		return (double)fold->count;
	}
}

/* A point of the grid is complete. */
static int take_fold(void *data, kymo_ms at, struct fold *fold)
{
	struct run *run = data;
	double value;
	int r;

	if (!is_percentile(run->query->function))
		return add_point(run, at, value_of(run->query->function, fold));
	r = percentile(run, fold, &value);
	return r < 0 || isnan(value) ? r : add_point(run, at, value);
}

/* Without a grid: every sample, and every window as its mean, or a counter's last value. */
static int take_every(struct run *run, const struct piece *piece)
{
	bool counter = run->view->kind == KIND_COUNTER;
	int r = 0;

	for (uint32_t i = 0; i < piece->n && r == 0; i++) {
		if (piece->values ? value_is_stale(piece->values[i]) : !piece->count[i])
			continue;
		r = add_point(run, piece->at[i], piece->values ? piece->values[i] :
			      counter ? piece->last[i] : piece->sum[i] / (double)piece->count[i]);
	}
	return r;
}

static enum chunk_use choose(void *data, kymo_ms first, kymo_ms last)
{
	const struct run *run = data;

	return run->grid.n && walk_takes_whole(&run->walk, first, last) ? CHUNK_FOLDED : CHUNK_SAMPLES;
}

static int read_pieces(struct run *run)
{
	struct piece piece;
	int r;

	while ((r = stitch_chosen(run->stitch, choose, run, &piece)) > 0) {
		r = run->grid.n ? walk_piece(&run->walk, &piece) : take_every(run, &piece);
		if (r < 0)
			return r;
	}
	return r < 0 || !run->grid.n ? r : walk_end(&run->walk);
}

static int keep_series(struct run *run)
{
	struct kymo_series *series;

	if (run->answer->n_series == run->series_room && grow(&run->series, &run->series_room, sizeof *run->series) < 0)
		return -ENOMEM;
	series = &run->series[run->answer->n_series];
	if (answer_labels(run->answer, run->view->labels, &series->name, &series->labels, &series->n_labels) < 0)
		return -ENOMEM;
	series->n_points = run->n_points;
	series->points = answer_copy(run->answer, run->points, run->n_points * sizeof *run->points);
	if (!series->points)
		return -ENOMEM;
	run->answer->n_series++;
	chosen_see(&run->chosen, series->name, strlen(series->name));
	return 0;
}

static int read_series(struct run *run)
{
	int r;

	run->fold.wants = wants_of(run->query->function, run->view->kind);
	run->fold.kind = run->view->kind;
	run->n_points = 0;
	walk_begin(&run->walk);
	r = read_pieces(run);
	return r < 0 || !run->n_points ? r : keep_series(run);
}

static int read_all(struct run *run)
{
	int r;

	while ((r = stitch_next(run->stitch, &run->view)) > 0)
		if ((r = read_series(run)) < 0)
			return r;
	return r;
}

/* What went wrong below, in words, if nobody has said it. */
static int tell(struct run *run, int r)
{
	if (run->err && run->err->code)
		return r;
	if (r == -ENOMEM)
		return out_of_memory(run);
	if (r == -E2BIG && run->limits->samples &&
	    (stitch_samples(run->stitch) > run->limits->samples || run->walk.work > run->limits->samples))
		return error_set(run->err, r,
				 "more than %" PRIu64 " samples would have to be read (limits.samples): ask for a shorter range, "
				 "fewer series, a coarser granularity, or a window nearer to the step", run->limits->samples);
	if (r == -E2BIG)
		return error_set(run->err, r, "more than %" PRIu32 " series match (limits.series): add filters", run->limits->series);
	return error_set(run->err, r, "query: %s", error_name(r));
}

static int open_stitch(struct run *run, struct store *store)
{
	uint32_t wants = wants_of(run->query->function, KIND_GAUGE) | wants_of(run->query->function, KIND_COUNTER);
	struct stitch_request request = {
		.matchers = run->chosen.matchers, .n_matchers = run->chosen.n_matchers, .plan = &run->parts.plan,
		.wants = fold_columns(wants), .series_most = run->limits->series, .samples_most = run->limits->samples,
	};

	return stitch_open(store, &request, &run->stitch, run->err);
}

static int prepare(struct run *run, struct store *store, kymo_ms now)
{
	int r = parts_make(store, &run->chosen, &run->grid, run->query->granularity, PLAN_BY_LENGTH, now, &run->parts, run->err);

	if (r < 0)
		return r;
	run->answer = answer_create(sizeof *run->answer);
	if (!run->answer)
		return out_of_memory(run);
	fold_init(&run->fold, 0, KIND_GAUGE);
	run->walk = (struct walk){
		.grid = &run->grid, .fold = &run->fold, .point = take_fold, .data = run, .work_most = run->limits->samples,
	};
	if (run->grid.window && !(run->walk.trail = trail_create()))
		return out_of_memory(run);
	return open_stitch(run, store);
}

static int finish(struct run *run, struct store *store)
{
	struct kymo_answer *answer = run->answer;
	uint32_t damaged = stitch_damaged(run->stitch);

	answer->start = run->grid.start;
	answer->end = run->grid.end;
	answer->step = run->grid.step;
	answer->window = run->grid.window ? run->grid.window : run->grid.step;
	answer->samples_read = stitch_samples(run->stitch);
	parts_explain(&run->parts, &run->grid, &run->notes);
	if (damaged)
		notes_add(&run->notes, "%" PRIu32 " damaged parts of the store were left out", damaged);
	chosen_explain(&run->chosen, store, &run->notes);
	answer->series = answer_copy(answer, run->series, answer->n_series * sizeof *run->series);
	if (!answer->series || parts_give(&run->parts, answer, &answer->parts, &answer->n_parts) < 0)
		return -ENOMEM;
	return notes_give(&run->notes, answer, &answer->warnings, &answer->n_warnings);
}

static int check(const struct kymo_query *query, struct error *err)
{
	if (!KYMO_HAS(query, granularity))
		return error_set(err, -EINVAL, "the query says a size of %" PRIu32 " bytes, which is too small", query->size);
	if (query->function > KYMO_P99)
		return error_set(err, -EINVAL, "function %" PRIu32 " is not known: values, sum, avg, min, max, count, p50, p95 or p99",
				 query->function);
	if (!query->n_names && !query->n_filters)
		return error_set(err, -EINVAL, "a query needs a name (\"*\" for every metric) or a filter");
	return 0;
}

int plain_query(struct store *store, const struct kymo_query *query, const struct plain_limits *limits, kymo_ms now,
		struct kymo_answer **out, struct error *err)
{
	struct error mine = { 0 };
	struct run run = { .query = query, .limits = limits, .err = err ? err : &mine };
	int r = check(query, run.err);

	*out = NULL;
	if (r == 0)
		r = grid_make(query, limits->points, now, &run.grid, run.err);
	if (r == 0)
		r = chosen_init(&run.chosen, query->names, query->n_names, query->filters, query->n_filters, run.err);
	if (r == 0)
		r = prepare(&run, store, now);
	if (r == 0 && ((r = read_all(&run)) < 0 || (r = finish(&run, store)) < 0))
		r = tell(&run, r);
	if (r == 0)
		*out = TAKE(run.answer);
	run_fini(&run);
	error_clear(&mine);
	return r;
}

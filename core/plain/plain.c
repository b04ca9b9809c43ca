/* SPDX-License-Identifier: MIT */
/*
 * plain.c - one plain query: a function of PromQL over the windows of its grid, series
 * by series (eval/range_walk.h); those that have points are kept.
 */
#include "plain/plain.h"
#include "eval/range_walk.h"
#include "plain/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

/* Half an hour of samples every second is several chunks: to fold them is quicker than to decode them. */
#define FOLD_FROM INT64_C(1800000)

struct run {
	struct reading reading;
	const struct kymo_query *query;
	struct range_walk walk;		/* without a grid only its source is used */

	struct kymo_answer *answer;
	struct kymo_series *series;
	uint32_t series_room, points_room, n_points;
	struct kymo_series_point *points;	/* of the series that is being read */
	uint64_t all_points;
};

static void run_fini(struct run *run)
{
	eval_free(&run->reading.eval, run->walk.moving.out, run->reading.grid.n, sizeof *run->walk.moving.out);
	range_walk_fini(&run->walk);
	reading_fini(&run->reading);
	answer_free(run->answer);
	free(run->series);
	free(run->points);
}

static bool is_percentile(uint32_t function)
{
	return function >= KYMO_P50;
}

static const struct range_spec *spec_of(uint32_t function, enum series_kind kind)
{
	static const enum function_id ids[] = {
		[KYMO_VALUES] = FN_AVG_OVER_TIME, [KYMO_SUM] = FN_SUM_OVER_TIME, [KYMO_AVG] = FN_AVG_OVER_TIME,
		[KYMO_MIN] = FN_MIN_OVER_TIME, [KYMO_MAX] = FN_MAX_OVER_TIME, [KYMO_COUNT] = FN_COUNT_OVER_TIME,
		[KYMO_P50] = FN_P50_OVER_TIME, [KYMO_P95] = FN_P95_OVER_TIME, [KYMO_P99] = FN_P99_OVER_TIME,
	};

	return range_spec_find(function == KYMO_VALUES && kind == KIND_COUNTER ? FN_LAST_OVER_TIME : ids[function]);
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
	uint32_t most = run->reading.limits->points;

	if (run->n_points == most)
		return error_set(run->reading.err, -E2BIG,
				 "a series has more than %" PRIu32 " points (limits.points): ask for a step, a number of points, "
				 "a coarser granularity or a shorter range", most);
	return error_set(run->reading.err, -E2BIG,
			 "the answer has more than %u points: ask for fewer series, a longer step or a shorter range", POINTS_MOST);
}

static int add_point(struct run *run, kymo_ms at, double value)
{
	uint32_t most = run->reading.limits->points;

	if ((most && run->n_points == most) || run->all_points == POINTS_MOST)
		return too_many_points(run);
	if (run->n_points == run->points_room && grow(&run->points, &run->points_room, sizeof *run->points) < 0)
		return -ENOMEM;
	run->points[run->n_points++] = (struct kymo_series_point){ at, value };
	run->all_points++;
	return 0;
}

/* ---- a series ---- */

static const struct series_view *view_of(const struct run *run)
{
	return run->walk.source.view;
}

/* Why a record has no sketch. */
static const char *why_without(enum series_kind kind)
{
	return kind == KIND_COUNTER ? "counters have none by preset" : "it is marked to have none";
}

static void note_sketchless(struct run *run)
{
	const struct metric *metric = view_of(run)->metric;

	chosen_see(&run->reading.chosen, metric->name, metric->name_len);
	notes_add(&run->reading.notes, "%s of %s: its %s windows carry no sketches (%s), so there is no answer from them; "
		  "granularity raw has one as far back as raw samples are kept", plain_function_name(run->query->function), metric->name,
		  tier_name(run->walk.folding.sketchless_tier), why_without(view_of(run)->kind));
}

static int read_points(struct run *run)
{
	const double *values = run->walk.moving.out;
	bool any;
	int r = range_walk_series(&run->walk, spec_of(run->query->function, view_of(run)->kind), &any);

	for (uint32_t i = 0; i < run->reading.grid.n && any && r == 0; i++)
		if (!is_absent(values[i]) && !(is_percentile(run->query->function) && isnan(values[i])))
			r = add_point(run, grid_at(&run->reading.grid, i), values[i]);
	if (r == 0 && run->walk.folding.sketchless)
		note_sketchless(run);
	return r;
}

/* Without a grid: every sample, and every window as its mean, or a counter's last value. */
static int take_piece(struct run *run, const struct piece *piece)
{
	bool counter = view_of(run)->kind == KIND_COUNTER;
	int r = 0;

	for (uint32_t i = 0; i < piece->n && r == 0; i++) {
		if (piece->values ? value_is_stale(piece->values[i]) : !piece->count[i])
			continue;
		r = add_point(run, piece->at[i], piece->values ? piece->values[i] :
			      counter ? piece->last[i] : piece->sum[i] / (double)piece->count[i]);
	}
	return r;
}

static int read_every(struct run *run)
{
	struct piece piece;
	int r;

	while ((r = source_piece(&run->walk.source, NULL, NULL, &piece)) > 0)
		if ((r = take_piece(run, &piece)) < 0)
			return r;
	return r;
}

static int keep_series(struct run *run)
{
	struct kymo_series *series;

	if (run->answer->n_series == run->series_room && grow(&run->series, &run->series_room, sizeof *run->series) < 0)
		return -ENOMEM;
	series = &run->series[run->answer->n_series];
	if (answer_labels(run->answer, view_of(run)->labels, &series->name, &series->labels, &series->n_labels) < 0)
		return -ENOMEM;
	series->n_points = run->n_points;
	series->points = answer_copy(run->answer, run->points, run->n_points * sizeof *run->points);
	if (!series->points)
		return -ENOMEM;
	run->answer->n_series++;
	chosen_see(&run->reading.chosen, series->name, strlen(series->name));
	return 0;
}

static int read_all(struct run *run)
{
	int r;

	while ((r = source_next(&run->walk.source)) > 0) {
		run->n_points = 0;
		r = run->reading.grid.n ? read_points(run) : read_every(run);
		if (r < 0 || (run->n_points && (r = keep_series(run)) < 0))
			return r;
	}
	return r;
}

/* ---- all of it ---- */

static int open_walk(struct run *run)
{
	const struct grid *grid = &run->reading.grid;
	struct moving *moving = &run->walk.moving;

	moving->points = moving->moved = (struct steps){ grid->first, grid->n > 1 ? grid->step : 0, grid->n };
	moving->range = grid_reach(grid);
	moving->out = eval_alloc(&run->reading.eval, grid->n, sizeof *moving->out);
	run->walk.fold_from = FOLD_FROM;
	run->walk.only_folds = is_percentile(run->query->function);	/* NaN is left out, and of many values there is a sketch */
	return moving->out ? range_walk_init(&run->walk) : run->reading.err->code;
}

static int prepare(struct run *run)
{
	uint32_t wants = spec_of(run->query->function, KIND_GAUGE)->fold_wants | spec_of(run->query->function, KIND_COUNTER)->fold_wants;
	int r = run->reading.grid.n ? open_walk(run) : 0;

	if (r < 0)
		return r;
	if (!run->reading.grid.n)
		wants |= WANT_SUM | WANT_LAST;		/* of take_piece() */
	run->answer = answer_create(sizeof *run->answer);
	return run->answer ? reading_open(&run->reading, run->query->granularity, PLAN_BY_LENGTH, wants, &run->walk.source) : -ENOMEM;
}

static int finish(struct run *run)
{
	const struct grid *grid = &run->reading.grid;
	struct kymo_answer *answer = run->answer;

	answer->start = grid->start;
	answer->end = grid->end;
	answer->step = grid->step;
	answer->window = grid->window ? grid->window : grid->step;
	answer->samples_read = stitch_samples(run->walk.source.stitch);
	answer->error = run->reading.eval.read.error;
	answer->series = answer_copy(answer, run->series, answer->n_series * sizeof *run->series);
	if (!answer->series)
		return -ENOMEM;
	return reading_explain(&run->reading, &run->walk.source, answer, &answer->parts, &answer->n_parts, &answer->warnings, &answer->n_warnings);
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
	struct run run = { .query = query };
	struct reading *reading = &run.reading;
	int r;

	*out = NULL;
	reading_init(reading, store, limits, now, err);
	run.walk.moving.eval = &reading->eval;
	r = check(query, reading->err);
	if (r == 0)
		r = grid_make(query, limits->points, now, &reading->grid, reading->err);
	if (r == 0)
		r = chosen_init(&reading->chosen, query->names, query->n_names, query->filters, query->n_filters, reading->err);
	if (r == 0 && ((r = prepare(&run)) < 0 || (r = read_all(&run)) < 0 || (r = finish(&run)) < 0))
		r = reading_tell(reading, &run.walk.source, r,
				 "a shorter range, fewer series, a coarser granularity, or a window nearer to the step");
	if (r == 0)
		*out = TAKE(run.answer);
	run_fini(&run);
	return r;
}

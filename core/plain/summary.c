/* SPDX-License-Identifier: MIT */
/*
 * summary.c - a metric over a range: each series in a fold of its own, and all
 * of them in one. Metrics without sketches are read raw as far back as raw
 * reaches, as windows would say nothing of their percentiles.
 */
#include "plain/plain.h"
#include "plain/reading.h"

#include <errno.h>
#include <math.h>

#define WANTS (WANT_COUNT | WANT_SUM | WANT_MIN | WANT_MAX | FOLD_SPREAD | FOLD_MOMENTS)

struct survey {
	struct reading reading;
	struct source source;
	struct fold one, all;

	struct kymo_summary_answer *answer;
	struct kymo_summary *series;
	uint32_t room;
};

static void survey_fini(struct survey *survey)
{
	source_close(&survey->source);
	reading_fini(&survey->reading);
	fold_fini(&survey->one);
	fold_fini(&survey->all);
	answer_free(survey->answer);
	free(survey->series);
}

static int find_sketchless(void *data, const struct series_view *view)
{
	bool *found = data;

	*found = view->kind == KIND_COUNTER ? !(view->metric->flags & KYMO_SKETCH) :
		 (view->metric->flags & (KYMO_NO_SKETCH | KYMO_NOISE)) != 0;
	return *found;
}

static enum plan_rule rule_for(struct store *store, const struct chosen *chosen)
{
	bool sketchless = false;

	store_each_series(store, chosen->matchers, chosen->n_matchers, find_sketchless, &sketchless);
	return sketchless ? PLAN_RAW_FIRST : PLAN_BY_LENGTH;
}

static int put_percentiles(struct survey *survey, struct fold *fold, struct kymo_summary *summary)
{
	int r = spread_quantile(&fold->spread, 0.5, &summary->p50);

	if (r == 0)
		r = spread_quantile(&fold->spread, 0.95, &summary->p95);
	if (r == 0)
		r = spread_quantile(&fold->spread, 0.99, &summary->p99);
	if (r == 0 && spread_error(&fold->spread) > survey->answer->error)
		survey->answer->error = spread_error(&fold->spread);
	return r;
}

static int put_fold(struct survey *survey, struct fold *fold, struct kymo_summary *summary)
{
	summary->count = fold->count;
	summary->sum = fold_sum(fold);
	summary->min = fold->min;
	summary->max = fold->max;
	summary->avg = fold->count ? fold_mean(fold) : NAN;
	summary->stddev = fold_stddev(fold);
	summary->first_at = fold->first_at;
	summary->last_at = fold->last_at;
	if (fold->moments.estimated || fold->spread.sketched)
		summary->flags |= KYMO_SUMMARY_ESTIMATED;
	return put_percentiles(survey, fold, summary);
}

/* Series come one after the other, so the times of all together are not those of the first and the last. */
static void join_times(struct kymo_summary *all, const struct kymo_summary *one, bool first)
{
	if (first || one->first_at < all->first_at)
		all->first_at = one->first_at;
	if (first || one->last_at > all->last_at)
		all->last_at = one->last_at;
}

static int make_room(struct survey *survey)
{
	uint32_t room = survey->room ? survey->room * 2 : 16;
	struct kymo_summary *series;

	if (survey->answer->n_series < survey->room)
		return 0;
	series = realloc(survey->series, room * sizeof *series);
	if (!series)
		return -ENOMEM;
	survey->series = series;
	survey->room = room;
	return 0;
}

static int keep_series(struct survey *survey)
{
	struct kymo_summary_answer *answer = survey->answer;
	struct kymo_summary *summary;
	int r = make_room(survey);

	if (r < 0)
		return r;
	summary = &survey->series[answer->n_series];
	*summary = (struct kymo_summary){ 0 };
	if (answer_labels(answer, survey->source.view->labels, &summary->name, &summary->labels, &summary->n_labels) < 0)
		return -ENOMEM;
	if (survey->one.spread.unknown)
		notes_add(&survey->reading.notes, "%s: percentiles%s are not known where only windows without sketches are left",
			  summary->name, survey->one.moments.unknown ? " and stddev" : "");
	if ((r = put_fold(survey, &survey->one, summary)) < 0)
		return r;
	join_times(&answer->all, summary, answer->n_series == 0);
	answer->n_series++;
	chosen_see(&survey->reading.chosen, summary->name, strlen(summary->name));
	return 0;
}

static int read_series(struct survey *survey)
{
	struct piece piece;
	int r;

	fold_clear(&survey->one);
	survey->one.kind = survey->source.view->kind;
	while ((r = source_piece(&survey->source, NULL, NULL, &piece)) > 0)
		if ((r = fold_add(&survey->one, &piece, 0, piece.n)) < 0 ||
		    (r = fold_add(&survey->all, &piece, 0, piece.n)) < 0)
			return r;
	return r < 0 || !survey->one.count ? r : keep_series(survey);
}

static int read_all(struct survey *survey)
{
	int r;

	while ((r = source_next(&survey->source)) > 0)
		if ((r = read_series(survey)) < 0)
			return r;
	return r;
}

static int prepare(struct survey *survey)
{
	enum plan_rule rule = rule_for(survey->reading.store, &survey->reading.chosen);

	fold_init(&survey->one, WANTS, KIND_GAUGE);
	fold_init(&survey->all, WANTS, KIND_GAUGE);
	survey->answer = answer_create(sizeof *survey->answer);
	return survey->answer ? reading_open(&survey->reading, KYMO_AUTO, rule, WANTS, &survey->source) : -ENOMEM;
}

static int finish(struct survey *survey, const char *name)
{
	struct kymo_summary_answer *answer = survey->answer;
	struct kymo_summary times = answer->all;
	int r = put_fold(survey, &survey->all, &answer->all);

	if (r < 0)
		return r;
	answer->all.first_at = times.first_at;
	answer->all.last_at = times.last_at;
	answer->all.name = answer_text(answer, name, strlen(name));
	answer->start = survey->reading.grid.start;
	answer->end = survey->reading.grid.end;
	answer->series = answer_copy(answer, survey->series, answer->n_series * sizeof *survey->series);
	if (!answer->all.name || !answer->series)
		return -ENOMEM;
	return reading_explain(&survey->reading, &survey->source, answer, &answer->parts, &answer->n_parts, &answer->warnings, &answer->n_warnings);
}

int plain_summary(struct store *store, const char *name, const struct kymo_filter *filters, uint32_t n_filters,
		  kymo_ms start, kymo_ms end, const struct plain_limits *limits, kymo_ms now,
		  struct kymo_summary_answer **out, struct error *err)
{
	struct survey survey = { 0 };
	struct reading *reading = &survey.reading;
	int r;

	*out = NULL;
	reading_init(reading, store, limits, now, err);
	r = grid_range(start, end, now, &reading->grid, reading->err);
	if (r == 0)
		r = chosen_init(&reading->chosen, &name, 1, filters, n_filters, reading->err);
	if (r == 0 && ((r = prepare(&survey)) < 0 || (r = read_all(&survey)) < 0 || (r = finish(&survey, name)) < 0))
		r = reading_tell(reading, &survey.source, r, "a shorter range or add filters");
	if (r == 0)
		*out = TAKE(survey.answer);
	survey_fini(&survey);
	return r;
}

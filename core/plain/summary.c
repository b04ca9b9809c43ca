/* SPDX-License-Identifier: MIT */
/*
 * summary.c - a metric over a range: each series in a fold of its own, and all
 * of them in one. Metrics without sketches are read raw as far back as raw
 * reaches, as windows would say nothing of their percentiles.
 */
#include "plain/plain.h"
#include "plain/chosen.h"
#include "plain/parts.h"
#include "query/fold.h"
#include "query/stitch.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

#define WANTS (WANT_COUNT | WANT_SUM | WANT_MIN | WANT_MAX | FOLD_SPREAD | FOLD_MOMENTS)

struct survey {
	const struct plain_limits *limits;
	struct error *err;
	struct grid grid;
	struct chosen chosen;
	struct parts parts;
	struct notes notes;
	struct stitch *stitch;
	struct fold one, all;
	const struct series_view *view;

	struct kymo_summary_answer *answer;
	struct kymo_summary *series;
	uint32_t room;
};

static void survey_fini(struct survey *survey)
{
	chosen_fini(&survey->chosen);
	notes_fini(&survey->notes);
	stitch_close(survey->stitch);
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
	if (answer_labels(answer, survey->view->labels, &summary->name, &summary->labels, &summary->n_labels) < 0)
		return -ENOMEM;
	if (survey->one.spread.unknown)
		notes_add(&survey->notes, "%s: percentiles%s are not known where only windows without sketches are left",
			  summary->name, survey->one.moments.unknown ? " and stddev" : "");
	if ((r = put_fold(survey, &survey->one, summary)) < 0)
		return r;
	join_times(&answer->all, summary, answer->n_series == 0);
	answer->n_series++;
	chosen_see(&survey->chosen, summary->name, strlen(summary->name));
	return 0;
}

static int read_series(struct survey *survey)
{
	struct piece piece;
	int r;

	fold_clear(&survey->one);
	survey->one.kind = survey->view->kind;
	while ((r = stitch_piece(survey->stitch, &piece)) > 0)
		if ((r = fold_add(&survey->one, &piece, 0, piece.n)) < 0 ||
		    (r = fold_add(&survey->all, &piece, 0, piece.n)) < 0)
			return r;
	return r < 0 || !survey->one.count ? r : keep_series(survey);
}

static int read_all(struct survey *survey)
{
	int r;

	while ((r = stitch_next(survey->stitch, &survey->view)) > 0)
		if ((r = read_series(survey)) < 0)
			return r;
	return r;
}

static int prepare(struct survey *survey, struct store *store, kymo_ms now)
{
	enum plan_rule rule = rule_for(store, &survey->chosen);
	struct stitch_request request = {
		.matchers = survey->chosen.matchers, .n_matchers = survey->chosen.n_matchers, .plan = &survey->parts.plan,
		.wants = fold_columns(WANTS), .series_most = survey->limits->series, .samples_most = survey->limits->samples,
	};
	int r = parts_make(store, &survey->chosen, &survey->grid, KYMO_AUTO, rule, now, &survey->parts, survey->err);

	if (r < 0)
		return r;
	fold_init(&survey->one, WANTS, KIND_GAUGE);
	fold_init(&survey->all, WANTS, KIND_GAUGE);
	survey->answer = answer_create(sizeof *survey->answer);
	return survey->answer ? stitch_open(store, &request, &survey->stitch, survey->err) : -ENOMEM;
}

static int finish(struct survey *survey, struct store *store, const char *name)
{
	struct kymo_summary_answer *answer = survey->answer;
	struct kymo_summary times = answer->all;
	int r = put_fold(survey, &survey->all, &answer->all);

	if (r < 0)
		return r;
	answer->all.first_at = times.first_at;
	answer->all.last_at = times.last_at;
	answer->all.name = answer_text(answer, name, strlen(name));
	answer->start = survey->grid.start;
	answer->end = survey->grid.end;
	parts_explain(&survey->parts, &survey->grid, &survey->notes);
	chosen_explain(&survey->chosen, store, &survey->notes);
	answer->series = answer_copy(answer, survey->series, answer->n_series * sizeof *survey->series);
	if (!answer->all.name || !answer->series || parts_give(&survey->parts, answer, &answer->parts, &answer->n_parts) < 0)
		return -ENOMEM;
	return notes_give(&survey->notes, answer, &answer->warnings, &answer->n_warnings);
}

/* What went wrong below, in words, if nobody has said it. */
static int tell(const struct survey *survey, int r)
{
	if (survey->err->code)
		return r;
	if (r == -E2BIG && survey->limits->samples && stitch_samples(survey->stitch) > survey->limits->samples)
		return error_set(survey->err, r, "more than %" PRIu64 " samples would have to be read (limits.samples): "
				 "ask for a shorter range or add filters", survey->limits->samples);
	if (r == -E2BIG)
		return error_set(survey->err, r, "more than %" PRIu32 " series match (limits.series): add filters",
				 survey->limits->series);
	return error_set(survey->err, r, "stats: %s", error_name(r));
}

int plain_summary(struct store *store, const char *name, const struct kymo_filter *filters, uint32_t n_filters,
		  kymo_ms start, kymo_ms end, const struct plain_limits *limits, kymo_ms now,
		  struct kymo_summary_answer **out, struct error *err)
{
	struct error mine = { 0 };
	struct survey survey = { .limits = limits, .err = err ? err : &mine };
	int r = grid_range(start, end, now, &survey.grid, survey.err);

	*out = NULL;
	if (r == 0)
		r = chosen_init(&survey.chosen, &name, 1, filters, n_filters, survey.err);
	if (r == 0 && ((r = prepare(&survey, store, now)) < 0 || (r = read_all(&survey)) < 0 ||
		       (r = finish(&survey, store, name)) < 0))
		r = tell(&survey, r);
	if (r == 0)
		*out = TAKE(survey.answer);
	survey_fini(&survey);
	error_clear(&mine);
	return r;
}

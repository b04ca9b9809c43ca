/* SPDX-License-Identifier: MIT */
/*
 * source.c - the plan of tiers for the points of a selector. Where the oldest part
 * comes from a tier whose windows are wider than what a point looks back, the
 * range begins a window earlier, so that the first point has one.
 */
#include "eval/source.h"
#include "eval/escaped.h"

#include <errno.h>

#define TIME_FAR (INT64_MAX / 4)	/* what is beyond does not move any more */

static kymo_ms clip(kymo_ms at)
{
	return at > TIME_FAR ? TIME_FAR : at < -TIME_FAR ? -TIME_FAR : at;
}

static kymo_ms before(kymo_ms at, kymo_ms span)
{
	return clip(clip(at) - clip(span));
}

struct steps shift_steps(const struct eval *eval, const struct shift *shift, const struct steps *steps)
{
	struct steps moved = *steps;

	if (shift->at != AT_NONE) {
		moved.step = 0;
		moved.start = shift->at == AT_TIME ? shift->at_time : shift->at == AT_START ? eval->asked.start : eval->asked.end;
	}
	moved.start = before(moved.start, shift->offset);
	return moved;
}

/* ---- the plan ---- */

static int make_plan(const struct source_request *request, const struct eval *eval, const struct store_coverage *coverage, kymo_ms from,
		     struct plan *plan)
{
	struct plan_request wanted = {
		.rule = eval->tier != KYMO_AUTO ? PLAN_FORCED : request->prefer != KYMO_RAW ? PLAN_PREFERRED : PLAN_RAW_FIRST,
		.tier = eval->tier != KYMO_AUTO ? (enum kymo_tier)eval->tier : request->prefer,
		.start = from, .end = steps_end(&request->steps), .now = eval->now,
	};

	return plan_make(coverage, &wanted, plan);
}

/* The width of the tier that serves the oldest part. */
static kymo_ms oldest_width(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->n; i++)
		if (span_is_served(&plan->span[i]))
			return tier_width(plan->span[i].tier);
	return 0;
}

static int plan_source(struct eval *eval, const struct source_request *request, struct plan *plan)
{
	const struct selector *selector = &request->node->selector;
	kymo_ms from = before(request->steps.start, request->reach);
	struct store_coverage coverage;
	int r;

	store_coverage_of(eval->store, selector->matchers, selector->n_matchers, &coverage);
	r = make_plan(request, eval, &coverage, from, plan);
	if (r == 0 && oldest_width(plan) > request->reach)
		r = make_plan(request, eval, &coverage, before(request->steps.start, oldest_width(plan)), plan);
	return r < 0 ? error_set(eval->err, r, "the times of the query are out of order") : 0;
}

kymo_ms source_reach(const struct source *source, kymo_ms t, kymo_ms reach)
{
	for (uint32_t i = source->plan.n; i-- && !source->raw_only;)
		if (t > source->plan.span[i].start) {
			kymo_ms width = tier_width(source->plan.span[i].tier);

			return width > reach ? width : reach;
		}
	return reach;
}

/* ---- what is told of it ---- */

static bool joins(struct plan_span *a, const struct plan_span *b)
{
	if (a->tier != b->tier || a->missing != b->missing || a->empty != b->empty || b->start > a->end || b->end < a->start)
		return false;
	a->start = b->start < a->start ? b->start : a->start;
	a->end = b->end > a->end ? b->end : a->end;
	return true;
}

static void note_span(struct eval_read *read, const struct plan_span *span)
{
	for (uint32_t i = 0; i < read->n_spans; i++)
		if (joins(&read->span[i], span))
			return;
	if (read->n_spans < READ_SPANS)
		read->span[read->n_spans++] = *span;
}

static void note_plan(struct source *source)
{
	source->raw_only = true;
	for (uint32_t i = 0; i < source->plan.n; i++) {
		const struct plan_span *span = &source->plan.span[i];

		note_span(&source->eval->read, span);
		source->raw_only &= !span_is_served(span) || span->tier == KYMO_RAW;
	}
}

/* ---- reading ---- */

int source_open_planned(struct eval *eval, const struct stitch_request *request, struct source *source)
{
	*source = (struct source){ .eval = eval, .plan = *request->plan };
	note_plan(source);
	return stitch_open(eval->store, request, &source->stitch, eval->err);
}

int source_open(struct eval *eval, const struct source_request *request, struct source *source)
{
	const struct selector *selector = &request->node->selector;
	struct plan plan;
	struct stitch_request wanted = {
		.matchers = selector->matchers, .n_matchers = selector->n_matchers, .plan = &plan, .wants = request->wants,
		.series_most = eval->limits.series, .series_key = "query.series",
	};
	int r = plan_source(eval, request, &plan);

	if (r == 0)
		r = source_open_planned(eval, &wanted, source);
	if (r == 0)
		source->node = request->node;
	return r;
}

void source_close(struct source *source)
{
	struct eval_read *read;
	struct select_stats stats;

	if (!source->stitch)
		return;
	read = &source->eval->read;
	stitch_stats(source->stitch, &stats);
	read->stats.samples += stats.samples;
	read->stats.blocks += stats.blocks;
	read->stats.chunks += stats.chunks;
	read->stats.quarantined += stats.quarantined;
	read->series += stitch_series(source->stitch);
	stitch_close(source->stitch);
	source->stitch = NULL;
}

static int tell(struct source *source, int r)
{
	if (r == -ENOMEM)
		return eval_no_memory(source->eval);
	if (r == -E2BIG && !source->node)
		return r;
	if (r == -E2BIG)
		return error_set(source->eval->err, r, "more than %u series match (query.series): add label matchers",
				 source->eval->limits.series);
	return error_set(source->eval->err, r, "%s", error_name(r));
}

int source_next(struct source *source)
{
	int r = stitch_next(source->stitch, &source->view);

	if (r > 0)
		return eval_check(source->eval, 0) < 0 ? source->eval->err->code : 1;
	if (r == 0 && source->node && !stitch_series(source->stitch))
		escaped_inform(source->eval, source->node);
	return r < 0 ? tell(source, r) : 0;
}

int source_piece(struct source *source, chunk_choice *choice, void *data, struct piece *piece)
{
	int r = stitch_chosen(source->stitch, choice, data, piece);

	if (r > 0)
		return eval_check(source->eval, piece->n) < 0 ? source->eval->err->code : 1;
	return r < 0 ? tell(source, r) : 0;
}

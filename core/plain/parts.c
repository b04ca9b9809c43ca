/* SPDX-License-Identifier: MIT */
/* parts.c - asks the planner and puts what it says into words. */
#include "plain/parts.h"
#include "util/duration.h"

#include <errno.h>

int parts_make(struct store *store, const struct chosen *chosen, const struct grid *grid, uint32_t granularity, enum plan_rule rule, kymo_ms now,
	       struct parts *parts, struct error *err)
{
	struct plan_request request = { .start = grid->read_from, .end = grid->end, .step = grid_unit(grid), .now = now };
	int r;

	*parts = (struct parts){ .rule = rule, .now = now };
	if (granularity != KYMO_AUTO) {
		if (granularity >= TIERS)
			return error_set(err, -EINVAL, "granularity %u is not known: auto, raw, 1m, 5m or 1h", granularity);
		parts->rule = PLAN_FORCED;
		parts->tier = (enum kymo_tier)granularity;
	}
	request.rule = parts->rule;
	request.tier = parts->tier;
	store_coverage_of(store, chosen->matchers, chosen->n_matchers, &parts->coverage);
	r = plan_make(&parts->coverage, &request, &parts->plan);
	return r < 0 ? error_set(err, r, "query: no plan for this range") : 0;
}

static bool is_empty(const struct store_coverage *coverage, int tier)
{
	return coverage->tier[tier].oldest > coverage->tier[tier].newest;
}

/* Why nothing was recorded then. */
static const char *reason_empty(const struct parts *parts, const struct plan_span *span)
{
	bool any = false;

	for (int i = 0; i < TIERS; i++)
		any |= !is_empty(&parts->coverage, i);
	if (span->start >= parts->now)
		return "in the future";
	return any ? "before the first sample" : "nothing is stored yet";
}

/* Why it is not there. */
static const char *reason_missing(const struct parts *parts, const struct plan_span *span)
{
	if (parts->rule != PLAN_FORCED)
		return "older than the retention of every tier";
	if (is_empty(&parts->coverage, parts->tier))
		return "this tier holds nothing yet";
	if (span->end <= parts->coverage.tier[parts->tier].horizon)
		return "older than the retention of this tier";
	return "this tier does not hold it";
}

static const char *reason(const struct parts *parts, const struct plan_span *span)
{
	return span->empty ? reason_empty(parts, span) : span->missing ? reason_missing(parts, span) : "";
}

int parts_give(const struct parts *parts, void *answer, const struct kymo_part **out, uint32_t *n)
{
	struct kymo_part *items = answer_alloc(answer, parts->plan.n * sizeof *items);

	if (!items)
		return -ENOMEM;
	for (*n = 0; *n < parts->plan.n; (*n)++) {
		const struct plan_span *span = &parts->plan.span[*n];

		items[*n] = (struct kymo_part){
			.start = span->start, .end = span->end, .tier = span->tier, .missing = span->missing, .empty = span->empty,
			.reason = reason(parts, span),
		};
	}
	*out = items;
	return 0;
}

/* Windows that are no part of a step cannot be cut: a point gets those that end in it. */
static void explain_step(const struct plan_span *span, kymo_ms unit, struct notes *notes)
{
	kymo_ms width = tier_width(span->tier);
	char from[TIME_TEXT], to[TIME_TEXT], step[DURATION_TEXT];

	if (!unit || unit % width == 0)
		return;
	notes_add(notes, "from %s to %s there are %s windows, which do not fit into steps of %s: each counts where it ends",
		  time_format(span->start, from), time_format(span->end, to), tier_name(span->tier),
		  duration_format(unit, step));
}

static void explain_edges(const struct plan_span *span, struct notes *notes)
{
	kymo_ms width = tier_width(span->tier), begins = window_floor(span->start, width), ends = window_floor(span->end, width);
	char from[TIME_TEXT], to[TIME_TEXT];

	if (begins != span->start)
		notes_add(notes, "the %s window that holds %s is counted from its start, %s", tier_name(span->tier),
			  time_format(span->start, from), time_format(begins, to));
	if (ends != span->end)
		notes_add(notes, "after %s nothing is counted: the %s window that holds %s ends later",
			  time_format(ends, from), tier_name(span->tier), time_format(span->end, to));
}

void parts_explain(const struct parts *parts, const struct grid *grid, struct notes *notes)
{
	if (grid->start >= parts->now)
		notes_add(notes, "the range lies in the future");
	for (uint32_t i = 0; i < parts->plan.n; i++) {
		const struct plan_span *span = &parts->plan.span[i];

		if (!span_is_served(span) || span->tier == KYMO_RAW)
			continue;
		explain_step(span, grid_unit(grid), notes);
		explain_edges(span, notes);
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * plan.c - from the newest end backwards: the tier that the rule prefers as far
 * back as it reaches, then the next one that reaches further, and so on; then
 * the unaligned ends are given to finer tiers.
 *
 * A tier holds everything after its `begin`: what it has been told to forget
 * lies before, and so does the time before there was anything. Its windows that
 * have not closed are computed from raw, so a tier begins at the latest with the
 * window of the first raw sample.
 */
#include "store/plan.h"
#include "util/check.h"

#include <errno.h>

#define HOUR (UINT64_C(3600) * 1000)

#define NOTHING INT64_MAX	/* begin of a tier that holds nothing */

/* What goes into a plan: where each tier begins, and which are asked in which order. */
struct sources {
	kymo_ms begin[TIERS];
	kymo_ms knows[TIERS];	/* earlier than begin where nobody knows of anything before that */
	enum kymo_tier order[TIERS];
	int n;
};

struct part {
	kymo_ms start, end;
	int tier;		/* < 0: nobody has it */
};

static bool holds_data(const struct store_coverage *coverage, enum kymo_tier tier)
{
	return coverage->tier[tier].oldest <= coverage->tier[tier].newest;
}

static kymo_ms later_of(kymo_ms a, kymo_ms b) { return a > b ? a : b; }
static kymo_ms earlier_of(kymo_ms a, kymo_ms b) { return a < b ? a : b; }

static kymo_ms raw_begin(const struct store_coverage *coverage)
{
	if (!holds_data(coverage, KYMO_RAW))
		return NOTHING;
	return later_of(coverage->tier[KYMO_RAW].oldest - 1, coverage->tier[KYMO_RAW].horizon);
}

/* A multiple of the width. */
static kymo_ms tier_begin(const struct store_coverage *coverage, enum kymo_tier tier)
{
	kymo_ms width = tier_width(tier), horizon = coverage->tier[tier].horizon, first = NOTHING;

	if (holds_data(coverage, tier))
		first = window_floor(coverage->tier[tier].oldest, width);
	if (holds_data(coverage, KYMO_RAW))
		first = earlier_of(first, window_end_of(coverage->tier[KYMO_RAW].oldest, width));
	if (first == NOTHING)
		return NOTHING;
	first -= width;
	return horizon == INT64_MIN ? first : later_of(first, window_floor(horizon, width));
}

/* Does it begin where its data do, not where its retention cuts? */
static bool begins_by_itself(const struct store_coverage *coverage, const struct sources *sources, enum kymo_tier tier)
{
	return sources->begin[tier] != NOTHING && sources->begin[tier] > coverage->tier[tier].horizon;
}

/* Before that its retention has cut: what it lacks there may have been. */
static kymo_ms cut_at(const struct store_coverage *coverage, enum kymo_tier tier)
{
	kymo_ms horizon = coverage->tier[tier].horizon;

	return tier == KYMO_RAW || horizon == INT64_MIN ? horizon : window_floor(horizon, tier_width(tier));
}

/*
 * The first window of a coarse tier begins before the first sample. A finer one
 * that lacks no whole window of it knows that time as well, as far back as it
 * would keep something: there was nothing.
 */
static void set_knows(struct sources *sources, const struct store_coverage *coverage)
{
	for (int tier = 0; tier < TIERS; tier++) {
		kymo_ms earliest = sources->begin[tier];
		bool complete = begins_by_itself(coverage, sources, (enum kymo_tier)tier);

		for (int other = tier + 1; other < TIERS && complete; other++) {
			if (sources->begin[other] >= earliest)
				continue;
			complete = sources->begin[other] + tier_width((enum kymo_tier)other) > sources->begin[tier];
			earliest = sources->begin[other];
		}
		sources->knows[tier] = complete ? later_of(earliest, cut_at(coverage, (enum kymo_tier)tier)) : sources->begin[tier];
	}
}

/* By length, then no coarser than the step lets through. */
static enum kymo_tier preferred(const struct plan_request *request)
{
	uint64_t length = (uint64_t)request->end - (uint64_t)request->start;
	enum kymo_tier tier = length <= HOUR ? KYMO_RAW : length <= 6 * HOUR ? KYMO_1M :
			      length <= 24 * HOUR ? KYMO_5M : KYMO_1H;

	while (request->step > 0 && tier > KYMO_RAW && request->step % tier_width(tier) != 0)
		tier--;
	return tier;
}

/* Of a range query: that one, else raw wherever it is, and so on. */
static void set_order_preferred(struct sources *sources, enum kymo_tier first)
{
	sources->n = 0;
	sources->order[sources->n++] = first;
	for (int tier = 0; tier < TIERS; tier++)
		if (tier != (int)first)
			sources->order[sources->n++] = (enum kymo_tier)tier;
}

/* First the preferred one, then those coarser, then those finer. */
static void set_order(struct sources *sources, const struct plan_request *request)
{
	enum kymo_tier first = request->rule == PLAN_FORCED ? request->tier :
			       request->rule == PLAN_RAW_FIRST ? KYMO_RAW : preferred(request);

	sources->n = 0;
	for (int tier = (int)first; tier < TIERS; tier++)
		sources->order[sources->n++] = (enum kymo_tier)tier;
	for (int tier = (int)first - 1; tier >= 0; tier--)
		sources->order[sources->n++] = (enum kymo_tier)tier;
	if (request->rule == PLAN_FORCED)
		sources->n = 1;
}

/* The first in the order that has at least one whole window before that time; -1: none. */
static int find_older(const struct sources *sources, kymo_ms before)
{
	for (int i = 0; i < sources->n; i++) {
		enum kymo_tier tier = sources->order[i];
		kymo_ms least = tier == KYMO_RAW ? 1 : tier_width(tier);

		if (sources->begin[tier] < before && sources->begin[tier] + least <= before)
			return (int)tier;
	}
	return -1;
}

/* Where one tier hands over to an older one: on a window border of the older. */
static kymo_ms border(kymo_ms begin, int older)
{
	return older > KYMO_RAW ? window_end_of(begin, tier_width((enum kymo_tier)older)) : begin;
}

/* Newest first. Gives how many. */
static int cut(const struct sources *sources, kymo_ms start, kymo_ms end, struct part parts[TIERS + 1])
{
	int tier = (int)sources->order[0], n = 0;

	while (end > start) {
		kymo_ms begin = tier < 0 ? start : sources->begin[tier];
		int older = begin > start ? find_older(sources, begin) : -1;
		kymo_ms from = later_of(start, begin == NOTHING ? end : earlier_of(end, border(begin, older)));

		if (from < end)
			parts[n++] = (struct part){ from, end, tier };
		end = from;
		tier = older;
	}
	return n;
}

static void emit_span(struct plan *plan, struct plan_span span)
{
	struct plan_span *last = plan->n ? &plan->span[plan->n - 1] : NULL;

	if (span.start >= span.end)
		return;
	if (last && last->tier == span.tier && last->missing == span.missing && last->empty == span.empty) {
		last->end = span.end;
		return;
	}
	CHECK(plan->n < PLAN_SPANS, "tier=%d", span.tier);
	plan->span[plan->n++] = span;
}

static void emit(struct plan *plan, kymo_ms start, kymo_ms end, int tier)
{
	emit_span(plan, (struct plan_span){ .start = start, .end = end, .tier = (enum kymo_tier)tier });
}

/* From here on some tier would keep what is recorded. */
static kymo_ms kept_from(const struct store_coverage *coverage)
{
	kymo_ms from = INT64_MAX;

	for (int tier = 0; tier < TIERS; tier++)
		from = earlier_of(from, cut_at(coverage, (enum kymo_tier)tier));
	return from;
}

/* Where the first of all that is held before that time begins, as the finest tier has it. */
static kymo_ms recorded_from(const struct sources *sources, kymo_ms before)
{
	for (int tier = 0; tier < TIERS; tier++) {
		kymo_ms least = tier == KYMO_RAW ? 1 : tier_width((enum kymo_tier)tier);

		if (sources->begin[tier] < before && sources->begin[tier] + least <= before)
			before = sources->begin[tier];
	}
	return before;
}

static kymo_ms within(kymo_ms t, const struct part *part) { return earlier_of(later_of(t, part->start), part->end); }

/* A part that no tier has, or not the one that was asked for. */
static void emit_unserved(struct plan *plan, const struct store_coverage *coverage, const struct sources *sources, const struct part *part)
{
	kymo_ms kept = within(kept_from(coverage), part), recorded = later_of(kept, within(recorded_from(sources, part->end), part));

	if (kept > part->start && (uint64_t)(recorded - kept) < HOUR)
		kept = recorded;	/* behind the cut the next sample takes its time: that is no part of its own */
	emit_span(plan, (struct plan_span){ .start = part->start, .end = kept, .missing = true });
	emit_span(plan, (struct plan_span){ .start = kept, .end = recorded, .empty = true });
	emit_span(plan, (struct plan_span){ .start = recorded, .end = part->end, .missing = true });
}

/* The next finer tier that holds what comes after `start`; -1: none. */
static int finer(const struct sources *sources, int tier, kymo_ms start)
{
	while (--tier >= 0 && sources->knows[tier] > start)
		;
	return tier;
}

/* Whole windows from this tier, the rest at both ends from finer ones, if they have it. Depth: one per tier. */
static void refine(struct plan *plan, const struct sources *sources, struct part part)
{
	kymo_ms width = part.tier > KYMO_RAW ? tier_width((enum kymo_tier)part.tier) : 1;
	kymo_ms first = window_end_of(part.start, width), last = window_floor(part.end, width);
	int at_start = first > part.start ? finer(sources, part.tier, part.start) : -1;
	int at_end;

	if (first > last) {
		if (at_start >= 0)
			refine(plan, sources, (struct part){ part.start, part.end, at_start });
		else
			emit(plan, part.start, part.end, part.tier);
		return;
	}
	at_end = last < part.end ? finer(sources, part.tier, last) : -1;
	if (at_start >= 0)
		refine(plan, sources, (struct part){ part.start, first, at_start });
	emit(plan, at_start >= 0 ? first : part.start, at_end >= 0 ? last : part.end, part.tier);
	if (at_end >= 0)
		refine(plan, sources, (struct part){ last, part.end, at_end });
}

int plan_make(const struct store_coverage *coverage, const struct plan_request *request, struct plan *plan)
{
	struct sources sources;
	struct part parts[TIERS + 1];
	int n;

	plan->n = 0;
	if (request->end < request->start)
		return -EINVAL;
	sources.begin[KYMO_RAW] = raw_begin(coverage);
	for (int tier = KYMO_1M; tier < TIERS; tier++)
		sources.begin[tier] = tier_begin(coverage, (enum kymo_tier)tier);
	set_knows(&sources, coverage);
	if (request->rule == PLAN_PREFERRED)
		set_order_preferred(&sources, request->tier);
	else
		set_order(&sources, request);
	n = cut(&sources, request->start, request->end, parts);
	while (n-- > 0)
		if (parts[n].tier < 0)
			emit_unserved(plan, coverage, &sources, &parts[n]);
		else if (request->rule == PLAN_FORCED)
			emit(plan, parts[n].start, parts[n].end, parts[n].tier);
		else
			refine(plan, &sources, parts[n]);
	return 0;
}

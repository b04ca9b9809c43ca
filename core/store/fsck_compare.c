/* SPDX-License-Identifier: MIT */
/*
 * fsck_compare.c - for every series the windows that raw gives beside those that
 * a tier has stored. Where raw has fewer samples than the tier counted it has lost
 * some, or they have expired: the tier is right. Where the tier has nothing so old
 * it may be kept for less time than raw: who knows the configuration can tell.
 */
#include "store/downsample_state.h"
#include "store/fsck_state.h"
#include "store/tier_read.h"
#include "store/policies.h"
#include "model/pattern.h"
#include "model/sample.h"

#include <errno.h>
#include <stdio.h>

struct comparing {
	struct fsck *fsck;
	struct store *store;
	const struct store_view *view;
	bool mark;
	struct rollup_series series;
	struct labels labels;
	const struct policy *policy;	/* NULL: none that is known */
	enum kymo_tier tier;
	kymo_ms horizon;		/* windows that end by then have expired; INT64_MIN: none that are known */
	bool reached;			/* the tier has a window that is older, or must have this one */
	uint64_t missing, different;	/* windows */
	kymo_ms first;			/* of them */
};

/* Windows of the tier, one at a time. */
struct stored {
	struct tier_reader *reader;
	struct piece piece;
	uint32_t at;
};

/* 1: *at is the next one; 0: the end. */
static int stored_next(struct stored *stored)
{
	int r = 1;

	while (stored->at >= stored->piece.n && r > 0) {
		stored->at = 0;
		stored->piece.n = 0;
		r = tier_next(stored->reader, &stored->piece);
	}
	return r;
}

static bool is_same(const struct record *raw, const struct piece *piece, uint32_t i)
{
	const struct window *w = &raw->window;

	return w->count == piece->count[i] &&
	       (!w->count || (value_bits(w->min) == value_bits(piece->min[i]) && value_bits(w->max) == value_bits(piece->max[i])));
}

static void mark(struct comparing *c, kymo_ms end)
{
	if (c->mark)
		downsample_mark(c->store, c->series.ref, end);
}

static void differs(struct comparing *c, kymo_ms end, uint64_t *which)
{
	if (!c->missing && !c->different)
		c->first = end;
	++*which;
	mark(c, end);
}

static void is_missing(struct comparing *c, kymo_ms end)
{
	if (c->reached) {
		differs(c, end, &c->missing);
		return;
	}
	c->fsck->counts->older++;
	mark(c, end);
}

static int compare_window(struct comparing *c, const struct record *raw, struct stored *stored)
{
	int r;

	while ((r = stored_next(stored)) > 0 && stored->piece.at[stored->at] < raw->at) {
		stored->at++;
		c->reached = true;
	}
	if (r < 0)
		return r;
	c->fsck->counts->windows++;
	if (r == 0 || stored->piece.at[stored->at] != raw->at) {
		is_missing(c, raw->at);
		return 0;
	}
	c->reached = true;
	if (!is_same(raw, &stored->piece, stored->at) && stored->piece.count[stored->at] <= raw->window.count)
		differs(c, raw->at, &c->different);
	return 0;
}

static struct tier_request stored_in(const struct comparing *c, kymo_ms start, kymo_ms end)
{
	return (struct tier_request){ .store = c->store, .view = c->view, .tier = c->tier, .series = c->series, .start = start,
				      .end = end, .with_ends = true, .stored_only = true, .plain = true };
}

static int compare_range(struct comparing *c, kymo_ms start, kymo_ms end)
{
	struct tier_request request = stored_in(c, start, end);
	struct stored stored = { 0 };
	struct record raw = { 0 };
	AUTO(rollup) rollup = NULL;
	int r = rollup_open_raw(c->store, c->view, &c->series, c->tier, start, end, &rollup);

	if (r == 0)
		r = tier_open(&request, &stored.reader);
	while (r == 0 && (r = rollup_next(rollup, &raw)) > 0)
		r = raw.window.count ? compare_window(c, &raw, &stored) : 0;
	tier_close(stored.reader);
	window_fini(&raw.window);
	return r;
}

static void report(struct comparing *c)
{
	AUTO_BUF name = { 0 };
	struct label label = labels_metric(c->labels);
	uint32_t at = 0, n = 0;
	char first[TIME_TEXT];

	if (!c->missing && !c->different)
		return;
	buf_add(&name, label.value, label.value_len);
	while (labels_next(c->labels, &at, &label))
		if (!text_equal(label.name, label.name_len, LABEL_NAME))
			buf_printf(&name, "%s%.*s=\"%.*s\"", n++ ? ", " : "{", (int)label.name_len, label.name, (int)label.value_len,
				   label.value);
	buf_add_text(&name, n ? "}" : "");
	fsck_found(c->fsck, tier_name(c->tier), FSCK_NOWHERE, "", "%s: from %s on %llu windows are missing and %llu differ from raw",
		   buf_text(&name) ? buf_text(&name) : "a series", time_format(c->first, first), (unsigned long long)c->missing,
		   (unsigned long long)c->different);
}

/* Where the first window begins that has a raw sample. INT64_MAX: there is none. */
static kymo_ms raw_begins(const struct comparing *c)
{
	AUTO(raw_reader) reader = NULL;
	struct piece piece;

	if (raw_open(c->store, c->view, c->series.ref, INT64_MIN, INT64_MAX, &reader) < 0 || raw_next(reader, &piece) <= 0)
		return INT64_MAX;
	return window_floor(piece.at[0] - 1, tier_width(KYMO_1H));
}

/* ---- what may have expired ---- */

static const struct policy *policy_for(const struct store_options *kept, const struct metric *metric)
{
	for (uint32_t i = 0; kept && i < kept->n_policies; i++)
		for (uint32_t k = 0; k < kept->policies[i].n_match; k++)
			if (pattern_match(kept->policies[i].match[k], metric->name, metric->name_len))
				return &kept->policies[i];
	return NULL;
}

static kymo_ms horizon_of(const struct comparing *c)
{
	const struct store_options *kept = c->fsck->request->kept;
	kymo_ms retention = kept ? policy_retention(c->policy, kept, c->tier) : FOREVER;

	return retention == FOREVER ? INT64_MIN : store_now(c->store) - retention;
}

/* Has the tier something of the series by then? */
static int has_older(const struct comparing *c, kymo_ms end, bool *older)
{
	struct tier_request request = stored_in(c, INT64_MIN, end);
	AUTO(tier_reader) reader = NULL;
	struct piece piece = { 0 };
	int r = tier_open(&request, &reader);

	if (r == 0)
		r = tier_next(reader, &piece);
	*older = r > 0;
	return r < 0 ? r : 0;
}

/* A tier without anything, or of which it is known how long it is kept, has to have what raw has. */
static int find_reached(struct comparing *c, kymo_ms start)
{
	const struct store_options *kept = c->fsck->request->kept;

	c->reached = (kept && !kept->size) || !c->view->list[c->tier]->n;
	return c->reached ? 0 : has_older(c, start, &c->reached);
}

static int compare_tier(struct comparing *c, kymo_ms start, kymo_ms end)
{
	int r;

	c->missing = c->different = 0;
	c->horizon = horizon_of(c);
	if (start < c->horizon)
		start = window_end_of(c->horizon, tier_width(c->tier));
	if (start >= end)
		return 0;
	r = find_reached(c, start);
	if (r == 0)
		r = compare_range(c, start, end);
	report(c);
	return r;
}

static int compare_series(struct comparing *c)
{
	kymo_ms start = raw_begins(c);
	int r = 0;

	for (int tier = KYMO_1M; tier < TIERS && r == 0; tier++) {
		kymo_ms end = c->store->downsample->done[tier];

		c->tier = (enum kymo_tier)tier;
		if (end != INT64_MIN)
			r = compare_tier(c, start, end);
	}
	return r;
}

int fsck_compare(struct fsck *fsck, struct store *store, bool mark, struct error *err)
{
	AUTO(store_view) view = NULL;
	struct refs refs = { 0 };
	int r = store_view_open(store, &view);

	if (r == 0)
		r = index_select(store->index, NULL, 0, &refs);
	for (uint32_t i = 0; i < refs.n && r == 0; i++) {
		struct series_view series;
		struct comparing c = { .fsck = fsck, .store = store, .view = view, .mark = mark };

		r = store_view_series(view, refs.ref[i], &series);
		if (r == -ENOENT) {
			r = 0;
			continue;
		}
		if (r < 0)
			break;
		c.series = (struct rollup_series){ series.ref, series.kind, series.metric->flags };
		c.labels = series.labels;
		c.policy = policy_for(fsck->request->kept, series.metric);
		r = compare_series(&c);
	}
	refs_fini(&refs);
	return r < 0 ? error_set(err, r, "%s: %s", fsck->request->path, error_name(r)) : 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * select.c - a view of the blocks, the series that match and reach into the range,
 * and for each a reader: of raw samples, or of the records of a tier.
 */
#include "store/select.h"
#include "store/policies.h"
#include "store/state.h"
#include "store/tier_chunks.h"
#include "store/tier_read.h"

#include <errno.h>
#include <stdlib.h>

struct select {
	struct store *store;
	struct store_view *view;
	struct store_options options;	/* for how long things are kept, now */
	kymo_ms now;
	enum kymo_tier tier;
	kymo_ms start, end;
	uint32_t wants;
	uint32_t n;
	struct series_view *series;
	struct select_stats stats;
	struct tier_chunks *spare;	/* memory of the last cursor */
};

/* A chunk that was folded: columns of one record. */
struct folded {
	kymo_ms at, start, first_at, last_at;
	uint64_t count;
	double sum, min, max, first, last, correction;
	const struct sketch *sketch;
	uint8_t flags;
};

struct cursor {
	struct select *select;
	struct raw_reader *raw;
	struct tier_reader *tier;
	struct folded folded;
};

/* ---- opening ---- */

static const struct policy *policy_for(const struct select *select, const struct series_view *series)
{
	return policy_of(select->store, series->metric->name, series->metric->name_len);
}

/* Nothing past the horizon: samples, and ends of windows, up to there are gone or about to go. */
static kymo_ms start_of(const struct select *select, const struct series_view *series)
{
	kymo_ms retention = policy_retention(policy_for(select, series), &select->options, select->tier), at;

	if (retention == FOREVER || __builtin_sub_overflow(select->now, retention, &at))
		return select->start;
	return at > select->start ? at : select->start;
}

/* Has it anything in the range, as far as its first and last time tell? */
static bool reaches(const struct select *select, const struct series_view *series)
{
	kymo_ms last = series->last_at;

	if (last == INT64_MIN)
		return false;
	if (select->tier != KYMO_RAW)
		last = window_end_of(last, tier_width(select->tier));
	return last > start_of(select, series) && series->first_at <= select->end;
}

static int add_series(struct select *select, const struct refs *refs, uint32_t most)
{
	select->series = calloc((size_t)refs->n + 1, sizeof *select->series);
	if (!select->series)
		return -ENOMEM;
	for (uint32_t i = 0; i < refs->n; i++) {
		struct series_view *series = &select->series[select->n];
		int r = store_view_series(select->view, refs->ref[i], series);

		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		if (!reaches(select, series))
			continue;
		if (most && select->n == most)
			return -E2BIG;
		select->n++;
	}
	return 0;
}

static int by_labels(const void *a, const void *b)
{
	const struct labels *x = &((const struct series_view *)a)->labels, *y = &((const struct series_view *)b)->labels;
	uint32_t n = x->size < y->size ? x->size : y->size;
	int r = n ? memcmp(x->data, y->data, n) : 0;

	return r ? r : (x->size > y->size) - (x->size < y->size);
}

static int find_series(struct select *select, const struct select_request *request)
{
	struct refs refs = { 0 };
	int r = index_select(select->store->index, request->matchers, request->n_matchers, &refs);

	if (r == 0)
		r = add_series(select, &refs, request->series_most);
	refs_fini(&refs);
	if (r == 0 && select->n > 1)
		qsort(select->series, select->n, sizeof *select->series, by_labels);
	return r;
}

int select_open(struct store *store, const struct select_request *request, struct select **out, struct error *err)
{
	AUTO(select) select = calloc(1, sizeof *select);
	int r;

	if (!select)
		return error_set(err, -ENOMEM, "out of memory");
	select->store = store;
	select->tier = request->tier;
	select->options = store_settings(store);
	select->now = store_now(store);
	select->start = request->start;
	select->end = request->end;
	select->wants = request->wants;
	r = store_view_open(store, &select->view);
	if (r == 0 && select->start < select->end)
		r = find_series(select, request);
	if (r == -E2BIG)
		return error_set(err, r, "more than %u series match", request->series_most);
	if (r < 0)
		return error_set(err, r, "%s", error_name(r));
	*out = TAKE(select);
	return 0;
}

void select_close(struct select *select)
{
	if (!select)
		return;
	tier_chunks_close(select->spare);
	free(select->series);
	store_view_close(select->view);
	free(select);
}

uint32_t select_count(const struct select *select)
{
	return select->n;
}

const struct series_view *select_series(const struct select *select, uint32_t i)
{
	return &select->series[i];
}

void select_stats(const struct select *select, struct select_stats *stats)
{
	*stats = select->stats;
}

/* ---- cursors ---- */

static int open_tier(struct select *select, const struct series_view *series, struct cursor *cursor)
{
	struct tier_request request = {
		.store = select->store, .view = select->view, .tier = select->tier,
		.series = { series->ref, series->kind, series->metric->flags, policy_for(select, series) },
		.start = start_of(select, series), .end = select->end,
		.with_ends = select->wants & WANT_ENDS, .plain = !(select->wants & WANT_SKETCH),
		.wants = select->wants & WANT_SKETCH ? 0 : select->wants, .spare = &select->spare,
	};

	return tier_open(&request, &cursor->tier);
}

int cursor_open(struct select *select, uint32_t i, struct cursor **out)
{
	const struct series_view *series = &select->series[i];
	struct cursor *cursor = calloc(1, sizeof *cursor);
	int r;

	if (!cursor)
		return -ENOMEM;
	cursor->select = select;
	r = select->tier == KYMO_RAW ?
	    raw_open(select->store, select->view, series->ref, start_of(select, series), select->end, &cursor->raw) :
	    open_tier(select, series, cursor);
	if (r < 0)
		free(cursor);
	else
		*out = cursor;
	return r;
}

int cursor_next(struct cursor *cursor, struct piece *piece)
{
	int r = cursor->raw ? raw_next(cursor->raw, piece) : tier_next(cursor->tier, piece);

	if (r > 0)
		cursor->select->stats.samples += piece->n;
	return r;
}

bool cursor_whole(struct cursor *cursor, kymo_ms *first, kymo_ms *last)
{
	return cursor->raw && raw_whole(cursor->raw, first, last);
}

static void show_fold(struct folded *f, const struct block_fold *fold, kymo_ms first, kymo_ms last, struct piece *piece)
{
	const struct values_fold *v = &fold->values;

	*f = (struct folded){ .at = last, .start = first - 1, .first_at = fold->first_at, .last_at = fold->last_at,
			      .count = v->count, .sum = v->sum + v->sum_low, .min = v->min, .max = v->max, .first = v->first,
			      .last = v->last, .correction = v->correction, .flags = v->ended ? RECORD_ENDED : 0 };
	*piece = (struct piece){ .n = 1, .at = &f->at, .start = &f->start, .count = &f->count, .sum = &f->sum, .min = &f->min,
				 .max = &f->max, .first = &f->first, .last = &f->last, .correction = &f->correction,
				 .first_at = &f->first_at, .last_at = &f->last_at, .flags = &f->flags, .sketch = &f->sketch };
}

int cursor_fold(struct cursor *cursor, struct piece *piece, uint32_t *n)
{
	struct block_fold fold;
	kymo_ms first, last;
	int r;

	if (!cursor_whole(cursor, &first, &last))
		return 0;
	r = raw_fold(cursor->raw, &fold, n);
	if (r > 0) {
		show_fold(&cursor->folded, &fold, first, last, piece);
		cursor->select->stats.samples += *n;
	}
	return r;
}

void cursor_pass(struct cursor *cursor)
{
	if (cursor->raw)
		raw_pass(cursor->raw);
}

void cursor_close(struct cursor *cursor)
{
	struct raw_stats stats = { 0 };

	if (!cursor)
		return;
	if (cursor->raw)
		raw_stats(cursor->raw, &stats);
	if (cursor->tier)
		tier_stats(cursor->tier, &stats);
	cursor->select->stats.blocks += stats.blocks;
	cursor->select->stats.chunks += stats.chunks;
	cursor->select->stats.quarantined += stats.quarantined;
	raw_close(cursor->raw);
	tier_close(cursor->tier);
	free(cursor);
}

int piece_sketch(const struct piece *piece, uint32_t i, int32_t schema, struct sketch *out)
{
	const struct sketch *sketch = piece->sketch ? piece->sketch[i] : NULL;
	int r;

	sketch_clear(out);
	if (sketch) {
		r = sketch_copy(out, sketch);
		sketch_downscale(out, schema);
		return r;
	}
	if (!piece->flags || !(piece->flags[i] & RECORD_CONSTANT))
		return -ENODATA;
	out->schema = schema;
	return sketch_add(out, piece->min[i], piece->count[i]);
}

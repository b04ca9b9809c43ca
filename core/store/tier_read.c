/* SPDX-License-Identifier: MIT */
/*
 * tier_read.c - time is cut into stretches that are stored and stretches that are
 * computed. In a stored one a record of the tier's head stands before one of a
 * block; runs of records from a block are given as they come, without a copy.
 *
 * What is read while a flush takes over: as in raw.c, the head is copied before
 * the number of flushes is looked at.
 */
#include "store/tier_read.h"
#include "model/rising.h"
#include "store/downsample.h"
#include "store/tier_chunks.h"
#include "tier/head.h"

#include <errno.h>
#include <stdlib.h>

enum { SLOTS = 16 };			/* records given at a time that come from no block */

struct stretch {
	kymo_ms start, end;
	bool computed;
};

struct slots {
	struct record record[SLOTS];
	kymo_ms at[SLOTS], start[SLOTS], first_at[SLOTS], last_at[SLOTS];
	uint64_t count[SLOTS];
	double sum[SLOTS], min[SLOTS], max[SLOTS], first[SLOTS], last[SLOTS], correction[SLOTS];
	const struct sketch *sketch[SLOTS];
	uint8_t flags[SLOTS];
};

struct tier_reader {
	struct tier_request request;
	struct store_view *late_view;	/* what a flush has added since the view */
	uint32_t n, now;		/* stretches; the one that is read */
	struct stretch stretch[2 * DIRTY_SPANS + 2];
	kymo_ms given;			/* up to here */

	struct tier_chunks *chunks;	/* what blocks have, where that is simple; */
	struct raw_reader *blocks;	/* else this */
	struct piece piece;		/* of blocks */
	uint32_t at;			/* in it */
	struct record_list head;
	uint32_t head_at;
	struct rollup *rollup;		/* of the stretch that is computed now */
	bool rolled_up;			/* it has come to its end */
	struct slots *slots;
	struct raw_stats computed;	/* of the rollups that have ended */
};

/* ---- stretches ---- */

static void add_stretch(struct tier_reader *reader, kymo_ms start, kymo_ms end, bool computed)
{
	if (start < end)
		reader->stretch[reader->n++] = (struct stretch){ start, end, computed };
}

static kymo_ms clip(kymo_ms at, kymo_ms low, kymo_ms high)
{
	return at < low ? low : at > high ? high : at;
}

/* Dirty stretches and what has not closed are computed. Borders are those of windows, but for the very ends. */
static void make_stretches(struct tier_reader *reader, kymo_ms done, const struct spans *dirty)
{
	kymo_ms at = reader->request.start, end = reader->request.end;
	kymo_ms stored_until = clip(done, at, end);

	for (uint32_t i = 0; i < dirty->n && !reader->request.stored_only; i++) {
		kymo_ms from = clip(dirty->span[i].start, at, stored_until);
		kymo_ms to = clip(dirty->span[i].end, at, stored_until);

		add_stretch(reader, at, from, false);
		add_stretch(reader, from, to, true);
		at = to;
	}
	add_stretch(reader, at, stored_until, false);
	if (!reader->request.stored_only)
		add_stretch(reader, stored_until, end, true);
}

/* ---- opening ---- */

static void close_chunks(struct tier_reader *reader)
{
	struct tier_chunks **spare = reader->request.spare;

	if (reader->chunks && spare && !*spare) {
		tier_chunks_rest(reader->chunks);
		*spare = reader->chunks;
	} else {
		tier_chunks_close(reader->chunks);
	}
	reader->chunks = NULL;
}

/* 1; 0: not that simple; -ENOMEM. */
static int open_chunks(struct tier_reader *reader, const struct raw_blocks *from)
{
	const struct tier_request *request = &reader->request;
	int r;

	if (request->spare) {
		reader->chunks = *request->spare;
		*request->spare = NULL;
	}
	r = tier_chunks_open(request->store, from, request->series.ref, request->start, request->end, request->wants,
			     &reader->chunks);
	if (r <= 0)
		close_chunks(reader);
	return r;
}

static int open_blocks(struct tier_reader *reader)
{
	const struct tier_request *request = &reader->request;
	struct store *store = request->store;
	struct raw_blocks from = { .list = { request->view->list[request->tier] }, .deleted = request->view->deleted,
				   .records = true, .plain = request->plain };
	int r;

	if (atomic_load(&store->flushes) != request->view->flushes) {
		r = store_view_open(store, &reader->late_view);
		if (r < 0)
			return r;
		from.list[1] = reader->late_view->list[request->tier];
	}
	if (request->wants && !request->insists) {
		r = open_chunks(reader, &from);
		if (r)
			return r < 0 ? r : 0;
	}
	r = raw_open_blocks(store, &from, request->series.ref, request->start, request->end, &reader->blocks);
	if (r == 0 && request->insists)
		raw_insist(reader->blocks);
	return r;
}

static int reader_ready(struct tier_reader *reader)
{
	const struct tier_request *request = &reader->request;
	struct downsample_copy copy = { 0 };
	int r = downsample_copy(request->store, request->series.ref, request->tier, &copy);

	if (r == 0) {
		make_stretches(reader, copy.done, &copy.dirty);
		r = tier_head_records(&copy.head, request->start, request->end, &reader->head);
	}
	buf_fini(&copy.head);
	return r < 0 ? r : open_blocks(reader);
}

int tier_open(const struct tier_request *request, struct tier_reader **out)
{
	struct tier_reader *reader = calloc(1, sizeof *reader);
	int r;

	if (!reader)
		return -ENOMEM;
	reader->request = *request;
	reader->given = request->start;
	r = reader_ready(reader);
	if (r < 0)
		tier_close(reader);
	else
		*out = reader;
	return r;
}

static void add_stats(struct raw_stats *to, const struct raw_stats *stats)
{
	to->blocks += stats->blocks;
	to->chunks += stats->chunks;
	to->quarantined += stats->quarantined;
	to->unread += stats->unread;
}

static void end_rollup(struct tier_reader *reader)
{
	struct raw_stats stats = { 0 };

	if (reader->rollup)
		rollup_stats(reader->rollup, &stats);
	add_stats(&reader->computed, &stats);
	rollup_close(reader->rollup);
	reader->rollup = NULL;
	reader->rolled_up = false;
}

void tier_close(struct tier_reader *reader)
{
	if (!reader)
		return;
	end_rollup(reader);
	close_chunks(reader);
	raw_close(reader->blocks);
	record_list_fini(&reader->head);
	if (reader->slots)
		records_fini(reader->slots->record, SLOTS);
	free(reader->slots);
	store_view_close(reader->late_view);
	free(reader);
}

void tier_stats(const struct tier_reader *reader, struct raw_stats *stats)
{
	struct raw_stats more = { 0 };

	*stats = reader->computed;
	if (reader->chunks)
		tier_chunks_stats(reader->chunks, &more);
	if (reader->blocks)
		raw_stats(reader->blocks, &more);
	add_stats(stats, &more);
	more = (struct raw_stats){ 0 };
	if (reader->rollup)
		rollup_stats(reader->rollup, &more);
	add_stats(stats, &more);
}

/* ---- slots ---- */

static int need_slots(struct tier_reader *reader)
{
	if (!reader->slots)
		reader->slots = calloc(1, sizeof *reader->slots);
	return reader->slots ? 0 : -ENOMEM;
}

static void show(struct slots *s, uint32_t i, const struct record *record, uint8_t flags)
{
	const struct window *w = &record->window;

	s->at[i] = record->at;
	s->start[i] = w->start;
	s->count[i] = w->count;
	s->sum[i] = window_sum(w);
	s->min[i] = w->min;
	s->max[i] = w->max;
	s->first[i] = w->first;
	s->last[i] = w->last;
	s->correction[i] = w->correction;
	s->first_at[i] = w->first_at;
	s->last_at[i] = w->last_at;
	s->sketch[i] = w->has_sketch ? &w->sketch : NULL;
	s->flags[i] = flags | (w->ended ? RECORD_ENDED : 0) |
		      (!w->has_sketch && record_is_constant(w) ? RECORD_CONSTANT : 0);
}

static int give_slots(const struct tier_reader *reader, uint32_t n, struct piece *piece)
{
	const struct slots *s = reader->slots;

	*piece = (struct piece){ .n = n, .at = s->at, .start = s->start, .count = s->count, .sum = s->sum, .min = s->min,
				 .max = s->max, .first = s->first, .last = s->last, .correction = s->correction,
				 .first_at = s->first_at, .last_at = s->last_at, .flags = s->flags, .sketch = s->sketch };
	return 1;
}

static bool is_wanted(const struct tier_reader *reader, uint64_t count)
{
	return count || reader->request.with_ends;
}

/* ---- computed ---- */

static int begin_rollup(struct tier_reader *reader, const struct stretch *stretch)
{
	const struct tier_request *request = &reader->request;
	kymo_ms width = tier_width(request->tier);
	int r = rollup_open_raw(request->store, request->view, &request->series, request->tier,
				window_floor(stretch->start, width), window_floor(stretch->end, width), &reader->rollup);

	if (r == 0 && request->insists)
		rollup_insist(reader->rollup);
	return r;
}

/* How many records went into the slots; negative: -ENOMEM. */
static int fill_slots(struct tier_reader *reader)
{
	struct slots *slots = reader->slots;
	int n = 0, r = 1;

	while (n < SLOTS && (r = rollup_next(reader->rollup, &slots->record[n])) > 0)
		if (is_wanted(reader, slots->record[n].window.count)) {
			show(slots, (uint32_t)n, &slots->record[n], RECORD_OPEN);
			n++;
		}
	reader->rolled_up = r <= 0;
	return r < 0 ? r : n;
}

/* 1: a piece; 0: the stretch is at its end. */
static int next_computed(struct tier_reader *reader, const struct stretch *stretch, struct piece *piece)
{
	int n = need_slots(reader);

	if (n == 0 && !reader->rollup)
		n = begin_rollup(reader, stretch);
	if (n == 0 && !reader->rolled_up)
		n = fill_slots(reader);
	if (n > 0)
		return give_slots(reader, (uint32_t)n, piece);
	end_rollup(reader);
	return n;
}

/* ---- stored ---- */

static int next_piece(struct tier_reader *reader)
{
	reader->at = reader->piece.n = 0;
	if (reader->chunks)
		return tier_chunks_next(reader->chunks, &reader->piece);
	return reader->blocks ? raw_next(reader->blocks, &reader->piece) : 0;
}

/* The next record of a block later than what was given: its time; INT64_MAX: none. */
static int next_of_blocks(struct tier_reader *reader, kymo_ms *at)
{
	for (;;) {
		int r;

		if (reader->piece.n)
			reader->at = (uint32_t)rising_behind(reader->piece.at, reader->at, reader->piece.n, reader->given);
		while (reader->at < reader->piece.n && !is_wanted(reader, reader->piece.count[reader->at]))
			reader->at++;
		if (reader->at < reader->piece.n) {
			*at = reader->piece.at[reader->at];
			return 0;
		}
		*at = INT64_MAX;
		r = next_piece(reader);
		if (r > 0)
			continue;
		reader->piece.n = 0;
		return r;
	}
}

static kymo_ms next_of_head(struct tier_reader *reader)
{
	struct record_list *head = &reader->head;

	while (reader->head_at < head->n && head->record[reader->head_at].at <= reader->given)
		reader->head_at++;
	return reader->head_at < head->n ? head->record[reader->head_at].at : INT64_MAX;
}

/* Those up to `until`. */
static int give_head(struct tier_reader *reader, kymo_ms until, struct piece *piece)
{
	uint32_t n = 0;
	int r = need_slots(reader);

	if (r < 0)
		return r;
	while (n < SLOTS && reader->head_at < reader->head.n && reader->head.record[reader->head_at].at <= until) {
		const struct record *record = &reader->head.record[reader->head_at++];

		reader->given = record->at;
		if (is_wanted(reader, record->window.count))
			show(reader->slots, n++, record, 0);
	}
	return n ? give_slots(reader, n, piece) : 0;
}

#define FROM(column) ((column) ? (column) + at : NULL)

/* Those before `limit` and up to `until`. */
static int give_blocks(struct tier_reader *reader, kymo_ms limit, kymo_ms until, struct piece *piece)
{
	const struct piece *from = &reader->piece;
	uint32_t at = reader->at, n = 0, most;

	most = (uint32_t)rising_behind(from->at, at, from->n, limit - 1 < until ? limit - 1 : until) - at;
	while (n < most && is_wanted(reader, from->count[at + n]))
		n++;
	*piece = (struct piece){ .n = n, .at = from->at + at, .start = FROM(from->start), .count = from->count + at,
				 .sum = FROM(from->sum), .min = FROM(from->min), .max = FROM(from->max),
				 .first = FROM(from->first), .last = FROM(from->last), .correction = FROM(from->correction),
				 .first_at = FROM(from->first_at), .last_at = FROM(from->last_at),
				 .flags = FROM(from->flags), .sketch = FROM(from->sketch) };
	reader->at += n;
	reader->given = piece->at[n - 1];
	return 1;
}

static int next_stored(struct tier_reader *reader, const struct stretch *stretch, struct piece *piece)
{
	int r = 0;

	while (r == 0) {
		kymo_ms in_block, in_head = next_of_head(reader);

		r = next_of_blocks(reader, &in_block);
		if (r < 0 || (in_head > stretch->end && in_block > stretch->end))
			return r;
		if (in_head > in_block)
			return give_blocks(reader, in_head, stretch->end, piece);
		/* Nothing of the head was wanted: on. */
		r = give_head(reader, in_block < stretch->end ? in_block : stretch->end, piece);
	}
	return r;
}

int tier_next(struct tier_reader *reader, struct piece *piece)
{
	while (reader->now < reader->n) {
		const struct stretch *stretch = &reader->stretch[reader->now];
		int r = stretch->computed ? next_computed(reader, stretch, piece) : next_stored(reader, stretch, piece);

		if (r)
			return r;
		reader->given = stretch->end;
		reader->now++;
	}
	return 0;
}

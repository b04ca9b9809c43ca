/* SPDX-License-Identifier: MIT */
/*
 * raw.c - parts that do not overlap stand in one lane, one behind another; in
 * order data has one lane, what came late or was written twice has more. The
 * lanes are merged: whoever has the earliest time gives entries up to the next
 * time of another. A part is decoded when its turn comes.
 *
 * What is read while a flush takes over: the head is copied first, and then the
 * number of flushes is looked at. If it is not that of the view, what the copy
 * has lost is in a block of the list as it is now; what both have comes once, as
 * every time does.
 */
#include "store/raw.h"
#include "model/rising.h"
#include "store/raw_part.h"

#include <errno.h>
#include <stdlib.h>

enum { LONG_RUN = 64 };			/* samples */

struct lane {
	uint32_t n, room, next;		/* parts of it; the next one to be decoded */
	uint32_t *part;			/* numbers in parts.part */
	struct raw_run run;
};

/* Columns of records; of samples, `at` and `values`. */
struct columns {
	kymo_ms at[PIECE_ROOM];
	double values[PIECE_ROOM];
};
struct record_columns {
	kymo_ms at[PIECE_ROOM], start[PIECE_ROOM], first_at[PIECE_ROOM], last_at[PIECE_ROOM];
	uint64_t count[PIECE_ROOM];
	double sum[PIECE_ROOM], min[PIECE_ROOM], max[PIECE_ROOM], first[PIECE_ROOM], last[PIECE_ROOM], correction[PIECE_ROOM];
	const struct sketch *sketch[PIECE_ROOM];
	uint8_t flags[PIECE_ROOM];
};

struct raw_reader {
	struct store *store;
	struct store_view *own_view;	/* opened here: NULL if the caller's is enough */
	struct store_view *late_view;	/* what a flush has added since the view */
	kymo_ms start, end;
	bool insists;			/* on all that is not damaged */
	struct raw_parts parts;
	uint32_t n_lanes, room_lanes;
	struct lane *lanes;
	struct columns *columns;
	struct record_columns *record_columns;
};

/* ---- lanes ---- */

static int lane_add(struct lane *lane, uint32_t part)
{
	if (lane->n == lane->room) {
		uint32_t room = lane->room ? lane->room * 2 : 8;
		uint32_t *more = realloc(lane->part, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		lane->part = more;
		lane->room = room;
	}
	lane->part[lane->n++] = part;
	return 0;
}

static struct lane *lane_create(struct raw_reader *reader)
{
	if (reader->n_lanes == reader->room_lanes) {
		uint32_t room = reader->room_lanes ? reader->room_lanes * 2 : 2;
		struct lane *more = realloc(reader->lanes, room * sizeof *more);

		if (!more)
			return NULL;
		reader->lanes = more;
		reader->room_lanes = room;
	}
	reader->lanes[reader->n_lanes] = (struct lane){ 0 };
	return &reader->lanes[reader->n_lanes++];
}

/* The first lane that has ended before this part begins. */
static struct lane *lane_for(struct raw_reader *reader, const struct raw_part *part)
{
	for (uint32_t i = 0; i < reader->n_lanes; i++) {
		struct lane *lane = &reader->lanes[i];

		if (reader->parts.part[lane->part[lane->n - 1]].last < part->first)
			return lane;
	}
	return lane_create(reader);
}

static int by_first(const void *a, const void *b)
{
	const struct raw_part *x = a, *y = b;

	return x->first != y->first ? (x->first > y->first) - (x->first < y->first) : (x->last > y->last) - (x->last < y->last);
}

static int make_lanes(struct raw_reader *reader)
{
	struct raw_parts *parts = &reader->parts;

	if (parts->n > 1)
		qsort(parts->part, parts->n, sizeof *parts->part, by_first);
	for (uint32_t i = 0; i < parts->n; i++) {
		struct lane *lane = lane_for(reader, &parts->part[i]);

		if (!lane || lane_add(lane, i) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* ---- opening ---- */

/* *known: there is such a series. */
static int copy_head(struct raw_reader *reader, series_ref ref, bool frozen, bool *known)
{
	struct store *store = reader->store;
	const struct series *series;
	int r = 0;

	index_lock(store->index);
	series = index_series(store->index, ref);
	*known = series;
	if (series) {
		reader->parts.records = series->kind == KIND_DISTRIBUTION;
		r = head_copy(&store->head, series, reader->start, reader->end, frozen, &reader->parts.head);
	}
	index_unlock(store->index);
	return r < 0 ? r : raw_parts_add_head(&reader->parts);
}

static int add_blocks(struct raw_reader *reader, const struct store_view *view, series_ref ref)
{
	int r = raw_parts_add_blocks(&reader->parts, view->list[KYMO_RAW], ref, reader->start, reader->end);

	if (r < 0 || atomic_load(&reader->store->flushes) == view->flushes)
		return r;
	r = store_view_open(reader->store, &reader->late_view);
	return r < 0 ? r : raw_parts_add_blocks(&reader->parts, reader->late_view->list[KYMO_RAW], ref, reader->start, reader->end);
}

static int collect(struct raw_reader *reader, const struct store_view *view, series_ref ref)
{
	bool known;
	int r;

	if (!view) {
		r = store_view_open(reader->store, &reader->own_view);
		if (r < 0)
			return r;
		view = reader->own_view;
	}
	reader->parts.ref = ref;
	reader->parts.deleted = view->deleted;
	r = copy_head(reader, ref, false, &known);
	return r < 0 || !known ? r : add_blocks(reader, view, ref);
}

static struct raw_reader *reader_create(struct store *store, kymo_ms start, kymo_ms end)
{
	struct raw_reader *reader = calloc(1, sizeof *reader);

	if (reader) {
		reader->store = reader->parts.store = store;
		reader->start = start;
		reader->end = end;
	}
	return reader;
}

/* Lanes and columns, now that it is known what there is. */
static int reader_ready(struct raw_reader *reader)
{
	if (make_lanes(reader) < 0)
		return -ENOMEM;
	if (!reader->n_lanes)
		return 0;
	if (reader->parts.records)
		reader->record_columns = malloc(sizeof *reader->record_columns);
	else
		reader->columns = malloc(sizeof *reader->columns);
	return reader->columns || reader->record_columns ? 0 : -ENOMEM;
}

int raw_open(struct store *store, const struct store_view *view, series_ref ref, kymo_ms start, kymo_ms end,
	     struct raw_reader **out)
{
	struct raw_reader *reader = reader_create(store, start, end);

	if (!reader)
		return -ENOMEM;
	if (collect(reader, view, ref) < 0 || reader_ready(reader) < 0) {
		raw_close(reader);
		return -ENOMEM;
	}
	*out = reader;
	return 0;
}

int raw_open_blocks(struct store *store, const struct raw_blocks *from, series_ref ref, kymo_ms start, kymo_ms end,
		    struct raw_reader **out)
{
	struct raw_reader *reader = reader_create(store, start, end);
	int r = 0;

	if (!reader)
		return -ENOMEM;
	reader->parts.records = from->records;
	reader->parts.plain = from->plain;
	reader->parts.ref = ref;
	reader->parts.deleted = from->deleted;
	for (int i = 0; i < 2 && r == 0; i++)
		if (from->list[i])
			r = raw_parts_add_blocks(&reader->parts, from->list[i], ref, start, end);
	if (r < 0 || reader_ready(reader) < 0) {
		raw_close(reader);
		return -ENOMEM;
	}
	*out = reader;
	return 0;
}

int raw_open_frozen(struct store *store, series_ref ref, kymo_ms start, kymo_ms end, struct raw_reader **out)
{
	struct raw_reader *reader = reader_create(store, start, end);
	bool known;

	if (!reader)
		return -ENOMEM;
	if (copy_head(reader, ref, true, &known) < 0 || reader_ready(reader) < 0) {
		raw_close(reader);
		return -ENOMEM;
	}
	*out = reader;
	return 0;
}

void raw_close(struct raw_reader *reader)
{
	if (!reader)
		return;
	for (uint32_t i = 0; i < reader->n_lanes; i++) {
		raw_run_fini(&reader->lanes[i].run);
		free(reader->lanes[i].part);
	}
	free(reader->lanes);
	raw_parts_fini(&reader->parts);
	store_view_close(reader->own_view);
	store_view_close(reader->late_view);
	free(reader->columns);
	free(reader->record_columns);
	free(reader);
}

void raw_stats(const struct raw_reader *reader, struct raw_stats *stats)
{
	const struct raw_parts *parts = &reader->parts;

	*stats = (struct raw_stats){ parts->blocks, parts->chunks, parts->quarantined, parts->unread };
}

void raw_insist(struct raw_reader *reader)
{
	reader->insists = true;
}

/* ---- merging ---- */

static bool is_decoded(const struct lane *lane)
{
	return lane->run.at < lane->run.n;
}

/* When its next entry is, or may be. false: it has come to its end. */
static bool lane_time(const struct raw_reader *reader, const struct lane *lane, kymo_ms *at)
{
	if (is_decoded(lane))
		*at = lane->run.times[lane->run.at];
	else if (lane->next < lane->n)
		*at = reader->parts.part[lane->part[lane->next]].first;
	else
		return false;
	return *at <= reader->end;
}

/*
 * Who is next; *limit: when the others are. At the same time one that must be
 * decoded goes first, then the highest rank. NULL: all have ended.
 */
static struct lane *earliest(struct raw_reader *reader, kymo_ms *limit)
{
	struct lane *best = NULL;
	kymo_ms best_at = INT64_MAX, at;

	*limit = INT64_MAX;
	for (uint32_t i = 0; i < reader->n_lanes; i++) {
		struct lane *lane = &reader->lanes[i];
		bool before;

		if (!lane_time(reader, lane, &at))
			continue;
		before = !best || at < best_at ||
			 (at == best_at && is_decoded(best) && (!is_decoded(lane) || lane->run.rank > best->run.rank));
		if (before && best)
			*limit = best_at;
		else if (!before && at < *limit)
			*limit = at;
		if (before) {
			best = lane;
			best_at = at;
		}
	}
	return best;
}

/* A part could not be read, and all are wanted. */
static bool is_stuck(const struct raw_reader *reader)
{
	return reader->insists && reader->parts.unread;
}

/* 1: decoded; 0: left out, being damaged; -ENOMEM; -EIO: stuck. */
static int lane_decode(struct raw_reader *reader, struct lane *lane)
{
	struct raw_run *run = &lane->run;
	int r = raw_part_decode(&reader->parts, &reader->parts.part[lane->part[lane->next++]], run);

	run->at = (uint32_t)rising_behind(run->times, 0, run->n, reader->start);
	return r == -ENOMEM ? r : is_stuck(reader) ? -EIO : r == 0;
}

/* Entries of other lanes at a time that was given. */
static void skip(struct raw_reader *reader, kymo_ms given)
{
	for (uint32_t i = 0; i < reader->n_lanes; i++) {
		struct raw_run *run = &reader->lanes[i].run;

		while (run->at < run->n && run->times[run->at] <= given)
			run->at++;
	}
}

/* How many entries of this run come before `limit`, one at least; all are within the end. */
static uint32_t run_length(const struct raw_reader *reader, const struct raw_run *run, kymo_ms limit, uint32_t most)
{
	uint32_t left = run->n - run->at, n;

	n = (uint32_t)rising_behind(run->times + run->at, 0, left < most ? left : most,
				    limit - 1 < reader->end ? limit - 1 : reader->end);
	return n ? n : 1;
}

static void give_samples(struct columns *to, uint32_t at, const struct raw_run *run, uint32_t n)
{
	memcpy(to->at + at, run->times + run->at, n * sizeof *to->at);
	memcpy(to->values + at, run->values + run->at, n * sizeof *to->values);
}

static void give_record(struct record_columns *to, uint32_t i, const struct record *record)
{
	const struct window *w = &record->window;

	to->at[i] = record->at;
	to->start[i] = w->start;
	to->count[i] = w->count;
	to->sum[i] = window_sum(w);
	to->min[i] = w->min;
	to->max[i] = w->max;
	to->first[i] = w->first;
	to->last[i] = w->last;
	to->correction[i] = w->correction;
	to->first_at[i] = w->first_at;
	to->last_at[i] = w->last_at;
	to->flags[i] = (uint8_t)((w->ended ? RECORD_ENDED : 0) | (!w->has_sketch && record_is_constant(w) ? RECORD_CONSTANT : 0));
	to->sketch[i] = w->has_sketch ? &w->sketch : NULL;
}

static void give(struct raw_reader *reader, uint32_t at, struct raw_run *run, uint32_t n)
{
	if (reader->columns)
		give_samples(reader->columns, at, run, n);
	for (uint32_t i = 0; i < n && reader->record_columns; i++)
		give_record(reader->record_columns, at + i, &run->records[run->at + i]);
	run->at += n;
	skip(reader, run->times[run->at - 1]);
}

/* Samples of a long run are where they are: nothing is copied. */
static void show_run(struct raw_reader *reader, struct raw_run *run, uint32_t n, struct piece *piece)
{
	*piece = (struct piece){ .n = n, .at = run->times + run->at, .values = run->values + run->at };
	run->at += n;
	skip(reader, piece->at[n - 1]);
}

static void show(const struct raw_reader *reader, uint32_t n, struct piece *piece)
{
	const struct record_columns *c = reader->record_columns;

	*piece = (struct piece){ .n = n };
	if (!c) {
		piece->at = reader->columns->at;
		piece->values = reader->columns->values;
		return;
	}
	*piece = (struct piece){ .n = n, .at = c->at, .start = c->start, .count = c->count, .sum = c->sum, .min = c->min,
				 .max = c->max, .first = c->first, .last = c->last, .correction = c->correction,
				 .first_at = c->first_at, .last_at = c->last_at, .flags = c->flags, .sketch = c->sketch };
}

/* Records in a piece point into runs: none may be decoded anew before the piece has been read. */
int raw_next(struct raw_reader *reader, struct piece *piece)
{
	uint32_t n = 0;
	kymo_ms limit;
	struct lane *lane;
	int r = is_stuck(reader) ? -EIO : 0;

	while (r >= 0 && n < PIECE_ROOM && (lane = earliest(reader, &limit))) {
		if (!is_decoded(lane)) {
			if (n && reader->parts.records)
				break;
			r = lane_decode(reader, lane);
			continue;
		}
		uint32_t length = run_length(reader, &lane->run, limit, PIECE_ROOM - n);

		if (!n && length >= LONG_RUN && reader->columns) {
			show_run(reader, &lane->run, length, piece);
			return 1;
		}
		give(reader, n, &lane->run, length);
		n += length;
	}
	if (r < 0 || !n)
		return r < 0 ? r : 0;
	show(reader, n, piece);
	return 1;
}

/* ---- chunks as a whole ---- */

/* The lane whose next part is one that can be taken at once; NULL: there is none. */
static struct lane *whole_lane(struct raw_reader *reader)
{
	const struct raw_part *part;
	struct lane *lane;
	kymo_ms limit;

	if (reader->parts.records)
		return NULL;
	lane = earliest(reader, &limit);
	if (!lane || is_decoded(lane))
		return NULL;
	part = &reader->parts.part[lane->part[lane->next]];
	if (!part->block || part->first <= reader->start || part->last > reader->end || part->last >= limit)
		return NULL;
	return raw_part_is_whole(&reader->parts, part) ? lane : NULL;
}

bool raw_whole(struct raw_reader *reader, kymo_ms *first, kymo_ms *last)
{
	const struct lane *lane = whole_lane(reader);

	if (!lane)
		return false;
	*first = reader->parts.part[lane->part[lane->next]].first;
	*last = reader->parts.part[lane->part[lane->next]].last;
	return true;
}

void raw_pass(struct raw_reader *reader)
{
	struct lane *lane = whole_lane(reader);

	if (lane)
		lane->next++;
}

int raw_fold(struct raw_reader *reader, struct block_fold *fold, uint32_t *n)
{
	struct lane *lane = whole_lane(reader);
	const struct raw_part *part = &reader->parts.part[lane->part[lane->next++]];
	int r = raw_part_fold(&reader->parts, part, fold);

	*n = part->n;
	return r == -ENOMEM ? r : r == 0;
}

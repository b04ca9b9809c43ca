/* SPDX-License-Identifier: MIT */
/*
 * rollup.c - one level for each tier between source and goal; a level pulls
 * windows out of the one below it until one comes that belongs to the next window
 * of its own, which it keeps for then. The lowest level reads pieces.
 */
#include "store/rollup.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct level {
	struct window waiting;		/* from the level below: first of the next window */
	bool has_waiting;
};

struct rollup {
	struct rollup_source source;
	struct rollup_series series;
	enum kymo_tier from, to;
	struct raw_reader *raw;		/* the source, when it is ours */
	struct piece piece;
	uint32_t at;			/* the next entry of the piece */
	struct level level[TIERS];
};

int32_t rollup_schema(enum series_kind kind, uint32_t flags, enum kymo_tier tier)
{
	static const int32_t schema[TIERS] = { [KYMO_RAW] = 5, [KYMO_1M] = 5, [KYMO_5M] = 4, [KYMO_1H] = 3 };

	if (flags & KYMO_NO_SKETCH)
		return SKETCH_NONE;
	if (!(flags & KYMO_SKETCH) && (flags & KYMO_NOISE || kind == KIND_COUNTER))
		return SKETCH_NONE;
	return kind == KIND_DISTRIBUTION ? 5 : schema[tier];
}

/* A tier is made of the one before it: no finer than that, and nothing where that has nothing. */
int32_t rollup_schema_of(const struct rollup_series *series, enum kymo_tier tier)
{
	int32_t usual = rollup_schema(series->kind, series->flags, tier), schema, finer;

	if (!series->policy)
		return usual;
	schema = series->policy->schema[tier] == SKETCH_USUAL ? usual : series->policy->schema[tier];
	if (tier <= KYMO_1M)
		return schema;
	finer = rollup_schema_of(series, tier - 1);
	return schema < finer ? schema : finer;
}

int rollup_open(struct rollup_source source, const struct rollup_series *series, enum kymo_tier from, enum kymo_tier to,
		struct rollup **out)
{
	struct rollup *rollup = calloc(1, sizeof *rollup);

	if (!rollup)
		return -ENOMEM;
	rollup->source = source;
	rollup->series = *series;
	rollup->from = from;
	rollup->to = to;
	*out = rollup;
	return 0;
}

static int next_raw(void *from, struct piece *piece)
{
	return raw_next(from, piece);
}

int rollup_open_raw(struct store *store, const struct store_view *view, const struct rollup_series *series,
		    enum kymo_tier to, kymo_ms start, kymo_ms end, struct rollup **out)
{
	struct raw_reader *raw;
	int r = raw_open(store, view, series->ref, start, end, &raw);

	if (r < 0)
		return r;
	r = rollup_open((struct rollup_source){ next_raw, raw }, series, KYMO_RAW, to, out);
	if (r < 0)
		raw_close(raw);
	else
		(*out)->raw = raw;
	return r;
}

void rollup_insist(struct rollup *rollup)
{
	if (rollup->raw)
		raw_insist(rollup->raw);
}

void rollup_stats(const struct rollup *rollup, struct raw_stats *stats)
{
	*stats = (struct raw_stats){ 0 };
	if (rollup->raw)
		raw_stats(rollup->raw, stats);
}

void rollup_close(struct rollup *rollup)
{
	if (!rollup)
		return;
	for (int i = 0; i < TIERS; i++)
		window_fini(&rollup->level[i].waiting);
	raw_close(rollup->raw);
	free(rollup);
}

struct window piece_window(const struct piece *piece, uint32_t i)
{
	const struct sketch *sketch = piece->sketch ? piece->sketch[i] : NULL;
	struct window window = {
		.start = piece->start[i], .end = piece->at[i], .count = piece->count[i], .sum = piece->sum[i],
		.min = piece->min[i], .max = piece->max[i], .first = piece->first[i], .last = piece->last[i],
		.correction = piece->correction[i], .first_at = piece->first_at[i], .last_at = piece->last_at[i],
		.ended = piece->flags[i] & RECORD_ENDED, .has_sketch = sketch,
	};

	if (sketch)
		window.sketch = *sketch;
	return window;
}

/* 1: there is an entry at rollup->at. */
static int more(struct rollup *rollup)
{
	int r;

	if (rollup->at < rollup->piece.n)
		return 1;
	rollup->at = 0;
	rollup->piece.n = 0;
	do
		r = rollup->source.next(rollup->source.from, &rollup->piece);
	while (r > 0 && rollup->piece.n == 0);
	return r;
}

/* How many entries from here on are not later than `end`. */
static uint32_t entries_until(const struct rollup *rollup, kymo_ms end)
{
	uint32_t i = rollup->at;

	while (i < rollup->piece.n && rollup->piece.at[i] <= end)
		i++;
	return i - rollup->at;
}

/* A distribution is known to the time of its sample; the time of its observations is not known. */
static int add_record(struct rollup *rollup, struct window *to, uint32_t i)
{
	struct window window = piece_window(&rollup->piece, i);

	if (rollup->from == KYMO_RAW)
		window.first_at = window.last_at = rollup->piece.at[i];
	return window_merge(to, rollup->series.kind, &window);
}

static int add_entries(struct rollup *rollup, struct window *to, uint32_t n)
{
	const struct piece *piece = &rollup->piece;

	if (piece->values)
		return window_add_all(to, rollup->series.kind, piece->at + rollup->at, piece->values + rollup->at, n);
	for (uint32_t i = rollup->at; i < rollup->at + n; i++) {
		int r = add_record(rollup, to, i);

		if (r < 0)
			return r;
	}
	return 0;
}

static void begin_window(const struct rollup_series *series, enum kymo_tier tier, kymo_ms at, struct window *out)
{
	kymo_ms width = tier_width(tier), end = window_end_of(at, width);

	window_reset(out, end - width, end, rollup_schema_of(series, tier));
}

static void begin(const struct rollup *rollup, enum kymo_tier tier, kymo_ms at, struct window *out)
{
	begin_window(&rollup->series, tier, at, out);
}

/* As it is stored. */
static void settle(struct window *window, enum series_kind kind)
{
	window_settle(window, kind);
	if (window_is_constant(window))
		window->has_sketch = false;
}

static bool is_nothing(const struct window *window)
{
	return window->count == 0 && !window->ended;
}

int rollup_column(const struct rollup_series *series, const kymo_ms *at, const double *values, uint32_t n, struct window *window)
{
	int r = window_add_all(window, series->kind, at, values, n);

	if (r < 0 || is_nothing(window))
		return r;
	settle(window, series->kind);
	return 1;
}

int rollup_list(const struct rollup_series *series, enum kymo_tier to, const struct record *from, uint32_t n, uint32_t *at,
		struct record *out)
{
	struct window *window = &out->window;

	while (*at < n) {
		begin_window(series, to, from[*at].window.end, window);
		for (; *at < n && from[*at].window.end <= window->end; ++*at)
			if (window_merge(window, series->kind, &from[*at].window) < 0)
				return -ENOMEM;
		if (is_nothing(window))
			continue;
		settle(window, series->kind);
		out->at = window->end;
		return 1;
	}
	return 0;
}

/* The lowest level: from pieces. */
static int next_from_pieces(struct rollup *rollup, enum kymo_tier tier, struct window *out)
{
	int r = more(rollup);

	if (r <= 0)
		return r;
	begin(rollup, tier, rollup->piece.at[rollup->at], out);
	while (r > 0) {
		uint32_t n = entries_until(rollup, out->end);

		if (n == 0)
			break;
		r = add_entries(rollup, out, n);
		if (r < 0)
			return r;
		rollup->at += n;
		r = more(rollup);
	}
	return r < 0 ? r : 1;
}

static int next_window(struct rollup *rollup, enum kymo_tier tier, struct window *out);

static int next_from_below(struct rollup *rollup, enum kymo_tier tier, struct window *out)
{
	struct level *level = &rollup->level[tier];
	int r = level->has_waiting ? 1 : next_window(rollup, tier - 1, &level->waiting);

	if (r <= 0)
		return r;
	begin(rollup, tier, level->waiting.end, out);
	do {
		r = window_merge(out, rollup->series.kind, &level->waiting);
		if (r < 0)
			return r;
		r = next_window(rollup, tier - 1, &level->waiting);
	} while (r > 0 && level->waiting.end <= out->end);
	level->has_waiting = r > 0;
	return r < 0 ? r : 1;
}

/* Settled, and never empty. */
static int next_window(struct rollup *rollup, enum kymo_tier tier, struct window *out)
{
	int r;

	do {
		r = tier == rollup->from + 1 ? next_from_pieces(rollup, tier, out) : next_from_below(rollup, tier, out);
	} while (r > 0 && is_nothing(out));
	if (r > 0)
		settle(out, rollup->series.kind);
	return r;
}

int rollup_next(struct rollup *rollup, struct record *out)
{
	int r = next_window(rollup, rollup->to, &out->window);

	out->at = out->window.end;
	return r;
}

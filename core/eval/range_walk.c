/* SPDX-License-Identifier: MIT */
#include "eval/range_walk.h"

int range_walk_init(struct range_walk *walk)
{
	const struct moving *moving = &walk->moving;

	walk->folding = (struct moving_fold){
		.eval = moving->eval, .points = moving->points, .moved = moving->moved, .range = moving->range,
		.args = { moving->args[0], moving->args[1] }, .out = moving->out, .source = &walk->source, .widens = walk->widens,
	};
	return moving_fold_init(&walk->folding);
}

void range_walk_fini(struct range_walk *walk)
{
	moving_fini(&walk->moving);
	moving_fold_fini(&walk->folding);
	source_close(&walk->source);
}

static bool is_long(const struct range_walk *walk)
{
	const struct moving *moving = &walk->moving;

	return moving->range >= walk->fold_from && !(moving->spec->fold_wants & (FOLD_SPREAD | FOLD_MOMENTS)) &&
	       (moving->points.n == 1 || moving->moved.step >= moving->range);
}

static bool folds(const struct range_walk *walk)
{
	const struct range_spec *spec = walk->moving.spec;
	enum series_kind kind = walk->source.view->kind;

	if (!spec->fold || (spec->folds_counters_only && kind != KIND_COUNTER))
		return false;
	return walk->only_folds || !walk->source.raw_only || kind == KIND_DISTRIBUTION || is_long(walk);
}

static void note_first(struct range_walk *walk, const struct piece *piece, bool is_folded)
{
	for (uint32_t i = 0; i < piece->n; i++) {
		if (piece->values ? value_is_stale(piece->values[i]) : !piece->count[i])
			continue;
		walk->first = (struct range_first){ piece->at[i], piece->values ? piece->values[i] : piece->first[i], true, is_folded };
		if (!piece->values && !is_folded)
			walk->first = (struct range_first){ piece->last_at[i], piece->last[i], true, false };
		return;
	}
}

static enum chunk_use choose_samples(void *data, kymo_ms first, kymo_ms last)
{
	struct moving *moving = &((struct range_walk *)data)->moving;

	(void)first;
	/* Windows never move back: what ends before that of the next point is in none. Its last sample may be wanted. */
	if (moving->i < moving->points.n && last > moving_wants_from(moving))
		return CHUNK_SAMPLES;
	return moving->spec->wants_before && moving->i < moving->points.n ? CHUNK_FOLDED : CHUNK_PASSED;
}

static int read_samples(struct range_walk *walk, bool *any)
{
	struct moving *moving = &walk->moving;
	struct piece piece;
	int r;

	moving_begin(moving);
	while ((r = source_piece(&walk->source, choose_samples, walk, &piece)) > 0) {
		*any = true;
		if (moving->spec->wants_before && !walk->first.is_found)
			note_first(walk, &piece, false);
		r = piece.values ? moving_add(moving, piece.at, piece.values, piece.n) : moving_add_records(moving, &piece);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : moving_end(moving);
}

static enum chunk_use choose_folds(void *data, kymo_ms first, kymo_ms last)
{
	return moving_fold_choice(&((struct range_walk *)data)->folding, first, last);
}

static int read_folds(struct range_walk *walk, bool *any)
{
	struct piece piece;
	int r;

	moving_fold_begin(&walk->folding, walk->moving.spec, walk->source.view->kind);
	while ((r = source_piece(&walk->source, choose_folds, walk, &piece)) > 0) {
		*any = true;
		if (walk->moving.spec->wants_before && !walk->first.is_found)
			note_first(walk, &piece, true);
		if ((r = moving_fold_add(&walk->folding, &piece)) < 0)
			return r;
	}
	return r < 0 ? r : moving_fold_end(&walk->folding);
}

int range_walk_series(struct range_walk *walk, const struct range_spec *spec, bool *any)
{
	*any = false;
	walk->moving.spec = spec;
	walk->folding.sketchless = false;
	walk->first.is_found = false;
	return folds(walk) ? read_folds(walk, any) : read_samples(walk, any);
}

/* SPDX-License-Identifier: MIT */
/*
 * moving_fold.c - where no entry is in two windows, entries go straight from the
 * piece into the fold. Where windows overlap they go over a trail.
 */
#include "eval/moving_fold.h"
#include "eval/moving_records.h"
#include "model/rising.h"

#include <errno.h>
#include <math.h>

int moving_fold_init(struct moving_fold *moving)
{
	fold_init(&moving->fold, 0, KIND_GAUGE);
	moving->trail = trail_create();
	return moving->trail ? 0 : eval_no_memory(moving->eval);
}

void moving_fold_fini(struct moving_fold *moving)
{
	fold_fini(&moving->fold);
	trail_destroy(moving->trail);
	moving->trail = NULL;
}

void moving_fold_begin(struct moving_fold *moving, const struct range_spec *spec, enum series_kind kind)
{
	moving->spec = spec;
	moving->i = 0;
	moving->has_before = false;
	moving->fold.wants = spec->fold_wants;
	moving->fold.kind = kind;
	fold_clear(&moving->fold);
	trail_clear(moving->trail);
}

static kymo_ms window_end(const struct moving_fold *moving, uint32_t i)
{
	return steps_at(&moving->moved, i);
}

static kymo_ms window_start(const struct moving_fold *moving, uint32_t i)
{
	kymo_ms end = window_end(moving, i);

	return end - (moving->widens ? source_reach(moving->source, end, moving->range) : moving->range);
}

/* How far back the widest window reaches, in whichever tier it is. */
static kymo_ms longest_reach(const struct moving_fold *moving)
{
	const struct plan *plan = &moving->source->plan;
	kymo_ms longest = moving->range;

	for (uint32_t i = 0; i < plan->n && moving->widens; i++)
		if (tier_width(plan->span[i].tier) > longest)
			longest = tier_width(plan->span[i].tier);
	return longest;
}

/* Is every entry in one window at most? Widened windows may overlap. */
static bool is_tiled(const struct moving_fold *moving)
{
	return moving->points.n == 1 || moving->moved.step >= longest_reach(moving);
}

static void look_for_sketches(struct moving_fold *moving)
{
	if (!moving->fold.spread.unknown && !moving->fold.moments.unknown)
		return;
	moving->sketchless = true;
	moving->sketchless_tier = stitch_tier(moving->source->stitch);
}

/* The window that is in the fold becomes the value of point i. */
static int finish_point(struct moving_fold *moving, kymo_ms start)
{
	uint32_t i = moving->i++;
	struct range_window window = { .start = start, .end = window_end(moving, i), .at = steps_at(&moving->points, i) };
	double error;

	moving->out[i] = absent();
	moving->widened |= moving->fold.count && window.end - start > moving->range;
	for (int k = 0; k < 2; k++)
		window.args[k] = moving->args[k] ? moving->args[k][i] : 0;
	if (moving->spec->wants_before) {
		window.has_before = moving->has_before;
		window.before = moving->before;
		window.before_at = moving->before_at;
	}
	if (moving->fold.count && !moving->spec->fold(&moving->fold, &window, &moving->out[i]))
		moving->out[i] = absent();
	look_for_sketches(moving);
	error = moving->spec->fold_wants & FOLD_SPREAD ? spread_error(&moving->fold.spread) : 0;
	if (error > moving->eval->read.error)
		moving->eval->read.error = error;
	return eval_check(moving->eval, 0);
}

static void keep_before(struct moving_fold *moving, const struct fold *fold)
{
	if (!fold->count)
		return;
	moving->has_before = true;
	moving->before = fold->last;
	moving->before_at = fold->last_at;
}

/* ---- no entry in two windows ---- */

/* What lies before a window is only looked at for its last value. */
static int pass(struct moving_fold *moving, const struct piece *piece, uint32_t from, uint32_t to)
{
	struct fold last;
	int r;

	if (!moving->spec->wants_before || from == to)
		return 0;
	fold_init(&last, WANT_LAST, moving->fold.kind);
	r = fold_add(&last, piece, from, to);
	keep_before(moving, &last);
	fold_fini(&last);
	return r < 0 ? eval_no_memory(moving->eval) : 0;
}

static bool has_empty(const struct piece *piece)
{
	uint64_t any = 0;

	for (uint32_t i = 0; i < piece->n; i++)
		any |= piece->count[i] == 0;
	return any;
}

/* Do windows of these records need no fold, where none is begun? */
static bool is_plain(const struct moving_fold *moving, const struct piece *piece)
{
	return !piece->values && records_answer(moving->spec->id) && longest_reach(moving) == moving->range && !has_empty(piece);
}

/* Windows of the piece from *from on, that are in it as a whole. 0 or an error. */
static int give_plain(struct moving_fold *moving, const struct piece *piece, uint32_t *from)
{
	while (*from < piece->n && moving->i < moving->points.n && !moving->fold.count) {
		kymo_ms end = window_end(moving, moving->i);
		uint32_t n = records_alone(moving->spec->id, piece, *from, end, moving->moved.step, moving->points.n - moving->i,
					   moving->out + moving->i), first, to;

		moving->i += n;
		*from += n;
		if (n)
			continue;
		first = (uint32_t)rising_behind(piece->at, *from, piece->n, end - moving->range);
		to = (uint32_t)rising_behind(piece->at, first, piece->n, end);
		if (to == piece->n && (first == to || piece->at[to - 1] < end))
			break;
		*from = to;
		moving->out[moving->i++] = first < to ? records_value(moving->spec->id, piece, first, to) : absent();
	}
	return eval_check(moving->eval, 0);
}

static int add_tiled(struct moving_fold *moving, const struct piece *piece)
{
	bool plain = is_plain(moving, piece);
	uint32_t from = 0;
	int r = plain ? give_plain(moving, piece, &from) : 0;

	while (r == 0 && from < piece->n && moving->i < moving->points.n) {
		kymo_ms start = window_start(moving, moving->i);
		uint32_t first = (uint32_t)rising_behind(piece->at, from, piece->n, start);
		uint32_t to = (uint32_t)rising_behind(piece->at, first, piece->n, window_end(moving, moving->i));

		if ((r = pass(moving, piece, from, first)) < 0)
			return r;
		if (first < to && fold_add(&moving->fold, piece, first, to) < 0)
			return eval_no_memory(moving->eval);
		from = to;
		if (to < piece->n) {
			r = finish_point(moving, start);
			keep_before(moving, &moving->fold);
			fold_clear(&moving->fold);
			if (r == 0 && plain)
				r = give_plain(moving, piece, &from);
		}
	}
	return r;
}

/* ---- windows that overlap ---- */

static int finish_trail(struct moving_fold *moving)
{
	kymo_ms start = window_start(moving, moving->i);
	int64_t n;
	int r;

	if (moving->spec->wants_before) {
		n = trail_fold(moving->trail, start, &moving->fold);
		keep_before(moving, &moving->fold);
		fold_clear(&moving->fold);
		if (n < 0)
			return eval_no_memory(moving->eval);
	}
	trail_forget(moving->trail, start);
	n = trail_fold(moving->trail, window_end(moving, moving->i), &moving->fold);
	if (n < 0)
		return eval_no_memory(moving->eval);
	r = finish_point(moving, start);
	fold_clear(&moving->fold);
	return r;
}

static int add_overlapping(struct moving_fold *moving, const struct piece *piece)
{
	kymo_ms newest = piece->at[piece->n - 1];
	int r = trail_add(moving->trail, piece) < 0 ? eval_no_memory(moving->eval) : 0;

	while (r == 0 && moving->i < moving->points.n && window_end(moving, moving->i) < newest)
		r = finish_trail(moving);
	return r;
}

int moving_fold_add(struct moving_fold *moving, const struct piece *piece)
{
	if (moving->i == moving->points.n || !piece->n)
		return 0;
	return is_tiled(moving) ? add_tiled(moving, piece) : add_overlapping(moving, piece);
}

int moving_fold_end(struct moving_fold *moving)
{
	int r = 0;

	while (r == 0 && moving->i < moving->points.n) {
		if (!is_tiled(moving)) {
			r = finish_trail(moving);
			continue;
		}
		r = finish_point(moving, window_start(moving, moving->i));
		keep_before(moving, &moving->fold);
		fold_clear(&moving->fold);
	}
	return r;
}

/* Of chunks in one window as a whole, one record is enough. Those between windows are nobody's, but for their last value. */
enum chunk_use moving_fold_choice(struct moving_fold *moving, kymo_ms first, kymo_ms last)
{
	uint32_t i = moving->i;

	if (!is_tiled(moving) || moving->fold.wants & (FOLD_SPREAD | FOLD_MOMENTS))
		return CHUNK_SAMPLES;
	while (i < moving->points.n && window_end(moving, i) < first)
		i++;
	if (i == moving->points.n)
		return CHUNK_PASSED;
	if (last <= window_start(moving, i))
		return moving->spec->wants_before ? CHUNK_FOLDED : CHUNK_PASSED;
	return first > window_start(moving, i) && last <= window_end(moving, i) ? CHUNK_FOLDED : CHUNK_SAMPLES;
}

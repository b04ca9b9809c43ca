/* SPDX-License-Identifier: MIT */
/*
 * walk.c - where every entry is in one point, entries go straight from the piece
 * into the fold. Where windows overlap, or leave gaps, they go over the trail.
 */
#include "plain/walk.h"
#include "model/rising.h"

#include <errno.h>

void walk_begin(struct walk *walk)
{
	walk->i = 0;
	fold_clear(walk->fold);
	if (walk->trail)
		trail_clear(walk->trail);
}

/* Does every entry lie in one point, behind the one before? (The reader leaves out what is before the first.) */
static bool is_tiled(const struct grid *grid)
{
	return !grid->window || grid->n == 1 || grid->window == grid->step;
}

static int count_work(struct walk *walk, uint64_t n)
{
	walk->work += n;
	return walk->work_most && walk->work > walk->work_most ? -E2BIG : 0;
}

static int hand_out(struct walk *walk)
{
	int r = 0;

	if (walk->fold->count)
		r = walk->point(walk->data, grid_at(walk->grid, walk->i), walk->fold);
	fold_clear(walk->fold);
	return r;
}

static int fill_points(struct walk *walk, const struct piece *piece)
{
	uint32_t from = 0;
	int r = count_work(walk, piece->n);

	while (r == 0 && from < piece->n) {
		uint32_t i = grid_find(walk->grid, piece->at[from]), to;

		if (i != walk->i && (r = hand_out(walk)) < 0)
			return r;
		walk->i = i;
		if (i == walk->grid->n)
			return 0;	/* behind the last point */
		to = (uint32_t)rising_behind(piece->at, from, piece->n, grid_at(walk->grid, i));
		r = fold_add(walk->fold, piece, from, to);
		from = to;
	}
	return r;
}

/* Point i is complete: everything up to it is in the trail. */
static int finish_window(struct walk *walk)
{
	int64_t n;
	int r;

	trail_forget(walk->trail, grid_from(walk->grid, walk->i));
	n = trail_fold(walk->trail, grid_at(walk->grid, walk->i), walk->fold);
	if (n < 0 || (r = count_work(walk, (uint64_t)n)) < 0)
		return n < 0 ? (int)n : r;
	r = hand_out(walk);
	walk->i++;
	return r;
}

static int fill_windows(struct walk *walk, const struct piece *piece)
{
	kymo_ms newest = piece->at[piece->n - 1];
	int r = trail_add(walk->trail, piece);

	if (r == 0)
		r = count_work(walk, piece->n);
	while (r == 0 && walk->i < walk->grid->n && grid_at(walk->grid, walk->i) < newest)
		r = finish_window(walk);
	if (walk->i < walk->grid->n)
		trail_forget(walk->trail, grid_from(walk->grid, walk->i));
	return r;
}

int walk_piece(struct walk *walk, const struct piece *piece)
{
	if (!piece->n || walk->i == walk->grid->n)
		return 0;
	return is_tiled(walk->grid) ? fill_points(walk, piece) : fill_windows(walk, piece);
}

bool walk_takes_whole(const struct walk *walk, kymo_ms first, kymo_ms last)
{
	return is_tiled(walk->grid) && !(walk->fold->wants & (FOLD_SPREAD | FOLD_MOMENTS)) &&
	       grid_find(walk->grid, first) == grid_find(walk->grid, last);
}

int walk_end(struct walk *walk)
{
	int r = 0;

	if (is_tiled(walk->grid))
		return walk->i < walk->grid->n ? hand_out(walk) : 0;
	while (r == 0 && walk->i < walk->grid->n)
		r = finish_window(walk);
	return r;
}

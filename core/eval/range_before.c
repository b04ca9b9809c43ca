/* SPDX-License-Identifier: MIT */
#include "eval/range_before.h"
#include "util/hash.h"

#include <errno.h>

#define HOUR INT64_C(3600000)

enum { FURTHER = 4 };		/* times as far back with each look */

struct waiting {
	struct range_first first;
	double before;		/* the last sample before it */
	bool is_found;
};

/* ---- what the store has ---- */

/* INT64_MAX: nothing. */
static kymo_ms oldest_of(const struct eval *eval, const struct selector *selector)
{
	struct store_coverage coverage;
	kymo_ms oldest = INT64_MAX;

	store_coverage_of(eval->store, selector->matchers, selector->n_matchers, &coverage);
	for (int tier = 0; tier < TIERS; tier++) {
		kymo_ms start = coverage.tier[tier].oldest;

		if (start > coverage.tier[tier].newest || (eval->tier != KYMO_AUTO && (int)eval->tier != tier))
			continue;
		start -= tier_width((enum kymo_tier)tier) + 1;
		oldest = start < oldest ? start : oldest;
	}
	return oldest;
}

void range_before_init(struct range_before *before, const struct range_walk *walk)
{
	const struct source *source = &walk->source;
	struct eval *eval = source->eval;

	*before = (struct range_before){ .eval = eval, .selector = source->node };
	before->from = source->plan.n ? source->plan.span[0].start : INT64_MIN;
	before->oldest = oldest_of(eval, &source->node->selector);
	matrix_init(&before->matrix, eval, walk->moving.points.n);
}

void range_before_fini(struct range_before *before)
{
	if (!before->eval)
		return;
	matrix_fini(&before->matrix);
	eval_free(before->eval, before->waiting, before->room, sizeof *before->waiting);
	map_fini(&before->map);
	*before = (struct range_before){ 0 };
}

/* ---- who waits ---- */

static kymo_ms window_end(const struct range_walk *walk, uint32_t point)
{
	return steps_at(&walk->moving.moved, point);
}

static kymo_ms window_start(const struct range_walk *walk, const struct range_first *first, uint32_t point)
{
	kymo_ms end = window_end(walk, point), reach = walk->moving.range;

	return end - (first->is_folded ? source_reach(&walk->source, end, reach) : reach);
}

/* Is it the first sample in the window of that point? */
static bool is_first_of(const struct range_walk *walk, const struct range_first *first, uint32_t point)
{
	return window_start(walk, first, point) < first->at && first->at <= window_end(walk, point);
}

/* Windows begin one after the other: mostly the first one tells. */
bool range_before_wants(const struct range_before *before, const struct range_walk *walk)
{
	const struct range_first *first = &walk->first;

	if (before->oldest >= before->from || !first->is_found || first->at <= window_start(walk, first, 0))
		return false;
	for (uint32_t i = 0; i < walk->moving.points.n; i++)
		if (is_first_of(walk, first, i))
			return true;
	return false;
}

static int grow(struct range_before *before)
{
	uint32_t room = before->room ? before->room * 2 : 16;
	struct waiting *waiting = eval_alloc(before->eval, room, sizeof *waiting);

	if (!waiting)
		return before->eval->err->code;
	if (before->room)
		memcpy(waiting, before->waiting, before->room * sizeof *waiting);
	eval_free(before->eval, before->waiting, before->room, sizeof *waiting);
	before->waiting = waiting;
	before->room = room;
	return 0;
}

int range_before_add(struct range_before *before, const struct range_walk *walk)
{
	struct labels labels = walk->source.view->labels;
	struct column column = { labels, walk->moving.out };
	uint32_t item = before->matrix.n;
	int r = item == before->room ? grow(before) : 0;

	if (r < 0 || (r = matrix_add(&before->matrix, &column)) < 0)
		return r;
	before->waiting[item] = (struct waiting){ .first = walk->first };
	before->left++;
	return map_add(&before->map, hash_bytes(labels.data, labels.size), item) < 0 ? eval_no_memory(before->eval) : 0;
}

/* ---- looking back ---- */

static bool has_labels(const void *owner, uint32_t item, const void *key)
{
	return labels_equal(((const struct range_before *)owner)->matrix.columns[item].labels, *(const struct labels *)key);
}

static struct waiting *find(const struct range_before *before, struct labels labels)
{
	uint32_t item = map_find(&before->map, hash_bytes(labels.data, labels.size), &labels, has_labels, before);

	return item == MAP_NONE || before->waiting[item].is_found ? NULL : &before->waiting[item];
}

static enum chunk_use fold_whole(void *data, kymo_ms first, kymo_ms last)
{
	(void)data, (void)first, (void)last;
	return CHUNK_FOLDED;
}

/* The last value in a piece, if there is one. */
static void take_last(const struct piece *piece, struct waiting *waiting)
{
	for (uint32_t i = piece->n; i--;) {
		if (piece->values ? value_is_stale(piece->values[i]) : !piece->count[i])
			continue;
		waiting->before = piece->values ? piece->values[i] : piece->last[i];
		waiting->is_found = true;
		return;
	}
}

static int look_at(struct range_before *before, struct source *source)
{
	struct waiting *waiting = find(before, source->view->labels);
	struct piece piece;
	int r;

	if (!waiting)
		return 0;
	while ((r = source_piece(source, fold_whole, NULL, &piece)) > 0)
		take_last(&piece, waiting);
	before->left -= waiting->is_found;
	return r;
}

/* In (at - reach, at]. */
static int look_back(struct range_before *before, kymo_ms at, kymo_ms reach)
{
	struct source_request request = { .node = before->selector, .steps = { at, 0, 1 }, .reach = reach, .prefer = KYMO_RAW,
					  .wants = WANT_COUNT | WANT_LAST };
	struct source source;
	int r = source_open(before->eval, &request, &source);

	source.node = NULL;	/* that nothing is there is not for telling */
	while (r >= 0 && before->left && (r = source_next(&source)) > 0)
		r = look_at(before, &source);
	source_close(&source);
	return r < 0 ? r : 0;
}

static int search(struct range_before *before)
{
	kymo_ms at = before->from, reach = FURTHER * HOUR;
	int r = 0;

	before->is_searched = true;
	while (r == 0 && before->left && at > before->oldest) {
		kymo_ms span = at - before->oldest < reach ? at - before->oldest : reach;

		r = look_back(before, at, span);
		at -= span;
		reach *= FURTHER;
	}
	return r;
}

static void add_step(const struct waiting *waiting, const struct range_walk *walk, double *values)
{
	double first = waiting->first.value, step = first < waiting->before ? first : first - waiting->before;

	for (uint32_t i = 0; waiting->is_found && i < walk->moving.points.n; i++)
		if (!is_absent(values[i]) && is_first_of(walk, &waiting->first, i))
			values[i] += step;
}

int range_before_next(struct range_before *before, const struct range_walk *walk, struct column *out)
{
	int r = before->left && !before->is_searched ? search(before) : 0;

	if (r < 0 || before->given == before->matrix.n)
		return r;
	*out = before->matrix.columns[before->given];
	add_step(&before->waiting[before->given++], walk, out->values);
	return 1;
}

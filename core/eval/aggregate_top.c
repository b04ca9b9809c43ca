/* SPDX-License-Identifier: MIT */
/*
 * aggregate_top.c - topk and bottomk: for each group and point a heap of the k best
 * values so far, the worst at its root. bottomk is topk of the negated values. Of
 * series that are in no heap any more the labels are forgotten.
 *
 * Most columns come too late to be among the best anywhere: one pass over the roots,
 * four points at a time, tells.
 */
#include "eval/aggregate.h"
#include "eval/lanes.h"

#include <math.h>

struct entry {
	double value;		/* negated by bottomk */
	uint32_t series;
};

struct heaps {			/* of one group */
	double *limits;		/* what a value must exceed to get in; NaN: look closer */
	uint32_t *counts;	/* entries at each point */
	struct entry *entries;	/* `room` for each point */
	uint32_t room;
};

struct kept {			/* a series that is in some heap */
	uint8_t *labels;
	uint32_t size, uses;	/* 0: free */
	uint32_t next_free;
};

struct tops {
	struct aggregation base;
	struct heaps *heaps;		/* of each group */
	uint32_t n_heaps, heaps_room;
	struct kept *kept;
	uint32_t n_kept, kept_room, first_free;
	/* the result: entries by series */
	struct entry *sorted;		/* series: the point in its place */
	uint64_t *ends;			/* of each series in `sorted` */
	uint64_t n_entries;
	uint32_t *order, n_order, given;
	double *values;
	bool is_read, is_empty;
};

#define KEPT_NONE UINT32_MAX
enum { SORT_BY_HAND = 12 };

/* More room for an array, what is new in it zero. 0 or an error. */
static int grow(struct eval *eval, void *array, uint32_t *room, size_t size)
{
	uint32_t wanted = *room ? *room * 2 : 16;
	void *old, *memory = eval_alloc(eval, wanted, size);

	if (!memory)
		return eval->err->code;
	memcpy(&old, array, sizeof old);
	if (*room)
		memcpy(memory, old, *room * size);
	eval_free(eval, old, *room, size);
	memcpy(array, &memory, sizeof memory);
	*room = wanted;
	return 0;
}

/* ---- series that are kept ---- */

static int keep(struct tops *all, struct labels labels, uint32_t *series)
{
	struct eval *eval = all->base.stream.eval;
	struct kept *kept;
	int r;

	*series = all->first_free;
	if (*series == KEPT_NONE) {
		if (all->n_kept == all->kept_room && (r = grow(eval, &all->kept, &all->kept_room, sizeof *kept)) < 0)
			return r;
		*series = all->n_kept++;
		all->kept[*series].next_free = KEPT_NONE;
	}
	kept = &all->kept[*series];
	all->first_free = kept->next_free;
	kept->labels = eval_alloc(eval, labels.size, 1);
	if (!kept->labels)
		return eval->err->code;
	if (labels.size)
		memcpy(kept->labels, labels.data, labels.size);
	kept->size = labels.size;
	return 0;
}

static void let_go(struct tops *all, uint32_t series)
{
	struct kept *kept = &all->kept[series];

	eval_free(all->base.stream.eval, kept->labels, kept->size, 1);
	*kept = (struct kept){ .next_free = all->first_free };
	all->first_free = series;
}

/* ---- heaps ---- */

static int new_heaps(struct tops *all)
{
	struct eval *eval = all->base.stream.eval;
	uint32_t points = all->base.stream.steps.n;
	struct heaps *heaps;
	int r = all->n_heaps == all->heaps_room ? grow(eval, &all->heaps, &all->heaps_room, sizeof *heaps) : 0;

	if (r < 0)
		return r;
	heaps = &all->heaps[all->n_heaps++];
	heaps->limits = eval_alloc(eval, points, sizeof *heaps->limits);
	heaps->counts = heaps->limits ? eval_alloc(eval, points, sizeof *heaps->counts) : NULL;
	if (!heaps->counts)
		return eval->err->code;
	for (uint32_t i = 0; i < points; i++)
		heaps->limits[i] = all->base.param[i] < 1 ? (double)INFINITY : (double)NAN;
	return 0;
}

/* Twice the entries at each point. */
static int widen(struct tops *all, struct heaps *heaps)
{
	struct eval *eval = all->base.stream.eval;
	uint32_t points = all->base.stream.steps.n, room = heaps->room ? heaps->room * 2 : 1;
	struct entry *entries = eval_alloc(eval, (size_t)points * room, sizeof *entries);

	if (!entries)
		return eval->err->code;
	for (uint32_t i = 0; i < points; i++)
		if (heaps->counts[i])
			memcpy(entries + (size_t)i * room, heaps->entries + (size_t)i * heaps->room, heaps->counts[i] * sizeof *entries);
	eval_free(eval, heaps->entries, (size_t)points * heaps->room, sizeof *entries);
	heaps->entries = entries;
	heaps->room = room;
	return 0;
}

/* NaN is worse than any number. */
static bool worse(const struct entry *a, const struct entry *b)
{
	return isnan(a->value) || a->value < b->value;
}

static void swap(struct entry *a, struct entry *b)
{
	struct entry t = *a;

	*a = *b;
	*b = t;
}

static void sift_up(struct entry *heap, uint32_t i)
{
	for (uint32_t parent; i && worse(&heap[i], &heap[parent = (i - 1) / 2]); i = parent)
		swap(&heap[i], &heap[parent]);
}

static void sift_down(struct entry *heap, uint32_t n)
{
	for (uint32_t i = 0, child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && worse(&heap[child + 1], &heap[child]))
			child++;
		if (!worse(&heap[child], &heap[i]))
			return;
		swap(&heap[i], &heap[child]);
	}
}

/* A value that is there, at a point whose k is at least 1. true: `entry` is in; *out: who is out, or KEPT_NONE. */
static bool offer(struct heaps *heaps, uint32_t point, double k, struct entry entry, uint32_t *out)
{
	struct entry *heap = heaps->entries + (size_t)point * heaps->room;
	uint32_t *count = &heaps->counts[point];

	*out = KEPT_NONE;
	if ((double)*count + 1 <= k) {
		heap[(*count)++] = entry;
		sift_up(heap, *count - 1);
	} else if (heap->value < entry.value || (isnan(heap->value) && !isnan(entry.value))) {
		*out = heap->series;
		*heap = entry;
		sift_down(heap, *count);
	} else {
		return false;
	}
	if ((double)*count + 1 > k)
		heaps->limits[point] = heap->value;
	return true;
}

/* ---- columns in ---- */

struct offers {
	struct tops *all;
	struct heaps *heaps;
	struct labels labels;
	uint32_t series;	/* KEPT_NONE: in no heap yet */
	int r;
};

static void offer_one(struct offers *offers, uint32_t point, double value)
{
	struct tops *all = offers->all;
	struct heaps *heaps = offers->heaps;
	double k = all->base.param[point];
	uint32_t out;

	if (is_absent(value) || k < 1 || offers->r < 0)
		return;
	if (heaps->counts[point] == heaps->room && (double)heaps->room + 1 <= k && (offers->r = widen(all, heaps)) < 0)
		return;
	if (offers->series == KEPT_NONE && (offers->r = keep(all, offers->labels, &offers->series)) < 0)
		return;
	if (all->base.op == AGGREGATE_BOTTOMK)
		value = -value;
	if (!offer(heaps, point, k, (struct entry){ value, offers->series }, &out))
		return;
	all->kept[offers->series].uses++;
	if (out != KEPT_NONE && --all->kept[out].uses == 0 && out != offers->series)
		let_go(all, out);
}

/* Points where the root does not keep a value out at first sight go one by one. */
LANE_INLINE void offer_columns_body(struct offers *offers, const double *v, uint32_t n, bool negate)
{
	const double *limits = offers->heaps->limits;

	for (uint32_t i = 0; i < n; i += LANES) {
		lanes x = *(const lanes *)&v[i], limit = *(const lanes *)&limits[i];
		masks gone = LANES_ABSENT(x), in;

		if (negate)
			x = -x;
		in = ~(masks)(x <= limit) & ~gone & ((masks)(limit != limit) | (masks)(x == x));
		if (!MASKS_ANY(in))
			continue;
		for (uint32_t j = 0; j < LANES; j++)
			offer_one(offers, i + j, v[i + j]);
	}
}
DEFINE_LOOP(offer_columns, (struct offers *offers, const double *v, uint32_t n, bool negate), (offers, v, n, negate))

static int add(struct tops *all, const struct column *column)
{
	uint32_t group, points = all->base.stream.steps.n, whole = points / LANES * LANES;
	struct offers offers = { .all = all, .labels = column->labels, .series = KEPT_NONE };
	int r = grouping_add(&all->base.groups, column->labels, &group);

	if (r == 0 && group == all->n_heaps)
		r = new_heaps(all);
	if (r < 0)
		return r;
	offers.heaps = &all->heaps[group];
	offer_columns(&offers, column->values, whole, all->base.op == AGGREGATE_BOTTOMK);
	for (uint32_t i = whole; i < points; i++)
		offer_one(&offers, i, column->values[i]);
	if (offers.series != KEPT_NONE && !all->kept[offers.series].uses)
		let_go(all, offers.series);
	return offers.r;
}

/* ---- series out ---- */

/* Best first, NaN last. */
static void sort_entries(struct entry *entries, uint32_t n)
{
	if (n > SORT_BY_HAND) {
		for (uint32_t end = n; end > 1; end--) {	/* a heap gives its worst */
			swap(&entries[0], &entries[end - 1]);
			sift_down(entries, end - 1);
		}
		return;
	}
	for (uint32_t i = 1; i < n; i++)	/* equal ones keep the order they have in the heap, as with Prometheus */
		for (uint32_t j = i; j > 0 && worse(&entries[j - 1], &entries[j]); j--)
			swap(&entries[j - 1], &entries[j]);
}

/* At an instant, order is part of the answer: group by group, the best first. */
static void order_by_value(struct tops *all)
{
	for (uint32_t g = 0; g < all->n_heaps; g++) {
		struct heaps *heaps = &all->heaps[g];

		sort_entries(heaps->entries, heaps->counts[0]);
		for (uint32_t i = 0; i < heaps->counts[0]; i++)
			all->order[all->n_order++] = heaps->entries[i].series;
	}
}

static void order_by_number(struct tops *all)
{
	for (uint32_t i = 0; i < all->n_kept; i++)
		if (all->kept[i].uses)
			all->order[all->n_order++] = i;
}

/* ends[i] is where the entries of series i begin, and when they are placed where they end. */
static void place_entries(struct tops *all)
{
	uint64_t begin = 0;

	for (uint32_t i = 0; i < all->n_kept; i++) {
		all->ends[i] = begin;
		begin += all->kept[i].uses;
	}
	for (uint32_t g = 0; g < all->n_heaps; g++) {
		const struct heaps *heaps = &all->heaps[g];

		for (uint32_t p = 0; p < all->base.stream.steps.n; p++)
			for (uint32_t i = 0; i < heaps->counts[p]; i++) {
				const struct entry *entry = &heaps->entries[(size_t)p * heaps->room + i];

				all->sorted[all->ends[entry->series]++] = (struct entry){ entry->value, p };
			}
	}
}

static int make_result(struct tops *all)
{
	struct eval *eval = all->base.stream.eval;

	for (uint32_t i = 0; i < all->n_kept; i++)
		all->n_entries += all->kept[i].uses;
	all->sorted = eval_alloc(eval, all->n_entries, sizeof *all->sorted);
	all->ends = all->sorted ? eval_alloc(eval, all->n_kept, sizeof *all->ends) : NULL;
	all->order = all->ends ? eval_alloc(eval, all->n_kept, sizeof *all->order) : NULL;
	all->values = all->order ? eval_alloc(eval, all->base.stream.steps.n, sizeof *all->values) : NULL;
	if (!all->values)
		return eval->err->code;
	if (all->base.stream.steps.n == 1)
		order_by_value(all);
	else
		order_by_number(all);
	place_entries(all);
	return 0;
}

static int read_all(struct tops *all)
{
	struct column column;
	int r;

	all->is_read = true;
	while ((r = stream_next(all->base.inner, &column)) > 0)
		if ((r = add(all, &column)) < 0)
			break;
	return r < 0 ? r : make_result(all);
}

static int tops_next(struct stream *stream, struct column *out)
{
	struct tops *all = (struct tops *)stream;
	int r = all->is_read || all->is_empty ? 0 : read_all(all);
	const struct kept *kept;
	uint32_t series;

	if (r < 0 || all->given == all->n_order)
		return r;
	series = all->order[all->given++];
	kept = &all->kept[series];
	for (uint32_t i = 0; i < stream->steps.n; i++)
		all->values[i] = absent();
	for (uint64_t i = all->ends[series] - kept->uses; i < all->ends[series]; i++) {
		double v = all->sorted[i].value;

		all->values[all->sorted[i].series] = all->base.op == AGGREGATE_BOTTOMK ? -v : v;
	}
	*out = (struct column){ { kept->labels, kept->size }, all->values };
	return 1;
}

static void tops_close(struct stream *stream)
{
	struct tops *all = (struct tops *)stream;
	struct eval *eval = stream->eval;
	uint32_t points = stream->steps.n;

	eval_free(eval, all->values, points, sizeof *all->values);
	eval_free(eval, all->order, all->n_kept, sizeof *all->order);
	eval_free(eval, all->ends, all->n_kept, sizeof *all->ends);
	eval_free(eval, all->sorted, all->n_entries, sizeof *all->sorted);
	for (uint32_t i = 0; i < all->n_kept; i++)
		eval_free(eval, all->kept[i].labels, all->kept[i].size, 1);
	eval_free(eval, all->kept, all->kept_room, sizeof *all->kept);
	for (uint32_t i = 0; i < all->n_heaps; i++) {
		eval_free(eval, all->heaps[i].limits, points, sizeof *all->heaps->limits);
		eval_free(eval, all->heaps[i].counts, points, sizeof *all->heaps->counts);
		eval_free(eval, all->heaps[i].entries, (size_t)points * all->heaps[i].room, sizeof *all->heaps->entries);
	}
	eval_free(eval, all->heaps, all->heaps_room, sizeof *all->heaps);
	aggregation_close(&all->base);
	free(all);
}

int stream_open_top(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	struct tops *all = calloc(1, sizeof *all);
	int r;

	if (!all)
		return eval_no_memory(eval);
	all->base.stream = (struct stream){ tops_next, tops_close, eval, node, *steps };
	all->first_free = KEPT_NONE;
	if ((r = aggregation_open(&all->base, eval, node, steps)) == 0)
		r = aggregation_is_empty(&all->base);
	if (r < 0) {
		tops_close(&all->base.stream);
		return r;
	}
	all->is_empty = r > 0;
	*out = &all->base.stream;
	return 0;
}

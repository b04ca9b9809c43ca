/* SPDX-License-Identifier: MIT */
/*
 * sketch.c - buckets as two sorted arrays, index and count.
 *
 * A series has few buckets in a window (18 on average, in a minute of a real
 * host), and neighbouring samples mostly fall in the same one, so a search that
 * first looks where the last value went beats anything with more structure.
 *
 * The schema is the finest at which what was added needs no more than
 * SKETCH_BUCKETS; that depends on the set of values only, so neither the order
 * of adds and merges nor their grouping changes the result.
 */
#include "model/sketch.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { ROOM_FIRST = 8 };

void sketch_init(struct sketch *sketch, int32_t schema)
{
	if (schema < SKETCH_SCHEMA_MIN)
		schema = SKETCH_SCHEMA_MIN;
	if (schema > SKETCH_SCHEMA_MAX)
		schema = SKETCH_SCHEMA_MAX;
	*sketch = (struct sketch){ .schema = schema };
}

void sketch_fini(struct sketch *sketch)
{
	free(sketch->index);
	free(sketch->counts);
	sketch_init(sketch, sketch->schema);
}

void sketch_clear(struct sketch *sketch)
{
	sketch->n = 0;
	sketch->zeros = sketch->nans = 0;
}

int sketch_reserve(struct sketch *sketch, uint32_t n)
{
	uint32_t room = sketch->room ? sketch->room : ROOM_FIRST;
	int32_t *index;
	uint64_t *counts;

	if (n <= sketch->room)
		return 0;
	while (room < n)
		room *= 2;
	index = realloc(sketch->index, room * sizeof *index);
	if (!index)
		return -ENOMEM;
	sketch->index = index;
	counts = realloc(sketch->counts, room * sizeof *counts);
	if (!counts)
		return -ENOMEM;
	sketch->counts = counts;
	sketch->room = room;
	return 0;
}

static int sketch_copy_buckets(struct sketch *to, const struct sketch *from)
{
	int r = sketch_reserve(to, from->n);

	if (r < 0)
		return r;
	if (from->n) {
		memcpy(to->index, from->index, from->n * sizeof *to->index);
		memcpy(to->counts, from->counts, from->n * sizeof *to->counts);
	}
	to->n = from->n;
	return 0;
}

int sketch_copy(struct sketch *to, const struct sketch *from)
{
	int r = sketch_copy_buckets(to, from);

	if (r < 0)
		return r;
	to->schema = from->schema;
	to->zeros = from->zeros;
	to->nans = from->nans;
	return 0;
}

bool sketch_same(const struct sketch *a, const struct sketch *b)
{
	if (a->schema != b->schema || a->n != b->n || a->zeros != b->zeros || a->nans != b->nans)
		return false;
	return !a->n || (!memcmp(a->index, b->index, a->n * sizeof *a->index) &&
			 !memcmp(a->counts, b->counts, a->n * sizeof *a->counts));
}

/* A signed index, `by` schemas coarser. Rises with the index, so a sorted array stays sorted. */
static int32_t coarser(int32_t index, int32_t by)
{
	if (index == INT32_MAX || index == INT32_MIN)
		return index;
	if (index > 0)
		return KYMO_BUCKET_BASE + sketch_coarser(index - KYMO_BUCKET_BASE, by);
	return -(KYMO_BUCKET_BASE + sketch_coarser(-index - KYMO_BUCKET_BASE, by));
}

void sketch_downscale(struct sketch *sketch, int32_t schema)
{
	int32_t by = sketch->schema - (schema < SKETCH_SCHEMA_MIN ? SKETCH_SCHEMA_MIN : schema);
	uint32_t n = 0;

	if (by <= 0)
		return;
	for (uint32_t i = 0; i < sketch->n; i++) {
		int32_t index = coarser(sketch->index[i], by);

		if (n && sketch->index[n - 1] == index) {
			sketch->counts[n - 1] = counts_plus(sketch->counts[n - 1], sketch->counts[i]);
			continue;
		}
		sketch->index[n] = index;
		sketch->counts[n++] = sketch->counts[i];
	}
	sketch->n = n;
	sketch->schema -= by;
}

/* The first place whose index is not below; `near` is where to look first. */
static uint32_t place(const struct sketch *sketch, int32_t index, uint32_t near)
{
	uint32_t low = 0, high = sketch->n;

	if (near < sketch->n && sketch->index[near] == index)
		return near;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (sketch->index[middle] < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int insert(struct sketch *sketch, uint32_t at, int32_t index, uint64_t count)
{
	int r = sketch_reserve(sketch, sketch->n + 1);

	if (r < 0)
		return r;
	memmove(sketch->index + at + 1, sketch->index + at, (sketch->n - at) * sizeof *sketch->index);
	memmove(sketch->counts + at + 1, sketch->counts + at, (sketch->n - at) * sizeof *sketch->counts);
	sketch->index[at] = index;
	sketch->counts[at] = count;
	sketch->n++;
	return 0;
}

/* A new bucket when there is no more: coarser until it fits. */
static void make_way(struct sketch *sketch)
{
	while (sketch->n >= SKETCH_BUCKETS && sketch->schema > SKETCH_SCHEMA_MIN)
		sketch_downscale(sketch, sketch->schema - 1);
}

static int add(struct sketch *sketch, double v, uint64_t count, uint32_t *near)
{
	int32_t index = sketch_index(v, sketch->schema);
	uint32_t at = place(sketch, index, *near);

	if (at == sketch->n || sketch->index[at] != index) {
		if (sketch->n < SKETCH_BUCKETS) {
			*near = at;
			return insert(sketch, at, index, count);
		}
		make_way(sketch);
		return add(sketch, v, count, near);
	}
	sketch->counts[at] = counts_plus(sketch->counts[at], count);
	*near = at;
	return 0;
}

static int add_any(struct sketch *sketch, double v, uint64_t count, uint32_t *near)
{
	if (v == 0)
		sketch->zeros = counts_plus(sketch->zeros, count);
	else if (isnan(v))
		sketch->nans = counts_plus(sketch->nans, count);
	else
		return add(sketch, v, count, near);
	return 0;
}

int sketch_add(struct sketch *sketch, double v, uint64_t count)
{
	uint32_t near = 0;

	return count ? add_any(sketch, v, count, &near) : 0;
}

/* A sorted array seen at a coarser schema: neighbours that fall together are one. */
struct view {
	const struct sketch *of;
	int32_t by;
	uint32_t at;
};

static bool view_next(struct view *view, int32_t *index)
{
	const struct sketch *of = view->of;

	if (view->at == of->n)
		return false;
	*index = coarser(of->index[view->at], view->by);
	while (view->at < of->n && coarser(of->index[view->at], view->by) == *index)
		view->at++;
	return true;
}

/* How many buckets both make together at that schema. */
static uint32_t union_size(const struct sketch *a, const struct sketch *b, int32_t schema)
{
	struct view va = { a, a->schema - schema, 0 }, vb = { b, b->schema - schema, 0 };
	int32_t ia = 0, ib = 0;
	bool more_a = view_next(&va, &ia), more_b = view_next(&vb, &ib);
	uint32_t n = 0;

	while (more_a && more_b) {
		int32_t least = ia < ib ? ia : ib;

		n++;
		if (ia == least)
			more_a = view_next(&va, &ia);
		if (ib == least)
			more_b = view_next(&vb, &ib);
	}
	for (; more_a; more_a = view_next(&va, &ia))
		n++;
	for (; more_b; more_b = view_next(&vb, &ib))
		n++;
	return n;
}

/* From the back, so that what is moved never overwrites what is yet to be read. */
static void merge_backwards(struct sketch *to, const struct sketch *from, uint32_t n)
{
	int32_t by = from->schema - to->schema;
	uint32_t i = to->n, j = from->n, k = n;

	while (j) {
		int32_t index = coarser(from->index[j - 1], by);
		uint64_t count = 0;

		if (i && to->index[i - 1] > index) {
			i--, k--;
			to->index[k] = to->index[i];
			to->counts[k] = to->counts[i];
			continue;
		}
		while (j && coarser(from->index[j - 1], by) == index)
			count = counts_plus(count, from->counts[--j]);
		if (i && to->index[i - 1] == index)
			count = counts_plus(count, to->counts[--i]);
		k--;
		to->index[k] = index;
		to->counts[k] = count;
	}
	to->n = n;
}

int sketch_merge(struct sketch *to, const struct sketch *from)
{
	int32_t schema = to->schema < from->schema ? to->schema : from->schema;
	uint32_t n;
	int r;

	while ((n = union_size(to, from, schema)) > SKETCH_BUCKETS && schema > SKETCH_SCHEMA_MIN)
		schema--;
	r = sketch_reserve(to, n);
	if (r < 0)
		return r;
	sketch_downscale(to, schema);
	merge_backwards(to, from, n);
	to->zeros = counts_plus(to->zeros, from->zeros);
	to->nans = counts_plus(to->nans, from->nans);
	return 0;
}

/* ---- many values ---- */

enum { AT_ONCE = 64, SPAN = 512 };	/* values; buckets that they may reach over to be counted in an array */

/* The others first, so that what is left has an index. How many are left. */
static uint32_t take_zeros(struct sketch *sketch, const double *values, uint32_t n, double *left)
{
	uint32_t kept = 0, zeros = 0;

	for (uint32_t i = 0; i < n; i++) {
		left[kept] = values[i];
		kept += values[i] < 0 || values[i] > 0;
		zeros += values[i] == 0;
	}
	sketch->zeros = counts_plus(sketch->zeros, zeros);
	sketch->nans = counts_plus(sketch->nans, n - kept - zeros);
	return kept;
}

/* Those of eight neighbours that are not 0. */
static void take_eight(const uint8_t *counts, int32_t index, struct sketch *out)
{
	uint64_t eight = 0;

	for (uint32_t i = 0; i < sizeof eight; i++)
		eight |= (uint64_t)counts[i] << 8 * i;		/* one load */
	for (; eight; eight &= ~(UINT64_C(0xff) << (__builtin_ctzll(eight) & ~7))) {
		int32_t i = __builtin_ctzll(eight) >> 3;

		out->index[out->n] = index + i;
		out->counts[out->n++] = counts[i];
	}
}

/* Counted in an array as wide as they reach: no search, no moves. false: they reach too far. */
static bool count_close(const int32_t *index, uint32_t n, struct sketch *out)
{
	uint8_t counts[SPAN + sizeof(uint64_t)];
	int64_t low = index[0], high = index[0];

	for (uint32_t i = 1; i < n; i++) {
		low = index[i] < low ? index[i] : low;
		high = index[i] > high ? index[i] : high;
	}
	if (high - low >= SPAN)
		return false;
	memset(counts, 0, (size_t)(high - low) + sizeof(uint64_t));
	for (uint32_t i = 0; i < n; i++)
		counts[index[i] - low]++;
	for (int64_t at = 0; at <= high - low; at += sizeof(uint64_t))
		take_eight(counts + at, (int32_t)(low + at), out);
	return true;
}

static int add_each(struct sketch *sketch, const double *values, uint32_t n)
{
	uint32_t near = 0;
	int r = 0;

	for (uint32_t i = 0; i < n && r == 0; i++)
		r = add(sketch, values[i], 1, &near);
	return r;
}

/* At most AT_ONCE. On -ENOMEM the sketch is as it was. */
static int add_some(struct sketch *sketch, const double *values, uint32_t n)
{
	double left[AT_ONCE + 1];
	int32_t index[AT_ONCE], buckets[AT_ONCE];
	uint64_t counts[AT_ONCE], zeros = sketch->zeros, nans = sketch->nans;
	struct sketch part = { .schema = sketch->schema, .index = buckets, .counts = counts };
	int r = 0;

	n = take_zeros(sketch, values, n, left);
	sketch_indexes(left, n, sketch->schema, index);
	if (n && count_close(index, n, &part))
		r = sketch->n ? sketch_merge(sketch, &part) : sketch_copy_buckets(sketch, &part);
	else
		r = add_each(sketch, left, n);
	if (r < 0) {
		sketch->zeros = zeros;
		sketch->nans = nans;
	}
	return r;
}

int sketch_add_all(struct sketch *sketch, const double *values, uint32_t n)
{
	int r = 0;

	for (uint32_t i = 0; i < n && r == 0;) {
		uint32_t same = i + 1, some = n - i < AT_ONCE ? n - i : AT_ONCE;

		while (same < n && values[same] == values[i])
			same++;
		if (same - i >= some / 2) {
			r = sketch_add(sketch, values[i], same - i);
			i = same;
			continue;
		}
		r = add_some(sketch, values + i, some);
		i += some;
	}
	return r;
}

uint64_t sketch_count(const struct sketch *sketch)
{
	uint64_t count = sketch->zeros;

	for (uint32_t i = 0; i < sketch->n; i++)
		count = counts_plus(count, sketch->counts[i]);
	return count;
}

/* SPDX-License-Identifier: MIT */
/*
 * record_sketches.c - the sketches of a chunk as columns: zeros, NaNs, gaps between
 * buckets, counts. What the record says already is left out: the first bucket is
 * that of min, the last that of max, and the last count is what is left of all.
 *
 * A chunk with a sketch that is not so (of different schemas, or from somebody else)
 * has all of them one behind another as sketch_bytes.c writes them.
 */
#include "tier/record_columns.h"
#include "tier/column.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { ALONE = 0xff };		/* in place of the schema: sketches by themselves */

/* Growing lists of numbers. */
struct numbers {
	uint32_t n, room;
	int64_t *v;
	bool failed;
};

static void number_add(struct numbers *numbers, int64_t v)
{
	if (numbers->n == numbers->room) {
		uint32_t room = numbers->room ? numbers->room * 2 : 256;
		int64_t *more = realloc(numbers->v, room * sizeof *more);

		if (!more) {
			numbers->failed = true;
			return;
		}
		numbers->v = more;
		numbers->room = room;
	}
	numbers->v[numbers->n++] = v;
}

struct streams {
	struct numbers zeros, nans, gaps, counts;
};

static void streams_fini(struct streams *s)
{
	free(s->zeros.v);
	free(s->nans.v);
	free(s->gaps.v);
	free(s->counts.v);
}

/* A value of a window says where its outer bucket is; 0 says nothing. */
static bool tells(double v)
{
	return v != 0 && !isnan(v);
}

/* ---- writing ---- */

/* Only zeros (and NaNs) have no bucket; else there is one. */
static bool has_buckets(const struct window *w)
{
	return w->min != 0 || w->max != 0;
}

static bool counts_fit(const struct window *w)
{
	uint64_t left = w->count;

	if (w->count > (uint64_t)COLUMN_LARGEST || w->sketch.zeros > left || w->sketch.nans > left - w->sketch.zeros)
		return false;
	left -= w->sketch.zeros + w->sketch.nans;
	for (uint32_t i = 0; i < w->sketch.n; i++) {
		if (w->sketch.counts[i] > left)
			return false;
		left -= w->sketch.counts[i];
	}
	return left == 0;
}

static bool is_usual(const struct window *w, int32_t schema)
{
	const struct sketch *s = &w->sketch;

	if (s->schema != schema || has_buckets(w) != (s->n > 0) || !counts_fit(w) || isnan(w->min) || isnan(w->max))
		return false;
	if (!s->n)
		return true;
	return (!tells(w->min) || s->index[0] == sketch_index(w->min, schema)) &&
	       (!tells(w->max) || s->index[s->n - 1] == sketch_index(w->max, schema));
}

static void add_sketch(struct streams *to, const struct window *w)
{
	const struct sketch *s = &w->sketch;

	number_add(&to->zeros, (int64_t)s->zeros);
	number_add(&to->nans, (int64_t)s->nans);
	if (!s->n)
		return;
	if (!tells(w->min))
		number_add(&to->gaps, s->index[0]);
	if (!tells(w->max))
		number_add(&to->gaps, s->n);
	for (uint32_t i = 1; i < s->n; i++)
		number_add(&to->gaps, (int64_t)s->index[i] - s->index[i - 1] - 1);
	for (uint32_t i = 0; i + 1 < s->n; i++)
		number_add(&to->counts, (int64_t)s->counts[i] - 1);
}

static int put_streams(const struct streams *s, int32_t schema, struct buf *out)
{
	if (s->zeros.failed || s->nans.failed || s->gaps.failed || s->counts.failed)
		return -ENOMEM;
	buf_add_u8(out, (uint8_t)(schema - SKETCH_SCHEMA_MIN));
	column_put_ints(s->zeros.v, s->zeros.n, out);
	column_put_ints(s->nans.v, s->nans.n, out);
	buf_add_varint(out, s->gaps.n);
	buf_add_varint(out, s->counts.n);
	column_put_numbers(s->gaps.v, s->gaps.n, out);
	column_put_numbers(s->counts.v, s->counts.n, out);
	return 0;
}

static void put_alone(const struct record *records, const bool *wanted, uint32_t n, struct buf *out)
{
	buf_add_u8(out, ALONE);
	for (uint32_t i = 0; i < n; i++)
		if (wanted[i])
			sketch_encode(&records[i].window.sketch, out);
}

int sketches_put(const struct record *records, const bool *wanted, uint32_t n, struct buf *out)
{
	struct streams streams = { 0 };
	const struct sketch *first = NULL;
	bool usual = true;
	int r = 0;

	for (uint32_t i = 0; i < n && usual; i++) {
		if (!wanted[i])
			continue;
		if (!first)
			first = &records[i].window.sketch;
		usual = is_usual(&records[i].window, first->schema);
		if (usual)
			add_sketch(&streams, &records[i].window);
	}
	if (first && usual)
		r = put_streams(&streams, first->schema, out);
	else if (first)
		put_alone(records, wanted, n, out);
	streams_fini(&streams);
	return r;
}

/* ---- reading ---- */

static int64_t number_next(const struct numbers *numbers, uint32_t *at)
{
	return *at < numbers->n ? numbers->v[(*at)++] : -1;
}

/* Where each stands. */
struct places {
	uint32_t record, gap, count;
};

static bool index_good(int64_t index)
{
	return index >= INT32_MIN && index <= INT32_MAX;
}

/* Buckets from first to last, or as many as were said. -EBADMSG: that does not fit. */
static int get_buckets(struct sketch *sketch, int64_t index, int64_t last, uint64_t n, const struct streams *from,
		       struct places *at)
{
	for (;;) {
		int64_t gap;
		int r = sketch->n < SKETCH_BUCKETS && index_good(index) ? sketch_reserve(sketch, sketch->n + 1) : -EBADMSG;

		if (r < 0)
			return r;
		sketch->index[sketch->n++] = (int32_t)index;
		if (n ? sketch->n == n : index == last)
			return 0;
		gap = number_next(&from->gaps, &at->gap);
		if (gap < 0 || gap > UINT32_MAX || (!n && index + gap + 1 > last))
			return -EBADMSG;
		index += gap + 1;
	}
}

static bool get_counts(struct sketch *sketch, uint64_t left, const struct streams *from, struct places *at)
{
	for (uint32_t i = 0; i < sketch->n; i++) {
		int64_t count = i + 1 < sketch->n ? number_next(&from->counts, &at->count) : (int64_t)left - 1;

		if (count < 0 || (uint64_t)count >= left)
			return false;
		sketch->counts[i] = (uint64_t)count + 1;
		left -= sketch->counts[i];
	}
	return left == 0;
}

static int get_sketch(struct window *w, int32_t schema, const struct streams *from, struct places *at)
{
	struct sketch *sketch = &w->sketch;
	uint64_t zeros = (uint64_t)from->zeros.v[at->record], nans = (uint64_t)from->nans.v[at->record], n = 0;
	int64_t first, last = 0;
	int r = 0;

	at->record++;
	sketch_clear(sketch);
	sketch->schema = schema;
	if (w->count > (uint64_t)COLUMN_LARGEST || zeros > w->count || nans > w->count - zeros || isnan(w->min) || isnan(w->max))
		return -EBADMSG;
	sketch->zeros = zeros;
	sketch->nans = nans;
	if (has_buckets(w)) {
		first = tells(w->min) ? sketch_index(w->min, schema) : number_next(&from->gaps, &at->gap);
		if (tells(w->max))
			last = sketch_index(w->max, schema);
		else if ((n = (uint64_t)number_next(&from->gaps, &at->gap)) - 1 >= SKETCH_BUCKETS)
			return -EBADMSG;
		if (!n && first > last)
			return -EBADMSG;
		r = get_buckets(sketch, first, last, n, from, at);
	}
	if (r < 0)
		return r;
	w->has_sketch = true;
	return get_counts(sketch, w->count - zeros - nans, from, at) ? 0 : -EBADMSG;
}

static int numbers_room(struct numbers *numbers, uint64_t n)
{
	numbers->v = malloc((n ? n : 1) * sizeof *numbers->v);
	numbers->n = (uint32_t)n;
	return numbers->v ? 0 : -ENOMEM;
}

static int get_streams(struct streams *s, uint32_t n, struct reader *in)
{
	uint64_t gaps, counts;

	if (numbers_room(&s->zeros, n) < 0 || numbers_room(&s->nans, n) < 0)
		return -ENOMEM;
	column_get_ints(in, s->zeros.v, n);
	column_get_ints(in, s->nans.v, n);
	gaps = read_varint(in);
	counts = read_varint(in);
	if (in->bad || gaps > (uint64_t)n * (SKETCH_BUCKETS + 2) || counts > (uint64_t)n * SKETCH_BUCKETS)
		return -EBADMSG;
	if (numbers_room(&s->gaps, gaps) < 0 || numbers_room(&s->counts, counts) < 0)
		return -ENOMEM;
	column_get_numbers(in, s->gaps.v, (uint32_t)gaps);
	column_get_numbers(in, s->counts.v, (uint32_t)counts);
	return in->bad ? -EBADMSG : 0;
}

static int get_columns(struct record *records, const bool *wanted, uint32_t n, uint32_t sketched, int32_t schema, struct reader *in)
{
	struct streams streams = { 0 };
	struct places at = { 0 };
	int r = get_streams(&streams, sketched, in);

	for (uint32_t i = 0; i < n && r == 0; i++)
		if (wanted[i])
			r = get_sketch(&records[i].window, schema, &streams, &at);
	if (r == 0 && (at.gap != streams.gaps.n || at.count != streams.counts.n))
		r = -EBADMSG;
	streams_fini(&streams);
	return r;
}

static int get_alone(struct record *records, const bool *wanted, uint32_t n, struct reader *in)
{
	for (uint32_t i = 0; i < n; i++) {
		int r = wanted[i] ? sketch_decode(&records[i].window.sketch, in) : 0;

		if (r < 0)
			return r;
		records[i].window.has_sketch = wanted[i];
	}
	return 0;
}

int sketches_get(struct record *records, const bool *wanted, uint32_t n, struct reader *in)
{
	uint32_t sketched = 0;
	uint8_t head;

	for (uint32_t i = 0; i < n; i++)
		sketched += wanted[i];
	if (!sketched)
		return 0;
	head = read_u8(in);
	if (head == ALONE)
		return get_alone(records, wanted, n, in);
	if (in->bad || head > SKETCH_SCHEMA_MAX - SKETCH_SCHEMA_MIN)
		return -EBADMSG;
	return get_columns(records, wanted, n, sketched, head + SKETCH_SCHEMA_MIN, in);
}

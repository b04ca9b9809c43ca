/* SPDX-License-Identifier: MIT */
/*
 * record.c - the columns, each next to what it is close to:
 *
 *	n varint | at | end - at | end - start | flags | count
 *	first_at - start | end - last_at | last | first | min | max | sum | correction
 *	sketches of those that have one
 *
 * Every column is written and read by one walk over the same table, so what is
 * written is what is read. Sketches stand last: who wants none stops before.
 */
#include "store/record.h"
#include "store/column.h"

#include <errno.h>
#include <stdlib.h>

enum { FLAG_ENDED = 1, FLAG_SKETCH = 2, FLAGS_ALL = 3 };

/* The columns of a chunk, n entries each. */
struct columns {
	uint32_t n;
	int64_t *at, *end_off, *width, *flags, *count, *first_off, *last_off;
	double *last, *first, *min, *max, *sum, *correction;
	double *near;		/* scratch */
	void *memory;
};

enum { INT_COLUMNS = 7, DOUBLE_COLUMNS = 7 };

static int columns_init(struct columns *c, uint32_t n)
{
	int64_t **ints[INT_COLUMNS] = { &c->at, &c->end_off, &c->width, &c->flags, &c->count, &c->first_off, &c->last_off };
	double **doubles[DOUBLE_COLUMNS] = { &c->last, &c->first, &c->min, &c->max, &c->sum, &c->correction, &c->near };
	int64_t *memory = calloc(n, (INT_COLUMNS + DOUBLE_COLUMNS) * sizeof *memory);

	if (!memory)
		return -ENOMEM;
	c->n = n;
	c->memory = memory;
	for (int i = 0; i < INT_COLUMNS; i++)
		*ints[i] = memory + (size_t)i * n;
	for (int i = 0; i < DOUBLE_COLUMNS; i++)
		*doubles[i] = (double *)(void *)(memory + (size_t)(INT_COLUMNS + i) * n);
	return 0;
}

static void columns_fini(struct columns *c)
{
	free(c->memory);
}

static int64_t minus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }
static int64_t plus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

bool record_is_constant(const struct window *window)
{
	return window_is_constant(window);
}

static bool wants_sketch(const struct window *w)
{
	return w->has_sketch && !window_is_constant(w) && (w->count || w->sketch.nans);
}

static void from_record(struct columns *c, uint32_t i, const struct record *record)
{
	const struct window *w = &record->window;

	c->at[i] = record->at;
	c->end_off[i] = minus(w->end, record->at);
	c->width[i] = minus(w->end, w->start);
	c->flags[i] = (w->ended ? FLAG_ENDED : 0) | (wants_sketch(w) ? FLAG_SKETCH : 0);
	c->count[i] = (int64_t)w->count;
	c->first_off[i] = minus(w->first_at, w->start);
	c->last_off[i] = minus(w->end, w->last_at);
	c->last[i] = w->last;
	c->first[i] = w->first;
	c->min[i] = w->min;
	c->max[i] = w->max;
	c->sum[i] = w->sum;
	c->correction[i] = w->correction;
}

static void to_record(const struct columns *c, uint32_t i, struct record *record)
{
	struct window *w = &record->window;
	kymo_ms end = plus(c->at[i], c->end_off[i]);

	window_reset(w, minus(end, c->width[i]), end, SKETCH_NONE);
	record->at = c->at[i];
	w->ended = c->flags[i] & FLAG_ENDED;
	w->count = (uint64_t)c->count[i];
	w->first_at = plus(w->start, c->first_off[i]);
	w->last_at = minus(end, c->last_off[i]);
	w->last = c->last[i];
	w->first = c->first[i];
	w->min = c->min[i];
	w->max = c->max[i];
	w->sum = c->sum[i];
	w->correction = c->correction[i];
}

/*
 * What is near what. A window goes on where the one before ended; the sum of a
 * window is about count times its min; the mean is the first of a distribution.
 */
static const double *near_before(struct columns *c)
{
	c->near[0] = c->last[0];
	for (uint32_t i = 1; i < c->n; i++)
		c->near[i] = c->last[i - 1];
	return c->near;
}

static const double *near_count_times(struct columns *c, const double *value)
{
	for (uint32_t i = 0; i < c->n; i++)
		c->near[i] = (double)(uint64_t)c->count[i] * value[i];
	return c->near;
}

static const double *near_zero(struct columns *c)
{
	memset(c->near, 0, c->n * sizeof *c->near);
	return c->near;
}

/* The value columns in order: `walk` writes or reads each, given what is near. */
typedef void value_walk(void *with, double *column, const double *near, uint32_t n);

enum layout { AS_GAUGE, AS_COUNTER, AS_DISTRIBUTION, LAYOUTS };

static void walk_values(struct columns *c, enum layout layout, value_walk *walk, void *with)
{
	uint32_t n = c->n;

	walk(with, c->last, NULL, n);
	if (layout == AS_COUNTER) {
		walk(with, c->first, near_before(c), n);
		walk(with, c->min, c->first, n);
		walk(with, c->max, c->last, n);
	} else {
		walk(with, c->min, c->last, n);
		walk(with, c->max, c->min, n);
		walk(with, c->first, layout == AS_DISTRIBUTION ? c->last : near_before(c), n);
	}
	walk(with, c->sum, near_count_times(c, layout == AS_GAUGE ? c->min : c->last), n);
	walk(with, c->correction, near_zero(c), n);
}

static void walk_put(void *out, double *column, const double *near, uint32_t n)
{
	column_put_doubles(column, near, n, out);
}

static void walk_get(void *in, double *column, const double *near, uint32_t n)
{
	column_get_doubles(in, near, column, n);
}

static enum layout layout_of(enum series_kind kind)
{
	return kind == KIND_COUNTER ? AS_COUNTER : kind == KIND_DISTRIBUTION ? AS_DISTRIBUTION : AS_GAUGE;
}

int records_encode(const struct record *records, uint32_t n, enum series_kind kind, struct buf *out)
{
	enum layout layout = layout_of(kind);
	struct columns c;
	int r = columns_init(&c, n);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < n; i++) {
		from_record(&c, i, &records[i]);
		c.sum[i] = window_sum(&records[i].window);
	}
	buf_add_varint(out, n);
	column_put_ints(c.at, n, out);
	column_put_ints(c.end_off, n, out);
	column_put_ints(c.width, n, out);
	column_put_ints(c.flags, n, out);
	column_put_ints(c.count, n, out);
	column_put_ints(c.first_off, n, out);
	column_put_ints(c.last_off, n, out);
	buf_add_u8(out, (uint8_t)layout);
	walk_values(&c, layout, walk_put, out);
	columns_fini(&c);
	for (uint32_t i = 0; i < n; i++)
		if (wants_sketch(&records[i].window))
			sketch_encode(&records[i].window.sketch, out);
	return buf_failed(out) ? -ENOMEM : 0;
}

/* All but the sketches. */
static int decode_columns(struct reader *in, struct columns *c)
{
	enum layout layout;

	column_get_ints(in, c->at, c->n);
	column_get_ints(in, c->end_off, c->n);
	column_get_ints(in, c->width, c->n);
	column_get_ints(in, c->flags, c->n);
	column_get_ints(in, c->count, c->n);
	column_get_ints(in, c->first_off, c->n);
	column_get_ints(in, c->last_off, c->n);
	layout = (enum layout)read_u8(in);
	if (in->bad || layout >= LAYOUTS)
		return -EBADMSG;
	walk_values(c, layout, walk_get, in);
	return in->bad ? -EBADMSG : 0;
}

static bool columns_sound(const struct columns *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if ((i && c->at[i] <= c->at[i - 1]) || c->flags[i] & ~FLAGS_ALL || c->width[i] < 0)
			return false;
	return true;
}

static int decode_sketches(struct reader *in, const struct columns *c, struct record *records)
{
	for (uint32_t i = 0; i < c->n; i++) {
		int r;

		if (!(c->flags[i] & FLAG_SKETCH))
			continue;
		r = sketch_decode(&records[i].window.sketch, in);
		if (r < 0)
			return r;
		records[i].window.has_sketch = true;
	}
	return 0;
}

static int decode(const uint8_t *data, size_t size, struct record *records, uint32_t n, bool sketches)
{
	struct reader in = reader_of(data, size);
	struct columns c;
	int r;

	if (n == 0 || n > RECORDS_MOST || read_varint(&in) != n)
		return -EBADMSG;
	r = columns_init(&c, n);
	if (r < 0)
		return r;
	r = decode_columns(&in, &c);
	if (r == 0 && !columns_sound(&c))
		r = -EBADMSG;
	for (uint32_t i = 0; r == 0 && i < n; i++)
		to_record(&c, i, &records[i]);
	if (r == 0 && sketches)
		r = decode_sketches(&in, &c, records);
	columns_fini(&c);
	return r;
}

int records_decode(const uint8_t *data, size_t size, enum series_kind kind, struct record *records, uint32_t n)
{
	(void)kind;
	return decode(data, size, records, n, true);
}

int records_decode_plain(const uint8_t *data, size_t size, struct record *records, uint32_t n)
{
	return decode(data, size, records, n, false);
}

int64_t records_count(const uint8_t *data, size_t size)
{
	struct reader in = reader_of(data, size);
	uint64_t n = read_varint(&in);

	return in.bad || n == 0 || n > RECORDS_MOST ? -EBADMSG : (int64_t)n;
}

int records_first(const uint8_t *data, size_t size, kymo_ms *at)
{
	struct reader in = reader_of(data, size);

	read_varint(&in);
	*at = read_u8(&in) ? read_zigzag(&in) : 0;	/* the head of a column of integers, then its first */
	return in.bad ? -EBADMSG : 0;
}

void records_fini(struct record *records, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		window_fini(&records[i].window);
}

/* SPDX-License-Identifier: MIT */
/*
 * record.c - a chunk is columns:
 *
 *	n varint | at | end - at | end - start | flags | count
 *	first_at - start | end - last_at | what is special | values | sketches
 *
 * The columns of values are those of record_values.c, the sketches those of
 * record_sketches.c, which stand last: who wants none stops before. Which records
 * have one is said only where it does not follow from their values.
 */
#include "tier/record_columns.h"
#include "tier/column.h"
#include "model/sample.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { INT_COLUMNS = 7, SCRATCH_COLUMNS = 2 };

static int columns_init(struct columns *c, uint32_t n)
{
	int64_t **ints[INT_COLUMNS] = { &c->at, &c->end_off, &c->width, &c->flags, &c->count, &c->first_off, &c->last_off };
	int64_t *memory = malloc(n * (INT_COLUMNS + 2 * VALUE_COLUMNS + SCRATCH_COLUMNS) * sizeof *memory);

	if (!memory)
		return -ENOMEM;
	*c = (struct columns){ .n = n, .memory = memory };
	for (int i = 0; i < INT_COLUMNS; i++, memory += n)
		*ints[i] = memory;
	for (int i = 0; i < VALUE_COLUMNS; i++, memory += 2 * n) {
		c->value[i] = (double *)(void *)memory;
		c->integer[i] = memory + n;
	}
	c->near = memory;
	c->rest = memory + n;
	return 0;
}

void record_columns_fini(struct columns *c)
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
	c->value[LAST][i] = w->last;
	c->value[FIRST][i] = w->first;
	c->value[MIN][i] = w->min;
	c->value[MAX][i] = w->max;
	c->value[SUM][i] = window_sum(w);
	c->value[CORRECTION][i] = w->correction;
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
	w->last = c->value[LAST][i];
	w->first = c->value[FIRST][i];
	w->min = c->value[MIN][i];
	w->max = c->value[MAX][i];
	w->sum = c->value[SUM][i];
	w->correction = c->value[CORRECTION][i];
}

/* ---- what follows from the values ---- */

static bool is_plain_nan(double v)
{
	return value_bits(v) == value_bits((double)NAN);
}

/* As window_reset leaves it. */
static bool is_as_reset(const struct window *w)
{
	return is_plain_nan(w->min) && is_plain_nan(w->max) && is_plain_nan(w->first) && is_plain_nan(w->last) &&
	       value_bits(window_sum(w)) == 0 && value_bits(w->correction) == 0;
}

static bool has_odd_empty(const struct record *records, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (records[i].window.count == 0 && !is_as_reset(&records[i].window))
			return true;
	return false;
}

/* Does one usually have a sketch: those whose values differ. From what both sides know. */
static bool is_sketched_usually(const struct columns *c, uint32_t i)
{
	return c->count[i] && !(c->value[MIN][i] == c->value[MAX][i] && !isnan(c->value[SUM][i]));
}

static bool sketches_usual(const struct columns *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (!!(c->flags[i] & FLAG_SKETCH) != is_sketched_usually(c, i))
			return false;
	return true;
}

static enum layout layout_of(enum series_kind kind)
{
	return kind == KIND_COUNTER ? AS_COUNTER : kind == KIND_DISTRIBUTION ? AS_DISTRIBUTION : AS_GAUGE;
}

static void put_columns(struct columns *c, struct buf *out)
{
	bool usual = sketches_usual(c);

	for (uint32_t i = 0; i < c->n && usual; i++)
		c->flags[i] &= ~FLAG_SKETCH;
	buf_add_varint(out, c->n);
	column_put_ints(c->at, c->n, out);
	column_put_ints(c->end_off, c->n, out);
	column_put_ints(c->width, c->n, out);
	column_put_ints(c->flags, c->n, out);
	column_put_ints(c->count, c->n, out);
	column_put_ints(c->first_off, c->n, out);
	column_put_ints(c->last_off, c->n, out);
	buf_add_u8(out, (uint8_t)(c->layout | (c->empty_as_is ? EMPTY_AS_IS : 0) | (usual ? SKETCHES_USUAL : 0)));
	values_put(c, out);
}

static int put_sketches(const struct record *records, uint32_t n, struct buf *out)
{
	bool wanted[RECORDS_MOST];

	for (uint32_t i = 0; i < n; i++)
		wanted[i] = wants_sketch(&records[i].window);
	return sketches_put(records, wanted, n, out);
}

int records_encode(const struct record *records, uint32_t n, enum series_kind kind, struct buf *out)
{
	struct columns c;
	int r = columns_init(&c, n);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < n; i++)
		from_record(&c, i, &records[i]);
	c.layout = layout_of(kind);
	c.empty_as_is = has_odd_empty(records, n);
	put_columns(&c, out);
	record_columns_fini(&c);
	r = put_sketches(records, n, out);
	return buf_failed(out) ? -ENOMEM : r;
}

static void find_sketched(struct columns *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (is_sketched_usually(c, i))
			c->flags[i] |= FLAG_SKETCH;
}

/* All but the sketches. */
static int decode_columns(struct reader *in, struct columns *c)
{
	uint8_t special;

	column_get_ints(in, c->at, c->n);
	column_get_ints(in, c->end_off, c->n);
	column_get_ints(in, c->width, c->n);
	column_get_ints(in, c->flags, c->n);
	column_get_ints(in, c->count, c->n);
	column_get_ints(in, c->first_off, c->n);
	column_get_ints(in, c->last_off, c->n);
	special = read_u8(in);
	c->layout = (enum layout)(special & LAYOUT_MASK);
	c->empty_as_is = special & EMPTY_AS_IS;
	if (in->bad || c->layout >= LAYOUTS || special > SPECIALS_ALL)
		return -EBADMSG;
	values_get(c, in);
	if (special & SKETCHES_USUAL && !in->bad)
		find_sketched(c);
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
	bool wanted[RECORDS_MOST];

	for (uint32_t i = 0; i < c->n; i++)
		wanted[i] = c->flags[i] & FLAG_SKETCH;
	return sketches_get(records, wanted, c->n, in);
}

static int decode_from(struct reader *in, uint32_t n, struct columns *c)
{
	int r;

	if (n == 0 || n > RECORDS_MOST || read_varint(in) != n)
		return -EBADMSG;
	r = columns_init(c, n);
	if (r < 0)
		return r;
	r = decode_columns(in, c);
	return r == 0 && !columns_sound(c) ? -EBADMSG : r;
}

int record_columns_decode(const uint8_t *data, size_t size, uint32_t n, struct columns *c)
{
	struct reader in = reader_of(data, size);

	*c = (struct columns){ 0 };
	return decode_from(&in, n, c);
}

static int decode(const uint8_t *data, size_t size, struct record *records, uint32_t n, bool sketches)
{
	struct reader in = reader_of(data, size);
	struct columns c = { 0 };
	int r = decode_from(&in, n, &c);

	for (uint32_t i = 0; r == 0 && i < n; i++)
		to_record(&c, i, &records[i]);
	if (r == 0 && sketches)
		r = decode_sketches(&in, &c, records);
	record_columns_fini(&c);
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

void records_fini(struct record *records, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		window_fini(&records[i].window);
}

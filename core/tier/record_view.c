/* SPDX-License-Identifier: MIT */
/*
 * record_view.c - the heads of all columns of values are read first; then those
 * that are asked for, and those that they are made of, are computed in the order in
 * which they stand.
 *
 * The integers of record_values.c are doubles here, which machines compute with in
 * lanes: they are exact as long as they stay below EXACT, which is looked at on the
 * way. What does not is decoded as record.c does it, and copied.
 */
#include "tier/record_view.h"
#include "tier/column.h"
#include "tier/record_columns.h"
#include "codec/scale.h"
#include "codec/values.h"
#include "model/sample.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define EXACT 0x1p51		/* sums and products below are exact, and whole numbers can be told */
#define TO_WHOLE 0x1.8p52	/* added and taken away again: rounds to a whole number */

enum { TIME_COLUMNS = 4, OTHER_COLUMNS = 2, MEMORY_COLUMNS = TIME_COLUMNS + OTHER_COLUMNS + 2 * VALUE_COLUMNS };

/* A column of integers: all are `value`, or each stands in `each`. */
struct ints {
	int64_t *each;			/* NULL: constant */
	int64_t value;
};

struct part {
	const uint8_t *data;
	size_t size;
};

/* How a column of values is written. */
struct how {
	enum mode mode;
	enum near near;
	bool scaled;
	struct part numbers, ulps;
};

struct decoding {
	struct record_view *view;
	uint32_t n;
	unsigned wants;
	struct reader in;
	enum layout layout;
	bool empty_as_is;
	uint8_t exponent;
	bool inexact;			/* something was not below EXACT */
	unsigned valued;		/* bit set of columns whose values are wanted; of others integers are enough */
	int64_t *at, *start, *first_at, *last_at;
	uint64_t *count;
	double *rest;
	uint8_t *flags;
	struct how how[VALUE_COLUMNS];
	double *memory[VALUE_COLUMNS][2];
	const double *integer[VALUE_COLUMNS];	/* of the scaled ones */
	double *value[VALUE_COLUMNS];
};

static int64_t minus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }
static int64_t plus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

/* ---- memory ---- */

static int reserve(struct record_view *view, uint32_t n)
{
	if (n <= view->room)
		return 0;
	free(view->memory);
	view->room = 0;
	view->memory = malloc(n * (MEMORY_COLUMNS * sizeof(int64_t) + sizeof(uint8_t)));
	if (!view->memory)
		return -ENOMEM;
	view->room = n;
	return 0;
}

static void lay_out(struct decoding *d)
{
	int64_t *memory = d->view->memory, **times[TIME_COLUMNS] = { &d->at, &d->start, &d->first_at, &d->last_at };
	uint32_t n = d->n;

	for (int i = 0; i < TIME_COLUMNS; i++, memory += n)
		*times[i] = memory;
	d->count = (uint64_t *)memory;
	d->rest = (double *)(void *)(memory + n);
	memory += OTHER_COLUMNS * n;
	for (int i = 0; i < VALUE_COLUMNS; i++, memory += 2 * n) {
		d->memory[i][0] = (double *)(void *)memory;
		d->memory[i][1] = (double *)(void *)(memory + n);
	}
	d->flags = (uint8_t *)memory;
}

void record_view_fini(struct record_view *view)
{
	free(view->memory);
	*view = (struct record_view){ 0 };
}

/* ---- times, flags, counts ---- */

static struct ints get_ints(struct decoding *d, int64_t *memory)
{
	struct ints ints = { 0 };

	if (!column_get_constant(&d->in, &ints.value)) {
		ints.each = memory;
		column_get_ints(&d->in, memory, d->n);
	}
	return ints;
}

/* to = a + sign * b. */
static void add_ints(int64_t *to, const int64_t *a, const struct ints *b, int64_t sign, uint32_t n)
{
	if (!b->each)
		for (uint32_t i = 0; i < n; i++)
			to[i] = plus(a[i], sign * b->value);
	else
		for (uint32_t i = 0; i < n; i++)
			to[i] = sign > 0 ? plus(a[i], b->each[i]) : minus(a[i], b->each[i]);
}

static bool is_rising(const int64_t *at, uint32_t n)
{
	uint64_t falls = 0;

	for (uint32_t i = 1; i < n; i++)
		falls |= at[i] <= at[i - 1];
	return !falls;
}

static bool get_flags(struct decoding *d)
{
	struct ints flags = get_ints(d, (int64_t *)(void *)d->rest);
	int64_t all = 0;

	for (uint32_t i = 0; i < d->n && flags.each; i++)
		all |= flags.each[i];
	all |= flags.value;
	for (uint32_t i = 0; i < d->n && flags.each; i++)
		d->flags[i] = (uint8_t)(flags.each[i] & FLAG_ENDED);
	if (!flags.each)
		memset(d->flags, (int)(flags.value & FLAG_ENDED), d->n);
	return !(all & ~(int64_t)FLAGS_ALL);
}

static void get_counts(struct decoding *d)
{
	uint64_t any = 0;

	column_get_ints(&d->in, (int64_t *)d->count, d->n);
	for (uint32_t i = 0; i < d->n; i++)
		any |= d->count[i] == 0;
	d->view->has_empty = any;
}

/* No width is below 0. */
static bool are_widths(const struct ints *width, uint32_t n)
{
	int64_t all = width->value;

	for (uint32_t i = 0; i < n && width->each; i++)
		all |= width->each[i];
	return all >= 0;
}

/* What is not wanted lands where the values will be. */
static bool get_heads(struct decoding *d)
{
	int64_t *space = (int64_t *)(void *)d->memory[0][0];
	struct ints end_off, width, first_off, last_off;
	bool sound;

	column_get_ints(&d->in, d->at, d->n);
	end_off = get_ints(d, space);
	width = get_ints(d, space + d->n);
	sound = get_flags(d) && are_widths(&width, d->n) && is_rising(d->at, d->n);
	get_counts(d);
	if (!(d->wants & RECORD_TIMES)) {
		column_pass_ints(&d->in, d->n);
		column_pass_ints(&d->in, d->n);
		return sound && !d->in.bad;
	}
	first_off = get_ints(d, space + 2 * d->n);
	last_off = get_ints(d, space + 3 * d->n);
	add_ints(d->last_at, d->at, &end_off, 1, d->n);		/* the end */
	add_ints(d->start, d->last_at, &width, -1, d->n);
	add_ints(d->first_at, d->start, &first_off, 1, d->n);
	add_ints(d->last_at, d->last_at, &last_off, -1, d->n);
	return sound && !d->in.bad;
}

/* ---- how values are written ---- */

static struct part get_part(struct reader *in)
{
	struct part part;

	part.size = (size_t)read_varint(in);
	part.data = read_bytes(in, part.size);
	return part;
}

static bool are_scaled(const struct decoding *d, enum near near)
{
	enum value_column base[2];

	return near != NEAR_MEAN && (!near_bases(near, base) || (d->how[base[0]].scaled && d->how[base[1]].scaled));
}

static bool get_how(struct decoding *d, enum value_column column, unsigned done)
{
	struct how *how = &d->how[column];
	uint8_t byte = read_u8(&d->in);

	how->near = (enum near)(byte & 15);
	how->mode = (enum mode)(byte & MODES);
	if (byte & ~(MODES | 15 | WITH_ULPS) || how->near >= NEARS || !near_is_known(how->near, done) || how->mode > DOUBLES)
		return false;
	if (how->mode != SAME_BITS)
		how->numbers = get_part(&d->in);
	if (how->mode == INTEGERS && byte & WITH_ULPS)
		how->ulps = get_part(&d->in);
	how->scaled = how->mode == INTEGERS || (how->mode == SAME_BITS && near_is_copy(how->near) && are_scaled(d, how->near));
	return how->mode != INTEGERS || are_scaled(d, how->near);
}

static bool get_hows(struct decoding *d)
{
	uint8_t special = read_u8(&d->in);
	unsigned done = 0;

	d->layout = (enum layout)(special & LAYOUT_MASK);
	d->empty_as_is = special & EMPTY_AS_IS;
	d->exponent = read_u8(&d->in);
	if (d->in.bad || d->layout >= LAYOUTS || special > SPECIALS_ALL || d->exponent > EXPONENT_LARGEST)
		return false;
	for (int i = 0; i < VALUE_COLUMNS; i++) {
		enum value_column column = values_turn(d->layout, i);

		if (!get_how(d, column, done) || d->in.bad)
			return false;
		done |= 1u << column;
	}
	return true;
}

/* The columns that are to be computed, as a bit set. */
static unsigned needed(struct decoding *d)
{
	unsigned set = d->wants & ((1u << VALUE_COLUMNS) - 1);

	d->valued = set;
	for (int i = VALUE_COLUMNS; i--;) {
		enum value_column column = values_turn(d->layout, i), base[2];
		const struct how *how = &d->how[column];

		if (!(set >> column & 1) || how->mode == DOUBLES || !near_bases(how->near, base))
			continue;
		set |= 1u << base[0] | 1u << base[1];
		if (how->mode == SAME_BITS)
			d->valued |= 1u << base[0] | 1u << base[1];
	}
	return set;
}

/* ---- values ---- */

static bool decode_part(const struct part *part, double *v, uint32_t n)
{
	return values_decode(part->data, part->size, v, n) == 0;
}

/*
 * Whole numbers that are exact? TO_WHOLE moves all that is below EXACT to where doubles
 * are whole numbers, under one exponent. In bits, so that it goes in lanes.
 */
static bool are_whole(const double *v, uint32_t n)
{
	uint64_t beyond = 0, broken = 0;

	for (uint32_t i = 0; i < n; i++) {
		double moved = v[i] + TO_WHOLE;

		beyond |= value_bits(moved) ^ value_bits(TO_WHOLE);
		broken |= value_bits(moved - TO_WHOLE) ^ value_bits(v[i]);
	}
	return !(beyond >> 52) && !broken;
}

/* rest += count * (a + b) / 2, rounded down. false: that was not exact. */
static bool add_halves(const uint64_t *count, const double *a, const double *b, double *rest, uint32_t n)
{
	uint64_t beyond = 0;

	for (uint32_t i = 0; i < n; i++) {
		double half = (double)(int64_t)count[i] * (a[i] + b[i]) * 0.5, moved = half + TO_WHOLE, whole = moved - TO_WHOLE;

		beyond |= value_bits(moved) ^ value_bits(TO_WHOLE);
		rest[i] += whole - (whole > half ? 1.0 : 0.0) + 0.0;
	}
	return !(beyond >> 52);
}

static void add_products(const uint64_t *count, const double *a, double *rest, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		rest[i] += (double)(int64_t)count[i] * a[i] + 0.0;
}

static void add_plain(const double *a, double *rest, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		rest[i] = a[i] + rest[i] + 0.0;
}

/* A product that is not exact is four times EXACT at least, and so not below it once the rest, which is, has been added. */
static void add_near(struct decoding *d, enum near near, double *rest)
{
	enum value_column base[2];
	bool any = near_bases(near, base);
	const double *a = d->integer[base[0]], *b = d->integer[base[1]];

	switch (near) {
	case NEAR_BEFORE:
		rest[0] = a[0] + rest[0] + 0.0;
		add_plain(a, rest + 1, d->n - 1);
		break;
	case NEAR_N_MIN:
		add_products(d->count, a, rest, d->n);
		break;
	case NEAR_N_MIDDLE:
	case NEAR_N_ENDS:
		d->inexact |= !add_halves(d->count, a, b, rest, d->n);
		break;
	default:
		if (any)
			add_plain(a, rest, d->n);
		else
			for (uint32_t i = 0; i < d->n; i++)
				rest[i] += 0.0;
	}
}

static void unscale(const double *integer, double power, double *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		v[i] = integer[i] / power;
}

static bool add_ulps(struct decoding *d, const struct part *part, double *v)
{
	if (!decode_part(part, d->rest, d->n))
		return false;
	for (uint32_t i = 0; i < d->n; i++) {
		if (!(fabs(d->rest[i]) <= (double)COLUMN_LARGEST))
			return false;
		v[i] = value_of_bits(value_bits(v[i]) + (uint64_t)(int64_t)d->rest[i]);
	}
	return true;
}

static bool get_integers(struct decoding *d, enum value_column column)
{
	const struct how *how = &d->how[column];
	double *integer = d->memory[column][0], *value = d->memory[column][1];

	if (!decode_part(&how->numbers, integer, d->n))
		return false;
	d->inexact |= !are_whole(integer, d->n);
	add_near(d, how->near, integer);
	d->inexact |= !are_whole(integer, d->n);
	d->integer[column] = integer;
	if (!(d->valued >> column & 1))
		return true;
	unscale(integer, scale_powers[d->exponent], value, d->n);
	d->value[column] = value;
	return !how->ulps.data || add_ulps(d, &how->ulps, value);
}

/* What machines make of NaN differs. */
static double one_nan(double v)
{
	return isnan(v) ? (double)NAN : v;
}

/* What is near, in doubles, where it is not just another column. */
static void near_doubles(const struct decoding *d, enum near near, double *v)
{
	for (uint32_t i = 0; i < d->n; i++)
		switch (near) {
		case NEAR_N_MIN:
			v[i] = one_nan((double)d->count[i] * d->value[MIN][i]);
			break;
		case NEAR_MEAN:
			v[i] = d->count[i] ? one_nan(d->value[SUM][i] / (double)d->count[i]) : 0;
			break;
		default:
			v[i] = 0;
		}
}

/* Its neighbour in time, of the first the same. */
static void copy(const double *from, enum near near, double *to, uint32_t n)
{
	uint32_t back = near == NEAR_BEFORE;

	if (back)
		to[0] = from[0];
	memcpy(to + back, from, (n - back) * sizeof *to);
}

static void get_same(struct decoding *d, enum value_column column)
{
	const struct how *how = &d->how[column];
	enum value_column base[2];

	d->value[column] = d->memory[column][1];
	if (!near_is_copy(how->near)) {
		near_doubles(d, how->near, d->value[column]);
		return;
	}
	near_bases(how->near, base);
	copy(d->value[base[0]], how->near, d->value[column], d->n);
	if (!how->scaled)
		return;
	copy(d->integer[base[0]], how->near, d->memory[column][0], d->n);
	d->integer[column] = d->memory[column][0];
}

static bool get_column(struct decoding *d, enum value_column column)
{
	switch (d->how[column].mode) {
	case INTEGERS:
		return get_integers(d, column);
	case DOUBLES:
		d->value[column] = d->memory[column][1];
		return decode_part(&d->how[column].numbers, d->value[column], d->n);
	default:
		get_same(d, column);
		return true;
	}
}

/* Nothing is known of an empty window. */
static void empty_windows(struct decoding *d)
{
	if (!d->view->has_empty || d->empty_as_is)
		return;
	for (int column = 0; column < VALUE_COLUMNS; column++)
		for (uint32_t i = 0; i < d->n && d->valued >> column & 1; i++)
			if (!d->count[i])
				d->value[column][i] = column <= MAX ? NAN : 0;
}

static bool get_values(struct decoding *d)
{
	unsigned set = needed(d);

	for (int i = 0; i < VALUE_COLUMNS; i++) {
		enum value_column column = values_turn(d->layout, i);

		if (set >> column & 1 && !get_column(d, column))
			return false;
	}
	empty_windows(d);
	return true;
}

/* ---- all of it ---- */

static const double *shown(const struct decoding *d, enum value_column column)
{
	return d->wants >> column & 1 ? d->value[column] : NULL;
}

static void show(const struct decoding *d)
{
	struct record_view *view = d->view;
	bool times = d->wants & RECORD_TIMES;

	view->n = d->n;
	view->at = d->at;
	view->start = times ? d->start : NULL;
	view->first_at = times ? d->first_at : NULL;
	view->last_at = times ? d->last_at : NULL;
	view->count = d->count;
	view->flags = d->flags;
	view->last = shown(d, LAST);
	view->first = shown(d, FIRST);
	view->min = shown(d, MIN);
	view->max = shown(d, MAX);
	view->sum = shown(d, SUM);
	view->correction = shown(d, CORRECTION);
}

/* The way of record.c. */
static int read_exactly(struct decoding *d, const uint8_t *data, size_t size)
{
	struct columns c;
	int r = record_columns_decode(data, size, d->n, &c);

	for (int column = 0; column < VALUE_COLUMNS && r == 0; column++) {
		d->value[column] = d->memory[column][1];
		memcpy(d->value[column], c.value[column], d->n * sizeof *d->value[column]);
	}
	record_columns_fini(&c);
	return r;
}

int record_view_read(struct record_view *view, const uint8_t *data, size_t size, uint32_t n, unsigned wants)
{
	struct decoding d = { .view = view, .n = n, .wants = wants, .in = reader_of(data, size) };
	int r;

	if (n == 0 || n > RECORDS_MOST || read_varint(&d.in) != n)
		return -EBADMSG;
	if (reserve(view, n) < 0)
		return -ENOMEM;
	lay_out(&d);
	r = get_heads(&d) && get_hows(&d) && get_values(&d) ? 0 : -EBADMSG;
	if (d.inexact)
		r = read_exactly(&d, data, size);
	if (r == 0)
		show(&d);
	return r;
}

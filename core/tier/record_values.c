/* SPDX-License-Identifier: MIT */
/*
 * record_values.c - the columns of values, each as what it differs in from what is
 * near: the largest value of a window to the smallest, the first to the last of the
 * window before, the sum to count times the middle of both. In integers, where all
 * values are integers / 10^e for one e; a sum may be a few ulps beside one.
 *
 * Which columns a layout has in what order, and what may be near to each, stands in
 * one table. The writer takes what is shortest by an estimate in bits.
 */
#include "tier/record_columns.h"
#include "tier/column.h"
#include "codec/scale.h"
#include "model/sample.h"

#include <math.h>
#include <stdlib.h>

enum { CHOICES = 4, ULPS_MOST = 1 << 20 };

static const struct turn {
	enum value_column column;
	enum near near[CHOICES];	/* NEAR_NOTHING ends it, and is tried, too */
} turns[LAYOUTS][VALUE_COLUMNS] = {
	[AS_GAUGE] = { { MIN, { 0 } }, { MAX, { NEAR_MIN } }, { LAST, { NEAR_MIN, NEAR_MAX } },
		       { FIRST, { NEAR_BEFORE, NEAR_LAST, NEAR_MIN } }, { SUM, { NEAR_N_MIN, NEAR_N_MIDDLE, NEAR_N_ENDS } },
		       { CORRECTION, { 0 } } },
	[AS_COUNTER] = { { LAST, { 0 } }, { FIRST, { NEAR_BEFORE, NEAR_LAST } }, { MIN, { NEAR_FIRST } }, { MAX, { NEAR_LAST } },
			 { SUM, { NEAR_N_ENDS, NEAR_N_MIDDLE, NEAR_N_MIN } }, { CORRECTION, { 0 } } },
	[AS_DISTRIBUTION] = { { MIN, { 0 } }, { MAX, { NEAR_MIN } }, { SUM, { NEAR_N_MIN, NEAR_N_MIDDLE } },
			      { LAST, { NEAR_MEAN, NEAR_MIN } }, { FIRST, { NEAR_LAST, NEAR_MIN } }, { CORRECTION, { 0 } } },
};

static int64_t minus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }
static int64_t plus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }
static int64_t times(int64_t a, int64_t b) { return (int64_t)((uint64_t)a * (uint64_t)b); }

/* Nothing is known of an empty window: its values are NaN, and it takes no part. */
static bool is_empty(const struct columns *c, uint32_t i)
{
	return c->count[i] == 0 && !c->empty_as_is;
}

/* ---- what is near ---- */

enum value_column values_turn(enum layout layout, int i)
{
	return turns[layout][i].column;
}

bool near_bases(enum near near, enum value_column base[2])
{
	static const struct { bool any; enum value_column base[2]; } bases[NEARS] = {
		[NEAR_BEFORE] = { true, { LAST, LAST } }, [NEAR_LAST] = { true, { LAST, LAST } },
		[NEAR_FIRST] = { true, { FIRST, FIRST } }, [NEAR_MIN] = { true, { MIN, MIN } }, [NEAR_MAX] = { true, { MAX, MAX } },
		[NEAR_N_MIN] = { true, { MIN, MIN } }, [NEAR_N_MIDDLE] = { true, { MIN, MAX } },
		[NEAR_N_ENDS] = { true, { FIRST, LAST } }, [NEAR_MEAN] = { true, { SUM, SUM } },
	};

	base[0] = bases[near].base[0];
	base[1] = bases[near].base[1];
	return bases[near].any;
}

bool near_is_known(enum near near, unsigned done)
{
	enum value_column base[2];

	return !near_bases(near, base) || ((done >> base[0] & 1) && (done >> base[1] & 1));
}

static bool is_scaled_too(const struct columns *c, enum near near)
{
	enum value_column base[2];

	return near != NEAR_MEAN && (!near_bases(near, base) || (c->scaled[base[0]] && c->scaled[base[1]]));
}

/* In integers, to c->near. */
static void near_integers(struct columns *c, enum near near)
{
	enum value_column base[2];
	bool any = near_bases(near, base);
	const int64_t *a = c->integer[base[0]], *b = c->integer[base[1]];

	for (uint32_t i = 0; i < c->n; i++)
		switch (near) {
		case NEAR_BEFORE:
			c->near[i] = a[i ? i - 1 : 0];
			break;
		case NEAR_N_MIN:
			c->near[i] = times(c->count[i], a[i]);
			break;
		case NEAR_N_MIDDLE:
		case NEAR_N_ENDS:
			c->near[i] = times(c->count[i], plus(a[i], b[i])) >> 1;
			break;
		default:
			c->near[i] = any ? a[i] : 0;
		}
}

/* What machines make of NaN differs. */
static double one_nan(double v)
{
	return isnan(v) ? (double)NAN : v;
}

/* In doubles. */
static double near_double(const struct columns *c, enum near near, uint32_t i)
{
	switch (near) {
	case NEAR_BEFORE:
		return c->value[LAST][i ? i - 1 : 0];
	case NEAR_LAST:
		return c->value[LAST][i];
	case NEAR_FIRST:
		return c->value[FIRST][i];
	case NEAR_MIN:
		return c->value[MIN][i];
	case NEAR_MAX:
		return c->value[MAX][i];
	case NEAR_N_MIN:
		return one_nan((double)(uint64_t)c->count[i] * c->value[MIN][i]);
	case NEAR_MEAN:
		return c->count[i] ? one_nan(c->value[SUM][i] / (double)(uint64_t)c->count[i]) : 0;
	default:
		return 0;
	}
}

/* After a column that has the bits of what is near: it has its integers, too. */
static void copy_integers(struct columns *c, enum value_column column, enum near near)
{
	c->scaled[column] = near_is_copy(near) && is_scaled_too(c, near);
	if (!c->scaled[column])
		return;
	near_integers(c, near);
	memcpy(c->integer[column], c->near, c->n * sizeof *c->near);
}

/* ---- integers ---- */

/* Raise *e until v is an integer / 10^e. false: it never is. */
static bool raise_exponent(double v, uint8_t *e)
{
	int64_t integer;

	for (uint8_t try = *e; try <= EXPONENT_LARGEST; try++)
		if (scale_one(v, try, &integer)) {
			*e = try;
			return true;
		}
	return false;
}

static bool column_raises(const struct columns *c, enum value_column column, uint8_t *e)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (!is_empty(c, i) && !raise_exponent(c->value[column][i], e))
			return false;
	return true;
}

/* An empty window goes on with what was before. */
static bool scale_column(struct columns *c, enum value_column column)
{
	int64_t *integer = c->integer[column];

	for (uint32_t i = 0; i < c->n; i++)
		if (is_empty(c, i))
			integer[i] = i ? integer[i - 1] : 0;
		else if (!scale_one(c->value[column][i], c->exponent, &integer[i]))
			return false;
	return true;
}

static double unscaled(const struct columns *c, int64_t integer)
{
	return (double)integer / scale_powers[c->exponent];
}

/* How many ulps v is above an integer. */
static int64_t ulps_above(double v, double integer)
{
	return minus((int64_t)value_bits(v), (int64_t)value_bits(integer));
}

/* A sum of decimals is near an integer / 10^e, and in a few ulps there. */
static bool scale_sum(struct columns *c)
{
	int64_t *integer = c->integer[SUM];

	for (uint32_t i = 0; i < c->n; i++) {
		long double scaled = (long double)c->value[SUM][i] * (long double)scale_powers[c->exponent];
		int64_t ulps;

		if (is_empty(c, i)) {
			integer[i] = i ? integer[i - 1] : 0;
			continue;
		}
		if (!(fabsl(scaled) < 9e18L))
			return false;
		integer[i] = (int64_t)rintl(scaled);
		ulps = ulps_above(c->value[SUM][i], unscaled(c, integer[i]));
		if (ulps > ULPS_MOST || ulps < -ULPS_MOST)
			return false;
	}
	return true;
}

/* The sum and the correction count for nothing in the choice of e: they follow from the others. */
static void scale_all(struct columns *c)
{
	static const enum value_column single[] = { LAST, FIRST, MIN, MAX };
	bool can[VALUE_COLUMNS] = { false };

	c->exponent = 0;
	for (size_t i = 0; i < sizeof single / sizeof *single; i++) {
		uint8_t e = c->exponent;

		can[single[i]] = column_raises(c, single[i], &e);
		if (can[single[i]])
			c->exponent = e;
	}
	for (size_t i = 0; i < sizeof single / sizeof *single; i++)
		c->scaled[single[i]] = can[single[i]] && scale_column(c, single[i]);
	c->scaled[SUM] = scale_sum(c);
	c->scaled[CORRECTION] = scale_column(c, CORRECTION);
}

/* ---- writing ---- */

static bool has_bits_of(const struct columns *c, enum value_column column, enum near near)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (!is_empty(c, i) && value_bits(c->value[column][i]) != value_bits(near_double(c, near, i)))
			return false;
	return true;
}

static uint32_t bits_in(int64_t v)
{
	uint64_t zigzag = (uint64_t)v << 1 ^ (uint64_t)(v >> 63);

	return zigzag ? 64 - (uint32_t)__builtin_clzll(zigzag) : 0;
}

/* What c->near leaves to be written, to c->rest, and about how many bits that is. UINT64_MAX: it does not fit. */
static uint64_t rest_of(struct columns *c, enum value_column column)
{
	uint64_t alone = 0, steps_between = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		int64_t rest = minus(c->integer[column][i], c->near[i]);

		if (is_empty(c, i))
			rest = i ? c->rest[i - 1] : 0;
		if (rest > COLUMN_LARGEST || rest < -COLUMN_LARGEST)
			return UINT64_MAX;
		c->rest[i] = rest;
		alone += bits_in(rest);
		steps_between += bits_in(i ? minus(rest, c->rest[i - 1]) : rest);
	}
	return alone < steps_between ? alone : steps_between;
}

static void put_ulps(struct columns *c, struct buf *out)
{
	for (uint32_t i = 0; i < c->n; i++)
		c->rest[i] = is_empty(c, i) ? 0 : ulps_above(c->value[SUM][i], unscaled(c, c->integer[SUM][i]));
	column_put_numbers(c->rest, c->n, out);
}

static bool has_ulps(const struct columns *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (!is_empty(c, i) && ulps_above(c->value[SUM][i], unscaled(c, c->integer[SUM][i])))
			return true;
	return false;
}

static void put_integers(struct columns *c, enum value_column column, enum near near, struct buf *out)
{
	bool ulps = column == SUM && has_ulps(c);

	buf_add_u8(out, (uint8_t)(INTEGERS | near | (ulps ? WITH_ULPS : 0)));
	near_integers(c, near);
	rest_of(c, column);
	column_put_numbers(c->rest, c->n, out);
	if (ulps)
		put_ulps(c, out);
}

/* What is nearest in integers; NEARS: nothing fits. */
static enum near nearest(struct columns *c, const struct turn *turn)
{
	uint64_t least = UINT64_MAX;
	enum near best = NEARS;

	for (int i = 0; i < CHOICES; i++) {
		uint64_t bits;

		if (!is_scaled_too(c, turn->near[i]))
			continue;
		near_integers(c, turn->near[i]);
		bits = rest_of(c, turn->column);
		if (bits < least) {
			least = bits;
			best = turn->near[i];
		}
		if (turn->near[i] == NEAR_NOTHING)
			break;
	}
	return best;
}

static void put_column(struct columns *c, const struct turn *turn, struct buf *out)
{
	enum near near = NEARS;

	for (int i = 0; i < CHOICES && (i == 0 || turn->near[i]); i++)
		if (has_bits_of(c, turn->column, turn->near[i])) {
			buf_add_u8(out, (uint8_t)(SAME_BITS | turn->near[i]));
			copy_integers(c, turn->column, turn->near[i]);
			return;
		}
	if (c->scaled[turn->column])
		near = nearest(c, turn);
	c->scaled[turn->column] = near != NEARS;
	if (near != NEARS) {
		put_integers(c, turn->column, near, out);
		return;
	}
	buf_add_u8(out, DOUBLES);
	column_put_values(c->value[turn->column], c->n, out);
}

void values_put(struct columns *c, struct buf *out)
{
	scale_all(c);
	buf_add_u8(out, c->exponent);
	for (int i = 0; i < VALUE_COLUMNS; i++)
		put_column(c, &turns[c->layout][i], out);
}

/* ---- reading ---- */

static void get_ulps(struct columns *c, enum value_column column, struct reader *in)
{
	column_get_numbers(in, c->rest, c->n);
	for (uint32_t i = 0; i < c->n; i++)
		c->value[column][i] = value_of_bits((uint64_t)plus((int64_t)value_bits(c->value[column][i]), c->rest[i]));
}

static void get_integers(struct columns *c, enum value_column column, enum near near, bool ulps, struct reader *in)
{
	near_integers(c, near);
	column_get_numbers(in, c->rest, c->n);
	for (uint32_t i = 0; i < c->n; i++) {
		c->integer[column][i] = plus(c->near[i], c->rest[i]);
		c->value[column][i] = unscaled(c, c->integer[column][i]);
	}
	c->scaled[column] = true;
	if (ulps)
		get_ulps(c, column, in);
}

static void get_same(struct columns *c, enum value_column column, enum near near)
{
	for (uint32_t i = 0; i < c->n; i++)
		c->value[column][i] = near_double(c, near, i);
	copy_integers(c, column, near);
}

static void get_column(struct columns *c, enum value_column column, unsigned done, struct reader *in)
{
	uint8_t how = read_u8(in);
	enum near near = (enum near)(how & 15);
	enum mode mode = (enum mode)(how & MODES);

	if (how & ~(MODES | 15 | WITH_ULPS) || near >= NEARS || !near_is_known(near, done) ||
	    (mode == INTEGERS && !is_scaled_too(c, near)))
		in->bad = true;
	if (in->bad)
		return;
	c->scaled[column] = false;
	switch (mode) {
	case SAME_BITS:
		get_same(c, column, near);
		break;
	case INTEGERS:
		get_integers(c, column, near, how & WITH_ULPS, in);
		break;
	case DOUBLES:
		column_get_values(in, c->value[column], c->n);
		break;
	default:
		in->bad = true;
	}
}

static void empty_windows(struct columns *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		if (!is_empty(c, i))
			continue;
		for (int column = LAST; column <= MAX; column++)
			c->value[column][i] = NAN;
		c->value[SUM][i] = c->value[CORRECTION][i] = 0;
	}
}

void values_get(struct columns *c, struct reader *in)
{
	unsigned done = 0;

	c->exponent = read_u8(in);
	if (c->exponent > EXPONENT_LARGEST)
		in->bad = true;
	for (int i = 0; i < VALUE_COLUMNS && !in->bad; i++) {
		get_column(c, turns[c->layout][i].column, done, in);
		done |= 1u << turns[c->layout][i].column;
	}
	if (!in->bad)
		empty_windows(c);
}

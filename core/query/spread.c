/* SPDX-License-Identifier: MIT */
/*
 * spread.c - values are collected until somebody asks for ranks. When sketches and
 * values meet, the values go into the sketch, which begins at the finest schema
 * and takes that of the coarsest it is merged with.
 */
#include "query/rank.h"
#include "query/spread.h"

#include <errno.h>
#include <math.h>

enum { ROOM_FIRST = 256 };

void spread_init(struct spread *spread)
{
	*spread = (struct spread){ .min = NAN, .max = NAN };
	sketch_init(&spread->sketch, SKETCH_SCHEMA_MAX);
}

void spread_fini(struct spread *spread)
{
	free(spread->values);
	sketch_fini(&spread->sketch);
	spread_init(spread);
}

void spread_clear(struct spread *spread)
{
	spread->n = 0;
	sketch_clear(&spread->sketch);
	spread->sketch.schema = SKETCH_SCHEMA_MAX;
	spread->sketched = spread->unknown = false;
	spread->min = spread->max = NAN;
}

static void widen(struct spread *spread, double min, double max)
{
	if (!(spread->min <= min) && !isnan(min))
		spread->min = min;
	if (!(spread->max >= max) && !isnan(max))
		spread->max = max;
}

static int sketch_values(struct spread *spread, const double *values, uint32_t n)
{
	int r = sketch_add_all(&spread->sketch, values, n);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < n; i++)
		widen(spread, values[i], values[i]);
	spread->sketched = true;
	return 0;
}

/* From here on it is a sketch. */
static int turn_to_sketch(struct spread *spread)
{
	int r = sketch_values(spread, spread->values, spread->n);

	if (r == 0)
		spread->n = 0;
	return r;
}

static int reserve(struct spread *spread, uint32_t n)
{
	uint32_t room = spread->room ? spread->room : ROOM_FIRST;
	double *values;

	if (n <= spread->room)
		return 0;
	while (room < n)
		room *= 2;
	values = realloc(spread->values, room * sizeof *values);
	if (!values)
		return -ENOMEM;
	spread->values = values;
	spread->room = room;
	return 0;
}

int spread_add(struct spread *spread, const double *values, uint32_t n)
{
	int r;

	if (spread->sketched)
		return sketch_values(spread, values, n);
	if (n > SPREAD_EXACT - spread->n)
		return (r = turn_to_sketch(spread)) < 0 ? r : sketch_values(spread, values, n);
	if ((r = reserve(spread, spread->n + n)) < 0)
		return r;
	for (uint32_t i = 0; i < n; i++) {
		spread->values[spread->n] = values[i];
		spread->n += !isnan(values[i]);
	}
	return 0;
}

int spread_add_record(struct spread *spread, const struct piece *piece, uint32_t i)
{
	int r;

	if (!piece->count[i])
		return 0;
	if (piece->flags[i] & RECORD_CONSTANT) {
		r = sketch_add(&spread->sketch, piece->min[i], piece->count[i]);
	} else if (piece->sketch && piece->sketch[i]) {
		r = sketch_merge(&spread->sketch, piece->sketch[i]);
	} else {
		spread->unknown = true;
		return 0;
	}
	if (r < 0)
		return r;
	widen(spread, piece->min[i], piece->max[i]);
	spread->sketched = true;
	return 0;
}

static double exact(double *values, uint32_t n, double q)
{
	double rank = q * (n - 1), weight = rank - floor(rank), value;
	uint32_t low = (uint32_t)rank;

	value = rank_place(values, n, low);
	if (weight == 0)
		return value;		/* not by way of 0 * Inf */
	return value * (1 - weight) + rank_least(values + low + 1, n - low - 1) * weight;
}

int spread_quantile(struct spread *spread, double q, double *out)
{
	*out = NAN;
	if (spread->unknown || isnan(q))
		return 0;
	if (spread->sketched && spread->n) {
		int r = turn_to_sketch(spread);

		if (r < 0)
			return r;
	}
	if (spread->sketched)
		*out = sketch_quantile(&spread->sketch, q, spread->min, spread->max);
	else if (spread->n)
		*out = q < 0 ? -INFINITY : q > 1 ? INFINITY : exact(spread->values, spread->n, q);
	return 0;
}

double spread_error(const struct spread *spread)
{
	return spread->sketched && !spread->unknown ? sketch_error(spread->sketch.schema) : 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * tally.c - loops over points, four at a time (lanes.h). The arrays are rounded up to
 * whole fours; what is left of a column at its end is padded with absent values.
 */
#include "eval/tally.h"
#include "eval/lanes.h"
#include "eval/statistics.h"

#include <math.h>

enum { NUMBERS_MOST = 3 };

static uint32_t round_up(uint32_t points) { return (points + LANES - 1) / LANES * LANES; }

bool tally_can(enum aggregate_op op)
{
	return op <= AGGREGATE_STDVAR;
}

static bool is_deviation(enum aggregate_op op)
{
	return op == AGGREGATE_STDDEV || op == AGGREGATE_STDVAR;
}

/* Doubles of a point. The marks of avg take another eighth. */
static uint32_t numbers_of(enum aggregate_op op)
{
	if (op == AGGREGATE_AVG || is_deviation(op))
		return NUMBERS_MOST;
	return op == AGGREGATE_SUM ? 2 : 1;
}

static size_t doubles(enum aggregate_op op, uint32_t points)
{
	size_t n = (size_t)round_up(points) * numbers_of(op);

	return op == AGGREGATE_AVG ? n + (round_up(points) + 7) / 8 : n;
}

int tally_init(struct tally *tally, struct eval *eval, enum aggregate_op op, uint32_t points)
{
	uint32_t n = round_up(points), numbers = numbers_of(op);
	double *memory = eval_alloc(eval, doubles(op, points), sizeof *memory);

	if (!memory)
		return eval->err->code;
	*tally = (struct tally){ .value = memory, .memory = memory };
	if (numbers > 1)
		tally->carry = memory + n;
	if (numbers > 2)
		tally->count = memory + 2 * (size_t)n;
	if (op == AGGREGATE_AVG)
		tally->means = (uint8_t *)(memory + 3 * (size_t)n);
	if (op == AGGREGATE_COUNT || is_deviation(op))
		return 0;	/* they count from nought */
	for (uint32_t i = 0; i < n; i++)
		tally->value[i] = absent();
	return 0;
}

void tally_fini(struct tally *tally, struct eval *eval, enum aggregate_op op, uint32_t points)
{
	eval_free(eval, tally->memory, doubles(op, points), sizeof *tally->memory);
	*tally = (struct tally){ 0 };
}

/* ---- sum, avg ---- */

/* After Knuth's TwoSum: what the sum lost is exact, in whatever order. Infinite sums have lost nothing. */
#define ADD_COMPENSATED(sum, x, total, lost) \
	lanes total = sum + x, seen_ = total - sum, lost = (sum - (total - seen_)) + (x - seen_)

LANE_INLINE void sum_columns_body(double *value, double *carry, const double *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += LANES) {
		lanes sum = *(const lanes *)&value[i], lost_before = *(const lanes *)&carry[i], x = *(const lanes *)&v[i];
		masks fresh = LANES_ABSENT(sum), gone = LANES_ABSENT(x);
		masks still = fresh & gone;

		sum = LANES_NULL_WHERE(fresh, sum);
		x = LANES_NULL_WHERE(gone, x);

		ADD_COMPENSATED(sum, x, total, lost);
		*(lanes *)&value[i] = LANES_CHOOSE(still, LANES_ALL(absent()), total);
		*(lanes *)&carry[i] = LANES_NULL_WHERE(LANES_INFINITE(total), lost_before + lost);
	}
}
DEFINE_LOOP(sum_columns, (double *value, double *carry, const double *v, uint32_t n), (value, carry, v, n))

/* A mean of n - 1 values and one more: each is weighed, so that nothing overflows. */
static void add_to_mean(double x, double n, double *mean, double *carry)
{
	double weight = (n - 1) / n;

	*mean *= weight;
	*carry *= weight;
	sum_add(x / n, mean, carry);
}

static void avg_one(struct tally *tally, uint32_t i, double x)
{
	double n = tally->count[i] += 1;
	double sum = n > 1 ? tally->value[i] : 0, carry = tally->carry[i];

	if (!tally->means[i]) {
		sum_add(x, &sum, &carry);
		if (n == 1 || !isinf(sum)) {
			tally->value[i] = sum;
			tally->carry[i] = carry;
			return;
		}
		tally->means[i] = 1;
		tally->any_means = true;
		tally->value[i] /= n - 1;
		tally->carry[i] /= n - 1;
	}
	add_to_mean(x, n, &tally->value[i], &tally->carry[i]);
}

static void avg_some(struct tally *tally, uint32_t from, const double *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!is_absent(v[i]))
			avg_one(tally, from + i, v[i]);
}

/* Four points whose sum would become infinite go one by one. */
LANE_INLINE void avg_columns_body(struct tally *tally, uint32_t from, const double *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += LANES) {
		lanes *value = (lanes *)&tally->value[from + i], *carry = (lanes *)&tally->carry[from + i];
		lanes *count = (lanes *)&tally->count[from + i];
		lanes sum = *value, x = *(const lanes *)&v[i];
		masks fresh = LANES_ABSENT(sum), gone = LANES_ABSENT(x), still = fresh & gone;

		sum = LANES_NULL_WHERE(fresh, sum);
		x = LANES_NULL_WHERE(gone, x);

		ADD_COMPENSATED(sum, x, total, lost);
		masks infinite = LANES_INFINITE(total);

		if (MASKS_ANY(infinite)) {
			avg_some(tally, from + i, &v[i], LANES);
			continue;
		}
		*value = LANES_CHOOSE(still, LANES_ALL(absent()), total);
		*carry += lost;
		*count += LANES_NULL_WHERE(gone, LANES_ALL(1.0));
	}
}
DEFINE_LOOP(avg_columns, (struct tally *tally, uint32_t from, const double *v, uint32_t n), (tally, from, v, n))

/* ---- min, max, count, group ---- */

LANE_INLINE void min_columns_body(double *value, const double *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += LANES) {
		lanes least = *(const lanes *)&value[i], x = *(const lanes *)&v[i];
		masks take = ((masks)(least > x) | (masks)(least != least)) & ~LANES_ABSENT(x);	/* any number rather than NaN */

		*(lanes *)&value[i] = LANES_CHOOSE(take, x, least);
	}
}
DEFINE_LOOP(min_columns, (double *value, const double *v, uint32_t n), (value, v, n))

LANE_INLINE void max_columns_body(double *value, const double *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += LANES) {
		lanes most = *(const lanes *)&value[i], x = *(const lanes *)&v[i];
		masks take = ((masks)(most < x) | (masks)(most != most)) & ~LANES_ABSENT(x);

		*(lanes *)&value[i] = LANES_CHOOSE(take, x, most);
	}
}
DEFINE_LOOP(max_columns, (double *value, const double *v, uint32_t n), (value, v, n))

LANE_INLINE void count_columns_body(double *value, const double *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += LANES)
		*(lanes *)&value[i] += LANES_NULL_WHERE(LANES_ABSENT(*(const lanes *)&v[i]), LANES_ALL(1.0));
}
DEFINE_LOOP(count_columns, (double *value, const double *v, uint32_t n), (value, v, n))

LANE_INLINE void group_columns_body(double *value, const double *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += LANES) {
		masks gone = LANES_ABSENT(*(const lanes *)&v[i]);

		*(lanes *)&value[i] = LANES_CHOOSE(gone, *(const lanes *)&value[i], LANES_ALL(1.0));
	}
}
DEFINE_LOOP(group_columns, (double *value, const double *v, uint32_t n), (value, v, n))

/* ---- stddev, stdvar: value is the sum of squares, carry the mean ---- */

LANE_INLINE void deviation_columns_body(double *value, double *means, double *counts, const double *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += LANES) {
		lanes squares = *(const lanes *)&value[i], mean = *(const lanes *)&means[i], x = *(const lanes *)&v[i];
		lanes count = *(const lanes *)&counts[i], next = count + 1.0, off = x - mean, moved = mean + off / next;
		lanes more = squares + off * (x - moved);
		masks gone = LANES_ABSENT(x);

		*(lanes *)&value[i] = LANES_CHOOSE(gone, squares, more);
		*(lanes *)&means[i] = LANES_CHOOSE(gone, mean, moved);
		*(lanes *)&counts[i] = LANES_CHOOSE(gone, count, next);
	}
}
DEFINE_LOOP(deviation_columns, (double *value, double *means, double *counts, const double *v, uint32_t n), (value, means, counts, v, n))

/* ---- all of them ---- */

static void add_fours(struct tally *tally, enum aggregate_op op, uint32_t from, const double *v, uint32_t n)
{
	double *value = tally->value + from;

	switch (op) {
	case AGGREGATE_SUM:
		sum_columns(value, tally->carry + from, v, n);
		break;
	case AGGREGATE_AVG:
		if (tally->any_means)
			avg_some(tally, from, v, n);
		else
			avg_columns(tally, from, v, n);
		break;
	case AGGREGATE_MIN:
		min_columns(value, v, n);
		break;
	case AGGREGATE_MAX:
		max_columns(value, v, n);
		break;
	case AGGREGATE_COUNT:
		count_columns(value, v, n);
		break;
	case AGGREGATE_GROUP:
		group_columns(value, v, n);
		break;
	default:
		deviation_columns(value, tally->carry + from, tally->count + from, v, n);
		break;
	}
}

void tally_add(struct tally *tally, enum aggregate_op op, const double *values, uint32_t points)
{
	uint32_t whole = points / LANES * LANES;
	double padded[LANES];

	if (whole)
		add_fours(tally, op, 0, values, whole);
	if (whole == points)
		return;
	for (uint32_t i = 0; i < LANES; i++)
		padded[i] = whole + i < points ? values[whole + i] : absent();
	add_fours(tally, op, whole, padded, LANES);
}

/* Without a value there is no result. */
static double finish_one(const struct tally *tally, enum aggregate_op op, uint32_t i)
{
	double value = tally->value[i];

	switch (op) {
	case AGGREGATE_SUM:
		return is_absent(value) ? value : value + tally->carry[i];
	case AGGREGATE_AVG:
		if (is_absent(value) || tally->means[i])
			return is_absent(value) ? value : value + tally->carry[i];
		return value / tally->count[i] + tally->carry[i] / tally->count[i];
	case AGGREGATE_COUNT:
		return value > 0 ? value : absent();
	case AGGREGATE_STDDEV:
		return tally->count[i] > 0 ? sqrt(value / tally->count[i]) : absent();
	case AGGREGATE_STDVAR:
		return tally->count[i] > 0 ? value / tally->count[i] : absent();
	default:
		return value;
	}
}

void tally_finish(struct tally *tally, enum aggregate_op op, uint32_t points)
{
	if (op == AGGREGATE_MIN || op == AGGREGATE_MAX || op == AGGREGATE_GROUP)
		return;
	for (uint32_t i = 0; i < points; i++)
		tally->value[i] = finish_one(tally, op, i);
}

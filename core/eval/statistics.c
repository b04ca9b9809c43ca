/* SPDX-License-Identifier: MIT */
/*
 * statistics.c - long runs go eight values side by side, in vectors of four
 * (lanes.h). What an addition rounds away is kept exactly (Knuth's two-sum, which
 * needs no comparison), so the order of the additions does not show; where an
 * infinity, a NaN or an overflow is in sight the order matters, and the values are
 * added one after the other.
 */
#include "eval/statistics.h"
#include "eval/lanes.h"
#include "query/rank.h"

#include <float.h>
#include <string.h>

enum { SIDE = 8 /* by side */, VECTORS = SIDE / LANES, SHORT = 24 };

/* Below this in size, 2^32 values cannot add up to an infinity. */
#define SMALL (DBL_MAX / 0x1p33)

struct total {
	double sum, low;
};

static struct total add_in_order(const double *v, uint32_t n, struct total total)
{
	for (uint32_t i = 0; i < n; i++)
		sum_add(v[i], &total.sum, &total.low);
	return total;
}

struct side_sums {
	lanes sum[VECTORS], low[VECTORS], size[VECTORS];	/* size: the largest, without its sign */
};

LANE_INLINE void sum_side_by_side_body(const double *v, uint32_t n, struct side_sums *out)
{
	lanes sum[VECTORS] = { { 0 } }, low[VECTORS] = { { 0 } }, size[VECTORS] = { { 0 } };

	for (uint32_t i = 0; i < n; i += SIDE)
		for (uint32_t k = 0; k < VECTORS; k++) {
			lanes x = *(const lanes *)&v[i + k * LANES], next = sum[k] + x, part = next - sum[k];
			lanes positive = AS_LANES(AS_MASKS(x) & MASKS_ALL(INT64_MAX));

			low[k] += (sum[k] - (next - part)) + (x - part);
			sum[k] = next;
			size[k] = LANES_CHOOSE((masks)(positive > size[k]), positive, size[k]);
		}
	memcpy(out->sum, sum, sizeof sum);
	memcpy(out->low, low, sizeof low);
	memcpy(out->size, size, sizeof size);
}
DEFINE_LOOP(sum_side_by_side, (const double *v, uint32_t n, struct side_sums *out), (v, n, out))

/* The first n values, a multiple of SIDE. false: the order matters. */
static bool add_in_lanes(const double *v, uint32_t n, struct total *total)
{
	struct side_sums of;

	sum_side_by_side(v, n, &of);
	*total = (struct total){ 0, 0 };
	for (uint32_t i = 0; i < SIDE; i++) {
		if (!(of.size[i / LANES][i % LANES] < SMALL) || !isfinite(of.sum[i / LANES][i % LANES]))
			return false;
		sum_add(of.sum[i / LANES][i % LANES], &total->sum, &total->low);
		total->low += of.low[i / LANES][i % LANES];
	}
	return true;
}

/* *in_order: it took them one by one. */
static struct total add(const double *v, uint32_t n, bool *in_order)
{
	uint32_t whole = n / SIDE * SIDE;
	struct total total = { 0, 0 };

	*in_order = n < SHORT || !add_in_lanes(v, whole, &total);
	if (*in_order)
		return add_in_order(v, n, (struct total){ 0, 0 });
	return add_in_order(v + whole, n - whole, total);
}

double values_sum(const double *v, uint32_t n)
{
	bool in_order;
	struct total total = add(v, n, &in_order);

	return sum_total(total.sum, total.low);
}

/* As long as the sum is no infinity it is divided at the end; from there on the mean itself is carried along. */
static double mean_in_order(const double *v, uint32_t n)
{
	double mean = v[0], low = 0;
	uint32_t i = 1;

	for (; i < n; i++) {
		double sum = mean, sum_low = low;

		sum_add(v[i], &sum, &sum_low);
		if (isinf(sum))
			break;
		mean = sum;
		low = sum_low;
	}
	if (i == n)
		return mean / n + low / n;
	mean /= i;
	low /= i;
	for (; i < n; i++) {
		double count = i + 1.0, share = i / count;

		mean *= share;
		low *= share;
		sum_add(v[i] / count, &mean, &low);
	}
	return mean + low;
}

double values_mean(const double *v, uint32_t n)
{
	bool in_order;
	struct total total = add(v, n, &in_order);

	if (in_order && !isfinite(total.sum))
		return mean_in_order(v, n);
	return total.sum / n + total.low / n;
}

/* ---- the least and the largest ---- */

static double min_in_order(const double *v, uint32_t n, double min)
{
	uint32_t i = 0;

	while (i < n && isnan(min))
		min = v[i++];
	for (; i < n; i++)		/* without a branch: nobody foresees which it is */
		min = v[i] < min ? v[i] : min;
	return min;
}

static double max_in_order(const double *v, uint32_t n, double max)
{
	uint32_t i = 0;

	while (i < n && isnan(max))
		max = v[i++];
	for (; i < n; i++)		/* without a branch: nobody foresees which it is */
		max = v[i] > max ? v[i] : max;
	return max;
}

/* n is a multiple of SIDE. A comparison with NaN is false, so it takes nobody's place. */
LANE_INLINE void min_side_by_side_body(const double *v, uint32_t n, lanes *out)
{
	lanes min[VECTORS];

	for (uint32_t k = 0; k < VECTORS; k++)
		min[k] = out[k];
	for (uint32_t i = 0; i < n; i += SIDE)
		for (uint32_t k = 0; k < VECTORS; k++) {
			lanes x = *(const lanes *)&v[i + k * LANES];

			min[k] = LANES_CHOOSE((masks)(x < min[k]), x, min[k]);
		}
	for (uint32_t k = 0; k < VECTORS; k++)
		out[k] = min[k];
}
DEFINE_LOOP(min_side_by_side, (const double *v, uint32_t n, lanes *out), (v, n, out))

static double min_in_lanes(const double *v, uint32_t n, double begin)
{
	lanes min[VECTORS] = { LANES_ALL(begin), LANES_ALL(begin) };
	double out = begin;

	min_side_by_side(v, n, min);
	for (uint32_t i = 0; i < SIDE; i++)
		if (min[i / LANES][i % LANES] < out)
			out = min[i / LANES][i % LANES];
	return out;
}

LANE_INLINE void max_side_by_side_body(const double *v, uint32_t n, lanes *out)
{
	lanes max[VECTORS];

	for (uint32_t k = 0; k < VECTORS; k++)
		max[k] = out[k];
	for (uint32_t i = 0; i < n; i += SIDE)
		for (uint32_t k = 0; k < VECTORS; k++) {
			lanes x = *(const lanes *)&v[i + k * LANES];

			max[k] = LANES_CHOOSE((masks)(x > max[k]), x, max[k]);
		}
	for (uint32_t k = 0; k < VECTORS; k++)
		out[k] = max[k];
}
DEFINE_LOOP(max_side_by_side, (const double *v, uint32_t n, lanes *out), (v, n, out))

static double max_in_lanes(const double *v, uint32_t n, double begin)
{
	lanes max[VECTORS] = { LANES_ALL(begin), LANES_ALL(begin) };
	double out = begin;

	max_side_by_side(v, n, max);
	for (uint32_t i = 0; i < SIDE; i++)
		if (max[i / LANES][i % LANES] > out)
			out = max[i / LANES][i % LANES];
	return out;
}

/* Of zeros the first counts, and lanes do not know which that is. */
static double first_zero(const double *v)
{
	while (*v != 0)
		v++;
	return *v;
}

double values_min(const double *v, uint32_t n)
{
	uint32_t whole = n / SIDE * SIDE;
	double min;

	if (n < SHORT || isnan(v[0]))
		return min_in_order(v, n, v[0]);
	min = min_in_order(v + whole, n - whole, min_in_lanes(v, whole, v[0]));
	return min == 0 ? first_zero(v) : min;
}

double values_max(const double *v, uint32_t n)
{
	uint32_t whole = n / SIDE * SIDE;
	double max;

	if (n < SHORT || isnan(v[0]))
		return max_in_order(v, n, v[0]);
	max = max_in_order(v + whole, n - whole, max_in_lanes(v, whole, v[0]));
	return max == 0 ? first_zero(v) : max;
}

/* ---- how far they lie apart ---- */

/*
 * In two passes: squared distances from the mean, less what the mean's own rounding
 * adds to them. Held between the extremes, the mean of equal values is that value,
 * and their variance 0.
 */
double values_variance(const double *v, uint32_t n)
{
	double mean = values_mean(v, n), squares = 0, low = 0, apart = 0, variance;

	if (!isfinite(mean))
		return NAN;		/* how far is it from infinity? */
	mean = fmin(fmax(mean, values_min(v, n)), values_max(v, n));
	for (uint32_t i = 0; i < n; i++) {
		double distance = v[i] - mean;

		sum_add(distance * distance, &squares, &low);
		apart += distance;
	}
	variance = (sum_total(squares, low) - apart * apart / n) / n;
	return variance < 0 ? 0 : variance;
}

/* ---- ranks ---- */

/* NaNs to the front; how many. */
static uint32_t move_nans(double *v, uint32_t n)
{
	uint32_t nans = 0;

	for (uint32_t i = 0; i < n; i++)
		if (isnan(v[i])) {
			double nan = v[i];

			v[i] = v[nans];
			v[nans++] = nan;
		}
	return nans;
}

double values_quantile(double q, double *v, uint32_t n)
{
	double rank = q * (n - 1.0), weight = rank - floor(rank), lower, upper;
	uint32_t at, nans;

	if (isnan(q))
		return NAN;
	if (q < 0 || q > 1)
		return q < 0 ? -INFINITY : INFINITY;
	nans = move_nans(v, n);
	at = (uint32_t)rank;
	lower = at < nans ? v[at] : rank_place(v + nans, n - nans, at - nans);
	upper = lower;
	if (at + 1 < nans)
		upper = v[at + 1];
	else if (at + 1 < n)
		upper = rank_least(v + (at + 1 > nans ? at + 1 : nans), n - (at + 1 > nans ? at + 1 : nans));
	return lower * (1 - weight) + upper * weight;
}

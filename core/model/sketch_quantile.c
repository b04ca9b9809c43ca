/* SPDX-License-Identifier: MIT */
/*
 * sketch_quantile.c - ranks. In order of value: negative buckets, zeros,
 * positive buckets; the signed index rises with the value, so that is one walk.
 */
#include "model/sketch.h"

#include <math.h>

/* What the estimate goes by; min and max are NaN when they cannot be trusted. */
struct ranks {
	const struct sketch *sketch;
	uint64_t count;
	double min, max;
};

static double at_rank(const struct ranks *ranks, uint64_t rank)
{
	const struct sketch *sketch = ranks->sketch;
	bool zeros_passed = false;
	uint64_t seen = 0;

	if (rank == 0 && !isnan(ranks->min))
		return ranks->min;
	if (rank == ranks->count - 1 && !isnan(ranks->max))
		return ranks->max;
	for (uint32_t i = 0; i < sketch->n; i++) {
		if (sketch->index[i] > 0 && !zeros_passed) {
			zeros_passed = true;
			seen = counts_plus(seen, sketch->zeros);
			if (rank < seen)
				return 0;
		}
		seen = counts_plus(seen, sketch->counts[i]);
		if (rank < seen)
			return sketch_middle(sketch->index[i], sketch->schema);
	}
	return 0;
}

/* Is v in the lowest (highest) bucket that is used? */
static bool is_outer(const struct sketch *sketch, double v, bool highest)
{
	uint32_t at = highest && sketch->n ? sketch->n - 1 : 0;
	bool zero_is_outer = sketch->zeros &&
		(!sketch->n || (highest ? sketch->index[at] < 0 : sketch->index[at] > 0));

	if (isnan(v))
		return false;
	if (v == 0 || zero_is_outer)
		return v == 0 && zero_is_outer;
	return sketch_index(v, sketch->schema) == sketch->index[at];
}

static double between(double low, double high, double weight)
{
	if (weight == 0 || low == high)
		return low;
	return low * (1 - weight) + high * weight;
}

double sketch_quantile(const struct sketch *sketch, double q, double min, double max)
{
	struct ranks ranks = { sketch, sketch_count(sketch), min, max };
	double rank, v;
	uint64_t low;

	if (!ranks.count || isnan(q))
		return NAN;
	if (q < 0 || q > 1)
		return q < 0 ? -INFINITY : INFINITY;
	if (!is_outer(sketch, min, false))
		ranks.min = NAN;
	if (!is_outer(sketch, max, true))
		ranks.max = NAN;
	rank = q * (double)(ranks.count - 1);
	low = rank >= (double)(ranks.count - 1) ? ranks.count - 1 : (uint64_t)rank;
	v = at_rank(&ranks, low);
	if (low + 1 < ranks.count)
		v = between(v, at_rank(&ranks, low + 1), rank - (double)low);
	if (v < min)
		v = min;
	return v > max ? max : v;
}

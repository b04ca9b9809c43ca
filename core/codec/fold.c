/* SPDX-License-Identifier: MIT */
/* fold.c - what is kept of a run of values, without writing the run anywhere. */
#include "codec/kernels.h"
#include "codec/values.h"
#include "model/sample.h"

#include <errno.h>
#include <math.h>

static void fold_init(struct values_fold *fold)
{
	*fold = (struct values_fold){ .min = NAN, .max = NAN, .first = NAN, .last = NAN };
}

/* Neumaier: what the sum rounds away is kept in sum_low. */
static void add(struct values_fold *fold, double v)
{
	double sum = fold->sum + v;

	if (!isfinite(sum))
		fold->sum_low = 0;
	else if (fabs(fold->sum) >= fabs(v))
		fold->sum_low += (fold->sum - sum) + v;
	else
		fold->sum_low += (v - sum) + fold->sum;
	fold->sum = sum;
}

static void fold_one(struct values_fold *fold, uint32_t place, double v)
{
	if (fold->count == 0) {
		fold->first = fold->min = fold->max = v;
		fold->first_place = place;
	} else if (v < fold->last) {
		fold->correction += fold->last;
	}
	if (!(fold->min <= v) && !isnan(v))	/* NaN gives way to anything */
		fold->min = v;
	if (!(fold->max >= v) && !isnan(v))
		fold->max = v;
	add(fold, v);
	fold->count++;
	fold->last = v;
	fold->last_place = place;
	fold->ended = false;
}

static void fold_each(const double *v, uint32_t from, uint32_t n, struct values_fold *fold)
{
	for (uint32_t i = from; i < n; i++) {
		if (value_is_stale(v[i]))
			fold->ended = true;
		else
			fold_one(fold, i, v[i]);
	}
}

/* The first zero's sign is that of the bound. */
static double bound(const double *v, double found)
{
	if (found == 0)
		while (*v != 0)
			v++;
	return found == 0 ? *v : found;
}

static void merge_lanes(struct values_fold *fold, const struct fold_lanes *lanes)
{
	double low = 0;

	for (uint32_t k = 0; k < FOLD_LANES; k++) {
		add(fold, lanes->sum[k]);
		low += lanes->low[k];
		fold->correction += lanes->correction[k];
		fold->min = lanes->min[k] < fold->min ? lanes->min[k] : fold->min;
		fold->max = lanes->max[k] > fold->max ? lanes->max[k] : fold->max;
	}
	fold->sum_low += low;
}

static bool lanes_are_finite(const struct fold_lanes *lanes)
{
	double any = 0;

	for (uint32_t k = 0; k < FOLD_LANES; k++)
		any += lanes->odd[k] + (lanes->sum[k] - lanes->sum[k]);
	return any == 0;
}

/* Lanes where all is finite; what is not is rare, and goes one by one. */
void values_fold_doubles(const double *v, uint32_t n, struct values_fold *fold)
{
	uint32_t whole = n ? 1 + (n - 1) / FOLD_LANES * FOLD_LANES : 0;
	struct fold_lanes lanes;

	fold_init(fold);
	if (whole > 1)
		kernels_get()->fold(v, whole, &lanes);
	if (whole <= 1 || !isfinite(v[0]) || !lanes_are_finite(&lanes)) {
		fold_each(v, 0, n, fold);
		return;
	}
	fold_one(fold, 0, v[0]);
	merge_lanes(fold, &lanes);
	fold->count = whole;
	fold->last = v[whole - 1];
	fold->last_place = whole - 1;
	fold_each(v, whole, n, fold);
	if (!isfinite(fold->min) || !isfinite(fold->max))	/* among the last */
		return;
	fold->min = bound(v, fold->min);
	fold->max = bound(v, fold->max);
}

/* n times v is a sum of two doubles, whatever n and v are. */
static void fold_same(double v, uint32_t n, struct values_fold *fold)
{
	double sum = v * n;

	fold_init(fold);
	if (value_is_stale(v)) {
		fold->ended = true;
		return;
	}
	fold->count = n;
	fold->sum = sum;
	fold->sum_low = isfinite(sum) ? fma(v, n, -sum) : 0;
	fold->min = fold->max = fold->first = fold->last = v;
	fold->last_place = n - 1;
}

int values_fold(const uint8_t *data, size_t size, uint32_t n, struct values_fold *fold)
{
	double v[VALUES_MOST], one;
	int r;

	if (n && values_are_same(data, size, &one)) {
		fold_same(one, n, fold);
		return 0;
	}
	if (n > VALUES_MOST)
		return -EBADMSG;
	r = values_decode(data, size, v, n);
	if (r == 0)
		values_fold_doubles(v, n, fold);
	return r;
}

/* SPDX-License-Identifier: MIT */
/* fold.c - what is kept of a run of values, without writing the run anywhere. */
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

void values_fold_doubles(const double *v, uint32_t n, struct values_fold *fold)
{
	fold_init(fold);
	for (uint32_t i = 0; i < n; i++) {
		if (value_is_stale(v[i]))
			fold->ended = true;
		else
			fold_one(fold, i, v[i]);
	}
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

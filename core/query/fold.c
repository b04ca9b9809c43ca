/* SPDX-License-Identifier: MIT */
/*
 * fold.c - one tight loop for each result over a run without staleness marks.
 * Sums are compensated (Neumaier), variances merged run by run (Chan, Golub and
 * LeVeque, "Algorithms for computing the sample variance", 1983).
 */
#include "query/fold.h"

#include <errno.h>
#include <math.h>

void fold_init(struct fold *fold, uint32_t wants, enum series_kind kind)
{
	if (wants & WANT_CORRECTION)
		wants |= WANT_FIRST | WANT_LAST;
	*fold = (struct fold){ .wants = wants, .kind = kind };
	spread_init(&fold->spread);
	fold_clear(fold);
}

void fold_fini(struct fold *fold)
{
	spread_fini(&fold->spread);
}

void fold_clear(struct fold *fold)
{
	fold->count = 0;
	fold->sum = fold->sum_low = fold->correction = 0;
	fold->min = fold->max = fold->first = fold->last = NAN;
	fold->first_at = fold->last_at = 0;
	spread_clear(&fold->spread);
	memset(&fold->moments, 0, sizeof fold->moments);
}

static void add_sum(struct fold *fold, const double *v, uint32_t n)
{
	double sum = fold->sum, low = fold->sum_low;

	for (uint32_t i = 0; i < n; i++) {
		double next = sum + v[i];

		low += fabs(sum) >= fabs(v[i]) ? (sum - next) + v[i] : (v[i] - next) + sum;
		sum = next;
	}
	fold->sum = sum;
	fold->sum_low = isfinite(sum) ? low : 0;
}

/* A comparison with NaN is false, so the first number takes its place and no NaN a number's. */
static void add_min(struct fold *fold, const double *v, uint32_t n)
{
	double min = fold->min;

	for (uint32_t i = 0; i < n; i++)
		if (!(min <= v[i]) && v[i] == v[i])
			min = v[i];
	fold->min = min;
}

static void add_max(struct fold *fold, const double *v, uint32_t n)
{
	double max = fold->max;

	for (uint32_t i = 0; i < n; i++)
		if (!(max >= v[i]) && v[i] == v[i])
			max = v[i];
	fold->max = max;
}

/* Before last is moved. */
static void add_correction(struct fold *fold, const double *v, uint32_t n)
{
	double before = fold->count ? fold->last : v[0];

	for (uint32_t i = 0; i < n; i++) {
		if (v[i] < before)
			fold->correction += before;
		before = v[i];
	}
}

static void merge_moments(struct fold *fold, double n, double mean, double m2)
{
	double all = fold->moments.n + n, apart = mean - fold->moments.mean;

	if (n == 0)
		return;
	fold->moments.m2 += m2 + apart * apart * (fold->moments.n / all) * n;
	fold->moments.mean += apart * (n / all);
	fold->moments.n = all;
}

static void add_moments(struct fold *fold, const double *v, uint32_t n)
{
	double sum = 0, mean, m2 = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += v[i];
	mean = sum / n;
	for (uint32_t i = 0; i < n; i++)
		m2 += (v[i] - mean) * (v[i] - mean);
	merge_moments(fold, n, mean, m2);
}

static void add_ends(struct fold *fold, kymo_ms first_at, double first, kymo_ms last_at, double last)
{
	if (!fold->count) {
		fold->first = first;
		fold->first_at = first_at;
	}
	fold->last = last;
	fold->last_at = last_at;
}

/* n > 0 samples, no staleness mark among them. */
static int add_run(struct fold *fold, const kymo_ms *at, const double *v, uint32_t n)
{
	int r = fold->wants & FOLD_SPREAD ? spread_add(&fold->spread, v, n) : 0;

	if (r < 0)
		return r;
	if (fold->wants & WANT_SUM)
		add_sum(fold, v, n);
	if (fold->wants & WANT_MIN)
		add_min(fold, v, n);
	if (fold->wants & WANT_MAX)
		add_max(fold, v, n);
	if (fold->wants & FOLD_MOMENTS)
		add_moments(fold, v, n);
	if (fold->wants & WANT_CORRECTION && fold->kind == KIND_COUNTER)
		add_correction(fold, v, n);
	add_ends(fold, at[0], v[0], at[n - 1], v[n - 1]);
	fold->count += n;
	return 0;
}

static int add_samples(struct fold *fold, const struct piece *piece, uint32_t from, uint32_t to)
{
	while (from < to) {
		uint32_t end = from;
		int r;

		while (end < to && !value_is_stale(piece->values[end]))
			end++;
		if (end > from && (r = add_run(fold, piece->at + from, piece->values + from, end - from)) < 0)
			return r;
		from = end + 1;
	}
	return 0;
}

/* What a record's values lie apart, by its sketch. */
static double squares(const struct sketch *sketch, double mean)
{
	double m2 = (double)sketch->zeros * mean * mean;

	for (uint32_t i = 0; i < sketch->n; i++) {
		double apart = sketch_middle(sketch->index[i], sketch->schema) - mean;

		m2 += (double)sketch->counts[i] * apart * apart;
	}
	return m2;
}

static void add_record_moments(struct fold *fold, const struct piece *piece, uint32_t i)
{
	double n = (double)piece->count[i], mean = piece->sum[i] / n;

	if (piece->flags[i] & RECORD_CONSTANT) {
		merge_moments(fold, n, piece->min[i], 0);
	} else if (piece->sketch && piece->sketch[i]) {
		merge_moments(fold, n, mean, squares(piece->sketch[i], mean));
		fold->moments.estimated = true;
	} else {
		fold->moments.unknown = true;
	}
}

static void add_record_correction(struct fold *fold, const struct piece *piece, uint32_t i)
{
	if (fold->count && piece->first[i] < fold->last)
		fold->correction += fold->last;
	fold->correction += piece->correction[i];
}

static int add_record(struct fold *fold, const struct piece *piece, uint32_t i)
{
	int r = fold->wants & FOLD_SPREAD ? spread_add_record(&fold->spread, piece, i) : 0;

	if (r < 0)
		return r;
	if (fold->wants & WANT_SUM)
		add_sum(fold, piece->sum + i, 1);
	if (fold->wants & WANT_MIN)
		add_min(fold, piece->min + i, 1);
	if (fold->wants & WANT_MAX)
		add_max(fold, piece->max + i, 1);
	if (fold->wants & FOLD_MOMENTS)
		add_record_moments(fold, piece, i);
	if (fold->wants & WANT_CORRECTION && fold->kind == KIND_COUNTER)
		add_record_correction(fold, piece, i);
	add_ends(fold, piece->first_at ? piece->first_at[i] : piece->at[i], fold->wants & WANT_FIRST ? piece->first[i] : NAN,
		 piece->last_at ? piece->last_at[i] : piece->at[i], fold->wants & WANT_LAST ? piece->last[i] : NAN);
	fold->count = counts_plus(fold->count, piece->count[i]);
	return 0;
}

static int add_records(struct fold *fold, const struct piece *piece, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		int r = piece->count[i] ? add_record(fold, piece, i) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

int fold_add(struct fold *fold, const struct piece *piece, uint32_t from, uint32_t to)
{
	return piece->values ? add_samples(fold, piece, from, to) : add_records(fold, piece, from, to);
}

double fold_stddev(const struct fold *fold)
{
	if (fold->moments.unknown || fold->moments.n == 0)
		return NAN;
	return sqrt(fold->moments.m2 / fold->moments.n);
}

uint32_t fold_columns(uint32_t wants)
{
	uint32_t columns = (wants & WANT_ALL) | WANT_COUNT;

	if (wants & FOLD_SPREAD)
		columns |= WANT_MIN | WANT_MAX;
	if (wants & FOLD_MOMENTS)
		columns |= WANT_SUM | WANT_MIN | WANT_MAX | WANT_SKETCH;
	if (wants & WANT_CORRECTION)
		columns |= WANT_FIRST | WANT_LAST;
	return columns;
}

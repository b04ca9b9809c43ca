/* SPDX-License-Identifier: MIT */
#include "query/fold.h"
#include "query/pieces.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

enum { ALL = WANT_ALL | FOLD_MOMENTS, N = 400 };

static bool same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static void add_values(struct fold *fold, const double *v, uint32_t n)
{
	kymo_ms at[64] = { 0 };
	struct piece piece = samples_piece(at, v, n);

	for (uint32_t i = 0; i < n; i++)
		at[i] = 10 * (i + 1);
	assert_int_equal(fold_add(fold, &piece, 0, n), 0);
}

static const struct {
	const char *name;
	double values[6];
	uint32_t n;
	uint64_t count;
	double sum, min, max, first, last, correction, stddev;
} rows[] = {
	{ "none", { 0 }, 0, 0, 0, NAN, NAN, NAN, NAN, 0, NAN },
	{ "plain", { 1, 2, 3, 6 }, 4, 4, 12, 1, 6, 1, 6, 0, 1.8708286933869707 },
	{ "one", { -7 }, 1, 1, -7, -7, -7, -7, -7, 0, 0 },
	{ "a reset", { 5, 9, 2, 4, 1 }, 5, 5, 21, 1, 9, 5, 1, 13, 2.7856776554368237 },
	{ "NaN counts, poisons the sum, and leaves min and max", { NAN, 2, NAN, 1 }, 4, 4, NAN, 1, 2, NAN, 1, 0, NAN },
	{ "only NaN", { NAN, NAN }, 2, 2, NAN, NAN, NAN, NAN, NAN, 0, NAN },
	{ "infinities", { 1, INFINITY }, 2, 2, INFINITY, 1, INFINITY, 1, INFINITY, 0, NAN },
	{ "both infinities", { -INFINITY, INFINITY }, 2, 2, NAN, -INFINITY, INFINITY, -INFINITY, INFINITY, 0, NAN },
	{ "a sum that needs compensation", { 1, 1e100, 1, -1e100 }, 4, 4, 2, -1e100, 1e100, 1, -1e100, 1e100, 7.0710678118654752e99 },
};

static void folds_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fold fold;

		fold_init(&fold, ALL, KIND_COUNTER);
		add_values(&fold, rows[i].values, rows[i].n);
		if (fold.count != rows[i].count || !same(fold_sum(&fold), rows[i].sum) || !same(fold.min, rows[i].min) ||
		    !same(fold.max, rows[i].max) || !same(fold.first, rows[i].first) || !same(fold.last, rows[i].last))
			fail_msg("%s: sum %g min %g max %g", rows[i].name, fold_sum(&fold), fold.min, fold.max);
		if (!same(fold.correction, rows[i].correction))
			fail_msg("%s: correction %g", rows[i].name, fold.correction);
		if (!same(fold_stddev(&fold), rows[i].stddev) && !(fabs(fold_stddev(&fold) / rows[i].stddev - 1) < 1e-12))
			fail_msg("%s: stddev %.17g", rows[i].name, fold_stddev(&fold));
		fold_fini(&fold);
	}
}

static void staleness_marks_count_in_nothing(void **state)
{
	double v[] = { value_stale(), 1, value_stale(), value_stale(), 5, value_stale() };
	struct fold fold;

	(void)state;
	fold_init(&fold, ALL, KIND_GAUGE);
	add_values(&fold, v, 6);
	assert_int_equal(fold.count, 2);
	assert_true(fold_sum(&fold) == 6 && fold.min == 1 && fold.max == 5 && fold_stddev(&fold) == 2);
	assert_int_equal(fold.first_at, 20);
	assert_int_equal(fold.last_at, 50);
	fold_fini(&fold);
}

static void a_gauge_has_no_resets(void **state)
{
	static const double v[] = { 5, 2 };
	struct fold fold;

	(void)state;
	fold_init(&fold, WANT_CORRECTION, KIND_GAUGE);
	add_values(&fold, v, 2);
	assert_true(fold.correction == 0);
	fold_fini(&fold);
}

static void only_what_is_wanted_is_computed(void **state)
{
	static const double v[] = { 5, 2 };
	struct fold fold;

	(void)state;
	fold_init(&fold, WANT_MAX, KIND_GAUGE);
	add_values(&fold, v, 2);
	assert_true(fold.max == 5 && isnan(fold.min) && fold.sum == 0);
	assert_int_equal(fold.spread.n, 0);
	assert_int_equal(fold.count, 2);
	fold_fini(&fold);
	assert_int_equal(fold_columns(0), WANT_COUNT);
	assert_int_equal(fold_columns(FOLD_SPREAD), WANT_COUNT | WANT_MIN | WANT_MAX | WANT_SKETCH);
	assert_int_equal(fold_columns(FOLD_MOMENTS), WANT_COUNT | WANT_SUM | WANT_MIN | WANT_MAX | WANT_SKETCH);
}

static void fill(kymo_ms *at, double *v, bool rising)
{
	double level = 0;

	for (uint32_t i = 0; i < N; i++) {
		at[i] = 1000 * (i + 1) + random_below(900);
		level = rising && random_below(20) ? level + random_below(100) : random_below(1000);
		v[i] = random_below(25) ? level : value_stale();
	}
}

static void agree(const struct fold *a, const struct fold *b)
{
	assert_int_equal(a->count, b->count);
	assert_true(fold_sum(a) == fold_sum(b));	/* integers */
	assert_true(same(a->min, b->min) && same(a->max, b->max));
	assert_true(same(a->first, b->first) && same(a->last, b->last));
	assert_true(a->correction == b->correction);
	assert_int_equal(a->first_at, b->first_at);
	assert_int_equal(a->last_at, b->last_at);
}

/* Samples cut into random runs, a part of them as records: all the same as in one go. */
static void pieces_and_records_are_the_same_as_samples(void **state)
{
	static kymo_ms at[N];
	static double v[N];

	(void)state;
	for (int round = 0; round < 60; round++) {
		enum series_kind kind = round % 2 ? KIND_COUNTER : KIND_GAUGE;
		struct piece all = samples_piece(at, v, N), part;
		struct columns records;
		struct fold once, parts;
		uint32_t first;

		fill(at, v, round % 2);
		fold_init(&once, ALL, kind);
		fold_init(&parts, ALL, kind);
		assert_int_equal(fold_add(&once, &all, 0, N), 0);
		for (first = 0; first < N && at[first] <= 60000 * 3; first++)
			;
		columns_make(&records, kind, at, v, first, 60000, 5);
		part = columns_piece(&records, 0, records.n);
		assert_int_equal(fold_add(&parts, &part, 0, part.n), 0);
		while (first < N) {
			uint32_t n = 1 + random_below(100);

			if (n > N - first)
				n = N - first;
			assert_int_equal(fold_add(&parts, &all, first, first + n), 0);
			first += n;
		}
		agree(&once, &parts);
		assert_true(fabs(fold_stddev(&once) - fold_stddev(&parts)) < 0.05 * fold_stddev(&once));
		assert_true(parts.moments.estimated && !once.moments.estimated);
		fold_fini(&once);
		fold_fini(&parts);
		columns_fini(&records);
	}
}

static void stddev_is_exact_far_from_zero(void **state)
{
	static const double v[] = { 1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16 };
	struct fold fold;

	(void)state;
	fold_init(&fold, FOLD_MOMENTS, KIND_GAUGE);
	for (uint32_t i = 0; i < 4; i++)
		add_values(&fold, v + i, 1);
	assert_true(fabs(fold_stddev(&fold) - 4.7434164902525691) < 1e-9);
	fold_fini(&fold);
}

static void records_without_sketches_have_no_stddev(void **state)
{
	static const kymo_ms at[] = { 1, 2 };
	static const double v[] = { 1, 2 };
	struct columns records;
	struct fold fold;

	(void)state;
	columns_make(&records, KIND_COUNTER, at, v, 2, 10, SKETCH_NONE);
	fold_init(&fold, ALL, KIND_COUNTER);
	struct piece piece = columns_piece(&records, 0, 1);

	assert_int_equal(fold_add(&fold, &piece, 0, 1), 0);
	assert_true(isnan(fold_stddev(&fold)));
	assert_true(fold_mean(&fold) == 1.5);
	fold_fini(&fold);
	columns_fini(&records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_samples),
		cmocka_unit_test(staleness_marks_count_in_nothing),
		cmocka_unit_test(a_gauge_has_no_resets),
		cmocka_unit_test(only_what_is_wanted_is_computed),
		cmocka_unit_test(pieces_and_records_are_the_same_as_samples),
		cmocka_unit_test(stddev_is_exact_far_from_zero),
		cmocka_unit_test(records_without_sketches_have_no_stddev),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

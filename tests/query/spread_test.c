/* SPDX-License-Identifier: MIT */
#include "query/pieces.h"
#include "query/spread.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

static double quantile(struct spread *spread, double q)
{
	double v = -1;

	assert_int_equal(spread_quantile(spread, q, &v), 0);
	return v;
}

static const double three[] = { 3, 1, 2 }, one[] = { 7 }, edge[] = { 1, INFINITY }, mixed[] = { NAN, 1, NAN, 3 };
static const double infinite[] = { -INFINITY, 0, INFINITY };

static const struct { const double *values; uint32_t n; double q, result; } rows[] = {
	{ three, 3, 0, 1 },
	{ three, 3, 0.5, 2 },
	{ three, 3, 1, 3 },
	{ three, 3, 0.25, 1.5 },
	{ three, 3, -0.1, -INFINITY },
	{ three, 3, 1.1, INFINITY },
	{ three, 3, NAN, NAN },
	{ one, 1, 0.99, 7 },
	{ one, 0, 0.5, NAN },
	{ edge, 2, 0, 1 },
	{ edge, 2, 0.5, INFINITY },
	{ mixed, 4, 0.5, 2 },
	{ infinite, 3, 0.5, 0 },
	{ infinite, 3, 0, -INFINITY },
};

static bool same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static void interpolates_between_ranks(void **state)
{
	struct spread spread;

	(void)state;
	spread_init(&spread);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		double v;

		spread_clear(&spread);
		assert_int_equal(spread_add(&spread, rows[i].values, rows[i].n), 0);
		v = quantile(&spread, rows[i].q);
		if (!same(v, rows[i].result))
			fail_msg("row %zu: got %g", i, v);
		assert_true(spread_error(&spread) == 0);
	}
	spread_fini(&spread);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* As PromQL does it. */
static double sorted_quantile(const double *values, uint32_t n, double q)
{
	double rank = q * (n - 1), weight = rank - floor(rank);
	uint32_t low = (uint32_t)rank, high = low + 1 < n ? low + 1 : low;

	return values[low] * (1 - weight) + values[high] * weight;
}

static void agrees_with_sorting(void **state)
{
	static double values[300], sorted[300];
	struct spread spread;

	(void)state;
	spread_init(&spread);
	for (int round = 0; round < 3000; round++) {
		uint32_t n = 1 + random_below(round % 10 ? 20 : 300), kinds = 1 + random_below(30);

		for (uint32_t i = 0; i < n; i++)
			sorted[i] = values[i] = random_below(kinds) - kinds / 2.0;
		if (round % 3 == 0)
			qsort(values, n, sizeof *values, compare);
		qsort(sorted, n, sizeof *sorted, compare);
		spread_clear(&spread);
		assert_int_equal(spread_add(&spread, values, n / 2), 0);
		assert_int_equal(spread_add(&spread, values + n / 2, n - n / 2), 0);
		for (int p = 0; p <= 20; p++)
			if (quantile(&spread, p / 20.0) != sorted_quantile(sorted, n, p / 20.0))
				fail_msg("round %d, n %u, p %d", round, n, p);
	}
	spread_fini(&spread);
}

static void is_within(double v, double exact, double error)
{
	if (fabs(v - exact) > error * fabs(exact) * 1.0000001)
		fail_msg("%g is not within %g of %g", v, error, exact);
}

static void values_and_records_together_are_estimated(void **state)
{
	static double values[1000];
	static kymo_ms at[1000];
	struct columns records;
	struct spread spread;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		at[i] = 100 * i;
		values[i] = 1 + random_below(100000) / 100.0;
	}
	columns_make(&records, KIND_GAUGE, at, values, 700, 1000, 5);
	spread_init(&spread);
	struct piece piece = columns_piece(&records, 0, records.n);

	for (uint32_t i = 0; i < piece.n; i++)
		assert_int_equal(spread_add_record(&spread, &piece, i), 0);
	assert_int_equal(spread_add(&spread, values + 700, 300), 0);
	qsort(values, 1000, sizeof *values, compare);
	for (int p = 0; p <= 100; p += 5)
		is_within(quantile(&spread, p / 100.0), sorted_quantile(values, 1000, p / 100.0), sketch_error(5));
	assert_true(spread_error(&spread) == sketch_error(5));
	spread_clear(&spread);
	assert_true(spread_error(&spread) == 0);
	assert_true(isnan(quantile(&spread, 0.5)));
	spread_fini(&spread);
	columns_fini(&records);
}

static void constant_records_are_exact(void **state)
{
	static const kymo_ms at[] = { 1, 2, 3 };
	static const double values[] = { 4.2, 4.2, 4.2 };
	struct columns records;
	struct spread spread;

	(void)state;
	columns_make(&records, KIND_GAUGE, at, values, 3, 1000, 5);
	spread_init(&spread);
	struct piece piece = columns_piece(&records, 0, 1);

	assert_null(piece.sketch[0]);
	assert_int_equal(spread_add_record(&spread, &piece, 0), 0);
	assert_true(quantile(&spread, 0.5) == 4.2);
	spread_fini(&spread);
	columns_fini(&records);
}

static void a_record_without_a_sketch_makes_it_unknown(void **state)
{
	static const kymo_ms at[] = { 1, 2, 3 };
	static const double values[] = { 1, 2, 3 };
	struct columns records;
	struct spread spread, other;

	(void)state;
	columns_make(&records, KIND_COUNTER, at, values, 3, 1000, SKETCH_NONE);
	spread_init(&spread);
	spread_init(&other);
	struct piece piece = columns_piece(&records, 0, 1);

	assert_int_equal(spread_add(&other, values, 3), 0);
	assert_int_equal(spread_add_record(&spread, &piece, 0), 0);
	assert_true(isnan(quantile(&spread, 0.5)));
	assert_int_equal(spread_add_record(&other, &piece, 0), 0);
	assert_true(isnan(quantile(&other, 0.5)));
	spread_fini(&spread);
	spread_fini(&other);
	columns_fini(&records);
}

static void very_many_values_become_a_sketch(void **state)
{
	static double values[4096];
	struct spread spread;
	uint32_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < COUNT_OF(values); i++)
		values[i] = i + 1;
	spread_init(&spread);
	for (; n <= SPREAD_EXACT; n += COUNT_OF(values))
		assert_int_equal(spread_add(&spread, values, COUNT_OF(values)), 0);
	assert_true(spread.sketched);
	assert_int_equal(sketch_count(&spread.sketch), n);
	is_within(quantile(&spread, 0.5), 2048, spread_error(&spread));
	assert_true(spread_error(&spread) > 0 && spread_error(&spread) < 0.002);
	spread_fini(&spread);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interpolates_between_ranks),
		cmocka_unit_test(agrees_with_sorting),
		cmocka_unit_test(values_and_records_together_are_estimated),
		cmocka_unit_test(constant_records_are_exact),
		cmocka_unit_test(a_record_without_a_sketch_makes_it_unknown),
		cmocka_unit_test(very_many_values_become_a_sketch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

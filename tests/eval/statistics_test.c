/* SPDX-License-Identifier: MIT */
#include "eval/statistics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 200 };

static bool same(double a, double b)
{
	return isnan(a) ? isnan(b) : a == b && signbit(a) == signbit(b);
}

static const struct {
	const char *name;
	double values[6];
	uint32_t n;
	double sum, mean, min, max, variance, median;
} rows[] = {
	{ "one", { 3 }, 1, 3, 3, 3, 3, 0, 3 },
	{ "some", { 1, 2, 3, 6 }, 4, 12, 3, 1, 6, 3.5, 2.5 },
	{ "equal", { 0.1, 0.1, 0.1 }, 3, 0.30000000000000004, 0.1, 0.1, 0.1, 0, 0.1 },
	{ "what plain sums lose", { 1e100, 1, -1e100 }, 3, 1, 1.0 / 3, -1e100, 1e100, 2e200 / 3, 1 },
	{ "a NaN", { 1, NAN, 2 }, 3, NAN, NAN, 1, 2, NAN, 1 },
	{ "a NaN first", { NAN, 4 }, 2, NAN, NAN, 4, 4, NAN, NAN },
	{ "nothing but NaN", { NAN, NAN }, 2, NAN, NAN, NAN, NAN, NAN, NAN },
	{ "an infinity", { 1, INFINITY, 2 }, 3, INFINITY, INFINITY, 1, INFINITY, NAN, NAN },
	{ "both infinities", { INFINITY, -INFINITY, 0 }, 3, NAN, NAN, -INFINITY, INFINITY, NAN, NAN },
	{ "a sum too large", { DBL_MAX, DBL_MAX, DBL_MAX }, 3, INFINITY, DBL_MAX, DBL_MAX, DBL_MAX, 0, DBL_MAX },
	{ "zeros", { -0.0, 0.0 }, 2, 0.0, 0.0, -0.0, -0.0, 0, 0 },
	{ "zeros the other way", { 0.0, -0.0 }, 2, 0.0, 0.0, 0.0, 0.0, 0, 0 },
};

/* -0 as the median of zeros may come either way. */
static void check(const char *name, const char *what, double got, double want)
{
	if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= 1e-15 * fabs(want) || got == want))
		fail_msg("%s: %s is %.17g, not %.17g", name, what, got, want);
}

static void few_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double copy[6];

		check(rows[i].name, "the sum", values_sum(rows[i].values, rows[i].n), rows[i].sum);
		check(rows[i].name, "the mean", values_mean(rows[i].values, rows[i].n), rows[i].mean);
		check(rows[i].name, "the variance", values_variance(rows[i].values, rows[i].n), rows[i].variance);
		if (!same(values_min(rows[i].values, rows[i].n), rows[i].min) || !same(values_max(rows[i].values, rows[i].n), rows[i].max))
			fail_msg("%s: min or max", rows[i].name);
		memcpy(copy, rows[i].values, sizeof copy);
		check(rows[i].name, "the median", values_quantile(0.5, copy, rows[i].n), rows[i].median);
	}
}

static void quantiles(void **state)
{
	static const double values[] = { 5, 1, 3, 2, 4 };
	static const struct { double q, value; } asked[] = {
		{ 0, 1 }, { 1, 5 }, { 0.5, 3 }, { 0.25, 2 }, { 0.1, 1.4 }, { 0.99, 4.96 }, { -0.1, -INFINITY }, { 1.1, INFINITY }, { NAN, NAN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		double copy[5];

		memcpy(copy, values, sizeof copy);
		check("five", "a quantile", values_quantile(asked[i].q, copy, 5), asked[i].value);
	}
}

/* ---- many values: the quick ways give what the plain way gives ---- */

static double any_value(uint32_t kind)
{
	double v = drand48() - 0.5;

	if (kind == 1)
		return ldexp(v, (int)(lrand48() % 120));
	if (kind == 2)
		return (double)(lrand48() % 3 - 1) * 0.0;
	if (kind == 3 && lrand48() % 20 == 0)
		return lrand48() % 2 ? (double)NAN : (double)INFINITY;
	if (kind == 4)
		return v * DBL_MAX;
	return v;
}

static double plain_sum(const double *v, uint32_t n)
{
	double sum = 0, low = 0;

	for (uint32_t i = 0; i < n; i++)
		sum_add(v[i], &sum, &low);
	return sum_total(sum, low);
}

static double plain_min(const double *v, uint32_t n)
{
	double min = v[0];

	for (uint32_t i = 1; i < n; i++)
		if (v[i] < min || isnan(min))
			min = v[i];
	return min;
}

static double size_of(const double *v, uint32_t n)
{
	double size = 0;

	for (uint32_t i = 0; i < n; i++)
		size += fabs(v[i]);
	return size;
}

static void many_values(void **state)
{
	double v[MOST], negative[MOST];

	(void)state;
	srand48(7);
	for (uint32_t round = 0; round < 4000; round++) {
		uint32_t n = 1 + (uint32_t)lrand48() % MOST, kind = round % 5;
		double sum, want;

		for (uint32_t i = 0; i < n; i++) {
			v[i] = any_value(kind);
			negative[i] = -v[i];
		}
		sum = values_sum(v, n);
		want = plain_sum(v, n);
		if (isfinite(want) ? fabs(sum - want) > 1e-15 * size_of(v, n) : !same(sum, want))
			fail_msg("kind %u, %u values: sum %.17g, not %.17g", kind, n, sum, want);
		if (!same(values_min(v, n), plain_min(v, n)))
			fail_msg("kind %u, %u values: min %.17g, not %.17g", kind, n, values_min(v, n), plain_min(v, n));
		if (!same(values_max(v, n), -plain_min(negative, n)))
			fail_msg("kind %u, %u values: max %.17g", kind, n, values_max(v, n));
		if (kind == 4 && !isfinite(values_mean(v, n)))
			fail_msg("%u huge values: mean %g", n, values_mean(v, n));
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void many_quantiles(void **state)
{
	double v[MOST], sorted[MOST];

	(void)state;
	srand48(8);
	for (uint32_t round = 0; round < 2000; round++) {
		uint32_t n = 1 + (uint32_t)lrand48() % MOST, low;
		double q = drand48(), rank = q * (n - 1), want;

		for (uint32_t i = 0; i < n; i++)
			sorted[i] = v[i] = (double)(lrand48() % 50);
		qsort(sorted, n, sizeof *sorted, by_value);
		low = (uint32_t)rank;
		want = sorted[low] * (1 - (rank - low)) + sorted[low + 1 < n ? low + 1 : low] * (rank - low);
		check("many", "a quantile", values_quantile(q, v, n), want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_values),
		cmocka_unit_test(quantiles),
		cmocka_unit_test(many_values),
		cmocka_unit_test(many_quantiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

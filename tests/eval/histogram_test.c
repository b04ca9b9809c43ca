/* SPDX-License-Identifier: MIT */
#include "eval/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#define END INFINITY

static const struct {
	const char *le;
	bool is;
	double bound;
} bounds[] = {
	{ "0.1", true, 0.1 }, { ".2", true, 0.2 }, { "1e0", true, 1 }, { "-.25", true, -0.25 }, { "2.0e-1", true, 0.2 },
	{ "+Inf", true, INFINITY }, { "+inf", true, INFINITY }, { "Inf", true, INFINITY }, { "-Inf", true, -INFINITY },
	{ "infinity", true, INFINITY }, { "", false, 0 }, { "x", false, 0 }, { "1x", false, 0 }, { " 1", false, 0 }, { "1 ", false, 0 },
	{ "1e999", false, 0 }, { "nan(1)", false, 0 },
};

static void reads_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		double bound = 0;
		bool is = bucket_bound(bounds[i].le, (uint32_t)strlen(bounds[i].le), &bound);

		if (is != bounds[i].is || (is && bound != bounds[i].bound))
			fail_msg("\"%s\": %d, %g", bounds[i].le, is, bound);
	}
	assert_false(bucket_bound("1\0", 2, &(double){ 0 }));
}

static const struct {
	double q;
	struct bucket buckets[5];
	uint32_t n;
	double value;
	bool forced;
} quantiles[] = {
	{ 0, { { 0.1, 50 }, { 0.2, 70 }, { 1, 110 }, { END, 120 } }, 4, 0 },
	{ 0.2, { { 0.1, 50 }, { 0.2, 70 }, { 1, 110 }, { END, 120 } }, 4, 0.048 },
	{ 0.5, { { 0.1, 50 }, { 0.2, 70 }, { 1, 110 }, { END, 120 } }, 4, 0.15 },
	{ 0.8, { { 0.1, 50 }, { 0.2, 70 }, { 1, 110 }, { END, 120 } }, 4, 0.72 },
	{ 1, { { 0.1, 50 }, { 0.2, 70 }, { 1, 110 }, { END, 120 } }, 4, 1 },
	{ -0.1, { { 0.1, 50 }, { END, 120 } }, 2, -INFINITY },
	{ 1.01, { { 0.1, 50 }, { END, 120 } }, 2, INFINITY },
	{ NAN, { { 0.1, 50 }, { END, 120 } }, 2, NAN },
	/* Below zero the lowest bucket is all at its bound. */
	{ 0, { { -0.2, 10 }, { -0.1, 20 }, { 0.3, 20 }, { END, 30 } }, 4, -0.2 },
	{ 0.5, { { -0.2, 10 }, { -0.1, 20 }, { 0.3, 20 }, { END, 30 } }, 4, -0.15 },
	{ 0.8, { { -0.2, 10 }, { -0.1, 20 }, { 0.3, 20 }, { END, 30 } }, 4, 0.3 },
	{ 0.25, { { -0.25, 0 }, { -0.2, 10 }, { -0.1, 20 }, { 0.3, 20 }, { END, 20 } }, 5, -0.225 },
	/* No +Inf, nothing beside it, nothing observed. */
	{ 0.5, { { 0.1, 50 }, { 0.2, 70 } }, 2, NAN },
	{ 0.5, { { END, 70 } }, 1, NAN },
	{ 0.5, { { 0.1, 0 }, { END, 0 } }, 2, NAN },
	/* Counts that fall. */
	{ 0.5, { { 0.1, 2 }, { 1, 1 }, { 10, 5 }, { 100, 4 }, { END, 8 } }, 5, 7, true },
	{ 0.5, { { 1, 1 }, { 2, 1 - 1e-15 }, { 4, 3 }, { END, 3 } }, 4, 2.5 },
	/* Out of order, and one bound twice: their counts add up. */
	{ 0.5, { { END, 4 }, { 2, 1 }, { 1, 1 }, { 2, 2 } }, 4, 1.5 },
};

static void estimates_quantiles(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
		struct bucket buckets[5];
		uint32_t n;
		bool forced;
		double value, want = quantiles[i].value;

		memcpy(buckets, quantiles[i].buckets, sizeof buckets);
		n = buckets_arrange(buckets, quantiles[i].n);
		value = buckets_quantile(quantiles[i].q, buckets, n, &forced);
		if (isnan(want) ? !isnan(value) : value != want && !(fabs(value - want) < 1e-14))
			fail_msg("row %zu: %.17g, not %.17g", i, value, want);
		if (forced != quantiles[i].forced)
			fail_msg("row %zu: forced is %d", i, forced);
	}
}

static const struct {
	double lower, upper;
	struct bucket buckets[5];
	uint32_t n;
	double value;
} fractions[] = {
	{ 0, 4, { { 0, 0 }, { 2, 10 }, { 4, 20 }, { 6, 30 }, { END, 30 } }, 5, 2.0 / 3 },
	{ 0, 6, { { 0, 0 }, { 2, 10 }, { 4, 20 }, { 6, 30 }, { END, 30 } }, 5, 1 },
	{ 0, 3.5, { { 0, 0 }, { 2, 10 }, { 4, 20 }, { 6, 30 }, { END, 30 } }, 5, 0.58333333333333337 },
	{ -INFINITY, INFINITY, { { 2, 10 }, { END, 30 } }, 2, 1 },
	{ 1, 100, { { 2, 10 }, { END, 30 } }, 2, 1.0 / 6 },
	{ 100, INFINITY, { { 2, 10 }, { END, 30 } }, 2, 2.0 / 3 },
	{ 0, 0.2, { { -0.25, 0 }, { -0.2, 10 }, { -0.1, 20 }, { 0.3, 20 }, { END, 20 } }, 5, 0 },
	{ -INFINITY, -0.3, { { -0.25, 10 }, { -0.1, 20 }, { END, 20 } }, 3, 0.5 },
	{ 3, 3, { { 2, 10 }, { END, 30 } }, 2, 0 },
	{ 4, 3, { { 2, 10 }, { END, 30 } }, 2, 0 },
	{ NAN, 3, { { 2, 10 }, { END, 30 } }, 2, NAN },
	{ 0, NAN, { { 2, 10 }, { END, 30 } }, 2, NAN },
	{ 0, 1, { { 2, 0 }, { END, 0 } }, 2, NAN },
	{ 0, 1, { { 2, 10 }, { 3, 10 } }, 2, NAN },
};

static void estimates_fractions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof fractions / sizeof *fractions; i++) {
		double value = buckets_fraction(fractions[i].lower, fractions[i].upper, fractions[i].buckets, fractions[i].n);
		double want = fractions[i].value;

		if (isnan(want) ? !isnan(value) : !(fabs(value - want) < 1e-14))
			fail_msg("row %zu: %.17g, not %.17g", i, value, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_bounds),
		cmocka_unit_test(estimates_quantiles),
		cmocka_unit_test(estimates_fractions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

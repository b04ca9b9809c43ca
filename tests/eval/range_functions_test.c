/* SPDX-License-Identifier: MIT */
#include "eval/range.h"
#include "query/pieces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

enum { MOST = 64, MINUTE = 60000 };

/* Samples each five minutes from 0 on, unless `step` says else; the window is (start, end] in minutes. */
static const struct {
	enum function_id id;
	double values[13];
	uint32_t n;
	double start, end;
	double args[2];
	double value;		
	double step;			/* minutes */
	double before;			/* of increase_exact, if not 0 */
} rows[] = {
	/* Counters over the whole window, and beyond where they began. */
	{ FN_INCREASE, { 10, 20, 30, 40, 50, 60, 70, 80, 90, 100 }, 10, -5, 45, { 0 }, 100 },
	{ FN_INCREASE, { 0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100 }, 11, -50, 50, { 0 }, 100 },
	{ FN_INCREASE, { 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110 }, 11, -50, 50, { 0 }, 105 },
	{ FN_INCREASE, { 1, 11, 21, 31, 41, 51, 61, 71, 81, 91, 101 }, 11, -50, 50, { 0 }, 101 },
	{ FN_INCREASE, { 0, 18, 36, 54, 72, 90, 0, 18, 36, 54, 72 }, 11, -50, 50, { 0 }, 162 },
	{ FN_INCREASE, { 1, 2, 3, 2, 3, 4 }, 6, -5, 25, { 0 }, 7.0 },
	/* Resets at the second, the last, at each. */
	{ FN_INCREASE, { 9, 1, 2 }, 3, -5, 10, { 0 }, 3 },
	{ FN_INCREASE, { 9, 10, 2 }, 3, -5, 10, { 0 }, 4.5 },
	{ FN_INCREASE, { 3, 2, 1 }, 3, -5, 10, { 0 }, 4.5 },
	/* Half a distance where the edge is too far: at the end, at both. */
	{ FN_INCREASE, { 0, 10, 20 }, 3, 0, 30, { 0 }, 25 },
	{ FN_RATE, { 0, 27, 54, 81, 108, 0, 27, 54, 81, 108, 135 }, 11, 0, 50, { 0 }, 0.081 },
	{ FN_RATE, { 240, 480, 720 }, 3, -10, 10, { 0 }, 0.6, 4 },
	{ FN_RATE, { 0, 240, 480 }, 3, -10, 10, { 0 }, 0.5, 4 },
	{ FN_RATE, { 60, 300, 540 }, 3, -10, 10, { 0 }, 0.55, 4 },
	{ FN_RATE, { 5, 5, 5 }, 3, -5, 10, { 0 }, 0 },
	{ FN_RATE, { 5 }, 1, -5, 10, { 0 }, 0 },
	{ FN_RATE, { 0, INFINITY }, 2, -5, 5, { 0 }, INFINITY },
	{ FN_RATE, { 1, NAN, 2 }, 3, -5, 10, { 0 }, 1.5 / 900 },
	{ FN_RATE, { 1, 2, NAN }, 3, -5, 10, { 0 }, NAN },
	{ FN_DELTA, { 0, 50, 100, 150, 200 }, 5, 0, 20, { 0 }, 200 },
	{ FN_DELTA, { 200, 150, 100, 50, 0 }, 5, 0, 20, { 0 }, -200 },
	{ FN_DELTA, { 7 }, 1, 0, 20, { 0 }, 0 },
	{ FN_IRATE, { 0, 10, 20, 30 }, 4, 0, 20, { 0 }, 10.0 / 300 },
	{ FN_IRATE, { 0, 10, 20, 5 }, 4, 0, 20, { 0 }, 5.0 / 300 },
	{ FN_IRATE, { 0, 10, 20, NAN }, 4, 0, 20, { 0 }, NAN },
	{ FN_IRATE, { 1 }, 1, 0, 20, { 0 }, 0 },
	{ FN_IDELTA, { 0, 50, 100, 50 }, 4, 0, 20, { 0 }, -50 },
	{ FN_IDELTA, { 1 }, 1, 0, 20, { 0 }, 0 },
	/* The step over the edge is the later sample's. */
	{ FN_INCREASE_EXACT, { 10, 20, 35 }, 3, 0, 20, { 0 }, 25 },
	{ FN_INCREASE_EXACT, { 10, 20, 35 }, 3, 0, 20, { 0 }, 28, 5, 7 },
	{ FN_INCREASE_EXACT, { 10, 20, 35 }, 3, 0, 20, { 0 }, 35, 5, 12 },
	{ FN_INCREASE_EXACT, { 10, 4, 35 }, 3, 0, 20, { 0 }, 36, 5, 9 },
	{ FN_INCREASE_EXACT, { 10 }, 1, 0, 20, { 0 }, 0 },
	{ FN_INCREASE_EXACT, { 9007199254740991, 1 }, 2, 0, 20, { 0 }, 2, 5, 9007199254740990 },

	{ FN_AVG_OVER_TIME, { 1, 2, 3, 6 }, 4, 0, 20, { 0 }, 3 },
	{ FN_AVG_OVER_TIME, { 1.7e308, 1.7e308 }, 2, 0, 20, { 0 }, 1.7e308 },
	{ FN_SUM_OVER_TIME, { 1e100, 1, -1e100 }, 3, 0, 20, { 0 }, 1 },
	{ FN_SUM_OVER_TIME, { INFINITY, 1 }, 2, 0, 20, { 0 }, INFINITY },
	{ FN_COUNT_OVER_TIME, { NAN, 2, 3 }, 3, 0, 20, { 0 }, 3 },
	{ FN_MIN_OVER_TIME, { NAN, 2, -3, NAN }, 4, 0, 20, { 0 }, -3 },
	{ FN_MAX_OVER_TIME, { NAN, NAN }, 2, 0, 20, { 0 }, NAN },
	{ FN_FIRST_OVER_TIME, { -0.0, 1 }, 2, 0, 20, { 0 }, -0.0 },
	{ FN_LAST_OVER_TIME, { 3, NAN }, 2, 0, 20, { 0 }, NAN },
	{ FN_PRESENT_OVER_TIME, { NAN }, 1, 0, 20, { 0 }, 1 },
	{ FN_QUANTILE_OVER_TIME, { 0, 1, 2 }, 3, 0, 20, { 0.75 }, 1.5 },
	{ FN_QUANTILE_OVER_TIME, { 0, 1, 2 }, 3, 0, 20, { 2 }, INFINITY },
	{ FN_QUANTILE_OVER_TIME, { 0, NAN, 2 }, 3, 0, 20, { 0.5 }, 0 },
	{ FN_P50_OVER_TIME, { 4, 1, 3, 2 }, 4, 0, 20, { 0 }, 2.5 },
	{ FN_P95_OVER_TIME, { 0, 100 }, 2, 0, 20, { 0 }, 95 },
	{ FN_P99_OVER_TIME, { 0, 100 }, 2, 0, 20, { 0 }, 99 },
	{ FN_MAD_OVER_TIME, { 4, 6, 2, 1, 999, 1, 2 }, 7, 0, 50, { 0 }, 1 },
	{ FN_STDDEV_OVER_TIME, { 0, 8, 8, 2, 3 }, 5, 0, 50, { 0 }, 3.2496153618543841 },
	{ FN_STDVAR_OVER_TIME, { 0, 8, 8, 2, 3 }, 5, 0, 50, { 0 }, 10.56 },
	{ FN_STDVAR_OVER_TIME, { 1e10 + 1, 1e10 + 3 }, 2, 0, 50, { 0 }, 1 },
	{ FN_TS_OF_FIRST_OVER_TIME, { 1, 2, 1 }, 3, -5, 20, { 0 }, 0 },
	{ FN_TS_OF_LAST_OVER_TIME, { 1, 2, 1 }, 3, -5, 20, { 0 }, 600 },
	{ FN_TS_OF_MIN_OVER_TIME, { NAN, 1, 2, 1, 3 }, 5, -5, 20, { 0 }, 900 },
	{ FN_TS_OF_MAX_OVER_TIME, { 3, 1, 3, NAN }, 4, -5, 20, { 0 }, 600 },
	{ FN_CHANGES, { 1, 2, 3, 0, 1, 0, 0, 1, 2, 0 }, 10, -5, 50, { 0 }, 8 },
	{ FN_CHANGES, { 0, NAN, NAN, 0 }, 4, -5, 50, { 0 }, 2 },
	{ FN_CHANGES, { 0, -0.0 }, 2, -5, 50, { 0 }, 0 },
	{ FN_RESETS, { 1, 2, 3, 0, 1, 0, 0, 1, 2, 0 }, 10, -5, 50, { 0 }, 3 },
	{ FN_RESETS, { 1 }, 1, -5, 50, { 0 }, 0 },
	{ FN_DERIV, { 0, 10, 20, 30, 40, 0, 10, 20, 30, 40, 50 }, 11, -5, 50, { 0 }, 0.010606060606060607 },
	{ FN_DERIV, { 5, 5, 5 }, 3, -5, 50, { 0 }, 0 },
	{ FN_DERIV, { INFINITY, INFINITY }, 2, -5, 50, { 0 }, NAN },
	{ FN_DERIV, { 1 }, 1, -5, 50, { 0 }, 0 },
	{ FN_PREDICT_LINEAR, { 0, 10, 20, 30, 40, 0, 10, 20, 30, 40, 50 }, 11, -5, 50, { 3600 }, 76.81818181818181 },
	{ FN_PREDICT_LINEAR, { 0, 10, 20, 30, 40, 0, 10, 20, 30, 40, 50 }, 11, -5, 10, { 3600 }, 51.36363636363637 },
	{ FN_DOUBLE_EXPONENTIAL_SMOOTHING, { 0, 10, 20, 30, 40 }, 5, -5, 20, { 0.5, 0.1 }, 40 },
	{ FN_DOUBLE_EXPONENTIAL_SMOOTHING, { 0, 10, 5 }, 3, -5, 20, { 0.5, 0.5 }, 12.5 },
	{ FN_DOUBLE_EXPONENTIAL_SMOOTHING, { 7 }, 1, -5, 20, { 0.5, 0.5 }, 0 },
};

/* Those with fewer samples than they need give nothing. */
static bool gives_nothing(enum function_id id, uint32_t n)
{
	return n < 2 && (id == FN_RATE || id == FN_INCREASE || id == FN_DELTA || id == FN_IRATE || id == FN_IDELTA || id == FN_DERIV ||
			 id == FN_PREDICT_LINEAR || id == FN_DOUBLE_EXPONENTIAL_SMOOTHING);
}

static bool near(double a, double b)
{
	return isnan(b) ? isnan(a) : a == b || fabs(a - b) <= 1e-13 * fabs(b);
}

static void gives_what_prometheus_gives(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct range_spec *spec = range_spec_find(rows[i].id);
		double got = 0, scratch[16], step = rows[i].step != 0 ? rows[i].step : 5;
		kymo_ms at[16];
		struct samples samples = { rows[i].n, at, rows[i].values };
		struct range_window window = { .start = (kymo_ms)(rows[i].start * MINUTE), .end = (kymo_ms)(rows[i].end * MINUTE), .scratch = scratch };
		bool is;

		for (uint32_t k = 0; k < rows[i].n; k++)
			at[k] = (kymo_ms)(k * step * MINUTE);
		window.at = window.end;
		memcpy(window.args, rows[i].args, sizeof window.args);
		window.has_before = rows[i].before != 0;
		window.before = rows[i].before;
		is = spec->samples(&samples, &window, &got);
		if (is == gives_nothing(rows[i].id, rows[i].n))
			fail_msg("row %zu: there is %s value", i, is ? "a" : "no");
		if (is && !near(got, rows[i].value))
			fail_msg("row %zu: %.17g, not %.17g", i, got, rows[i].value);
	}
}

/* ---- folded it is the same ---- */

static void make_samples(kymo_ms *at, double *values, uint32_t n, bool whole)
{
	kymo_ms now = 1000;
	double v = 0;

	for (uint32_t i = 0; i < n; i++) {
		now += 1 + lrand48() % 30000;
		v = lrand48() % 10 ? v + (whole ? (double)(lrand48() % 1000) : drand48()) : (double)(lrand48() % 3);
		at[i] = now;
		values[i] = v;
	}
}

static void check_fold(const struct range_spec *spec, const struct samples *samples, struct range_window *window, bool whole)
{
	struct piece piece = samples_piece(samples->at, samples->values, samples->n);
	struct fold fold;
	double size = 0, plain = 0, folded = 0;
	bool is, is_folded;

	fold_init(&fold, spec->fold_wants, KIND_COUNTER);
	assert_int_equal(fold_add(&fold, &piece, 0, samples->n / 2), 0);
	assert_int_equal(fold_add(&fold, &piece, samples->n / 2, samples->n), 0);
	is = spec->samples(samples, window, &plain);
	is_folded = spec->fold(&fold, window, &folded);
	for (uint32_t i = 0; i < samples->n; i++)
		size += fabs(samples->values[i]);
	if (is != is_folded || (is && fabs(plain - folded) > 1e-12 * size))
		fail_msg("function %d: %d %.17g, folded %d %.17g", spec->id, is, plain, is_folded, folded);
	if (is && whole && (spec->id == FN_INCREASE_EXACT || spec->id == FN_MIN_OVER_TIME || spec->id == FN_MAX_OVER_TIME))
		assert_true(plain == folded);
	fold_fini(&fold);
}

static void folded_it_is_the_same(void **state)
{
	kymo_ms at[MOST];
	double values[MOST], scratch[MOST];

	(void)state;
	srand48(5);
	for (uint32_t round = 0; round < 300; round++) {
		struct samples samples = { 1 + (uint32_t)lrand48() % MOST, at, values };
		struct range_window window = { .args = { drand48() }, .scratch = scratch, .has_before = round & 1, .before = (double)(lrand48() % 100) };

		make_samples(at, values, samples.n, round & 2);
		window.start = at[0] - 1 - lrand48() % 50000;
		window.end = window.at = at[samples.n - 1] + lrand48() % 50000;
		for (int id = 0; id <= FN_P99_OVER_TIME; id++) {
			const struct range_spec *spec = range_spec_find((enum function_id)id);

			if (spec && spec->fold)
				check_fold(spec, &samples, &window, round & 2);
		}
	}
}

static void exact_increases_add_up(void **state)
{
	kymo_ms at[MOST];
	double values[MOST];
	const struct range_spec *spec = range_spec_find(FN_INCREASE_EXACT);

	(void)state;
	srand48(6);
	for (uint32_t round = 0; round < 300; round++) {
		struct range_window window = { 0 };
		struct samples whole = { MOST, at, values };
		double all, sum = 0;

		make_samples(at, values, MOST, true);
		assert_true(spec->samples(&whole, &window, &all));
		for (uint32_t from = 0, to; from < MOST; from = to) {
			double part;

			to = from + 1 + (uint32_t)lrand48() % (MOST - from);
			window.has_before = from > 0;
			window.before = from ? values[from - 1] : 0;
			assert_true(spec->samples(&(struct samples){ to - from, at + from, values + from }, &window, &part));
			sum += part;
		}
		assert_true(all == sum);
	}
}

static void knows_every_function_over_a_range(void **state)
{
	(void)state;
	for (int id = 0; id <= FN_P99_OVER_TIME; id++)
		assert_int_equal(range_spec_find((enum function_id)id) != NULL, id != FN_ABSENT_OVER_TIME);
	assert_null(range_spec_find(FN_ABS));
}

static void known_drops_are_not_sought(void **state)
{
	const kymo_ms at[] = { 10000, 20000, 30000 };
	const double values[] = { 5, 3, 4 };
	struct samples samples = { 3, at, values };
	struct range_window window = { .start = 0, .end = 30000, .has_drops = true, .drops = 105 };
	double out;

	(void)state;
	assert_true(range_spec_find(FN_INCREASE)->samples(&samples, &window, &out));
	assert_true(near(out, 104 * (20 + 20.0 * 5 / 104) / 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_what_prometheus_gives),
		cmocka_unit_test(folded_it_is_the_same),
		cmocka_unit_test(exact_increases_add_up),
		cmocka_unit_test(knows_every_function_over_a_range),
		cmocka_unit_test(known_drops_are_not_sought),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

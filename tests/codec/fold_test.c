/* SPDX-License-Identifier: MIT */
#include "codec/values.h"
#include "model/sample.h"
#include "model/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>

static void assert_bits(double a, double b)
{
	if (value_bits(a) != value_bits(b))
		fail_msg("%.17g is not %.17g", a, b);
}

/* As model/window folds the same samples. */
static void as_a_window(const double *v, uint32_t n)
{
	AUTO_BUF out = { 0 };
	struct values_fold fold;
	struct window window;
	double sum;

	window_init(&window, 0, n, SKETCH_NONE);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(window_add(&window, KIND_COUNTER, i, v[i]), 0);
	assert_int_equal(values_encode(v, n, VALUES_SEAL, NULL, &out), 0);
	assert_int_equal(values_fold(out.data, out.len, n, &fold), 0);
	assert_int_equal(fold.count, window.count);
	assert_int_equal(fold.ended, window.ended);
	assert_bits(fold.min, window.min);
	assert_bits(fold.max, window.max);
	assert_bits(fold.first, window.first);
	assert_bits(fold.last, window.last);
	if (window.count) {
		assert_int_equal(fold.first_place, window.first_at);
		assert_int_equal(fold.last_place, window.last_at);
	}
	sum = fold.sum + fold.sum_low;
	if (isnan(window_sum(&window)) || isinf(window_sum(&window)))
		assert_true(isnan(window_sum(&window)) ? isnan(sum) : sum == window_sum(&window));
	else
		assert_true(fabs(sum - window_sum(&window)) <= fabs(window_sum(&window)) * 0x1p-52);
	assert_true(fold.correction == window.correction || fabs(fold.correction - window.correction) <= fabs(window.correction) * 0x1p-45);
}

static void folds_as_a_window_does(void **state)
{
	double v[200];

	(void)state;
	for (uint32_t i = 0; i < 200; i++)
		v[i] = (double)(i * 2654435761u >> 20) / 100;
	as_a_window(v, 200);
	for (uint32_t i = 0; i < 200; i++)
		v[i] = (double)(i % 70 * 3);			/* a counter that was reset */
	as_a_window(v, 200);
	for (uint32_t i = 0; i < 200; i++)
		v[i] = 0.1;
	as_a_window(v, 200);
	for (uint32_t i = 0; i < 200; i++)
		v[i] = sqrt(i);
	as_a_window(v, 200);
	for (uint32_t n = 1; n < 20; n++)
		as_a_window(v, n);
}

static void counts_no_staleness_mark(void **state)
{
	double v[40];

	(void)state;
	for (uint32_t i = 0; i < 40; i++)
		v[i] = i == 0 || i == 7 || i == 39 ? value_stale() : i;
	as_a_window(v, 40);
	as_a_window(v, 39);
	for (uint32_t i = 0; i < 40; i++)
		v[i] = value_stale();
	as_a_window(v, 40);
}

static void nan_gives_way_in_min_and_max(void **state)
{
	double v[20] = { NAN, NAN, 3, -2, NAN, INFINITY, -0.0, 0.0 };

	(void)state;
	as_a_window(v, 20);
	as_a_window(v, 2);
	as_a_window(v, 5);
	v[0] = -0.0;
	v[1] = 0.0;
	as_a_window(v, 2);
	v[0] = 0.0;
	v[1] = -0.0;
	as_a_window(v, 2);
	v[0] = INFINITY;
	v[1] = -INFINITY;
	as_a_window(v, 2);
}

static void refuses_damage(void **state)
{
	static const uint8_t bytes[] = { 0x03, 0x00 };
	struct values_fold fold;

	(void)state;
	assert_int_equal(values_fold(bytes, sizeof bytes, 100, &fold), -EBADMSG);
	assert_int_equal(values_fold(bytes, 0, 100, &fold), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_as_a_window_does),
		cmocka_unit_test(counts_no_staleness_mark),
		cmocka_unit_test(nan_gives_way_in_min_and_max),
		cmocka_unit_test(refuses_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Each place among times with and without gaps, from each place on, against a walk over them. */
#include "model/rising.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static size_t walked(const kymo_ms *at, size_t from, size_t n, kymo_ms t)
{
	while (from < n && at[from] <= t)
		from++;
	return from;
}

static void the_first_behind_a_time(void **state)
{
	kymo_ms at[70];

	(void)state;
	for (size_t n = 0; n <= 70; n++) {
		for (size_t i = 0; i < n; i++)
			at[i] = (kymo_ms)(i * 10 + i % 3 * 4) - 100;
		for (size_t from = 0; from <= n; from++)
			for (kymo_ms t = -105; t < 620; t += 3)
				assert_int_equal(rising_behind(at, from, n, t), walked(at, from, n, t));
		assert_int_equal(rising_behind(at, 0, n, INT64_MAX), n);
		assert_int_equal(rising_behind(at, 0, n, INT64_MIN), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_first_behind_a_time) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

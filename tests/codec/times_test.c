/* SPDX-License-Identifier: MIT */
#include "codec/times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>

#define START INT64_C(1795419989014)

static size_t round_trip(const kymo_ms *at, uint32_t n)
{
	static kymo_ms back[TIMES_MOST];
	AUTO_BUF out = { 0 };

	assert_int_equal(times_encode(at, n, &out), 0);
	assert_int_equal(times_decode(out.data, out.len, back, n), 0);
	assert_memory_equal(at, back, n * sizeof *at);
	return out.len;
}

static void keeps_a_grid_in_a_few_bytes(void **state)
{
	static kymo_ms at[TIMES_MOST];

	(void)state;
	for (uint32_t i = 0; i < TIMES_MOST; i++)
		at[i] = START + i * 1000;
	assert_int_equal(round_trip(at, TIMES_MOST), 9);
	assert_int_equal(round_trip(at, 1), 8);
}

static void pays_for_jitter_only(void **state)
{
	static kymo_ms at[1024];

	(void)state;
	for (uint32_t i = 0; i < 1024; i++)
		at[i] = START + i * 1000 + (i * 2654435761u >> 30);	/* 0..3 ms beside its place */
	assert_in_range(round_trip(at, 1024), 256, 310);
}

static void takes_any_rising_times(void **state)
{
	static const kymo_ms at[] = { INT64_MIN, INT64_MIN + 1, -5, 0, 1, 1000, INT64_MAX - 1, INT64_MAX };

	(void)state;
	for (uint32_t n = 1; n <= sizeof at / sizeof *at; n++)
		round_trip(at, n);
}

static void writes_a_long_grid(void **state)
{
	static kymo_ms at[65536];
	AUTO_BUF out = { 0 };

	(void)state;
	assert_int_equal(times_encode_grid(START, 10000, 65536, &out), 0);
	assert_in_range(out.len, 1, 10);
	assert_int_equal(times_decode(out.data, out.len, at, 65536), 0);
	assert_int_equal(at[65535], START + 65535 * INT64_C(10000));
}

static void refuses_times_that_do_not_rise(void **state)
{
	const kymo_ms at[] = { 5, 4, 9 };
	AUTO_BUF out = { 0 };
	kymo_ms back[3];

	(void)state;
	assert_int_equal(times_encode(at, 3, &out), 0);
	assert_int_equal(times_decode(out.data, out.len, back, 3), -EBADMSG);
	assert_int_equal(times_decode(out.data, 0, back, 3), -EBADMSG);
	assert_int_equal(times_decode(out.data, out.len, back, 0), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_a_grid_in_a_few_bytes),
		cmocka_unit_test(pays_for_jitter_only),
		cmocka_unit_test(takes_any_rising_times),
		cmocka_unit_test(writes_a_long_grid),
		cmocka_unit_test(refuses_times_that_do_not_rise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

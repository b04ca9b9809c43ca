/* SPDX-License-Identifier: MIT */
#include "store/column.h"
#include "model/sample.h"
#include "util/check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MOST = 64 };

static size_t ints_come_back(const int64_t *v, uint32_t n)
{
	AUTO_BUF bytes = { 0 };
	int64_t back[MOST];
	struct reader in;

	column_put_ints(v, n, &bytes);
	in = reader_of(bytes.data, bytes.len);
	column_get_ints(&in, back, n);
	assert_false(in.bad);
	assert_int_equal(reader_left(&in), 0);
	assert_memory_equal(v, back, n * sizeof *v);
	return bytes.len;
}

static size_t doubles_come_back(const double *v, const double *near, uint32_t n)
{
	AUTO_BUF bytes = { 0 };
	double back[MOST];
	struct reader in;

	column_put_doubles(v, near, n, &bytes);
	in = reader_of(bytes.data, bytes.len);
	column_get_doubles(&in, near, back, n);
	assert_false(in.bad);
	assert_int_equal(reader_left(&in), 0);
	assert_memory_equal(v, back, n * sizeof *v);
	return bytes.len;
}

static void integers_cost_what_they_tell(void **state)
{
	const int64_t zero[8] = { 0 }, same[8] = { 60, 60, 60, 60, 60, 60, 60, 60 };
	const int64_t steps[] = { 60000, 120000, 180000, 240000 }, any[] = { 5, INT64_MIN, INT64_MAX, 0, -1 };

	(void)state;
	assert_int_equal(ints_come_back(zero, 8), 1);
	assert_int_equal(ints_come_back(same, 8), 2);
	assert_true(ints_come_back(steps, 4) <= 8);
	ints_come_back(any, COUNT_OF(any));
	ints_come_back(any + 1, 1);
}

static void doubles_cost_what_they_tell(void **state)
{
	const double same[6] = { 0.25, 0.25, 0.25, 0.25, 0.25, 0.25 }, pi[6] = { M_PI, M_PI, M_PI, M_PI, M_PI, M_PI };
	const double decimal[6] = { 12.25, 12.5, 12.31, 12.9, 12.25, 12.26 };
	const double ints[6] = { 1e9, 1e9 + 1, 1e9 + 5, 1e9 + 6, 1e9 + 2, 1e9 };
	const double mixed[6] = { 1.5, 1.25, M_PI, 1.75, 1.5, 1.5 };
	double close[6];

	(void)state;
	assert_int_equal(doubles_come_back(same, NULL, 6), 2);
	assert_int_equal(doubles_come_back(pi, NULL, 6), 9);
	assert_int_equal(doubles_come_back(decimal, decimal, 6), 1);
	assert_true(doubles_come_back(decimal, NULL, 6) <= 11);
	assert_true(doubles_come_back(ints, NULL, 6) <= 12);
	assert_true(doubles_come_back(mixed, NULL, 6) <= 20);
	for (int i = 0; i < 6; i++)
		close[i] = ints[i] + i % 2;
	assert_int_equal(doubles_come_back(close, ints, 6), 7);
}

static void awkward_doubles_come_back(void **state)
{
	const double v[] = { -0.0, 0.0, NAN, value_stale(), INFINITY, -INFINITY, 5e-324, -1.7e308, 0.1,
			     9007199254740993.0, 1e22, 1.0 / 3, 123456789.125 };
	const double near[] = { NAN, INFINITY, 1e300, 0, 0, 0, 5e-324, -1.7e308, 0.3, 9007199254740992.0, 1e22, 1, 5 };

	(void)state;
	for (uint32_t n = 1; n <= COUNT_OF(v); n++) {
		doubles_come_back(v, NULL, n);
		doubles_come_back(v, near, n);
		doubles_come_back(v + COUNT_OF(v) - n, NULL, n);
	}
}

static void damaged_columns_are_noticed(void **state)
{
	static const struct { uint8_t data[12]; size_t n; } rows[] = {
		{ { 4 }, 1 },				/* no such form of integers */
		{ { 3, 2, 2 }, 3 },			/* differences are cut off */
		{ { 1 }, 1 },
	};
	static const struct { uint8_t data[12]; size_t n; } doubles[] = {
		{ { 0 }, 1 },				/* near, and there is none */
		{ { 2 | 11 << 4, 0, 0, 0, 0 }, 5 },	/* 10^11 */
		{ { 2 | 8, 1, 9, 0, 0, 0, 0, 0, 0, 0, 0 }, 11 },	/* an exception past the end */
		{ { 2 | 8, 200 }, 2 },
		{ { 3, 0x77 }, 2 },			/* more bytes cut than there are */
		{ { 2, 2, 2 }, 3 },
	};
	int64_t i[4];
	double d[4];

	(void)state;
	for (size_t row = 0; row < COUNT_OF(rows); row++) {
		struct reader in = reader_of(rows[row].data, rows[row].n);

		column_get_ints(&in, i, 4);
		if (!in.bad)
			fail_msg("integers, row %zu", row);
	}
	for (size_t row = 0; row < COUNT_OF(doubles); row++) {
		struct reader in = reader_of(doubles[row].data, doubles[row].n);

		column_get_doubles(&in, NULL, d, 4);
		if (!in.bad)
			fail_msg("doubles, row %zu", row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_cost_what_they_tell),
		cmocka_unit_test(doubles_cost_what_they_tell),
		cmocka_unit_test(awkward_doubles_come_back),
		cmocka_unit_test(damaged_columns_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tier/column.h"
#include "codec/values.h"
#include "model/sample.h"
#include "util/check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MOST = 2 * VALUES_MOST + 3 };

static size_t ints_come_back(const int64_t *v, uint32_t n)
{
	AUTO_BUF bytes = { 0 };
	int64_t back[64];
	struct reader in;

	column_put_ints(v, n, &bytes);
	in = reader_of(bytes.data, bytes.len);
	column_get_ints(&in, back, n);
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

static void numbers_of_any_count_come_back(void **state)
{
	static int64_t v[MOST], back[MOST];

	(void)state;
	for (uint32_t i = 0; i < MOST; i++)
		v[i] = i % 100 == 7 ? (i % 200 ? COLUMN_LARGEST : -COLUMN_LARGEST) : (int64_t)(i * i % 37);
	for (uint32_t n = 0; n <= MOST; n = n * 5 + 1) {
		AUTO_BUF bytes = { 0 };
		struct reader in;

		column_put_numbers(v, n, &bytes);
		in = reader_of(bytes.data, bytes.len);
		column_get_numbers(&in, back, n);
		assert_false(in.bad || buf_failed(&bytes));
		assert_int_equal(reader_left(&in), 0);
		assert_memory_equal(v, back, n * sizeof *v);
	}
}

/* What a double can be and an integer of a column cannot. */
static void numbers_that_are_none_are_damage(void **state)
{
	const double none[] = { NAN, INFINITY, -1e300, 9007199254740994.0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(none); i++) {
		AUTO_BUF bytes = { 0 };
		struct reader in;
		int64_t back;

		column_put_values(&none[i], 1, &bytes);
		in = reader_of(bytes.data, bytes.len);
		column_get_numbers(&in, &back, 1);
		assert_true(in.bad);
	}
}

static void doubles_keep_their_bits(void **state)
{
	const double v[] = { 0, -0.0, 12.25, NAN, value_stale(), INFINITY, 5e-324, -1e300, M_PI, 0.1 };
	AUTO_BUF bytes = { 0 };
	double back[COUNT_OF(v)];
	struct reader in;

	(void)state;
	column_put_values(v, COUNT_OF(v), &bytes);
	for (size_t cut = 0; cut < bytes.len; cut++) {
		in = reader_of(bytes.data, cut);
		column_get_values(&in, back, COUNT_OF(v));
		assert_true(in.bad);
	}
	in = reader_of(bytes.data, bytes.len);
	column_get_values(&in, back, COUNT_OF(v));
	assert_false(in.bad);
	assert_memory_equal(v, back, sizeof v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_cost_what_they_tell),
		cmocka_unit_test(numbers_of_any_count_come_back),
		cmocka_unit_test(numbers_that_are_none_are_damage),
		cmocka_unit_test(doubles_keep_their_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "head/chunk.h"
#include "model/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>

enum { MOST = 300 };

static size_t size_of(const kymo_ms *at, const double *values, uint32_t n)
{
	AUTO_BUF out = { 0 };

	assert_int_equal(chunk_encode(at, values, n, &out), 0);
	return out.len;
}

static void comes_back(const kymo_ms *at, const double *values, uint32_t n)
{
	AUTO_BUF out = { 0 };
	kymo_ms at_back[MOST];
	double back[MOST];

	assert_int_equal(chunk_encode(at, values, n, &out), 0);
	assert_int_equal(chunk_count(out.data, out.len), n);
	assert_int_equal(chunk_decode(out.data, out.len, at_back, back), 0);
	assert_memory_equal(at, at_back, n * sizeof *at);
	assert_memory_equal(values, back, n * sizeof *values);
}

static void gives_back_awkward_values(void **state)
{
	static const double values[] = { 0.0, -0.0, 1.5, INFINITY, -INFINITY, 5e-324, -2.2250738585072014e-308,
					 1.7976931348623157e308, 0.1, 9007199254740993.0, -9007199254740992.0 };
	kymo_ms at[11];
	double with_nans[11];

	(void)state;
	for (uint32_t i = 0; i < 11; i++) {
		at[i] = 1000 * i;
		with_nans[i] = i % 3 ? values[i] : value_of_bits(0x7ff0000000000001u + i * 0x123456u);
		comes_back(at + i, values + i, 1);
	}
	comes_back(at, values, 11);
	comes_back(at, with_nans, 11);
	with_nans[10] = value_stale();
	comes_back(at, with_nans, 11);
}

static void gives_back_the_ends_of_time(void **state)
{
	static const kymo_ms at[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX };
	static const kymo_ms two[] = { INT64_MIN, INT64_MAX };
	static const double values[] = { 1, 2, 3, 4, 5, 6, 7 };

	(void)state;
	comes_back(at, values, 7);
	comes_back(two, values, 2);
}

/* What a second of a usual series costs. */
static void is_small_where_there_is_little_to_say(void **state)
{
	kymo_ms at[MOST];
	double constant[MOST], counter[MOST], pages[MOST], cents[MOST], rare[MOST];

	(void)state;
	for (uint32_t i = 0; i < MOST; i++) {
		at[i] = 1700000000000 + 1000 * (kymo_ms)i;
		constant[i] = 0.1;
		counter[i] = 1e6 + 250 * i;
		pages[i] = 4096.0 * (100000 + (i * 7919) % 50);
		cents[i] = (double)(150 + (i * 7919) % 40) / 100;
		rare[i] = i / 100;
	}
	assert_true(size_of(at, constant, MOST) < 24);
	assert_true(size_of(at, counter, MOST) < 32);
	assert_true(size_of(at, pages, MOST) < MOST * 5 / 4);
	assert_true(size_of(at, cents, MOST) < MOST * 5 / 4);
	assert_true(size_of(at, rare, MOST) < 40);
	for (uint32_t i = 0; i < MOST; i++)
		at[i] += i % 3;
	assert_true(size_of(at, constant, MOST) < MOST * 5 / 4);
}

static void a_run_is_a_chunk(void **state)
{
	AUTO_BUF out = { 0 };
	static kymo_ms at[CHUNK_LIMIT];
	static double values[CHUNK_LIMIT];

	(void)state;
	assert_int_equal(chunk_encode_run(-5000, 1000, -0.0, CHUNK_LIMIT, &out), 0);
	assert_true(out.len < 24);
	assert_int_equal(chunk_count(out.data, out.len), CHUNK_LIMIT);
	assert_int_equal(chunk_decode(out.data, out.len, at, values), 0);
	assert_int_equal(at[CHUNK_LIMIT - 1], -5000 + 1000 * (CHUNK_LIMIT - 1LL));
	assert_int_equal(value_bits(values[CHUNK_LIMIT - 1]), value_bits(-0.0));
	buf_clear(&out);
	assert_int_equal(chunk_encode_run(7, 0, 1, 1, &out), 0);
	assert_int_equal(chunk_decode(out.data, out.len, at, values), 0);
	assert_int_equal(at[0], 7);
}

static void refuses_what_is_no_chunk(void **state)
{
	static const struct { const char *bytes; size_t size; } rows[] = {
		{ "", 0 },
		{ "\x01", 1 },				/* no times */
		{ "\x00\x03\x02\x00\x00\x00\x00", 7 },	/* no samples */
		{ "\xff\xff\xff\x7f\x03\x02\x00\x02\x00\x00", 10 },	/* too many */
		{ "\x01\x03\x0f\x00\x00\x00\x00", 7 },	/* unknown form of times */
		{ "\x01\x03\x02\x00\x00\x0f\x00", 7 },	/* unknown form of values */
		{ "\x02\x03\x02\x00\x00\x00\x00", 7 },	/* a step of zero */
		{ "\x01\x09\x02\x00\x00\x00\x00", 7 },	/* times that are longer than all */
		{ "\x01\x03\x02\x00\x00\x01\0\0\0\0\0\0", 12 },	/* cut off */
		{ "\x01\x03\x02\x00\x00\x00\x00\x00", 8 },	/* more than there should be */
	};
	static kymo_ms at[CHUNK_LIMIT];
	static double values[CHUNK_LIMIT];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (chunk_decode((const uint8_t *)rows[i].bytes, rows[i].size, at, values) != -EBADMSG)
			fail_msg("row %zu was taken", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_awkward_values),
		cmocka_unit_test(gives_back_the_ends_of_time),
		cmocka_unit_test(is_small_where_there_is_little_to_say),
		cmocka_unit_test(a_run_is_a_chunk),
		cmocka_unit_test(refuses_what_is_no_chunk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

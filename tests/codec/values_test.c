/* SPDX-License-Identifier: MIT */
#include "codec/numbers.h"
#include "model/batch.h"
#include "model/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>

enum { N = 240 };

static struct values_hint hint;		/* carried on, as that of a series is */

/* Gives the form and the size of the bytes. */
static enum form round_trip(const double *v, uint32_t n, size_t *size)
{
	static double back[VALUES_MOST];
	AUTO_BUF out = { 0 };

	assert_int_equal(values_encode(v, n, VALUES_SEAL, &hint, &out), 0);
	assert_int_equal(values_decode(out.data, out.len, back, n), 0);
	assert_memory_equal(v, back, n * sizeof *v);
	for (size_t len = 0; len < out.len; len++)		/* a part is not a whole */
		if (values_decode(out.data, len, back, n) != -EBADMSG)
			fail_msg("%zu of %zu bytes were taken", len, out.len);
	*size = out.len;
	return out.data[0] & TAG_FORM;
}

static void expect(const char *what, const double *v, uint32_t n, enum form form, size_t most)
{
	size_t size;
	enum form got = round_trip(v, n, &size);

	if (got != form || size > most)
		fail_msg("%s: form %d of %zu bytes; form %d of at most %zu was expected", what, got, size, form, most);
}

static uint32_t noise(uint32_t i)
{
	uint64_t z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)((z ^ z >> 27) * UINT64_C(0x94d049bb133111eb) >> 33);
}

static void each_kind_of_series_gets_its_form(void **state)
{
	double v[N];

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		v[i] = 4096;
	expect("a constant", v, N, FORM_SAME, 3);
	for (uint32_t i = 0; i < N; i++)
		v[i] = 1.967e-05;
	expect("a decimal constant", v, N, FORM_SAME, 4);
	for (uint32_t i = 0; i < N; i++)
		v[i] = M_PI;
	expect("a constant of all digits", v, N, FORM_BITS, 9);
	for (uint32_t i = 0; i < N; i++)
		v[i] = 1e6 + 250.0 * i;
	expect("a steady counter", v, N, FORM_LINE, 8);
	for (uint32_t i = 0; i < N; i++)
		v[i] = (double)(noise(i) % 1000) / 100;
	expect("two decimals", v, N, FORM_BLOCKS, N * 10 / 8 + 16);
	for (uint32_t i = 0; i < N; i++)
		v[i] = (i / 100 + 1) * 4096.0;
	expect("pages, rarely", v, N, FORM_PLACES, 14);
	for (uint32_t i = 0, sum = 0; i < N; i++)
		v[i] = (sum += noise(i) % 5 == 0 ? 1 + noise(i) % 200 : 0);
	expect("every fifth", v, N, FORM_BITMAP, N / 8 + 80);
	for (uint32_t i = 0; i < N; i++)
		v[i] = i / 10 % 2 ? M_PI * 1e-300 : M_E * 1e300;
	expect("two that are far apart", v, N, FORM_XOR, 16 + N / 8 + N / 10 * 10);
}

static void falls_back_where_nothing_repeats(void **state)
{
	double v[N];

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		v[i] = value_of_bits(UINT64_C(0x3f8) << 52 | (uint64_t)noise(i) << 20 | noise(i + N) >> 11);
	v[7] = -1e300;
	expect("of one size", v, N, FORM_SPLIT, N * 7 + 16);
	for (uint32_t i = 0; i < N; i++)
		v[i] = value_of_bits((uint64_t)noise(i) << 33 | noise(i + N));
	expect("any bits", v, N, FORM_RAW, N * 8 + 1);
}

static void ways_back_keep_conversions_short(void **state)
{
	double v[N];

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		v[i] = (double)(noise(i) % 1000) * 0.001;
	expect("ms * 0.001", v, N, FORM_BLOCKS, N * 11 / 8 + 16);
	for (uint32_t i = 0; i < N; i++)
		v[i] = (double)(noise(i) % 1000) / 1000 / 1000;
	expect("us / 1000 / 1000", v, N, FORM_BLOCKS, N * 11 / 8 + 16);
	for (uint32_t i = 0; i < N; i++)
		v[i] = 1795419989.0 + i + ldexp(noise(i) % 1024, -22);
	expect("a time in seconds", v, N, FORM_BLOCKS, N * 12 / 8 + 64);
	for (uint32_t i = 0; i < N; i++)
		v[i] = (0.1 + (noise(i) % 100) / 100.0) + 0.7;
	expect("sums of decimals", v, N, FORM_BLOCKS, N * 10 / 8 + 64);
}

static void odd_values_are_exceptions(void **state)
{
	double v[N];

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		v[i] = i % 100 == 50 ? value_stale() : (double)(i * 8);
	expect("staleness marks", v, N, FORM_PLACES, 8 + 3 * 12 + 4);
	v[0] = -0.0;
	v[1] = value_of_bits(0x7ff8dead0000beef);
	v[2] = INFINITY;
	v[3] = 5e-324;
	v[N - 1] = -INFINITY;
	expect("and others", v, N, FORM_PLACES, 8 + 8 * 12 + 4);
}

static void takes_every_length(void **state)
{
	static double v[VALUES_MOST];
	size_t size;

	(void)state;
	for (uint32_t i = 0; i < VALUES_MOST; i++)
		v[i] = (double)(noise(i) % 5000) / 100;
	for (uint32_t n = 1; n <= 100; n++)
		round_trip(v, n, &size);
	round_trip(v, VALUES_MOST, &size);
}

static void equal_values_may_be_many(void **state)
{
	static double back[70000];
	AUTO_BUF out = { 0 };
	double one;

	(void)state;
	assert_int_equal(values_encode_same(0.25, &out), 0);
	assert_int_equal(values_decode(out.data, out.len, back, 70000), 0);
	assert_true(back[0] == 0.25 && back[69999] == 0.25);
	assert_true(values_are_same(out.data, out.len, &one) && one == 0.25);
	buf_clear(&out);
	assert_int_equal(values_encode((double[]){ 1, 2 }, 2, VALUES_SEAL, NULL, &out), 0);
	assert_false(values_are_same(out.data, out.len, &one));
	assert_int_equal(values_decode(out.data, out.len, back, VALUES_MOST + 1), -EBADMSG);
	assert_int_equal(values_decode(out.data, out.len, back, 0), -EBADMSG);
}

static void decimals_come_back_rounded_once(void **state)
{
	static const int32_t exponents[] = { 0, -2, -6, -15, -22, -30, 3, 15, 25, 2000000000, -2000000000 };
	int64_t mantissa[N];
	double back[N];

	(void)state;
	for (uint32_t k = 0; k < sizeof exponents / sizeof *exponents; k++)
		for (uint32_t most = 10; most; most *= 1000) {
			AUTO_BUF out = { 0 };

			for (uint32_t i = 0; i < N; i++)
				mantissa[i] = (int64_t)(noise(i) % most) * (i % 7 ? 1 : -1) * (most > 1000 ? INT64_C(100000007) : 1);
			assert_int_equal(values_encode_decimal(mantissa, N, exponents[k], VALUES_SEAL, &out), 0);
			assert_int_equal(values_decode(out.data, out.len, back, N), 0);
			for (uint32_t i = 0; i < N; i++)
				if (value_bits(back[i]) != value_bits(batch_decimal(mantissa[i], exponents[k])))
					fail_msg("%llde%d: %.17g", (long long)mantissa[i], exponents[k], back[i]);
		}
}

static void without_memory_it_says_so(void **state)
{
	struct buf out = { .limit = 1 };
	double v[N];

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		v[i] = noise(i);
	assert_int_equal(values_encode(v, N, VALUES_SEAL, NULL, &out), -ENOMEM);
	buf_clear(&out);
	assert_int_equal(values_encode_same(300, &out), -ENOMEM);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_series_gets_its_form),
		cmocka_unit_test(falls_back_where_nothing_repeats),
		cmocka_unit_test(ways_back_keep_conversions_short),
		cmocka_unit_test(odd_values_are_exceptions),
		cmocka_unit_test(takes_every_length),
		cmocka_unit_test(equal_values_may_be_many),
		cmocka_unit_test(decimals_come_back_rounded_once),
		cmocka_unit_test(without_memory_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

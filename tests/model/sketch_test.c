/* SPDX-License-Identifier: MIT */
#include "model/sketch.h"
#include "model/sample.h"
#include "util/check.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct { double v; int32_t schema, bucket; } borders[] = {
	{ 1, 0, 0 }, { 1, 5, 0 }, { 1, 8, 0 }, { 1, -4, 0 },
	{ 2, 0, 1 }, { 2, 5, 32 }, { 2, 8, 256 }, { 2, -4, 1 }, { 4, -1, 1 }, { 4.5, -1, 2 },
	{ 1.0000001, 0, 1 }, { 1.0000001, 5, 1 },
	{ 0.5, 0, -1 }, { 0.5, 5, -32 }, { 0.75, 0, 0 }, { 0.25, -1, -1 }, { 0.26, -1, 0 },
	{ 1024, 3, 80 }, { 1025, 3, 81 },
	{ 1.4142135623730951, 1, 1 }, { 1.4142135623730954, 1, 2 },
	{ DBL_MAX, 0, 1024 }, { DBL_MAX, 8, 1024 * 256 }, { DBL_MAX, -4, 64 },
	{ DBL_MIN, 0, -1022 }, { DBL_MIN, 5, -1022 * 32 },
	{ 4.9406564584124654e-324, 0, -1074 }, { 4.9406564584124654e-324, 8, -1074 * 256 },
	{ 1.4821969375237396e-323, 0, -1072 },	/* 3 * 2^-1074 */
};

static void a_border_belongs_to_the_bucket_below(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(borders); i++) {
		int32_t up = sketch_index(borders[i].v, borders[i].schema);
		int32_t down = sketch_index(-borders[i].v, borders[i].schema);

		if (up != KYMO_BUCKET_BASE + borders[i].bucket || down != -up)
			fail_msg("%.17g at %d: got %d, %d", borders[i].v, borders[i].schema,
				 up - KYMO_BUCKET_BASE, down);
	}
	assert_int_equal(sketch_index(INFINITY, 5), INT32_MAX);
	assert_int_equal(sketch_index(-INFINITY, 5), INT32_MIN);
}

/* Around each border of schema 8, and of the coarser ones with it: gamma^(i-1) < v <= gamma^i. */
static void every_border_is_exact(void **state)
{
	(void)state;
	for (int k = 1; k < 256; k++) {
		double border = exp2(k / 256.0);	/* within an ulp of it */
		int32_t below, above;

		below = sketch_index(nextafter(nextafter(border, 0), 0), 8) - KYMO_BUCKET_BASE;
		above = sketch_index(nextafter(nextafter(border, 2), 2), 8) - KYMO_BUCKET_BASE;
		if (below != k || above != k + 1)
			fail_msg("border %d: got %d, %d", k, below, above);
	}
	for (int e = -1074; e < 1024; e++)
		for (int32_t schema = 0; schema <= 8; schema++)
			assert_int_equal(sketch_index(ldexp(1, e), schema) - KYMO_BUCKET_BASE, e * (1 << schema));
}

static void a_coarser_index_is_the_index_at_the_coarser_schema(void **state)
{
	uint64_t bits = 1;

	(void)state;
	for (int n = 0; n < 20000; n++) {
		double v;

		bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		v = value_of_bits(bits);
		if (isnan(v) || isinf(v) || v == 0)
			continue;
		for (int32_t schema = SKETCH_SCHEMA_MIN; schema < SKETCH_SCHEMA_MAX; schema++) {
			struct sketch fine;

			sketch_init(&fine, SKETCH_SCHEMA_MAX);
			assert_int_equal(sketch_add(&fine, v, 1), 0);
			sketch_downscale(&fine, schema);
			if (fine.index[0] != sketch_index(v, schema))
				fail_msg("%.17g at %d", v, schema);
			sketch_fini(&fine);
		}
	}
}

static void the_middle_is_within_the_error_of_both_borders(void **state)
{
	(void)state;
	for (int32_t schema = SKETCH_SCHEMA_MIN; schema <= SKETCH_SCHEMA_MAX; schema++) {
		double error = sketch_error(schema);

		for (double v = 1e-300; v < 1e300; v *= 1.7e3) {
			double middle = sketch_middle(sketch_index(v, schema), schema);

			if (fabs(middle - v) > error * v * (1 + 1e-12))
				fail_msg("schema %d: %.17g is estimated as %.17g", schema, v, middle);
		}
	}
	assert_true(fabs(sketch_error(5) - 0.01083) < 1e-5);
	assert_true(fabs(sketch_error(4) - 0.02166) < 1e-5);
	assert_true(fabs(sketch_error(3) - 0.04330) < 1e-4);
	assert_true(isinf(sketch_middle(INT32_MAX, 5)) && sketch_middle(INT32_MIN, 5) < 0);
	assert_true(isfinite(sketch_middle(sketch_index(DBL_MAX, 5), 5)));
}

static void zeros_infinities_and_nans_have_their_places(void **state)
{
	struct sketch sketch;
	const double values[] = { 0, -0.0, NAN, INFINITY, -INFINITY, 3, -3, 3 };

	(void)state;
	sketch_init(&sketch, 5);
	assert_int_equal(sketch_add_all(&sketch, values, COUNT_OF(values)), 0);
	assert_int_equal(sketch.zeros, 2);
	assert_int_equal(sketch.nans, 1);
	assert_int_equal(sketch.n, 4);
	assert_int_equal(sketch_count(&sketch), 7);
	assert_int_equal(sketch.index[0], INT32_MIN);
	assert_int_equal(sketch.index[1], -sketch.index[2]);
	assert_int_equal(sketch.counts[2], 2);
	assert_int_equal(sketch.index[3], INT32_MAX);
	sketch_clear(&sketch);
	assert_int_equal(sketch_count(&sketch), 0);
	assert_int_equal(sketch.nans, 0);
	sketch_fini(&sketch);
}

static struct sketch sketch_of(const double *values, uint32_t n, int32_t schema)
{
	struct sketch sketch;

	sketch_init(&sketch, schema);
	assert_int_equal(sketch_add_all(&sketch, values, n), 0);
	return sketch;
}

static void quantiles_of_few_values(void **state)
{
	const double values[] = { -8, -1, 0, 0, 1, 2, 4, 8 };
	static const struct { double q, expected; } rows[] = {
		{ 0, -8 }, { 1, 8 }, { 1.0 / 7, -1 }, { 2.0 / 7, 0 }, { 3.0 / 7, 0 },
		{ 5.0 / 7, 2 }, { 6.0 / 7, 4 }, { 6.5 / 7, 6 }, { 0.5 / 7, -4.5 },
	};
	struct sketch sketch = sketch_of(values, COUNT_OF(values), 5);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		double got = sketch_quantile(&sketch, rows[i].q, -8, 8);

		if (fabs(got - rows[i].expected) > 0.011 * 8)
			fail_msg("%g: got %g, not %g", rows[i].q, got, rows[i].expected);
	}
	assert_true(sketch_quantile(&sketch, -0.1, -8, 8) == -INFINITY);
	assert_true(sketch_quantile(&sketch, 1.1, -8, 8) == INFINITY);
	assert_true(isnan(sketch_quantile(&sketch, NAN, -8, 8)));
	assert_true(sketch_quantile(&sketch, 0, NAN, NAN) < -7.8);
	assert_true(sketch_quantile(&sketch, 1, -INFINITY, INFINITY) < 8.1);
	sketch_fini(&sketch);
	assert_true(isnan(sketch_quantile(&sketch, 0.5, 0, 0)));
}

static void quantiles_keep_to_min_and_max(void **state)
{
	const double values[] = { 100, 100.1, 100.2 };
	struct sketch sketch = sketch_of(values, COUNT_OF(values), 3);

	(void)state;
	assert_true(sketch_quantile(&sketch, 0, 100, 100.2) == 100);
	assert_true(sketch_quantile(&sketch, 1, 100, 100.2) == 100.2);
	assert_true(sketch_quantile(&sketch, 0.5, 100, 100.2) >= 100);
	assert_true(sketch_quantile(&sketch, 0.5, 100, 100.2) <= 100.2);
	sketch_fini(&sketch);
}

static void infinite_values_are_ranked(void **state)
{
	const double values[] = { -INFINITY, 1, INFINITY };
	struct sketch sketch = sketch_of(values, COUNT_OF(values), 5);

	(void)state;
	assert_true(sketch_quantile(&sketch, 0, -INFINITY, INFINITY) == -INFINITY);
	assert_true(fabs(sketch_quantile(&sketch, 0.5, -INFINITY, INFINITY) - 1) < 0.011);
	assert_true(sketch_quantile(&sketch, 0.75, -INFINITY, INFINITY) == INFINITY);
	sketch_fini(&sketch);
}

static void assert_same(const struct sketch *a, const struct sketch *b)
{
	assert_int_equal(a->schema, b->schema);
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->zeros, b->zeros);
	assert_int_equal(a->nans, b->nans);
	if (a->n) {
		assert_memory_equal(a->index, b->index, a->n * sizeof *a->index);
		assert_memory_equal(a->counts, b->counts, a->n * sizeof *a->counts);
	}
}

static void too_many_buckets_halve_the_resolution(void **state)
{
	struct sketch up, down;

	(void)state;
	sketch_init(&up, 8);
	sketch_init(&down, 8);
	for (int e = -1000; e < 1000; e++)
		assert_int_equal(sketch_add(&up, ldexp(1.3, e), 1), 0);
	assert_int_equal(up.schema, 8);
	for (int e = -1000; e < 1000; e++)
		assert_int_equal(sketch_add(&up, ldexp(1.7, e), 1), 0);
	assert_int_equal(up.schema, 0);
	for (int e = 999; e >= -1000; e--) {
		assert_int_equal(sketch_add(&down, ldexp(1.7, e), 1), 0);
		assert_int_equal(sketch_add(&down, ldexp(1.3, e), 1), 0);
	}
	assert_same(&up, &down);
	sketch_fini(&up);
	sketch_fini(&down);
}

static void a_merge_over_the_limit_is_the_same(void **state)
{
	struct sketch a, b, all;

	(void)state;
	sketch_init(&a, 8);
	sketch_init(&b, 7);
	sketch_init(&all, 7);
	for (int e = -1000; e < 1000; e++) {
		assert_int_equal(sketch_add(&a, ldexp(1.3, e), 2), 0);
		assert_int_equal(sketch_add(&b, ldexp(-1.7, e), 1), 0);
		assert_int_equal(sketch_add(&all, ldexp(1.3, e), 2), 0);
		assert_int_equal(sketch_add(&all, ldexp(-1.7, e), 1), 0);
	}
	assert_int_equal(sketch_merge(&a, &b), 0);
	assert_same(&a, &all);
	sketch_fini(&a);
	sketch_fini(&b);
	sketch_fini(&all);
}

static void a_copy_is_its_own(void **state)
{
	const double values[] = { 1, 2, 3 };
	struct sketch a = sketch_of(values, 3, 4), b;

	(void)state;
	sketch_init(&b, 8);
	assert_int_equal(sketch_copy(&b, &a), 0);
	assert_same(&a, &b);
	assert_int_equal(sketch_add(&b, 9, 1), 0);
	assert_int_equal(a.n, 3);
	sketch_fini(&a);
	sketch_fini(&b);
}

static void bytes_give_it_back(void **state)
{
	const double values[] = { 0, NAN, -INFINITY, -1e300, -3, 5e-324, 1, 1, 1, 7.5, 1e300, INFINITY };
	AUTO_BUF bytes = { 0 };
	struct sketch a = sketch_of(values, COUNT_OF(values), 5), b;
	struct reader in;

	(void)state;
	sketch_encode(&a, &bytes);
	sketch_init(&b, 0);
	in = reader_of(bytes.data, bytes.len);
	assert_int_equal(sketch_decode(&b, &in), 0);
	assert_int_equal(reader_left(&in), 0);
	assert_same(&a, &b);
	for (size_t n = 0; n < bytes.len; n++) {
		in = reader_of(bytes.data, n);
		assert_int_equal(sketch_decode(&b, &in), -EBADMSG);
		assert_int_equal(b.n, 0);
	}
	sketch_fini(&a);
	sketch_fini(&b);
}

#define BYTES(...) { { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }) }

static void damaged_bytes_are_refused(void **state)
{
	static const struct { uint8_t data[16]; size_t n; } rows[] = {
		BYTES(64, 0),				/* unknown bit */
		BYTES(13, 0),				/* schema 9 */
		BYTES(4, 0xff, 0xff, 3),		/* more buckets than bytes */
		BYTES(4, 1, 0, 0),			/* index 0 is no bucket */
		BYTES(4, 1, 0x80, 0x80, 0x80, 0xff, 1, 0),	/* an exponent no double has */
		BYTES(4, 2, 0x80, 0x80, 0x80, 1, 0xff, 0xff, 0xff, 0xff, 0x1f, 0, 0),	/* a gap past the end */
	};
	struct sketch sketch;

	(void)state;
	sketch_init(&sketch, 5);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reader in = reader_of(rows[i].data, rows[i].n);
		int r = sketch_decode(&sketch, &in);

		if (r != -EBADMSG)
			fail_msg("row %zu: got %d", i, r);
	}
	sketch_fini(&sketch);
}

static void counts_do_not_wrap(void **state)
{
	struct sketch a, b;

	(void)state;
	sketch_init(&a, 5);
	sketch_init(&b, 5);
	assert_int_equal(sketch_add(&a, 1, UINT64_MAX - 1), 0);
	assert_int_equal(sketch_add(&b, 1, 5), 0);
	assert_int_equal(sketch_add(&b, 0, 5), 0);
	assert_int_equal(sketch_merge(&a, &b), 0);
	assert_true(a.counts[0] == UINT64_MAX && sketch_count(&a) == UINT64_MAX);
	assert_true(fabs(sketch_quantile(&a, 0.5, 0, 1) - 1) < 0.011);
	sketch_fini(&a);
	sketch_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_border_belongs_to_the_bucket_below),
		cmocka_unit_test(every_border_is_exact),
		cmocka_unit_test(a_coarser_index_is_the_index_at_the_coarser_schema),
		cmocka_unit_test(the_middle_is_within_the_error_of_both_borders),
		cmocka_unit_test(zeros_infinities_and_nans_have_their_places),
		cmocka_unit_test(quantiles_of_few_values),
		cmocka_unit_test(quantiles_keep_to_min_and_max),
		cmocka_unit_test(infinite_values_are_ranked),
		cmocka_unit_test(too_many_buckets_halve_the_resolution),
		cmocka_unit_test(a_merge_over_the_limit_is_the_same),
		cmocka_unit_test(a_copy_is_its_own),
		cmocka_unit_test(bytes_give_it_back),
		cmocka_unit_test(damaged_bytes_are_refused),
		cmocka_unit_test(counts_do_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

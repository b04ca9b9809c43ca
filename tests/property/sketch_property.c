/* SPDX-License-Identifier: MIT */
/*
 * sketch_property.c - for random values of several shapes: a quantile is within
 * the stated error of the exact one, and neither the order nor the grouping of
 * merges changes a sketch.
 */
#include "model/sketch.h"
#include "model/sample.h"
#include "random.h"
#include "util/check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { VALUES = 600, PARTS = 12, ROUNDS = 60 };

static double uniform(struct random *random) { return random_unit(random) * 1000; }
static double skewed(struct random *random) { return exp(random_unit(random) * 40 - 20); }
static double signed_few(struct random *random) { return (double)(random_below(random, 9)) - 4; }
static double near_constant(struct random *random) { return 5e8 + random_unit(random); }
static double denormal(struct random *random) { return value_of_bits(random_bits(random) >> 14); }
static double any(struct random *random)
{
	double v = value_of_bits(random_bits(random));

	return isfinite(v) ? v : 1;
}

static double (*const shapes[])(struct random *) = { uniform, skewed, signed_few, near_constant, denormal, any };

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void fill(struct random *random, double *values, size_t shape)
{
	for (int i = 0; i < VALUES; i++)
		values[i] = shapes[shape](random);
}

/* Below the smallest normal double the grid of the numbers is coarser than the error. */
static double allowed(double exact, int32_t schema)
{
	return fabs(exact) * sketch_error(schema) * (1 + 1e-9) + 5e-324;
}

static double exact_quantile(const double *sorted, double q, double *slack, int32_t schema)
{
	double rank = q * (VALUES - 1), weight = rank - floor(rank);
	double low = sorted[(int)rank], high = sorted[(int)fmin(rank + 1, VALUES - 1)];

	*slack = allowed(low, schema) * (1 - weight) + allowed(high, schema) * weight;
	return low * (1 - weight) + high * weight;
}

static void quantiles_are_within_the_error(void **state)
{
	const double qs[] = { 0, 0.001, 0.01, 0.25, 0.5, 0.77, 0.9, 0.95, 0.99, 0.999, 1 };
	struct random random = random_seed(1);
	double values[VALUES];

	(void)state;
	for (int round = 0; round < ROUNDS; round++)
		for (int32_t schema = 3; schema <= 5; schema++) {
			struct sketch sketch;

			sketch_init(&sketch, schema);
			fill(&random, values, (size_t)round % COUNT_OF(shapes));
			assert_int_equal(sketch_add_all(&sketch, values, VALUES), 0);
			assert_int_equal(sketch.schema, schema);
			qsort(values, VALUES, sizeof *values, by_value);
			for (size_t i = 0; i < COUNT_OF(qs); i++) {
				double slack, exact = exact_quantile(values, qs[i], &slack, schema);
				double got = sketch_quantile(&sketch, qs[i], values[0], values[VALUES - 1]);

				if (!(fabs(got - exact) <= slack))
					fail_msg("round %d, schema %d, q %g: got %.17g, not %.17g", round,
						 schema, qs[i], got, exact);
			}
			sketch_fini(&sketch);
		}
}

static void assert_same(const struct sketch *a, const struct sketch *b)
{
	assert_int_equal(a->schema, b->schema);
	assert_int_equal(a->n, b->n);
	assert_true(a->zeros == b->zeros && a->nans == b->nans);
	if (a->n) {
		assert_memory_equal(a->index, b->index, a->n * sizeof *a->index);
		assert_memory_equal(a->counts, b->counts, a->n * sizeof *a->counts);
	}
}

static void split(struct random *random, struct sketch *parts, const double *values, int32_t schema, int spread)
{
	for (int i = 0; i < PARTS; i++)
		sketch_init(&parts[i], schema + (spread ? (int32_t)random_below(random, 3) : 0));
	for (int i = 0; i < VALUES; i++)
		assert_int_equal(sketch_add(&parts[random_below(random, PARTS)], values[i], 1), 0);
}

/* Merge a random pair until one is left. */
static void merge_all(struct random *random, struct sketch *parts)
{
	for (uint32_t n = PARTS; n > 1; n--) {
		uint32_t a = random_below(random, n), b = (a + 1 + random_below(random, n - 1)) % n;
		struct sketch gone;

		assert_int_equal(sketch_merge(&parts[a], &parts[b]), 0);
		gone = parts[b];
		parts[b] = parts[n - 1];
		sketch_fini(&gone);
	}
}

static void the_order_of_merges_does_not_matter(void **state)
{
	struct random random = random_seed(2);
	double values[VALUES];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		int32_t schema = (int32_t)random_below(&random, 9);
		struct sketch parts[PARTS], direct;

		fill(&random, values, (size_t)round % COUNT_OF(shapes));
		sketch_init(&direct, schema);
		assert_int_equal(sketch_add_all(&direct, values, VALUES), 0);
		for (int spread = 0; spread < 2; spread++) {
			int32_t coarsest = schema;

			split(&random, parts, values, schema, spread);
			if (spread)
				for (int i = 0, first = 1; i < PARTS; i++, first = 0)
					coarsest = first || parts[i].schema < coarsest ? parts[i].schema : coarsest;
			merge_all(&random, parts);
			sketch_downscale(&parts[0], coarsest > schema ? schema : coarsest);
			assert_same(&parts[0], &direct);
			sketch_fini(&parts[0]);
		}
		sketch_fini(&direct);
	}
}

static void bytes_give_it_back(void **state)
{
	struct random random = random_seed(3);
	double values[VALUES];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		AUTO_BUF bytes = { 0 };
		struct sketch sketch, back;
		struct reader in;

		sketch_init(&sketch, (int32_t)random_below(&random, 13) + SKETCH_SCHEMA_MIN);
		sketch_init(&back, 0);
		fill(&random, values, (size_t)round % COUNT_OF(shapes));
		assert_int_equal(sketch_add_all(&sketch, values, random_below(&random, VALUES)), 0);
		sketch_encode(&sketch, &bytes);
		in = reader_of(bytes.data, bytes.len);
		assert_int_equal(sketch_decode(&back, &in), 0);
		assert_int_equal(reader_left(&in), 0);
		assert_same(&sketch, &back);
		sketch_fini(&sketch);
		sketch_fini(&back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_within_the_error),
		cmocka_unit_test(the_order_of_merges_does_not_matter),
		cmocka_unit_test(bytes_give_it_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

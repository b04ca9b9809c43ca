/* SPDX-License-Identifier: MIT */
#include "eval/moving_records.h"
#include "model/sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { N = 40, MINUTE = 60000 };

static const enum function_id ids[] = { FN_SUM_OVER_TIME, FN_AVG_OVER_TIME, FN_MIN_OVER_TIME, FN_MAX_OVER_TIME, FN_COUNT_OVER_TIME,
					FN_PRESENT_OVER_TIME };
enum { IDS = sizeof ids / sizeof *ids };

struct columns {
	kymo_ms at[N];
	uint64_t count[N];
	double sum[N], min[N], max[N];
	uint8_t flags[N];
};

static const double odd[] = { 0.0, -0.0, 1e300, -1e300, 0.1, -7.25, 1e-9, INFINITY, -INFINITY, NAN };

static double some(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 28 == 3 ? odd[(*seed >> 16) % 10] : (double)(int)(*seed >> 12) / 1000.0;
}

static struct piece fill(struct columns *c, unsigned seed)
{
	for (int i = 0; i < N; i++) {
		c->at[i] = (i + 1) * (kymo_ms)MINUTE;
		c->sum[i] = some(&seed);
		c->min[i] = some(&seed);
		c->max[i] = some(&seed);
		c->count[i] = 1 + (seed >> 8) % 60;
		c->flags[i] = 0;
	}
	return (struct piece){ .n = N, .at = c->at, .count = c->count, .sum = c->sum, .min = c->min, .max = c->max, .flags = c->flags };
}

static double by_fold(enum function_id id, const struct piece *piece, uint32_t from, uint32_t to)
{
	const struct range_spec *spec = range_spec_find(id);
	struct range_window window = { 0 };
	struct fold fold;
	double value;

	fold_init(&fold, spec->fold_wants, KIND_GAUGE);
	assert_int_equal(fold_add(&fold, piece, from, to), 0);
	assert_true(spec->fold(&fold, &window, &value));
	fold_fini(&fold);
	return value;
}

static void assert_bits(double a, double b, enum function_id id, uint32_t from, uint32_t to)
{
	if (value_bits(a) != value_bits(b) && !(isnan(a) && isnan(b)))
		fail_msg("function %d of %u..%u: %.17g is not %.17g", (int)id, from, to, a, b);
}

static void windows_are_as_folded(void **state)
{
	struct columns columns;

	(void)state;
	for (unsigned seed = 1; seed <= 200; seed++) {
		struct piece piece = fill(&columns, seed * 7919);
		uint32_t from = seed % N, to = from + 1 + seed * 13 % (N - from);

		for (int k = 0; k < IDS; k++)
			assert_bits(records_value(ids[k], &piece, from, to), by_fold(ids[k], &piece, from, to), ids[k], from, to);
	}
}

static void one_record_is_its_window(void **state)
{
	struct columns columns;
	double out[N];

	(void)state;
	for (unsigned seed = 1; seed <= 50; seed++) {
		struct piece piece = fill(&columns, seed * 104729);

		for (int k = 0; k < IDS; k++) {
			assert_int_equal(records_alone(ids[k], &piece, 2, 3 * MINUTE, MINUTE, N, out), N - 2);
			for (uint32_t i = 0; i < N - 2; i++)
				assert_bits(out[i], by_fold(ids[k], &piece, i + 2, i + 3), ids[k], i + 2, i + 3);
		}
	}
}

/* It ends at a gap, at a record inside a window, and where nobody wants more. */
static void those_that_stand_alone_are_told(void **state)
{
	struct columns columns;
	struct piece piece = fill(&columns, 5);
	double out[N];

	(void)state;
	assert_int_equal(records_alone(FN_MAX_OVER_TIME, &piece, 0, MINUTE, MINUTE, 7, out), 7);
	assert_int_equal(records_alone(FN_MAX_OVER_TIME, &piece, 0, 5 * MINUTE, 5 * MINUTE, 7, out), 0);
	assert_int_equal(records_alone(FN_MAX_OVER_TIME, &piece, 4, 5 * MINUTE, 5 * MINUTE, 7, out), 1);
	for (int i = 11; i < N; i++)
		columns.at[i] += MINUTE;
	assert_int_equal(records_alone(FN_MAX_OVER_TIME, &piece, 0, MINUTE, MINUTE, N, out), 11);
	assert_false(records_answer(FN_RATE) || records_answer(FN_LAST_OVER_TIME));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_are_as_folded),
		cmocka_unit_test(one_record_is_its_window),
		cmocka_unit_test(those_that_stand_alone_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

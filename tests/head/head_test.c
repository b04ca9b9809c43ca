/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "head/chunk.h"
#include "head/head.h"
#include "model/sample.h"

#include <math.h>

static struct head head;

static int make(void **state)
{
	(void)state;
	head_init(&head);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	head_fini(&head);
	return 0;
}

static struct series empty_series(void)
{
	return (struct series){ .kind = KIND_GAUGE, .first_at = INT64_MIN, .last_at = INT64_MIN };
}

static void fill(struct series *series, uint32_t n, double (*value)(uint32_t i))
{
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(head_append(&head, series, T0 + i * 1000, value(i)), 0);
}

static uint32_t count(const struct series *series, kymo_ms start, kymo_ms end, bool frozen)
{
	struct head_copy copy = { 0 };
	uint32_t n = 0;

	assert_int_equal(head_copy(&head, series, start, end, frozen, &copy), 0);
	for (uint32_t i = 0; i < copy.n; i++)
		n += copy.parts[i].n;
	head_copy_fini(&copy);
	return n;
}

static double constant(uint32_t i) { (void)i; return 0.25; }
static double counter(uint32_t i) { return 1e6 + 137.0 * i + i % 7; }
static double cents(uint32_t i) { return (double)((i * 7919) % 10000) / 100; }
static double noise(uint32_t i) { return sin((double)i) * 100; }
static double rare(uint32_t i) { return 4096.0 * (i / 90); }

static void bytes_for_a_sample_are_few(void **state)
{
	static const struct { const char *name; double (*value)(uint32_t i); double most; } rows[] = {
		{ "constant", constant, 0.05 },
		{ "counter", counter, 2.2 },
		{ "cents", cents, 3.2 },
		{ "noise", noise, 11 },
		{ "rare", rare, 1.1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct series series = empty_series();
		double bytes;

		fill(&series, 7200, rows[i].value);
		bytes = (double)atomic_load(&head.bytes) / 7200;
		if (bytes > rows[i].most)
			fail_msg("%s: %.2f bytes", rows[i].name, bytes);
		head_drop(&head, &series);
		assert_int_equal(head.bytes, 0);
		assert_int_equal(head.samples, 0);
	}
}

static void a_copy_takes_what_reaches_into_the_range(void **state)
{
	struct series series = empty_series();

	(void)state;
	fill(&series, 1000, cents);
	assert_int_equal(count(&series, INT64_MIN, INT64_MAX, false), 1000);
	assert_int_equal(count(&series, T0 + 999 * 1000, INT64_MAX, false), 0);
	assert_int_equal(count(&series, INT64_MIN, T0 - 1, false), 0);
	assert_int_equal(count(&series, T0 + 500 * 1000, T0 + 501 * 1000, false), HEAD_OPEN);	/* a whole chunk */
	assert_int_equal(count(&series, T0 + 997 * 1000, INT64_MAX, false), 2);		/* the open end is cut to it */
	head_drop(&head, &series);
}

static void frozen_data_stays_below_what_comes_after(void **state)
{
	struct series series = empty_series();
	kymo_ms first = INT64_MAX, last = INT64_MIN;

	(void)state;
	assert_false(head_freeze(&head, &series, &first, &last));
	fill(&series, 100, cents);
	assert_true(head_freeze(&head, &series, &first, &last));
	assert_true(first == T0 && last == T0 + 99000);
	assert_int_equal(head_append(&head, &series, T0 + 100000, 1), 0);
	assert_int_equal(head_append(&head, &series, T0 + 500, 2), 0);
	assert_int_equal(count(&series, INT64_MIN, INT64_MAX, false), 102);
	assert_int_equal(count(&series, INT64_MIN, INT64_MAX, true), 100);
	/* A flush that failed: the next one takes both. */
	assert_true(head_freeze(&head, &series, &first, &last));
	assert_int_equal(count(&series, INT64_MIN, INT64_MAX, true), 102);
	assert_int_equal(head_append(&head, &series, T0 + 101000, 1), 0);
	assert_int_equal(head_drop_frozen(&head, &series), 102);
	assert_int_equal(count(&series, INT64_MIN, INT64_MAX, false), 1);
	assert_true(head_last(&head, &series).at == T0 + 101000);
	head_drop(&head, &series);
}

static void knows_the_newest_sample(void **state)
{
	struct series series = empty_series();

	(void)state;
	assert_int_equal(head_last(&head, &series).at, INT64_MIN);
	fill(&series, 10, counter);
	assert_int_equal(head_append(&head, &series, T0 - 1, 5), 0);
	assert_true(head_last(&head, &series).known);
	assert_int_equal(head_last(&head, &series).bits, value_bits(counter(9)));
	assert_int_equal(head_first(&head, &series), T0 - 1);
	assert_true(head.oldest == T0 - 1 && head.newest == T0 + 9000);
	assert_true(head_set_first(&head, &series, T0 - 500));
	assert_int_equal(head_first(&head, &series), T0 - 500);
	head_drop(&head, &series);
	assert_false(head_set_first(&head, &series, INT64_MAX));
	assert_int_equal(head_first(&head, &series), INT64_MIN);
	assert_int_equal(head_last(&head, &series).at, INT64_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bytes_for_a_sample_are_few, make, clean),
		cmocka_unit_test_setup_teardown(a_copy_takes_what_reaches_into_the_range, make, clean),
		cmocka_unit_test_setup_teardown(frozen_data_stays_below_what_comes_after, make, clean),
		cmocka_unit_test_setup_teardown(knows_the_newest_sample, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

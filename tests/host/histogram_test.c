/* SPDX-License-Identifier: MIT */
#include "host/histogram.h"

#include "test.h"

#include <math.h>
#include <stdlib.h>

static struct histogram *h;

static int make(void **state)
{
	(void)state;
	return (h = histogram_create()) ? 0 : -1;
}

static int unmake(void **state)
{
	(void)state;
	histogram_destroy(h);
	return 0;
}

static void observe(double v)
{
	assert_int_equal(histogram_observe(h, v), 0);
}

/* Observations up to that bound. */
static uint64_t upto(double bound)
{
	uint64_t before;

	for (uint32_t i = 0; i < h->n; i++)
		if (histogram_bound(h, i) == bound)
			return histogram_upto(h, i, &before);
	fail_msg("no bucket up to %g", bound);
	return 0;
}

static uint64_t all(uint64_t *before)
{
	return histogram_upto(h, h->n, before);
}

static void counts_up_to_powers_of_two(void **state)
{
	uint64_t before;

	(void)state;
	observe(3);
	observe(4);		/* a bound belongs to its bucket */
	observe(4.1);
	observe(0.5);
	observe(100);
	assert_true(histogram_bound(h, 0) == 0.5 && histogram_bound(h, h->n - 1) == 128);
	assert_int_equal(upto(0.5), 1);
	assert_int_equal(upto(1), 1);
	assert_int_equal(upto(2), 1);
	assert_int_equal(upto(4), 3);
	assert_int_equal(upto(8), 4);
	assert_int_equal(upto(64), 4);
	assert_int_equal(upto(128), 5);
	assert_int_equal(all(&before), 5);
	assert_int_equal(before, 0);
	assert_true(histogram_sum(h) == 111.6);
}

static void takes_what_is_in_no_power_of_two(void **state)
{
	uint64_t before;

	(void)state;
	observe(0);
	observe(-7);
	observe(INFINITY);
	observe(NAN);		/* in no count and no sum */
	observe(1);
	assert_int_equal(h->n, 1);
	assert_int_equal(upto(1), 3);
	assert_int_equal(all(&before), 4);
	assert_true(isinf(histogram_sum(h)));
}

static void tells_what_is_new(void **state)
{
	uint64_t before;

	(void)state;
	observe(1);
	observe(2);
	histogram_settle(h, 1000);
	assert_int_equal(h->window.count, 0);
	observe(1.5);
	observe(0.25);		/* moves the buckets that are there */
	assert_int_equal(all(&before), 4);
	assert_int_equal(before, 2);
	assert_int_equal(upto(1), 2);
	assert_int_equal(histogram_upto(h, 0, &before), 1);
	assert_int_equal(before, 0);
	assert_true(histogram_sum(h) == 4.75);
	histogram_settle(h, 2000);
	assert_int_equal(all(&before), 4);
	assert_int_equal(before, 4);
	assert_true(histogram_sum(h) == 4.75);
}

/* More than there are buckets for: the ends take what is beyond, and the counts stay true. */
static void keeps_counts_true_without_room(void **state)
{
	static const double ends[] = { 1e-300, 1e300, 1, 5e-324, 1.7976931348623157e308 };
	uint64_t before, last = 0;

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		observe(ends[i]);
	assert_int_equal(h->n, HISTOGRAM_BUCKETS);
	for (uint32_t i = 0; i < h->n; i++) {
		uint64_t n = histogram_upto(h, i, &before);

		assert_true(n >= last && n <= 5);
		last = n;
	}
	assert_int_equal(all(&before), 5);
}

static void keeps_the_sum_exact(void **state)
{
	(void)state;
	observe(1e17);
	histogram_settle(h, 1);
	for (int i = 0; i < 1000; i++) {
		observe(1);
		histogram_settle(h, 2 + i);
	}
	assert_true(histogram_sum(h) == 1e17 + 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_up_to_powers_of_two), TEST(takes_what_is_in_no_power_of_two), TEST(tells_what_is_new),
		TEST(keeps_counts_true_without_room), TEST(keeps_the_sum_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

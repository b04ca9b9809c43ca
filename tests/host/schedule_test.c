/* SPDX-License-Identifier: MIT */
#include "host/schedule.h"

#include "test.h"

#define MS INT64_C(1000000)

static struct schedule s;

/* At these times: the tick that is due, or 0. */
static kymo_ms take(kymo_ms wall, int64_t mono_ms, uint64_t *missed)
{
	kymo_ms tick = 0;

	return schedule_take(&s, wall, mono_ms * MS, &tick, missed) ? tick : 0;
}

static void first_at_once_then_on_the_grid(void **state)
{
	uint64_t missed;

	(void)state;
	schedule_init(&s, 1000, 10300, 50 * MS);
	assert_int_equal(take(10300, 50, &missed), 10300);
	assert_int_equal(missed, 0);
	assert_int_equal(s.due, 750 * MS);
	assert_int_equal(take(10999, 749, &missed), 0);
	assert_int_equal(take(11000, 750, &missed), 11000);
	assert_int_equal(take(12400, 2150, &missed), 12000);	/* late, but in its interval */
	assert_int_equal(missed, 0);
	assert_int_equal(s.due, 2750 * MS);
}

static void counts_what_it_misses_and_makes_up_nothing(void **state)
{
	uint64_t missed;

	(void)state;
	schedule_init(&s, 1000, 10000, 0);
	assert_int_equal(take(10000, 0, &missed), 10000);
	assert_int_equal(take(14600, 4600, &missed), 14000);
	assert_int_equal(missed, 3);
	assert_int_equal(take(14601, 4601, &missed), 0);
	assert_int_equal(take(15000, 5000, &missed), 15000);
	assert_int_equal(missed, 0);
}

static void finds_the_grid_again_when_the_clock_steps(void **state)
{
	uint64_t missed;

	(void)state;
	schedule_init(&s, 1000, 10000, 0);
	take(10000, 0, &missed);
	assert_int_equal(take(3611250, 1000, &missed), 3611000);	/* an hour ahead: nothing is missed */
	assert_int_equal(missed, 0);
	assert_int_equal(s.due, 1750 * MS);
	assert_int_equal(take(9000, 1750, &missed), 9000);		/* and back */
	assert_int_equal(missed, 0);
}

static void takes_another_interval(void **state)
{
	uint64_t missed;

	(void)state;
	schedule_init(&s, 1000, 10000, 0);
	take(10000, 0, &missed);
	schedule_set(&s, 250, 10130, 130 * MS);
	assert_int_equal(s.due, 250 * MS);
	assert_int_equal(take(10250, 250, &missed), 10250);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_at_once_then_on_the_grid),
		cmocka_unit_test(counts_what_it_misses_and_makes_up_nothing),
		cmocka_unit_test(finds_the_grid_again_when_the_clock_steps),
		cmocka_unit_test(takes_another_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

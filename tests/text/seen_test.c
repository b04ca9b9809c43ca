/* SPDX-License-Identifier: MIT */
/* seen_test.c - adding, forgetting, growing; the order of labels does not matter. */
#include "text/seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct seen_key key_of(uint32_t i)
{
	return seen_key(&i, sizeof i, 5);
}

static void what_was_added_is_there_until_it_is_forgotten(void **state)
{
	struct seen seen = { 0 };

	(void)state;
	seen_forget(&seen);
	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 1000; i++)
			assert_int_equal(seen_add(&seen, key_of(i)), 1);
		for (uint32_t i = 0; i < 1000; i++)
			assert_int_equal(seen_add(&seen, key_of(i)), 0);
		seen_forget(&seen);
	}
	seen_fini(&seen);
}

static void rounds_can_run_over(void **state)
{
	struct seen seen = { 0 };

	(void)state;
	assert_int_equal(seen_add(&seen, key_of(1)), 1);
	seen.round = UINT32_MAX;
	assert_int_equal(seen_add(&seen, key_of(2)), 1);
	seen_forget(&seen);
	assert_int_equal(seen_add(&seen, key_of(1)), 1);
	assert_int_equal(seen_add(&seen, key_of(2)), 1);
	assert_int_equal(seen_add(&seen, key_of(2)), 0);
	seen_fini(&seen);
}

static void sums_do_not_depend_on_the_order(void **state)
{
	struct seen_key a = key_of(1), b = key_of(2);

	(void)state;
	seen_join(&a, key_of(2));
	seen_join(&b, key_of(1));
	assert_true(seen_equal(a, b));
	assert_false(seen_equal(a, key_of(1)));
	assert_false(seen_equal(key_of(1), seen_key(&(uint32_t){ 1 }, 4, 6)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_there_until_it_is_forgotten),
		cmocka_unit_test(rounds_can_run_over),
		cmocka_unit_test(sums_do_not_depend_on_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

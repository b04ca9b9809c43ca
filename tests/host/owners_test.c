/* SPDX-License-Identifier: MIT */
/* owners_test.c - the first instance has a series until it lets go, and everybody sees that at once. */
#include "test.h"

#include "host/owners.h"
#include "util/thread.h"

#include <errno.h>

static void the_first_has_it_until_it_lets_go(void **state)
{
	struct owners *owners = owners_create();
	(void)state;

	assert_false(owners_have(owners, 7));
	assert_int_equal(owners_take(owners, 7, 1), 0);
	assert_int_equal(owners_take(owners, 7, 1), 0);
	assert_int_equal(owners_take(owners, 7, 2), -EBUSY);
	assert_true(owners_have(owners, 7));
	owners_release(owners, 7, 2);
	assert_true(owners_have(owners, 7));
	owners_move(owners, 7, 1, 2);
	owners_release(owners, 7, 1);
	assert_true(owners_have(owners, 7));
	owners_release(owners, 7, 2);
	assert_false(owners_have(owners, 7));
	owners_destroy(owners);
}

/* Refs at the borders of words and pages, and the highest there is. */
static void refs_are_kept_apart(void **state)
{
	static const series_ref refs[] = { 1, 63, 64, 65535, 65536, 65537, 1u << 31, UINT32_MAX };
	const uint32_t n = sizeof refs / sizeof *refs;
	struct owners *owners = owners_create();
	(void)state;

	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < n; k++)
			if (owners_have(owners, refs[k]) != (k < i))
				fail_msg("%u taken: %u", i, refs[k]);
		assert_int_equal(owners_take(owners, refs[i], 1), 0);
	}
	for (uint32_t i = 0; i < n; i++) {
		owners_release(owners, refs[i], 1);
		for (uint32_t k = 0; k < n; k++)
			if (owners_have(owners, refs[k]) != (k > i))
				fail_msg("%u released: %u", i + 1, refs[k]);
	}
	owners_destroy(owners);
}

enum { TIMES = 20000, FIXED = 100001 };

static void *take_and_release(void *data)
{
	struct owners *owners = data;

	for (uint32_t i = 1; i <= TIMES; i++) {
		owners_take(owners, i * 7, 1);
		owners_release(owners, i * 7, 1);
	}
	return NULL;
}

static void who_asks_waits_for_nobody(void **state)
{
	struct owners *owners = owners_create();
	pthread_t thread;
	uint32_t seen = 0;
	(void)state;

	owners_take(owners, FIXED, 2);
	assert_int_equal(thread_start(&thread, "owners", take_and_release, owners), 0);
	for (uint32_t i = 1; i <= TIMES; i++) {
		seen += owners_have(owners, FIXED);
		assert_false(owners_have(owners, i * 7 + 1) && i * 7 + 1 != FIXED);
	}
	pthread_join(thread, NULL);
	assert_int_equal(seen, TIMES);
	for (uint32_t i = 1; i <= TIMES; i++)
		assert_false(owners_have(owners, i * 7));
	owners_destroy(owners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_has_it_until_it_lets_go),
		cmocka_unit_test(refs_are_kept_apart),
		cmocka_unit_test(who_asks_waits_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

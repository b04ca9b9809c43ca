/* SPDX-License-Identifier: MIT */
#include "plain/plain.h"
#include "query/fake_store.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>

static const struct plain_limits limits = { .series = 3 };
static struct store store;

static int make(void **state)
{
	uint32_t ended;

	(void)state;
	fake_init(&store, 1000);
	fake_add(&store, fake_series(&store, KYMO_GAUGE, 0, "b", "x=2"), 10, 1);
	fake_add(&store, fake_series(&store, KYMO_GAUGE, 0, "b", "x=1"), 20, 2);
	fake_add(&store, fake_series(&store, KYMO_COUNTER, 0, "a.b", ""), 30, 3);
	ended = fake_series(&store, KYMO_GAUGE, 0, "ended", "");
	fake_add(&store, ended, 10, 4);
	fake_add(&store, ended, 20, value_stale());
	fake_series(&store, KYMO_GAUGE, 0, "never", "");
	return 0;
}

static int drop(void **state)
{
	(void)state;
	fake_fini(&store);
	return 0;
}

static void newest_values_in_order(void **state)
{
	AUTO_ANSWER struct kymo_latest_list *list = NULL;

	(void)state;
	assert_int_equal(plain_latest(&store, NULL, 0, &limits, &list, NULL), 0);
	assert_int_equal(list->n, 3);
	assert_string_equal(list->items[0].name, "a.b");
	assert_int_equal(list->items[0].type, KYMO_COUNTER);
	assert_string_equal(list->items[0].unit, "u");
	assert_int_equal(list->items[0].at, 30);
	assert_true(list->items[0].value == 3);
	assert_string_equal(list->items[1].labels[0].value, "1");
	assert_string_equal(list->items[2].labels[0].value, "2");
}

static void names_may_have_wildcards(void **state)
{
	static const char *const names[] = { "a.*", "ended", "nothing" };
	AUTO_ANSWER struct kymo_latest_list *list = NULL;

	(void)state;
	assert_int_equal(plain_latest(&store, names, 3, &limits, &list, NULL), 0);
	assert_int_equal(list->n, 1);
}

static void too_many_are_refused(void **state)
{
	struct plain_limits few = { .series = 2 };
	struct kymo_latest_list *list;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(plain_latest(&store, NULL, 0, &few, &list, &err), -E2BIG);
	assert_string_equal(error_text(&err), "more than 2 series match (limits.series): name fewer metrics");
	error_clear(&err);
	assert_int_equal(plain_latest(&store, (const char *const[]){ "" }, 1, &few, &list, &err), -EINVAL);
	error_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newest_values_in_order),
		cmocka_unit_test(names_may_have_wildcards),
		cmocka_unit_test(too_many_are_refused),
	};

	return cmocka_run_group_tests(tests, make, drop);
}

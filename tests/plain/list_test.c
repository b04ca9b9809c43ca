/* SPDX-License-Identifier: MIT */
#include "plain/plain.h"
#include "query/fake_store.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

static void tells_what_is_known_of_a_metric(void **state)
{
	AUTO_ANSWER struct kymo_metric_list *list = NULL;
	struct store store;
	uint32_t s;

	(void)state;
	fake_init(&store, 1000);
	s = fake_series(&store, KYMO_COUNTER, 0, "a.b", "y=1,x=1");
	fake_add(&store, s, 10, 1);
	fake_add(&store, s, 20, 1);
	fake_add(&store, fake_series(&store, KYMO_COUNTER, 0, "a.b", "x=2,z=1"), 5, 1);
	fake_series(&store, KYMO_GAUGE, 0, "c", "");
	assert_int_equal(plain_list(&store, NULL, &list, NULL), 0);
	fake_fini(&store);
	assert_int_equal(list->n, 2);
	assert_string_equal(list->items[0].name, "a.b");
	assert_string_equal(list->items[0].unit, "u");
	assert_string_equal(list->items[0].help, "Help.");
	assert_int_equal(list->items[0].type, KYMO_COUNTER);
	assert_int_equal(list->items[0].n_series, 2);
	assert_int_equal(list->items[0].first_at, 5);
	assert_int_equal(list->items[0].last_at, 20);
	assert_int_equal(list->items[0].n_labels, 3);
	assert_string_equal(list->items[0].labels[0], "x");
	assert_string_equal(list->items[0].labels[2], "z");
	assert_string_equal(list->items[1].name, "c");
	assert_int_equal(list->items[1].n_labels, 0);
	assert_true(list->items[1].first_at > list->items[1].last_at);
}

static void a_pattern_chooses(void **state)
{
	AUTO_ANSWER struct kymo_metric_list *list = NULL, *none = NULL;
	struct store store;

	(void)state;
	fake_init(&store, 1000);
	fake_series(&store, KYMO_GAUGE, 0, "a.b", "");
	fake_series(&store, KYMO_GAUGE, 0, "c", "");
	assert_int_equal(plain_list(&store, "a*", &list, NULL), 0);
	assert_int_equal(list->n, 1);
	assert_int_equal(plain_list(&store, "z", &none, NULL), 0);
	assert_int_equal(none->n, 0);
	fake_fini(&store);
}

static void many_metrics_and_labels(void **state)
{
	AUTO_ANSWER struct kymo_metric_list *list = NULL;
	struct store store;

	(void)state;
	fake_init(&store, 1000);
	for (int i = 0; i < 100; i++) {
		char name[16], labels[16];

		snprintf(name, sizeof name, "m%02d", i / 50);
		snprintf(labels, sizeof labels, "l%02d=1", i % 50);
		fake_series(&store, KYMO_GAUGE, 0, name, labels);
	}
	assert_int_equal(plain_list(&store, NULL, &list, NULL), 0);
	assert_int_equal(list->n, 2);
	assert_int_equal(list->items[1].n_labels, 50);
	assert_string_equal(list->items[1].labels[49], "l49");
	fake_fini(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_is_known_of_a_metric),
		cmocka_unit_test(a_pattern_chooses),
		cmocka_unit_test(many_metrics_and_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

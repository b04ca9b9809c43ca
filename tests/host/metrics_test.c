/* SPDX-License-Identifier: MIT */
#include "host/metrics.h"

#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const a_and_b[] = { "a", "b", NULL };
static const struct kymo_metric table[] = {
	{ "first", KYMO_GAUGE, 0, "", "", NULL },
	{ "second", KYMO_COUNTER, 0, "", "", a_and_b },
};
static const struct kymo_plugin plugin = { .metrics = table, .n_metrics = 2 };
static const struct label_limits limits = { .labels = 3, .name = 40, .value = 100 };

static struct metrics *metrics;

static int make(void **state)
{
	(void)state;
	return (metrics = metrics_create(&plugin)) ? 0 : -1;
}

static int unmake(void **state)
{
	(void)state;
	metrics_destroy(metrics);
	return 0;
}

static uint32_t declare(const char *name, uint32_t type, const char *const *labels)
{
	const struct kymo_metric metric = { name, type, 0, "", "", labels };
	struct error err = { 0 };
	uint32_t id = UINT32_MAX;

	if (metrics_declare(metrics, &metric, &limits, &id, &err) < 0)
		fail_msg("%s", error_text(&err));
	return id;
}

static void goes_on_behind_the_table(void **state)
{
	(void)state;
	assert_int_equal(declare("third", KYMO_GAUGE, NULL), 2);
	assert_int_equal(declare("fourth", KYMO_GAUGE, NULL), 3);
	assert_int_equal(declare("third", KYMO_GAUGE, NULL), 2);
	assert_int_equal(declare("second", KYMO_COUNTER, table[1].labels), 1);
	assert_string_equal(metrics_get(metrics, 3)->metric->name, "fourth");
}

static void copies_what_it_is_told(void **state)
{
	char name[] = "mine", label[] = "x";
	uint32_t id = declare(name, KYMO_GAUGE, (const char *const[]){ label, NULL });

	(void)state;
	memset(name, '-', sizeof name - 1);
	memset(label, '-', sizeof label - 1);
	assert_string_equal(metrics_get(metrics, id)->shown.name, "mine");
	assert_string_equal(metrics_get(metrics, id)->shown.labels[0], "x");
}

static void refuses(const struct kymo_metric *metric, int code, const char *message)
{
	struct error err = { 0 };
	uint32_t id;
	int r = metrics_declare(metrics, metric, &limits, &id, &err);

	if (r != code || !strstr(error_text(&err), message))
		fail_msg("%s: got %d, \"%s\"", metric->name, r, error_text(&err));
	error_clear(&err);
}

static const char *const only_a[] = { "a", NULL }, *const a_to_c[] = { "a", "b", "c", NULL }, *const twice[] = { "a", "a", NULL },
			 *const reserved[] = { "__name__", NULL }, *const bounds[] = { "a", "le", NULL };

static void refuses_what_does_not_fit(void **state)
{
	static const struct { struct kymo_metric metric; int code; const char *message; } rows[] = {
		{ { "first", KYMO_COUNTER, 0, "", "", NULL }, -EEXIST, "metric first is known as a gauge, not a counter" },
		{ { "second", KYMO_COUNTER, 0, "", "", NULL }, -EEXIST, "metric second is known with other labels" },
		{ { "second", KYMO_COUNTER, 0, "", "", only_a }, -EEXIST, "other labels" },
		{ { "second", KYMO_COUNTER, 0, "", "", a_to_c }, -EEXIST, "other labels" },
		{ { "", KYMO_GAUGE, 0, "", "", NULL }, -EINVAL, "" },
		{ { "\xff", KYMO_GAUGE, 0, "", "", NULL }, -EINVAL, "" },
		{ { "x", 17, 0, "", "", NULL }, -EINVAL, "type 17 is not known" },
		{ { "x", KYMO_GAUGE, 0, "", "", twice }, -EINVAL, "" },
		{ { "x", KYMO_GAUGE, 0, "", "", reserved }, -EINVAL, "" },
		{ { "x", KYMO_HISTOGRAM, 0, "", "", bounds }, -EINVAL, "label \"le\" of a histogram is made by the host" },
	};
	const uint16_t *n_labels;
	uint32_t n;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		refuses(&rows[i].metric, rows[i].code, rows[i].message);
	metrics_n_labels(metrics, &n_labels, &n);
	assert_int_equal(n, 2);
}

/* A batch still reads the counts it was given while more metrics come. */
static void old_counts_stay_good(void **state)
{
	const uint16_t *before, *after;
	uint32_t n, more;
	char name[32];

	(void)state;
	metrics_n_labels(metrics, &before, &n);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof name, "more.%d", i);
		assert_int_equal(declare(name, KYMO_GAUGE, (const char *const[]){ "k", NULL }), 2 + i);
	}
	metrics_n_labels(metrics, &after, &more);
	assert_int_equal(n, 2);
	assert_int_equal(more, 5002);
	assert_true(before[0] == 0 && before[1] == 2);
	assert_true(after[0] == 0 && after[1] == 2 && after[2] == 1 && after[5001] == 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(goes_on_behind_the_table), TEST(copies_what_it_is_told), TEST(refuses_what_does_not_fit),
		TEST(old_counts_stay_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

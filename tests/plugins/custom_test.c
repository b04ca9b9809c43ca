/* SPDX-License-Identifier: MIT */
/* custom_test.c - metrics of the configuration, fed by events. */
#include "test.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct harness *custom_start(const char *metrics)
{
	struct harness *h = harness_open(&kymo_plugin);

	harness_set(h, "metrics", metrics);
	assert_int_equal(harness_run(h), 0);
	return h;
}

static void each_type_does_its_own(void **state)
{
	struct harness *h = custom_start(
		"[{name: runs, type: counter, event: job.done, labels: [job], help: Finished jobs.},"
		" {name: seconds, type: histogram, event: job.done, labels: [job], unit: seconds},"
		" {name: depth, labels: [queue]},"
		" {name: raw, type: untyped},"
		" {name: errors, type: counter}]");

	(void)state;
	harness_collect(h);
	assert_string_equal(harness_text(h), "errors 0\n");
	harness_event(h, "job.done", 1.5, "job", "backup", "host", "a", NULL);
	harness_event(h, "job.done", 2, "job", "backup", NULL);
	harness_event(h, "job.done", 4, NULL);
	harness_event(h, "depth", 7, "queue", "mail", NULL);
	harness_event(h, "depth", -3, "queue", "mail", NULL);
	harness_event(h, "raw", 9, NULL);
	harness_event(h, "errors", 1, NULL);
	harness_event(h, "errors", 1, NULL);
	harness_collect(h);
	assert_string_equal(harness_text(h),
		"runs{job=\"backup\"} 3.5\n"
		"runs 4\n"
		"seconds{job=\"backup\"} 1.5\n"
		"seconds{job=\"backup\"} 2\n"
		"seconds 4\n"
		"depth{queue=\"mail\"} -3\n"
		"raw 9\n"
		"errors 2\n");
	harness_collect(h);
	assert_string_equal(harness_text(h),
		"runs{job=\"backup\"} 3.5\n"
		"runs 4\n"
		"depth{queue=\"mail\"} -3\n"
		"raw 9\n"
		"errors 2\n");
	assert_string_equal(harness_logged(h), "");
	harness_close(h);
}

static void takes_just_its_events(void **state)
{
	struct harness *h = custom_start("[{name: a}, {name: b, event: x}, {name: c, event: x}]");

	(void)state;
	assert_true(harness_event(h, "a", 1, NULL));
	assert_true(harness_event(h, "x", 1, NULL));
	assert_false(harness_event(h, "b", 1, NULL));
	assert_false(harness_event(h, "ab", 1, NULL));
	harness_close(h);
	h = custom_start("[]");
	assert_false(harness_event(h, "a", 1, NULL));
	assert_int_equal(harness_collect(h), 0);
	harness_close(h);
}

static void a_counter_only_rises(void **state)
{
	struct harness *h = custom_start("[{name: a, type: counter}]");

	(void)state;
	harness_event(h, "a", 2, NULL);
	harness_event(h, "a", -1, NULL);
	harness_event(h, "a", NAN, NULL);
	harness_event(h, "a", INFINITY, NULL);
	harness_collect(h);
	assert_string_equal(harness_text(h), "a 2\n");
	assert_string_equal(harness_logged(h), "warn: a: a counter cannot take -1\n");
	harness_close(h);
}

static void series_are_bounded(void **state)
{
	struct harness *h = harness_open(&kymo_plugin);
	char value[16];

	(void)state;
	harness_set(h, "metrics", "[{name: a, labels: [x, y]}]");
	harness_set(h, "max_series", "100");
	assert_int_equal(harness_run(h), 0);
	for (int i = 0; i < 200; i++) {
		snprintf(value, sizeof value, "%d", i);
		harness_event(h, "a", i, "y", value, "x", "same", NULL);
	}
	harness_event(h, "a", 5, "x", "same", "y", "0", NULL);
	harness_collect(h);
	assert_int_equal(harness_count(h), 100);
	assert_true(harness_value(h, "a{x=\"same\",y=\"99\"}") == 99);
	assert_true(harness_value(h, "a{x=\"same\",y=\"0\"}") == 5);
	assert_string_equal(harness_logged(h),
		"warn: a: more than 100 label sets, or a value of more than 4096 bytes: left out\n");
	harness_close(h);
}

static void bad_rows_are_rejected(void **state)
{
	static const struct { const char *metrics, *rejected; } rows[] = {
		{ "[{name: \"\"}]", "metrics: a metric needs a name\n" },
		{ "[{name: a}, {name: b}, {name: a, event: x}]", "metrics: \"a\" is declared twice\n" },
		{ "[{name: a, event: \"\"}]", "metrics: an event has a name\n" },
		{ "[{name: a, event: \"x.*\"}]",
		  "metrics: the name of one event, no pattern: * ? and \\ cannot stand in it\n" },
		{ "[{name: a, labels: [\"\"]}]", "metrics: a label needs a name\n" },
		{ "[{name: a, labels: [x, y, x]}]", "metrics: \"x\" is here twice\n" },
		{ "[{name: a, labels: [__name__]}]",
		  "metrics: \"__name__\": names that begin with __ are kymo's own\n" },
		{ "[{name: a, type: histogram, labels: [le]}]",
		  "metrics: \"le\" is the label of a histogram's buckets\n" },
		{ "[{name: a, labels: [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,1,2,3,4,5,6,7]}]",
		  "metrics: 33 labels, at most 32 are possible\n" },
		/* all that is wrong, not the first alone */
		{ "[{name: \"\", labels: [__a, __b]}, {name: b, event: \"?\"}]",
		  "metrics: a metric needs a name\n"
		  "metrics: \"__a\": names that begin with __ are kymo's own\n"
		  "metrics: \"__b\": names that begin with __ are kymo's own\n"
		  "metrics: the name of one event, no pattern: * ? and \\ cannot stand in it\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct harness *h = harness_open(&kymo_plugin);

		harness_set(h, "metrics", rows[i].metrics);
		assert_int_equal(harness_create(h), -EINVAL);
		if (strcmp(harness_rejected(h), rows[i].rejected) != 0)
			fail_msg("%s: got %s", rows[i].metrics, harness_rejected(h));
		harness_close(h);
	}
}

static int refuses_all(const struct kymo_host *host, const struct kymo_metric *metric, uint32_t *id)
{
	(void)host;
	*id = 0;
	return !strcmp(metric->name, "clash") ? -EEXIST : -ENAMETOOLONG;
}

static void says_what_the_host_refuses(void **state)
{
	struct harness *h = harness_open(&kymo_plugin);

	(void)state;
	harness_host(h)->declare = refuses_all;
	harness_set(h, "metrics", "[{name: long}, {name: clash}]");
	assert_int_equal(harness_create(h), -EINVAL);
	assert_string_equal(harness_rejected(h),
		"metrics: \"long\" cannot be a metric: File name too long\n"
		"metrics: a metric of this name exists with another type or other labels\n");
	harness_close(h);
}

static void reconfigured_metrics_keep_their_counts(void **state)
{
	struct harness *h = custom_start("[{name: a, type: counter, labels: [x]}, {name: b, type: counter}]");

	(void)state;
	harness_event(h, "a", 2, "x", "1", NULL);
	harness_event(h, "b", 3, NULL);
	harness_collect(h);
	harness_set(h, "metrics", "[{name: c, type: counter}, {name: a, type: counter, labels: [x], event: e}]");
	assert_int_equal(harness_reconfigure(h), 0);
	assert_false(harness_event(h, "a", 1, NULL));
	harness_event(h, "e", 1, "x", "1", NULL);
	harness_collect(h);
	assert_string_equal(harness_text(h), "c 0\na{x=\"1\"} 3\n");
	/* bad rows change nothing; another shape asks for a new instance */
	harness_set(h, "metrics", "[{name: d, labels: [__x]}]");
	assert_int_equal(harness_reconfigure(h), -EINVAL);
	harness_set(h, "metrics", "[{name: a, type: gauge, labels: [x]}]");
	assert_int_equal(harness_reconfigure(h), -ENOTSUP);
	harness_collect(h);
	assert_string_equal(harness_text(h), "c 0\na{x=\"1\"} 3\n");
	harness_close(h);
}

static void reset_forgets_what_was_counted(void **state)
{
	struct harness *h = custom_start("[{name: a, type: counter}, {name: b}, {name: c, type: histogram}]");

	(void)state;
	harness_event(h, "a", 2, NULL);
	harness_event(h, "b", 2, NULL);
	harness_event(h, "c", 2, NULL);
	harness_observe(h);
	harness_reset(h);
	harness_collect(h);
	assert_string_equal(harness_text(h), "a 0\n");
	harness_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_does_its_own),
		cmocka_unit_test(takes_just_its_events),
		cmocka_unit_test(a_counter_only_rises),
		cmocka_unit_test(series_are_bounded),
		cmocka_unit_test(bad_rows_are_rejected),
		cmocka_unit_test(says_what_the_host_refuses),
		cmocka_unit_test(reconfigured_metrics_keep_their_counts),
		cmocka_unit_test(reset_forgets_what_was_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

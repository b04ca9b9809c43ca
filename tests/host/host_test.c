/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "model/sample.h"
#include "rig.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

static struct rig rig;

static int open_rig(void **state)
{
	(void)state;
	orders = (struct probe_orders){ .labels = 2 };
	caught = (struct catcher_orders){ 0 };
	rig_open(&rig, "plugins: []\nlabels: {site: a, k: base}\n");
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	orders.hang = 0;
	rig_close(&rig);
	catcher_clear();
	assert_int_equal(orders.created, orders.destroyed);
	return 0;
}

static void collects_with_the_configured_labels(void **state)
{
	(void)state;
	rig_add(&rig, "{plugin: probe, name: p, interval: 100ms, labels: {rack: r1}}", &probe);
	UNTIL(rig_latest(&rig, "probe.value{instance=\"p\",k=\"1\",rack=\"r1\",site=\"a\"}") == 1);	/* the plugin's k wins */
	UNTIL(rig_latest(&rig, "probe.count{instance=\"p\",k=\"base\",rack=\"r1\",site=\"a\"}") >= 3);
	assert_true(rig_stats(&rig, "p").collections >= 3);
	assert_int_equal(rig_stats(&rig, "p").series, 3);
	assert_true(rig_stats(&rig, "p").total_ns > 0);
}

static void marks_what_has_ended(void **state)
{
	static const char one[] = "probe.value{k=\"1\",site=\"a\"}", zero[] = "probe.value{k=\"0\",site=\"a\"}";

	(void)state;
	rig_add(&rig, "{plugin: probe, interval: 100ms}", &probe);
	UNTIL(rig_latest(&rig, one) == 1);
	orders.labels = 1;
	UNTIL(value_is_stale(rig_latest(&rig, one)));
	assert_true(rig_latest(&rig, zero) == 0);
	orders.result = -EIO;
	UNTIL(value_is_stale(rig_latest(&rig, zero)));
	assert_non_null(strstr(rig_stats(&rig, "probe").last_error, "collect: "));
	orders.result = 0;
	orders.labels = 2;
	UNTIL(rig_latest(&rig, one) == 1);
	assert_int_equal(host_remove(rig.host, "probe", NULL), 0);
	assert_true(value_is_stale(rig_latest(&rig, one)));
	assert_int_equal(host_remove(rig.host, "probe", NULL), -ENOENT);
}

static void refuses_a_series_that_another_has(void **state)
{
	struct host_stats stats;

	(void)state;
	orders.labels = 0;
	rig_add(&rig, "{plugin: probe, name: one, interval: 100ms, labels: {}}", &probe);
	UNTIL(rig_stats(&rig, "one").series == 1);
	rig_add(&rig, "{plugin: probe, interval: 100ms, labels: {instance: one}}", &probe);
	UNTIL(rig_stats(&rig, "probe").refused >= 2);
	assert_int_equal(rig_stats(&rig, "probe").series, 0);
	assert_int_equal(rig_stats(&rig, "one").refused, 0);
	host_stats(rig.host, &stats);
	assert_true(stats.refused_owner >= 2);
	assert_int_equal(host_remove(rig.host, "one", NULL), 0);
	UNTIL(rig_stats(&rig, "probe").series == 1);	/* free now */
}

static void refuses_bad_samples_alone(void **state)
{
	struct host_stats stats;

	(void)state;
	orders.bad = 1;
	rig_add(&rig, "{plugin: probe, interval: 100ms}", &probe);
	UNTIL(rig_stats(&rig, "probe").collections >= 2);
	assert_true(rig_latest(&rig, "probe.value{k=\"1\",site=\"a\"}") == 1);
	host_stats(rig.host, &stats);
	assert_true(stats.refused_undeclared >= 2);
	assert_int_equal(stats.refused_invalid, 3 * stats.refused_undeclared);
}

static void makes_distributions_and_counters(void **state)
{
	(void)state;
	orders.observe = 4;	/* 1 2 4 8 */
	orders.labels = 0;
	rig_add(&rig, "{plugin: catcher, name: c}", &catcher);
	rig_add(&rig, "{plugin: probe, interval: 100ms}", &probe);
	UNTIL(catcher_has("probe.time k=base site=a 3.75 count=4 sum=15\n"));
	UNTIL(catcher_has("probe.time_count k=base site=a 0 reset\nprobe.time_count k=base site=a 4\n"));
	UNTIL(catcher_has("probe.time_sum k=base site=a 30\n"));
	UNTIL(catcher_has("probe.time_bucket k=base le=4 site=a 6\n"));
	orders.observe = 6;	/* 16 and 32 too: the new buckets know what they were */
	UNTIL(catcher_has("le=32"));
	assert_false(catcher_has("le=32 site=a 0 reset"));
	orders.observe = 0;	/* goes on without observations */
	UNTIL(rig_latest(&rig, "probe.time_bucket{k=\"base\",le=\"+Inf\",site=\"a\"}") >= 6);
	assert_false(catcher_has("probe.time k=base site=a nan stale"));
}

static void gives_sinks_everything(void **state)
{
	(void)state;
	rig_add(&rig, "{plugin: catcher, name: c}", &catcher);
	rig_add(&rig, "{plugin: probe, interval: 100ms}", &probe);
	UNTIL(catcher_has("probe.value k=1 site=a 1\n"));
	UNTIL(catcher_has("probe.count k=base site=a 0 reset\nprobe.count k=base site=a 1\n"));
	orders.labels = 1;
	UNTIL(catcher_has("probe.value k=1 site=a nan stale\n") || catcher_has("probe.value k=1 site=a -nan stale\n"));
}

static void keeps_batches_for_a_busy_sink(void **state)
{
	(void)state;
	caught.result = -EAGAIN;
	rig_add(&rig, "{plugin: catcher, name: c, queue: 3}", &catcher);
	rig_add(&rig, "{plugin: probe, interval: 100ms}", &probe);
	UNTIL(rig_stats(&rig, "c").batches_dropped >= 2);
	assert_int_equal(rig_stats(&rig, "c").queue, 3);
	assert_int_equal(rig_stats(&rig, "c").batches, 0);
	caught.result = 0;
	UNTIL(rig_stats(&rig, "c").batches >= 3);
	assert_true(catcher_has("probe.count k=base site=a 1\n"));	/* the first one is there */
	assert_int_equal(rig_stats(&rig, "c").errors, 0);
	caught.result = -EIO;
	UNTIL(rig_stats(&rig, "c").errors > 0);
}

static void takes_events(void **state)
{
	static const struct kymo_event mine = { sizeof mine, 0, 1, "probe.x", 1, NULL },
				       other = { sizeof other, 0, 1, "other", 1, NULL };
	struct host_stats stats;

	(void)state;
	rig_add(&rig, "{plugin: probe, interval: 1h}", &probe);
	assert_int_equal(host_events(rig.host, (const struct kymo_event *const[]){ &mine, &other, &mine }, 3), 2);
	UNTIL(orders.events == 2);	/* long before the next collect */
	host_stats(rig.host, &stats);
	assert_int_equal(stats.events, 3);
	assert_int_equal(stats.events_unclaimed, 1);
}

static void lets_no_slow_one_delay_another(void **state)
{
	(void)state;
	orders.labels = 0;
	rig_add(&rig, "{plugin: probe, name: slow, interval: 100ms, timeout: 100ms}", &probe);
	rig_add(&rig, "{plugin: catcher, name: c}", &catcher);
	orders.hang = 1;
	UNTIL(rig_stats(&rig, "slow").name != NULL);
	usleep(150000);
	assert_int_equal(host_remove(rig.host, "slow", NULL), 0);	/* it does not answer: left to itself */
	assert_null(rig_stats(&rig, "slow").name);
	orders.hang = 0;
	rig_add(&rig, "{plugin: probe, name: slow, interval: 100ms}", &probe);
	UNTIL(rig_stats(&rig, "slow").collections >= 2);
	UNTIL(orders.destroyed == 1);
}

static void refuses_what_cannot_be(void **state)
{
	struct error err = { 0 };

	(void)state;
	rig_add(&rig, "{plugin: probe}", &probe);
	assert_int_equal(host_reset(rig.host, "probe", NULL), -ENOTSUP);
	assert_int_equal(host_reset(rig.host, "nobody", NULL), -ENOENT);
	assert_int_equal(host_add(rig.host, "{plugin: probe}", 15, &probe, &err), -EEXIST);
	error_clear(&err);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
	const struct CMUnitTest tests[] = {
		TEST(collects_with_the_configured_labels), TEST(marks_what_has_ended),
		TEST(refuses_a_series_that_another_has), TEST(refuses_bad_samples_alone),
		TEST(makes_distributions_and_counters), TEST(gives_sinks_everything), TEST(keeps_batches_for_a_busy_sink),
		TEST(takes_events), TEST(lets_no_slow_one_delay_another), TEST(refuses_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

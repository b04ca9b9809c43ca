/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "model/sample.h"
#include "probe.h"
#include "stand.h"
#include "store/sizes.h"
#include "store/state.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

static struct stand *stand;

static int begin(void **state)
{
	(void)state;
	orders = (struct probe_orders){ .labels = 2 };
	caught = (struct catcher_orders){ 0 };
	stand_open((void **)&stand);
	stand_change(stand, "plugins: []\nlabels: {site: a, k: base}\n", NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	orders.hang = 0;
	stand_close((void **)&stand);
	catcher_clear();
	assert_int_equal(orders.created, orders.destroyed);
	return 0;
}

static void collects_with_the_configured_labels(void **state)
{
	(void)state;
	stand_must_add(stand, "{plugin: probe, name: p, interval: 100ms, labels: {rack: r1}}", &probe);
	WAIT_UNTIL(stand_latest(stand, "probe.value{instance=\"p\",k=\"1\",rack=\"r1\",site=\"a\"}") == 1);	/* the plugin's k wins */
	WAIT_UNTIL(stand_latest(stand, "probe.count{instance=\"p\",k=\"base\",rack=\"r1\",site=\"a\"}") >= 3);
	assert_true(stand_numbers(stand, "p").collections >= 3);
	assert_int_equal(stand_numbers(stand, "p").series, 3);
	assert_true(stand_numbers(stand, "p").total_ns > 0);
}

static void tells_which_metrics_are_large(void **state)
{
	static const char series[] = "kymo.store.metric.bytes{k=\"base\",metric=\"probe.count\",site=\"a\",tier=\"raw\"}";

	(void)state;
	stand_must_add(stand, "{plugin: probe, name: p, interval: 100ms}", &probe);
	stand_wait_for_collects(stand, "p", 5);
	assert_int_equal(store_maintain(stand->store, MAINTAIN_FLUSH, NULL, NULL), 0);
	assert_true(isnan(stand_latest(stand, series)));
	assert_int_equal(largest_step(stand->store, UINT64_MAX), 0);
	WAIT_UNTIL(stand_latest(stand, series) > 0);
}

static uint32_t series_with_decimals(uint8_t decimals)
{
	uint32_t n = 0;

	index_lock(stand->store->index);
	for (series_ref ref = 1; ref < 1000; ref++) {
		const struct series *series = index_series(stand->store->index, ref);

		n += series && series->decimals == decimals;
	}
	index_unlock(stand->store->index);
	return n;
}

/* The store knows of them before the first sample comes; the value is the double next to it, as ever. */
static void hands_decimals_on(void **state)
{
	(void)state;
	orders.decimals = 2;
	orders.labels = 20;
	stand_must_add(stand, "{plugin: probe, name: p, interval: 100ms}", &probe);
	WAIT_UNTIL(stand_latest(stand, "probe.value{instance=\"p\",k=\"19\",site=\"a\"}") == 19.25);
	assert_int_equal(series_with_decimals(2), 20);
	orders.decimals = 3;
	orders.labels = 21;			/* it looks at each sample again */
	WAIT_UNTIL(stand_latest(stand, "probe.value{instance=\"p\",k=\"20\",site=\"a\"}") == 20.25);
	assert_int_equal(series_with_decimals(3), 21);
}

static void makes_distributions_and_counters(void **state)
{
	(void)state;
	orders.observe = 4;	/* 1 2 4 8 */
	orders.labels = 0;
	stand_must_add(stand, "{plugin: catcher, name: c}", &catcher);
	stand_must_add(stand, "{plugin: probe, interval: 100ms}", &probe);
	WAIT_UNTIL(catcher_has("probe.time k=base site=a 3.75 count=4 sum=15\n"));
	WAIT_UNTIL(catcher_has("probe.time_count k=base site=a 0 reset\nprobe.time_count k=base site=a 4\n"));
	WAIT_UNTIL(catcher_has("probe.time_sum k=base site=a 30\n"));
	WAIT_UNTIL(catcher_has("probe.time_bucket k=base le=4 site=a 6\n"));
	orders.observe = 6;	/* 16 and 32 too: the new buckets know what they were */
	WAIT_UNTIL(catcher_has("le=32"));
	assert_false(catcher_has("le=32 site=a 0 reset"));
	orders.observe = 0;	/* goes on without observations */
	WAIT_UNTIL(stand_latest(stand, "probe.time_bucket{k=\"base\",le=\"+Inf\",site=\"a\"}") >= 6);
	assert_false(catcher_has("probe.time k=base site=a nan stale"));
}

static void gives_sinks_everything(void **state)
{
	(void)state;
	stand_must_add(stand, "{plugin: catcher, name: c}", &catcher);
	stand_must_add(stand, "{plugin: probe, interval: 100ms}", &probe);
	WAIT_UNTIL(catcher_has("probe.value k=1 site=a 1\n"));
	WAIT_UNTIL(catcher_has("probe.count k=base site=a 0 reset\nprobe.count k=base site=a 1\n"));
	orders.labels = 1;
	WAIT_UNTIL(catcher_has("probe.value k=1 site=a nan stale\n") || catcher_has("probe.value k=1 site=a -nan stale\n"));
}

static void keeps_batches_for_a_busy_sink(void **state)
{
	(void)state;
	caught.result = -EAGAIN;
	stand_must_add(stand, "{plugin: catcher, name: c, queue: 3}", &catcher);
	stand_must_add(stand, "{plugin: probe, interval: 100ms}", &probe);
	WAIT_UNTIL(stand_numbers(stand, "c").batches_dropped >= 2);
	assert_int_equal(stand_numbers(stand, "c").queue, 3);
	assert_int_equal(stand_numbers(stand, "c").batches, 0);
	caught.result = 0;
	WAIT_UNTIL(stand_numbers(stand, "c").batches >= 3);
	assert_true(catcher_has("probe.count k=base site=a 1\n"));	/* the first one is there */
	assert_int_equal(stand_numbers(stand, "c").errors, 0);
	caught.result = -EIO;
	WAIT_UNTIL(stand_numbers(stand, "c").errors > 0);
}

static void lets_no_slow_one_delay_another(void **state)
{
	(void)state;
	orders.labels = 0;
	stand_must_add(stand, "{plugin: probe, name: slow, interval: 100ms, timeout: 100ms}", &probe);
	stand_must_add(stand, "{plugin: catcher, name: c}", &catcher);
	orders.hang = 1;
	WAIT_UNTIL(stand_numbers(stand, "slow").name != NULL);
	usleep(150000);
	assert_int_equal(host_remove(stand->host, "slow", NULL), 0);	/* it does not answer: left to itself */
	assert_null(stand_numbers(stand, "slow").name);
	orders.hang = 0;
	stand_must_add(stand, "{plugin: probe, name: slow, interval: 100ms}", &probe);
	WAIT_UNTIL(stand_numbers(stand, "slow").collections >= 2);
	WAIT_UNTIL(orders.destroyed == 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(hands_decimals_on), TEST(collects_with_the_configured_labels),
		TEST(tells_which_metrics_are_large),
		TEST(makes_distributions_and_counters), TEST(gives_sinks_everything), TEST(keeps_batches_for_a_busy_sink), TEST(lets_no_slow_one_delay_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

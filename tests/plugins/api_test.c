/* SPDX-License-Identifier: MIT */
/* api_test.c - requests in, counts, rates and percentiles out. */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct harness *api_start(const char *window)
{
	struct harness *h = harness_open(&kymo_plugin);

	if (window)
		harness_set(h, "window", window);
	assert_int_equal(harness_run(h), 0);
	return h;
}

static void request(struct harness *h, const char *endpoint, const char *status, double ms)
{
	assert_true(harness_event(h, "api.request", ms, "endpoint", endpoint, "status", status, NULL));
}

/* A collect `later` milliseconds after the last. */
static void collect_after(struct harness *h, kymo_ms later)
{
	harness_set_now(h, harness_now(h) + later);
	assert_int_equal(harness_collect(h), 0);
}

static void begins_at_zero(void **state)
{
	struct harness *h = api_start(NULL);

	(void)state;
	assert_int_equal(harness_collect(h), 0);
	assert_string_equal(harness_text(h),
		"api.requests.total 0\n"
		"api.requests.successful 0\n"
		"api.requests.failed 0\n");
	collect_after(h, 1000);
	assert_string_equal(harness_text(h),
		"api.requests.total 0\n"
		"api.requests.successful 0\n"
		"api.requests.failed 0\n"
		"api.requests.per_second 0\n");
	harness_close(h);
}

static void counts_and_measures_requests(void **state)
{
	struct harness *h = api_start(NULL);

	(void)state;
	request(h, "/a", "200", 8);
	request(h, "/b", "404", 8);
	request(h, "/a", "399", 8);
	request(h, "/a", "500", 8);
	collect_after(h, 2000);
	assert_string_equal(harness_text(h),
		"api.requests.total 4\n"
		"api.requests.successful 2\n"
		"api.requests.failed 2\n"
		"api.endpoint.requests{endpoint=\"/a\"} 3\n"
		"api.endpoint.requests{endpoint=\"/b\"} 1\n"
		"api.requests.per_second 2\n"
		"api.error.rate 0.5\n"
		"api.response.avg 8\n"
		"api.response.min 8\n"
		"api.response.max 8\n"
		"api.response.p50 8\n"
		"api.response.p95 8\n"
		"api.response.p99 8\n"
		"api.response.time{endpoint=\"/a\"} 8\n"
		"api.response.time{endpoint=\"/a\"} 8\n"
		"api.response.time{endpoint=\"/a\"} 8\n"
		"api.response.time{endpoint=\"/b\"} 8\n");
	/* an observation is told once, a count stays */
	collect_after(h, 1000);
	assert_true(isnan(harness_value(h, "api.response.time{endpoint=\"/a\"}")));
	assert_true(harness_value(h, "api.endpoint.requests{endpoint=\"/a\"}") == 3);
	harness_close(h);
}

static void takes_requests_that_lack_something(void **state)
{
	struct harness *h = api_start(NULL);

	(void)state;
	harness_event(h, "api.request", 5, NULL);
	harness_event(h, "api.request", -1, "endpoint", "/a", "status", "nonsense", NULL);
	harness_event(h, "api.request", -1, "endpoint", "/a", "status", "99999999999999999999", NULL);
	collect_after(h, 1000);
	assert_true(harness_value(h, "api.requests.total") == 3);
	assert_true(harness_value(h, "api.requests.failed") == 1);
	assert_true(harness_value(h, "api.endpoint.requests") == 1);
	assert_true(harness_value(h, "api.endpoint.requests{endpoint=\"/a\"}") == 2);
	assert_true(harness_value(h, "api.response.max") == 5);
	assert_true(isnan(harness_value(h, "api.response.time{endpoint=\"/a\"}")));
	assert_string_equal(harness_logged(h),
		"warn: a response time below zero is left out; the request is counted\n");
	harness_close(h);
}

static void takes_no_other_events(void **state)
{
	struct harness *h = api_start(NULL);

	(void)state;
	assert_false(harness_event(h, "api.requests", 1, NULL));
	assert_false(harness_event(h, "websocket.connect", 1, NULL));
	harness_close(h);
}

/* ---- The window ---- */

static void what_is_older_than_the_window_is_gone(void **state)
{
	struct harness *h = api_start("10s");

	(void)state;
	request(h, "/a", "500", 100);
	collect_after(h, 1000);
	for (int i = 0; i < 9; i++) {
		request(h, "/a", "200", 1);
		collect_after(h, 1000);
		assert_true(harness_value(h, "api.response.max") == 100);
		assert_true(harness_value(h, "api.error.rate") == 1.0 / (i + 2));
		assert_true(harness_value(h, "api.requests.per_second") == 1);
	}
	collect_after(h, 1000);
	assert_true(harness_value(h, "api.response.max") == 1);
	assert_true(harness_value(h, "api.error.rate") == 0);
	assert_true(harness_value(h, "api.requests.per_second") == 0.9);
	collect_after(h, 10000);
	assert_true(isnan(harness_value(h, "api.response.max")));
	assert_true(isnan(harness_value(h, "api.response.p99")));
	assert_true(isnan(harness_value(h, "api.error.rate")));
	assert_true(harness_value(h, "api.requests.per_second") == 0);
	harness_close(h);
}

static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static int compare(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

static double exact_quantile(const double *sorted, size_t n, double q)
{
	double position = q * (double)(n - 1), rank = floor(position);
	size_t low = (size_t)rank, high = low + 1 < n ? low + 1 : low;

	return sorted[low] + (sorted[high] - sorted[low]) * (position - rank);
}

static void check_quantile(struct harness *h, const char *metric, const double *sorted, size_t n, double q)
{
	double exact = exact_quantile(sorted, n, q), got = harness_value(h, metric);

	if (!(fabs(got - exact) <= 0.0109 * exact))
		fail_msg("%s of %zu: got %.17g, exactly %.17g", metric, n, got, exact);
}

/* Against all values of the window, sorted. */
static void percentiles_are_within_their_error(void **state)
{
	enum { TICKS = 40, WINDOW = 10, MOST = 50 };
	static double values[TICKS][MOST], sorted[WINDOW * MOST];
	size_t counts[TICKS];
	struct harness *h = api_start("10s");
	uint64_t seed = 12345;

	(void)state;
	for (size_t tick = 0; tick < TICKS; tick++) {
		size_t n = 0;

		counts[tick] = random_next(&seed) % MOST;
		for (size_t i = 0; i < counts[tick]; i++) {
			values[tick][i] = exp2((double)(random_next(&seed) % 40000) / 1000 - 19);
			request(h, "/a", "200", values[tick][i]);
		}
		collect_after(h, 1000);
		for (size_t t = tick + 1 < WINDOW ? 0 : tick + 1 - WINDOW; t <= tick; t++) {
			memcpy(sorted + n, values[t], counts[t] * sizeof *sorted);
			n += counts[t];
		}
		qsort(sorted, n, sizeof *sorted, compare);
		check_quantile(h, "api.response.p50", sorted, n, 0.50);
		check_quantile(h, "api.response.p95", sorted, n, 0.95);
		check_quantile(h, "api.response.p99", sorted, n, 0.99);
		assert_true(harness_value(h, "api.response.min") == sorted[0]);
		assert_true(harness_value(h, "api.response.max") == sorted[n - 1]);
	}
	harness_close(h);
}

/* Powers of two are the upper bounds of buckets; 0 and the very large have buckets as well. */
static void takes_any_time(void **state)
{
	static const double rows[] = { 0, 5e-324, 1e-9, 0.5, 1, 2, 1024, 1e12, 1e300, 1.7976931348623157e308 };
	struct harness *h = api_start("1s");

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		request(h, "/a", "200", rows[i]);
		collect_after(h, 1000);
		if (harness_value(h, "api.response.p50") != rows[i])
			fail_msg("%g: got %g", rows[i], harness_value(h, "api.response.p50"));
	}
	harness_close(h);
}

/* The ring has a bounded number of slots, however often it is collected. */
static void many_collects_are_one_window(void **state)
{
	struct harness *h = api_start("60s");

	(void)state;
	for (int i = 0; i < 3000; i++) {
		request(h, "/a", "200", i < 1500 ? 1 : 2);
		collect_after(h, 50);
	}
	assert_true(fabs(harness_value(h, "api.requests.per_second") - 20) < 1e-9);
	assert_true(harness_value(h, "api.response.min") == 2);
	harness_close(h);
}

static void a_clock_that_goes_back_empties_the_window(void **state)
{
	struct harness *h = api_start("10s");

	(void)state;
	request(h, "/a", "200", 1);
	collect_after(h, 1000);
	collect_after(h, -5000);
	assert_true(isnan(harness_value(h, "api.response.max")));
	assert_true(harness_value(h, "api.requests.total") == 1);
	request(h, "/a", "200", 2);
	collect_after(h, 1000);
	assert_true(harness_value(h, "api.requests.per_second") == 1);
	harness_close(h);
}

/* ---- Bounds ---- */

static void further_endpoints_are_taken_together(void **state)
{
	struct harness *h = harness_open(&kymo_plugin);
	static char huge[5000];

	(void)state;
	memset(huge, 'x', sizeof huge - 1);
	harness_set(h, "max_endpoints", "2");
	assert_int_equal(harness_run(h), 0);
	request(h, "/a", "200", 1);
	request(h, huge, "200", 1);
	request(h, "/b", "200", 1);
	request(h, "/c", "200", 1);
	request(h, "/a", "200", 1);
	collect_after(h, 1000);
	assert_true(harness_value(h, "api.endpoint.requests{endpoint=\"/a\"}") == 2);
	assert_true(harness_value(h, "api.endpoint.requests{endpoint=\"other\"}") == 3);
	assert_true(isnan(harness_value(h, "api.endpoint.requests{endpoint=\"/b\"}")));
	assert_string_equal(harness_logged(h),
		"warn: more than 2 endpoints, or a name of more than 4096 bytes: counted as \"other\"\n");
	/* those that are known stay apart, and new ones get room */
	harness_set(h, "max_endpoints", "4");
	assert_int_equal(harness_reconfigure(h), 0);
	request(h, "/c", "200", 1);
	collect_after(h, 1000);
	assert_true(harness_value(h, "api.endpoint.requests{endpoint=\"/c\"}") == 1);
	assert_true(harness_value(h, "api.endpoint.requests{endpoint=\"/a\"}") == 2);
	harness_close(h);
}

static void many_endpoints_keep_apart(void **state)
{
	struct harness *h = api_start(NULL);
	char endpoint[32], series[64];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(endpoint, sizeof endpoint, "/orders/%d", i);
		for (int n = 0; n <= i % 3; n++)
			request(h, endpoint, "200", i);
	}
	collect_after(h, 1000);
	for (int i = 0; i < 1000; i += 97) {
		snprintf(series, sizeof series, "api.endpoint.requests{endpoint=\"/orders/%d\"}", i);
		assert_true(harness_value(h, series) == i % 3 + 1);
		snprintf(series, sizeof series, "api.response.time{endpoint=\"/orders/%d\"}", i);
		assert_true(harness_value(h, series) == i);
	}
	assert_string_equal(harness_logged(h), "");
	harness_close(h);
}

/* ---- Changes ---- */

static void reset_forgets_everything(void **state)
{
	struct harness *h = api_start(NULL);

	(void)state;
	request(h, "/a", "500", 1);
	collect_after(h, 1000);
	harness_reset(h);
	collect_after(h, 1000);
	assert_string_equal(harness_text(h),
		"api.requests.total 0\n"
		"api.requests.successful 0\n"
		"api.requests.failed 0\n"
		"api.requests.per_second 0\n");
	harness_close(h);
}

static void another_window_keeps_the_counts(void **state)
{
	struct harness *h = api_start("60s");

	(void)state;
	request(h, "/a", "200", 1);
	collect_after(h, 1000);
	for (int i = 0; i < 20; i++)
		collect_after(h, 1000);
	assert_true(harness_value(h, "api.response.max") == 1);
	harness_set(h, "window", "10s");
	assert_int_equal(harness_reconfigure(h), 0);
	collect_after(h, 1000);
	assert_true(isnan(harness_value(h, "api.response.max")));
	assert_true(harness_value(h, "api.requests.total") == 1);
	harness_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_at_zero),
		cmocka_unit_test(counts_and_measures_requests),
		cmocka_unit_test(takes_requests_that_lack_something),
		cmocka_unit_test(takes_no_other_events),
		cmocka_unit_test(what_is_older_than_the_window_is_gone),
		cmocka_unit_test(percentiles_are_within_their_error),
		cmocka_unit_test(takes_any_time),
		cmocka_unit_test(many_collects_are_one_window),
		cmocka_unit_test(a_clock_that_goes_back_empties_the_window),
		cmocka_unit_test(further_endpoints_are_taken_together),
		cmocka_unit_test(many_endpoints_keep_apart),
		cmocka_unit_test(reset_forgets_everything),
		cmocka_unit_test(another_window_keeps_the_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

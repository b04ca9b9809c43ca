/* SPDX-License-Identifier: MIT */
/*
 * fault_test.c - whichever piece of memory is refused while a request is handled:
 * the answer, or an error; never half an answer, never a crash, never a leak.
 */
#include "fake_service.h"
#include "fault/fault.h"
#include "http/json_check.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <errno.h>

static const struct { const char *method, *path, *parameters, *body; } requests[] = {
	{ "GET", "/kymo/v1/snapshot", NULL, NULL },
	{ "GET", "/kymo/v1/latest", "name=a&name=b", NULL },
	{ "GET", "/kymo/v1/metrics", NULL, NULL },
	{ "GET", "/kymo/v1/metrics/a.b/stats", "label=x=y&last=1h", NULL },
	{ "GET", "/kymo/v1/query", "name=a&label=x=~y", NULL },
	{ "POST", "/kymo/v1/query", NULL, "{\"names\":[\"a\",\"b\"],\"filters\":[\"x=y\",{\"label\":\"z\",\"value\":\"\"}],\"last\":\"6h\"}" },
	{ "POST", "/kymo/v1/query", NULL, "{\"names\":[\"a\"],\"lats\":1}" },
	{ "POST", "/kymo/v1/query", NULL, "[" },
	{ "GET", "/kymo/v1/stats", NULL, NULL },
	{ "GET", "/kymo/v1/stats", "a=1&b=2", NULL },
	{ "GET", "/kymo/v1/instances", NULL, NULL },
	{ "GET", "/kymo/v1/tiers", NULL, NULL },
	{ "POST", "/kymo/v1/maintain", NULL, "{\"do\":[\"flush\"]}" },
	{ "POST", "/kymo/v1/events", NULL, "[{\"name\":\"a\",\"labels\":{\"b\":\"c\"}}]" },
	{ "POST", "/-/reload", NULL, NULL },
	{ "POST", "/kymo/v1/plan", NULL, "{\"file\":\"/nonesuch\"}" },
	{ "POST", "/kymo/v1/instances", NULL, "{\"plugin\":\"a\"}" },
	{ "DELETE", "/kymo/v1/instances/a", NULL, NULL },
	{ "GET", "/api/v1/series", "match[]=a&match[]={b=\"c\"}", NULL },
	{ "GET", "/api/v1/labels", NULL, NULL },
	{ "GET", "/api/v1/label/a/values", "match[]=a", NULL },
	{ "GET", "/api/v1/parse_query", "query=sum(rate(a[5m]))", NULL },
	{ "GET", "/api/v1/format_query", "query=a[", NULL },
	{ "GET", "/api/v1/status/tsdb", NULL, NULL },
	{ "GET", "/api/v1/status/runtimeinfo", NULL, NULL },
	{ "GET", "/api/v1/targets", NULL, NULL },
	{ "GET", "/api/v1/scrape_pools", NULL, NULL },
	{ "GET", "/api/v1/metadata", NULL, NULL },
	{ "GET", "/nonesuch", NULL, NULL },
};

static void expect_whole(const struct response *response, size_t row, unsigned n)
{
	static const struct json_limits limits = { .depth = 32, .values = 10000 };
	struct error err = { 0 };

	/* The server has a text of its own for what failed. */
	if (!buf_failed(&response->body) &&
	    json_check((const char *)response->body.data, response->body.len, &limits, &err) < 0)
		fail_msg("%s, allocation %u: status %u, %s", requests[row].path, n, response->status, error_text(&err));
}

static void each_request_without_memory(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		static struct kymo fake;
		unsigned n = 1;
		bool failed;

		do {
			struct response response;

			fault_at(FAULT_MEMORY, n, ENOMEM);
			response = fake_request(&fake, requests[i].method, requests[i].path, requests[i].parameters,
						requests[i].body, true);
			failed = fault_off();
			expect_whole(&response, i, n++);
			buf_fini(&response.body);
		} while (failed);
	}
}

static void scrape_without_memory(void **state)
{
	struct metric *histogram = metric_create(&(struct kymo_metric){ .name = "h", .type = KYMO_HISTOGRAM });
	struct metric *gauge = metric_create(&(struct kymo_metric){ .name = "h_b", .type = KYMO_GAUGE });
	static const uint8_t h[] = "\x08__name__\x01h", b[] = "\x08__name__\x03h_b\x01x\x01y";
	const struct series_view series[] = {
		{ .metric = histogram, .labels = { h, sizeof h - 1 }, .kind = KIND_DISTRIBUTION, .last_at = FAKE_NOW },
		{ .metric = gauge, .labels = { b, sizeof b - 1 }, .last_at = FAKE_NOW, .last = 1 },
	};
	static struct kymo fake;
	bool failed;

	(void)state;
	fake.series = series;
	fake.n_series = COUNT_OF(series);
	for (unsigned n = 1;; n++) {
		struct response response;

		fault_at(FAULT_MEMORY, n, ENOMEM);
		response = fake_request(&fake, "GET", "/metrics", NULL, NULL, false);
		failed = fault_off();
		if (!buf_failed(&response.body) && response.status == 200)
			assert_non_null(strstr(buf_text(&response.body), "\nh_b{x=\"y\"} 1\n"));
		buf_fini(&response.body);
		if (!failed)
			break;
	}
	metric_destroy(histogram);
	metric_destroy(gauge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_without_memory),
		cmocka_unit_test(scrape_without_memory),
	};

	cJSON_InitHooks(&(cJSON_Hooks){ malloc, free });	/* ours, which can fail */
	return cmocka_run_group_tests(tests, NULL, NULL);
}

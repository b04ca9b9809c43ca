/* SPDX-License-Identifier: MIT */
/* spans_test.c - what an answer of PromQL tells of the tiers that it was made of. */
#include "eval/promql.h"
#include "query/fake_store.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* Times in seconds since a midnight. */
#define T(s) (INT64_C(1735689600000) + (s) * INT64_C(1000))
#define NOW T(7200)

static struct store store;
static struct promql *engine;

/* Two hours of a gauge and a counter, every 10 s. */
static int make(void **state)
{
	const struct promql_options options = promql_options_preset();

	(void)state;
	fake_init(&store, NOW);
	fake_series(&store, KYMO_GAUGE, 0, "load", "");
	fake_series(&store, KYMO_COUNTER, 0, "requests_total", "");
	for (int s = 10; s <= 7200; s += 10)
		for (uint32_t series = 0; series < 2; series++)
			fake_add(&store, series, T(s), s);
	return promql_create(&store, &options, &engine);
}

static int drop(void **state)
{
	(void)state;
	promql_destroy(engine);
	fake_fini(&store);
	return 0;
}

static void print(const struct promql_report *report, uint32_t n_series, struct buf *out)
{
	buf_printf(out, "%u", n_series);
	for (uint32_t i = 0; i < report->n_spans; i++) {
		const struct promql_span *span = &report->spans[i];

		buf_printf(out, ", %s %lld %lld", span->missing ? "missing" : span->empty ? "empty" : tier_name(span->tier),
			   (long long)(span->start - T(0)) / 1000, (long long)(span->end - T(0)) / 1000);
	}
	for (uint32_t i = 0; i < report->n_warnings; i++)
		buf_printf(out, "! %s", report->warnings[i]);
}

/* retention: of all tiers; negative: of raw alone. */
static const struct { const char *query; uint32_t tier; kymo_ms retention; const char *answer; } rows[] = {
	{ "load", KYMO_AUTO, FOREVER, "1, raw 6900 7200" },
	{ "load[3h]", KYMO_AUTO, FOREVER, "1, empty -3600 9, raw 9 7200" },
	{ "load offset 1d", KYMO_AUTO, FOREVER, "0, empty -79500 -79200" },
	{ "sum_over_time(load[3h])", KYMO_1M, FOREVER, "1, empty -3600 0, 1m 0 7200" },
	{ "sum_over_time(load[119m])", KYMO_AUTO, -1800000, "1, 1m 60 5460, raw 5460 7200" },
	{ "load[3h]", KYMO_RAW, -1800000, "1, empty -3600 0, missing 0 5409, raw 5409 7200" },
	{ "load[3h]", KYMO_AUTO, 3600000, "1, missing -3600 3609, raw 3609 7200" },
	{ "p99_over_time(load[1h])", KYMO_1M, FOREVER, "1, 1m 3600 7200" },
	{ "p99_over_time(requests_total[1h])", KYMO_1M, FOREVER,
	  "0, 1m 3600 7200! PromQL warning: p99_over_time has no value from the 1m windows of requests_total, which carry no sketches (1:1)" },
};

static void run(size_t row, struct buf *out)
{
	struct promql_request request = { .query = rows[row].query, .n = strlen(rows[row].query), .instant = true, .end = NOW,
					  .tier = rows[row].tier, .now = NOW, .explain = true };
	AUTO(promql_run) run = NULL;
	struct promql_series series;
	struct promql_report report;
	struct error err = { 0 };
	AUTO_BUF json = { 0 };
	uint32_t n = 0;
	bool is_execution;

	if (promql_open(engine, &request, &run, &is_execution, &err) < 0)
		fail_msg("%s: %s", rows[row].query, error_text(&err));
	while (promql_next(run, &series, &err) > 0)
		n++;
	promql_report(run, &report);
	print(&report, n, out);
	promql_explain(run, &json);
	assert_true(!strstr(buf_text(out), "empty ") == !strstr(buf_text(&json), "\"empty\":true"));
	assert_true(!strstr(buf_text(out), "missing ") == !strstr(buf_text(&json), "\"missing\":true"));
}

static void an_answer_tells_what_served_it(void **state)
{
	bool wrong = false;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_BUF text = { 0 };

		for (int tier = 0; tier < TIERS; tier++)
			store.retention[tier] = rows[i].retention >= 0 ? rows[i].retention : FOREVER;
		if (rows[i].retention < 0)
			store.retention[KYMO_RAW] = -rows[i].retention;
		run(i, &text);
		if (strcmp(buf_text(&text), rows[i].answer)) {
			print_error("%s: got %s\n", rows[i].query, buf_text(&text));
			wrong = true;
		}
	}
	assert_false(wrong);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_tells_what_served_it),
	};

	return cmocka_run_group_tests(tests, make, drop);
}

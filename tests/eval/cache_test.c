/* SPDX-License-Identifier: MIT */
/* What is kept of an answer is what would be computed; late samples, deletions and other steps make it void. */
#include "eval/cache.h"
#include "eval/promql.h"
#include "model/labels_edit.h"
#include "util/check.h"

#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <cmocka.h>

#define START INT64_C(1767225600000)
#define MINUTE INT64_C(60000)

struct stand {
	char folder[64];
	struct test_clock clock;
	struct store *store;
	struct promql *engine;
	series_ref refs[3];
};

static void add(struct stand *stand, int series, kymo_ms at, double v)
{
	struct store_appended done;

	assert_int_equal(store_append(stand->store, &(struct store_batch){ .n = 1, .refs = &stand->refs[series], .values = &v, .at = at }, &done), 0);
	assert_int_equal(done.stored, 1);
}

static void pass(struct stand *stand, kymo_ms until)
{
	for (kymo_ms at = stand->clock.now / 10000 * 10000 + 10000; at <= until; at += 10000) {
		stand->clock.now = at;
		add(stand, 0, at, (double)(at / 10000 % 97));
		if (at > START + 30 * MINUTE)
			add(stand, 1, at, 1);	/* one that begins later */
	}
}

static void set_up(struct stand *stand)
{
	struct store_options options;
	struct promql_options engine = promql_options_preset();
	struct error err = { 0 };

	snprintf(stand->folder, sizeof stand->folder, "/tmp/kymo-cache-XXXXXX");
	assert_non_null(mkdtemp(stand->folder));
	options = store_options_preset(stand->folder);
	test_clock_init(&stand->clock, START);
	options.clock = &stand->clock.clock;
	options.manual = true;
	assert_int_equal(store_open(&options, &stand->store, &err), 0);
	assert_int_equal(promql_create(stand->store, &engine, &stand->engine), 0);
	for (int i = 0; i < 3; i++) {
		char n[2] = { (char)('a' + i), 0 };
		struct label items[] = { { LABEL_NAME, "load", 8, 4 }, { "n", n, 1, 1 } };
		AUTO_BUF bytes = { 0 };

		assert_int_equal(labels_encode(items, 2, &bytes), 0);
		assert_int_equal(store_series(stand->store, labels_in(&bytes), &stand->refs[i]), 0);
	}
	pass(stand, START + 60 * MINUTE);
}

static void tear_down(struct stand *stand)
{
	char command[128];

	promql_destroy(stand->engine);
	store_close(stand->store);
	snprintf(command, sizeof command, "rm -rf %s", stand->folder);
	assert_int_equal(system(command), 0);
}

static bool ask(struct stand *stand, const char *query, kymo_ms start, kymo_ms end, bool no_cache, struct buf *out)
{
	struct promql_request request = { .query = query, .n = strlen(query), .start = start, .end = end, .step = MINUTE, .tier = KYMO_AUTO,
					  .now = stand->clock.now, .no_cache = no_cache };
	struct promql_report report;
	struct promql_series series;
	struct promql_run *run;
	struct error err = { 0 };
	bool is_execution;
	int r;

	assert_int_equal(promql_open(stand->engine, &request, &run, &is_execution, &err), 0);
	while ((r = promql_next(run, &series, &err)) > 0) {
		labels_print(series.labels, out);
		for (uint32_t i = 0; i < series.n; i++)
			buf_printf(out, " %lld:%.17g", (long long)series.at[i], series.values[i]);
		buf_add_text(out, "\n");
	}
	assert_int_equal(r, 0);
	promql_report(run, &report);
	for (uint32_t i = 0; i < report.n_infos; i++)
		buf_printf(out, "%s\n", report.infos[i]);
	promql_close(run);
	return report.from_cache;
}

/* The same with and without what is kept; was something? */
static bool same_answer(struct stand *stand, const char *query, kymo_ms start, kymo_ms end)
{
	AUTO_BUF kept = { 0 }, computed = { 0 };
	bool from_cache = ask(stand, query, start, end, false, &kept);

	ask(stand, query, start, end, true, &computed);
	assert_string_equal(buf_text(&kept), buf_text(&computed));
	return from_cache;
}

static const char *const queries[] = { "load", "sum(rate(load[5m]))", "avg_over_time(load[10m])", "load offset 3m", "sum by (n) (load) > 20",
				       "max_over_time(sum(load)[10m:1m])", "time()", "absent(load{n=\"c\"})", "topk(1, load)" };

static void moves_with_time(void **state)
{
	struct stand stand;
	struct promql_stats stats;

	(void)state;
	set_up(&stand);
	for (size_t i = 0; i < COUNT_OF(queries); i++)
		assert_false(same_answer(&stand, queries[i], START + 5 * MINUTE, START + 60 * MINUTE));
	for (int round = 1; round <= 8; round++) {
		pass(&stand, START + (60 + 5 * round) * MINUTE);
		for (size_t i = 0; i < COUNT_OF(queries); i++)
			if (strcmp(queries[i], "time()"))
				assert_true(same_answer(&stand, queries[i], START + 5 * round * MINUTE, START + (60 + 5 * round) * MINUTE));
	}
	promql_stats(stand.engine, &stats);
	assert_int_equal(stats.cache_hits, 8 * (COUNT_OF(queries) - 1));
	assert_true(stats.cache_bytes > 0 && stats.cache_entries > 0);
	tear_down(&stand);
}

/* What lies behind a point, or where the range begins and ends, is in these. */
static const char *const never[] = { "load offset -1m", "load @ end()", "load @ start()", "load + range()", "load > start()", "end() - load",
				     "rate(load[5m] smoothed)", "load smoothed", "max_over_time((load offset -1m)[10m:1m])" };

static void other_questions_are_others(void **state)
{
	struct stand stand;

	(void)state;
	set_up(&stand);
	assert_false(same_answer(&stand, "load", START + 5 * MINUTE, START + 60 * MINUTE));
	assert_true(same_answer(&stand, "load", START + 10 * MINUTE, START + 50 * MINUTE));
	assert_false(same_answer(&stand, "load", START + 10 * MINUTE + 7, START + 60 * MINUTE));	/* another phase */
	assert_false(same_answer(&stand, "load", START + MINUTE, START + 60 * MINUTE));		/* begins before */
	for (size_t i = 0; i < COUNT_OF(never); i++) {
		assert_false(same_answer(&stand, never[i], START + MINUTE, START + 60 * MINUTE));
		assert_false(same_answer(&stand, never[i], START + MINUTE, START + 60 * MINUTE));
	}
	tear_down(&stand);
}

static void what_comes_late_makes_it_void(void **state)
{
	struct matcher *matcher = matcher_create(MATCH_EQUAL, "n", "a", NULL);
	struct stand stand;
	struct error err = { 0 };
	uint32_t series;

	(void)state;
	set_up(&stand);
	same_answer(&stand, "load", START + 5 * MINUTE, START + 60 * MINUTE);
	assert_true(same_answer(&stand, "load", START + 5 * MINUTE, START + 60 * MINUTE));
	add(&stand, 0, START + 55 * MINUTE - 5000, 1234);	/* late */
	assert_false(same_answer(&stand, "load", START + 5 * MINUTE, START + 60 * MINUTE));
	assert_true(same_answer(&stand, "load", START + 5 * MINUTE, START + 60 * MINUTE));
	add(&stand, 2, START + 20 * MINUTE, 7);			/* in order, by a clock that is slow */
	assert_false(same_answer(&stand, "load", START + 5 * MINUTE, START + 60 * MINUTE));
	assert_true(same_answer(&stand, "load", START + 5 * MINUTE, START + 60 * MINUTE));
	assert_int_equal(store_delete(stand.store, &matcher, 1, START, START + 30 * MINUTE, &series, &err), 0);
	assert_int_equal(series, 1);
	assert_false(same_answer(&stand, "load", START + 5 * MINUTE, START + 60 * MINUTE));
	matcher_destroy(matcher);
	tear_down(&stand);
}

static uint32_t below(uint32_t n)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 33) % n);
}

static void delete_some(struct stand *stand)
{
	struct matcher *matcher = matcher_create(MATCH_EQUAL, "n", below(2) ? "a" : "b", NULL);
	kymo_ms end = stand->clock.now - below(60) * MINUTE;
	struct error err = { 0 };
	uint32_t series;

	assert_int_equal(store_delete(stand->store, &matcher, 1, end - 1 - below(600000), end, &series, &err), 0);
	matcher_destroy(matcher);
}

/* Late, in time, stale, deleted, written anew: something that a life has. */
static void happen(struct stand *stand)
{
	static const unsigned work[] = { MAINTAIN_FLUSH, MAINTAIN_CLOSE, MAINTAIN_MERGE, 0 };
	struct store_maintained done;
	double v = below(2) ? value_stale() : (double)below(1000);
	kymo_ms at = stand->clock.now - 1 - below(590) * 1000;

	switch (below(6)) {
	case 0:
		delete_some(stand);
		return;
	case 1:
		assert_int_equal(store_maintain(stand->store, work[below(4)], &done, NULL), 0);
		return;
	case 2:				/* what is refused is no matter here */
		store_append(stand->store, &(struct store_batch){ .n = 1, .refs = &stand->refs[below(3)], .values = &v, .at = at },
			     &(struct store_appended){ 0 });
		return;
	default:
		pass(stand, stand->clock.now + (1 + below(300)) * 1000);
	}
}

static void whatever_happens_it_is_what_is_there(void **state)
{
	struct stand stand;
	uint32_t kept = 0;

	(void)state;
	set_up(&stand);
	for (int round = 0; round < 300; round++) {
		kymo_ms end = stand.clock.now / MINUTE * MINUTE - below(3) * MINUTE;

		for (int i = 0; i < 2; i++)
			kept += same_answer(&stand, queries[below(COUNT_OF(queries))], end - (50 + below(3)) * MINUTE, end);
		happen(&stand);
	}
	assert_true(kept > 50);
	tear_down(&stand);
}

/* Not of the cache, but where a store is at hand: who asks for the escaped name is told of the other. */
static void the_escaped_name_is_explained(void **state)
{
	struct label items[] = { { LABEL_NAME, "system.load.1m", 8, 14 } };
	AUTO_BUF bytes = { 0 }, out = { 0 }, none = { 0 };
	struct stand stand;

	(void)state;
	set_up(&stand);
	assert_int_equal(labels_encode(items, 1, &bytes), 0);
	assert_int_equal(store_series(stand.store, labels_in(&bytes), &stand.refs[2]), 0);
	add(&stand, 2, stand.clock.now, 1);
	ask(&stand, "sum(system_load_1m)", START, START + 60 * MINUTE, true, &out);
	assert_string_equal(buf_text(&out), "PromQL info: no series is named \"system_load_1m\"; there is a metric \"system.load.1m\": "
			    "ask for {\"system.load.1m\"} (1:5)\n");
	ask(&stand, "system_load_2m", START, START + 60 * MINUTE, true, &none);
	assert_string_equal(buf_text(&none), "");
	tear_down(&stand);
}

static void stays_within_its_size(void **state)
{
	struct promql_options options = promql_options_preset();
	struct stand stand;
	struct promql_stats stats;
	char query[32];

	(void)state;
	set_up(&stand);
	options.cache = 30000;
	promql_configure(stand.engine, &options);
	for (int i = 0; i < 50; i++) {
		snprintf(query, sizeof query, "sum(load) + %d", i);
		same_answer(&stand, query, START + 5 * MINUTE, START + 60 * MINUTE);
		promql_stats(stand.engine, &stats);
		assert_true(stats.cache_bytes <= 30000);
	}
	assert_true(stats.cache_entries > 1 && stats.cache_entries < 50);
	options.cache = 0;
	promql_configure(stand.engine, &options);
	promql_stats(stand.engine, &stats);
	assert_int_equal(stats.cache_entries, 0);
	tear_down(&stand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_with_time), cmocka_unit_test(other_questions_are_others),
		cmocka_unit_test(what_comes_late_makes_it_void), cmocka_unit_test(whatever_happens_it_is_what_is_there),
		cmocka_unit_test(stays_within_its_size),
		cmocka_unit_test(the_escaped_name_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

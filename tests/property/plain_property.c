/* SPDX-License-Identifier: MIT */
/*
 * plain_property.c - plain queries against a naive evaluator: random series over
 * random layouts of tiers, every function with random ranges, steps, windows and
 * granularities. The evaluator knows from the answer which tier served which
 * part; to it a sample that a tier serves simply stands at the end of its window.
 */
#include "plain/naive.h"
#include "plain/plain.h"
#include "plain/random_query.h"
#include "query/fake_store.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STORES = 30, QUERIES = 60, SAMPLES = 1500, POINTS = 1500 };
#define MINUTE INT64_C(60000)
#define T0 INT64_C(1700000000000)	/* some time that is no round one */

static const struct plain_limits limits = { .series = 100, .points = POINTS, .samples = 100000000 };

static double next_value(enum series_kind kind, double before)
{
	if (random_below(30) == 0)
		return kind == KIND_DISTRIBUTION || random_below(2) ? NAN : value_stale();
	if (kind == KIND_COUNTER)
		return random_below(40) && !isnan(before) ? before + random_below(1000) / 8.0 : random_below(10);
	return (random_below(6) ? 1 : -1) * (random_below(100000) / 64.0);
}

static void fill(struct store *store, uint32_t s, kymo_ms interval)
{
	kymo_ms at = T0;
	double v = 0;

	for (uint32_t i = 0; i < SAMPLES; i++) {
		if (random_below(200) == 0)
			at += random_below(20) * MINUTE;	/* it was down */
		at += store->series[s].kind == KIND_DISTRIBUTION && random_below(3) ? (i == 0) : interval + random_below(2) * random_below(50);
		v = next_value(store->series[s].kind, v);
		fake_add(store, s, at, v);
		store->now = at > store->now ? at : store->now;
	}
}

static void make_store(struct store *store, int round)
{
	static const kymo_ms intervals[] = { 250, 1000, 5000, 30000 };
	kymo_ms interval = intervals[round % 4], span;

	fake_init(store, 0);
	store->piece = 1 + random_below(40);
	fill(store, fake_series(store, KYMO_GAUGE, 0, "gauge", ""), interval);
	fill(store, fake_series(store, KYMO_COUNTER, 0, "counter", "a=1"), interval);
	fill(store, fake_series(store, KYMO_COUNTER, KYMO_SKETCH, "sketched", "a=2"), interval);
	fill(store, fake_series(store, KYMO_HISTOGRAM, 0, "distribution", ""), interval);
	span = store->now - T0;
	store->now += random_below(10) ? 0 : random_below(2 * MINUTE);
	for (int tier = KYMO_RAW; tier < KYMO_1H; tier++)
		if (random_below(2))
			store->retention[tier] = span * (kymo_ms)random_below(100) / 100;
	if (random_below(4) == 0)
		store->retention[KYMO_1H] = span * (kymo_ms)(50 + random_below(50)) / 100;
}

static void answers_agree_with_a_naive_evaluator(void **state)
{
	uint32_t answers = 0, points = 0;

	(void)state;
	for (int round = 0; round < STORES; round++) {
		struct store store;

		random_seed((uint64_t)round);
		make_store(&store, round);
		for (int q = 0; q < QUERIES; q++) {
			struct kymo_query query = random_query(T0, store.now);
			AUTO_ANSWER struct kymo_answer *answer = NULL;
			struct error err = { 0 };
			int r = plain_query(&store, &query, &limits, store.now, &answer, &err);

			if (r < 0 && r != -E2BIG)
				fail_msg("%s", error_text(&err));
			error_clear(&err);
			if (r < 0)
				continue;
			naive_check(store.series, store.n, &query, answer);
			answers++;
			for (uint32_t i = 0; i < answer->n_series; i++)
				points += answer->series[i].n_points;
		}
		fake_fini(&store);
	}
	assert_true(answers > STORES * QUERIES / 2 && points > 100 * answers / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_agree_with_a_naive_evaluator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

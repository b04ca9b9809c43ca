/* SPDX-License-Identifier: MIT */
/*
 * plain_store_property.c - plain queries over a real store that lives through a
 * day and a half: samples in order and late, gaps, windows that close, blocks
 * that are written, merged and expired. Now and then random queries are compared
 * with a naive evaluator over the samples that the store has accepted.
 */
#include "plain/naive.h"
#include "plain/plain.h"
#include "plain/random_query.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 3, TICKS = 8000, QUERIES = 40, TICK = 10000, GAUGE = 0, COUNTER, SKETCHED, DISTRIBUTION, SERIES };
#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define T0 INT64_C(1700000000000)

static const struct plain_limits limits = { .series = 100, .points = 1500, .samples = 100000000 };

struct world {
	char path[64];
	struct test_clock clock;
	struct store *store;
	struct made_series series[SERIES];
	series_ref refs[SERIES];
	uint32_t answers, points, stitched;	/* compared; parts that came from tiers */
};

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
	(void)info, (void)type, (void)ftw;
	return remove(path);
}

static void make_series(struct world *world, uint32_t s)
{
	static const struct { uint32_t type, flags; const char *name; } kinds[SERIES] = {
		[GAUGE] = { KYMO_GAUGE, 0, "gauge" }, [COUNTER] = { KYMO_COUNTER, 0, "counter" },
		[SKETCHED] = { KYMO_COUNTER, KYMO_SKETCH, "sketched" }, [DISTRIBUTION] = { KYMO_HISTOGRAM, 0, "distribution" },
	};
	struct kymo_metric metric = { .name = kinds[s].name, .type = kinds[s].type, .flags = kinds[s].flags };

	made_init(&world->series[s], metric.type, metric.flags, metric.name, s % 2 ? "a=1" : "");
	assert_int_equal(store_metric(world->store, &metric, NULL), 0);
	assert_int_equal(store_series(world->store, made_labels(&world->series[s]), &world->refs[s]), 0);
}

static void open_world(struct world *world)
{
	struct store_options options;
	struct error err = { 0 };

	*world = (struct world){ .path = "/tmp/kymo-plain-store-XXXXXX" };
	options = store_options_preset(mkdtemp(world->path));
	test_clock_init(&world->clock, T0);
	options.clock = &world->clock.clock;
	options.manual = true;
	options.retention[KYMO_RAW] = 2 * HOUR + random_below(3 * 60) * MINUTE;
	options.retention[KYMO_1M] = 5 * HOUR + random_below(3 * 60) * MINUTE;
	options.retention[KYMO_5M] = 9 * HOUR + random_below(3 * 60) * MINUTE;
	options.retention[KYMO_1H] = random_below(2) ? FOREVER : 15 * HOUR;
	options.out_of_order = 30 * MINUTE;
	if (store_open(&options, &world->store, &err) < 0)
		fail_msg("%s", error_text(&err));
	for (uint32_t s = 0; s < SERIES; s++)
		make_series(world, s);
}

static void close_world(struct world *world)
{
	for (uint32_t s = 0; s < SERIES; s++)
		made_fini(&world->series[s]);
	store_close(world->store);
	nftw(world->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* At its place among the others. */
static void insert(struct made_series *series, kymo_ms at, double v)
{
	uint32_t i = series->n;

	made_add(series, at, v);
	for (; i > 0 && series->at[i - 1] > at; i--) {
		series->at[i] = series->at[i - 1];
		series->v[i] = series->v[i - 1];
	}
	series->at[i] = at;
	series->v[i] = v;
}

static double next_value(const struct made_series *series)
{
	double before = series->n ? series->v[series->n - 1] : 0;

	if (random_below(50) == 0)
		return random_below(2) ? NAN : value_stale();
	if (series->kind == KIND_COUNTER)
		return random_below(60) && !isnan(before) ? before + (random_below(4) ? 0 : random_below(1000) / 8.0) : random_below(10);
	return random_below(9) ? random_below(100000) / 64.0 : 17;
}

static void add_sample(struct world *world, uint32_t s, kymo_ms at)
{
	double v = next_value(&world->series[s]);
	struct store_batch batch = { .n = 1, .refs = &world->refs[s], .values = &v, .at = at };
	struct store_appended done = { 0 };

	assert_int_equal(store_append(world->store, &batch, &done), 0);
	if (done.stored)
		insert(&world->series[s], at, v);
}

static void add_distribution(struct world *world, kymo_ms at)
{
	struct made_series *series = &world->series[DISTRIBUTION];
	struct store_distribution sample = { .ref = world->refs[DISTRIBUTION], .at = at };
	struct store_batch batch = { .at = at, .n_distributions = 1, .distributions = &sample };
	struct store_appended done = { 0 };
	double values[3];
	struct window window;
	uint32_t n = 1 + random_below(3);

	window_init(&window, series->n ? series->at[series->n - 1] : at - TICK, at, 5);
	for (uint32_t i = 0; i < n; i++) {
		values[i] = random_below(5) ? random_below(100000) / 64.0 : 0;
		assert_int_equal(window_observe(&window, values[i], 1), 0);
	}
	window.first_at = window.last_at = at;
	sample.window = &window;
	assert_int_equal(store_append(world->store, &batch, &done), 0);
	for (uint32_t i = 0; i < n && done.stored; i++)
		made_add(series, at, values[i]);
	window_fini(&window);
}

static void tick(struct world *world, kymo_ms at)
{
	for (uint32_t s = 0; s < DISTRIBUTION; s++)
		if (random_below(30))
			add_sample(world, s, random_below(100) ? at : at - 1 - random_below(20 * MINUTE));
	add_distribution(world, at);
}

static void maintain(struct world *world, unsigned what)
{
	struct error err = { 0 };

	if (store_maintain(world->store, what, NULL, &err) < 0)
		fail_msg("%s", error_text(&err));
}

static void ask(struct world *world)
{
	for (int q = 0; q < QUERIES; q++) {
		struct kymo_query query = random_query(T0, world->clock.now);
		AUTO_ANSWER struct kymo_answer *answer = NULL;
		struct error err = { 0 };
		int r = plain_query(world->store, &query, &limits, world->clock.now, &answer, &err);

		if (r < 0 && r != -E2BIG)
			fail_msg("%s", error_text(&err));
		error_clear(&err);
		if (r < 0)
			continue;
		naive_check(world->series, SERIES, &query, answer);
		world->answers++;
		for (uint32_t i = 0; i < answer->n_series; i++)
			world->points += answer->series[i].n_points;
		for (uint32_t i = 0; i < answer->n_parts; i++)
			world->stitched += answer->parts[i].tier != KYMO_RAW && !answer->parts[i].missing && !answer->parts[i].empty;
	}
}

static void live(struct world *world)
{
	kymo_ms at = T0;

	for (int i = 1; i <= TICKS; i++) {
		at += random_below(300) ? TICK : (kymo_ms)random_below(40) * TICK;	/* it was down */
		world->clock.now = at + random_below(500);
		if (world->series[GAUGE].n && at <= world->series[DISTRIBUTION].at[world->series[DISTRIBUTION].n - 1])
			continue;
		tick(world, at);
		if (i % 6 == 0)
			maintain(world, MAINTAIN_CLOSE);
		if (i % 700 == 0)
			maintain(world, 0);
		if (i % 900 == 0)
			ask(world);
	}
}

static void answers_of_a_living_store_agree(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct world world;

		random_seed(1000 + (uint64_t)round);
		open_world(&world);
		live(&world);
		assert_true(world.answers > 200 && world.points > 5000 && world.stitched > 100);
		close_world(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_of_a_living_store_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

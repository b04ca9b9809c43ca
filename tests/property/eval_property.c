/* SPDX-License-Identifier: MIT */
/*
 * eval_property.c - random queries over random series, with raw samples of all
 * time or with tiers in their place, against an evaluator that takes one point
 * after the other (tests/query/naive_promql.h).
 */
#include "eval/promql.h"
#include "query/fake_store.h"
#include "query/naive_promql.h"
#include "query/random_promql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define T0 INT64_C(1700000000000)

enum { WORLDS = 6, QUERIES = 250, POINTS_MOST = 25, SERIES_MOST = 2000 };

/* What the engine gave: a value of a series at a point. */
struct got {
	const char *key;		/* of its series */
	kymo_ms at;
	double v;
};

struct answer {
	int r;
	struct error err;
	size_t n, room;
	struct got *of;
	uint32_t n_keys;
	char *keys[SERIES_MOST];
};

static char *key_of_labels(struct labels labels)
{
	struct label label;
	uint32_t at = 0;
	AUTO_BUF text = { 0 };

	while (labels_next(labels, &at, &label))
		buf_printf(&text, "%.*s=%.*s\n", (int)label.name_len, label.name, (int)label.value_len, label.value);
	assert_non_null(buf_text(&text));
	return strdup((const char *)text.data);
}

static bool is_key(const char *key, const struct naive_value *value)
{
	AUTO_BUF text = { 0 };

	for (uint32_t i = 0; i < value->n_pairs; i++)
		buf_printf(&text, "%s=%s\n", value->pairs[i].name, value->pairs[i].value);
	return !strcmp(key, buf_text(&text));
}

/* No labels come twice. */
static void keep(struct answer *answer, const struct promql_series *series, const char *query)
{
	char *key = key_of_labels(series->labels);

	for (uint32_t i = 0; i < answer->n_keys; i++)
		if (!strcmp(answer->keys[i], key))
			fail_msg("%s: two series %s", query, key);
	assert_in_range(answer->n_keys, 0, SERIES_MOST - 1);
	answer->keys[answer->n_keys++] = key;
	for (uint32_t i = 0; i < series->n; i++) {
		if (answer->n == answer->room) {
			answer->room = answer->room ? answer->room * 2 : 256;
			answer->of = realloc(answer->of, answer->room * sizeof *answer->of);
			assert_non_null(answer->of);
		}
		answer->of[answer->n++] = (struct got){ key, series->at[i], series->values[i] };
	}
}

static void forget(struct answer *answer)
{
	for (uint32_t i = 0; i < answer->n_keys; i++)
		free(answer->keys[i]);
	free(answer->of);
	error_clear(&answer->err);
}

static void ask(struct promql *engine, const struct promql_request *request, struct answer *answer)
{
	AUTO(promql_run) run = NULL;
	struct promql_series series;
	bool is_execution;

	*answer = (struct answer){ 0 };
	answer->r = promql_open(engine, request, &run, &is_execution, &answer->err);
	if (answer->r < 0 && !is_execution)
		fail_msg("%s: %s", request->query, error_text(&answer->err));
	while (answer->r == 0 && (answer->r = promql_next(run, &series, &answer->err)) > 0) {
		keep(answer, &series, request->query);
		answer->r = 0;
	}
}

static bool near(double a, double b)
{
	if (isnan(a) || isnan(b) || isinf(a) || isinf(b))
		return isnan(a) ? isnan(b) : a == b;
	return fabs(a - b) <= 1e-9 + 1e-9 * fmax(fabs(a), fabs(b));
}

static const struct got *find(const struct answer *answer, kymo_ms t, const struct naive_value *value)
{
	for (size_t i = 0; i < answer->n; i++)
		if (answer->of[i].at == t && is_key(answer->of[i].key, value))
			return &answer->of[i];
	return NULL;
}

static void compare_point(const struct answer *answer, kymo_ms t, const struct naive_vector *expected, const char *query)
{
	size_t n = 0;

	for (size_t i = 0; i < answer->n; i++)
		n += answer->of[i].at == t;
	for (uint32_t i = 0; i < expected->n; i++) {
		const struct got *got = find(answer, t, &expected->values[i]);
		AUTO_BUF text = { 0 };

		for (uint32_t k = 0; k < expected->values[i].n_pairs; k++)
			buf_printf(&text, "%s=%s ", expected->values[i].pairs[k].name, expected->values[i].pairs[k].value);
		if (!got)
			fail_msg("%s\nat %lld: no { %s} %.17g", query, (long long)t, buf_text(&text) ? (char *)text.data : "", expected->values[i].v);
		if (!near(got->v, expected->values[i].v))
			fail_msg("%s\nat %lld: { %s} is %.17g, not %.17g", query, (long long)t, buf_text(&text) ? (char *)text.data : "", got->v,
				 expected->values[i].v);
	}
	if (n != expected->n)
		fail_msg("%s\nat %lld: %zu series, not %u", query, (long long)t, n, expected->n);
}

struct world {
	struct store store;
	struct promql *engine;
	kymo_ms first, last;
	bool raw;
	uint32_t values, errors;
};

static void open_world(struct world *world, bool raw)
{
	struct promql_options options = promql_options_preset();

	*world = (struct world){ .first = T0, .last = T0 + 6 * HOUR, .raw = raw };
	fake_init(&world->store, world->last + (kymo_ms)random_below(3) * 10 * MINUTE);
	random_series(&world->store, world->first, world->last);
	if (!raw) {
		world->store.retention[KYMO_RAW] = HOUR + random_below(3 * 60) * MINUTE + random_below(60000);
		world->store.retention[KYMO_1M] = random_below(3) ? 3 * HOUR + random_below(3 * 60) * MINUTE : FOREVER;
		world->store.retention[KYMO_5M] = random_below(3) ? 4 * HOUR + random_below(3 * 60) * MINUTE : FOREVER;
	}
	options.cache = 0;
	assert_int_equal(promql_create(&world->store, &options, &world->engine), 0);
}

static void close_world(struct world *world)
{
	promql_destroy(world->engine);
	fake_fini(&world->store);
}

static struct promql_request random_request(struct world *world, const struct buf *query)
{
	static const kymo_ms steps[] = { 15000, 30000, MINUTE, 2 * MINUTE, 5 * MINUTE, 7 * MINUTE + 1234, 30 * MINUTE };
	kymo_ms step = steps[random_below(7)], start = world->first + (kymo_ms)random_below(5 * 60) * MINUTE;
	bool instant = random_below(3) == 0;

	start += random_below(2) ? (kymo_ms)random_below(60000) : 0;
	return (struct promql_request){
		.tier = KYMO_AUTO, .query = (const char *)query->data, .n = query->len, .instant = instant, .start = start, .step = step,
		.end = instant ? start : start + step * (kymo_ms)random_below(POINTS_MOST), .now = world->store.now,
	};
}

/* Both fail, or all points are the same. */
static void check(struct world *world, const struct promql_request *request)
{
	struct naive_world naive = { .series = world->store.series, .n = world->store.n, .now = world->store.now, .lookback = 5 * MINUTE,
				     .subquery_step = MINUTE, .start = request->start, .end = request->end };
	kymo_ms step = request->instant ? 1 : request->step, last = request->end - (request->end - request->start) % step;
	struct parse_limits limits = PARSE_LIMITS;
	AUTO(expr) expr = NULL;
	struct answer answer;
	const char *wrong = NULL;

	store_coverage(&world->store, &naive.coverage);
	naive.end = last;
	ask(world->engine, request, &answer);
	assert_int_equal(expr_parse(request->query, request->n, &limits, &expr, NULL), 0);
	for (kymo_ms t = request->start; t <= last && !wrong; t += step) {
		struct naive_vector expected;

		wrong = naive_promql(&naive, expr_root(expr), request->start, last, t, &expected);
		if (!wrong && answer.r == 0)
			compare_point(&answer, t, &expected, request->query);
		world->values += wrong ? 0 : expected.n;
		naive_forget();
	}
	/* Points of a subquery that are in no window may be wrong all the same. */
	if (answer.r < 0 && !wrong && !strstr(request->query, ":"))
		fail_msg("%s: %s", request->query, error_text(&answer.err));
	if (answer.r == 0 && wrong)
		fail_msg("%s: no error, and not \"%s\"", request->query, wrong);
	world->errors += answer.r < 0;
	forget(&answer);
}

/* More worlds with another $PROMQL_SEED. */
static void run_worlds(bool raw, uint64_t seed)
{
	const char *other = getenv("PROMQL_SEED");

	for (int w = 0; w < WORLDS; w++) {
		struct world world;

		random_seed(seed + (uint64_t)w + (other ? strtoull(other, NULL, 10) : 0));
		open_world(&world, raw);
		for (int q = 0; q < QUERIES; q++) {
			AUTO_BUF query = { 0 };
			struct promql_request request;

			random_promql(&query, raw, world.first, world.last);
			request = random_request(&world, &query);
			check(&world, &request);
		}
		assert_true(world.values > 1000 && world.errors < QUERIES / 2);
		close_world(&world);
	}
}

static void raw_answers_agree(void **state)
{
	(void)state;
	run_worlds(true, 100);
}

static void answers_from_tiers_agree(void **state)
{
	(void)state;
	run_worlds(false, 200);
}

/* Among them: points before the first window of a tier that is wider than range and step. */
static void so_they_do_where_a_tier_begins(void **state)
{
	(void)state;
	run_worlds(false, 11569);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_answers_agree),
		cmocka_unit_test(answers_from_tiers_agree),
		cmocka_unit_test(so_they_do_where_a_tier_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * cache_property.c - random queries over ranges that move, end earlier, begin earlier
 * or go back, of samples or of a tier that is asked for: an answer that is in part an
 * old one is the answer that is computed. (Where a tier takes over from samples that
 * have expired, a point depends on where its range begins; that is no matter here.)
 */
#include "eval/cache.h"
#include "eval/promql.h"
#include "model/labels_edit.h"
#include "query/fake_store.h"
#include "query/random_promql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define T0 INT64_C(1700000000000)

enum { WORLDS = 4, QUERIES = 120, ROUNDS = 5, POINTS_MOST = 40, VALUES_MOST = 20000 };

/* One line a series: its labels, then its points; and what was said beside them. */
struct answer {
	int r;
	bool from_cache;
	struct buf labels;		/* of all series, each with a NUL */
	uint32_t n;
	struct { uint32_t series; kymo_ms at; double v; } of[VALUES_MOST];
	struct buf notes;
};

static struct answer kept, computed;

static void note(struct answer *answer, const char *const *notes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		buf_printf(&answer->notes, "%s\n", notes[i]);
}

static void keep(struct answer *answer, uint32_t series, const struct promql_series *from)
{
	labels_print(from->labels, &answer->labels);
	buf_add_text(&answer->labels, "\n");
	for (uint32_t i = 0; i < from->n; i++) {
		assert_true(answer->n < VALUES_MOST);
		answer->of[answer->n].series = series;
		answer->of[answer->n].at = from->at[i];
		answer->of[answer->n++].v = from->values[i];
	}
}

static void ask(struct promql *engine, const struct promql_request *request, struct answer *answer)
{
	AUTO(promql_run) run = NULL;
	struct promql_series series;
	struct promql_report report;
	struct error err = { 0 };
	bool is_execution;
	uint32_t n = 0;

	answer->n = 0;
	answer->from_cache = false;
	buf_clear(&answer->labels);
	buf_clear(&answer->notes);
	answer->r = promql_open(engine, request, &run, &is_execution, &err);
	if (answer->r < 0 && !is_execution)
		fail_msg("%s: %s", request->query, error_text(&err));
	while (answer->r == 0 && (answer->r = promql_next(run, &series, &err)) > 0) {
		keep(answer, n++, &series);
		answer->r = 0;
	}
	error_clear(&err);
	if (answer->r < 0)
		return;
	promql_report(run, &report);
	answer->from_cache = report.from_cache;
	note(answer, report.warnings, report.n_warnings);
	note(answer, report.infos, report.n_infos);
}

static bool same(double a, double b)
{
	if (isnan(a) || isnan(b) || isinf(a) || isinf(b))
		return isnan(a) ? isnan(b) : a == b;
	return fabs(a - b) <= 1e-9 + 1e-9 * fmax(fabs(a), fabs(b));
}

/* Whatever is said of a computed answer is said of one that was kept. */
static void compare_notes(const char *query)
{
	char *save = NULL, *text = strdup(buf_text(&computed.notes));

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strstr(buf_text(&kept.notes), line))
			fail_msg("%s: not said: %s", query, line);
	free(text);
}

static void compare(const struct promql_request *request)
{
	if ((kept.r < 0) != (computed.r < 0))
		fail_msg("%s: %d, not %d", request->query, kept.r, computed.r);
	if (kept.r < 0)
		return;
	if (strcmp(buf_text(&kept.labels), buf_text(&computed.labels)) != 0)
		fail_msg("%s\n%s\ninstead of\n%s", request->query, buf_text(&kept.labels), buf_text(&computed.labels));
	if (kept.n != computed.n)
		fail_msg("%s: %u points, not %u", request->query, kept.n, computed.n);
	for (uint32_t i = 0; i < kept.n; i++)
		if (kept.of[i].series != computed.of[i].series || kept.of[i].at != computed.of[i].at || !same(kept.of[i].v, computed.of[i].v))
			fail_msg("%s: at %lld (from %lld) %.17g, at %lld %.17g", request->query, (long long)kept.of[i].at, (long long)request->start,
				 kept.of[i].v, (long long)computed.of[i].at, computed.of[i].v);
	compare_notes(request->query);
}

/* The next range of the same question: mostly a bit later. */
static void move(struct promql_request *request)
{
	kymo_ms step = request->step, points = (request->end - request->start) / step;

	switch (random_below(6)) {
	case 0:					/* begins earlier */
		request->start -= step * (kymo_ms)random_below(10);
		break;
	case 1:					/* is shorter */
		request->start += step * (points / 2);
		break;
	case 2:					/* an end that is no point */
		request->end += (kymo_ms)random_below((uint32_t)step);
		break;
	case 3:					/* another phase */
		request->start += 1 + (kymo_ms)random_below((uint32_t)step);
		break;
	default:
		request->start += step * (kymo_ms)random_below(12);
		request->end += step * (kymo_ms)random_below(12);
	}
	if (request->end < request->start)
		request->end = request->start;
	if ((request->end - request->start) / step > POINTS_MOST)
		request->end = request->start + step * POINTS_MOST;
	request->now = request->end + (kymo_ms)random_below(4) * MINUTE;
	if (random_below(8) == 0)
		request->lookback = random_below(2) ? MINUTE : 10 * MINUTE;
	if (request->tier != KYMO_AUTO && random_below(8) == 0)
		request->tier = random_below(2) ? KYMO_1M : KYMO_5M;
}

static uint32_t run_query(struct promql *engine, bool raw)
{
	static const kymo_ms steps[] = { 15000, MINUTE, 2 * MINUTE, 5 * MINUTE, 7 * MINUTE + 1234 };
	static const uint32_t tiers[] = { KYMO_AUTO, KYMO_1M, KYMO_5M, KYMO_RAW };
	struct promql_request request = { .step = steps[random_below(5)], .tier = raw ? KYMO_AUTO : tiers[random_below(4)] }, fresh;
	AUTO_BUF query = { 0 };
	uint32_t hits = 0;

	random_promql(&query, raw, T0, T0 + 6 * HOUR);
	request.query = (const char *)query.data;
	request.n = query.len;
	request.start = T0 + (kymo_ms)random_below(4 * 60) * MINUTE + (kymo_ms)random_below(60000);
	request.end = request.start + request.step * (kymo_ms)(2 + random_below(POINTS_MOST - 2));
	request.now = request.end + (kymo_ms)random_below(3) * MINUTE;
	for (int round = 0; round < ROUNDS; round++) {
		fresh = request;
		fresh.no_cache = true;
		ask(engine, &request, &kept);
		ask(engine, &fresh, &computed);
		compare(&request);
		hits += kept.from_cache;
		move(&request);
	}
	return hits;
}

static void run_worlds(bool raw, uint64_t seed)
{
	const char *other = getenv("PROMQL_SEED");

	for (int w = 0; w < WORLDS; w++) {
		struct promql_options options = promql_options_preset();
		struct promql *engine;
		struct store store;
		uint32_t hits = 0;

		random_seed(seed + (uint64_t)w + (other ? strtoull(other, NULL, 10) : 0));
		fake_init(&store, T0 + 6 * HOUR);
		random_series(&store, T0, T0 + 6 * HOUR);
		assert_int_equal(promql_create(&store, &options, &engine), 0);
		for (int q = 0; q < QUERIES; q++)
			hits += run_query(engine, raw);
		assert_true(hits > QUERIES / 2);
		promql_destroy(engine);
		fake_fini(&store);
	}
}

static void kept_answers_of_samples(void **state)
{
	(void)state;
	run_worlds(true, 300);
}

static void kept_answers_of_tiers(void **state)
{
	(void)state;
	run_worlds(false, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kept_answers_of_samples), cmocka_unit_test(kept_answers_of_tiers) };
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	buf_fini(&kept.labels);
	buf_fini(&kept.notes);
	buf_fini(&computed.labels);
	buf_fini(&computed.notes);
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * plain_query.c - what a plain query over 24 h of one metric costs.
 *
 * A store with a day of ten series at 1 s, flushed every two hours as the daemon
 * would, its windows closed. Each query runs many times; the median of the CPU time
 * is printed, with what was read for it.
 */
#include "bench.h"
#include "plain/plain.h"
#include "util/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SERIES = 10, SECONDS = 86400, RUNS = 51 };

#define START INT64_C(1767225600000)	/* 2026-01-01T00:00:00Z */

static series_ref make_series(struct store *store, unsigned n)
{
	char number[16];
	struct label items[] = { { LABEL_NAME, "bench.load", sizeof LABEL_NAME - 1, 10 }, { "n", number, 1, 0 } };
	AUTO_BUF bytes = { 0 };
	series_ref ref;

	items[1].value_len = (uint32_t)snprintf(number, sizeof number, "%u", n);
	CHECK(labels_encode(items, 2, &bytes) == 0, "n=%u", n);
	CHECK(store_series(store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &ref) == 0, "n=%u", n);
	return ref;
}

static void fill(struct store *store, struct test_clock *clock)
{
	series_ref refs[SERIES];
	double values[SERIES];
	struct error err = { 0 };

	CHECK(store_metric(store, &(struct kymo_metric){ "bench.load", KYMO_GAUGE, 0, "", "", NULL }, &err) == 0, "%s",
	      error_text(&err));
	for (unsigned n = 0; n < SERIES; n++)
		refs[n] = make_series(store, n);
	for (int second = 1; second <= SECONDS; second++) {
		for (unsigned n = 0; n < SERIES; n++)
			values[n] = floor(1000 * (50 + 20 * sin(second / 600.0 + n) + (rand() % 1000) / 100.0)) / 1000;
		clock->now = START + second * INT64_C(1000);
		store_append(store, &(struct store_batch){ .n = SERIES, .refs = refs, .values = values, .at = clock->now }, NULL);
		if (second % 60 == 10)
			store_maintain(store, MAINTAIN_CLOSE, NULL, &err);
		if (second % 7200 == 0)
			store_maintain(store, MAINTAIN_FLUSH | MAINTAIN_MERGE, NULL, &err);
	}
	clock->now += 10000;
	CHECK(store_maintain(store, MAINTAIN_CLOSE, NULL, &err) == 0, "%s", error_text(&err));
}

static void measure(struct store *store, const char *what, const struct kymo_query *query)
{
	const struct plain_limits limits = { .series = 1000, .points = 100000, .samples = 50000000 };
	double took[RUNS];
	struct kymo_answer *answer = NULL;
	struct error err = { 0 };

	for (int i = 0; i < RUNS; i++) {
		int64_t begin = clock_process_cpu_ns();

		answer_free(answer);
		CHECK(plain_query(store, query, &limits, query->end, &answer, &err) == 0, "%s", error_text(&err));
		took[i] = (double)(clock_process_cpu_ns() - begin) / 1e6;
	}
	qsort(took, RUNS, sizeof *took, bench_by_value);
	printf("%-52s %8.3f ms  (%u series, %llu read)\n", what, took[RUNS / 2], answer->n_series,
	       (unsigned long long)answer->samples_read);
	answer_free(answer);
}

int main(void)
{
	const char *names[] = { "bench.load" };
	const struct kymo_filter one = { "n", "3", KYMO_EQUAL };
	struct kymo_query query = { .size = sizeof query, .n_names = 1, .names = names, .filters = &one, .n_filters = 1,
				    .start = START, .end = START + SECONDS * INT64_C(1000), .granularity = KYMO_AUTO };
	char path[] = "/tmp/kymo-bench-XXXXXX", command[64];
	struct store_options options = store_options_preset(mkdtemp(path));
	struct test_clock clock;
	struct store *store;
	struct error err = { 0 };

	test_clock_init(&clock, START);
	options.clock = &clock.clock;
	options.manual = true;
	CHECK(store_open(&options, &store, &err) == 0, "%s", error_text(&err));
	fill(store, &clock);

	query.function = KYMO_AVG;
	query.step = 300000;
	measure(store, "24 h, avg, step 5m, granularity auto", &query);
	query.function = KYMO_P99;
	measure(store, "24 h, p99, step 5m, granularity auto", &query);
	query.step = 0;
	query.points = 500;
	query.function = KYMO_MAX;
	measure(store, "24 h, max, 500 points, granularity auto", &query);
	query.points = 0;
	query.step = 60000;
	query.granularity = KYMO_RAW;
	measure(store, "24 h, max, step 1m, from 86,400 raw samples", &query);
	query.step = 3600000;
	measure(store, "24 h, max, step 1h, from 86,400 raw samples", &query);
	query.step = 60000;
	query.function = KYMO_AVG;
	query.window = 3600000;
	measure(store, "24 h, avg, step 1m, window 1h, from raw samples", &query);
	query.window = 0;
	query.function = KYMO_AVG;
	query.step = SECONDS * INT64_C(1000);
	measure(store, "24 h, avg, one point, from 86,400 raw samples", &query);
	query.step = 60000;
	query.function = KYMO_P95;
	measure(store, "24 h, p95, step 1m, from 86,400 raw samples", &query);
	query.function = KYMO_VALUES;
	query.step = 0;
	measure(store, "24 h, all 86,400 raw samples", &query);

	store_close(store);
	snprintf(command, sizeof command, "rm -rf %s", path);
	return system(command) != 0;
}

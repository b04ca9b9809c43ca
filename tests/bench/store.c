/* SPDX-License-Identifier: MIT */
/*
 * store.c - what the store costs: 150 series at 1 s, of the kinds that a host has
 * (two thirds do not change), two hours in the head and then a day on disk.
 *
 * CPU time of the process; disk time is not in it.
 */
#include "bench.h"
#include "store/raw.h"
#include "store/state.h"
#include "util/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SERIES = 150, HOURS = 24, MANY = 200000, RUNS = 21 };

#define START INT64_C(1767225600000)	/* 2026-01-01T00:00:00Z */

static series_ref make_series(struct store *store, const char *name, uint32_t n)
{
	char number[16];
	struct label items[] = { { LABEL_NAME, name, sizeof LABEL_NAME - 1, (uint32_t)strlen(name) }, { "n", number, 1, 0 },
				 { "host", "machine-17.example.com", 4, 22 }, { "tier", "front", 4, 5 } };
	AUTO_BUF bytes = { 0 };
	series_ref ref;

	items[1].value_len = (uint32_t)snprintf(number, sizeof number, "%u", n);
	CHECK(labels_encode(items, 4, &bytes) == 0, "n=%u", n);
	CHECK(store_series(store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &ref) == 0, "n=%u", n);
	return ref;
}

static double value_of(uint32_t series, uint32_t second)
{
	uint32_t noise = (second * 2654435761u + series * 40503u) >> 8;

	if (series < 100)
		return series * 4096.0;
	if (series < 120)
		return 1e6 + 37.0 * second + noise % 50;		/* counters */
	if (series < 130)
		return (double)(noise % 10000) / 100;			/* percent, two decimals */
	if (series < 140)
		return 4096.0 * (200000 + second / 30 + noise % 3);	/* memory */
	return 100.0 * (noise % 997) / 997;				/* ratios, all digits */
}

static double ms(int64_t begin)
{
	return (double)(clock_process_cpu_ns() - begin) / 1e6;
}

static void append_hours(struct store *store, struct test_clock *clock, const series_ref *refs, uint32_t from, uint32_t hours)
{
	double values[SERIES];

	for (uint32_t second = from * 3600; second < (from + hours) * 3600; second++) {
		for (uint32_t i = 0; i < SERIES; i++)
			values[i] = value_of(i, second);
		clock->now = START + second * INT64_C(1000);
		CHECK(store_append(store, &(struct store_batch){ .n = SERIES, .refs = refs, .values = values, .at = clock->now },
				   NULL) == 0, "second=%u", second);
	}
}

static double values_alone(void)
{
	int64_t begin = clock_process_cpu_ns();
	double sum = 0;

	for (uint32_t second = 0; second < 7200; second++)
		for (uint32_t i = 0; i < SERIES; i++)
			sum += value_of(i, second);
	CHECK(sum > 0, "%g", sum);	/* so that it is computed */
	return ms(begin);
}

static void must_maintain(struct store *store, unsigned what)
{
	struct error err = { 0 };

	CHECK(store_maintain(store, what, NULL, &err) == 0, "%s", error_text(&err));
}

static void head_of_two_hours(struct store *store, struct test_clock *clock, const series_ref *refs)
{
	double samples = 7200.0 * SERIES, alone = values_alone(), before = bench_resident() / 1048576;
	struct store_stats stats;
	int64_t begin = clock_process_cpu_ns();

	append_hours(store, clock, refs, 0, 2);
	printf("append, %d series a call, with the WAL          %8.1f ns/sample\n", SERIES, (ms(begin) - alone) * 1e6 / samples);
	store_stats(store, &stats);
	printf("head after two hours                            %8.2f MiB, %.2f bytes/sample; resident +%.2f MiB\n",
	       (double)stats.head_bytes / 1048576, (double)stats.head_bytes / samples, bench_resident() / 1048576 - before);
	printf("WAL                                             %8.2f bytes/sample\n", (double)stats.wal_bytes / samples);
	begin = clock_process_cpu_ns();
	must_maintain(store, MAINTAIN_CLOSE);
	printf("120 minutes of windows closed                   %8.1f ms\n", ms(begin));
	begin = clock_process_cpu_ns();
	must_maintain(store, MAINTAIN_FLUSH);
	printf("flush                                           %8.1f ms\n", ms(begin));
	store_stats(store, &stats);
	printf("raw block                                       %8.2f bytes/sample\n", (double)stats.tier[KYMO_RAW].bytes / samples);
}

static uint64_t read_series(struct store *store, series_ref ref)
{
	AUTO(raw_reader) reader = NULL;
	struct piece piece;
	uint64_t n = 0;

	CHECK(raw_open(store, NULL, ref, 0, INT64_MAX, &reader) == 0, "ref=%u", ref);
	while (raw_next(reader, &piece) > 0)
		n += piece.n;
	return n;
}

static int see(void *data, const struct series_view *view)
{
	*(double *)data += view->last;
	return 0;
}

static void reads(struct store *store, const series_ref *refs)
{
	double sum = 0;
	uint64_t n = 0;
	int64_t begin = clock_process_cpu_ns();

	for (int i = 0; i < RUNS; i++)
		n = read_series(store, refs[125]);
	printf("a day of one series                             %8.3f ms, %.1f ns/sample\n", ms(begin) / RUNS,
	       ms(begin) * 1e6 / RUNS / (double)n);
	begin = clock_process_cpu_ns();
	for (int i = 0; i < RUNS; i++)
		store_each_series(store, NULL, 0, see, &sum);
	printf("newest values of all %d series                  %8.3f ms\n", SERIES, ms(begin) / RUNS);
}

static void reopen(struct store **store, const struct store_options *options)
{
	int64_t begin;

	store_close(*store);
	begin = clock_process_cpu_ns();
	CHECK(store_open(options, store, NULL) == 0, "%s", options->path);
	printf("open                                            %8.1f ms\n", ms(begin));
}

static void many_series(struct store *store, struct test_clock *clock)
{
	static series_ref refs[MANY];
	static double values[MANY];
	double before = bench_resident() / 1048576;
	int64_t begin = clock_process_cpu_ns();

	for (uint32_t i = 0; i < MANY; i++) {
		char name[32];

		snprintf(name, sizeof name, "many.metric%u", i / 1000);
		refs[i] = make_series(store, name, i);
		values[i] = i;
	}
	printf("%d new series                               %8.1f us each, %.0f bytes\n", MANY, ms(begin) * 1e3 / MANY,
	       (bench_resident() / 1048576 - before) * 1048576 / MANY);
	before = bench_resident() / 1048576;
	begin = clock_process_cpu_ns();
	for (int i = 1; i <= 10; i++) {
		struct store_batch batch = { .n = MANY, .refs = refs, .values = values, .at = clock->now + 10000 * i };

		CHECK(store_append(store, &batch, NULL) == 0, "i=%d", i);
		for (uint32_t k = 0; k < MANY; k += 3)
			values[k] += 1;
	}
	printf("10 samples of each                              %8.1f ns/sample, %.0f bytes a series\n", ms(begin) * 1e6 / MANY / 10,
	       (bench_resident() / 1048576 - before) * 1048576 / MANY);
}

int main(void)
{
	struct test_clock clock;
	char path[] = "/tmp/kymo-bench-XXXXXX";
	struct store_options options = store_options_preset(mkdtemp(path));
	series_ref refs[SERIES];
	struct store_stats stats;
	struct store *store;

	test_clock_init(&clock, START);
	options.clock = &clock.clock;
	options.manual = true;
	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	CHECK(store_open(&options, &store, NULL) == 0, "%s", path);
	for (uint32_t i = 0; i < SERIES; i++)
		refs[i] = make_series(store, "bench", i);
	head_of_two_hours(store, &clock, refs);
	for (uint32_t hour = 2; hour < HOURS; hour += 2) {
		append_hours(store, &clock, refs, hour, 2);
		must_maintain(store, MAINTAIN_CLOSE | MAINTAIN_FLUSH | MAINTAIN_MERGE);
	}
	store_stats(store, &stats);
	printf("a day: raw, 1m, 5m, 1h                          %8.2f %.2f %.2f %.2f MiB in %u %u %u %u files; resident %.1f MiB\n",
	       (double)stats.tier[0].bytes / 1048576, (double)stats.tier[1].bytes / 1048576, (double)stats.tier[2].bytes / 1048576,
	       (double)stats.tier[3].bytes / 1048576, stats.tier[0].files, stats.tier[1].files, stats.tier[2].files,
	       stats.tier[3].files, bench_resident() / 1048576);
	reads(store, refs);
	append_hours(store, &clock, refs, HOURS, 2);
	reopen(&store, &options);
	many_series(store, &clock);
	store_close(store);
	bench_remove(path);
	return 0;
}

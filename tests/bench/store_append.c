/* SPDX-License-Identifier: MIT */
/*
 * store_append.c - what it costs to take samples in: WAL, head, and the sealing of
 * rows that comes later; what the WAL and the head hold of them.
 *
 * The capture of a host (data.h); without it, walks of two decimals. For more
 * series it is repeated, shifted in time. CPU time of the thread, median of 5.
 */
#include "bench.h"
#include "store/state.h"
#include "util/check.h"

#include "data.h"

#include <stdio.h>
#include <stdlib.h>

enum { RUNS = 5 };

#define START INT64_C(1767225600000)	/* 2026-01-01T00:00:00Z */

/* ---- data ---- */

struct data {
	uint32_t series, rows;
	kymo_ms *at;
	double *values;			/* row after row */
};

static void load(const char *path, struct data *data)
{
	struct bench_data from;

	if (!bench_real(&from, path))
		bench_walks(&from, "walks", 500, 1200, 2);
	*data = (struct data){ from.series, from.samples, malloc(from.samples * sizeof *data->at),
			       malloc((size_t)from.series * from.samples * sizeof *data->values) };
	memcpy(data->at, from.at, from.samples * sizeof *data->at);
	for (uint32_t s = 0; s < from.series; s++)
		for (uint32_t r = 0; r < from.samples; r++)
			data->values[(size_t)r * from.series + s] = bench_series(&from, s)[r];
	bench_data_fini(&from);
}

/* A row for so many series. */
static void fill(const struct data *data, uint32_t row, uint32_t n, double *values)
{
	for (uint32_t s = 0; s < n; s++) {
		uint32_t at = (row + s / data->series * 7) % data->rows;

		values[s] = data->values[(size_t)at * data->series + s % data->series];
	}
}

static double *make_rows(const struct data *data, uint32_t n, uint32_t rows)
{
	double *values = malloc((size_t)n * rows * sizeof *values);

	CHECK(values, "n=%u", n);
	for (uint32_t r = 0; r < rows; r++)
		fill(data, r, n, values + (size_t)r * n);
	return values;
}

/* ---- stores ---- */

struct stand {
	char path[64];
	struct test_clock clock;
	struct store_options options;
	struct store *store;
	series_ref *refs;
};

static void stand_open(struct stand *stand, uint32_t n)
{
	strcpy(stand->path, "/tmp/kymo-bench-XXXXXX");
	CHECK(mkdtemp(stand->path), "%s", stand->path);
	test_clock_init(&stand->clock, START);
	stand->options = store_options_preset(stand->path);
	stand->options.clock = &stand->clock.clock;
	stand->options.manual = true;
	stand->options.series = stand->options.series_per_metric = UINT32_MAX;
	stand->options.retention[KYMO_RAW] = FOREVER;
	CHECK(store_open(&stand->options, &stand->store, NULL) == 0, "%s", stand->path);
	stand->refs = malloc(n * sizeof *stand->refs);
	for (uint32_t i = 0; i < n; i++) {
		char number[16], name[32];
		struct label items[] = { { LABEL_NAME, name, sizeof LABEL_NAME - 1, 0 }, { "n", number, 1, 0 } };
		AUTO_BUF bytes = { 0 };

		items[0].value_len = (uint32_t)snprintf(name, sizeof name, "bench%u", i / 1000);
		items[1].value_len = (uint32_t)snprintf(number, sizeof number, "%u", i);
		CHECK(labels_encode(items, 2, &bytes) == 0, "i=%u", i);
		CHECK(store_series(stand->store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &stand->refs[i]) == 0, "i=%u", i);
	}
}

static void stand_close(struct stand *stand)
{
	store_close(stand->store);
	bench_remove(stand->path);
	free(stand->refs);
}

static void append(struct stand *stand, kymo_ms at, const double *values, uint32_t n)
{
	struct store_batch batch = { .n = n, .refs = stand->refs, .values = values, .at = at };
	struct store_appended done;

	CHECK(store_append(stand->store, &batch, &done) == 0 && done.stored == n, "at=%lld", (long long)at);
}

/* ---- rows ---- */

/* Each run goes on where the one before ended: windows are sealed as it goes. */
static void speed(const struct data *data, uint32_t n, uint32_t rows)
{
	struct stand stand;
	double *values = make_rows(data, n, rows), ns[RUNS];
	struct store_stats stats;

	stand_open(&stand, n);
	for (int run = 0; run < RUNS; run++) {
		int64_t begin = clock_thread_cpu_ns();

		for (uint32_t r = 0; r < rows; r++)
			append(&stand, START + ((int64_t)run * rows + r) * 1000, values + (size_t)r * n, n);
		ns[run] = (double)(clock_thread_cpu_ns() - begin) / ((double)n * rows);
	}
	store_stats(stand.store, &stats);
	printf("append to WAL and head, with sealing, %7u series  %8.2f ns/sample; head %.2f, WAL %.3f bytes/sample\n", n, bench_median(ns, RUNS),
	       (double)stats.head_bytes / ((double)n * rows * RUNS), (double)stats.wal_bytes / ((double)n * rows * RUNS));
	stand_close(&stand);
	free(values);
}

/* As the capture has it. */
static void real_log(const struct data *data)
{
	struct stand stand;
	struct store_stats stats;
	double most = 0;

	stand_open(&stand, data->series);
	for (uint32_t r = 0; r < data->rows; r++) {
		append(&stand, data->at[r], data->values + (size_t)r * data->series, data->series);
		store_stats(stand.store, &stats);
		if (r < 120 && (double)stats.head_bytes > most)
			most = (double)stats.head_bytes;
	}
	printf("WAL, %u series, %u rows                             %8.3f bytes/sample\n", data->series, data->rows,
	       (double)stats.wal_bytes / ((double)data->series * data->rows));
	printf("head, the most in 120 rows; after %4u               %8.0f; %.0f bytes/series\n", data->rows, most / data->series,
	       (double)stats.head_bytes / data->series);
	stand_close(&stand);
}

static void one_row(const struct data *data, uint32_t n)
{
	struct stand stand;
	double *values = make_rows(data, n, 2);
	struct store_stats stats;

	stand_open(&stand, n);
	append(&stand, START, values, n);
	store_stats(stand.store, &stats);
	printf("head of %7u series after 1 row                     %8.0f bytes/series", n, (double)stats.head_bytes / n);
	append(&stand, START + 10000, values + n, n);
	store_stats(stand.store, &stats);
	printf(", after 2 %.0f\n", (double)stats.head_bytes / n);
	stand_close(&stand);
	free(values);
}

/* Requests in another order each time, and one series a request. */
static void disorder(const struct data *data, uint32_t n, uint32_t rows)
{
	struct stand stand;
	double *values = make_rows(data, n, rows), ns[RUNS], *row = malloc(n * sizeof *row);
	series_ref *refs, *all = malloc(n * sizeof *all);

	stand_open(&stand, n);
	refs = stand.refs;
	memcpy(all, refs, n * sizeof *all);
	for (int run = 0; run < RUNS; run++) {
		int64_t spent = 0;

		for (uint32_t r = 0; r < rows; r++) {
			int64_t begin;

			for (uint32_t i = 0; i < n; i++) {
				uint32_t k = (uint32_t)((i * UINT64_C(7919) + r * UINT64_C(104729)) % n);

				refs[i] = all[k];
				row[i] = values[(size_t)r * n + k];
			}
			begin = clock_thread_cpu_ns();
			append(&stand, START + ((int64_t)run * rows + r) * 1000, row, n);
			spent += clock_thread_cpu_ns() - begin;
		}
		ns[run] = (double)spent / ((double)n * rows);
	}
	memcpy(refs, all, n * sizeof *all);
	free(all);
	free(row);
	printf("the same in another order each time, %5u series      %8.2f ns/sample\n", n, bench_median(ns, RUNS));
	for (int run = 0; run < RUNS; run++) {
		int64_t begin = clock_thread_cpu_ns();

		for (uint32_t r = 0; r < 10; r++)
			for (uint32_t i = 0; i < n; i++) {
				struct store_batch batch = { .n = 1, .refs = refs + i, .values = values + (size_t)r * n + i,
							     .at = START + ((int64_t)(run + RUNS) * rows + r) * 1000 };

				CHECK(store_append(stand.store, &batch, NULL) == 0, "i=%u", i);
			}
		ns[run] = (double)(clock_thread_cpu_ns() - begin) / ((double)n * 10);
	}
	printf("one series a request                                 %8.0f ns/sample\n", bench_median(ns, RUNS));
	stand_close(&stand);
	free(values);
}

/* What a killed process leaves is read back: a copy of the folder's WAL is not needed, the store is not closed. */
static void replay(const struct data *data, uint32_t n, uint32_t rows)
{
	struct stand stand;
	double ns[RUNS];

	stand_open(&stand, n);
	for (uint32_t r = 0; r < rows; r++)
		append(&stand, START + r * INT64_C(1000), data->values + (size_t)(r % data->rows) * n, n);
	for (int run = 0; run < RUNS; run++) {
		int64_t begin;

		store_close(stand.store);
		begin = clock_thread_cpu_ns();
		CHECK(store_open(&stand.options, &stand.store, NULL) == 0, "%s", stand.path);
		ns[run] = (double)(clock_thread_cpu_ns() - begin);
	}
	printf("open with %u rows of %u series in the WAL            %8.1f ms, %.2f ns/sample\n", rows, n, bench_median(ns, RUNS) / 1e6,
	       bench_median(ns, RUNS) / ((double)n * rows));
	stand_close(&stand);
}

static void late(const struct data *data)
{
	struct stand stand;
	uint32_t n = data->series, count = 0;
	double ns[RUNS];

	stand_open(&stand, n);
	for (uint32_t r = 0; r < 600; r++)
		append(&stand, START + r * INT64_C(1000), data->values + (size_t)(r % data->rows) * n, n);
	for (int run = 0; run < RUNS; run++) {
		int64_t begin = clock_thread_cpu_ns();

		for (count = 0; count < 2000; count++) {
			double value = count;
			struct store_batch batch = { .n = 1, .refs = stand.refs + count % n, .values = &value,
						     .at = START + count % 500 * 1000 + 1 + run };

			CHECK(store_append(stand.store, &batch, NULL) == 0, "%u", count);
		}
		ns[run] = (double)(clock_thread_cpu_ns() - begin) / count;
	}
	printf("a late sample                                        %8.0f ns\n", bench_median(ns, RUNS));
	stand_close(&stand);
}

int main(int argc, char **argv)
{
	struct data data;

	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	load(argc > 1 ? argv[1] : NULL, &data);
	if (argc > 2) {			/* of so many series: for a profile */
		if (atoi(argv[2]))
			speed(&data, (uint32_t)atoi(argv[2]), 240);
		else
			disorder(&data, 5000, 60);
		return 0;
	}
	real_log(&data);
	speed(&data, data.series, data.rows);
	speed(&data, 10000, 240);
	speed(&data, 100000, 24);
	disorder(&data, 5000, 60);
	one_row(&data, 10000);
	one_row(&data, 1000000);
	replay(&data, data.series, 7200);
	late(&data);
	free(data.at);
	free(data.values);
	return 0;
}

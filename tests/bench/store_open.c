/* SPDX-License-Identifier: MIT */
/*
 * store_open.c - how soon a big store answers after a kill: 1,000,000 series, of
 * which 1,000 have been sampled each second for a day. The process that wrote them
 * ends 100 minutes after its last flush, without closing anything.
 *
 * CPU time and wall time of the process, up to the first value read; median of 5.
 * The time of the disk is in the latter alone. An argument is the number of series.
 */
#include "bench.h"
#include "store/raw.h"
#include "store/state.h"
#include "util/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BUSY = 1000, DAY = 86400, FLUSH = 7200, LAST_FLUSH = DAY - 6000, RUNS = 5 };

#define START INT64_C(1767225600000)	/* 2026-01-01T00:00:00Z */

static uint32_t n_series = 1000000;

static double wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static struct labels labels_of(uint32_t n, struct buf *bytes)
{
	char host[24], metric[24];
	struct label items[] = { { LABEL_NAME, metric, sizeof LABEL_NAME - 1, 0 }, { "host", host, 4, 0 },
				 { "region", "eu-central-1", 6, 12 } };

	items[0].value_len = (uint32_t)snprintf(metric, sizeof metric, "metric.%u", n % 100);
	items[1].value_len = (uint32_t)snprintf(host, sizeof host, "host-%u", n / 100);
	buf_clear(bytes);
	CHECK(labels_encode(items, 3, bytes) == 0, "n=%u", n);
	return (struct labels){ bytes->data, (uint32_t)bytes->len };
}

/* A fifth of the series change from one second to the next, as on real hosts. */
static void next_values(double *values, uint32_t second)
{
	for (uint32_t i = second % 5; i < BUSY; i += 5)
		values[i] += (double)((second * 2654435761u + i * 40503u) >> 8 & 1023) / 100;
}

static void append(struct store *store, const series_ref *refs, const double *values, kymo_ms at)
{
	struct store_batch batch = { .n = BUSY, .refs = refs, .values = values, .at = at };

	CHECK(store_append(store, &batch, NULL) == 0, "at=%lld", (long long)at);
}

/* Ends without closing anything. */
static void write_day(const struct store_options *options, struct test_clock *clock)
{
	AUTO_BUF bytes = { 0 };
	series_ref *refs = calloc(n_series, sizeof *refs);
	static double values[BUSY];
	struct store_maintained done;
	struct store *store;

	CHECK(refs && store_open(options, &store, NULL) == 0, "%s", options->path);
	for (uint32_t n = 0; n < n_series; n++)
		CHECK(store_series(store, labels_of(n, &bytes), &refs[n]) == 0, "n=%u", n);
	for (uint32_t n = 0; n + BUSY <= n_series; n += BUSY)
		append(store, refs + n, values, START);
	for (uint32_t second = 1; second <= DAY; second++) {
		next_values(values, second);
		clock->now = START + second * INT64_C(1000);
		append(store, refs, values, START + second * INT64_C(1000));
		if (second <= LAST_FLUSH && second % FLUSH == 0)
			CHECK(store_maintain(store, MAINTAIN_FLUSH | MAINTAIN_CLOSE, &done, NULL) == 0, "second=%u", second);
	}
	_exit(0);
}

/* The newest minute of one series, through its labels. */
static void ask(struct store *store)
{
	AUTO_BUF bytes = { 0 };
	AUTO(raw_reader) reader = NULL;
	struct piece piece;
	uint32_t n = 0;
	series_ref ref;
	int r;

	index_lock(store->index);
	ref = index_find(store->index, labels_of(BUSY / 2, &bytes));
	index_unlock(store->index);
	CHECK(raw_open(store, NULL, ref, START + (DAY - 60) * INT64_C(1000), INT64_MAX, &reader) == 0, "ref=%u", ref);
	while ((r = raw_next(reader, &piece)) > 0)
		n += piece.n;
	CHECK(r == 0 && n == 60, "n=%u", n);
}

/* A process of its own each time, ended by itself: the log stays as the kill left it. */
static void open_once(const struct store_options *options, double taken[2])
{
	double begin = wall_ms();
	int64_t cpu = clock_process_cpu_ns();
	struct store *store;

	CHECK(store_open(options, &store, NULL) == 0, "%s", options->path);
	ask(store);
	taken[0] = (double)(clock_process_cpu_ns() - cpu) / 1e6;
	taken[1] = wall_ms() - begin;
}

static void open_runs(const struct store_options *options)
{
	double cpu[RUNS], wall[RUNS];

	for (int run = 0; run < RUNS; run++) {
		double taken[2];
		int ends[2], status;
		pid_t child;

		CHECK(pipe(ends) == 0, "run=%d", run);
		child = fork();
		if (child == 0) {
			open_once(options, taken);
			_exit(write(ends[1], taken, sizeof taken) != sizeof taken);
		}
		CHECK(read(ends[0], taken, sizeof taken) == sizeof taken && waitpid(child, &status, 0) == child && !status,
		      "run=%d", run);
		close(ends[0]);
		close(ends[1]);
		cpu[run] = taken[0];
		wall[run] = taken[1];
	}
	qsort(cpu, RUNS, sizeof *cpu, bench_by_value);
	qsort(wall, RUNS, sizeof *wall, bench_by_value);
	printf("open after a kill to the first value, %u series, a day of %u  %.1f ms CPU, %.1f ms wall (at most 1000, goal 300)\n",
	       n_series, BUSY, cpu[RUNS / 2], wall[RUNS / 2]);
}

int main(int n, char **arguments)
{
	struct test_clock clock;
	char path[] = "/tmp/kymo-bench-XXXXXX";
	struct store_options options = store_options_preset(mkdtemp(path));
	pid_t child;
	int status;

	if (n > 1)
		n_series = (uint32_t)strtoul(arguments[1], NULL, 10);
	if (n_series < BUSY)
		n_series = BUSY;
	test_clock_init(&clock, START);
	options.clock = &clock.clock;
	options.manual = true;
	options.series = options.series_per_metric = UINT32_MAX;
	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	child = fork();
	if (child == 0)
		write_day(&options, &clock);
	CHECK(waitpid(child, &status, 0) == child && !status, "status=%d", status);
	clock.now = START + DAY * INT64_C(1000);
	open_runs(&options);
	bench_remove(path);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * promql.c - what PromQL costs inside the process, without HTTP.
 *
 * tsbs: a day of 100 hosts x 10 metrics at 10 s, random walks of two decimals.
 * second: a day of 100 counters at 1 s. year: one gauge, of whose year raw is only
 * the last day. For each query the median of the CPU time, and what was read.
 */
#include "bench.h"
#include "eval/promql.h"
#include "model/labels_edit.h"
#include "util/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOSTS = 100, METRICS = 10, RUNS = 21 };

#define DAY INT64_C(86400000)
#define HOUR INT64_C(3600000)
#define START INT64_C(1767225600000)	/* 2026-01-01T00:00:00Z */

struct data {
	struct store *store;
	struct test_clock clock;
	uint32_t n;
	series_ref *refs;
	double *values;
};

static const char *const fields[METRICS] = { "user", "system", "idle", "nice", "iowait", "irq", "softirq", "steal", "guest", "guest_nice" };

static series_ref make_series(struct store *store, const char *name, const char *label, const char *value, const char *group)
{
	struct label items[] = {
		{ LABEL_NAME, name, sizeof LABEL_NAME - 1, (uint32_t)strlen(name) },
		{ label, value, (uint32_t)strlen(label), (uint32_t)strlen(value) },
		{ "group", group, 5, (uint32_t)strlen(group) }, { "datacenter", "eu-central-1a", 10, 13 }, { "os", "Ubuntu16.04LTS", 2, 14 },
		{ "service", "7", 7, 1 }, { "team", "SF", 4, 2 },
	};
	AUTO_BUF bytes = { 0 };
	series_ref ref;

	CHECK(labels_encode(items, 7, &bytes) == 0, "%s", name);
	CHECK(store_series(store, labels_in(&bytes), &ref) == 0, "%s", name);
	return ref;
}

static void open_data(struct data *data, const char *folder, const char *name, uint32_t n, kymo_ms from)
{
	struct store_options options;
	struct error err = { 0 };
	char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	options = store_options_preset(path);
	test_clock_init(&data->clock, from);
	options.clock = &data->clock.clock;
	options.manual = true;
	CHECK(store_open(&options, &data->store, &err) == 0, "%s", error_text(&err));
	data->n = n;
	data->refs = calloc(n, sizeof *data->refs);
	data->values = calloc(n, sizeof *data->values);
}

static void step(struct data *data, kymo_ms at, kymo_ms interval)
{
	struct error err = { 0 };

	data->clock.now = at;
	store_append(data->store, &(struct store_batch){ .n = data->n, .refs = data->refs, .values = data->values, .at = at }, NULL);
	if ((at / interval) % (60000 / interval) == (interval < 60000))
		store_maintain(data->store, MAINTAIN_CLOSE, NULL, &err);
	if (at % (2 * HOUR) == 0)
		store_maintain(data->store, MAINTAIN_FLUSH | MAINTAIN_MERGE, NULL, &err);
	if (at % DAY == 0)
		store_maintain(data->store, MAINTAIN_EXPIRE, NULL, &err);
}

static void finish(struct data *data)
{
	struct error err = { 0 };

	data->clock.now += 10000;
	CHECK(store_maintain(data->store, MAINTAIN_CLOSE, NULL, &err) == 0, "%s", error_text(&err));
}

static double walk(double v)
{
	v += (rand() % 2001 - 1000) / 1000.0;
	return v < 0 ? 0 : v > 100 ? 100 : round(v * 100) / 100;
}

static void fill_tsbs(struct data *data, const char *folder)
{
	open_data(data, folder, "tsbs", HOSTS * METRICS, START);
	for (int h = 0; h < HOSTS; h++)
		for (int m = 0; m < METRICS; m++) {
			char name[64], host[32], group[8];
			struct error err = { 0 };

			snprintf(name, sizeof name, "cpu_usage_%s", fields[m]);
			snprintf(host, sizeof host, "host_%d", h);
			snprintf(group, sizeof group, "g%d", h % 10);
			store_metric(data->store, &(struct kymo_metric){ name, KYMO_GAUGE, 0, "", "", NULL }, &err);
			data->refs[h * METRICS + m] = make_series(data->store, name, "hostname", host, group);
			data->values[h * METRICS + m] = rand() % 100;
		}
	for (kymo_ms at = START + 10000; at <= START + DAY; at += 10000) {
		for (uint32_t i = 0; i < data->n; i++)
			data->values[i] = walk(data->values[i]);
		step(data, at, 10000);
	}
	finish(data);
}

static void fill_seconds(struct data *data, const char *folder)
{
	open_data(data, folder, "second", 100, START);
	for (uint32_t i = 0; i < data->n; i++) {
		char host[32], group[8];

		snprintf(host, sizeof host, "host_%u", i);
		snprintf(group, sizeof group, "g%u", i % 10);
		data->refs[i] = make_series(data->store, "requests_total", "hostname", host, group);
	}
	for (kymo_ms at = START + 1000; at <= START + DAY; at += 1000) {
		for (uint32_t i = 0; i < data->n; i++)
			data->values[i] += rand() % 20;
		step(data, at, 1000);
	}
	finish(data);
}

static void fill_year(struct data *data, const char *folder)
{
	struct error err = { 0 };

	open_data(data, folder, "year", 1, START - 365 * DAY);
	store_metric(data->store, &(struct kymo_metric){ "load", KYMO_GAUGE, 0, "", "", NULL }, &err);
	data->refs[0] = make_series(data->store, "load", "hostname", "a", "g");
	for (kymo_ms at = START - 365 * DAY + 60000; at <= START; at += 60000) {
		data->values[0] = walk(data->values[0]);
		step(data, at, 60000);
	}
	finish(data);
}

/* ---- queries ---- */

static double run(struct promql *engine, const struct promql_request *request, struct promql_report *report, uint64_t *points)
{
	int64_t began = clock_thread_cpu_ns();
	struct promql_series series;
	struct promql_run *run;
	struct error err = { 0 };
	bool is_execution;
	int r = promql_open(engine, request, &run, &is_execution, &err);

	CHECK(r == 0, "%s: %s", request->query, error_text(&err));
	*points = 0;
	while ((r = promql_next(run, &series, &err)) > 0)
		*points += series.n;
	CHECK(r == 0, "%s: %s", request->query, error_text(&err));
	promql_report(run, report);
	promql_close(run);
	return (double)(clock_thread_cpu_ns() - began) / 1e3;
}

static void measure(struct data *data, const char *what, const char *query, kymo_ms start, kymo_ms end, kymo_ms step_ms)
{
	struct promql_options options = promql_options_preset();
	struct promql_request request = { .query = query, .n = strlen(query), .instant = step_ms == 0, .start = start, .end = end, .step = step_ms,
					  .tier = KYMO_AUTO, .now = data->clock.now, .no_cache = true };
	struct promql_report report;
	struct promql *engine;
	double us[RUNS];
	uint64_t points;

	CHECK(promql_create(data->store, &options, &engine) == 0, "%s", what);
	for (int i = 0; i < RUNS; i++)
		us[i] = run(engine, &request, &report, &points);
	promql_destroy(engine);
	qsort(us, RUNS, sizeof *us, bench_by_value);
	printf("%-28s %10.1f us  %9llu points %10llu samples read  %5llu series %8llu bytes\n", what, us[RUNS / 2], (unsigned long long)points,
	       (unsigned long long)report.samples, (unsigned long long)report.series, (unsigned long long)report.memory);
	fflush(stdout);
}

static void measure_tsbs(struct data *d)
{
	kymo_ms end = START + DAY - HOUR, off = 1234567;

	measure(d, "single-groupby-1-1-1", "max by (hostname) (max_over_time(cpu_usage_user{hostname=\"host_1\"}[1m]))", end - HOUR + off, end + off, 60000);
	measure(d, "single-groupby-1-8-1", "max by (hostname) (max_over_time(cpu_usage_user{hostname=~\"host_(1|2|3|4|5|6|7|8)\"}[1m]))", end - HOUR + off, end + off, 60000);
	measure(d, "cpu-max-all-1", "max by (hostname) (max_over_time(cpu_usage_user{hostname=\"host_1\"}[1h]))", end - 8 * HOUR + off, end + off, HOUR);
	measure(d, "cpu-max-all-8", "max by (hostname) (max_over_time(cpu_usage_user{hostname=~\"host_[1-8]\"}[1h]))", end - 8 * HOUR + off, end + off, HOUR);
	measure(d, "double-groupby-1", "avg by (hostname) (avg_over_time(cpu_usage_user[1h]))", end - 12 * HOUR + off, end + off, HOUR);
	measure(d, "double-groupby-1 aligned", "avg by (hostname) (avg_over_time(cpu_usage_user[1h]))", end - 12 * HOUR, end, HOUR);
	measure(d, "everything 24 x 1h max", "max by (hostname) (max_over_time({os=\"Ubuntu16.04LTS\",__name__=\"cpu_usage_idle\"}[1h]))", end - 23 * HOUR + off, end + off, HOUR);
	measure(d, "24 x 1h sum, aligned", "sum(sum_over_time(cpu_usage_idle[1h]))", end - 23 * HOUR, end, HOUR);
	measure(d, "high-cpu-all", "max by (hostname) (max_over_time(cpu_usage_user[1m])) > 90", end - 12 * HOUR + off, end + off, 60000);
	measure(d, "lastpoint", "max by (hostname) (cpu_usage_user)", 0, START + DAY, 0);
	measure(d, "lastpoint, a while ago", "max by (hostname) (cpu_usage_user)", 0, end + off, 0);
	measure(d, "groupby-orderby-limit", "topk(5, max(max_over_time(cpu_usage_user[1m])))", end - 5 * 60000 + off, end + off, 60000);
	measure(d, "one series, now", "cpu_usage_user{hostname=\"host_7\"}", 0, START + DAY, 0);
	measure(d, "graph of 100, raw", "cpu_usage_user", end - HOUR, end, 15000);
}

static void measure_others(struct data *seconds, struct data *year)
{
	kymo_ms end = START + DAY;

	measure(seconds, "sum by (rate[5m]) aligned", "sum by (group) (rate(requests_total[5m]))", START + HOUR / 12, end, 60000);
	measure(seconds, "sum by (rate[5m])", "sum by (group) (rate(requests_total[5m]))", START + 300000 + 12345, end - 60000 + 12345, 60000);
	measure(year, "year max_over_time[1h]", "max_over_time(load[1h])", START - 365 * DAY + HOUR, START, HOUR);
	measure(year, "year p99_over_time[1h]", "p99_over_time(load[1h])", START - 365 * DAY + HOUR, START, HOUR);
	measure(year, "year max_over_time, 1 value", "max_over_time(load[365d])", 0, START, 0);
}

int main(void)
{
	char folder[] = "/tmp/kymo-bench-promql-XXXXXX";
	struct data tsbs = { 0 }, seconds = { 0 }, year = { 0 };

	CHECK(mkdtemp(folder), "no folder");
	fill_tsbs(&tsbs, folder);
	measure_tsbs(&tsbs);
	fill_seconds(&seconds, folder);
	fill_year(&year, folder);
	measure_others(&seconds, &year);
	store_close(tsbs.store);
	store_close(seconds.store);
	store_close(year.store);
	bench_remove(folder);
	return 0;
}

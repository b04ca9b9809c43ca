/* SPDX-License-Identifier: MIT */
/*
 * store_index.c - a million series as a fleet of hosts has them (10,000 hosts, 100
 * metrics, ten labels beside the name, as in TSBS): what they cost to make, what they
 * keep in memory with a sample each in the head, what matchers take, and how soon the
 * store is there after a kill.
 *
 * CPU time of the thread, medians of 5 where nothing else is said; disk time is not
 * in it. An argument is the number of hosts.
 */
#include "bench.h"
#include "index/index.h"
#include "store/state.h"
#include "util/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { METRICS = 100, LABELS = 11, RUNS = 5 };

#define START INT64_C(1767225600000)	/* 2026-01-01T00:00:00Z */

static uint32_t n_hosts = 10000;

static double ms(int64_t begin)
{
	return (double)(clock_process_cpu_ns() - begin) / 1e6;
}

/* ---- the fleet ---- */

static struct labels labels_of(uint32_t host, uint32_t metric, struct buf *bytes)
{
	static const struct { const char *name, *format; uint32_t kinds; } tags[LABELS] = {
		{ "__name__", "node_cpu_usage_%02u", METRICS }, { "hostname", "host_%u", UINT32_MAX },
		{ "region", "eu-central-%u", 9 }, { "datacenter", "eu-central-1%c", 26 }, { "rack", "%u", 100 },
		{ "os", "Ubuntu16.%u", 3 }, { "arch", "x%u", 2 }, { "team", "team-%u", 4 }, { "service", "%u", 20 },
		{ "service_version", "%u", 2 }, { "service_environment", "environment-%u", 3 },
	};
	char text[LABELS][32];
	struct label items[LABELS];

	for (uint32_t i = 0; i < LABELS; i++) {
		uint32_t kind = i == 0 ? metric : i == 1 ? host : (host * 2654435761u >> (i + 3)) % tags[i].kinds;

		snprintf(text[i], sizeof text[i], tags[i].format, i == 3 ? 'a' + kind : kind);
		items[i] = (struct label){ tags[i].name, text[i], (uint32_t)strlen(tags[i].name), (uint32_t)strlen(text[i]) };
	}
	buf_clear(bytes);
	CHECK(labels_encode(items, LABELS, bytes) == 0, "host=%u", host);
	return (struct labels){ bytes->data, (uint32_t)bytes->len };
}

static double labels_alone(void)
{
	AUTO_BUF bytes = { 0 };
	int64_t begin = clock_process_cpu_ns();

	for (uint32_t host = 0; host < n_hosts; host++)
		for (uint32_t metric = 0; metric < METRICS; metric++)
			labels_of(host, metric, &bytes);
	return ms(begin);
}

struct made {
	double series, longest, samples;	/* ms, of CPU; the longest of one host */
};

static struct made make(struct store *store)
{
	static double values[METRICS];
	AUTO_BUF bytes = { 0 };
	series_ref refs[METRICS];
	struct made made = { 0 };

	for (uint32_t host = 0; host < n_hosts; host++) {
		int64_t begin = clock_process_cpu_ns(), then;
		struct store_batch batch = { .n = METRICS, .refs = refs, .values = values, .at = START };

		for (uint32_t metric = 0; metric < METRICS; metric++) {
			CHECK(store_series(store, labels_of(host, metric, &bytes), &refs[metric]) == 0, "host=%u", host);
			values[metric] = host + metric / 7.0;
		}
		then = clock_process_cpu_ns();
		made.series += (double)(then - begin) / 1e6;
		if ((double)(then - begin) / 1e6 > made.longest)
			made.longest = (double)(then - begin) / 1e6;
		CHECK(store_append(store, &batch, NULL) == 0, "host=%u", host);
		made.samples += ms(then);
	}
	return made;
}

/* ---- matchers ---- */

struct wanted {
	enum matcher_op op;
	const char *name, *value;
};

static void select_one(struct index *index, const char *what, const struct wanted *wanted, uint32_t n)
{
	struct matcher *matchers[4];
	struct refs refs = { 0 };
	double times[RUNS];

	for (uint32_t i = 0; i < n; i++)
		CHECK((matchers[i] = matcher_create(wanted[i].op, wanted[i].name, wanted[i].value, NULL)), "i=%u", i);
	for (int run = 0; run < RUNS; run++) {
		int64_t begin = clock_process_cpu_ns();

		for (int i = 0; i < 10; i++)
			CHECK(index_select(index, matchers, n, &refs) == 0, "run=%d", run);
		times[run] = ms(begin) * 100;
	}
	printf("%-58s %9.1f us, %u series\n", what, bench_median(times, RUNS), refs.n);
	refs_fini(&refs);
	while (n--)
		matcher_destroy(matchers[n]);
}

static void selects(struct index *index)
{
	select_one(index, "{name=\"x\",hostname=~\"host_12.*\"}",
		   (struct wanted[]){ { MATCH_EQUAL, "__name__", "node_cpu_usage_17" }, { MATCH_REGEX, "hostname", "host_12.*" } }, 2);
	select_one(index, "{hostname=\"host_77\",name=~\"node.*\"}",
		   (struct wanted[]){ { MATCH_EQUAL, "hostname", "host_77" }, { MATCH_REGEX, "__name__", "node.*" } }, 2);
	select_one(index, "{name=\"x\",hostname=~\"host_[1-3]2..\"}, by the engine",
		   (struct wanted[]){ { MATCH_EQUAL, "__name__", "node_cpu_usage_17" }, { MATCH_REGEX, "hostname", "host_[1-3]2.." } }, 2);
	select_one(index, "{name=\"x\",rack=~\"1.?\",region!=\"eu-central-3\"}",
		   (struct wanted[]){ { MATCH_EQUAL, "__name__", "node_cpu_usage_17" }, { MATCH_REGEX, "rack", "1.?" },
				      { MATCH_NOT_EQUAL, "region", "eu-central-3" } }, 3);
	select_one(index, "{os=\"x\",name=~\"node_cpu_usage_1.\",team!~\"team-[12]\"}",
		   (struct wanted[]){ { MATCH_EQUAL, "os", "Ubuntu16.1" }, { MATCH_REGEX, "__name__", "node_cpu_usage_1." },
				      { MATCH_NOT_REGEX, "team", "team-[12]" } }, 3);
	select_one(index, "{}", NULL, 0);
}

/* ---- memory and time ---- */

static void memory(struct store *store)
{
	struct index_memory m;
	struct store_stats stats;
	double n = n_hosts * (double)METRICS;

	index_memory(store->index, &m);
	store_stats(store, &stats);
	printf("bytes a series: struct %.1f, labels as numbers %.1f, map from labels %.1f, lists %.1f, labels %.1f, texts %.1f;"
	       " head %.1f\n",
	       m.series / n, m.packed / n, m.by_labels / n, m.postings / n, m.labels / n, m.texts / n, stats.head_bytes / n);
}

static void finds(struct store *store)
{
	AUTO_BUF bytes = { 0 };
	double alone = labels_alone();
	int64_t begin = clock_process_cpu_ns();

	for (uint32_t host = 0; host < n_hosts; host++)
		for (uint32_t metric = 0; metric < METRICS; metric++) {
			series_ref ref;

			CHECK(store_series(store, labels_of(host, metric, &bytes), &ref) == 0 && ref, "host=%u", host);
		}
	printf("found by labels %43s %9.0f ns\n", "", (ms(begin) - alone) * 1e6 / n_hosts / METRICS);
}

/* Ends without closing anything. */
static void build(const struct store_options *options)
{
	struct store *store;
	double empty = bench_resident() / 1e6, alone = labels_alone(), n = n_hosts * (double)METRICS, full;
	struct index_stats stats;
	struct made made;

	CHECK(store_open(options, &store, NULL) == 0, "%s", options->path);
	made = make(store);
	full = bench_resident() / 1e6;
	printf("%.0f series made %41s %9.0f ns each; 100 take %.3f ms at most\n", n, "", (made.series - alone) * 1e6 / n, made.longest);
	printf("a sample of each appended, with the logs %18s %9.0f ns\n", "", made.samples * 1e6 / n);
	printf("resident, with all of it %34s %9.1f MB, %.0f bytes a series\n", "", full - empty, (full - empty) * 1e6 / n);
	memory(store);
	finds(store);
	selects(store->index);
	index_stats(store->index, &stats);
	printf("log of the index %42s %9.1f MB\n", "", (double)stats.bytes / 1e6);
	fflush(stdout);
	_exit(0);
}

static void open_index(const char *path, const char *what, bool compact)
{
	struct index *index;
	struct index_stats stats;
	double times[RUNS];
	uint64_t saved;

	for (int run = 0; run < RUNS; run++) {
		int64_t begin = clock_process_cpu_ns();

		CHECK(index_open(path, &index, NULL) == 0, "%s", path);
		times[run] = ms(begin);
		if (run + 1 < RUNS)
			index_close(index);
	}
	index_stats(index, &stats);
	printf("%-58s %9.1f ms, %u series\n", what, bench_median(times, RUNS), stats.series);
	if (compact) {
		int64_t begin = clock_process_cpu_ns();

		CHECK(index_compact(index, &saved, NULL) == 0, "%s", path);
		printf("snapshot written %42s %9.1f ms", "", ms(begin));
		index_stats(index, &stats);
		printf(", %.1f MB\n", (double)stats.bytes / 1e6);
	}
	index_close(index);
}

static void open_store(const struct store_options *options)
{
	struct store *store;
	double empty = bench_resident() / 1e6;
	int64_t begin = clock_process_cpu_ns();

	CHECK(store_open(options, &store, NULL) == 0, "%s", options->path);
	printf("the store opened after a kill, once %23s %9.1f ms, resident %.1f MB\n", "", ms(begin), bench_resident() / 1e6 - empty);
	store_close(store);
}

int main(int n, char **arguments)
{
	struct test_clock clock;
	char path[] = "/tmp/kymo-bench-XXXXXX";
	struct store_options options = store_options_preset(mkdtemp(path));
	pid_t child;
	int status;

	if (n > 1)
		n_hosts = (uint32_t)strtoul(arguments[1], NULL, 10);
	test_clock_init(&clock, START);
	options.clock = &clock.clock;
	options.manual = true;
	options.series = options.series_per_metric = UINT32_MAX;
	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	child = fork();
	if (child == 0)
		build(&options);
	CHECK(waitpid(child, &status, 0) == child && !status, "status=%d", status);
	open_store(&options);
	open_index(path, "index opened, from the log", true);
	open_index(path, "index opened, from a snapshot", false);
	bench_remove(path);
	return 0;
}

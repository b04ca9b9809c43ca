/* SPDX-License-Identifier: MIT */
/*
 * instances.c - a hundred collectors of ten metrics each, once a second, into a
 * store in a temporary folder: CPU time of the process, and missed ticks.
 *
 *	bench-instances [SECONDS]	10 if not said; the goal is for 600
 */
#include "host/host.h"
#include "util/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { INSTANCES = 100, N_METRICS = 10 };

static struct kymo_metric metrics[N_METRICS];

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	(void)config;
	*instance = (void *)(uintptr_t)host;
	return 0;
}

static void destroy(void *instance) { (void)instance; }

static int collect(void *instance, struct kymo_batch *batch)
{
	static _Atomic uint32_t number;

	for (uint32_t m = 0; m < N_METRICS; m++)
		kymo_emit(instance, batch, m, number++ % 1000);
	return 0;
}

static const struct kymo_plugin plugin = {
	KYMO_PLUGIN_HEAD, .name = "ten", .version = "1", .summary = "Ten numbers.",
	.metrics = metrics, .n_metrics = N_METRICS, .create = create, .destroy = destroy, .collect = collect,
};

static int add_missed(void *data, const struct instance_stats *stats)
{
	*(uint64_t *)data += stats->missed;
	return 0;
}

static void fail(const struct error *err)
{
	fprintf(stderr, "%s\n", error_text(err));
	exit(1);
}

static void add_instances(struct host *host, struct error *err)
{
	for (int i = 0; i < INSTANCES; i++) {
		char yaml[64];
		int n = snprintf(yaml, sizeof yaml, "{plugin: ten, name: i%d, interval: 1s}", i);

		if (host_add(host, yaml, (size_t)n, &plugin, err) < 0)
			fail(err);
	}
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 10;
	static const char nothing[] = "plugins: []\nhttp: {listen: []}\nlog: {level: warn}\n";
	char dir[] = "/tmp/kymo-bench-XXXXXX", *command;
	struct error err = { 0 };
	struct store_options options;
	struct settings *settings;
	struct store *store = NULL;
	struct host *host = NULL;
	uint64_t missed = 0;
	int64_t begin;

	for (int m = 0; m < N_METRICS; m++) {
		char *name;

		if (asprintf(&name, "bench.metric%d", m) < 0)
			return 1;
		metrics[m] = (struct kymo_metric){ .name = name, .type = KYMO_GAUGE, .unit = "", .help = "" };
	}
	if (!mkdtemp(dir))
		return 1;
	options = store_options_preset(dir);
	settings = settings_parse("bench", nothing, strlen(nothing), &err);
	if (!settings || store_open(&options, &store, &err) < 0 ||
	    host_create(&(struct host_options){ .store = store }, &host, &err) < 0 || host_apply(host, settings, NULL, &err) < 0)
		fail(&err);
	add_instances(host, &err);
	sleep(2);
	begin = clock_process_cpu_ns();
	sleep((unsigned)seconds);
	printf("%d x %d metrics at 1 s %6.2f %% of a core over %d s (goal: at most 1.00)\n", INSTANCES, N_METRICS,
	       (double)(clock_process_cpu_ns() - begin) / 1e7 / seconds, seconds);
	host_each_instance(host, add_missed, &missed);
	printf("missed ticks           %6llu\n", (unsigned long long)missed);
	host_destroy(host);
	store_close(store);
	if (asprintf(&command, "rm -rf %s", dir) < 0 || system(command) != 0)
		return 1;
	free(command);
	return missed != 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * system_collect.c - what one collect of the system plugin costs, beside a bare
 * loop of pread over the same files into a buffer of the same size. Rounds of
 * both alternate, so that what the machine does meanwhile meets both alike.
 */
#include "bench.h"
#include <kymo/plugin.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 31, REPEATS = 500, N_FILES = 4 };

static const char *const files[N_FILES] = { "/proc/stat", "/proc/meminfo", "/proc/loadavg", "/proc/uptime" };

struct kymo_batch {
	uint64_t samples;
	double sum;
};

static void emit(struct kymo_batch *batch, uint32_t metric, const char *const labels[], double value, kymo_ms at)
{
	(void)metric;
	(void)labels;
	(void)at;
	batch->samples++;
	batch->sum += value;
}

static void emit_decimal(struct kymo_batch *batch, uint32_t metric, const char *const labels[],
			 int64_t mantissa, int32_t exponent, kymo_ms at)
{
	(void)exponent;
	emit(batch, metric, labels, (double)mantissa, at);
}

static void log_line(const struct kymo_host *host, uint32_t level, const char *text)
{
	(void)host;
	(void)level;
	fprintf(stderr, "%s\n", text);
}

static const struct kymo_host host = {
	.abi = KYMO_ABI, .size = sizeof host, .emit = emit, .emit_decimal = emit_decimal, .log = log_line,
};

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double bare_round(const int fds[N_FILES])
{
	double begin = cpu_us();
	char text[256];

	for (int i = 0; i < REPEATS; i++)
		for (int f = 0; f < N_FILES; f++)
			if (pread(fds[f], text, sizeof text - 1, 0) <= 0)
				exit(1);
	return (cpu_us() - begin) / REPEATS;
}

static double collect_round(void *instance, struct kymo_batch *batch)
{
	double begin = cpu_us();

	for (int i = 0; i < REPEATS; i++)
		if (kymo_plugin.collect(instance, batch) < 0)
			exit(1);
	return (cpu_us() - begin) / REPEATS;
}

int main(void)
{
	const struct kymo_value config[] = { { .string = "/proc", .n = 5 } };
	double bare[ROUNDS], collect[ROUNDS];
	struct kymo_batch batch = { 0 };
	int fds[N_FILES];
	void *instance;

	for (int f = 0; f < N_FILES; f++)
		if ((fds[f] = open(files[f], O_RDONLY | O_CLOEXEC)) < 0)
			return 1;
	if (kymo_plugin.create(&host, config, &instance) < 0 || kymo_plugin.start(instance) < 0)
		return 1;
	for (int r = 0; r < ROUNDS; r++) {
		bare[r] = bare_round(fds);
		collect[r] = collect_round(instance, &batch);
	}
	kymo_plugin.stop(instance);
	kymo_plugin.destroy(instance);
	printf("system collect        %8.2f us CPU (median of %d rounds of %d)\n", bench_median(collect, ROUNDS), ROUNDS, REPEATS);
	printf("bare pread loop       %8.2f us CPU over the same %d files\n", bench_median(bare, ROUNDS), N_FILES);
	printf("ratio                 %8.2f (goal: at most 1.50)\n", bench_median(collect, ROUNDS) / bench_median(bare, ROUNDS));
	return batch.samples ? 0 : 1;
}

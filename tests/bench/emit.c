/* SPDX-License-Identifier: MIT */
/*
 * emit.c - what one emit through the ABI costs the plugin: a call through the
 * host's table into the batch, without labels and with two. Medians of rounds.
 */
#include "bench.h"
#include "model/batch.h"
#include "util/clock.h"

#include <kymo/plugin.h>

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 31, EMITS = 100000 };

static const struct kymo_host *volatile host = &(const struct kymo_host){
	.abi = KYMO_ABI, .size = sizeof(struct kymo_host), .emit = batch_emit, .emit_decimal = batch_emit_decimal,
};

static double round_ns(struct kymo_batch *batch, uint32_t metric, const char *const *labels)
{
	static const uint16_t n_labels[] = { 0, 2 };
	const struct kymo_host *table = host;
	int64_t begin;

	batch_begin(batch, 1, n_labels, 2);
	begin = clock_thread_cpu_ns();
	for (int i = 0; i < EMITS; i++)
		table->emit(batch, metric, labels, i, 0);
	return (double)(clock_thread_cpu_ns() - begin) / EMITS;
}

static double median(struct kymo_batch *batch, uint32_t metric, const char *const *labels)
{
	double ns[ROUNDS];

	for (int r = 0; r < ROUNDS; r++)
		ns[r] = round_ns(batch, metric, labels);
	qsort(ns, ROUNDS, sizeof *ns, bench_by_value);
	return ns[ROUNDS / 2];
}

int main(void)
{
	static const char *const labels[] = { "/api/orders", "200" };
	struct kymo_batch batch;

	batch_init(&batch, 4096, BATCH_BYTES);
	printf("emit without labels   %8.2f ns CPU (goal: at most 15)\n", median(&batch, 0, NULL));
	printf("emit with two labels  %8.2f ns CPU\n", median(&batch, 1, labels));
	batch_end(&batch);
	batch_fini(&batch);
	return 0;
}

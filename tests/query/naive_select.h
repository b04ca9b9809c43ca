/* SPDX-License-Identifier: MIT */
/* naive_select.h - for naive_promql.c: what selectors find, in raw or in the windows of tiers. */
#ifndef TESTS_QUERY_NAIVE_SELECT_H
#define TESTS_QUERY_NAIVE_SELECT_H

#include "query/naive_promql.h"

/* The samples of one series in a window (start, end]. */
struct naive_run {
	struct naive_value labels;
	struct naive_samples samples;
	kymo_ms start, end;
};

struct naive_runs {
	uint32_t n;
	struct naive_run *runs;
};

/* One more sample, value.v, of run k; k may be the number of runs. */
void naive_run_add(struct naive_runs *runs, uint32_t k, struct naive_value value, kymo_ms at);

/* At t, of points from first to last, all where offset and @ have moved them. times: those of the samples, in seconds. */
void naive_select(const struct naive_world *world, const struct selector *selector, kymo_ms first, kymo_ms last, kymo_ms t, bool times,
		  struct naive_vector *out);
void naive_select_runs(const struct naive_world *world, enum function_id id, const struct selector *selector, kymo_ms first, kymo_ms last,
		       kymo_ms t, struct naive_runs *out);

#endif

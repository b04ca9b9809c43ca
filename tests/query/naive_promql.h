/* SPDX-License-Identifier: MIT */
/*
 * naive_promql.h - for tests: what a PromQL expression means, worked out of lists
 * of samples at one point in time after the other, in the plainest way. It shares
 * nothing with core/eval but the parsed tree; where raw samples have expired it
 * takes from the plan of tiers which part of time which tier serves.
 *
 * Of limitk it knows how many, and nothing of limit_ratio, info, sort* and label_replace.
 */
#ifndef TESTS_QUERY_NAIVE_PROMQL_H
#define TESTS_QUERY_NAIVE_PROMQL_H

#include "promql/parse.h"
#include "query/made.h"
#include "store/plan.h"

struct naive_world {
	const struct made_series *series;
	uint32_t n;
	struct store_coverage coverage;
	kymo_ms now, lookback, subquery_step;
	kymo_ms start, end;		/* of the query: start() and end() */
};

struct naive_pair {
	const char *name, *value;
};

/* One series at one point. */
struct naive_value {
	uint32_t n_pairs;
	struct naive_pair *pairs;	/* by name */
	double v;
};

struct naive_vector {
	uint32_t n;
	struct naive_value *values;
};

/*
 * A vector or a scalar (one value without labels) at t, of the points from first
 * to last. NULL, or what is wrong with it. Everything is valid until naive_forget.
 */
const char *naive_promql(const struct naive_world *world, const struct node *node, kymo_ms first, kymo_ms last, kymo_ms t,
			 struct naive_vector *out);
void naive_forget(void);

/* For naive_range.c. */
struct naive_samples {
	uint32_t n;
	kymo_ms *at;
	double *v;
	bool has_before;		/* a sample before the window, not older than the lookback */
	double before;
};
/* false: no value. at: the time of the query; start, end: of the window. */
bool naive_range(enum function_id id, const struct naive_samples *samples, kymo_ms start, kymo_ms end, kymo_ms at, const double args[2],
		 double *out);
double naive_quantile(double q, const double *v, uint32_t n);
void *naive_alloc(size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * made.h - for tests: a series as the list of its samples, from which everything
 * else can be worked out.
 */
#ifndef TESTS_QUERY_MADE_H
#define TESTS_QUERY_MADE_H

#include "query/pieces.h"

struct made_series {
	struct metric *metric;
	struct buf labels;
	enum series_kind kind;
	uint32_t n, room;
	kymo_ms *at;		/* rising; of a distribution one time for all observations of a sample */
	double *v;
};

/* labels: "a=1,b=2" */
void made_init(struct made_series *series, uint32_t type, uint32_t flags, const char *name, const char *labels);
void made_fini(struct made_series *series);
void made_add(struct made_series *series, kymo_ms at, double v);
static inline struct labels made_labels(const struct made_series *series)
{
	return (struct labels){ series->labels.data, (uint32_t)series->labels.len };
}
/* The schema of its sketches in a tier, or SKETCH_NONE: the presets of the store. */
int32_t made_schema(const struct made_series *series, enum kymo_tier tier);

#endif

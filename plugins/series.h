/* SPDX-License-Identifier: MIT */
/*
 * series.h - what the collectors that live on events share: the label sets
 * that came with the events of one metric, each with a value and with the
 * observations since the last collect. All of it is bounded.
 */
#ifndef PLUGIN_SERIES_H
#define PLUGIN_SERIES_H

#include <kymo/host.h>

/* A longer label value makes no series. */
#define SERIES_VALUE_MAX 4096

/* Observations between two collects, of one instance. */
#define SERIES_OBSERVATIONS 1000000

struct series {
	uint64_t hash;
	const char **labels;	/* values, as emit wants them; NULL without labels */
	double value;
	bool any;		/* there was an event */
	uint32_t n, room;
	double *observed;
};

struct series_table {
	uint32_t n_labels;
	uint32_t n, room;
	struct series *items;	/* in the order they came */
	uint32_t *slots;	/* number of an item + 1; 0: free */
	uint32_t n_slots;	/* a power of two, or 0 */
};

void series_init(struct series_table *table, uint32_t n_labels);
void series_fini(struct series_table *table);
/* Forget all series. */
void series_clear(struct series_table *table);

/*
 * The series of these label values, a new one as long as there are fewer than
 * `limit`. NULL: the table is full, a value is too long, or no memory. Valid until the next call.
 */
struct series *series_get(struct series_table *table, const char *const labels[], uint32_t limit);

/* Keep an observation for the next collect. */
bool series_observe(struct series *series, double value);
/* Emit all observations of a table and forget them; big buffers are given back after a burst. */
void series_emit_observed(struct series_table *table, const struct kymo_host *host, struct kymo_batch *batch,
			  uint32_t metric);

/* The value of a label of an event; "" if it has none of that name. */
const char *event_label(const struct kymo_event *event, const char *name);

#endif

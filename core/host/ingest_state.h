/* SPDX-License-Identifier: MIT */
/* ingest_state.h - struct ingest; of ingest.c and ingest_histogram.c alone. */
#ifndef HOST_INGEST_STATE_H
#define HOST_INGEST_STATE_H

#include "host/histogram.h"
#include "host/outgoing.h"
#include "host/series_maker.h"

#include <stdatomic.h>

/* The counters beside a histogram metric. */
struct derived {
	struct shared_metric *count, *sum, *bucket;
};

struct ingest {
	struct ingest_shared *shared;
	uint32_t instance;
	struct metrics *metrics;
	struct series_maker maker;
	struct tracked_set set;
	struct tracked_set inherited;	/* of the instance that this one replaced, until the first collect */
	struct outgoing out;
	struct window ended;		/* the staleness mark of a distribution */
	uint64_t collect;		/* its number */
	bool plain;			/* `out` is one sample for each slot, nothing else: it can be used again */
	struct tracked **slots;		/* of this collect; scratch */
	uint32_t slots_room;
	uint32_t n_histograms;
	struct derived *derived;	/* by metric id */
	uint32_t n_derived;
	kymo_ms collected_at;		/* the collect before; INT64_MIN: none */
	_Atomic uint32_t live;
	_Atomic kymo_ms last_at;
};

/*
 * Add a sample of a series. The first one of a counter that began at zero has
 * another ahead of it by a millisecond: what it was `before`, mostly 0. 0 or -ENOMEM.
 */
int ingest_put(struct ingest *ingest, struct tracked *tracked, double before, double value, kymo_ms at, kymo_ms batch_at);

/* One observation. Refusals are counted in the batch. */
void ingest_observe(struct ingest *ingest, struct tracked *tracked, double v, struct kymo_batch *batch);
/* Distributions and counters of all histograms. */
void ingest_put_histograms(struct ingest *ingest, struct kymo_batch *batch);
/* They are sent: the next observations belong to the next collect. */
void ingest_settle_histograms(struct ingest *ingest, kymo_ms at);

#endif

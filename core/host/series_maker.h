/* SPDX-License-Identifier: MIT */
/*
 * series_maker.h - a series for a key that was not seen before: its labels out
 * of the plugin's values and the configured ones, checked against the limits,
 * its metric made known to the store, its ref, and the right to it.
 */
#ifndef HOST_SERIES_MAKER_H
#define HOST_SERIES_MAKER_H

#include "host/ingest.h"
#include "host/tracked.h"

struct series_maker {
	struct ingest_shared *shared;
	uint32_t instance;
	struct label *base;		/* configured labels; borrowed strings are kept in base_text */
	uint32_t n_base;
	char *base_text;
	struct buf bytes;		/* reused */
};

int series_maker_init(struct series_maker *maker, struct ingest_shared *shared, uint32_t instance,
		      const struct setting_label *labels, uint32_t n_labels);
void series_maker_fini(struct series_maker *maker);

/*
 * The series of a metric with the label values of `key` (whose metric id is passed
 * over), and with le="..." if `le` is not NULL. NULL: refused, counted in the batch with
 * its reason. `add_key`: it is to be found by the key.
 */
struct tracked *series_maker_make(struct series_maker *maker, struct tracked_set *set, struct shared_metric *metric,
			    const struct batch_entry *entry, const char *le, bool add_key, uint64_t hash,
			    struct kymo_batch *batch);

/* Ask the store for the ref again: it has let the series go meanwhile. 0 or as store_series. */
int series_renew(struct series_maker *maker, struct tracked *tracked);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * ingest.h - from the batch of one collect to the store and the sinks, for one
 * instance: finds the series, puts the configured labels beside the plugin's,
 * makes distributions and counters of observations, marks what has ended.
 *
 * The thread of the instance uses it; ingest_live is for any.
 */
#ifndef HOST_INGEST_H
#define HOST_INGEST_H

#include "conf/settings.h"
#include "host/fanout.h"
#include "host/metrics.h"
#include "host/owners.h"
#include "model/batch.h"
#include "store/store.h"

/* What all instances share. The limits change with a reload. */
struct ingest_shared {
	struct store *store;
	struct owners *owners;
	struct fanout *fanout;
	_Atomic uint32_t labels_most;
	_Atomic uint64_t name_most, value_most;
};
struct label_limits ingest_limits(const struct ingest_shared *shared);

struct ingest;

/*
 * `instance` is its number among the owners; `labels` (sorted by name) stand beside
 * those of the plugin, which win where both have a name. NULL: out of memory.
 */
struct ingest *ingest_create(struct ingest_shared *shared, uint32_t instance, struct metrics *metrics,
			     const struct setting_label *labels, uint32_t n_labels);
void ingest_destroy(struct ingest *ingest);	/* lets go of its series; NULL is fine */
/* Let go of them now, and of all that is shared: nothing but destroy may follow, whenever. */
void ingest_detach(struct ingest *ingest);

struct ingested {
	uint32_t stored;		/* samples that the store took */
	uint32_t refused;		/* by the store: late, or another value at that time */
	int result;			/* of the store: 0, -ENOSPC, ... */
};
/* Everything that the batch holds, as one append. Refusals are counted in the batch. */
void ingest_batch(struct ingest *ingest, struct kymo_batch *batch, struct ingested *done);
/* Nothing came (a failed collect), or nothing will come any more: mark what is live as ended. */
void ingest_end(struct ingest *ingest, kymo_ms at, struct ingested *done);

/*
 * The series that `from` has live are now those of `to`, which has not collected
 * yet. What does not come back in its first collect has ended then.
 */
int ingest_inherit(struct ingest *to, struct ingest *from);
/* Undo it, before that collect: they go back. */
void ingest_give_back(struct ingest *to, struct ingest *from);

uint32_t ingest_live(const struct ingest *ingest);	/* series */
kymo_ms ingest_last_at(const struct ingest *ingest);	/* time of the newest sample; INT64_MIN: none */

#endif

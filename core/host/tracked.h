/* SPDX-License-Identifier: MIT */
/*
 * tracked.h - the series of one instance, from the key that a batch carries to
 * the ref in the store. The k-th sample of a collect is mostly that of the
 * k-th of the last one: then its series is known without a lookup.
 *
 * The thread of the instance alone uses it, so nothing locks.
 */
#ifndef HOST_TRACKED_H
#define HOST_TRACKED_H

#include "host/shared.h"
#include "model/batch.h"
#include "util/map.h"

struct histogram;

struct tracked {
	series_ref ref;
	struct shared_metric *metric;	/* held */
	bool live;			/* its last sample is no staleness mark */
	bool begun;			/* this instance has emitted it */
	bool from_zero;			/* a counter that began at zero with the instance */
	uint8_t decimals;		/* the most that a sample was handed over with; the store knows */
	uint64_t seen;			/* the collect that had it last */
	kymo_ms last_at;
	struct shared_series *shown;	/* for sinks; made when the first wants it */
	struct histogram *histogram;	/* owned; its samples are observations */
	struct labels labels;		/* ours, in `bytes` */
	uint64_t hash;			/* of the key */
	uint32_t key_len;		/* 0: made by the host, not found by key */
	uint8_t bytes[];		/* key, then labels */
};

struct tracked_set {
	struct map map;
	uint32_t n, room, n_live;
	struct tracked **items;

	uint32_t n_slots, slots_room;	/* of the last collect, in its order; NULL: refused */
	struct tracked **slots;
	uint8_t *keys;			/* of the same */
	size_t keys_len, keys_room;
};

void tracked_set_init(struct tracked_set *set);
void tracked_set_fini(struct tracked_set *set);

struct tracked *tracked_find(const struct tracked_set *set, const uint8_t *key, size_t key_len, uint64_t hash);
/* With a key it can be found by it. Owned by the set. NULL: out of memory. */
struct tracked *tracked_add(struct tracked_set *set, series_ref ref, struct shared_metric *metric, struct labels labels,
			    const uint8_t *key, size_t key_len, uint64_t hash);
/* Take out those that `gone` names; it may look at them a last time. The slots are forgotten. */
void tracked_drop(struct tracked_set *set, bool (*gone)(void *data, struct tracked *tracked), void *data);

static inline void tracked_set_live(struct tracked_set *set, struct tracked *tracked, bool live)
{
	set->n_live += (uint32_t)live - (uint32_t)tracked->live;
	tracked->live = live;
}

/* Were the keys of this batch those of the last? */
bool tracked_same_keys(const struct tracked_set *set, const struct kymo_batch *batch);
/* Remember the keys of this batch, and who they are (room for batch->n). -ENOMEM: nothing is remembered. */
int tracked_keep_keys(struct tracked_set *set, const struct kymo_batch *batch, struct tracked *const *slots);

/* What sinks are shown of it; NULL: out of memory. */
struct shared_series *tracked_shown(struct tracked *tracked);

#endif

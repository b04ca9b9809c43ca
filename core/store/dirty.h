/* SPDX-License-Identifier: MIT */
/*
 * dirty.h - which closed windows a late sample has changed, by series, as spans
 * of time on borders of minutes.
 *
 * Little memory whatever comes: a series has at most DIRTY_SPANS; over that the
 * two with the smallest gap become one. What is marked too much is computed once
 * more, to the same result. When there is no memory at all, all series are marked.
 * Nothing here locks.
 */
#ifndef STORE_DIRTY_H
#define STORE_DIRTY_H

#include "model/labels.h"
#include "util/map.h"

#include <kymo/abi.h>

#define DIRTY_SPANS 16

struct span {
	kymo_ms start, end;		/* (start, end] */
};

/* In order, apart from each other. */
struct spans {
	uint32_t n;
	struct span span[DIRTY_SPANS + 1];	/* one more while it grows */
};

struct dirty {
	struct map map;
	uint32_t n, room, free;		/* places that were ever used; one that is free */
	struct dirty_series *series;
	struct spans everyone;		/* of series that could not be marked alone */
	uint64_t changes;		/* of `everyone` */
	uint32_t guess;			/* series are marked in the same order again and again */
};

void dirty_init(struct dirty *dirty);
void dirty_fini(struct dirty *dirty);
static inline bool dirty_any(const struct dirty *dirty) { return dirty->map.count || dirty->everyone.n; }

void dirty_mark(struct dirty *dirty, series_ref ref, kymo_ms at);
/* What is marked of a series, over whole windows of that width, up to `until`. */
void dirty_spans(const struct dirty *dirty, series_ref ref, kymo_ms width, kymo_ms until, struct spans *out);
kymo_ms dirty_start(const struct dirty *dirty);		/* of the earliest span; INT64_MAX: none */
/* Has it marks of its own? */
bool dirty_has(const struct dirty *dirty, series_ref ref);
series_ref dirty_at(const struct dirty *dirty, uint32_t i);	/* i < n, in no order; 0: nothing there */

/*
 * Take the marks away unless some came since: dirty_changes() tells the state that
 * was worked on.
 */
uint64_t dirty_changes(const struct dirty *dirty, series_ref ref);
void dirty_clean(struct dirty *dirty, series_ref ref, uint64_t changes);
void dirty_clean_everyone(struct dirty *dirty, uint64_t changes);
void dirty_forget(struct dirty *dirty, series_ref ref);

/* Add one to a set of spans. */
void spans_add(struct spans *spans, kymo_ms start, kymo_ms end);

#endif

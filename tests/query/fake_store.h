/* SPDX-License-Identifier: MIT */
/*
 * fake_store.h - for tests: a store in a few arrays, behind the interface of
 * store/store.h and store/select.h. It keeps every sample and makes windows of
 * them when it is asked, so any layout of tiers is there at once: samples and
 * windows that end after now - retention. Pieces are short, so that they are cut
 * in many places.
 */
#ifndef TESTS_QUERY_FAKE_STORE_H
#define TESTS_QUERY_FAKE_STORE_H

#include "query/made.h"

struct store {
	kymo_ms now, retention[TIERS];
	uint32_t n, piece;		/* series; entries in a piece */
	struct made_series *series;
	uint32_t quarantined;		/* told by every select */
	int fails;			/* what select_open gives, if not 0 */
};

void fake_init(struct store *store, kymo_ms now);	/* everything is kept for ever */
void fake_fini(struct store *store);
uint32_t fake_series(struct store *store, uint32_t type, uint32_t flags, const char *name, const char *labels);
static inline void fake_add(struct store *store, uint32_t series, kymo_ms at, double v)
{
	made_add(&store->series[series], at, v);
}

#endif

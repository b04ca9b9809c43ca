/* SPDX-License-Identifier: MIT */
/*
 * random_promql.h - for tests: series of all sorts, and queries about them.
 *
 * Comparisons, topk and the like are only made of values that are exact however
 * they are worked out, so that nothing hangs on the last bit.
 */
#ifndef TESTS_QUERY_RANDOM_PROMQL_H
#define TESTS_QUERY_RANDOM_PROMQL_H

#include "query/fake_store.h"

/* Counters with resets, gauges with NaN, gaps, staleness marks, histograms, from first to last. */
void random_series(struct store *store, kymo_ms first, kymo_ms last);
/* A vector or a scalar; raw: functions whose answer from tiers is an estimate may come up too. */
void random_promql(struct buf *out, bool raw, kymo_ms first, kymo_ms last);

#endif

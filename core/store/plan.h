/* SPDX-License-Identifier: MIT */
/*
 * plan.h - which tier serves which part of a time range. Pure: coverage in,
 * spans out.
 *
 * BY_LENGTH (plain queries): up to 1 h raw, to 6 h 1m, to 24 h 5m, beyond 1h; and
 * by age: what that tier no longer holds comes from the next coarser one that
 * does. Windows of a tier are taken whole: borders between spans are multiples
 * of the coarser width, and the unaligned edges of a range come from finer
 * tiers as long as these reach.
 * RAW_FIRST (PromQL): raw wherever raw is, then 1m, 5m, 1h.
 * PREFERRED: that tier as far back as it reaches, before that as RAW_FIRST.
 * FORCED: that tier and nothing else.
 */
#ifndef STORE_PLAN_H
#define STORE_PLAN_H

#include "store/store.h"

enum plan_rule { PLAN_BY_LENGTH, PLAN_RAW_FIRST, PLAN_PREFERRED, PLAN_FORCED };

struct plan_request {
	enum plan_rule rule;
	enum kymo_tier tier;		/* PREFERRED, FORCED */
	kymo_ms start, end;		/* (start, end] */
	kymo_ms step;			/* > 0: no tier coarser than this (and none that does not divide it) where a finer one reaches; 0: free */
	kymo_ms now;
};

struct plan_span {
	kymo_ms start, end;		/* (start, end] */
	enum kymo_tier tier;
	/* No tier holds this part (any more), or no tier that was asked: */
	bool missing;			/* something may have been recorded then */
	bool empty;			/* nothing was: it is before the first sample, and no retention reaches there */
};
static inline bool span_is_served(const struct plan_span *span) { return !span->missing && !span->empty; }

#define PLAN_SPANS 18

struct plan {
	uint32_t n;
	struct plan_span span[PLAN_SPANS];	/* in order, without gap, covering the range */
};

/* 0, or -EINVAL: end before start. */
int plan_make(const struct store_coverage *coverage, const struct plan_request *request, struct plan *plan);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * policy.h - what is done otherwise with some metrics: how long each tier keeps
 * them, with which sketches, how many raw samples, or nothing of them at all.
 */
#ifndef MODEL_POLICY_H
#define MODEL_POLICY_H

#include "model/sample.h"
#include "model/tier.h"
#include "model/window.h"

#define SKETCH_USUAL INT32_MAX	/* in place of a schema: what the kind of the series and its metric's flags say */

/* Of policies that stand in order the first one with a pattern that the metric's name matches holds, and it alone. */
struct policy {
	uint32_t n_match;
	const char *const *match;	/* patterns (pattern.h) of names of metrics */
	kymo_ms retention[TIERS];	/* 0: as long as everything */
	int32_t schema[TIERS];		/* of 1m, 5m, 1h; SKETCH_NONE, SKETCH_USUAL. Finer ones first: none rises */
	kymo_ms resolution;		/* at most one raw sample in each such span; 0: all */
	bool drop;			/* nothing is stored */
};

#endif

/* SPDX-License-Identifier: MIT */
/*
 * parts.h - which tier serves which part of a query, as the answer tells it,
 * with the reason where a part is missing and a warning where windows of a tier
 * do not fit between the borders of the points.
 */
#ifndef PLAIN_PARTS_H
#define PLAIN_PARTS_H

#include "plain/chosen.h"
#include "plain/grid.h"
#include "query/notes.h"
#include "store/plan.h"

struct parts {
	struct plan plan;
	struct store_coverage coverage;
	enum plan_rule rule;
	enum kymo_tier tier;		/* when forced */
	kymo_ms now;
};

/* For what `chosen` selects. granularity: enum kymo_tier, or KYMO_AUTO: then by that rule. 0, or -EINVAL. */
int parts_make(struct store *store, const struct chosen *chosen, const struct grid *grid, uint32_t granularity, enum plan_rule rule, kymo_ms now,
	       struct parts *parts, struct error *err);
/* Into the answer's memory. 0 or -ENOMEM. */
int parts_give(const struct parts *parts, void *answer, const struct kymo_part **out, uint32_t *n);
void parts_explain(const struct parts *parts, const struct grid *grid, struct notes *notes);

#endif

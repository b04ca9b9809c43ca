/* SPDX-License-Identifier: MIT */
/*
 * grouping.h - series with the same labels, where only some labels count: the
 * groups of an aggregator (by, without), the partners of an operator between
 * vectors (on, ignoring). Groups are numbered from 0 in the order in which they
 * come up.
 */
#ifndef EVAL_GROUPING_H
#define EVAL_GROUPING_H

#include "eval/eval.h"
#include "util/map.h"

#define GROUP_NONE MAP_NONE

struct grouping {
	struct eval *eval;
	const char *const *names;	/* sorted, none twice */
	uint32_t n_names;
	bool without;			/* by all but them and the metric's name */
	uint32_t n;			/* groups */
	/* its own */
	struct buf key;			/* of the series that was looked for last */
	struct buf labels;		/* of all groups */
	uint64_t *ends;			/* of each in `labels` */
	bool *late;			/* of each: for who groups to keep */
	uint32_t room, last;
	uint64_t held;
	struct map map;
};

void grouping_init(struct grouping *grouping, struct eval *eval, const char *const *names, uint32_t n_names, bool without);
void grouping_fini(struct grouping *grouping);
/* The group of a series; a new one, if it is the first. 0 or an error. */
int grouping_add(struct grouping *grouping, struct labels labels, uint32_t *group);
/* GROUP_NONE: there is none. *r: 0 or an error. */
uint32_t grouping_find(struct grouping *grouping, struct labels labels, int *r);
struct labels grouping_labels(const struct grouping *grouping, uint32_t group);

#endif

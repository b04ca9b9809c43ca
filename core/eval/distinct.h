/* SPDX-License-Identifier: MIT */
/*
 * distinct.h - labels that were seen, to find out when two series of one vector
 * become the same because their names are dropped. Of each set 128 bits of hash
 * are kept.
 */
#ifndef EVAL_DISTINCT_H
#define EVAL_DISTINCT_H

#include "eval/eval.h"
#include "util/map.h"

struct distinct {
	struct map map;
	uint32_t n, room;
	struct distinct_key { uint64_t low, high; } *keys;
};

void distinct_fini(struct distinct *distinct, struct eval *eval);
/* 0; -EINVAL: they were there before, with Prometheus' words; -ENOMEM, -E2BIG. */
int distinct_add(struct distinct *distinct, struct eval *eval, struct labels labels);

#endif

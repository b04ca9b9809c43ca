/* SPDX-License-Identifier: MIT */
/*
 * tally.h - what an aggregator makes of the columns of one group as they come by:
 * sum avg min max count group stddev stdvar. One to three numbers for each point,
 * however many series there are.
 *
 * Sums are compensated after Neumaier, averages turn to an incremental mean where
 * the sum would overflow, deviations are Welford's: as Prometheus 3.
 */
#ifndef EVAL_TALLY_H
#define EVAL_TALLY_H

#include "eval/eval.h"

struct tally {
	double *value;		/* for each point; absent until a value comes; the result after tally_finish */
	/* its own */
	double *carry, *count;	/* NULL where the operator needs none */
	uint8_t *means;		/* avg: is `value` a mean already? */
	bool any_means;
	double *memory;
};

bool tally_can(enum aggregate_op op);
/* 0 or an error. */
int tally_init(struct tally *tally, struct eval *eval, enum aggregate_op op, uint32_t points);
void tally_fini(struct tally *tally, struct eval *eval, enum aggregate_op op, uint32_t points);
void tally_add(struct tally *tally, enum aggregate_op op, const double *values, uint32_t points);
void tally_finish(struct tally *tally, enum aggregate_op op, uint32_t points);

#endif

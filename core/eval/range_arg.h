/* SPDX-License-Identifier: MIT */
/*
 * range_arg.h - where the samples of a range vector come from: which tier may
 * stand in for raw, and the points of a subquery.
 */
#ifndef EVAL_RANGE_ARG_H
#define EVAL_RANGE_ARG_H

#include "eval/range.h"
#include "eval/stream.h"

/*
 * The coarsest tier whose windows fit between the borders of every window of the
 * query, and from which the function is the same as from raw; KYMO_RAW: none.
 * Percentiles of p50_, p95_, p99_over_time are estimates there, so for them the
 * length of the whole range decides, as in plain queries.
 */
enum kymo_tier range_preferred_tier(const struct eval *eval, const struct range_spec *spec, const struct selector *selector,
				    const struct steps *moved);

struct subquery_source {
	struct stream *stream;		/* NULL: the inner expression is a scalar */
	struct eval *eval;
	struct steps steps;		/* of the inner expression; n 0: no point */
	kymo_ms *at;			/* its points */
	double *scalar;
	bool done;
};

/* moved: the points of the outer expression, where offset and @ have moved them. 0 or an error. */
int subquery_open(struct eval *eval, const struct node *node, const struct steps *moved, struct subquery_source *source);
void subquery_close(struct subquery_source *source);	/* also one that is zero */
/* 1: the next series: a value, or absent(), for each point; 0: there is no more; or an error. */
int subquery_next(struct subquery_source *source, struct labels *labels, const double **values);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * spread.h - how values lie: what percentiles are taken of.
 *
 * Values as they are give exact percentiles, as PromQL's quantile_over_time:
 * between the two neighbouring ranks of q * (n - 1) it is interpolated. What
 * comes as records is known by its sketch; then, and beyond SPREAD_EXACT values,
 * percentiles are estimates. A record without a sketch makes it unknown: there
 * is no answer then, rather than a guess. NaN is left out.
 */
#ifndef QUERY_SPREAD_H
#define QUERY_SPREAD_H

#include "store/select.h"

#define SPREAD_EXACT (1u << 20)		/* values that are kept as they are, 8 MiB */

struct spread {
	uint32_t n, room;
	double *values;
	struct sketch sketch;
	bool sketched;			/* something is in the sketch */
	bool unknown;
	double min, max;		/* of what is in the sketch; NaN: nothing */
};

void spread_init(struct spread *spread);
void spread_fini(struct spread *spread);
void spread_clear(struct spread *spread);	/* empty, keeps its memory */

int spread_add(struct spread *spread, const double *values, uint32_t n);	/* no staleness marks. 0 or -ENOMEM */
int spread_add_record(struct spread *spread, const struct piece *piece, uint32_t i);

/* NaN: nothing in it, or unknown. Reorders the values. 0 or -ENOMEM. */
int spread_quantile(struct spread *spread, double q, double *out);
/* The largest relative error of such a quantile; 0: exact. After spread_quantile(). */
double spread_error(const struct spread *spread);

#endif

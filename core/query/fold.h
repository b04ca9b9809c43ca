/* SPDX-License-Identifier: MIT */
/*
 * fold.h - runs of samples or records of one series, in order of time, folded
 * into what functions over time are made of. Each result can be asked for
 * alone, and only what was asked for is computed.
 *
 * The rules are those of model/window.h: a staleness mark counts in nothing; NaN
 * counts, makes sum and mean NaN, and leaves min, max and percentiles alone. A
 * record stands for the samples, or the observations, that it was made of.
 */
#ifndef QUERY_FOLD_H
#define QUERY_FOLD_H

#include "query/spread.h"

/* What to compute, beside enum want of select.h; count, first_at and last_at always are. */
enum fold_want {
	FOLD_SPREAD = WANT_SKETCH,	/* percentiles; records must come with min, max, sketch */
	FOLD_MOMENTS = 1 << 16		/* standard deviation; records must come with sum, min, max, sketch */
};

struct fold {
	uint32_t wants;
	enum series_kind kind;
	uint64_t count;
	double sum, sum_low;		/* the sum is their sum, see fold_sum */
	double min, max, first, last;	/* NaN: nothing yet */
	double correction;		/* counters: sum of the values before each drop */
	kymo_ms first_at, last_at;	/* of a record: those of its samples, if it came with them, else its end */
	struct spread spread;
	struct {
		double n, mean, m2;	/* count, mean, sum of squared distances from it */
		bool estimated, unknown;	/* from sketches; a record had none */
	} moments;
};

void fold_init(struct fold *fold, uint32_t wants, enum series_kind kind);
void fold_fini(struct fold *fold);
void fold_clear(struct fold *fold);	/* empty, keeps wants, kind and memory */

/* Entries from..to of a piece, behind all that was added before. 0 or -ENOMEM. */
int fold_add(struct fold *fold, const struct piece *piece, uint32_t from, uint32_t to);

static inline double fold_sum(const struct fold *fold) { return fold->sum + fold->sum_low; }
static inline double fold_mean(const struct fold *fold) { return fold_sum(fold) / (double)fold->count; }
/* Of the population, as PromQL's stddev_over_time; NaN: unknown or nothing there. */
double fold_stddev(const struct fold *fold);

/* The columns of records that such a fold reads. */
uint32_t fold_columns(uint32_t wants);

#endif

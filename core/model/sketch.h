/* SPDX-License-Identifier: MIT */
/*
 * sketch.h - a quantile sketch: counts in base-2 exponential buckets, which are
 * those of Prometheus native histograms and OTLP (see KYMO_BUCKET_BASE in
 * <kymo/metric.h> for how sign and bucket make one index).
 *
 * Merging adds counts: exact, in any order. Two schemas merge to the coarser.
 * At most SKETCH_BUCKETS buckets are kept: over that the sketch halves its
 * resolution, again independent of the order. Relative error of a quantile that
 * falls in a bucket: (gamma - 1) / (gamma + 1), 1.1 % at schema 5.
 */
#ifndef MODEL_SKETCH_H
#define MODEL_SKETCH_H

#include "util/buf.h"

#include <kymo/metric.h>

#define SKETCH_SCHEMA_MIN (-4)
#define SKETCH_SCHEMA_MAX 8
#define SKETCH_BUCKETS 2048

struct sketch {
	int32_t schema;
	uint32_t n, room;
	int32_t *index;		/* rising */
	uint64_t *counts;	/* none is 0 */
	uint64_t zeros, nans;
};

/* No memory yet. A schema out of bounds becomes the nearest inside. */
void sketch_init(struct sketch *sketch, int32_t schema);
void sketch_fini(struct sketch *sketch);
void sketch_clear(struct sketch *sketch);			/* empty, keeps memory and schema */
int sketch_reserve(struct sketch *sketch, uint32_t n);		/* room for n buckets. 0 or -ENOMEM, unchanged then */
int sketch_copy(struct sketch *to, const struct sketch *from);	/* `to` is initialised. 0 or -ENOMEM */

bool sketch_same(const struct sketch *a, const struct sketch *b);

/* The signed index of v at a schema; v is neither 0 nor NaN. */
int32_t sketch_index(double v, int32_t schema);
void sketch_indexes(const double *v, uint32_t n, int32_t schema, int32_t *index);
/* Where bucket i (without base and sign) goes when the schema is that much coarser: i / 2^by, rounded up. */
static inline int32_t sketch_coarser(int32_t i, int32_t by)
{
	return (i + (1 << by) - 1) >> by;
}
int sketch_add(struct sketch *sketch, double v, uint64_t count);	/* 0 or -ENOMEM, unchanged then */
int sketch_add_all(struct sketch *sketch, const double *values, uint32_t n);
int sketch_merge(struct sketch *to, const struct sketch *from);
void sketch_downscale(struct sketch *sketch, int32_t schema);	/* to a coarser one */
/* Counts add up to UINT64_MAX and stay there. */
static inline uint64_t counts_plus(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}
uint64_t sketch_count(const struct sketch *sketch);		/* without nans */

/*
 * The q-quantile (0..1) of what was added: the values at the two neighbouring
 * ranks of q * (count - 1) are estimated and interpolated, then clamped to
 * [min, max]. The first and the last rank are min and max themselves, if these
 * fall in the outer buckets. Either may be NaN or infinite: not known. NaN when
 * empty; q outside 0..1 gives -Inf, +Inf as in PromQL.
 */
double sketch_quantile(const struct sketch *sketch, double q, double min, double max);
/* Largest relative error of such an estimate at this schema. */
double sketch_error(int32_t schema);
/* What a value in that bucket is estimated to be, for others that sum over buckets (stddev). */
double sketch_middle(int32_t index, int32_t schema);

/* A compact serial form; decode checks everything (rising, no zero counts, at most SKETCH_BUCKETS). */
void sketch_encode(const struct sketch *sketch, struct buf *out);
int sketch_decode(struct sketch *sketch, struct reader *in);	/* initialised. 0, -EBADMSG, -ENOMEM */

#endif

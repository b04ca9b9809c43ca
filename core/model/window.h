/* SPDX-License-Identifier: MIT */
/*
 * window.h - the record of one series over one window (start, end]: what a tier
 * keeps and what a distribution sample is. Never an average.
 *
 * count, sum, first and last take every sample that is not a staleness mark,
 * NaN too; min and max leave NaN out unless there is nothing else (as
 * min_over_time does). The sum is compensated (Neumaier): within one rounding.
 */
#ifndef MODEL_WINDOW_H
#define MODEL_WINDOW_H

#include "model/sketch.h"

enum series_kind {
	KIND_GAUGE,		/* also summaries and untyped series that are no counters */
	KIND_COUNTER,
	KIND_DISTRIBUTION	/* a sample is itself a window of observations */
};

/* What type and name say: untyped counts as a counter by its ending (_total _count _sum _bucket). */
enum series_kind series_kind_of(uint32_t metric_type, const char *name, size_t n);

struct window {
	kymo_ms start, end;
	uint64_t count;
	double sum, sum_low;	/* the sum is sum + sum_low, see window_sum */
	double min, max, first, last;
	kymo_ms first_at, last_at;	/* of a distribution: of the samples it was merged from */
	double correction;	/* counters: sum of the values before each drop inside */
	bool ended;		/* a staleness mark is the last entry */
	bool has_sketch;
	struct sketch sketch;	/* when has_sketch; owned by the window */
};

#define SKETCH_NONE INT32_MIN	/* in place of a schema: no sketch */

/* An empty window: count 0, min, max, first and last NaN. */
void window_init(struct window *window, kymo_ms start, kymo_ms end, int32_t schema);
/* The same for one that was used: keeps the memory of its sketch. */
void window_reset(struct window *window, kymo_ms start, kymo_ms end, int32_t schema);
void window_fini(struct window *window);
int window_copy(struct window *to, const struct window *from);	/* `to` is initialised or zero */

/* In order of time. A staleness mark only sets `ended`. 0 or -ENOMEM. */
int window_add(struct window *window, enum series_kind kind, kymo_ms at, double v);
int window_add_all(struct window *window, enum series_kind kind, const kymo_ms *at, const double *v, uint32_t n);
/*
 * The only samples of an empty window, n of v at those times: as it is settled, and
 * with no sketch. false, and nothing has changed: v is not finite, or the sum is not.
 */
bool window_add_same(struct window *window, const kymo_ms *at, double v, uint32_t n);
/*
 * `later` follows `window` in time (both may be empty). Start and end of the
 * result are window's. A sketch is kept only where it covers everything: a later
 * window without one takes it away, unless that is constant and its sketch known.
 */
int window_merge(struct window *window, enum series_kind kind, const struct window *later);
/* One observation of a distribution: times do not matter, NaN is only counted in the sketch. */
int window_observe(struct window *window, double v, uint64_t count);

/*
 * As it is stored: the sum in one double, and of a distribution first and last
 * are its mean (no order is known of observations).
 */
void window_settle(struct window *window, enum series_kind kind);
/* Equal in every bit of what is stored. */
bool window_same(const struct window *a, const struct window *b);
/* All its values are `min`, none is NaN: it needs no sketch. */
bool window_is_constant(const struct window *window);

static inline double window_sum(const struct window *w) { return w->sum + w->sum_low; }
static inline double window_increase(const struct window *w) { return w->last - w->first + w->correction; }

/* As the contract shows it; borrows the sketch's arrays. */
void window_export(const struct window *window, struct kymo_window *out);

#endif

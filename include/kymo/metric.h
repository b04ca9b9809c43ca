/* SPDX-License-Identifier: MIT */
/*
 * metric.h - what a plugin can measure, and what a sink is given.
 *
 * Names and label values are UTF-8. Strings and arrays that the host hands out
 * are valid until the call returns; those of a plugin, as long as it is loaded.
 */
#ifndef KYMO_METRIC_H
#define KYMO_METRIC_H

#include <kymo/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kymo_metric_type {
	KYMO_UNTYPED,	/* a counter if its name ends in _total, _count, _sum or _bucket; else a gauge */
	KYMO_GAUGE,	/* goes up and down */
	KYMO_COUNTER,	/* rises; a fall is a restart from zero */
	KYMO_HISTOGRAM,	/* one emit is one observation; the host makes distributions of them */
	KYMO_SUMMARY	/* quantiles that the source has computed */
};

enum kymo_metric_flags {
	KYMO_FROM_ZERO = 1,	/* counter: begins at zero when its instance is created */
	KYMO_SKETCH    = 2,	/* keep quantile sketches where the preset would not */
	KYMO_NO_SKETCH = 4,	/* keep none where the preset would */
	KYMO_NOISE     = 8	/* of little use later: no sketches */
};

struct kymo_metric {
	const char *name;		/* "queue.depth": dotted, any UTF-8 */
	uint32_t type;			/* enum kymo_metric_type */
	uint32_t flags;			/* enum kymo_metric_flags */
	const char *unit;		/* "seconds", "bytes", "percent", "ratio"; "" if none */
	const char *help;		/* one sentence */
	const char *const *labels;	/* label names in emit order, NULL-ended; or NULL */
};

struct kymo_label {
	const char *name, *value;
};

/*
 * The buckets of a sketch: base-2 exponential, gamma = 2^(2^-schema). Bucket i
 * of the positive values holds gamma^(i-1) < v <= gamma^i. `index` of a window
 * carries i and the sign in one number that rises with the value:
 *
 *	KYMO_BUCKET_BASE + i	positive values, bucket i
 *	-(KYMO_BUCKET_BASE + i)	negative values, bucket i of -v
 *	INT32_MAX, INT32_MIN	+Inf, -Inf
 *
 * Halving the resolution by one schema maps i to (i + 1) >> 1.
 */
#define KYMO_BUCKET_BASE (1 << 20)

enum kymo_window_flags {
	KYMO_WINDOW_ENDED  = 1,	/* a staleness mark is the last entry */
	KYMO_WINDOW_SKETCH = 2	/* schema, zeros, nans, index and counts are set */
};

/*
 * What is known of the samples of one series in (start, end]: a record of a
 * tier, or, for a histogram metric, the distribution of the observations since
 * the last collect.
 */
struct kymo_window {
	uint32_t size;			/* sizeof(struct kymo_window) */
	uint32_t n;			/* buckets */
	kymo_ms start, end;
	kymo_ms first_at, last_at;	/* times of the first and the last sample */
	uint64_t count;			/* samples or observations, staleness marks not counted */
	double sum, min, max, first, last;
	double correction;		/* counter: sum of the values before each drop;
					   increase = last - first + correction */
	int32_t schema;
	uint32_t flags;			/* enum kymo_window_flags */
	uint64_t zeros;			/* observations that are 0 */
	const int32_t *index;		/* rising, no index twice */
	const uint64_t *counts;
	uint64_t nans;			/* NaN: in no bucket; of a distribution also in no count and sum */
};

enum kymo_point_flags {
	KYMO_STALE = 1,		/* the series ended here; value is NaN */
	KYMO_RESET = 2		/* the counter began again at zero here; value is 0 */
};

enum kymo_tier { KYMO_RAW, KYMO_1M, KYMO_5M, KYMO_1H };

/* One sample, or one window, as a sink sees it. */
struct kymo_point {
	uint32_t size;			/* sizeof(struct kymo_point) */
	uint32_t n_labels;
	const struct kymo_metric *metric;
	const struct kymo_label *labels; /* sorted by name; those of the configuration are among them */
	double value;			/* sample: the value; window: its mean */
	kymo_ms at;			/* sample: its time; window: its end */
	uint32_t tier;			/* enum kymo_tier */
	uint32_t flags;			/* enum kymo_point_flags */
	const struct kymo_window *window; /* tiers, and histogram metrics in raw; else NULL */
};

#ifdef __cplusplus
}
#endif
#endif

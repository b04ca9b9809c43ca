/* SPDX-License-Identifier: MIT */
/*
 * query.h - plain queries and their answers, as C programs, the HTTP interface
 * and the command line put them.
 *
 * Times are milliseconds since 1970, ranges are (start, end]: open at the start,
 * closed at the end. An answer is one piece of memory with everything it points
 * to; labels and names are UTF-8, NUL-ended.
 */
#ifndef KYMO_QUERY_H
#define KYMO_QUERY_H

#include <kymo/metric.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kymo_function {
	KYMO_VALUES,	/* no function: the samples or records as they are */
	KYMO_SUM, KYMO_AVG, KYMO_MIN, KYMO_MAX, KYMO_COUNT, KYMO_P50, KYMO_P95, KYMO_P99
};

enum kymo_filter_op {
	KYMO_EQUAL, KYMO_NOT_EQUAL,
	KYMO_REGEX, KYMO_NOT_REGEX,	/* anchored, RE2 syntax */
	KYMO_LIKE			/* * and ? */
};

struct kymo_filter {
	const char *label, *value;
	uint32_t op;			/* enum kymo_filter_op */
};

#define KYMO_AUTO UINT32_MAX		/* granularity: by length and age of the range */

struct kymo_query {
	uint32_t size;			/* sizeof(struct kymo_query) */
	uint32_t n_names;
	const char *const *names;	/* with wildcards: "system.*"; a series that any of them matches */
	const struct kymo_filter *filters;	/* all must hold */
	uint32_t n_filters;
	uint32_t function;		/* enum kymo_function */
	kymo_ms start, end;		/* both 0: the last hour */
	kymo_ms step;			/* distance of the points; 0: one point for the whole range, with KYMO_VALUES every sample */
	kymo_ms window;			/* each point covers (at - window, at]; 0: as long as the step */
	uint32_t points;		/* at most that many a series, by a longer step; 0: not asked */
	uint32_t granularity;		/* enum kymo_tier or KYMO_AUTO */
};

struct kymo_series_point {
	kymo_ms at;			/* the end of what it covers */
	double value;
};

struct kymo_series {
	const char *name;
	uint32_t n_labels, n_points;
	const struct kymo_label *labels;	/* sorted, without the name */
	const struct kymo_series_point *points;	/* in order of time */
};

/* What served which part of the range. */
struct kymo_part {
	kymo_ms start, end;		/* (start, end] */
	uint32_t tier;			/* enum kymo_tier */
	bool missing;			/* what was recorded then, if anything, is not there (any more) */
	bool empty;			/* nothing was recorded then; neither: the tier serves it */
	const char *reason;		/* why it is missing or empty, or ""; such as "older than the retention of every tier" */
};

struct kymo_answer {
	uint32_t n_series, n_parts, n_warnings;
	const struct kymo_series *series;	/* in order of labels */
	const struct kymo_part *parts;
	const char *const *warnings;	/* sentences */
	kymo_ms start, end, step, window;	/* as it was answered */
	uint64_t samples_read;		/* samples and records */
	double error;			/* largest relative error of a percentile; 0: exact */
	void *memory;			/* the library's */
};

/* The newest value of a series. */
struct kymo_latest {
	const char *name;
	uint32_t n_labels;
	uint32_t type;			/* enum kymo_metric_type */
	const struct kymo_label *labels;
	const char *unit;
	kymo_ms at;
	double value;			/* never a staleness mark; of a distribution the mean */
};

struct kymo_latest_list {
	uint32_t n;
	const struct kymo_latest *items;	/* in order of name and labels */
	void *memory;
};

/* A metric over a range, over one series or over all of them together. */
struct kymo_summary {
	const char *name;
	uint32_t n_labels;
	uint32_t flags;			/* enum kymo_summary_flags */
	const struct kymo_label *labels;	/* none for all together */
	uint64_t count;
	double sum, min, max, avg, stddev, p50, p95, p99;	/* NaN: not known, see warnings */
	kymo_ms first_at, last_at;
};
enum kymo_summary_flags {
	KYMO_SUMMARY_ESTIMATED = 1	/* stddev and percentiles come from sketches */
};

struct kymo_summary_answer {
	struct kymo_summary all;
	uint32_t n_series, n_parts, n_warnings;
	const struct kymo_summary *series;
	const struct kymo_part *parts;
	const char *const *warnings;
	kymo_ms start, end;
	double error;
	void *memory;
};

struct kymo_metric_info {
	const char *name, *unit, *help;
	uint32_t type;			/* enum kymo_metric_type */
	uint32_t n_series, n_labels;
	const char *const *labels;	/* label names seen on its series */
	kymo_ms first_at, last_at;
};

struct kymo_metric_list {
	uint32_t n;
	const struct kymo_metric_info *items;	/* by name */
	void *memory;
};

#ifdef __cplusplus
}
#endif
#endif

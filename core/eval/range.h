/* SPDX-License-Identifier: MIT */
/*
 * range.h - functions over range vectors: what each makes of the samples in one
 * window (start, end], and of the same window when it is known folded, from
 * records of the tiers or whole chunks (query/fold.h).
 *
 * range_window.c moves the window; here it stands still.
 */
#ifndef EVAL_RANGE_H
#define EVAL_RANGE_H

#include "eval/eval.h"
#include "model/metric.h"
#include "query/fold.h"

/* In order of time, without staleness marks; at least one, unless the function takes none (absent_over_time is made elsewhere). */
struct samples {
	uint32_t n;
	const kymo_ms *at;
	const double *values;
};

/* One window of one series. */
struct range_window {
	kymo_ms start, end;		/* (start, end]: of the window as it is evaluated: after offset and @ */
	kymo_ms at;			/* the point in time of the query, where offset and @ do not reach */
	double args[2];			/* scalar arguments at this point, in the order they are written */
	/* what is known beside the samples */
	double drops;			/* sum of the values before each drop inside the window, where `has_drops` */
	bool has_drops;
	bool has_before;		/* of specs that want it: the last sample before the window */
	double before;
	kymo_ms before_at;
	double *scratch;		/* of specs that want it: room for as many values as there are samples */
};

/* true: *out is the value; false: there is none. */
typedef bool range_function(const struct samples *samples, const struct range_window *window, double *out);
typedef bool range_fold_function(struct fold *fold, const struct range_window *window, double *out);

struct range_spec {
	enum function_id id;
	range_function *samples;
	range_fold_function *fold;	/* NULL: it needs every sample */
	uint32_t fold_wants;		/* enum want | fold_want */
	bool keeps_name;		/* first_, last_over_time, as Prometheus */
	bool is_estimate_from_tiers;	/* stddev_, stdvar_over_time: marked with an info there */
	bool folds_counters_only;	/* what is known of a gauge's windows does not tell its drops */
	bool wants_drops;		/* quicker where the window knows them */
	bool wants_before, wants_scratch;
};

/* Of a function over range vectors but absent_over_time; NULL: another. range_functions.c */
const struct range_spec *range_spec_find(enum function_id id);
/*
 * Once where there are samples, and again where its arguments changed: what is to be
 * said of these. 0, or -EINVAL: arguments that make no sense.
 */
int range_annotate(struct eval *eval, const struct node *call, const struct range_spec *spec, const double args[2]);
/*
 * Once for each series that has a value: "metric might not be a counter". metric:
 * what is stored of it; NULL: unknown, as in a subquery.
 */
void range_doubt(struct eval *eval, const struct node *call, const struct range_spec *spec, struct labels labels,
		 const struct metric *metric);

#endif

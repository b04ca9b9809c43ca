/* SPDX-License-Identifier: MIT */
/*
 * promql.h - PromQL over a store: an expression and points in time in, series out,
 * one after the other.
 *
 *	promql_open(engine, &request, &run, err);
 *	while ((r = promql_next(run, &series)) > 0)
 *		...
 *	promql_close(run);
 *
 * Threads   An engine serves any number of threads, a run one.
 * Errors    -EINVAL with `is_execution` false: the expression or the request makes
 *           no sense (400 bad_data); -EINVAL with it true, -E2BIG over a limit (422
 *           execution); -ETIMEDOUT (503 timeout), -ECANCELED (503 canceled); -ENOMEM.
 *           How many may run and wait at a time is the business of who asks.
 */
#ifndef EVAL_PROMQL_H
#define EVAL_PROMQL_H

#include "eval/eval.h"
#include "store/plan.h"

struct promql_options {
	struct eval_limits limits;
	struct parse_limits parse;
	kymo_ms lookback;		/* 5m */
	kymo_ms subquery_step;		/* 1m */
	uint64_t cache;			/* bytes of the result cache; 0: none */
};
struct promql_options promql_options_preset(void);

struct promql;				/* the engine */
int promql_create(struct store *store, const struct promql_options *options, struct promql **out);
void promql_configure(struct promql *engine, const struct promql_options *options);
struct promql_stats {
	uint64_t asked, failed, samples;	/* since the start; read by all of them */
	uint64_t cache_hits, cache_misses, cache_bytes, cache_entries;	/* hits: in part or whole */
};
void promql_stats(struct promql *engine, struct promql_stats *stats);
void promql_destroy(struct promql *engine);
DEFINE_AUTO(promql, promql_destroy)

struct promql_request {
	const char *query;
	size_t n;
	bool instant;			/* at `end`; start and step are not read */
	kymo_ms start, end, step;
	kymo_ms lookback;		/* 0: the engine's */
	kymo_ms timeout;		/* 0, or more than the engine's: the engine's; negative: it has run out */
	uint32_t tier;			/* enum kymo_tier, or KYMO_AUTO */
	bool explain;			/* keep a trace */
	bool no_cache;
	kymo_ms now;
	bool (*is_cancelled)(void *data);
	void *cancel_data;
};

/* One series of the answer. A scalar is one without labels. */
struct promql_series {
	struct labels labels;
	uint32_t n;
	const kymo_ms *at;		/* of an instant query one: the time of the query, of a range vector those of its samples */
	const double *values;		/* without absent points */
};

struct promql_span {			/* what served which part of what was read */
	kymo_ms start, end;
	enum kymo_tier tier;
	bool missing, empty;		/* no tier served it (store/plan.h); never both */
};

struct promql_report {			/* complete after the last series */
	const char *const *warnings, *const *infos;
	uint32_t n_warnings, n_infos;
	const struct promql_span *spans;
	uint32_t n_spans;
	uint32_t quarantined;		/* damaged parts that were left out */
	double error;			/* largest relative error of percentiles; 0: exact */
	uint64_t samples, series, memory;	/* read; read; bytes at most */
	uint32_t blocks, chunks;
	int64_t parse_ns, run_ns;	/* wall clock */
	bool from_cache;		/* in part or whole */
};

struct promql_run;
int promql_open(struct promql *engine, const struct promql_request *request, struct promql_run **out, bool *is_execution, struct error *err);
enum value_type promql_type(const struct promql_run *run);	/* of the answer: TYPE_MATRIX for every range query */
const char *promql_text(const struct promql_run *run);		/* of a string */
/* 1: the next; 0: no more; or an error. Valid until the next call. */
int promql_next(struct promql_run *run, struct promql_series *out, struct error *err);
void promql_report(struct promql_run *run, struct promql_report *report);
void promql_explain(struct promql_run *run, struct buf *json);	/* after the last series */
void promql_close(struct promql_run *run);
DEFINE_AUTO(promql_run, promql_close)

#endif

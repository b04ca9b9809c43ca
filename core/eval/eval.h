/* SPDX-License-Identifier: MIT */
/*
 * eval.h - what one evaluation of an expression carries along: the store, the
 * points in time, what it may cost, and what it has to say.
 *
 * An expression is evaluated for all points at once: each node gives its series
 * one after the other (stream.h), each as a column with a value for each point.
 * One thread runs an evaluation.
 *
 * Errors travel as a negative errno with the reason in eval->err: -EINVAL what the
 * expression asks for cannot be (422 "execution"), -E2BIG over a limit (422),
 * -ETIMEDOUT and -ECANCELED (503), -ENOMEM, -EIO.
 */
#ifndef EVAL_EVAL_H
#define EVAL_EVAL_H

#include "eval/absent.h"
#include "promql/parse.h"
#include "query/notes.h"
#include "store/plan.h"
#include "store/select.h"

/* Points at start, start + step, ...; n 1: an instant, step is 0 then. */
struct steps {
	kymo_ms start, step;
	uint32_t n;
};
static inline kymo_ms steps_at(const struct steps *steps, uint32_t i) { return steps->start + steps->step * (kymo_ms)i; }
static inline kymo_ms steps_end(const struct steps *steps) { return steps_at(steps, steps->n - 1); }

/* 0: no limit, as for all of these. */
struct eval_limits {
	uint64_t samples;		/* samples and records that may be read */
	uint64_t memory;		/* bytes */
	uint32_t series;		/* of one selector */
	uint32_t points;		/* of a range query */
	kymo_ms time;			/* of the wall clock */
};

/* What has been read, and from where: of all selectors together. */
#define READ_SPANS 64
struct eval_read {
	struct select_stats stats;
	uint64_t series;
	uint32_t n_spans;
	struct plan_span span[READ_SPANS];
	double error;			/* largest relative error of percentiles */
};

struct eval {
	struct store *store;
	const struct expr *expr;
	struct steps outer;		/* the points */
	struct { kymo_ms start, end, step; } asked;	/* of the whole query, also of what is in the cache: start(), end(), step(); of an instant step is 0 */
	kymo_ms lookback, now;
	kymo_ms subquery_step;		/* where none is written */
	uint32_t tier;			/* enum kymo_tier: that one and no other; KYMO_AUTO */
	struct eval_limits limits;
	int64_t deadline;		/* clock_mono_ns(); INT64_MAX: none */
	bool (*is_cancelled)(void *data);	/* asked now and then; or NULL */
	void *cancel_data;

	struct error *err;
	struct notes warnings, infos;
	uint64_t samples, held, held_most;	/* read so far; bytes held now and at most */
	uint32_t checks;		/* calls of eval_check since the clock was read */
	struct eval_read read;
	struct trace *trace;		/* what explain shows; NULL: nobody asks */
};

/* So many more samples are read. 0, or -E2BIG, -ETIMEDOUT, -ECANCELED with the reason. Call it at least every some 10,000 samples. */
int eval_check(struct eval *eval, uint64_t samples);
/* n bytes more are held, and no longer. hold: 0, or -E2BIG with the reason. */
int eval_hold(struct eval *eval, uint64_t bytes);
void eval_release(struct eval *eval, uint64_t bytes);
/* Memory that is counted so; zeroed. NULL with the reason. Freed by eval_free with the same size. */
void *eval_alloc(struct eval *eval, size_t n, size_t size);
void eval_free(struct eval *eval, void *memory, size_t n, size_t size);
int eval_no_memory(struct eval *eval);	/* sets the reason, gives -ENOMEM */

/* "PromQL warning: TEXT (1:14)", each once: place of the node in the query. */
void eval_warn(struct eval *eval, const struct node *node, const char *format, ...) __attribute__((format(printf, 3, 4)));
void eval_inform(struct eval *eval, const struct node *node, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A node of type scalar: a value for each point, into out[steps->n]. 0 or an error. */
int eval_scalar(struct eval *eval, const struct node *node, const struct steps *steps, double *out);
/* A node of type string, NUL-ended; valid as long as the tree. */
const char *eval_string(const struct node *node);

#endif

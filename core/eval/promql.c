/* SPDX-License-Identifier: MIT */
/*
 * promql.c - a run: the parsed expression, its evaluation, and the stream of its
 * root.
 *
 * The series of a range query are given in order of their labels. So they are held
 * until all are there, as long as that takes no more than SORTED_MOST; larger
 * answers go out as they come. The same of an instant query with some series, where
 * nothing in it says in which order they come.
 */
#include "eval/promql.h"
#include "eval/cache.h"
#include "eval/matrix.h"
#include "eval/range_answer.h"
#include "eval/trace.h"
#include "util/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

#define SORTED_MOST (UINT64_C(16) << 20)
#define SORTED_INSTANT 1000		/* more than people read */
#define MINUTE INT64_C(60000)

struct promql {
	struct store *store;
	pthread_mutex_t guard;		/* of the options */
	struct promql_options options;
	struct cache *cache;
	_Atomic uint64_t asked, failed, samples;
};

struct promql_run {
	struct promql *engine;
	struct expr *expr;
	struct eval eval;
	struct error error;		/* of the evaluation */
	enum value_type type;		/* of the root */
	bool instant, done;
	struct steps steps;		/* all points; the evaluation's are those that are not in the cache */
	bool from_cache;
	struct stream *stream;		/* vectors */
	struct range_answer *ranges;	/* range vectors */
	double *scalar;
	struct matrix held;		/* the first series of a range query */
	uint32_t next_held;
	kymo_ms *at;			/* of the points that one series has */
	double *values;
	struct trace trace;
	void *answer;			/* memory of the report */
	int64_t parse_ns, began_ns, ended_ns;
};

struct promql_options promql_options_preset(void)
{
	return (struct promql_options){
		.limits = { .samples = 1000000000, .memory = UINT64_C(256) << 20, .series = 1000000, .points = 11000, .time = 2 * MINUTE },
		.parse = PARSE_LIMITS, .lookback = 5 * MINUTE, .subquery_step = MINUTE, .cache = UINT64_C(16) << 20,
	};
}

int promql_create(struct store *store, const struct promql_options *options, struct promql **out)
{
	struct promql *engine = calloc(1, sizeof *engine);

	if (!engine)
		return -ENOMEM;
	engine->store = store;
	engine->options = *options;
	engine->cache = cache_create(store, options->cache);
	if (!engine->cache) {
		free(engine);
		return -ENOMEM;
	}
	pthread_mutex_init(&engine->guard, NULL);
	*out = engine;
	return 0;
}

void promql_configure(struct promql *engine, const struct promql_options *options)
{
	pthread_mutex_lock(&engine->guard);
	engine->options = *options;
	pthread_mutex_unlock(&engine->guard);
	cache_resize(engine->cache, options->cache);
}

void promql_stats(struct promql *engine, struct promql_stats *stats)
{
	struct cache_stats cache;

	cache_stats(engine->cache, &cache);
	*stats = (struct promql_stats){
		.asked = atomic_load(&engine->asked), .failed = atomic_load(&engine->failed), .samples = atomic_load(&engine->samples),
		.cache_hits = cache.hits, .cache_misses = cache.misses, .cache_bytes = cache.bytes, .cache_entries = cache.entries,
	};
}

void promql_destroy(struct promql *engine)
{
	if (!engine)
		return;
	cache_destroy(engine->cache);
	pthread_mutex_destroy(&engine->guard);
	free(engine);
}

static struct promql_options options_of(struct promql *engine)
{
	struct promql_options options;

	pthread_mutex_lock(&engine->guard);
	options = engine->options;
	pthread_mutex_unlock(&engine->guard);
	return options;
}

/* ---- what is asked ---- */

static int take_steps(const struct promql_request *request, const struct promql_options *options, struct steps *steps, struct error *err)
{
	uint64_t n;

	*steps = (struct steps){ request->end, 0, 1 };
	if (request->instant)
		return 0;
	if (request->step <= 0)
		return error_set(err, -EINVAL, "zero or negative query resolution step widths are not accepted. Try a positive integer");
	if (request->end < request->start)
		return error_set(err, -EINVAL, "end timestamp must not be before start time");
	n = ((uint64_t)request->end - (uint64_t)request->start) / (uint64_t)request->step + 1;
	if ((options->limits.points && n - 1 > options->limits.points) || n > UINT32_MAX / 2)
		return error_set(err, -EINVAL, "exceeded maximum resolution of %" PRIu32
				 " points per timeseries. Try decreasing the query resolution (?step=XX) (query.points)", options->limits.points);
	*steps = (struct steps){ request->start, n > 1 ? request->step : 0, (uint32_t)n };
	return 0;
}

static int check_type(const struct promql_request *request, enum value_type type, struct error *err)
{
	if (request->instant || type == TYPE_SCALAR || type == TYPE_VECTOR)
		return 0;
	return error_set(err, -EINVAL, "invalid expression type \"%s\" for range query, must be Scalar or instant Vector", value_type_name(type));
}

static void set_eval(struct promql_run *run, struct promql *engine, const struct promql_options *options, const struct promql_request *request)
{
	kymo_ms timeout = options->limits.time;

	if (request->timeout > 0 && (!timeout || request->timeout < timeout))
		timeout = request->timeout;
	run->eval.store = engine->store;
	run->eval.expr = run->expr;
	run->eval.asked.start = request->instant ? request->end : request->start;
	run->eval.asked.end = request->end;
	run->eval.asked.step = request->instant ? 0 : request->step;
	run->eval.lookback = request->lookback > 0 ? request->lookback : options->lookback;
	run->eval.now = request->now;
	run->eval.subquery_step = options->subquery_step;
	run->eval.tier = request->tier;
	run->eval.limits = options->limits;
	run->eval.deadline = timeout ? clock_mono_ns() + timeout * 1000000 : INT64_MAX;
	run->eval.is_cancelled = request->is_cancelled;
	run->eval.cancel_data = request->cancel_data;
	run->eval.err = &run->error;
	run->eval.trace = request->explain ? &run->trace : NULL;
}

/* ---- opening ---- */

/* As many series as may be held; all of them: in order. *all: that is so. */
static int hold_first(struct promql_run *run, uint32_t most, bool *all)
{
	struct column column;
	int r = 1;

	while (r > 0 && run->held.bytes < SORTED_MOST && run->held.n < most) {
		r = stream_next(run->stream, &column);
		if (r > 0 && matrix_add(&run->held, &column) < 0)
			r = run->error.code;
	}
	*all = r == 0;
	if (*all)
		matrix_sort(&run->held);
	return r < 0 ? r : 0;
}

/* The points behind the first `n`, which are held. */
static int hold_rest(struct promql_run *run, uint32_t n)
{
	struct eval *eval = &run->eval;
	int r = 0;

	if (n < run->steps.n) {
		eval->outer.start = steps_at(&run->steps, n);
		eval->outer.n = run->steps.n - n;
		if (eval->outer.n == 1)
			eval->outer.step = 0;
		r = stream_open(eval, expr_root(run->expr), &eval->outer, &run->stream);
		if (r == 0)
			r = matrix_extend(&run->held, run->stream, n);
	}
	if (r == 0)
		matrix_sort(&run->held);
	return r;
}

/* What is known of old points, and the others computed; then what has become old is kept. */
static int open_moving(struct promql_run *run, struct cache *cache)
{
	struct buf text = { 0 };
	struct cache_key key = { .step = run->steps.step, .phase = run->steps.start % run->steps.step, .lookback = run->eval.lookback,
				 .tier = run->eval.tier };
	uint64_t changes = cache_watch(cache, run->eval.now);
	bool all = true;
	uint32_t n;
	int r;

	node_print(expr_root(run->expr), &text);
	key.text = buf_text(&text);
	if (!key.text) {
		buf_fini(&text);
		return eval_no_memory(&run->eval);
	}
	n = cache_find(cache, &key, &run->steps, &run->eval, &run->held);
	run->from_cache = n > 0;
	if (n) {
		r = hold_rest(run, n);
	} else {
		r = stream_open(&run->eval, expr_root(run->expr), &run->eval.outer, &run->stream);
		if (r == 0)
			r = hold_first(run, UINT32_MAX, &all);
	}
	if (r == 0 && all && n < run->steps.n)
		cache_keep(cache, &key, &run->steps, changes, run->eval.now, &run->eval, &run->held);
	buf_fini(&text);
	return r;
}

static bool may_be_cached(const struct promql_run *run, const struct promql_request *request, const struct promql_options *options)
{
	return options->cache && !request->no_cache && !request->explain && run->steps.n > 1 && cache_takes(expr_root(run->expr));
}

static bool any_orders(const struct node *const *nodes, uint32_t n);

/* Does it say in which order series come? */
static bool orders(const struct node *node)
{
	switch (node->kind) {
	case NODE_PAREN:
		return orders(node->inner);
	case NODE_UNARY:
		return orders(node->unary.inner);
	case NODE_BINARY:
		return orders(node->binary.left) || orders(node->binary.right);
	case NODE_AGGREGATE:
		return node->aggregate.op == AGGREGATE_TOPK || node->aggregate.op == AGGREGATE_BOTTOMK || orders(node->aggregate.inner);
	case NODE_CALL:
		return (node->call.function->id >= FN_SORT && node->call.function->id <= FN_SORT_BY_LABEL_DESC) ||
		       any_orders(node->call.args, node->call.n_args);
	default:
		return false;
	}
}

static bool any_orders(const struct node *const *nodes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (orders(nodes[i]))
			return true;
	return false;
}

static int open_vector(struct promql_run *run, struct cache *cache)
{
	bool all;
	int r;

	if (cache)
		return open_moving(run, cache);
	r = stream_open(&run->eval, expr_root(run->expr), &run->eval.outer, &run->stream);
	if (r < 0 || (run->instant && orders(expr_root(run->expr))))
		return r;
	return hold_first(run, run->instant ? SORTED_INSTANT : UINT32_MAX, &all);
}

static int open_root(struct promql_run *run, struct cache *cache)
{
	const struct node *root = expr_root(run->expr);
	struct eval *eval = &run->eval;
	uint32_t n = eval->outer.n;
	int r = eval_check(eval, 0);

	if (r < 0 || run->type == TYPE_STRING)
		return r;
	if (run->type == TYPE_MATRIX)
		return range_answer_open(eval, root, &run->ranges);
	run->at = eval_alloc(eval, n, sizeof *run->at);
	run->values = eval_alloc(eval, n, sizeof *run->values);
	if (!run->at || !run->values)
		return eval->err->code;
	if (run->type == TYPE_SCALAR) {
		run->scalar = eval_alloc(eval, n, sizeof *run->scalar);
		return run->scalar ? eval_scalar(eval, root, &eval->outer, run->scalar) : eval->err->code;
	}
	return open_vector(run, cache);
}

static int give_error(struct promql_run *run, int r, struct error *err)
{
	return error_set(err, r, "%s", run->error.code ? error_text(&run->error) : error_name(r));
}

static int run_open(struct promql *engine, const struct promql_request *request, struct promql_run **out, bool *is_execution, struct error *err)
{
	AUTO(promql_run) run = calloc(1, sizeof *run);
	struct promql_options options = options_of(engine);
	int r;

	*is_execution = false;
	if (!run)
		return error_set(err, -ENOMEM, "out of memory");
	run->engine = engine;
	run->began_ns = clock_mono_ns();
	matrix_init(&run->held, &run->eval, 0);
	r = expr_parse(request->query, request->n, &options.parse, &run->expr, err);
	run->parse_ns = clock_mono_ns() - run->began_ns;
	if (r < 0)
		return r;
	run->type = expr_root(run->expr)->type;
	run->instant = request->instant;
	r = check_type(request, run->type, err);
	if (r == 0)
		r = take_steps(request, &options, &run->eval.outer, err);
	if (r < 0)
		return r;
	*is_execution = true;
	set_eval(run, engine, &options, request);
	run->steps = run->eval.outer;
	run->held.points = run->steps.n;
	if (request->timeout < 0)
		return error_set(err, -ETIMEDOUT, "query timed out in query execution");
	r = open_root(run, may_be_cached(run, request, &options) ? engine->cache : NULL);
	if (r < 0)
		return give_error(run, r, err);
	*out = TAKE(run);
	return 0;
}

int promql_open(struct promql *engine, const struct promql_request *request, struct promql_run **out, bool *is_execution, struct error *err)
{
	int r = run_open(engine, request, out, is_execution, err);

	atomic_fetch_add(&engine->asked, 1);
	if (r < 0)
		atomic_fetch_add(&engine->failed, 1);
	return r;
}

void promql_close(struct promql_run *run)
{
	if (!run)
		return;
	atomic_fetch_add(&run->engine->samples, run->eval.samples);
	stream_close(run->stream);
	range_answer_close(run->ranges);
	matrix_fini(&run->held);
	free(run->at);
	free(run->values);
	free(run->scalar);
	notes_fini(&run->eval.warnings);
	notes_fini(&run->eval.infos);
	trace_fini(&run->trace);
	answer_free(run->answer);
	error_clear(&run->error);
	expr_destroy(run->expr);
	free(run);
}

/* ---- the answer ---- */

enum value_type promql_type(const struct promql_run *run)
{
	return run->instant ? run->type : TYPE_MATRIX;
}

const char *promql_text(const struct promql_run *run)
{
	return eval_string(expr_root(run->expr));
}

/* The points that are there. How many. */
static uint32_t compact(struct promql_run *run, const double *values)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < run->steps.n; i++) {
		run->at[n] = steps_at(&run->steps, i);
		run->values[n] = values[i];
		n += !is_absent(values[i]);
	}
	return n;
}

static int next_column(struct promql_run *run, struct column *column)
{
	if (run->next_held < run->held.n) {
		*column = run->held.columns[run->next_held++];
		return 1;
	}
	return run->from_cache ? 0 : stream_next(run->stream, column);
}

static int next_vector(struct promql_run *run, struct promql_series *out)
{
	struct column column;
	int r;

	do {
		r = next_column(run, &column);
		if (r <= 0)
			return r;
		*out = (struct promql_series){ column.labels, compact(run, column.values), run->at, run->values };
	} while (!out->n);
	return 1;
}

static int next_scalar(struct promql_run *run, struct promql_series *out)
{
	if (run->done)
		return 0;
	run->done = true;
	*out = (struct promql_series){ { NULL, 0 }, compact(run, run->scalar), run->at, run->values };
	return 1;
}

int promql_next(struct promql_run *run, struct promql_series *out, struct error *err)
{
	int r = 0;

	if (run->type == TYPE_VECTOR)
		r = next_vector(run, out);
	else if (run->type == TYPE_SCALAR)
		r = next_scalar(run, out);
	else if (run->type == TYPE_MATRIX)
		r = range_answer_next(run->ranges, &out->labels, &out->at, &out->values, &out->n);
	if (r <= 0)
		run->ended_ns = clock_mono_ns();
	if (r < 0)
		atomic_fetch_add(&run->engine->failed, 1);
	return r < 0 ? give_error(run, r, err) : r;
}

/* ---- what is told beside it ---- */

static void report_notes(struct promql_run *run, struct promql_report *report)
{
	if (!run->answer)
		run->answer = answer_create(1);
	if (!run->answer)
		return;
	if (notes_give(&run->eval.warnings, run->answer, &report->warnings, &report->n_warnings) < 0)
		report->n_warnings = 0;
	if (notes_give(&run->eval.infos, run->answer, &report->infos, &report->n_infos) < 0)
		report->n_infos = 0;
}

static void report_spans(struct promql_run *run, struct promql_report *report)
{
	const struct eval_read *read = &run->eval.read;
	struct promql_span *spans = run->answer ? answer_alloc(run->answer, read->n_spans * sizeof *spans) : NULL;

	for (uint32_t i = 0; spans && i < read->n_spans; i++)
		spans[i] = (struct promql_span){ read->span[i].start, read->span[i].end, read->span[i].tier,
						read->span[i].missing, read->span[i].empty };
	report->spans = spans;
	report->n_spans = spans ? read->n_spans : 0;
}

void promql_report(struct promql_run *run, struct promql_report *report)
{
	/* What the streams have read is counted when they close. */
	stream_close(TAKE(run->stream));
	range_answer_close(TAKE(run->ranges));
	*report = (struct promql_report){
		.quarantined = run->eval.read.stats.quarantined, .error = run->eval.read.error, .samples = run->eval.samples,
		.series = run->eval.read.series, .memory = run->eval.held_most, .blocks = run->eval.read.stats.blocks,
		.chunks = run->eval.read.stats.chunks, .from_cache = run->from_cache, .parse_ns = run->parse_ns,
		.run_ns = (run->ended_ns ? run->ended_ns : clock_mono_ns()) - run->began_ns - run->parse_ns,
	};
	report_notes(run, report);
	report_spans(run, report);
}

void promql_explain(struct promql_run *run, struct buf *json)
{
	struct promql_report report;

	promql_report(run, &report);
	trace_write(&run->trace, run->expr, &run->eval, &report, json);
}

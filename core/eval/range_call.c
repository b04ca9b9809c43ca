/* SPDX-License-Identifier: MIT */
/*
 * range_call.c - functions over range vectors: the series of the selector, or of
 * the subquery, one by one, each under a moving window (range_walk.h).
 */
#include "eval/binary.h"
#include "eval/matrix.h"
#include "eval/names.h"
#include "eval/range_before.h"
#include "eval/range_arg.h"
#include "eval/range_walk.h"
#include "eval/stream.h"
#include "model/labels_edit.h"

#include <errno.h>

#define HOUR INT64_C(3600000)
#define LONG_WINDOW (6 * HOUR)

struct range_call {
	struct stream stream;
	const struct range_spec *spec;
	struct range_spec alone;	/* of a subquery: its windows know nothing of each other */
	const struct node *arg;		/* the selector or subquery */
	double *args[2];		/* scalars: a value for each point; or NULL */
	struct range_walk walk;		/* its source is that of a selector */
	struct subquery_source sub;	/* of a subquery */
	struct range_before before;	/* of a selector, for functions that want it */
	double *values;
	struct buf labels;
	bool drops_name;
	bool annotated, ended;		/* ended: the source; what waits is left */
};

/* ---- what is said beside the answer ---- */

static bool args_changed(const struct range_call *call, uint32_t i)
{
	for (int k = 0; k < 2; k++)
		if (call->args[k] && value_bits(call->args[k][i]) != value_bits(call->args[k][i - 1]))
			return true;
	return false;
}

/* Once for each series that has samples, and for each change of the arguments (of which there are few) once for all. */
static int annotate(struct range_call *call, struct labels labels, const struct metric *metric)
{
	uint32_t n = call->annotated ? 1 : call->stream.steps.n;
	int r = 0;

	if (!column_is_empty(call->values, call->stream.steps.n))
		range_doubt(call->stream.eval, call->stream.node, call->spec, labels, metric);

	call->annotated = true;
	for (uint32_t i = 0; i < n && r == 0; i++) {
		double args[2] = { call->args[0] ? call->args[0][i] : 0, call->args[1] ? call->args[1][i] : 0 };

		if (i == 0 || args_changed(call, i))
			r = range_annotate(call->stream.eval, call->stream.node, call->spec, args);
	}
	return r;
}

static void annotate_tiers(const struct range_call *call)
{
	struct eval *eval = call->stream.eval;
	const char *name = call->stream.node->call.function->name;

	if (call->walk.folding.widened)
		eval_inform(eval, call->stream.node, "the range of %s is shorter than the windows of the tier that has it, which are taken whole", name);
	if (!call->walk.source.stitch || call->walk.source.raw_only)
		return;
	if (!call->spec->fold)
		eval_inform(eval, call->stream.node, "%s needs every sample; where only tiers are left it is computed from the last value of each window", name);
	else if (call->spec->is_estimate_from_tiers)
		eval_inform(eval, call->stream.node, "%s is an estimate from sketches where only tiers are left", name);
}

static void warn_sketchless(const struct range_call *call, const struct metric *metric)
{
	eval_warn(call->stream.eval, call->stream.node, "%s has no value from the %s windows of %s, which carry no sketches",
		  call->stream.node->call.function->name, tier_name(call->walk.folding.sketchless_tier), metric->name);
}

/* ---- a selector's series ---- */

static int next_selected(struct range_call *call, struct labels *labels)
{
	const struct source *source = &call->walk.source;
	bool any;
	int r = source_next(&call->walk.source);

	if (r <= 0)
		return r;
	*labels = source->view->labels;
	r = range_walk_series(&call->walk, call->spec, &any);
	if (r == 0 && call->walk.folding.sketchless)
		warn_sketchless(call, source->view->metric);
	if (r == 0 && any)
		r = annotate(call, *labels, source->view->metric);
	return r < 0 ? r : 1;
}

/* ---- a subquery's ---- */

static int next_of_subquery(struct range_call *call, struct labels *labels)
{
	const double *values;
	int r = subquery_next(&call->sub, labels, &values);

	if (r <= 0)
		return r;
	moving_begin(&call->walk.moving);
	r = moving_add(&call->walk.moving, call->sub.at, values, call->sub.steps.n);
	if (r == 0)
		r = moving_end(&call->walk.moving);
	if (r == 0)
		r = annotate(call, *labels, NULL);
	return r < 0 ? r : 1;
}

/* ---- the stream ---- */

static int give(struct range_call *call, struct labels labels, struct column *out)
{
	buf_clear(&call->labels);
	if (call->drops_name) {
		labels_without_name(labels, &call->labels);
		if (buf_failed(&call->labels))
			return eval_no_memory(call->stream.eval);
		labels = labels_in(&call->labels);
	}
	*out = (struct column){ labels, call->values };
	return 1;
}

static int next_series(struct range_call *call, struct labels *labels)
{
	int r;

	if (call->arg->kind == NODE_SUBQUERY)
		return next_of_subquery(call, labels);
	while ((r = next_selected(call, labels)) > 0 && call->before.eval && range_before_wants(&call->before, &call->walk))
		if ((r = range_before_add(&call->before, &call->walk)) < 0)
			break;
	return r;
}

/* Behind the others those whose first step had to be looked for. */
static int next_late(struct range_call *call, struct column *out)
{
	struct column column;
	int r = call->before.eval ? range_before_next(&call->before, &call->walk, &column) : 0;

	if (r <= 0)
		return r;
	memcpy(call->values, column.values, call->stream.steps.n * sizeof *call->values);
	return give(call, column.labels, out);
}

static int call_next(struct stream *stream, struct column *out)
{
	struct range_call *call = (struct range_call *)stream;
	struct labels labels;
	int r = call->ended ? 0 : next_series(call, &labels);

	if (r == 0 && !call->ended)
		annotate_tiers(call);
	call->ended |= r == 0;
	if (r == 0)
		return next_late(call, out);
	return r > 0 ? give(call, labels, out) : r;
}

static void call_close(struct stream *stream)
{
	struct range_call *call = (struct range_call *)stream;
	struct eval *eval = stream->eval;

	range_before_fini(&call->before);
	range_walk_fini(&call->walk);
	subquery_close(&call->sub);
	for (int k = 0; k < 2; k++)
		eval_free(eval, call->args[k], stream->steps.n, sizeof *call->args[k]);
	eval_free(eval, call->values, stream->steps.n, sizeof *call->values);
	buf_fini(&call->labels);
	free(call);
}

/* ---- opening ---- */

static int open_args(struct range_call *call)
{
	const struct call *node = &call->stream.node->call;
	struct eval *eval = call->stream.eval;
	int n = 0;

	for (uint32_t i = 0; i < node->n_args; i++) {
		if (node->args[i]->type == TYPE_MATRIX) {
			call->arg = node->args[i];
			continue;
		}
		if (node->args[i]->type != TYPE_SCALAR || n == 2)
			continue;
		call->args[n] = eval_alloc(eval, call->stream.steps.n, sizeof *call->args[n]);
		if (!call->args[n] || eval_scalar(eval, node->args[i], &call->stream.steps, call->args[n]) < 0)
			return eval->err->code;
		n++;
	}
	while (call->arg->kind == NODE_PAREN)
		call->arg = call->arg->inner;
	return 0;
}

static int open_source(struct range_call *call)
{
	const struct selector *selector = &call->arg->selector;
	struct source_request request = { .node = call->arg, .steps = call->walk.moving.moved, .reach = selector->range,
					  .prefer = range_preferred_tier(call->stream.eval, call->spec, selector, &call->walk.moving.moved),
					  .wants = WANT_COUNT | WANT_LAST };
	int r;

	if (call->spec->fold)
		request.wants |= fold_columns(call->spec->fold_wants);
	if (call->spec->wants_before)
		request.reach += call->stream.eval->lookback > HOUR ? call->stream.eval->lookback : HOUR;	/* mostly enough */
	r = source_open(call->stream.eval, &request, &call->walk.source);
	if (r == 0 && call->spec->wants_before)
		range_before_init(&call->before, &call->walk);
	return r;
}

static int open_parts(struct range_call *call)
{
	struct eval *eval = call->stream.eval;
	const struct shift *shift;
	int r = open_args(call);

	if (r < 0)
		return r;
	call->values = eval_alloc(eval, call->stream.steps.n, sizeof *call->values);
	if (!call->values)
		return eval->err->code;
	shift = call->arg->kind == NODE_SUBQUERY ? &call->arg->subquery.shift : &call->arg->selector.shift;
	call->walk.moving = (struct moving){ .eval = eval, .spec = call->spec, .points = call->stream.steps,
					     .moved = shift_steps(eval, shift, &call->stream.steps),
					     .range = call->arg->kind == NODE_SUBQUERY ? call->arg->subquery.range : call->arg->selector.range,
					     .args = { call->args[0], call->args[1] }, .out = call->values };
	call->walk.fold_from = LONG_WINDOW;
	call->walk.widens = true;
	call->drops_name = !call->spec->keeps_name && !call->stream.node->late_name;
	if (call->arg->kind == NODE_SUBQUERY) {
		call->alone = *call->spec;
		call->alone.wants_before = false;
		call->walk.moving.spec = &call->alone;
		return subquery_open(eval, call->arg, &call->walk.moving.moved, &call->sub);
	}
	r = range_walk_init(&call->walk);
	return r < 0 ? r : open_source(call);
}

int stream_open_range_call(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	struct range_call *call = calloc(1, sizeof *call);
	int r;

	if (!call)
		return eval_no_memory(eval);
	call->stream = (struct stream){ call_next, call_close, eval, node, *steps };
	call->spec = range_spec_find(node->call.function->id);
	call->walk.moving.eval = eval;
	r = open_parts(call);
	if (r < 0) {
		call_close(&call->stream);
		return r;
	}
	if (call->drops_name && node_has_many_names(call->arg))
		return stream_united(&call->stream, out);
	*out = &call->stream;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * stream.c - from a node to its stream. What is the same at every point, because
 * all its selectors are held by @, is evaluated once and repeated.
 */
#include "eval/matrix.h"
#include "eval/trace.h"
#include "util/clock.h"

#include <errno.h>

void stream_close(struct stream *stream)
{
	if (stream)
		stream->close(stream);
}

/* ---- nodes that do not move with the points ---- */

static bool moves(const struct node *node);

static bool any_moves(const struct node *const *nodes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (moves(nodes[i]))
			return true;
	return false;
}

/* Functions that read the time of the point itself. */
static bool reads_time(const struct call *call)
{
	enum function_id id = call->function->id;

	return id == FN_TIME || id == FN_TIMESTAMP || (id >= FN_DAY_OF_MONTH && id <= FN_YEAR && !call->n_args) || id == FN_PREDICT_LINEAR;
}

static bool moves(const struct node *node)
{
	switch (node->kind) {
	case NODE_NUMBER:
	case NODE_STRING:
		return false;
	case NODE_PAREN:
		return moves(node->inner);
	case NODE_SELECTOR:
		return node->selector.shift.at == AT_NONE;
	case NODE_SUBQUERY:
		return node->subquery.shift.at == AT_NONE;
	case NODE_UNARY:
		return moves(node->unary.inner);
	case NODE_BINARY:
		return moves(node->binary.left) || moves(node->binary.right);
	case NODE_AGGREGATE:
		return moves(node->aggregate.inner) || (node->aggregate.param && moves(node->aggregate.param));
	case NODE_CALL:
		return reads_time(&node->call) || any_moves(node->call.args, node->call.n_args);
	}
	return true;
}

struct repeated {
	struct stream stream;
	struct stream *once;
	double *values;
};

static int repeated_next(struct stream *stream, struct column *out)
{
	struct repeated *repeated = (struct repeated *)stream;
	struct column column;
	int r = stream_next(repeated->once, &column);

	if (r <= 0)
		return r;
	for (uint32_t i = 0; i < stream->steps.n; i++)
		repeated->values[i] = column.values[0];
	*out = (struct column){ column.labels, repeated->values, column.late_name };
	return 1;
}

static void repeated_close(struct stream *stream)
{
	struct repeated *repeated = (struct repeated *)stream;

	stream_close(repeated->once);
	eval_free(stream->eval, repeated->values, stream->steps.n, sizeof *repeated->values);
	free(repeated);
}

static int open_repeated(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	struct steps one = { steps->start, 0, 1 };
	struct repeated *repeated = calloc(1, sizeof *repeated);
	int r;

	if (!repeated)
		return eval_no_memory(eval);
	repeated->stream = (struct stream){ repeated_next, repeated_close, eval, node, *steps };
	repeated->values = eval_alloc(eval, steps->n, sizeof *repeated->values);
	r = repeated->values ? stream_open(eval, node, &one, &repeated->once) : eval->err->code;
	if (r < 0)
		repeated_close(&repeated->stream);
	else
		*out = &repeated->stream;
	return r;
}

/* ---- which file makes it ---- */

/* The selector with anchored or smoothed that a call is over; NULL: it has none. */
const struct node *extended_argument(const struct node *call)
{
	const struct node *arg = call->call.args[0];

	while (arg->kind == NODE_PAREN)
		arg = arg->inner;
	return arg->kind == NODE_SELECTOR && arg->selector.extent ? arg : NULL;
}

static bool is_over_range(const struct call *call)
{
	return call->function->id <= FN_P99_OVER_TIME && call->function->id != FN_ABSENT_OVER_TIME;
}

static int open_moving(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	switch (node->kind) {
	case NODE_SELECTOR:
		return node->selector.extent ? stream_open_extended(eval, node, steps, out) : stream_open_selector(eval, node, steps, false, out);
	case NODE_AGGREGATE:
		return stream_open_aggregate(eval, node, steps, out);
	case NODE_BINARY:
		return stream_open_binary(eval, node, steps, out);
	case NODE_CALL:
		if (is_over_range(&node->call) && extended_argument(node))
			return stream_open_extended(eval, node, steps, out);
		return is_over_range(&node->call) ? stream_open_range_call(eval, node, steps, out) : stream_open_call(eval, node, steps, out);
	case NODE_UNARY:
		return stream_open_unary(eval, node, steps, out);
	default:
		return error_set(eval->err, -EINVAL, "an instant vector is wanted here");	/* the type check has seen to that */
	}
}

static int open_node(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	if (steps->n > 1 && !moves(node))
		return open_repeated(eval, node, steps, out);
	return open_moving(eval, node, steps, out);
}

static int open_traced(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	uint32_t place = trace_begin(eval, node);
	int64_t began = clock_mono_ns();
	int r = open_node(eval, node, steps, out);

	trace_end(eval, place, clock_mono_ns() - began, r < 0 ? NULL : out);
	return r;
}

int stream_open(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	while (node->kind == NODE_PAREN)
		node = node->inner;
	return eval->trace ? open_traced(eval, node, steps, out) : open_node(eval, node, steps, out);
}

/* SPDX-License-Identifier: MIT */
/* scalar.c - nodes that are one number at each point. */
#include "eval/arithmetic.h"
#include "eval/stream.h"

#include <errno.h>
#include <math.h>

static int fill_with(const struct steps *steps, double value, double *out)
{
	for (uint32_t i = 0; i < steps->n; i++)
		out[i] = value;
	return 0;
}

static int fill_with_times(const struct steps *steps, double *out)
{
	for (uint32_t i = 0; i < steps->n; i++)
		out[i] = (double)steps_at(steps, i) / 1000;
	return 0;
}

/* The value where one series has one; where none has, or several have: NaN. */
static int fill_with_only(struct eval *eval, const struct node *vector, const struct steps *steps, double *out)
{
	AUTO(stream) stream = NULL;
	struct column column;
	uint8_t *found = eval_alloc(eval, steps->n, sizeof *found);
	int r = found ? stream_open(eval, vector, steps, &stream) : eval->err->code;

	fill_with(steps, NAN, out);
	while (r == 0 && (r = stream_next(stream, &column)) > 0) {
		for (uint32_t i = 0; i < steps->n; i++)
			if (!is_absent(column.values[i])) {
				out[i] = found[i] ? (double)NAN : column.values[i];
				found[i] = 1;
			}
		r = eval_check(eval, 0);
	}
	eval_free(eval, found, steps->n, sizeof *found);
	return r;
}

/* Of each point, what `apply` makes of two numbers there. */
static int fill_with_two(struct eval *eval, const struct node *a, const struct node *b, const struct steps *steps, double *out,
			 double (*apply)(enum binary_op op, double a, double b), enum binary_op op)
{
	double *right = eval_alloc(eval, steps->n, sizeof *right);
	int r = right ? eval_scalar(eval, a, steps, out) : eval->err->code;

	if (r == 0)
		r = eval_scalar(eval, b, steps, right);
	for (uint32_t i = 0; r == 0 && i < steps->n; i++)
		out[i] = apply(op, out[i], right[i]);
	eval_free(eval, right, steps->n, sizeof *right);
	return r;
}

static double apply_min(enum binary_op op, double a, double b) { (void)op; return lesser_of(a, b); }
static double apply_max(enum binary_op op, double a, double b) { (void)op; return greater_of(a, b); }

static int fill_with_call(struct eval *eval, const struct call *call, const struct steps *steps, double *out)
{
	switch (call->function->id) {
	case FN_TIME:
		return fill_with_times(steps, out);
	case FN_PI:
		return fill_with(steps, M_PI, out);
	case FN_START:
		return fill_with(steps, (double)eval->asked.start / 1000, out);
	case FN_END:
		return fill_with(steps, (double)eval->asked.end / 1000, out);
	case FN_RANGE:
		return fill_with(steps, (double)(eval->asked.end - eval->asked.start) / 1000, out);
	case FN_STEP:
		return fill_with(steps, (double)eval->asked.step / 1000, out);
	case FN_MIN_OF:
		return fill_with_two(eval, call->args[0], call->args[1], steps, out, apply_min, BINARY_ADD);
	case FN_MAX_OF:
		return fill_with_two(eval, call->args[0], call->args[1], steps, out, apply_max, BINARY_ADD);
	default:
		return fill_with_only(eval, call->args[0], steps, out);
	}
}

static int fill_with_binary(struct eval *eval, const struct binary *binary, const struct steps *steps, double *out)
{
	return fill_with_two(eval, binary->left, binary->right, steps, out, operator_apply, binary->op);
}

static int fill_with_unary(struct eval *eval, const struct node *node, const struct steps *steps, double *out)
{
	int r = eval_scalar(eval, node->unary.inner, steps, out);

	for (uint32_t i = 0; r == 0 && node->unary.op == UNARY_MINUS && i < steps->n; i++)
		out[i] = -out[i];
	return r;
}

int eval_scalar(struct eval *eval, const struct node *node, const struct steps *steps, double *out)
{
	switch (node->kind) {
	case NODE_NUMBER:
		return fill_with(steps, node->number, out);
	case NODE_PAREN:
		return eval_scalar(eval, node->inner, steps, out);
	case NODE_UNARY:
		return fill_with_unary(eval, node, steps, out);
	case NODE_BINARY:
		return fill_with_binary(eval, &node->binary, steps, out);
	case NODE_CALL:
		return fill_with_call(eval, &node->call, steps, out);
	default:
		return error_set(eval->err, -EINVAL, "a scalar is wanted here");	/* the type check has seen to that */
	}
}

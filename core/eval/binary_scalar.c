/* SPDX-License-Identifier: MIT */
/*
 * binary_scalar.c - a vector and a number at each point. Series pass one by one,
 * their values change in place; only where names fall off that told series apart are
 * all of them held.
 */
#include "eval/arithmetic.h"
#include "eval/binary.h"
#include "eval/names.h"
#include "model/labels_edit.h"

struct with_scalar {
	struct stream stream;
	struct stream *inner;
	double *scalar;
	bool is_left;		/* the scalar */
	bool drops_name;
	struct buf labels;
};

static int with_scalar_next(struct stream *stream, struct column *out)
{
	struct with_scalar *with = (struct with_scalar *)stream;
	const struct binary *binary = &stream->node->binary;
	int r = stream_next(with->inner, out);

	if (r <= 0)
		return r;
	if (with->is_left)
		columns_combine(binary, with->scalar, out->values, out->values, out->values, stream->steps.n);
	else
		columns_combine(binary, out->values, with->scalar, out->values, out->values, stream->steps.n);
	if (!with->drops_name)
		return 1;
	buf_clear(&with->labels);
	labels_without_name(out->labels, &with->labels);
	out->labels = labels_in(&with->labels);
	return buf_failed(&with->labels) ? eval_no_memory(stream->eval) : 1;
}

static void with_scalar_close(struct stream *stream)
{
	struct with_scalar *with = (struct with_scalar *)stream;

	stream_close(with->inner);
	eval_free(stream->eval, with->scalar, stream->steps.n, sizeof *with->scalar);
	buf_fini(&with->labels);
	free(with);
}

static int open_sides(struct with_scalar *with, const struct binary *binary)
{
	struct eval *eval = with->stream.eval;
	const struct node *scalar = with->is_left ? binary->left : binary->right;
	const struct node *vector = with->is_left ? binary->right : binary->left;
	int r;

	with->scalar = eval_alloc(eval, with->stream.steps.n, sizeof *with->scalar);
	r = with->scalar ? eval_scalar(eval, scalar, &with->stream.steps, with->scalar) : eval->err->code;
	return r < 0 ? r : stream_open(eval, vector, &with->stream.steps, &with->inner);
}

int stream_open_with_scalar(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	const struct binary *binary = &node->binary;
	struct with_scalar *with = calloc(1, sizeof *with);
	int r;

	if (!with)
		return eval_no_memory(eval);
	with->stream = (struct stream){ with_scalar_next, with_scalar_close, eval, node, *steps };
	with->is_left = binary->left->type == TYPE_SCALAR;
	with->drops_name = binary_drops_name(binary) && !node->late_name;
	if ((r = open_sides(with, binary)) < 0) {
		with_scalar_close(&with->stream);
		return r;
	}
	if (with->drops_name && node_has_many_names(with->is_left ? binary->right : binary->left))
		return stream_united(&with->stream, out);
	*out = &with->stream;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* binary.c - which file an operator is in, and what they share. */
#include "eval/binary.h"
#include "eval/arithmetic.h"

bool binary_drops_name(const struct binary *binary)
{
	return !is_set_operator(binary->op) && (!is_comparison(binary->op) || binary->returns_bool);
}

int stream_united(struct stream *inner, struct stream **out)
{
	struct matrix matrix;
	int r;

	matrix_init(&matrix, inner->eval, inner->steps.n);
	if ((r = matrix_collect(&matrix, inner)) == 0)
		r = matrix_unite(&matrix);
	if (r < 0)
		matrix_fini(&matrix);
	else
		r = stream_of_matrix(inner->eval, inner->node, &inner->steps, &matrix, out);
	stream_close(inner);
	return r;
}

int stream_open_binary(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	const struct binary *binary = &node->binary;

	if (binary->left->type != TYPE_VECTOR || binary->right->type != TYPE_VECTOR)
		return stream_open_with_scalar(eval, node, steps, out);
	if (is_set_operator(binary->op))
		return stream_open_set(eval, node, steps, out);
	return stream_open_vectors(eval, node, steps, out);
}

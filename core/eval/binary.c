/* SPDX-License-Identifier: MIT */
/* binary.c - which file an operator is in, and what they share. */
#include "eval/binary.h"
#include "eval/arithmetic.h"

bool binary_drops_name(const struct binary *binary)
{
	return !is_set_operator(binary->op) && (!is_comparison(binary->op) || binary->returns_bool);
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

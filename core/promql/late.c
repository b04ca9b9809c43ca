/* SPDX-License-Identifier: MIT */
/*
 * late.c - where names of metrics go late. rate(), abs(), - and others take the
 * name away. But sum by (__name__) or label_replace() above may ask for it, and of
 * what is summed up it does not matter: there it stays until then, so that no two
 * series become one before their names were looked at.
 */
#include "promql/parser.h"

#include <stdlib.h>

static bool asks_for_name(const struct node *text)
{
	while (text->kind == NODE_PAREN)
		text = text->inner;
	return text->kind == NODE_STRING && !strcmp(text->string.text, LABEL_NAME);
}

/* label_replace, label_join: is one of their labels the name? */
static bool relabels_name(const struct call *call)
{
	bool is_replace = call->function->id == FN_LABEL_REPLACE;

	if (asks_for_name(call->args[1]))
		return true;
	for (uint32_t i = 3; i < call->n_args && !(is_replace && i > 3); i++)
		if (asks_for_name(call->args[i]))
			return true;
	return false;
}

static void mark(const struct node *node, bool wanted);

static void mark_call(struct node *node, bool wanted)
{
	const struct call *call = &node->call;
	enum function_id id = call->function->id;
	bool inner = wanted;

	switch (id) {
	case FN_LABEL_REPLACE:
	case FN_LABEL_JOIN:
		inner = wanted || relabels_name(call);
		break;
	case FN_SORT: case FN_SORT_DESC: case FN_SORT_BY_LABEL: case FN_SORT_BY_LABEL_DESC:
	case FN_FIRST_OVER_TIME: case FN_LAST_OVER_TIME:
		break;
	default:
		inner = wanted && id <= FN_TIMESTAMP && id != FN_ABSENT_OVER_TIME;
		break;
	}
	node->late_name = wanted && (inner || id == FN_LABEL_REPLACE || id == FN_LABEL_JOIN);
	for (uint32_t i = 0; i < call->n_args; i++)
		mark(call->args[i], inner && call->args[i]->type != TYPE_SCALAR);
}

static void mark_aggregate(const struct aggregate *aggregate, bool wanted)
{
	bool gives_series = aggregate->op == AGGREGATE_TOPK || aggregate->op == AGGREGATE_BOTTOMK || aggregate->op == AGGREGATE_LIMITK ||
			    aggregate->op == AGGREGATE_LIMIT_RATIO;

	mark(aggregate->inner, gives_series ? wanted : true);
	if (aggregate->param)
		mark(aggregate->param, false);
}

static void mark_binary(struct node *node, bool wanted)
{
	const struct binary *binary = &node->binary;
	bool left = binary->left->type == TYPE_VECTOR, right = binary->right->type == TYPE_VECTOR;

	wanted = wanted && (left != right || binary->op >= BINARY_AND);
	node->late_name = wanted;
	mark(binary->left, wanted && left);
	mark(binary->right, wanted && right);
}

static void mark(const struct node *of, bool wanted)
{
	struct node *node = (struct node *)of;		/* the parser's, until it gives the tree away */

	switch (node->kind) {
	case NODE_PAREN:
		mark(node->inner, wanted);
		break;
	case NODE_SUBQUERY:
		mark(node->subquery.inner, wanted);
		break;
	case NODE_UNARY:
		node->late_name = wanted;
		mark(node->unary.inner, wanted);
		break;
	case NODE_BINARY:
		mark_binary(node, wanted);
		break;
	case NODE_AGGREGATE:
		mark_aggregate(&node->aggregate, wanted);
		break;
	case NODE_CALL:
		mark_call(node, wanted);
		break;
	default:
		break;
	}
}

void mark_late_names(const struct node *root)
{
	mark(root, false);
}

/* SPDX-License-Identifier: MIT */
/*
 * late.c - where names of metrics go late. rate(), abs(), - and others take the
 * name away. But sum by (__name__) or label_replace() above may ask for it, and of
 * what is summed up, or only looked for, it does not matter: there it stays until then, so that no two
 * series become one before their names were looked at. What the groups of by
 * (__name__) have of it they lose when they are made, or later in their turn.
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

/* Does it give the series of its argument? */
static bool gives_series_on(enum function_id id)
{
	return id != FN_ABSENT && id != FN_ABSENT_OVER_TIME && id != FN_SCALAR && id != FN_HISTOGRAM_QUANTILE &&
	       id != FN_HISTOGRAM_QUANTILES && id != FN_HISTOGRAM_FRACTION;
}

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
	case FN_ABSENT: case FN_ABSENT_OVER_TIME: case FN_SCALAR:
	case FN_HISTOGRAM_QUANTILE: case FN_HISTOGRAM_QUANTILES: case FN_HISTOGRAM_FRACTION:
		inner = true;
		break;
	case FN_SORT: case FN_SORT_DESC: case FN_SORT_BY_LABEL: case FN_SORT_BY_LABEL_DESC:
	case FN_FIRST_OVER_TIME: case FN_LAST_OVER_TIME: case FN_INFO:
		break;
	default:
		inner = wanted && id <= FN_TIMESTAMP && id != FN_ABSENT_OVER_TIME;
		break;
	}
	node->late_name = wanted && gives_series_on(id) && (inner || id == FN_LABEL_REPLACE || id == FN_LABEL_JOIN);
	for (uint32_t i = 0; i < call->n_args; i++)
		mark(call->args[i], inner && call->args[i]->type != TYPE_SCALAR);
}

bool aggregate_has_name(const struct aggregate *aggregate)
{
	if (aggregate->op == AGGREGATE_COUNT_VALUES && asks_for_name(aggregate->param))
		return false;		/* that is its own */
	for (uint32_t i = 0; !aggregate->without && i < aggregate->n_labels; i++)
		if (!strcmp(aggregate->labels[i], LABEL_NAME))
			return true;
	return false;
}

static void mark_aggregate(struct node *node, bool wanted)
{
	const struct aggregate *aggregate = &node->aggregate;
	bool gives_series = aggregate->op == AGGREGATE_TOPK || aggregate->op == AGGREGATE_BOTTOMK || aggregate->op == AGGREGATE_LIMITK ||
			    aggregate->op == AGGREGATE_LIMIT_RATIO;

	node->late_name = wanted && !gives_series && aggregate_has_name(aggregate);
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
	mark(binary->right, (wanted || binary->op == BINARY_AND || binary->op == BINARY_UNLESS) && right);
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
		mark_aggregate(node, wanted);
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

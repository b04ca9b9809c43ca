/* SPDX-License-Identifier: MIT */
/* names.c - from the selectors up: who keeps the name, who takes it away. */
#include "eval/names.h"
#include "eval/arithmetic.h"
#include "eval/eval.h"

#include <string.h>

static struct names none(void) { return (struct names){ NAMES_NONE, NULL }; }
static struct names many(void) { return (struct names){ NAMES_MANY, NULL }; }
static struct names one(const char *name) { return (struct names){ NAMES_ONE, name }; }

static bool is_name(const char *label)
{
	return !strcmp(label, LABEL_NAME);
}

static bool has_name(const char *const *labels, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (is_name(labels[i]))
			return true;
	return false;
}

static struct names of_selector(const struct selector *selector)
{
	if (selector->name)
		return one(selector->name);
	for (uint32_t i = 0; i < selector->n_matchers; i++) {
		const struct matcher *matcher = selector->matchers[i];

		if (is_name(matcher_name(matcher)) && matcher_op(matcher) == MATCH_EQUAL)
			return *matcher_value(matcher) ? one(matcher_value(matcher)) : none();
	}
	return many();
}

static struct names either(struct names a, struct names b)
{
	if (a.kind == b.kind && (a.kind == NAMES_NONE || (a.kind == NAMES_ONE && !strcmp(a.name, b.name))))
		return a;
	return many();
}

/* An operator between vectors that keeps values, that is, one which filters. */
static struct names of_filter(const struct binary *binary)
{
	const struct matching *matching = &binary->matching;

	if (has_name(matching->include, matching->n_include))
		return many();
	if (matching->card == ONE_TO_MANY)
		return node_names(binary->right);
	if (matching->card == ONE_TO_ONE && matching->on != has_name(matching->labels, matching->n_labels))
		return none();
	return node_names(binary->left);
}

static struct names of_binary(const struct binary *binary)
{
	if (binary->op == BINARY_OR)
		return either(node_names(binary->left), node_names(binary->right));
	if (is_set_operator(binary->op))
		return node_names(binary->left);
	if (!is_comparison(binary->op) || binary->returns_bool)
		return has_name(binary->matching.include, binary->matching.n_include) ? many() : none();
	if (binary->left->type == TYPE_SCALAR)
		return node_names(binary->right);
	if (binary->right->type == TYPE_SCALAR)
		return node_names(binary->left);
	return of_filter(binary);
}

static struct names of_aggregate(const struct aggregate *aggregate)
{
	switch (aggregate->op) {
	case AGGREGATE_TOPK:
	case AGGREGATE_BOTTOMK:
	case AGGREGATE_LIMITK:
	case AGGREGATE_LIMIT_RATIO:
		return node_names(aggregate->inner);
	case AGGREGATE_COUNT_VALUES:
		if (is_name(eval_string(aggregate->param)))
			return many();
		break;
	default:
		break;
	}
	return !aggregate->without && has_name(aggregate->labels, aggregate->n_labels) ? node_names(aggregate->inner) : none();
}

static struct names of_call(const struct call *call)
{
	switch (call->function->id) {
	case FN_FIRST_OVER_TIME:
	case FN_LAST_OVER_TIME:
	case FN_SORT:
	case FN_SORT_DESC:
	case FN_SORT_BY_LABEL:
	case FN_SORT_BY_LABEL_DESC:
		return node_names(call->args[0]);
	case FN_INFO:
		return many();	/* its second argument may name any label */
	case FN_LABEL_REPLACE:
	case FN_LABEL_JOIN:
		return is_name(eval_string(call->args[1])) ? many() : node_names(call->args[0]);
	default:
		return none();
	}
}

struct names node_names(const struct node *node)
{
	switch (node->kind) {
	case NODE_PAREN:
		return node_names(node->inner);
	case NODE_SELECTOR:
		return of_selector(&node->selector);
	case NODE_SUBQUERY:
		return node_names(node->subquery.inner);
	case NODE_UNARY:
		return node->unary.op == UNARY_MINUS ? none() : node_names(node->unary.inner);
	case NODE_BINARY:
		return of_binary(&node->binary);
	case NODE_AGGREGATE:
		return of_aggregate(&node->aggregate);
	case NODE_CALL:
		return of_call(&node->call);
	default:
		return none();
	}
}

bool names_can_meet(struct names a, struct names b)
{
	if (a.kind == NAMES_MANY || b.kind == NAMES_MANY)
		return true;
	return a.kind == b.kind && (a.kind == NAMES_NONE || !strcmp(a.name, b.name));
}

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

	if (has_name(matching->include, matching->n_include) || matching->fill_left.is_set || matching->fill_right.is_set)
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

static bool aggregate_gives_series(enum aggregate_op op)
{
	return op == AGGREGATE_TOPK || op == AGGREGATE_BOTTOMK || op == AGGREGATE_LIMITK || op == AGGREGATE_LIMIT_RATIO;
}

bool aggregate_drops_name(const struct node *node)
{
	return !node->late_name && aggregate_has_name(&node->aggregate) && node_name_is_late(node->aggregate.inner);
}

static struct names of_aggregate(const struct node *node)
{
	const struct aggregate *aggregate = &node->aggregate;

	if (aggregate_gives_series(aggregate->op))
		return node_names(aggregate->inner);
	if (aggregate->op == AGGREGATE_COUNT_VALUES && is_name(eval_string(aggregate->param)))
		return many();
	return aggregate_has_name(aggregate) && !aggregate_drops_name(node) ? node_names(aggregate->inner) : none();
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

/* The operand or argument whose series a node gives; NULL: none. */
static const struct node *source_of(const struct node *node)
{
	if (node->kind == NODE_UNARY)
		return node->unary.inner;
	if (node->kind == NODE_BINARY)
		return node->binary.left->type == TYPE_VECTOR ? node->binary.left : node->binary.right;
	for (uint32_t i = 0; node->kind == NODE_CALL && i < node->call.n_args; i++)
		if (node->call.args[i]->type == TYPE_VECTOR || node->call.args[i]->type == TYPE_MATRIX)
			return node->call.args[i];
	return NULL;
}

static bool relabels(const struct node *node)
{
	return node->kind == NODE_CALL && (node->call.function->id == FN_LABEL_REPLACE || node->call.function->id == FN_LABEL_JOIN);
}

static bool is_set(const struct node *node)
{
	return node->kind == NODE_BINARY && is_set_operator(node->binary.op);
}

static bool keeps_name_itself(const struct node *node)
{
	switch (node->kind) {
	case NODE_UNARY:
		return node->unary.op == UNARY_PLUS;
	case NODE_BINARY:
		return is_comparison(node->binary.op) && !node->binary.returns_bool;
	case NODE_CALL:
		return node->call.function->id > FN_TIMESTAMP || node->call.function->id == FN_FIRST_OVER_TIME ||
		       node->call.function->id == FN_LAST_OVER_TIME;
	default:
		return true;
	}
}

bool node_name_is_late(const struct node *node)
{
	const struct node *source;

	if (node->kind == NODE_PAREN)
		return node_name_is_late(node->inner);
	if (node->kind == NODE_SUBQUERY)
		return node_name_is_late(node->subquery.inner);
	if (node->kind == NODE_AGGREGATE)
		return (aggregate_gives_series(node->aggregate.op) || node->late_name) && node_name_is_late(node->aggregate.inner);
	if (is_set(node))
		return node_name_is_late(node->binary.left) && (node->binary.op != BINARY_OR || node_name_is_late(node->binary.right));
	if (relabels(node) && is_name(eval_string(node->call.args[1])))
		return false;
	source = source_of(node);
	return node->late_name && source && (!keeps_name_itself(node) || node_name_is_late(source));
}

struct names node_names(const struct node *node)
{
	if (node->late_name && !is_set(node) && !relabels(node) && node->kind != NODE_AGGREGATE)
		return source_of(node) ? node_names(source_of(node)) : none();
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
		return of_aggregate(node);
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

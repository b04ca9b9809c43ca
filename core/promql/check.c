/* SPDX-License-Identifier: MIT */
/*
 * check.c - what the grammar cannot say: types of arguments and operands, and
 * that a selector selects something.
 */
#include "promql/parser.h"
#include "util/utf8.h"

#include <stdlib.h>

static int check(struct parser *p, const struct node *node);

static int check_type(struct parser *p, const struct node *node, enum value_type wanted, const char *where, const char *name)
{
	int r = check(p, node);

	if (r < 0 || node->type == wanted)
		return r;
	return parser_fail(p, node->start, "expected type %s in %s%s%s%s, got %s", value_type_name(wanted), where, name ? " \"" : "",
			   name ? name : "", name ? "\"" : "", value_type_name(node->type));
}

static bool is_name(const struct matcher *matcher)
{
	return !strcmp(matcher_name(matcher), LABEL_NAME);
}

/* The name is said once. */
static int check_name(struct parser *p, const struct node *node)
{
	const struct selector *selector = &node->selector;
	const struct matcher *first = NULL;

	for (uint32_t i = 0; i < selector->n_matchers; i++) {
		const struct matcher *matcher = selector->matchers[i];

		if (!is_name(matcher) || (!selector->name && matcher_op(matcher) != MATCH_EQUAL))
			continue;
		if (first)
			return parser_fail(p, node->start, "metric name must not be set twice: \"%.128s\" or \"%.128s\"",
					   matcher_value(first), matcher_value(matcher));
		first = matcher;
	}
	return 0;
}

static bool takes_extent(const struct function *function, enum edge_kind extent)
{
	switch (function->id) {
	case FN_RATE:
	case FN_INCREASE:
	case FN_DELTA:
		return true;
	case FN_CHANGES:
	case FN_RESETS:
		return extent == EXTENT_ANCHORED;
	default:
		return false;
	}
}

/* function: whose argument it is; NULL: nobody's. */
static int check_extent(struct parser *p, const struct node *node, const struct function *function)
{
	enum edge_kind extent;

	while (node->kind == NODE_PAREN)
		node = node->inner;
	extent = node->kind == NODE_SELECTOR ? node->selector.extent : EXTENT_NONE;
	if (!extent || (function && node->selector.range && takes_extent(function, extent)))
		return 0;
	if (extent == EXTENT_SMOOTHED && !node->selector.range)
		return 0;
	return parser_fail(p, node->start, "%s modifier can only be used with: %sdelta, increase, rate%s - not with %s",
			   extent == EXTENT_ANCHORED ? "anchored" : "smoothed", extent == EXTENT_ANCHORED ? "changes, " : "",
			   extent == EXTENT_ANCHORED ? ", resets" : "", function && node->selector.range ? function->name : "an instant vector");
}

static int check_selector(struct parser *p, const struct node *node)
{
	const struct selector *selector = &node->selector;
	int r = check_name(p, node);

	if (r == 0 && !selector->range)
		r = check_extent(p, node, NULL);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < selector->n_matchers; i++)
		if (!matcher_takes_empty(selector->matchers[i]))
			return 0;
	return parser_fail(p, node->start, "vector selector must contain at least one non-empty matcher");
}

/* What strings become must be UTF-8. */
static int check_string(struct parser *p, const struct node *node)
{
	return utf8_valid(node->string.text, node->string.n) ? 0 : parser_fail(p, node->start, "a string is not UTF-8");
}

static int check_subquery(struct parser *p, const struct node *node)
{
	int r = check(p, node->subquery.inner);

	if (r < 0 || node->subquery.inner->type == TYPE_VECTOR)
		return r;
	return parser_fail(p, node->start, "subquery is only allowed on instant vector, got %s instead",
			   value_type_word(node->subquery.inner->type));
}

static int check_unary(struct parser *p, const struct node *node)
{
	int r = check(p, node->unary.inner);

	if (r < 0 || node->type == TYPE_SCALAR || node->type == TYPE_VECTOR)
		return r;
	return parser_fail(p, node->start, "unary expression only allowed on expressions of type scalar or instant vector, got \"%s\"",
			   value_type_name(node->type));
}

static const char *binary_word(const struct binary *binary)
{
	return token_text((enum token_kind)(TOKEN_ADD + binary->op));
}

/* A label that joins the sides cannot be taken over from one of them. */
static int check_included(struct parser *p, const struct binary *binary)
{
	const struct matching *matching = &binary->matching;

	for (uint32_t i = 0; matching->on && i < matching->n_include; i++)
		for (uint32_t j = 0; j < matching->n_labels; j++)
			if (!strcmp(matching->include[i], matching->labels[j]))
				return parser_fail(p, binary->op_start, "label \"%.128s\" must not occur in ON and GROUP clause at once",
						   matching->include[i]);
	return 0;
}

static int check_side(struct parser *p, const struct node *side)
{
	if (side->type == TYPE_SCALAR || side->type == TYPE_VECTOR)
		return 0;
	return parser_fail(p, side->start, "binary expression must contain only scalar and instant vector types");
}

static int check_operands(struct parser *p, const struct node *node)
{
	const struct binary *binary = &node->binary;
	bool left = binary->left->type == TYPE_SCALAR, right = binary->right->type == TYPE_SCALAR;
	bool is_set = binary->op >= BINARY_AND, compares = binary->op >= BINARY_EQL && !is_set;
	enum cardinality card = binary->matching.card;

	if (binary->returns_bool && !compares)
		return parser_fail(p, binary->op_start, "bool modifier can only be used on comparison operators");
	if (compares && !binary->returns_bool && left && right)
		return parser_fail(p, binary->op_start, "comparisons between scalars must use BOOL modifier");
	if (check_included(p, binary) < 0 || check_side(p, binary->left) < 0 || check_side(p, binary->right) < 0)
		return p->code;
	if ((binary->matching.fill_left.is_set || binary->matching.fill_right.is_set) && (left || right))
		return parser_fail(p, node->start, "filling in missing series only allowed between instant vectors");
	if ((binary->matching.fill_left.is_set || binary->matching.fill_right.is_set) && is_set)
		return parser_fail(p, node->start, "filling in missing series not allowed for set operators");
	if ((left || right) && binary->matching.written)
		return parser_fail(p, node->start, "vector matching only allowed between instant vectors");
	if (is_set && (left || right))
		return parser_fail(p, node->start, "set operator \"%s\" not allowed in binary scalar expression", binary_word(binary));
	if (is_set && card != MANY_TO_MANY)
		return parser_fail(p, node->start, "no grouping allowed for \"%s\" operation", binary_word(binary));
	return 0;
}

static int check_binary(struct parser *p, const struct node *node)
{
	if (check(p, node->binary.left) < 0 || check(p, node->binary.right) < 0)
		return p->code;
	return check_operands(p, node);
}

static int check_aggregate(struct parser *p, const struct node *node)
{
	const struct aggregate *aggregate = &node->aggregate;
	bool text = aggregate->op == AGGREGATE_COUNT_VALUES;

	if (check_type(p, aggregate->inner, TYPE_VECTOR, "aggregation expression", NULL) < 0)
		return p->code;
	if (!aggregate->param || (text && aggregate->param->kind == NODE_STRING))	/* its label is looked at when it is evaluated, as in Prometheus */
		return 0;
	return check_type(p, aggregate->param, text ? TYPE_STRING : TYPE_SCALAR, "aggregation parameter", NULL);
}

static int check_count(struct parser *p, const struct node *node)
{
	const struct function *function = node->call.function;
	uint32_t n = node->call.n_args;
	bool few = n < function->least, varies = function->least != function->most;

	if (!few && (n <= function->most || function->most == UINT8_MAX))
		return 0;
	return parser_fail(p, node->start, "expected %s%u argument(s) in call to \"%s\", got %u",
			   !varies ? "" : few ? "at least " : "at most ", few ? function->least : function->most, function->name, n);
}

/* The second argument of info() is a list of matchers: braces alone, which may select everything. */
static int check_info(struct parser *p, const struct node *node)
{
	const struct node *matchers = node->call.args[1];

	if (check_type(p, node->call.args[0], TYPE_VECTOR, "call to function", "info") < 0)
		return p->code;
	if (matchers->type != TYPE_VECTOR)
		return check_type(p, matchers, TYPE_VECTOR, "call to function", "info");
	if (matchers->kind != NODE_SELECTOR || matchers->selector.name)
		return parser_fail(p, node->start, "expected label selectors only, got vector selector instead");
	return check_name(p, matchers);
}

static int check_call(struct parser *p, const struct node *node)
{
	const struct call *call = &node->call;

	if (check_count(p, node) < 0)
		return p->code;
	if (call->function->id == FN_INFO && call->n_args == 2)
		return check_info(p, node);
	for (uint32_t i = 0; i < call->n_args; i++)
		if (check_extent(p, call->args[i], call->function) < 0 || check_type(p, call->args[i], function_arg(call->function, i), "call to function", call->function->name) < 0)
			return p->code;
	return 0;
}

static int check(struct parser *p, const struct node *node)
{
	switch (node->kind) {
	case NODE_NUMBER: return 0;
	case NODE_STRING: return check_string(p, node);
	case NODE_PAREN: return check(p, node->inner);
	case NODE_SELECTOR: return check_selector(p, node);
	case NODE_SUBQUERY: return check_subquery(p, node);
	case NODE_UNARY: return check_unary(p, node);
	case NODE_BINARY: return check_binary(p, node);
	case NODE_AGGREGATE: return check_aggregate(p, node);
	case NODE_CALL: return check_call(p, node);
	}
	return 0;
}

int check_types(struct parser *p, const struct node *root)
{
	return check_extent(p, root, NULL) < 0 ? p->code : check(p, root);
}

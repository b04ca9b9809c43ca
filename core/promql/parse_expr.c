/* SPDX-License-Identifier: MIT */
/*
 * parse_expr.c - operators by how tightly they bind. A sign binds like *, so that
 * -1^2 is -(1^2) and 2^-1*3 is (2^-1)*3.
 */
#include "promql/parser.h"
#include "promql/place.h"

#include <errno.h>
#include <stdlib.h>

static enum precedence binds(enum token_kind kind)
{
	switch (kind) {
	case TOKEN_OR: return BIND_OR;
	case TOKEN_AND: case TOKEN_UNLESS: return BIND_AND;
	case TOKEN_EQL: case TOKEN_NEQ: case TOKEN_GTR: case TOKEN_LSS: case TOKEN_GTE: case TOKEN_LTE: return BIND_COMPARE;
	case TOKEN_ADD: case TOKEN_SUB: return BIND_ADD;
	case TOKEN_POW: return BIND_POW;
	default: return BIND_MUL;
	}
}

static struct node *parse_number(struct parser *p)
{
	struct node *node = parser_node(p, NODE_NUMBER, p->token.start);

	if (!node || parser_number(p, &node->number, &node->is_duration) < 0)
		return NULL;
	node->type = TYPE_SCALAR;
	return parser_done(p, node, 0);
}

static struct node *parse_string(struct parser *p)
{
	struct node *node = parser_node(p, NODE_STRING, p->token.start);

	if (!node || !(node->string.text = parser_string(p, &node->string.n, false)))
		return NULL;
	node->type = TYPE_STRING;
	return parser_done(p, node, 0);
}

static struct node *parse_paren(struct parser *p)
{
	struct node *node = parser_node(p, NODE_PAREN, p->token.start), *inner;

	parser_advance(p);
	if (!node || !(inner = parse_expression(p, BIND_OR)))
		return NULL;
	if (!parser_take(p, TOKEN_RIGHT_PAREN)) {
		parser_unexpected(p, NULL, NULL);
		return NULL;
	}
	node->inner = inner;
	node->type = inner->type;
	return parser_done(p, node, inner->depth);
}

/* Aggregators are also names of metrics. */
static bool begins_aggregate(struct parser *p)
{
	enum token_kind ahead = token_is_aggregator(p->token.kind) ? parser_ahead(p) : TOKEN_END;

	return ahead == TOKEN_LEFT_PAREN || ahead == TOKEN_BY || ahead == TOKEN_WITHOUT;
}

static struct node *parse_primary(struct parser *p)
{
	enum token_kind kind = p->token.kind;

	if (kind == TOKEN_NUMBER || kind == TOKEN_DURATION)
		return parse_number(p);
	if (kind == TOKEN_STRING)
		return parse_string(p);
	if (kind == TOKEN_LEFT_PAREN)
		return parse_paren(p);
	if (kind == TOKEN_IDENTIFIER && parser_ahead(p) == TOKEN_LEFT_PAREN)
		return parse_call(p);
	if (begins_aggregate(p))
		return parse_aggregate(p);
	if (kind == TOKEN_LEFT_BRACE || token_names_metric(kind))
		return parse_selector(p);
	parser_unexpected(p, NULL, NULL);
	return NULL;
}

/* The sign of a number belongs to it. */
static struct node *sign(struct parser *p, enum token_kind kind, uint32_t start, struct node *inner)
{
	struct node *node;

	if (inner->kind == NODE_NUMBER) {
		inner->start = start;
		inner->number = kind == TOKEN_SUB ? -inner->number : inner->number;
		return inner;
	}
	node = parser_node(p, NODE_UNARY, start);
	if (!node)
		return NULL;
	node->unary.op = kind == TOKEN_SUB ? UNARY_MINUS : UNARY_PLUS;
	node->unary.inner = inner;
	node->type = inner->type;
	return parser_done(p, node, inner->depth);
}

static struct node *parse_unary(struct parser *p)
{
	struct token token = p->token;
	struct node *node;

	if (token.kind != TOKEN_ADD && token.kind != TOKEN_SUB) {
		node = parse_primary(p);
		return node ? parse_shifts(p, node) : NULL;
	}
	parser_advance(p);
	node = parse_expression(p, BIND_POW);
	return node ? sign(p, token.kind, token.start, node) : NULL;
}

static int parse_group(struct parser *p, struct matching *matching)
{
	bool left = parser_at(p, TOKEN_GROUP_LEFT);

	if (!left && !parser_at(p, TOKEN_GROUP_RIGHT))
		return 0;
	matching->card = left ? MANY_TO_ONE : ONE_TO_MANY;
	parser_advance(p);
	if (!parser_at(p, TOKEN_LEFT_PAREN))
		return 0;
	return parse_names(p, &matching->include, &matching->n_include);
}

static bool at_fill(struct parser *p)
{
	return (parser_at_word(p, "fill") || parser_at_word(p, "fill_left") || parser_at_word(p, "fill_right")) &&
	       parser_ahead(p) == TOKEN_LEFT_PAREN;
}

/* (0): a number, perhaps with a sign. */
static int parse_fill_value(struct parser *p, double *value)
{
	bool minus, is_duration;
	int r;

	parser_advance(p);
	minus = parser_at(p, TOKEN_SUB);
	if (minus || parser_at(p, TOKEN_ADD))
		parser_advance(p);
	if (!parser_at(p, TOKEN_NUMBER) && !parser_at(p, TOKEN_DURATION))
		return parser_unexpected(p, "fill modifier", "number");
	if ((r = parser_number(p, value, &is_duration)) < 0)
		return r;
	*value = minus ? -*value : *value;
	return parser_take(p, TOKEN_RIGHT_PAREN) ? 0 : parser_unexpected(p, "fill modifier", "\")\"");
}

/* fill, or fill_left and fill_right in either order: the last of the modifiers. */
static int parse_fills(struct parser *p, struct matching *matching)
{
	while (at_fill(p)) {
		bool left = !parser_at_word(p, "fill_right"), right = !parser_at_word(p, "fill_left");
		uint32_t at = p->token.start;
		double value;
		int r;

		parser_advance(p);
		if ((left && matching->fill_left.is_set) || (right && matching->fill_right.is_set))
			return parser_fail(p, at, "fill may not be set multiple times");
		if ((r = parse_fill_value(p, &value)) < 0)
			return r;
		if (left)
			matching->fill_left = (struct fill){ true, value };
		if (right)
			matching->fill_right = (struct fill){ true, value };
	}
	return 0;
}

/* bool, on or ignoring, group_left or group_right, fill: behind the operator. */
static int parse_modifiers(struct parser *p, struct binary *binary)
{
	struct matching *matching = &binary->matching;
	int r;

	binary->returns_bool = parser_take(p, TOKEN_BOOL);
	if (!parser_at(p, TOKEN_ON) && !parser_at(p, TOKEN_IGNORING))
		return parse_fills(p, matching);
	matching->on = parser_at(p, TOKEN_ON);
	parser_advance(p);
	r = parse_names(p, &matching->written, &matching->n_written);
	if (r < 0)
		return r;
	r = parse_names_sorted(p, matching->written, matching->n_written, &matching->labels, &matching->n_labels);
	if (r == 0)
		r = parse_group(p, matching);
	return r < 0 ? r : parse_fills(p, matching);
}

static bool has_fill(const struct matching *matching)
{
	return matching->fill_left.is_set || matching->fill_right.is_set;
}

/* What was not said of how the sides match; of numbers there is nothing to say. */
static void settle_matching(struct binary *binary)
{
	bool vectors = binary->left->type == TYPE_VECTOR && binary->right->type == TYPE_VECTOR;

	if (!vectors && !binary->matching.n_labels && !has_fill(&binary->matching))
		binary->matching = (struct matching){ 0 };
	else if (binary->op >= BINARY_AND && binary->matching.card == ONE_TO_ONE)
		binary->matching.card = MANY_TO_MANY;
}

static struct node *parse_binary(struct parser *p, struct node *left)
{
	struct node *node = parser_node(p, NODE_BINARY, left->start), *right;
	enum precedence bind = binds(p->token.kind);
	struct binary *binary;

	if (!node)
		return NULL;
	binary = &node->binary;
	binary->op = (enum binary_op)(p->token.kind - TOKEN_ADD);
	binary->op_start = p->token.start;
	binary->op_end = p->token.end;
	binary->left = left;
	parser_advance(p);
	if (parse_modifiers(p, binary) < 0)
		return NULL;
	right = parse_expression(p, bind == BIND_POW ? BIND_POW : bind + 1);
	if (!right)
		return NULL;
	binary->right = right;
	settle_matching(binary);
	node->type = left->type == TYPE_SCALAR && right->type == TYPE_SCALAR ? TYPE_SCALAR : TYPE_VECTOR;
	return parser_done(p, node, left->depth > right->depth ? left->depth : right->depth);
}

struct node *parse_expression(struct parser *p, enum precedence least)
{
	struct node *node;

	if (p->depth >= p->limits->depth) {
		p->code = place_fail(p->err, -E2BIG, p->expr->text, p->token.start, "the expression is more than %u levels deep (query.depth)", p->limits->depth);
		return NULL;
	}
	p->depth++;
	node = parse_unary(p);
	while (node && token_is_operator(p->token.kind) && binds(p->token.kind) >= least)
		node = parse_binary(p, node);
	p->depth--;
	return node;
}

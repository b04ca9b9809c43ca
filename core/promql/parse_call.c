/* SPDX-License-Identifier: MIT */
/* parse_call.c - functions, aggregators, and lists of labels. */
#include "promql/parser.h"

#include <errno.h>
#include <stdlib.h>

/* (a, b): at the left bracket. *deepest of their nodes. 0 or the code. */
static int parse_args(struct parser *p, const struct node *const **args, uint32_t *n, uint32_t *deepest)
{
	AUTO_ITEMS items = { 0 };

	parser_advance(p);
	*deepest = 0;
	while (!parser_at(p, TOKEN_RIGHT_PAREN)) {
		struct node *arg = parse_expression(p, BIND_OR);
		uint32_t comma = p->token.start;

		if (!arg || items_add(p, &items, arg) < 0)
			return p->code;
		*deepest = arg->depth > *deepest ? arg->depth : *deepest;
		if (parser_take(p, TOKEN_COMMA)) {
			if (parser_at(p, TOKEN_RIGHT_PAREN))
				return parser_fail(p, comma, "trailing commas not allowed in function call args");
		} else if (!parser_at(p, TOKEN_RIGHT_PAREN)) {
			return parser_unexpected(p, NULL, NULL);
		}
	}
	parser_advance(p);
	*n = items.n;
	*args = (const struct node *const *)items_keep(p, &items);
	return *args ? 0 : p->code;
}

/* A function of this name, or why not. */
static const struct function *find_function(struct parser *p)
{
	const char *name = p->expr->text + p->token.start, *other;
	uint32_t n = p->token.end - p->token.start;
	const struct function *function = function_find(name, n);
	int shown = n > 128 ? 128 : (int)n;

	if (function)
		return function;
	other = function_suggest(name, n);
	if (other)
		parser_fail(p, p->token.start, "unknown function with name \"%.*s\" (did you mean \"%s\"?)", shown, name, other);
	else
		parser_fail(p, p->token.start, "unknown function with name \"%.*s\"", shown, name);
	return NULL;
}

struct node *parse_call(struct parser *p)
{
	struct node *node = parser_node(p, NODE_CALL, p->token.start);
	uint32_t deepest;

	if (!node || !(node->call.function = find_function(p)))
		return NULL;
	parser_advance(p);
	if (parse_args(p, &node->call.args, &node->call.n_args, &deepest) < 0)
		return NULL;
	node->type = node->call.function->returns;
	return parser_done(p, node, deepest);
}

/* Words that are labels in a list, though they are more elsewhere. */
static bool names_label(enum token_kind kind)
{
	return kind == TOKEN_IDENTIFIER || kind == TOKEN_METRIC || kind >= TOKEN_BOOL ||
	       (kind >= TOKEN_AND && kind <= TOKEN_UNLESS) || kind == TOKEN_ATAN2;
}

static int parse_name(struct parser *p, struct items *names)
{
	const char *name;
	uint32_t n;

	if (parser_at(p, TOKEN_STRING)) {
		uint32_t at = p->token.start;

		if (!(name = parser_string(p, &n, true)))
			return p->code;
		return n ? items_add(p, names, name) : parser_fail(p, at, "invalid label name for grouping: \"\"");
	}
	if (!names_label(p->token.kind))
		return parser_unexpected(p, "grouping opts", "label");
	name = expr_copy(p->expr, p->expr->text + p->token.start, p->token.end - p->token.start);
	if (!name)
		return parser_no_memory(p);
	parser_advance(p);
	return items_add(p, names, name);
}

int parse_names(struct parser *p, const char *const **written, uint32_t *n)
{
	AUTO_ITEMS names = { 0 };

	if (!parser_take(p, TOKEN_LEFT_PAREN))
		return parser_unexpected(p, "grouping opts", "\"(\"");
	while (!parser_at(p, TOKEN_RIGHT_PAREN)) {
		int r = parse_name(p, &names);

		if (r < 0)
			return r;
		if (!parser_take(p, TOKEN_COMMA) && !parser_at(p, TOKEN_RIGHT_PAREN))
			return parser_unexpected(p, "grouping opts", "\",\" or \")\"");
	}
	parser_advance(p);
	*n = names.n;
	*written = (const char *const *)items_keep(p, &names);
	return *written ? 0 : p->code;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int parse_names_sorted(struct parser *p, const char *const *written, uint32_t n, const char *const **sorted, uint32_t *n_sorted)
{
	const char **names = expr_alloc(p->expr, (n + 1) * sizeof *names);
	uint32_t kept = 0;

	if (!names)
		return parser_no_memory(p);
	memcpy(names, written, n * sizeof *names);
	qsort(names, n, sizeof *names, compare);
	for (uint32_t i = 0; i < n; i++)
		if (!i || strcmp(names[kept - 1], names[i]) != 0)
			names[kept++] = names[i];
	*sorted = names;
	*n_sorted = kept;
	return 0;
}

static int parse_grouping(struct parser *p, struct aggregate *aggregate)
{
	int r;

	if (!parser_at(p, TOKEN_BY) && !parser_at(p, TOKEN_WITHOUT))
		return 0;
	aggregate->without = parser_at(p, TOKEN_WITHOUT);
	parser_advance(p);
	r = parse_names(p, &aggregate->written, &aggregate->n_written);
	if (r < 0)
		return r;
	return parse_names_sorted(p, aggregate->written, aggregate->n_written, &aggregate->labels, &aggregate->n_labels);
}

static bool has_param(enum aggregate_op op)
{
	return op >= AGGREGATE_TOPK;
}

static int set_args(struct parser *p, const struct node *node, struct aggregate *aggregate, const struct node *const *args, uint32_t n)
{
	uint32_t wanted = has_param(aggregate->op) ? 2 : 1;

	if (!n)
		return parser_fail(p, node->start, "no arguments for aggregate expression provided");
	if (n != wanted)
		return parser_fail(p, node->start, "wrong number of arguments for aggregate expression provided, expected %u, got %u", wanted, n);
	aggregate->param = wanted == 2 ? args[0] : NULL;
	aggregate->inner = args[n - 1];
	return 0;
}

struct node *parse_aggregate(struct parser *p)
{
	struct node *node = parser_node(p, NODE_AGGREGATE, p->token.start);
	const struct node *const *args;
	uint32_t n, deepest;

	if (!node)
		return NULL;
	node->type = TYPE_VECTOR;
	node->aggregate.op = (enum aggregate_op)(p->token.kind - TOKEN_SUM);
	parser_advance(p);
	if (parse_grouping(p, &node->aggregate) < 0)
		return NULL;
	if (!parser_at(p, TOKEN_LEFT_PAREN)) {
		parser_unexpected(p, "aggregation", NULL);
		return NULL;
	}
	if (parse_args(p, &args, &n, &deepest) < 0)
		return NULL;
	if (!node->aggregate.written && parse_grouping(p, &node->aggregate) < 0)
		return NULL;
	if (set_args(p, node, &node->aggregate, args, n) < 0)
		return NULL;
	return parser_done(p, node, deepest);
}

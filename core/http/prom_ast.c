/* SPDX-License-Identifier: MIT */
/*
 * prom_ast.c - see prom_ast.h. Keys stand in order of the alphabet, as there. Written
 * without struct json: expressions may be deeper than it goes.
 */
#include "http/prom_ast.h"

#include "http/prom_json.h"

#include <stdlib.h>

struct writing {
	const char *text;		/* of the query */
	struct buf *out;
};

static void put_node(const struct writing *writing, const struct node *node);

/* ,"key": - or {"key": for the first. */
static void put_key(const struct writing *writing, char before, const char *key)
{
	buf_printf(writing->out, "%c\"%s\":", before, key);
}

static void put_string(const struct writing *writing, char before, const char *key, const char *text)
{
	put_key(writing, before, key);
	prom_text(writing->out, text, strlen(text));
}

static void put_number(const struct writing *writing, char before, const char *key, int64_t number)
{
	char text[NUMBER_TEXT];

	put_key(writing, before, key);
	buf_add_text(writing->out, number_format_integer(number, text));
}

static void put_bool(const struct writing *writing, char before, const char *key, bool value)
{
	put_key(writing, before, key);
	buf_add_text(writing->out, value ? "true" : "false");
}

static void put_child(const struct writing *writing, char before, const char *key, const struct node *node)
{
	put_key(writing, before, key);
	if (node)
		put_node(writing, node);
	else
		buf_add_text(writing->out, "null");
}

static void put_texts(const struct writing *writing, char before, const char *key, const char *const *texts, uint32_t n)
{
	put_key(writing, before, key);
	buf_add_u8(writing->out, '[');
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			buf_add_u8(writing->out, ',');
		prom_text(writing->out, texts[i], strlen(texts[i]));
	}
	buf_add_u8(writing->out, ']');
}

/* The last key of all nodes that have no other behind it. */
static void put_type(const struct writing *writing, const char *type)
{
	put_string(writing, ',', "type", type);
}

/* ---- numbers ---- */

/* "1.25e-07" is 0.000000125. */
static void put_expanded(const char *text, const char *e, struct buf *out)
{
	int exponent = atoi(e + 1), point;
	char digits[NUMBER_TEXT];
	int n = 0;

	if (*text == '-')
		buf_add_u8(out, (uint8_t)*text++);
	point = (int)strcspn(text, ".e") + exponent;
	for (; text < e; text++)
		if (*text != '.')
			digits[n++] = *text;
	if (point <= 0)
		buf_add_text(out, "0.");
	for (int i = point; i < 0; i++)
		buf_add_u8(out, '0');
	for (int i = 0; i < n || i < point; i++) {
		if (i == point && i)
			buf_add_u8(out, '.');
		buf_add_u8(out, (uint8_t)(i < n ? digits[i] : '0'));
	}
}

void prom_plain_number(double v, struct buf *out)
{
	char room[NUMBER_TEXT];
	const char *text = number_format(v, room), *e = strchr(text, 'e');

	if (e)
		put_expanded(text, e, out);
	else
		buf_add_text(out, text);
}

static void put_literal(const struct writing *writing, const struct node *node)
{
	put_string(writing, '{', "type", "numberLiteral");
	put_key(writing, ',', "val");
	buf_add_u8(writing->out, '"');
	prom_plain_number(node->number, writing->out);
	buf_add_u8(writing->out, '"');
}

/* ---- selectors ---- */

static void put_matcher(const struct writing *writing, const struct matcher *matcher)
{
	static const char *const ops[] = { "=", "!=", "=~", "!~" };

	put_string(writing, '{', "name", matcher_name(matcher));
	put_string(writing, ',', "type", ops[matcher_op(matcher)]);
	put_string(writing, ',', "value", matcher_value(matcher));
	buf_add_u8(writing->out, '}');
}

/* The name that stands in front of the braces comes last. */
static void put_matchers(const struct writing *writing, const struct selector *selector, bool named)
{
	bool any = false;

	put_key(writing, '{', "matchers");
	buf_add_u8(writing->out, '[');
	for (int names = 0; names <= 1; names++) {
		for (uint32_t i = 0; i < selector->n_matchers; i++) {
			const struct matcher *matcher = selector->matchers[i];
			bool is_name = named && !strcmp(matcher_name(matcher), LABEL_NAME) && matcher_op(matcher) == MATCH_EQUAL;

			if (is_name != names)
				continue;
			if (any)
				buf_add_u8(writing->out, ',');
			put_matcher(writing, matcher);
			any = true;
		}
	}
	buf_add_u8(writing->out, ']');
}

static void put_at(const struct writing *writing, const struct shift *shift)
{
	put_key(writing, ',', "startOrEnd");
	buf_add_text(writing->out, shift->at == AT_START ? "\"start\"" : shift->at == AT_END ? "\"end\"" : "null");
}

static void put_timestamp(const struct writing *writing, const struct shift *shift)
{
	if (shift->at == AT_TIME)
		put_number(writing, ',', "timestamp", shift->at_time);
	else
		put_child(writing, ',', "timestamp", NULL);
}

static void put_selector(const struct writing *writing, const struct node *node)
{
	const struct selector *selector = &node->selector;
	bool named = selector->name && writing->text[node->start] != '{';

	put_matchers(writing, selector, named);
	put_string(writing, ',', "name", named ? selector->name : "");
	put_number(writing, ',', "offset", selector->shift.offset);
	if (selector->range)
		put_number(writing, ',', "range", selector->range);
	if (selector->extent)
		put_bool(writing, ',', selector->extent == EXTENT_ANCHORED ? "anchored" : "smoothed", true);
	put_at(writing, &selector->shift);
	put_timestamp(writing, &selector->shift);
	put_type(writing, selector->range ? "matrixSelector" : "vectorSelector");
}

static void put_subquery(const struct writing *writing, const struct subquery *subquery)
{
	put_child(writing, '{', "expr", subquery->inner);
	put_number(writing, ',', "offset", subquery->shift.offset);
	put_number(writing, ',', "range", subquery->range);
	put_at(writing, &subquery->shift);
	put_number(writing, ',', "step", subquery->step);
	put_timestamp(writing, &subquery->shift);
	put_type(writing, "subquery");
}

/* ---- operators ---- */

static const char *binary_word(enum binary_op op)
{
	static const char *const words[] = {
		[BINARY_ADD] = "+",   [BINARY_SUB] = "-",   [BINARY_MUL] = "*",	  [BINARY_DIV] = "/",	[BINARY_MOD] = "%",
		[BINARY_POW] = "^",   [BINARY_ATAN2] = "atan2", [BINARY_EQL] = "==", [BINARY_NEQ] = "!=", [BINARY_GTR] = ">",
		[BINARY_LSS] = "<",   [BINARY_GTE] = ">=",  [BINARY_LTE] = "<=",  [BINARY_AND] = "and", [BINARY_OR] = "or",
		[BINARY_UNLESS] = "unless",
	};

	return words[op];
}

static const char *aggregate_word(enum aggregate_op op)
{
	static const char *const words[] = {
		[AGGREGATE_SUM] = "sum",	   [AGGREGATE_AVG] = "avg",	      [AGGREGATE_MIN] = "min",
		[AGGREGATE_MAX] = "max",	   [AGGREGATE_COUNT] = "count",	      [AGGREGATE_GROUP] = "group",
		[AGGREGATE_STDDEV] = "stddev",	   [AGGREGATE_STDVAR] = "stdvar",     [AGGREGATE_TOPK] = "topk",
		[AGGREGATE_BOTTOMK] = "bottomk",   [AGGREGATE_QUANTILE] = "quantile", [AGGREGATE_COUNT_VALUES] = "count_values",
		[AGGREGATE_LIMITK] = "limitk",	   [AGGREGATE_LIMIT_RATIO] = "limit_ratio",
	};

	return words[op];
}

static void put_matching(const struct writing *writing, const struct binary *binary)
{
	static const char *const cards[] = { "one-to-one", "many-to-one", "one-to-many", "many-to-many" };
	const struct matching *matching = &binary->matching;

	put_key(writing, ',', "matching");
	if (binary->left->type != TYPE_VECTOR || binary->right->type != TYPE_VECTOR) {
		buf_add_text(writing->out, "null");
		return;
	}
	put_string(writing, '{', "card", cards[matching->card]);
	put_texts(writing, ',', "include", matching->include, matching->n_include);
	put_texts(writing, ',', "labels", matching->written, matching->n_written);
	put_bool(writing, ',', "on", matching->on);
	buf_add_u8(writing->out, '}');
}

static void put_binary(const struct writing *writing, const struct binary *binary)
{
	put_bool(writing, '{', "bool", binary->returns_bool);
	put_child(writing, ',', "lhs", binary->left);
	put_matching(writing, binary);
	put_string(writing, ',', "op", binary_word(binary->op));
	put_child(writing, ',', "rhs", binary->right);
	put_type(writing, "binaryExpr");
}

static void put_aggregate(const struct writing *writing, const struct aggregate *aggregate)
{
	put_child(writing, '{', "expr", aggregate->inner);
	put_texts(writing, ',', "grouping", aggregate->written, aggregate->n_written);
	put_string(writing, ',', "op", aggregate_word(aggregate->op));
	put_child(writing, ',', "param", aggregate->param);
	put_type(writing, "aggregation");
	put_bool(writing, ',', "without", aggregate->without);
}

static void put_unary(const struct writing *writing, const struct node *node)
{
	put_child(writing, '{', "expr", node->unary.inner);
	put_string(writing, ',', "op", node->unary.op == UNARY_MINUS ? "-" : "+");
	put_type(writing, "unaryExpr");
}

/* ---- calls ---- */

static void put_function(const struct writing *writing, const struct function *function)
{
	bool any_number = function->most == UINT8_MAX;
	const char *words[FUNCTION_ARGS + 1];
	uint32_t n = any_number ? function->least + 1u : function->most;

	for (uint32_t i = 0; i < n; i++)
		words[i] = value_type_word(function->args[i < FUNCTION_ARGS ? i : FUNCTION_ARGS - 1]);
	put_key(writing, ',', "func");
	put_texts(writing, '{', "argTypes", words, n);
	put_string(writing, ',', "name", function->name);
	put_string(writing, ',', "returnType", value_type_word(function->returns));
	put_number(writing, ',', "variadic", any_number ? -1 : function->most - function->least);
	buf_add_u8(writing->out, '}');
}

static void put_call(const struct writing *writing, const struct call *call)
{
	put_key(writing, '{', "args");
	buf_add_u8(writing->out, '[');
	for (uint32_t i = 0; i < call->n_args; i++) {
		if (i)
			buf_add_u8(writing->out, ',');
		put_node(writing, call->args[i]);
	}
	buf_add_u8(writing->out, ']');
	put_function(writing, call->function);
	put_type(writing, "call");
}

/* ---- any node ---- */

static void put_node(const struct writing *writing, const struct node *node)
{
	switch (node->kind) {
	case NODE_NUMBER:
		put_literal(writing, node);
		break;
	case NODE_STRING:
		put_string(writing, '{', "type", "stringLiteral");
		put_key(writing, ',', "val");
		prom_text(writing->out, node->string.text, node->string.n);
		break;
	case NODE_PAREN:
		put_child(writing, '{', "expr", node->inner);
		put_type(writing, "parenExpr");
		break;
	case NODE_SELECTOR:
		put_selector(writing, node);
		break;
	case NODE_SUBQUERY:
		put_subquery(writing, &node->subquery);
		break;
	case NODE_UNARY:
		put_unary(writing, node);
		break;
	case NODE_BINARY:
		put_binary(writing, &node->binary);
		break;
	case NODE_AGGREGATE:
		put_aggregate(writing, &node->aggregate);
		break;
	case NODE_CALL:
		put_call(writing, &node->call);
		break;
	}
	buf_add_u8(writing->out, '}');
}

void prom_ast(const struct expr *expr, struct buf *out)
{
	const struct writing writing = { expr_text(expr), out };

	put_node(&writing, expr_root(expr));
}

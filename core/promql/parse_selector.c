/* SPDX-License-Identifier: MIT */
/* parse_selector.c - name{a="b", "c d"=~"e"}, and {"name", a="b"}. */
#include "promql/parser.h"

#include <errno.h>
#include <stdlib.h>

static const char *word_at_hand(struct parser *p)
{
	const char *word = expr_copy(p->expr, p->expr->text + p->token.start, p->token.end - p->token.start);

	if (!word)
		parser_no_memory(p);
	else
		parser_advance(p);
	return word;
}

static int add_matcher(struct parser *p, struct items *matchers, uint32_t at, enum matcher_op op, const char *name, const char *value)
{
	struct error reason = { 0 };
	struct matcher *matcher = matcher_create(op, name, value, &reason);

	if (!matcher) {
		int r = reason.code == -ENOMEM ? parser_no_memory(p) : parser_fail(p, at, "%s", error_text(&reason));

		error_clear(&reason);
		return r;
	}
	if (expr_keep_matcher(p->expr, matcher) < 0)
		return parser_no_memory(p);
	return items_add(p, matchers, matcher);
}

static bool matcher_op_of(enum token_kind kind, enum matcher_op *op)
{
	switch (kind) {
	case TOKEN_ASSIGN: *op = MATCH_EQUAL; return true;
	case TOKEN_NEQ: *op = MATCH_NOT_EQUAL; return true;
	case TOKEN_MATCH: *op = MATCH_REGEX; return true;
	case TOKEN_NO_MATCH: *op = MATCH_NOT_REGEX; return true;
	default: return false;
	}
}

/* The matcher of the name is the first, wherever it stood. */
static int set_name(struct parser *p, struct node *node, struct items *matchers, uint32_t at, const char *name)
{
	const void *matcher;

	if (node->selector.name)
		return parser_fail(p, node->start, "metric name must not be set twice: \"%.128s\" or \"%.128s\"", node->selector.name, name);
	node->selector.name = name;
	if (add_matcher(p, matchers, at, MATCH_EQUAL, LABEL_NAME, name) < 0)
		return p->code;
	matcher = matchers->data[matchers->n - 1];
	memmove(matchers->data + 1, matchers->data, (matchers->n - 1) * sizeof *matchers->data);
	matchers->data[0] = matcher;
	return 0;
}

static int parse_matcher(struct parser *p, struct node *node, struct items *matchers)
{
	uint32_t at = p->token.start, n = 0;
	bool quoted = parser_at(p, TOKEN_STRING);
	const char *name, *value;
	enum matcher_op op;

	if (!quoted && !parser_at(p, TOKEN_IDENTIFIER))
		return parser_unexpected(p, "label matching", "identifier or \"}\"");
	if (!(name = quoted ? parser_string(p, &n, true) : word_at_hand(p)))
		return p->code;
	if (!matcher_op_of(p->token.kind, &op)) {
		if (quoted && (parser_at(p, TOKEN_COMMA) || parser_at(p, TOKEN_RIGHT_BRACE)))
			return set_name(p, node, matchers, at, name);
		return parser_unexpected(p, "label matching", "label matching operator");
	}
	if (quoted && !n)
		return parser_fail(p, at, "a label name must not be empty");
	parser_advance(p);
	if (!parser_at(p, TOKEN_STRING))
		return parser_unexpected(p, "label matching", "string");
	if (!(value = parser_string(p, &n, true)))
		return p->code;
	return add_matcher(p, matchers, at, op, name, value);
}

/* From the left brace to the right one; a comma may stand behind the last. */
static int parse_braces(struct parser *p, struct node *node, struct items *matchers)
{
	parser_advance(p);
	while (!parser_at(p, TOKEN_RIGHT_BRACE)) {
		int r = parse_matcher(p, node, matchers);

		if (r < 0)
			return r;
		if (!parser_take(p, TOKEN_COMMA) && !parser_at(p, TOKEN_RIGHT_BRACE))
			return parser_unexpected(p, "label matching", "\",\" or \"}\"");
	}
	parser_advance(p);
	return 0;
}

struct node *parse_selector(struct parser *p)
{
	struct node *node = parser_node(p, NODE_SELECTOR, p->token.start);
	AUTO_ITEMS matchers = { 0 };

	if (!node)
		return NULL;
	node->type = TYPE_VECTOR;
	if (!parser_at(p, TOKEN_LEFT_BRACE)) {
		const char *name = word_at_hand(p);

		if (!name || set_name(p, node, &matchers, node->start, name) < 0)
			return NULL;
	}
	if (parser_at(p, TOKEN_LEFT_BRACE) && parse_braces(p, node, &matchers) < 0)
		return NULL;
	node->selector.matchers = (struct matcher *const *)items_keep(p, &matchers);
	if (!node->selector.matchers)
		return NULL;
	node->selector.n_matchers = matchers.n;
	return parser_done(p, node, 0);
}

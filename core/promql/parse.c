/* SPDX-License-Identifier: MIT */
/* parse.c - the two things that can be parsed: an expression, and a selector alone. */
#include "promql/parser.h"
#include "promql/place.h"

#include <errno.h>

static int begin(struct parser *p, const char *text, size_t n, const struct parse_limits *limits, struct error *err)
{
	*p = (struct parser){ .limits = limits, .err = err };
	if (n > limits->size)
		return error_set(err, -E2BIG, "1:1: parse error: the expression has %zu bytes, the limit is %u", n, limits->size);
	p->expr = expr_create(text, (uint32_t)n);
	if (!p->expr)
		return error_set(err, -ENOMEM, "out of memory");
	lexer_init(&p->lexer, p->expr->text, (uint32_t)n);
	parser_advance(p);
	return 0;
}

/* Takes over the expression. */
static int finish(struct parser *p, const struct node *root, bool whole, struct expr **out)
{
	AUTO(expr) expr = p->expr;

	if (root && !p->code && !parser_at(p, TOKEN_END))
		parser_unexpected(p, NULL, NULL);
	if (root && !p->code && whole)
		check_types(p, root);
	if (p->code)
		return p->code;
	mark_late_names(root);
	expr->root = root;
	*out = TAKE(expr);
	return 0;
}

int expr_parse(const char *text, size_t n, const struct parse_limits *limits, struct expr **out, struct error *err)
{
	struct parser p;
	int r = begin(&p, text, n, limits, err);

	if (r < 0)
		return r;
	if (parser_at(&p, TOKEN_END)) {
		parser_fail(&p, 0, "no expression found in input");
		return finish(&p, NULL, true, out);
	}
	return finish(&p, parse_expression(&p, BIND_OR), true, out);
}

int expr_parse_selector(const char *text, size_t n, const struct parse_limits *limits, struct expr **out, struct error *err)
{
	struct parser p;
	int r = begin(&p, text, n, limits, err);

	if (r < 0)
		return r;
	if (parser_at(&p, TOKEN_END)) {
		parser_fail(&p, 0, "no expression found in input");
		return finish(&p, NULL, false, out);
	}
	if (!parser_at(&p, TOKEN_LEFT_BRACE) && !token_names_metric(p.token.kind)) {
		parser_unexpected(&p, NULL, NULL);
		return finish(&p, NULL, false, out);
	}
	return finish(&p, parse_selector(&p), false, out);
}

/* SPDX-License-Identifier: MIT */
/*
 * parse.h - the text of a PromQL expression to its tree, and back.
 *
 * Errors say where: "1:14: parse error: ...", line and column counted from 1 in
 * characters, with what was expected.
 */
#ifndef PROMQL_PARSE_H
#define PROMQL_PARSE_H

#include "promql/ast.h"

struct parse_limits {
	uint32_t size;		/* bytes of the text */
	uint32_t depth;		/* nodes within each other; bounded by what a stack of 256 KB takes */
	uint32_t nodes;
};
#define PARSE_LIMITS ((struct parse_limits){ .size = 64 << 10, .depth = 200, .nodes = 20000 })

struct expr;			/* a tree and its memory */

/* 0; -EINVAL with place and reason; -E2BIG: over a limit, which one; -ENOMEM. */
int expr_parse(const char *text, size_t n, const struct parse_limits *limits, struct expr **out, struct error *err);
void expr_destroy(struct expr *expr);
DEFINE_AUTO(expr, expr_destroy)

const struct node *expr_root(const struct expr *expr);
const char *expr_text(const struct expr *expr);

/* A duration as the language writes it, or seconds: "5m", "1h30m", "300", "0.5". 0; -EINVAL; -ERANGE. */
int promql_duration_parse(const char *text, kymo_ms *ms);

/*
 * A series selector alone, as match[] takes it (no offset, no @, no range). Same errors;
 * whether it matches series without any label is for the caller to ask.
 */
int expr_parse_selector(const char *text, size_t n, const struct parse_limits *limits, struct expr **out, struct error *err);

/* On one line; parsed again it is the same tree. */
void node_print(const struct node *node, struct buf *out);
/* Over several lines where one would be long, as format_query gives it. */
void node_pretty(const struct node *node, struct buf *out);

/* The same tree, places left aside. */
bool node_equal(const struct node *a, const struct node *b);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * parser.h - what the parts of the parser share: the word at hand, and how nodes
 * come to be. Functions that give a node give NULL on failure; the reason is in
 * p->err then, its code in p->code. The first failure ends the parse.
 */
#ifndef PROMQL_PARSER_H
#define PROMQL_PARSER_H

#include "promql/expr.h"
#include "promql/lexer.h"

struct parser {
	struct lexer lexer;
	struct token token, ahead;	/* at hand; the next, if has_ahead */
	bool has_ahead;
	uint32_t end;			/* of the word before */
	struct expr *expr;
	const struct parse_limits *limits;
	uint32_t depth, nodes;
	struct error *err;
	int code;
};

/* How tightly operators bind. */
enum precedence { BIND_OR = 1, BIND_AND, BIND_COMPARE, BIND_ADD, BIND_MUL, BIND_POW };

/* parser.c */
void parser_advance(struct parser *p);
enum token_kind parser_ahead(struct parser *p);
bool parser_take(struct parser *p, enum token_kind kind);	/* past it, if it is at hand */
static inline bool parser_at(const struct parser *p, enum token_kind kind) { return p->token.kind == kind; }
bool parser_at_word(const struct parser *p, const char *word);	/* an identifier, in any case */
/* All give the code. */
int parser_fail(struct parser *p, uint32_t at, const char *format, ...) __attribute__((format(printf, 3, 4)));
int parser_unexpected(struct parser *p, const char *context, const char *expected);	/* either may be NULL */
int parser_no_memory(struct parser *p);
struct node *parser_node(struct parser *p, enum node_kind kind, uint32_t start);
/* The node is complete; `below` is the deepest of its children. NULL: too deep. */
struct node *parser_done(struct parser *p, struct node *node, uint32_t below);
/* Text of a string at hand, and past it; UTF-8, if it must be. NULL: failed. */
const char *parser_string(struct parser *p, uint32_t *n, bool must_be_utf8);
/* Number or duration at hand, and past it; durations in seconds. 0 or the code. */
int parser_number(struct parser *p, double *out, bool *is_duration);

struct node *parse_expression(struct parser *p, enum precedence least);		/* parse_expr.c */
struct node *parse_selector(struct parser *p);					/* parse_selector.c */
struct node *parse_shifts(struct parser *p, struct node *node);			/* parse_shift.c: what stands behind: [5m] offset @ */
struct node *parse_call(struct parser *p);					/* parse_call.c */
struct node *parse_aggregate(struct parser *p);
/* "(a, b)". 0 or the code; *written is never NULL then. */
int parse_names(struct parser *p, const char *const **written, uint32_t *n);
int parse_names_sorted(struct parser *p, const char *const *written, uint32_t n, const char *const **sorted, uint32_t *n_sorted);
int check_types(struct parser *p, const struct node *root);			/* check.c */
void mark_late_names(const struct node *root);					/* late.c */

/* A list while it grows; then it moves into the tree. */
struct items {
	const void **data;
	uint32_t n, room;
};
int items_add(struct parser *p, struct items *items, const void *item);		/* 0 or the code */
const void *items_keep(struct parser *p, const struct items *items);		/* NULL: failed */
static inline void items_auto(struct items *items) { free(items->data); }
#define AUTO_ITEMS __attribute__((cleanup(items_auto))) struct items

#endif

/* SPDX-License-Identifier: MIT */
/*
 * lexer.h - the text of an expression to its words. In braces and brackets other
 * words are known than outside.
 */
#ifndef PROMQL_LEXER_H
#define PROMQL_LEXER_H

#include "promql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct lexer {
	const char *text;
	uint32_t size, at;
	uint32_t parens;		/* open ones */
	bool in_braces, in_brackets, had_colon;
	char message[160];		/* of TOKEN_ERROR */
};

void lexer_init(struct lexer *lexer, const char *text, uint32_t size);
/* After TOKEN_ERROR: the same again. */
struct token lexer_next(struct lexer *lexer);

static inline bool token_is_operator(enum token_kind kind) { return kind >= TOKEN_ADD && kind <= TOKEN_UNLESS; }
static inline bool token_is_aggregator(enum token_kind kind) { return kind >= TOKEN_SUM && kind <= TOKEN_LIMIT_RATIO; }
/* Does it name a metric where an expression begins? So do some words that are more elsewhere. */
static inline bool token_names_metric(enum token_kind kind)
{
	return kind == TOKEN_IDENTIFIER || kind == TOKEN_METRIC || token_is_aggregator(kind) || kind == TOKEN_BY || kind == TOKEN_WITHOUT ||
	       kind == TOKEN_OFFSET || kind == TOKEN_AND || kind == TOKEN_OR || kind == TOKEN_UNLESS;
}
/* "sum", "and", "=~"; NULL: kind has no fixed text. */
const char *token_text(enum token_kind kind);
/*
 * As an error shows it: identifier "x", <op:+>, <by>, <aggr:sum>, number "5". Long
 * ones are cut.
 */
void token_describe(struct token token, const char *text, char *out, size_t room);

#endif

/* SPDX-License-Identifier: MIT */
/* token.h - the words of the language. */
#ifndef PROMQL_TOKEN_H
#define PROMQL_TOKEN_H

#include <stdint.h>

enum token_kind {
	TOKEN_END,		/* of the text */
	TOKEN_ERROR,		/* the lexer says what is wrong */
	TOKEN_IDENTIFIER,
	TOKEN_METRIC,		/* with a colon or, as kymo has them, a point: no function, no label */
	TOKEN_STRING, TOKEN_NUMBER, TOKEN_DURATION,

	TOKEN_LEFT_PAREN, TOKEN_RIGHT_PAREN, TOKEN_LEFT_BRACE, TOKEN_RIGHT_BRACE, TOKEN_LEFT_BRACKET, TOKEN_RIGHT_BRACKET,
	TOKEN_COMMA, TOKEN_COLON, TOKEN_ASSIGN /* = */, TOKEN_AT,

	/* operators, in the order of enum binary_op */
	TOKEN_ADD, TOKEN_SUB, TOKEN_MUL, TOKEN_DIV, TOKEN_MOD, TOKEN_POW, TOKEN_ATAN2,
	TOKEN_EQL, TOKEN_NEQ, TOKEN_GTR, TOKEN_LSS, TOKEN_GTE, TOKEN_LTE,
	TOKEN_AND, TOKEN_OR, TOKEN_UNLESS,
	TOKEN_MATCH /* =~ */, TOKEN_NO_MATCH /* !~ */,

	TOKEN_BOOL, TOKEN_BY, TOKEN_GROUP_LEFT, TOKEN_GROUP_RIGHT, TOKEN_IGNORING, TOKEN_OFFSET, TOKEN_ON, TOKEN_WITHOUT,

	/* aggregators, in the order of enum aggregate_op */
	TOKEN_SUM, TOKEN_AVG, TOKEN_MIN, TOKEN_MAX, TOKEN_COUNT, TOKEN_GROUP, TOKEN_STDDEV, TOKEN_STDVAR,
	TOKEN_TOPK, TOKEN_BOTTOMK, TOKEN_QUANTILE, TOKEN_COUNT_VALUES, TOKEN_LIMITK, TOKEN_LIMIT_RATIO
};

/* Bytes [start, end) of the text. */
struct token {
	enum token_kind kind;
	uint32_t start, end;
};

#endif

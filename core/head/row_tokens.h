/* SPDX-License-Identifier: MIT */
/*
 * row_tokens.h - the tokens of a row, all of them: those of the values that
 * changed, and back the differences that they are. What changes in a row are
 * most of the work of taking it in and of sealing it, so it has a form for
 * machines with wide vectors; the bytes are the same.
 */
#ifndef HEAD_ROW_TOKENS_H
#define HEAD_ROW_TOKENS_H

#include "codec/token.h"

enum row_tokens_form { ROW_TOKENS_PLAIN, ROW_TOKENS_AVX512, ROW_TOKENS_FORMS };

bool row_tokens_can(enum row_tokens_form form);		/* Does this machine have it? */

/* Members of a row: n values, and of each the last one and its state, which are brought up to date. */
struct row_members {
	uint32_t n;
	const double *values;
	uint64_t *last;
	uint8_t *state;
};

/*
 * The tokens of those that changed; begin[w]: where those of word w begin. Room for
 * TOKEN_MOST bytes of each, and 8 more. Gives the bytes that they take.
 */
size_t row_tokens_put_as(enum row_tokens_form form, const struct row_members *members, const uint64_t *changed, uint32_t *begin,
			 uint8_t *tokens);
size_t row_tokens_put(const struct row_members *members, const uint64_t *changed, uint32_t *begin, uint8_t *tokens);

/*
 * Back those of one word that changed: the difference of member i into column[i * stride].
 * Gives those whose token is another kind; their place stays as it is.
 */
uint64_t row_tokens_get_as(enum row_tokens_form form, uint64_t changed, const uint8_t *tokens, int64_t *column, size_t stride);
uint64_t row_tokens_get(uint64_t changed, const uint8_t *tokens, int64_t *column, size_t stride);

#endif

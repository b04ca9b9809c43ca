/* SPDX-License-Identifier: MIT */
/*
 * expr.h - the memory of a tree: pieces that end together, and the matchers made
 * for it.
 */
#ifndef PROMQL_EXPR_H
#define PROMQL_EXPR_H

#include "promql/parse.h"

struct expr {
	struct expr_piece *pieces;
	struct matcher **matchers;
	uint32_t n_matchers, matchers_room;
	const struct node *root;
	const char *text;
};

/* NULL: out of memory. The text is copied. */
struct expr *expr_create(const char *text, uint32_t n);
/* Zeroed, for 8-byte alignment. NULL: out of memory. */
void *expr_alloc(struct expr *expr, size_t n);
/* NUL-ended. NULL: out of memory. */
const char *expr_copy(struct expr *expr, const char *text, size_t n);
/* Takes the matcher over, also when it fails. 0 or -ENOMEM. */
int expr_keep_matcher(struct expr *expr, struct matcher *matcher);

#endif

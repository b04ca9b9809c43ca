/* SPDX-License-Identifier: MIT */
/* expr.c - pieces of memory, each twice as large as the one before. */
#include "promql/expr.h"

#include <errno.h>
#include <stdlib.h>

struct expr_piece {
	struct expr_piece *before;
	uint32_t size, used;
	_Alignas(8) uint8_t data[];
};

enum { PIECE_LEAST = 1024, PIECE_MOST = 64 << 10 };

void *expr_alloc(struct expr *expr, size_t n)
{
	struct expr_piece *piece = expr->pieces;
	size_t size;

	n = (n + 7) & ~(size_t)7;
	if (piece && piece->size - piece->used >= n) {
		piece->used += (uint32_t)n;
		return piece->data + piece->used - n;
	}
	size = piece ? (size_t)piece->size * 2 : PIECE_LEAST;
	size = size > PIECE_MOST ? PIECE_MOST : size;
	size = size < n ? n : size;
	piece = calloc(1, sizeof *piece + size);
	if (!piece)
		return NULL;
	*piece = (struct expr_piece){ expr->pieces, (uint32_t)size, (uint32_t)n };
	expr->pieces = piece;
	return piece->data;
}

const char *expr_copy(struct expr *expr, const char *text, size_t n)
{
	char *copy = expr_alloc(expr, n + 1);

	if (copy && n)
		memcpy(copy, text, n);
	return copy;
}

struct expr *expr_create(const char *text, uint32_t n)
{
	AUTO(expr) expr = calloc(1, sizeof *expr);

	if (!expr || !(expr->text = expr_copy(expr, text, n)))
		return NULL;
	return TAKE(expr);
}

void expr_destroy(struct expr *expr)
{
	if (!expr)
		return;
	for (uint32_t i = 0; i < expr->n_matchers; i++)
		matcher_destroy(expr->matchers[i]);
	free(expr->matchers);
	while (expr->pieces) {
		struct expr_piece *piece = expr->pieces;

		expr->pieces = piece->before;
		free(piece);
	}
	free(expr);
}

int expr_keep_matcher(struct expr *expr, struct matcher *matcher)
{
	if (expr->n_matchers == expr->matchers_room) {
		uint32_t room = expr->matchers_room ? expr->matchers_room * 2 : 8;
		struct matcher **more = realloc(expr->matchers, room * sizeof *more);

		if (!more) {
			matcher_destroy(matcher);
			return -ENOMEM;
		}
		expr->matchers = more;
		expr->matchers_room = room;
	}
	expr->matchers[expr->n_matchers++] = matcher;
	return 0;
}

const struct node *expr_root(const struct expr *expr) { return expr->root; }
const char *expr_text(const struct expr *expr) { return expr->text; }

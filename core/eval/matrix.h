/* SPDX-License-Identifier: MIT */
/*
 * matrix.h - series that are held: all columns of a stream, for nodes that must
 * see every series before they can say anything (a side of a binary operator,
 * sort, histogram_quantile ...). Counted against the memory of the query.
 */
#ifndef EVAL_MATRIX_H
#define EVAL_MATRIX_H

#include "eval/stream.h"

struct matrix {
	struct eval *eval;
	uint32_t n, points;		/* series; values of each */
	struct column *columns;		/* labels and values are the matrix's */
	/* its own */
	uint32_t room;
	uint64_t bytes;
};

void matrix_init(struct matrix *matrix, struct eval *eval, uint32_t points);
void matrix_fini(struct matrix *matrix);
/* A copy behind the others. 0 or an error. */
int matrix_add(struct matrix *matrix, const struct column *column);
/* Labels alone, all points absent: to be filled. NULL with the reason. */
struct column *matrix_add_empty(struct matrix *matrix, struct labels labels);
/* Everything that is left in a stream. */
int matrix_collect(struct matrix *matrix, struct stream *stream);
/*
 * Series whose labels are equal become one; where both have a value at a point it
 * is -EINVAL, "vector cannot contain metrics with the same labelset".
 */
int matrix_unite(struct matrix *matrix);
/*
 * Everything that is left in a stream of which the first point is point `from` here:
 * each column behind what its series has.
 */
int matrix_extend(struct matrix *matrix, struct stream *stream, uint32_t from);
/* In order of labels: by name, then value, as the API lists them. */
void matrix_sort(struct matrix *matrix);

/* A stream of what a matrix holds; takes it over, also when it fails. */
int stream_of_matrix(struct eval *eval, const struct node *node, const struct steps *steps, struct matrix *matrix, struct stream **out);

/* A stream of all that is left in another, where series that have become equal are one. Takes `inner` over, also when it fails. */
int stream_united(struct stream *inner, struct stream **out);

#endif

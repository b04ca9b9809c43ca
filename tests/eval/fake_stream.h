/* SPDX-License-Identifier: MIT */
/*
 * fake_stream.h - queries over columns that a test gives as text, with no store:
 * selectors are found among the lines; there are no range vectors.
 *
 *	a{x="1"} 1 2 _ NaN	values at points 0, 1, ...; _ absent
 */
#ifndef EVAL_FAKE_STREAM_H
#define EVAL_FAKE_STREAM_H

#include "eval/matrix.h"
#include "util/buf.h"

/*
 * What the query gives, as lines in the order in which they come, series without
 * values left out; then "warning: ..." and "info: ..."; or "error: ..." alone. Points
 * are one second apart from 0. NUL-ended.
 */
void fake_query(const char *lines, const char *query, uint32_t points, struct buf *out);

/* A set of labels as text, {a="b"} or m{a="b"}, as canonical bytes behind `out`. */
void fake_labels(const char *text, size_t n, struct buf *out);

/* The series that a fake selector gives from now on; they are changed in place and must be there until the next call. */
void fake_series(const struct column *columns, uint32_t n);

/* For tests that open streams themselves: an evaluation of that text. */
struct fake_run {
	struct eval eval;
	struct expr *expr;
	struct error err;
};
void fake_start(struct fake_run *run, const char *query, uint32_t points);
void fake_end(struct fake_run *run);

#endif

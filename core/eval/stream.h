/* SPDX-License-Identifier: MIT */
/*
 * stream.h - the series of an instant vector, one after the other, so that no
 * node holds more of them than its meaning asks for.
 *
 *	stream_open(eval, node, &steps, &stream);
 *	while ((r = stream_next(stream, &column)) > 0)
 *		...
 *	stream_close(stream);
 *
 * A node's stream embeds struct stream at its front and owns the streams of its
 * arguments.
 */
#ifndef EVAL_STREAM_H
#define EVAL_STREAM_H

#include "eval/eval.h"

/*
 * One series: its labels, and a value or absent() for each point. Labels and
 * values are valid until the next call on the stream; who takes the column may
 * change its values in place. Columns with nothing but absent points may come:
 * who hands out the answer leaves them out.
 */
struct column {
	struct labels labels;
	double *values;
	bool late_name;			/* of `or` and what passes its series on: the name would be gone, were it not asked for above (names.h) */
};

struct stream {
	/* 1: the next series; 0: there is no more; or an error, its reason in eval->err. */
	int (*next)(struct stream *stream, struct column *out);
	void (*close)(struct stream *stream);	/* frees the stream too */
	struct eval *eval;
	const struct node *node;
	struct steps steps;
};

/* A node of type instant vector. 0 or an error. */
int stream_open(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);
static inline int stream_next(struct stream *stream, struct column *out) { return stream->next(stream, out); }
void stream_close(struct stream *stream);	/* NULL is fine */
DEFINE_AUTO(stream, stream_close)

/* Those that nodes are made by, one a file; same results. */
int stream_open_selector(struct eval *eval, const struct node *node, const struct steps *steps, bool times /* in seconds, in place of values */,
			 struct stream **out);
/* Of a selector with smoothed, or a call over one with anchored or smoothed. */
int stream_open_extended(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);
const struct node *extended_argument(const struct node *call);
int stream_open_range_call(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);
int stream_open_aggregate(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);
int stream_open_binary(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);
int stream_open_unary(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);
int stream_open_call(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);

#endif

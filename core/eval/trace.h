/* SPDX-License-Identifier: MIT */
/*
 * trace.h - what explain shows: for each node that gives series how many it gave
 * and how long that took, with all that stands below it.
 */
#ifndef EVAL_TRACE_H
#define EVAL_TRACE_H

#include "eval/promql.h"
#include "eval/stream.h"

struct trace {
	uint32_t n, room, depth;	/* nodes; depth: of the one that is being opened */
	struct traced {
		const struct node *node;
		uint32_t depth;
		uint64_t series;
		int64_t ns;
	} *nodes;
};

void trace_fini(struct trace *trace);
/* Around the opening of a node's stream: begin gives its place, or UINT32_MAX. */
uint32_t trace_begin(struct eval *eval, const struct node *node);
/* Wraps the stream; without memory for that it stays as it is. */
void trace_end(struct eval *eval, uint32_t place, int64_t ns, struct stream **stream);

void trace_write(const struct trace *trace, const struct expr *expr, const struct eval *eval, const struct promql_report *report, struct buf *json);

#endif

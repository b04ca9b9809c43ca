/* SPDX-License-Identifier: MIT */
/* aggregate.h - the operators of NODE_AGGREGATE, each of a kind in its file. Results as of stream_open. */
#ifndef EVAL_AGGREGATE_H
#define EVAL_AGGREGATE_H

#include "eval/grouping.h"
#include "eval/stream.h"

/* What all have: the series that come in, and their groups. Streams embed it at their front. */
struct aggregation {
	struct stream stream;
	struct stream *inner;
	struct grouping groups;
	enum aggregate_op op;
	double *param;		/* at each point; NULL: the operator has none */
};

/* Opens the inner stream and evaluates the parameter. Anyhow it is to be closed. */
int aggregation_open(struct aggregation *aggregation, struct eval *eval, const struct node *node, const struct steps *steps);
void aggregation_close(struct aggregation *aggregation);
/* The group of a series that comes in; one late name in it is enough for the group. 0 or an error. */
int aggregation_group(struct aggregation *aggregation, const struct column *column, uint32_t *group);
/* What goes out of a group: the values are the caller's. */
struct column aggregation_column(const struct aggregation *aggregation, uint32_t group, double *values);
/* Does no point ask for anything? Known from the parameter alone; says what is wrong with it. 1, 0 or an error. */
int aggregation_is_empty(struct aggregation *aggregation);

int stream_open_top(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);	/* topk bottomk */
int stream_open_quantile(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);
int stream_open_count_values(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);
int stream_open_limit(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);	/* limitk limit_ratio */

#endif

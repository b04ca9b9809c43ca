/* SPDX-License-Identifier: MIT */
/* call.c - which file a function is in. */
#include "eval/call.h"

const struct node *node_unwrap(const struct node *node)
{
	while (node->kind == NODE_PAREN)
		node = node->inner;
	return node;
}

static stream_opener *opener_of(const struct call *call)
{
	switch (call->function->id) {
	case FN_TIMESTAMP:
		return stream_open_timestamp;
	case FN_VECTOR:
		return stream_open_vector_of;
	case FN_ABSENT:
	case FN_ABSENT_OVER_TIME:
		return stream_open_absent;
	case FN_SORT:
	case FN_SORT_DESC:
	case FN_SORT_BY_LABEL:
	case FN_SORT_BY_LABEL_DESC:
		return stream_open_sort;
	case FN_LABEL_REPLACE:
	case FN_LABEL_JOIN:
		return stream_open_label_call;
	case FN_HISTOGRAM_QUANTILE:
	case FN_HISTOGRAM_QUANTILES:
	case FN_HISTOGRAM_FRACTION:
		return stream_open_histogram;
	case FN_INFO:
		return stream_open_info;
	default:
		return call->n_args ? stream_open_map : stream_open_vector_of;
	}
}

int stream_open_call(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	return opener_of(&node->call)(eval, node, steps, out);
}

/* SPDX-License-Identifier: MIT */
/*
 * call_absent.c - 1 where nothing is. The one series that comes of it has the
 * labels that the selector asks for by equality alone.
 */
#include "eval/call.h"
#include "model/labels_edit.h"
#include "promql/function.h"

#include <errno.h>

/* Does the last condition on a label, and no other, say what it is equal to? */
static bool decides(const struct selector *selector, uint32_t i)
{
	const char *name = matcher_name(selector->matchers[i]);

	for (uint32_t k = 0; k < selector->n_matchers; k++)
		if (k != i && !strcmp(matcher_name(selector->matchers[k]), name) &&
		    (k > i || matcher_op(selector->matchers[k]) == MATCH_EQUAL))
			return false;
	return matcher_op(selector->matchers[i]) == MATCH_EQUAL;
}

static int add_labels(struct eval *eval, const struct selector *selector, struct buf *out)
{
	struct label *items = calloc(selector->n_matchers + 1, sizeof *items);
	uint32_t n = 0;

	if (!items)
		return eval_no_memory(eval);
	for (uint32_t i = 0; i < selector->n_matchers; i++) {
		const struct matcher *matcher = selector->matchers[i];
		const char *name = matcher_name(matcher), *value = matcher_value(matcher);

		if (strcmp(name, LABEL_NAME) && decides(selector, i))
			items[n++] = (struct label){ name, value, (uint32_t)strlen(name), (uint32_t)strlen(value) };
	}
	if (labels_encode(items, n, out) < 0) {
		free(items);
		return eval_no_memory(eval);
	}
	free(items);
	return 0;
}

/* A point is in `values` until something is there. */
static int take_away(struct eval *eval, struct stream *stream, double *values)
{
	struct column column;
	int r;

	while ((r = stream_next(stream, &column)) > 0) {
		for (uint32_t i = 0; i < stream->steps.n; i++)
			if (!is_absent(column.values[i]))
				values[i] = absent();
		if ((r = eval_check(eval, 0)) < 0)
			break;
	}
	return r;
}

/* What of a range there is, its last sample tells. */
static int open_last_of_range(struct eval *eval, const struct node *node, const struct steps *steps, struct node *last, struct stream **out)
{
	*last = *node;
	last->call.function = function_find("last_over_time", strlen("last_over_time"));
	return stream_open_range_call(eval, last, steps, out);
}

static int fill(struct eval *eval, const struct node *node, const struct steps *steps, double *values)
{
	AUTO(stream) inner = NULL;
	struct node last;
	int r;

	for (uint32_t i = 0; i < steps->n; i++)
		values[i] = 1;
	if (node->call.function->id == FN_ABSENT)
		r = stream_open(eval, node->call.args[0], steps, &inner);
	else
		r = open_last_of_range(eval, node, steps, &last, &inner);
	return r < 0 ? r : take_away(eval, inner, values);
}

int stream_open_absent(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	const struct node *arg = node_unwrap(node->call.args[0]);
	AUTO_BUF labels = { 0 };
	struct matrix matrix;
	struct column *column;
	int r = 0;

	if (arg->kind == NODE_SELECTOR && (r = add_labels(eval, &arg->selector, &labels)) < 0)
		return r;
	matrix_init(&matrix, eval, steps->n);
	column = matrix_add_empty(&matrix, labels_in(&labels));
	r = column ? fill(eval, node, steps, column->values) : eval->err->code;
	if (r < 0) {
		matrix_fini(&matrix);
		return r;
	}
	return stream_of_matrix(eval, node, steps, &matrix, out);
}

/* SPDX-License-Identifier: MIT */
/* call_vector.c - one series without labels, of numbers that are there already: vector(), and the date of each point. */
#include "eval/call.h"

static void fill_with_dates(enum function_id id, const struct steps *steps, double *out)
{
	date_function *date = date_function_find(id);

	for (uint32_t i = 0; i < steps->n; i++)
		out[i] = date((double)(steps_at(steps, i) / 1000));
}

int stream_open_vector_of(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	const struct call *call = &node->call;
	struct matrix matrix;
	struct column *column;
	int r = 0;

	matrix_init(&matrix, eval, steps->n);
	column = matrix_add_empty(&matrix, (struct labels){ NULL, 0 });
	if (!column)
		r = eval->err->code;
	else if (call->n_args)
		r = eval_scalar(eval, call->args[0], steps, column->values);
	else
		fill_with_dates(call->function->id, steps, column->values);
	if (r < 0) {
		matrix_fini(&matrix);
		return r;
	}
	return stream_of_matrix(eval, node, steps, &matrix, out);
}

/* SPDX-License-Identifier: MIT */
/*
 * call_sort.c - series in the order of their values, or of labels. Only an
 * instant has such an order: over several points they pass as they come.
 */
#include "eval/call.h"
#include "eval/natural.h"
#include "model/labels_edit.h"

#include <math.h>

struct order {
	const struct call *call;
	bool is_falling;
};

/* NaN comes last in either direction. */
static int compare_values(double a, double b, bool is_falling)
{
	if (isnan(a) || isnan(b))
		return !!isnan(a) - !!isnan(b);
	return is_falling ? (a < b) - (a > b) : (a > b) - (a < b);
}

static int by_value(const void *a, const void *b, void *data)
{
	const struct column *x = a, *y = b;
	const struct order *order = data;
	int r = compare_values(x->values[0], y->values[0], order->is_falling);

	return r ? r : labels_compare(x->labels, y->labels);
}

static int by_labels(const void *a, const void *b, void *data)
{
	const struct column *x = a, *y = b;
	const struct order *order = data;
	int r = 0;

	for (uint32_t i = 1; !r && i < order->call->n_args; i++) {
		const char *name = eval_string(order->call->args[i]);
		struct label mine, other;

		labels_find(x->labels, name, &mine);
		labels_find(y->labels, name, &other);
		r = natural_compare(mine.value, mine.value_len, other.value, other.value_len);
	}
	if (!r)
		r = labels_compare(x->labels, y->labels);
	return order->is_falling ? -r : r;
}

/* Those without a value to the end, and off. */
static void drop_absent(struct matrix *matrix)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < matrix->n; i++) {
		struct column column = matrix->columns[i];

		if (is_absent(column.values[0])) {
			free(column.values);
			continue;
		}
		matrix->columns[kept++] = column;
	}
	matrix->n = kept;
}

static void sort(struct matrix *matrix, const struct call *call)
{
	enum function_id id = call->function->id;
	struct order order = { call, id == FN_SORT_DESC || id == FN_SORT_BY_LABEL_DESC };
	bool is_by_value = id == FN_SORT || id == FN_SORT_DESC;

	drop_absent(matrix);
	if (matrix->n > 1)
		qsort_r(matrix->columns, matrix->n, sizeof *matrix->columns, is_by_value ? by_value : by_labels, &order);
}

int stream_open_sort(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	AUTO(stream) inner = NULL;
	struct matrix matrix;
	int r = stream_open(eval, node->call.args[0], steps, &inner);

	if (r < 0)
		return r;
	if (steps->n > 1) {
		*out = TAKE(inner);
		return 0;
	}
	matrix_init(&matrix, eval, steps->n);
	if ((r = matrix_collect(&matrix, inner)) < 0) {
		matrix_fini(&matrix);
		return r;
	}
	sort(&matrix, &node->call);
	return stream_of_matrix(eval, node, steps, &matrix, out);
}

/* SPDX-License-Identifier: MIT */
/* matrix.c - each series is one piece of memory: its values, then the bytes of its labels. */
#include "eval/matrix.h"
#include "model/labels_edit.h"
#include "util/hash.h"
#include "util/map.h"

#include <errno.h>

void matrix_init(struct matrix *matrix, struct eval *eval, uint32_t points)
{
	*matrix = (struct matrix){ .eval = eval, .points = points };
}

void matrix_fini(struct matrix *matrix)
{
	for (uint32_t i = 0; i < matrix->n; i++)
		free(matrix->columns[i].values);
	free(matrix->columns);
	eval_release(matrix->eval, matrix->bytes);
	matrix_init(matrix, matrix->eval, matrix->points);
}

static int hold(struct matrix *matrix, uint64_t bytes)
{
	int r = eval_hold(matrix->eval, bytes);

	if (r == 0)
		matrix->bytes += bytes;
	return r;
}

static int grow(struct matrix *matrix)
{
	uint32_t room = matrix->room ? matrix->room * 2 : 16;
	struct column *columns;
	int r = hold(matrix, (uint64_t)(room - matrix->room) * sizeof *columns);

	if (r < 0)
		return r;
	columns = realloc(matrix->columns, room * sizeof *columns);
	if (!columns)
		return eval_no_memory(matrix->eval);
	matrix->columns = columns;
	matrix->room = room;
	return 0;
}

/* Room for one more; its labels are set, its values are not. NULL with the reason. */
static struct column *append(struct matrix *matrix, struct labels labels)
{
	size_t values = matrix->points * sizeof(double), bytes = values + labels.size;
	struct column *column;
	uint8_t *memory;

	if (matrix->n == matrix->room && grow(matrix) < 0)
		return NULL;
	if (hold(matrix, bytes) < 0)
		return NULL;
	memory = malloc(bytes);
	if (!memory) {
		eval_no_memory(matrix->eval);
		return NULL;
	}
	if (labels.size)
		memcpy(memory + values, labels.data, labels.size);
	column = &matrix->columns[matrix->n++];
	*column = (struct column){ .labels = { memory + values, labels.size }, .values = (double *)(void *)memory };
	return column;
}

int matrix_add(struct matrix *matrix, const struct column *column)
{
	struct column *copy = append(matrix, column->labels);

	if (!copy)
		return matrix->eval->err->code;
	memcpy(copy->values, column->values, matrix->points * sizeof *copy->values);
	copy->late_name = column->late_name;
	return 0;
}

struct column *matrix_add_empty(struct matrix *matrix, struct labels labels)
{
	struct column *column = append(matrix, labels);

	for (uint32_t i = 0; column && i < matrix->points; i++)
		column->values[i] = absent();
	return column;
}

int matrix_collect(struct matrix *matrix, struct stream *stream)
{
	struct column column;
	int r;

	while ((r = stream_next(stream, &column)) > 0)
		if ((r = matrix_add(matrix, &column)) < 0)
			break;
	return r;
}

/* ---- series that are the same ---- */

static bool has_labels(const void *owner, uint32_t item, const void *key)
{
	return labels_equal(((const struct matrix *)owner)->columns[item].labels, *(const struct labels *)key);
}

static int unite_two(struct matrix *matrix, struct column *to, struct column *from)
{
	for (uint32_t i = 0; i < matrix->points; i++) {
		if (is_absent(from->values[i]))
			continue;
		if (!is_absent(to->values[i]))
			return error_set(matrix->eval->err, -EINVAL, "vector cannot contain metrics with the same labelset");
		to->values[i] = from->values[i];
	}
	free(from->values);
	return 0;
}

int matrix_unite(struct matrix *matrix)
{
	struct map map = { 0 };
	uint32_t kept = 0, i;
	int r = map_reserve(&map, matrix->n) < 0 ? eval_no_memory(matrix->eval) : 0;

	for (i = 0; r == 0 && i < matrix->n; i++) {
		struct column *column = &matrix->columns[i];
		uint64_t hash = hash_bytes(column->labels.data, column->labels.size);
		uint32_t found = map_find(&map, hash, &column->labels, has_labels, matrix);

		if (found == MAP_NONE) {
			matrix->columns[kept] = *column;
			r = map_add(&map, hash, kept++) < 0 ? eval_no_memory(matrix->eval) : 0;
		} else if ((r = unite_two(matrix, &matrix->columns[found], column)) < 0) {
			break;
		}
	}
	for (; i < matrix->n; i++)
		matrix->columns[kept++] = matrix->columns[i];	/* after an error: still to be freed */
	matrix->n = kept;
	map_fini(&map);
	return r;
}

static int index_labels(const struct matrix *matrix, struct map *map)
{
	if (map_reserve(map, matrix->n) < 0)
		return eval_no_memory(matrix->eval);
	for (uint32_t i = 0; i < matrix->n; i++) {
		struct labels labels = matrix->columns[i].labels;

		if (map_add(map, hash_bytes(labels.data, labels.size), i) < 0)
			return eval_no_memory(matrix->eval);
	}
	return 0;
}

static int extend_one(struct matrix *matrix, const struct map *map, const struct column *column, uint32_t from)
{
	uint32_t item = map_find(map, hash_bytes(column->labels.data, column->labels.size), &column->labels, has_labels, matrix);
	struct column *to = item == MAP_NONE ? matrix_add_empty(matrix, column->labels) : &matrix->columns[item];

	if (!to)
		return matrix->eval->err->code;
	memcpy(to->values + from, column->values, (matrix->points - from) * sizeof *to->values);
	return 0;
}

int matrix_extend(struct matrix *matrix, struct stream *stream, uint32_t from)
{
	struct map map = { 0 };
	struct column column;
	int r = index_labels(matrix, &map);

	if (r == 0)
		while ((r = stream_next(stream, &column)) > 0)
			if ((r = extend_one(matrix, &map, &column, from)) < 0)
				break;
	map_fini(&map);
	return r;
}

static int by_labels(const void *a, const void *b)
{
	return labels_compare(((const struct column *)a)->labels, ((const struct column *)b)->labels);
}

void matrix_sort(struct matrix *matrix)
{
	if (matrix->n > 1)
		qsort(matrix->columns, matrix->n, sizeof *matrix->columns, by_labels);
}

/* ---- as a stream ---- */

struct held {
	struct stream stream;
	struct matrix matrix;
	uint32_t next;
};

static int held_next(struct stream *stream, struct column *out)
{
	struct held *held = (struct held *)stream;

	if (held->next == held->matrix.n)
		return 0;
	*out = held->matrix.columns[held->next++];
	return 1;
}

static void held_close(struct stream *stream)
{
	struct held *held = (struct held *)stream;

	matrix_fini(&held->matrix);
	free(held);
}

int stream_of_matrix(struct eval *eval, const struct node *node, const struct steps *steps, struct matrix *matrix, struct stream **out)
{
	struct held *held = calloc(1, sizeof *held);

	if (!held) {
		matrix_fini(matrix);
		return eval_no_memory(eval);
	}
	held->stream = (struct stream){ held_next, held_close, eval, node, *steps };
	held->matrix = *matrix;
	matrix_init(matrix, eval, matrix->points);
	*out = &held->stream;
	return 0;
}

int stream_united(struct stream *inner, struct stream **out)
{
	struct matrix matrix;
	int r;

	matrix_init(&matrix, inner->eval, inner->steps.n);
	if ((r = matrix_collect(&matrix, inner)) == 0)
		r = matrix_unite(&matrix);
	if (r < 0)
		matrix_fini(&matrix);
	else
		r = stream_of_matrix(inner->eval, inner->node, &inner->steps, &matrix, out);
	stream_close(inner);
	return r;
}

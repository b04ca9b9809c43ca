/* SPDX-License-Identifier: MIT */
/*
 * binary_set.c - and, or, unless: what one side has at each point, by group, decides
 * what of the other passes. Of the deciding side marks are kept, one byte a point.
 *
 * `and` and `unless` read their right side first, then the left one passes. `or` lets
 * its left side pass, then what it did not cover of the right one. Series of both
 * sides with the same labels are one series of the answer, though, each with points
 * of its own: where that can be, the left side is held until the right one is read.
 */
#include "eval/binary.h"
#include "eval/grouping.h"
#include "eval/names.h"
#include "util/hash.h"

struct marks {
	struct grouping groups;
	uint8_t **marks;	/* of each group, one a point */
	uint32_t n, room;
};

struct set {
	struct stream stream;
	struct stream *left, *right;
	struct marks marks;	/* of the right side; of the left one for `or` */
	bool is_marked;		/* `and`, `unless`: the right side is read. `or`: the left one is */
	bool holds;		/* `or` */
	bool left_late, right_late;	/* `or`: the names of that side are there late */
	struct matrix held;
	struct map map;		/* of its labels */
	uint32_t given;
};

/* ---- marks ---- */

static int grow(struct marks *marks)
{
	struct eval *eval = marks->groups.eval;
	uint32_t room = marks->room ? marks->room * 2 : 16;
	uint8_t **more = eval_alloc(eval, room, sizeof *more);

	if (!more)
		return eval->err->code;
	if (marks->n)
		memcpy(more, marks->marks, marks->n * sizeof *more);
	eval_free(eval, marks->marks, marks->room, sizeof *more);
	marks->marks = more;
	marks->room = room;
	return 0;
}

static int marks_add(struct marks *marks, const struct column *column, uint32_t points)
{
	struct eval *eval = marks->groups.eval;
	uint32_t group;
	int r = grouping_add(&marks->groups, column->labels, &group);

	if (r == 0 && group == marks->n) {
		if (marks->n == marks->room && (r = grow(marks)) < 0)
			return r;
		if (!(marks->marks[group] = eval_alloc(eval, points, 1)))
			return eval->err->code;
		marks->n++;
	}
	for (uint32_t i = 0; r == 0 && i < points; i++)
		marks->marks[group][i] |= !is_absent(column->values[i]);
	return r;
}

static void marks_fini(struct marks *marks, uint32_t points)
{
	struct eval *eval = marks->groups.eval;

	for (uint32_t i = 0; i < marks->n; i++)
		eval_free(eval, marks->marks[i], points, 1);
	eval_free(eval, marks->marks, marks->room, sizeof *marks->marks);
	grouping_fini(&marks->groups);
}

/* Leaves the points that are marked, or those that are not. 1: some are left; 0: none; or an error. */
static int filter(struct marks *marks, struct column *column, uint32_t points, bool wanted)
{
	uint32_t group, left = 0;
	int r;

	group = grouping_find(&marks->groups, column->labels, &r);
	if (r < 0)
		return r;
	if (group == GROUP_NONE)
		return !wanted && !column_is_empty(column->values, points);
	for (uint32_t i = 0; i < points; i++) {
		if (marks->marks[group][i] != wanted)
			column->values[i] = absent();
		left += !is_absent(column->values[i]);
	}
	return left > 0;
}

/* ---- and, unless ---- */

static int mark_all(struct set *set, struct stream *side)
{
	struct column column;
	int r;

	set->is_marked = true;
	while ((r = stream_next(side, &column)) > 0)
		if ((r = marks_add(&set->marks, &column, set->stream.steps.n)) < 0)
			break;
	return r;
}

static int filtered_next(struct stream *stream, struct column *out)
{
	struct set *set = (struct set *)stream;
	bool wanted = stream->node->binary.op == BINARY_AND;
	int r = set->is_marked ? 0 : mark_all(set, set->right);

	if (r < 0)
		return r;
	do {
		if ((r = stream_next(set->left, out)) <= 0)
			return r;
		r = filter(&set->marks, out, stream->steps.n, wanted);
	} while (r == 0);
	return r;
}

/* ---- or ---- */

static bool has_labels(const void *owner, uint32_t item, const void *key)
{
	return labels_equal(((const struct matrix *)owner)->columns[item].labels, *(const struct labels *)key);
}

static int hold_left(struct set *set)
{
	struct column column;
	int r;

	set->is_marked = true;
	while ((r = stream_next(set->left, &column)) > 0) {
		if (column_is_empty(column.values, set->stream.steps.n))
			continue;
		column.late_name |= set->left_late;
		if ((r = marks_add(&set->marks, &column, set->stream.steps.n)) < 0 || (r = matrix_add(&set->held, &column)) < 0)
			return r;
		if (map_add(&set->map, hash_bytes(column.labels.data, column.labels.size), set->held.n - 1) < 0)
			return eval_no_memory(set->stream.eval);
	}
	return r;
}

/* Was it a series of the left side? Then that has its points now. */
static bool joins_held(struct set *set, const struct column *column)
{
	uint64_t hash = hash_bytes(column->labels.data, column->labels.size);
	uint32_t item = map_find(&set->map, hash, &column->labels, has_labels, &set->held);

	if (item == MAP_NONE)
		return false;
	for (uint32_t i = 0; i < set->stream.steps.n; i++)
		if (!is_absent(column->values[i]))
			set->held.columns[item].values[i] = column->values[i];
	set->held.columns[item].late_name |= column->late_name;
	return true;
}

static int rest_of_right(struct set *set, struct column *out)
{
	int r;

	do {
		if ((r = stream_next(set->right, out)) <= 0)
			return r;
		out->late_name |= set->right_late;
		r = filter(&set->marks, out, set->stream.steps.n, false);
	} while (r == 0 || (r > 0 && set->holds && joins_held(set, out)));
	return r;
}

static int held_or_next(struct set *set, struct column *out)
{
	int r = set->is_marked ? 0 : hold_left(set);

	if (r == 0 && !set->given)
		r = rest_of_right(set, out);
	if (r != 0 || set->given == set->held.n)
		return r;
	*out = set->held.columns[set->given++];
	return 1;
}

static int passing_or_next(struct set *set, struct column *out)
{
	int r = 0;

	while (!set->is_marked) {
		if ((r = stream_next(set->left, out)) < 0)
			return r;
		if (r == 0) {
			set->is_marked = true;
			break;
		}
		out->late_name |= set->left_late;
		if (!column_is_empty(out->values, set->stream.steps.n))
			return (r = marks_add(&set->marks, out, set->stream.steps.n)) < 0 ? r : 1;
	}
	return rest_of_right(set, out);
}

static int or_next(struct stream *stream, struct column *out)
{
	struct set *set = (struct set *)stream;

	return set->holds ? held_or_next(set, out) : passing_or_next(set, out);
}

/* ---- both ---- */

static void set_close(struct stream *stream)
{
	struct set *set = (struct set *)stream;

	stream_close(set->left);
	stream_close(set->right);
	marks_fini(&set->marks, stream->steps.n);
	matrix_fini(&set->held);
	map_fini(&set->map);
	free(set);
}

int stream_open_set(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	const struct binary *binary = &node->binary;
	const struct matching *matching = &binary->matching;
	struct set *set = calloc(1, sizeof *set);
	bool is_or = binary->op == BINARY_OR;
	int r;

	if (!set)
		return eval_no_memory(eval);
	set->stream = (struct stream){ is_or ? or_next : filtered_next, set_close, eval, node, *steps };
	grouping_init(&set->marks.groups, eval, matching->labels, matching->n_labels, !matching->on);
	matrix_init(&set->held, eval, steps->n);
	set->holds = is_or && steps->n > 1 && names_can_meet(node_names(binary->left), node_names(binary->right));
	set->left_late = is_or && node->late_name && node_name_is_late(binary->left);
	set->right_late = is_or && node->late_name && node_name_is_late(binary->right);
	if ((r = stream_open(eval, binary->left, steps, &set->left)) == 0)
		r = stream_open(eval, binary->right, steps, &set->right);
	if (r < 0)
		set_close(&set->stream);
	else
		*out = &set->stream;
	return r;
}

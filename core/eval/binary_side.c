/* SPDX-License-Identifier: MIT */
/*
 * binary_side.c - columns are kept as they come, in a chain for each group; a group
 * with several gets one column more that has the values of all. A point that is
 * taken twice is only noted: it is an error where the other side has something, and
 * none elsewhere.
 */
#include "eval/binary_side.h"
#include "eval/binary.h"
#include "model/labels_edit.h"

#include <errno.h>

void one_side_init(struct one_side *side, struct eval *eval, const struct matching *matching, uint32_t points, bool is_right)
{
	*side = (struct one_side){ .eval = eval, .points = points, .is_right = is_right };
	grouping_init(&side->groups, eval, matching->labels, matching->n_labels, !matching->on);
	matrix_init(&side->series, eval, points);
}

void one_side_fini(struct one_side *side)
{
	struct eval *eval = side->eval;

	for (uint32_t g = 0; g < side->groups.n && g < side->groups_room; g++) {
		struct one_group *group = &side->of[g];

		if (group->first != group->last)
			eval_free(eval, group->values, side->points, sizeof *group->values);
		eval_free(eval, group->matched, side->points, 1);
	}
	eval_free(eval, side->of, side->groups_room, sizeof *side->of);
	eval_free(eval, side->next, side->room, sizeof *side->next);
	eval_free(eval, side->twice, side->points, sizeof *side->twice);
	matrix_fini(&side->series);
	grouping_fini(&side->groups);
}

/* ---- reading ---- */

static void *grown(struct eval *eval, void *old, uint32_t *room, size_t size)
{
	uint32_t wanted = *room ? *room * 2 : 16;
	void *memory = eval_alloc(eval, wanted, size);

	if (!memory)
		return NULL;
	if (*room)
		memcpy(memory, old, *room * size);
	eval_free(eval, old, *room, size);
	*room = wanted;
	return memory;
}

static int make_room(struct one_side *side)
{
	void *memory;

	if (side->series.n >= side->room) {
		if (!(memory = grown(side->eval, side->next, &side->room, sizeof *side->next)))
			return side->eval->err->code;
		side->next = memory;
	}
	if (side->groups.n >= side->groups_room) {
		if (!(memory = grown(side->eval, side->of, &side->groups_room, sizeof *side->of)))
			return side->eval->err->code;
		side->of = memory;
	}
	return 0;
}

static int note_twice(struct one_side *side, uint32_t group, uint32_t point)
{
	if (!side->twice && !(side->twice = eval_alloc(side->eval, side->points, sizeof *side->twice)))
		return side->eval->err->code;
	if (!side->twice[point])
		side->twice[point] = group + 1;
	return 0;
}

/* A further series of a group. */
static int join(struct one_side *side, uint32_t number, uint32_t series)
{
	struct one_group *group = &side->of[number];
	const double *values = side->series.columns[series].values;
	int r;

	if (group->first == group->last) {
		double *all = eval_alloc(side->eval, side->points, sizeof *all);

		if (!all)
			return side->eval->err->code;
		memcpy(all, side->series.columns[group->first].values, side->points * sizeof *all);
		group->values = all;
	}
	side->next[group->last] = series;
	group->last = series;
	for (uint32_t i = 0; i < side->points; i++) {
		if (is_absent(values[i]))
			continue;
		if (!is_absent(group->values[i]) && (r = note_twice(side, number, i)) < 0)
			return r;
		group->values[i] = values[i];
	}
	return 0;
}

static int add(struct one_side *side, const struct column *column)
{
	uint32_t series = side->series.n, known, group;
	int r = make_room(side);

	known = side->groups.n;
	if (r < 0 || (r = matrix_add(&side->series, column)) < 0 || (r = grouping_add(&side->groups, column->labels, &group)) < 0)
		return r;
	side->next[series] = GROUP_NONE;
	if (group < known)
		return join(side, group, series);
	side->of[group] = (struct one_group){ series, series, side->series.columns[series].values, NULL };
	return 0;
}

int one_side_read(struct one_side *side, struct stream *stream)
{
	struct column column;
	int r;

	while ((r = stream_next(stream, &column)) > 0)
		if (!column_is_empty(column.values, side->points) && (r = add(side, &column)) < 0)
			break;
	return r;
}

/* ---- what is wrong ---- */

static bool is_plain_name(const struct label *label)
{
	for (uint32_t i = 0; i < label->name_len; i++) {
		char c = label->name[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (i && c >= '0' && c <= '9')))
			return false;
	}
	return true;
}

static void print_quoted(const char *text, uint32_t n, struct buf *out)
{
	buf_add_u8(out, '"');
	for (uint32_t i = 0; i < n; i++) {
		if (text[i] == '\n') {
			buf_add_text(out, "\\n");
			continue;
		}
		if (text[i] == '"' || text[i] == '\\')
			buf_add_u8(out, '\\');
		buf_add(out, &text[i], 1);
	}
	buf_add_u8(out, '"');
}

/* As Prometheus has it in messages: {__name__="up", job="a"} */
static void print_set(struct labels labels, struct buf *out)
{
	struct label label;
	uint32_t at = 0, n = 0;

	buf_add_u8(out, '{');
	while (labels_next(labels, &at, &label)) {
		buf_add_text(out, n++ ? ", " : "");
		if (is_plain_name(&label))
			buf_add(out, label.name, label.name_len);
		else
			print_quoted(label.name, label.name_len, out);
		buf_add_u8(out, '=');
		print_quoted(label.value, label.value_len, out);
	}
	buf_add_u8(out, '}');
}

/* The first two series of a group with a value at a point, in order of their labels. */
static void find_two(const struct one_side *side, uint32_t group, uint32_t point, struct labels found[2])
{
	uint32_t n = 0;

	for (uint32_t s = side->of[group].first; s != GROUP_NONE && n < 2; s = side->next[s])
		if (!is_absent(side->series.columns[s].values[point]))
			found[n++] = side->series.columns[s].labels;
	if (n == 2 && labels_compare(found[0], found[1]) > 0) {
		struct labels first = found[1];

		found[1] = found[0];
		found[0] = first;
	}
}

static int say_twice(struct one_side *side, uint32_t point)
{
	uint32_t group = side->twice[point] - 1;
	struct labels two[2] = { { NULL, 0 }, { NULL, 0 } };
	AUTO_BUF text = { 0 };

	find_two(side, group, point, two);
	buf_add_text(&text, "found duplicate series for the match group ");
	print_set(grouping_labels(&side->groups, group), &text);
	buf_printf(&text, " on the %s hand-side of the operation: [", side->is_right ? "right" : "left");
	print_set(two[0], &text);
	buf_add_text(&text, ", ");
	print_set(two[1], &text);
	buf_add_text(&text, "];many-to-many matching not allowed: matching labels must be unique on one side");
	if (!buf_text(&text))
		return eval_no_memory(side->eval);
	return error_set(side->eval->err, -EINVAL, "%s", (const char *)text.data);
}

int one_side_check(struct one_side *side, const double *values)
{
	for (uint32_t i = 0; side->twice && i < side->points; i++)
		if (side->twice[i] && !is_absent(values[i]))
			return say_twice(side, i);
	return 0;
}

int one_side_see(struct one_side *side, uint32_t group, const double *values)
{
	struct one_group *of = &side->of[group];

	if (!of->matched && !(of->matched = eval_alloc(side->eval, side->points, 1)))
		return side->eval->err->code;
	for (uint32_t i = 0; i < side->points; i++)
		of->matched[i] |= !is_absent(values[i]);
	return 0;
}

int one_side_match(struct one_side *side, uint32_t group, const double *values)
{
	struct one_group *of = &side->of[group];

	if (!of->matched && !(of->matched = eval_alloc(side->eval, side->points, 1)))
		return side->eval->err->code;
	for (uint32_t i = 0; i < side->points; i++) {
		uint8_t is_match = !is_absent(values[i]) && !is_absent(of->values[i]);

		if (is_match && of->matched[i])
			return error_set(side->eval->err, -EINVAL,
					 "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
		of->matched[i] |= is_match;
	}
	return 0;
}

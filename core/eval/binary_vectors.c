/* SPDX-License-Identifier: MIT */
/*
 * binary_vectors.c - arithmetic and comparisons between two vectors. The one side is
 * held (binary_side.h), the other, of which there may be many, passes by.
 *
 * Where the labels of a result are sure to come from no other series it passes on at
 * once. Elsewhere results are held until all are known: some are parts of one series,
 * and where two have a value at one point the query is in error.
 *
 * fill() puts a number in the place of a partner that is missing: behind each of the
 * many that lack one, and at the end for each group that none of the many was in.
 */
#include "eval/arithmetic.h"
#include "eval/binary.h"
#include "eval/binary_side.h"
#include "eval/names.h"
#include "model/labels_edit.h"
#include "util/hash.h"

#include <errno.h>

struct result_key {
	uint32_t group;
	struct labels labels;
};

struct vectors {
	struct stream stream;
	struct stream *many, *one_stream;
	struct one_side one;
	bool is_swapped;		/* group_right: the many stand on the right */
	bool passes;			/* results need not be held */
	struct fill fill_many, fill_one;
	double *filled;			/* one number, where a partner is missing */
	bool is_read;
	struct buf labels, scratch;
	/* results that are held */
	struct matrix results;
	uint32_t *groups;		/* of each */
	uint8_t **matched;		/* of each: points that had a partner, of a filter; else NULL */
	uint32_t room, n_matched, given;
	struct map map;
	double *values;
};

/* ---- labels of a result ---- */

/* Those of the many side, or of the left one; without what the matching takes away. */
static void base_labels(struct vectors *all, struct labels many, struct buf *out)
{
	const struct binary *binary = &all->stream.node->binary;
	const struct matching *matching = &binary->matching;
	bool drops_name = binary_drops_name(binary);

	if (matching->card != ONE_TO_ONE) {
		labels_drop(many, NULL, 0, drops_name, out);
		return;
	}
	if (!matching->on) {
		labels_drop(many, matching->labels, matching->n_labels, drops_name, out);
		return;
	}
	buf_clear(&all->scratch);
	labels_keep(many, matching->labels, matching->n_labels, &all->scratch);
	labels_drop(labels_in(&all->scratch), NULL, 0, drops_name, out);
	out->failed |= buf_failed(&all->scratch);
}

/* group_left(names): as the one side has them, or not at all. */
static void include_labels(struct vectors *all, struct labels one)
{
	const struct matching *matching = &all->stream.node->binary.matching;
	bool failed = buf_failed(&all->labels);

	for (uint32_t i = 0; i < matching->n_include; i++) {
		struct buf before = all->labels;
		struct label label;

		labels_find(one, matching->include[i], &label);
		buf_clear(&all->scratch);
		labels_set(labels_in(&before), matching->include[i], label.value, label.value_len, &all->scratch);
		failed |= buf_failed(&all->scratch);
		all->labels = all->scratch;
		all->scratch = before;
	}
	all->labels.failed |= failed;
}

static int result_labels(struct vectors *all, struct labels many, struct labels one)
{
	buf_clear(&all->labels);
	base_labels(all, many, &all->labels);
	include_labels(all, one);
	return buf_failed(&all->labels) ? eval_no_memory(all->stream.eval) : 0;
}

/* ---- values of a result ---- */

/* What a comparison keeps is always the value on the left. */
static void combine(const struct vectors *all, const double *many, const double *one, double *out)
{
	const struct binary *binary = &all->stream.node->binary;

	if (all->is_swapped)
		columns_combine(binary, one, many, one, out, all->stream.steps.n);
	else
		columns_combine(binary, many, one, many, out, all->stream.steps.n);
}

/* ---- results that are held ---- */

static bool has_key(const void *owner, uint32_t item, const void *key)
{
	const struct vectors *all = owner;
	const struct result_key *wanted = key;

	return all->groups[item] == wanted->group && labels_equal(all->results.columns[item].labels, wanted->labels);
}

static int make_room(struct vectors *all)
{
	struct eval *eval = all->stream.eval;
	uint32_t room = all->room ? all->room * 2 : 16;
	uint32_t *groups = eval_alloc(eval, room, sizeof *groups);
	uint8_t **matched = groups ? eval_alloc(eval, room, sizeof *matched) : NULL;

	if (!matched) {
		eval_free(eval, groups, room, sizeof *groups);
		return eval->err->code;
	}
	if (all->room) {
		memcpy(groups, all->groups, all->room * sizeof *groups);
		memcpy(matched, all->matched, all->room * sizeof *matched);
	}
	eval_free(eval, all->groups, all->room, sizeof *groups);
	eval_free(eval, all->matched, all->room, sizeof *matched);
	all->groups = groups;
	all->matched = matched;
	all->room = room;
	return 0;
}

static bool is_filter(const struct binary *binary)
{
	return is_comparison(binary->op) && !binary->returns_bool;
}

static int new_result(struct vectors *all, const struct result_key *key, uint64_t hash)
{
	struct eval *eval = all->stream.eval;
	uint32_t item = all->results.n;
	int r = item == all->room ? make_room(all) : 0;

	if (r < 0)
		return r;
	all->groups[item] = key->group;
	if (is_filter(&all->stream.node->binary) && !(all->matched[item] = eval_alloc(eval, all->stream.steps.n, 1)))
		return eval->err->code;
	all->n_matched = item + 1;
	if (!matrix_add_empty(&all->results, key->labels))
		return eval->err->code;
	return map_add(&all->map, hash, item) < 0 ? eval_no_memory(eval) : 0;
}

static int say_matched(struct vectors *all)
{
	return error_set(all->stream.eval->err, -EINVAL, "multiple matches for labels: grouping labels must ensure unique matches");
}

/* all->values, which come of those two columns, to the result with all->labels. */
static int hold_result(struct vectors *all, uint32_t group, const double *many, const double *one)
{
	struct result_key key = { group, labels_in(&all->labels) };
	uint64_t hash = hash_bytes(key.labels.data, key.labels.size) ^ group;
	uint32_t item = map_find(&all->map, hash, &key, has_key, all);
	double *values;
	int r;

	if (item == MAP_NONE) {
		item = all->results.n;
		if ((r = new_result(all, &key, hash)) < 0)
			return r;
	}
	values = all->results.columns[item].values;
	for (uint32_t i = 0; i < all->stream.steps.n; i++) {
		if (is_absent(many[i]) || is_absent(one[i]))
			continue;
		if (!is_absent(values[i]) || (all->matched[item] && all->matched[item][i]))
			return say_matched(all);
		values[i] = all->values[i];
		if (all->matched[item])
			all->matched[item][i] = 1;
	}
	return 0;
}

/* One result for each series of the group, whose labels are included; or one for all of them. */
static int hold_results(struct vectors *all, uint32_t group, const struct column *many)
{
	const struct one_group *of = &all->one.of[group];
	bool includes = all->stream.node->binary.matching.n_include > 0;
	int r = 0;

	for (uint32_t s = of->first; r == 0 && s != GROUP_NONE; s = includes ? all->one.next[s] : GROUP_NONE) {
		const struct column *one = &all->one.series.columns[s];
		const double *values = includes ? one->values : of->values;

		combine(all, many->values, values, all->values);
		if ((r = result_labels(all, many->labels, one->labels)) == 0)
			r = hold_result(all, group, many->values, values);
	}
	return r;
}

/* ---- the many side ---- */

/* The next of them that has partners, and their group. 1, 0 or an error. */
static int next_with_group(struct vectors *all, struct column *many, uint32_t *group)
{
	int r;

	do {
		if ((r = stream_next(all->many, many)) <= 0 || (r = one_side_check(&all->one, many->values)) < 0)
			return r;
		*group = grouping_find(&all->one.groups, many->labels, &r);
	} while (r == 0 && *group == GROUP_NONE && !all->fill_one.is_set);
	return r < 0 ? r : 1;
}

static int match(struct vectors *all, uint32_t group, const struct column *many)
{
	bool is_one_to_one = all->stream.node->binary.matching.card == ONE_TO_ONE;
	int r = 0;

	if (group == GROUP_NONE)
		return 0;
	if (is_one_to_one)
		r = one_side_match(&all->one, group, many->values);
	else if (all->fill_many.is_set)
		r = one_side_see(&all->one, group, many->values);
	return r < 0 ? r : hold_results(all, group, many);
}

/* ---- partners that are missing ---- */

/* Where one of the many has a value and its group has none. What would be included is missing too. */
static int fill_one(struct vectors *all, uint32_t group, const struct column *many)
{
	const double *one = group == GROUP_NONE ? NULL : all->one.of[group].values;
	uint32_t n = 0;
	int r;

	for (uint32_t i = 0; i < all->stream.steps.n; i++) {
		bool lacks = !is_absent(many->values[i]) && (!one || is_absent(one[i]));

		all->filled[i] = lacks ? all->fill_one.value : absent();
		n += lacks;
	}
	if (!n)
		return 0;
	combine(all, many->values, all->filled, all->values);
	r = result_labels(all, many->labels, (struct labels){ NULL, 0 });
	return r < 0 ? r : hold_result(all, group, many->values, all->filled);
}

/* Where a series of a group has a value and none of the many was in it: one result, with the labels that they would share. */
static int fill_many(struct vectors *all, uint32_t group, const struct column *one)
{
	const uint8_t *matched = all->one.of[group].matched;
	uint32_t n = 0;
	int r;

	for (uint32_t i = 0; i < all->stream.steps.n; i++) {
		bool lacks = !is_absent(one->values[i]) && !(matched && matched[i]);

		all->filled[i] = lacks ? all->fill_many.value : absent();
		n += lacks;
	}
	if (!n)
		return 0;
	combine(all, all->filled, one->values, all->values);
	r = result_labels(all, grouping_labels(&all->one.groups, group), one->labels);
	return r < 0 ? r : hold_result(all, group, all->filled, one->values);
}

static int fill_groups(struct vectors *all)
{
	int r = 0;

	for (uint32_t i = 0; i < all->stream.steps.n; i++)
		all->filled[i] = all->fill_many.value;
	if ((r = one_side_check(&all->one, all->filled)) < 0)	/* a partner for each is one too many where two share it */
		return r;
	for (uint32_t g = 0; r == 0 && g < all->one.groups.n; g++)
		for (uint32_t s = all->one.of[g].first; r == 0 && s != GROUP_NONE; s = all->one.next[s])
			r = fill_many(all, g, &all->one.series.columns[s]);
	return r;
}

static int hold_all(struct vectors *all)
{
	struct column many;
	uint32_t group;
	int r;

	while ((r = next_with_group(all, &many, &group)) > 0) {
		if ((r = match(all, group, &many)) == 0 && all->fill_one.is_set)
			r = fill_one(all, group, &many);
		if (r < 0)
			return r;
	}
	if (r == 0 && all->fill_many.is_set)
		r = fill_groups(all);
	return r < 0 ? r : matrix_unite(&all->results);
}

static int pass_next(struct vectors *all, struct column *out)
{
	struct column many;
	uint32_t group;
	int r = next_with_group(all, &many, &group);

	if (r <= 0)
		return r;
	combine(all, many.values, all->one.of[group].values, many.values);
	if ((r = result_labels(all, many.labels, (struct labels){ NULL, 0 })) < 0)
		return r;
	*out = (struct column){ labels_in(&all->labels), many.values };
	return 1;
}

static int vectors_next(struct stream *stream, struct column *out)
{
	struct vectors *all = (struct vectors *)stream;
	int r = 0;

	if (!all->is_read) {
		all->is_read = true;
		r = one_side_read(&all->one, all->one_stream);
		if (r == 0 && !all->passes)
			r = hold_all(all);
	}
	if (r < 0 || all->passes)
		return r < 0 ? r : pass_next(all, out);
	if (all->given == all->results.n)
		return 0;
	*out = all->results.columns[all->given++];
	return 1;
}

/* ---- opening ---- */

static void vectors_close(struct stream *stream)
{
	struct vectors *all = (struct vectors *)stream;
	struct eval *eval = stream->eval;

	stream_close(all->many);
	stream_close(all->one_stream);
	one_side_fini(&all->one);
	for (uint32_t i = 0; i < all->n_matched; i++)
		eval_free(eval, all->matched[i], stream->steps.n, 1);
	eval_free(eval, all->matched, all->room, sizeof *all->matched);
	eval_free(eval, all->groups, all->room, sizeof *all->groups);
	eval_free(eval, all->values, stream->steps.n, sizeof *all->values);
	eval_free(eval, all->filled, stream->steps.n, sizeof *all->filled);
	matrix_fini(&all->results);
	map_fini(&all->map);
	buf_fini(&all->labels);
	buf_fini(&all->scratch);
	free(all);
}

/* Do the labels of a result tell which series it came of? */
static bool tells(const struct binary *binary, const struct node *many)
{
	const struct matching *matching = &binary->matching;

	if (matching->card == ONE_TO_ONE ? matching->on || matching->n_labels : matching->n_include)
		return false;
	/* Between one and one no two may meet the same partner, and they might with different names. */
	return !node_has_many_names(many) || (matching->card != ONE_TO_ONE && !binary_drops_name(binary));
}

static int open_sides(struct vectors *all, const struct node *many, const struct node *one)
{
	const struct steps *steps = &all->stream.steps;
	struct eval *eval = all->stream.eval;
	int r = stream_open(eval, many, steps, &all->many);

	if (r == 0)
		r = stream_open(eval, one, steps, &all->one_stream);
	if (r == 0 && !((all->values = eval_alloc(eval, steps->n, sizeof *all->values)) &&
			(all->filled = eval_alloc(eval, steps->n, sizeof *all->filled))))
		r = eval->err->code;
	return r;
}

int stream_open_vectors(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	const struct binary *binary = &node->binary;
	bool is_swapped = binary->matching.card == ONE_TO_MANY;
	const struct node *many = is_swapped ? binary->right : binary->left, *one = is_swapped ? binary->left : binary->right;
	struct vectors *all = calloc(1, sizeof *all);
	int r;

	if (!all)
		return eval_no_memory(eval);
	all->stream = (struct stream){ vectors_next, vectors_close, eval, node, *steps };
	all->is_swapped = is_swapped;
	all->fill_many = is_swapped ? binary->matching.fill_right : binary->matching.fill_left;
	all->fill_one = is_swapped ? binary->matching.fill_left : binary->matching.fill_right;
	all->passes = tells(binary, many) && !all->fill_many.is_set && !all->fill_one.is_set;
	one_side_init(&all->one, eval, &binary->matching, steps->n, !is_swapped);
	matrix_init(&all->results, eval, steps->n);
	if ((r = open_sides(all, many, one)) < 0)
		vectors_close(&all->stream);
	else
		*out = &all->stream;
	return r;
}

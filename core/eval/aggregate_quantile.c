/* SPDX-License-Identifier: MIT */
/*
 * aggregate_quantile.c - quantile(q, ...): the one aggregator that must hold all
 * values. They are taken from the columns a few points at a time, so that each line
 * of the cache is used whole.
 */
#include "eval/aggregate.h"
#include "eval/matrix.h"
#include "eval/statistics.h"

enum { POINTS_AT_ONCE = 8 };

struct quantiles {
	struct aggregation base;
	struct matrix matrix;		/* all columns, without labels */
	uint32_t *group_of;		/* of each */
	uint32_t *members, *firsts;	/* columns by group; where each group begins, and the end */
	double *values;			/* the result */
	double *some[POINTS_AT_ONCE];	/* of one group at some points; in one piece of memory */
	uint32_t room, most, given;
	bool is_read;
};

/* ---- columns in, by group ---- */

static int remember(struct quantiles *all, uint32_t group)
{
	struct eval *eval = all->base.stream.eval;

	if (all->matrix.n == all->room) {
		uint32_t room = all->room ? all->room * 2 : 64;
		uint32_t *group_of = eval_alloc(eval, room, sizeof *group_of);

		if (!group_of)
			return eval->err->code;
		if (all->room)
			memcpy(group_of, all->group_of, all->room * sizeof *group_of);
		eval_free(eval, all->group_of, all->room, sizeof *group_of);
		all->group_of = group_of;
		all->room = room;
	}
	all->group_of[all->matrix.n] = group;
	return 0;
}

static int add(struct quantiles *all, struct column *column)
{
	uint32_t group;
	int r = aggregation_group(&all->base, column, &group);

	if (r == 0)
		r = remember(all, group);
	column->labels.size = 0;
	return r < 0 ? r : matrix_add(&all->matrix, column);
}

static void sort_by_group(struct quantiles *all)
{
	uint32_t n = all->base.groups.n;

	for (uint32_t i = 0; i < all->matrix.n; i++)
		all->firsts[all->group_of[i] + 1]++;
	for (uint32_t g = 0; g < n; g++) {
		if (all->firsts[g + 1] > all->most)
			all->most = all->firsts[g + 1];
		all->firsts[g + 1] += all->firsts[g];
	}
	for (uint32_t i = 0; i < all->matrix.n; i++)
		all->members[all->firsts[all->group_of[i]]++] = i;
	for (uint32_t g = n; g > 0; g--)
		all->firsts[g] = all->firsts[g - 1];
	all->firsts[0] = 0;
}

static int read_all(struct quantiles *all)
{
	struct eval *eval = all->base.stream.eval;
	struct column column;
	int r;

	all->is_read = true;
	while ((r = stream_next(all->base.inner, &column)) > 0)
		if ((r = add(all, &column)) < 0)
			break;
	if (r < 0)
		return r;
	all->members = eval_alloc(eval, all->matrix.n, sizeof *all->members);
	all->firsts = all->members ? eval_alloc(eval, (size_t)all->base.groups.n + 1, sizeof *all->firsts) : NULL;
	if (!all->firsts)
		return eval->err->code;
	sort_by_group(all);
	all->some[0] = eval_alloc(eval, (size_t)all->most * POINTS_AT_ONCE, sizeof *all->some[0]);
	all->values = all->some[0] ? eval_alloc(eval, all->base.stream.steps.n, sizeof *all->values) : NULL;
	if (!all->values)
		return eval->err->code;
	for (uint32_t i = 1; i < POINTS_AT_ONCE; i++)
		all->some[i] = all->some[0] + (size_t)i * all->most;
	return 0;
}

/* ---- groups out ---- */

static void some_points(struct quantiles *all, uint32_t group, uint32_t from, uint32_t n)
{
	uint32_t counts[POINTS_AT_ONCE] = { 0 };

	for (uint32_t m = all->firsts[group]; m < all->firsts[group + 1]; m++) {
		const double *v = all->matrix.columns[all->members[m]].values + from;

		for (uint32_t i = 0; i < n; i++)
			if (!is_absent(v[i]))
				all->some[i][counts[i]++] = v[i];
	}
	for (uint32_t i = 0; i < n; i++)
		all->values[from + i] = counts[i] ? values_quantile(all->base.param[from + i], all->some[i], counts[i]) : absent();
}

static int quantiles_next(struct stream *stream, struct column *out)
{
	struct quantiles *all = (struct quantiles *)stream;
	int r = all->is_read ? 0 : read_all(all);
	uint32_t n = stream->steps.n;

	if (r < 0 || all->given == all->base.groups.n)
		return r;
	for (uint32_t from = 0; from < n; from += POINTS_AT_ONCE) {
		some_points(all, all->given, from, n - from < POINTS_AT_ONCE ? n - from : POINTS_AT_ONCE);
		if ((r = eval_check(stream->eval, 0)) < 0)
			return r;
	}
	*out = aggregation_column(&all->base, all->given++, all->values);
	return 1;
}

static void quantiles_close(struct stream *stream)
{
	struct quantiles *all = (struct quantiles *)stream;
	struct eval *eval = stream->eval;

	eval_free(eval, all->values, stream->steps.n, sizeof *all->values);
	eval_free(eval, all->some[0], (size_t)all->most * POINTS_AT_ONCE, sizeof *all->some[0]);
	eval_free(eval, all->firsts, (size_t)all->base.groups.n + 1, sizeof *all->firsts);
	eval_free(eval, all->members, all->matrix.n, sizeof *all->members);
	eval_free(eval, all->group_of, all->room, sizeof *all->group_of);
	matrix_fini(&all->matrix);
	aggregation_close(&all->base);
	free(all);
}

int stream_open_quantile(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	struct quantiles *all = calloc(1, sizeof *all);
	int r;

	if (!all)
		return eval_no_memory(eval);
	all->base.stream = (struct stream){ quantiles_next, quantiles_close, eval, node, *steps };
	matrix_init(&all->matrix, eval, steps->n);
	if ((r = aggregation_open(&all->base, eval, node, steps)) == 0)
		r = aggregation_is_empty(&all->base);
	if (r < 0)
		quantiles_close(&all->base.stream);
	else
		*out = &all->base.stream;
	return r;
}

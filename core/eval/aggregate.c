/* SPDX-License-Identifier: MIT */
/*
 * aggregate.c - sum avg min max count group stddev stdvar: each column that comes
 * in is added to the tally of its group and forgotten.
 */
#include "eval/aggregate.h"
#include "eval/tally.h"

struct tallies {
	struct aggregation base;
	struct tally *tallies;		/* of each group */
	uint32_t n, room, given;
	bool is_read;
};

static int grow(struct tallies *all)
{
	struct eval *eval = all->base.stream.eval;
	uint32_t room = all->room ? all->room * 2 : 16;
	struct tally *tallies = eval_alloc(eval, room, sizeof *tallies);

	if (!tallies)
		return eval->err->code;
	if (all->n)
		memcpy(tallies, all->tallies, all->n * sizeof *tallies);
	eval_free(eval, all->tallies, all->room, sizeof *tallies);
	all->tallies = tallies;
	all->room = room;
	return 0;
}

static int new_tally(struct tallies *all)
{
	int r = all->n == all->room ? grow(all) : 0;

	if (r == 0)
		r = tally_init(&all->tallies[all->n], all->base.stream.eval, all->base.op, all->base.stream.steps.n);
	all->n += r == 0;
	return r;
}

static int add(struct tallies *all, const struct column *column)
{
	uint32_t group;
	int r = grouping_add(&all->base.groups, column->labels, &group);

	if (r == 0 && group == all->n)
		r = new_tally(all);
	if (r == 0)
		tally_add(&all->tallies[group], all->base.op, column->values, all->base.stream.steps.n);
	return r;
}

static int read_all(struct tallies *all)
{
	struct column column;
	int r;

	while ((r = stream_next(all->base.inner, &column)) > 0)
		if ((r = add(all, &column)) < 0)
			break;
	all->is_read = true;
	return r;
}

static int tallies_next(struct stream *stream, struct column *out)
{
	struct tallies *all = (struct tallies *)stream;
	int r = all->is_read ? 0 : read_all(all);

	if (r < 0 || all->given == all->n)
		return r;
	tally_finish(&all->tallies[all->given], all->base.op, stream->steps.n);
	*out = (struct column){ grouping_labels(&all->base.groups, all->given), all->tallies[all->given].value };
	all->given++;
	return 1;
}

static void tallies_close(struct stream *stream)
{
	struct tallies *all = (struct tallies *)stream;

	for (uint32_t i = 0; i < all->n; i++)
		tally_fini(&all->tallies[i], stream->eval, all->base.op, stream->steps.n);
	eval_free(stream->eval, all->tallies, all->room, sizeof *all->tallies);
	aggregation_close(&all->base);
	free(all);
}

static int open_tallies(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	struct tallies *all = calloc(1, sizeof *all);
	int r;

	if (!all)
		return eval_no_memory(eval);
	all->base.stream = (struct stream){ tallies_next, tallies_close, eval, node, *steps };
	r = aggregation_open(&all->base, eval, node, steps);
	if (r < 0)
		tallies_close(&all->base.stream);
	else
		*out = &all->base.stream;
	return r;
}

/* ---- what all have ---- */

int aggregation_open(struct aggregation *aggregation, struct eval *eval, const struct node *node, const struct steps *steps)
{
	const struct aggregate *aggregate = &node->aggregate;
	int r = 0;

	aggregation->op = aggregate->op;
	grouping_init(&aggregation->groups, eval, aggregate->labels, aggregate->n_labels, aggregate->without);
	if (aggregate->param && aggregate->op != AGGREGATE_COUNT_VALUES) {
		aggregation->param = eval_alloc(eval, steps->n, sizeof *aggregation->param);
		r = aggregation->param ? eval_scalar(eval, aggregate->param, steps, aggregation->param) : eval->err->code;
	}
	return r < 0 ? r : stream_open(eval, aggregate->inner, steps, &aggregation->inner);
}

void aggregation_close(struct aggregation *aggregation)
{
	struct eval *eval = aggregation->stream.eval;

	stream_close(aggregation->inner);
	if (aggregation->groups.eval)
		grouping_fini(&aggregation->groups);
	eval_free(eval, aggregation->param, aggregation->stream.steps.n, sizeof *aggregation->param);
}

int stream_open_aggregate(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	switch (node->aggregate.op) {
	case AGGREGATE_TOPK:
	case AGGREGATE_BOTTOMK:
		return stream_open_top(eval, node, steps, out);
	case AGGREGATE_QUANTILE:
		return stream_open_quantile(eval, node, steps, out);
	case AGGREGATE_COUNT_VALUES:
		return stream_open_count_values(eval, node, steps, out);
	case AGGREGATE_LIMITK:
	case AGGREGATE_LIMIT_RATIO:
		return stream_open_limit(eval, node, steps, out);
	default:
		return open_tallies(eval, node, steps, out);
	}
}

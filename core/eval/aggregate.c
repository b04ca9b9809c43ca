/* SPDX-License-Identifier: MIT */
/*
 * aggregate.c - sum avg min max count group stddev stdvar: each column that comes
 * in is added to the tally of its group and forgotten.
 */
#include "eval/aggregate.h"
#include "eval/matrix.h"
#include "eval/names.h"
#include "eval/tally.h"
#include "model/labels_edit.h"

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
	int r = aggregation_group(&all->base, column, &group);

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
	*out = aggregation_column(&all->base, all->given, all->tallies[all->given].value);
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

int aggregation_group(struct aggregation *aggregation, const struct column *column, uint32_t *group)
{
	int r = grouping_add(&aggregation->groups, column->labels, group);

	if (r == 0 && column->late_name)
		aggregation->groups.late[*group] = true;
	return r;
}

struct column aggregation_column(const struct aggregation *aggregation, uint32_t group, double *values)
{
	return (struct column){ grouping_labels(&aggregation->groups, group), values, aggregation->groups.late[group] };
}

void aggregation_close(struct aggregation *aggregation)
{
	struct eval *eval = aggregation->stream.eval;

	stream_close(aggregation->inner);
	if (aggregation->groups.eval)
		grouping_fini(&aggregation->groups);
	eval_free(eval, aggregation->param, aggregation->stream.steps.n, sizeof *aggregation->param);
}

/* ---- groups that lose their name ---- */

struct nameless {
	struct stream stream;
	struct stream *inner;
	bool all;
	struct buf labels;
};

static int nameless_next(struct stream *stream, struct column *out)
{
	struct nameless *nameless = (struct nameless *)stream;
	int r = stream_next(nameless->inner, out);

	if (r <= 0 || !(nameless->all || out->late_name))
		return r;
	buf_clear(&nameless->labels);
	labels_without_name(out->labels, &nameless->labels);
	out->labels = labels_in(&nameless->labels);
	out->late_name = false;
	return buf_failed(&nameless->labels) ? eval_no_memory(stream->eval) : 1;
}

static void nameless_close(struct stream *stream)
{
	struct nameless *nameless = (struct nameless *)stream;

	stream_close(nameless->inner);
	buf_fini(&nameless->labels);
	free(nameless);
}

/* Takes the inner stream over, also when it fails. */
static int open_nameless(struct stream *inner, struct stream **out)
{
	struct nameless *nameless = calloc(1, sizeof *nameless);

	if (!nameless) {
		struct eval *eval = inner->eval;

		stream_close(inner);
		return eval_no_memory(eval);
	}
	nameless->stream = (struct stream){ nameless_next, nameless_close, inner->eval, inner->node, inner->steps };
	nameless->inner = inner;
	nameless->all = aggregate_drops_name(inner->node);
	return stream_united(&nameless->stream, out);
}

/* What a selector gives has its name for good. */
static bool may_lose_name(const struct node *node)
{
	return !node->late_name && aggregate_has_name(&node->aggregate) && node->aggregate.inner->kind != NODE_SELECTOR && node->aggregate.op != AGGREGATE_TOPK &&
	       node->aggregate.op != AGGREGATE_BOTTOMK && node->aggregate.op != AGGREGATE_LIMITK && node->aggregate.op != AGGREGATE_LIMIT_RATIO;
}

static int open_groups(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
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

int stream_open_aggregate(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	struct stream *groups = NULL;
	int r = open_groups(eval, node, steps, &groups);

	if (r == 0 && may_lose_name(node))
		return open_nameless(groups, out);
	*out = groups;
	return r;
}

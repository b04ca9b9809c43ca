/* SPDX-License-Identifier: MIT */
/*
 * aggregate_limit.c - limitk(k, ...): the first k series of each group at each
 * point; limit_ratio(r, ...): a sample of all series, always the same ones. Series
 * pass one by one, with some of their values taken out.
 */
#include "eval/aggregate.h"
#include "model/labels_edit.h"
#include "util/hash.h"

struct limited {
	struct aggregation base;
	uint32_t **taken;	/* limitk: by group, how many at each point */
	uint32_t n, room;
	struct buf bytes;
	bool is_empty;
};

/* ---- limitk ---- */

static int grow(struct limited *all)
{
	struct eval *eval = all->base.stream.eval;
	uint32_t room = all->room ? all->room * 2 : 16;
	uint32_t **taken = eval_alloc(eval, room, sizeof *taken);

	if (!taken)
		return eval->err->code;
	if (all->n)
		memcpy(taken, all->taken, all->n * sizeof *taken);
	eval_free(eval, all->taken, all->room, sizeof *taken);
	all->taken = taken;
	all->room = room;
	return 0;
}

static int new_group(struct limited *all)
{
	struct eval *eval = all->base.stream.eval;
	int r = all->n == all->room ? grow(all) : 0;

	if (r < 0)
		return r;
	all->taken[all->n] = eval_alloc(eval, all->base.stream.steps.n, sizeof **all->taken);
	if (!all->taken[all->n])
		return eval->err->code;
	all->n++;
	return 0;
}

/* 1: some of it is left. */
static int first_k(struct limited *all, struct column *column)
{
	uint32_t points = all->base.stream.steps.n, group, *taken, left = 0;
	int r = grouping_add(&all->base.groups, column->labels, &group);

	if (r == 0 && group == all->n)
		r = new_group(all);
	if (r < 0)
		return r;
	taken = all->taken[group];
	for (uint32_t i = 0; i < points; i++) {
		if (is_absent(column->values[i]))
			continue;
		if ((double)taken[i] + 1 > all->base.param[i]) {
			column->values[i] = absent();
			continue;
		}
		taken[i]++;
		left++;
	}
	return left > 0;
}

/* Where all series are one group and every point has its k, no more need be read. */
static bool is_done(const struct limited *all)
{
	if (all->is_empty)
		return true;
	if (all->base.op != AGGREGATE_LIMITK || all->base.groups.without || all->base.groups.n_names || !all->n)
		return false;
	for (uint32_t i = 0; i < all->base.stream.steps.n; i++)
		if ((double)all->taken[0][i] + 1 <= all->base.param[i])
			return false;
	return true;
}

/* ---- limit_ratio ---- */

static void add_text(struct buf *out, const char *text, uint32_t n)
{
	if (n < 255) {
		buf_add_u8(out, (uint8_t)n);
	} else {
		buf_add_u8(out, 255);
		buf_add_u8(out, (uint8_t)n);
		buf_add_u8(out, (uint8_t)(n >> 8));
		buf_add_u8(out, (uint8_t)(n >> 16));
	}
	buf_add(out, text, n);
}

/*
 * Where in [0, 1] a series stands. XXH64 of the labels in the layout in which
 * Prometheus holds them, so that both take the same series.
 */
static int place_of(struct limited *all, struct labels labels, double *place)
{
	struct label label;
	uint32_t at = 0;

	buf_clear(&all->bytes);
	while (labels_next(labels, &at, &label)) {
		add_text(&all->bytes, label.name, label.name_len);
		add_text(&all->bytes, label.value, label.value_len);
	}
	if (buf_failed(&all->bytes))
		return eval_no_memory(all->base.stream.eval);
	*place = (double)XXH64(all->bytes.data, all->bytes.len, 0) / 0x1p64;
	return 0;
}

/* r takes what stands below it, r - 1 all the others. */
static bool is_sampled(double place, double ratio)
{
	if (ratio >= 0)
		return place < (ratio > 1 ? 1 : ratio);
	return place >= 1 + (ratio < -1 ? -1 : ratio);
}

static int sampled(struct limited *all, struct column *column)
{
	uint32_t points = all->base.stream.steps.n, left = 0;
	double place = 0;
	int r = place_of(all, column->labels, &place);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < points; i++) {
		if (!is_sampled(place, all->base.param[i]))
			column->values[i] = absent();
		left += !is_absent(column->values[i]);
	}
	return left > 0;
}

/* ---- the stream ---- */

static int limited_next(struct stream *stream, struct column *out)
{
	struct limited *all = (struct limited *)stream;
	int r;

	if (is_done(all))
		return 0;
	do {
		if ((r = stream_next(all->base.inner, out)) <= 0)
			return r;
		r = all->base.op == AGGREGATE_LIMITK ? first_k(all, out) : sampled(all, out);
	} while (r == 0);
	return r;
}

static void limited_close(struct stream *stream)
{
	struct limited *all = (struct limited *)stream;

	for (uint32_t i = 0; i < all->n; i++)
		eval_free(stream->eval, all->taken[i], stream->steps.n, sizeof **all->taken);
	eval_free(stream->eval, all->taken, all->room, sizeof *all->taken);
	buf_fini(&all->bytes);
	aggregation_close(&all->base);
	free(all);
}

int stream_open_limit(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	struct limited *all = calloc(1, sizeof *all);
	int r;

	if (!all)
		return eval_no_memory(eval);
	all->base.stream = (struct stream){ limited_next, limited_close, eval, node, *steps };
	if ((r = aggregation_open(&all->base, eval, node, steps)) == 0)
		r = aggregation_is_empty(&all->base);
	if (r < 0) {
		limited_close(&all->base.stream);
		return r;
	}
	all->is_empty = r > 0;
	*out = &all->base.stream;
	return 0;
}

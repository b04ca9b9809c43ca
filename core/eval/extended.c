/* SPDX-License-Identifier: MIT */
/*
 * extended.c - selectors with `anchored` and `smoothed`, and functions over them.
 *
 * Nothing is extrapolated. An anchored window begins with the last sample at its
 * left edge or before, as far as the lookback goes back. A smoothed one begins and
 * ends on the lines between the samples to both sides of its edges; a counter that
 * falls there comes from zero. Where no sample is beyond an edge, the first or last
 * inside stands for it. Staleness marks are no samples and end nothing here.
 *
 * The samples of one series are held: those behind a window count too.
 */
#include "eval/matrix.h"
#include "eval/names.h"
#include "eval/range.h"
#include "eval/source.h"
#include "eval/stream.h"
#include "model/labels_edit.h"
#include "model/rising.h"

struct extended {
	struct stream stream;
	const struct node *arg;		/* the selector */
	enum function_id id;		/* of a call */
	bool is_call, is_counter;
	struct steps moved;
	kymo_ms lookback;
	struct source source;
	size_t n, room;
	kymo_ms *at;			/* of the series: its samples */
	double *v;
	double *values;
	struct buf labels;
	bool drops_name;
};

/* One window: samples from..to are in it. */
struct span {
	kymo_ms start, end;
	size_t from, to;
	bool has_before, has_after;
};

/* ---- samples ---- */

static int grow(struct extended *all, size_t wanted)
{
	struct eval *eval = all->stream.eval;
	size_t room = all->room ? all->room * 2 : 512;
	kymo_ms *at;
	double *v;

	while (room < wanted)
		room *= 2;
	at = eval_alloc(eval, room, sizeof *at);
	v = at ? eval_alloc(eval, room, sizeof *v) : NULL;
	if (!v) {
		eval_free(eval, at, room, sizeof *at);
		return eval->err->code;
	}
	if (all->n) {
		memcpy(at, all->at, all->n * sizeof *at);
		memcpy(v, all->v, all->n * sizeof *v);
	}
	eval_free(eval, all->at, all->room, sizeof *at);
	eval_free(eval, all->v, all->room, sizeof *v);
	all->at = at;
	all->v = v;
	all->room = room;
	return 0;
}

static int add_piece(struct extended *all, const struct piece *piece)
{
	int r = all->n + piece->n > all->room ? grow(all, all->n + piece->n) : 0;

	for (uint32_t i = 0; r == 0 && i < piece->n; i++) {
		if (piece->values ? value_is_stale(piece->values[i]) : !piece->count[i])
			continue;
		all->at[all->n] = piece->values ? piece->at[i] : piece->last_at[i];
		all->v[all->n++] = piece->values ? piece->values[i] : piece->last[i];
	}
	return r;
}

static int read_series(struct extended *all)
{
	struct piece piece;
	int r;

	all->n = 0;
	while ((r = source_piece(&all->source, NULL, NULL, &piece)) > 0)
		if ((r = add_piece(all, &piece)) < 0)
			break;
	return r;
}

/* ---- windows ---- */

static struct span window_at(const struct extended *all, uint32_t point)
{
	kymo_ms end = steps_at(&all->moved, point);
	struct span span = { .start = end - all->arg->selector.range, .end = end };

	span.from = rising_behind(all->at, 0, all->n, span.start);
	span.to = rising_behind(all->at, span.from, all->n, end);
	span.has_before = span.from > 0 && all->at[span.from - 1] > span.start - all->lookback;
	span.has_after = span.to < all->n && all->at[span.to] <= end + all->lookback;
	return span;
}

/* On the line from sample i to the next. */
static double between(const struct extended *all, size_t i, kymo_ms t)
{
	double a = all->v[i], b = all->v[i + 1];

	if (t == all->at[i])
		return a;
	if (all->is_counter && b < a)
		a = 0;
	return a + (b - a) * ((double)(t - all->at[i]) / (double)(all->at[i + 1] - all->at[i]));
}

/* The values at both edges. false: nothing is known of the window. */
static bool edges(const struct extended *all, const struct span *span, double *left, double *right)
{
	bool is_empty = span->from == span->to;

	if (all->arg->selector.extent == EXTENT_ANCHORED) {
		if (is_empty)
			return false;
		*left = all->v[span->has_before ? span->from - 1 : span->from];
		*right = all->v[span->to - 1];
		return true;
	}
	if (is_empty && !(span->has_before && span->has_after))
		return false;
	*left = span->has_before ? between(all, span->from - 1, span->start) : all->v[span->from];
	*right = span->has_after ? between(all, span->to - 1, span->end) : all->v[span->to - 1];
	return true;
}

static double change(const struct extended *all, const struct span *span, double left, double right)
{
	double last = left, lost = 0;

	for (size_t i = span->from; all->is_counter && i < span->to; i++) {
		lost += all->v[i] < last ? last : 0;
		last = all->v[i];
	}
	if (all->is_counter && right < last)
		lost += last;
	return right - left + lost;
}

/* changes, resets: from the sample before the window on. */
static double steps_of(const struct extended *all, const struct span *span)
{
	size_t i = span->has_before ? span->from : span->from + 1;
	uint32_t n = 0;

	for (; i < span->to; i++) {
		double a = all->v[i - 1], b = all->v[i];

		n += all->id == FN_RESETS ? b < a : b != a && !(b != b && a != a);
	}
	return n;
}

static double over_window(const struct extended *all, uint32_t point)
{
	struct span span = window_at(all, point);
	double left, right;

	if (!edges(all, &span, &left, &right))
		return absent();
	if (all->id == FN_CHANGES || all->id == FN_RESETS)
		return steps_of(all, &span);
	return change(all, &span, left, right) / (all->id == FN_RATE ? (double)all->arg->selector.range / 1000 : 1);
}

/* Of an instant vector: the value on the line through it; with nothing behind it the last one. */
static double at_instant(const struct extended *all, uint32_t point)
{
	struct span span = window_at(all, point);

	if (!span.has_before)
		return absent();
	return span.has_after ? between(all, span.from - 1, span.end) : all->v[span.from - 1];
}

/* ---- the stream ---- */

static int give(struct extended *all, struct column *out)
{
	struct labels labels = all->source.view->labels;

	buf_clear(&all->labels);
	if (all->drops_name) {
		labels_without_name(labels, &all->labels);
		if (buf_failed(&all->labels))
			return eval_no_memory(all->stream.eval);
		labels = labels_in(&all->labels);
	}
	*out = (struct column){ .labels = labels, .values = all->values };
	return 1;
}

static int extended_next(struct stream *stream, struct column *out)
{
	struct extended *all = (struct extended *)stream;
	bool any = false;
	int r = source_next(&all->source);

	if (r <= 0 || (r = read_series(all)) < 0)
		return r;
	for (uint32_t i = 0; i < stream->steps.n; i++) {
		all->values[i] = all->is_call ? over_window(all, i) : at_instant(all, i);
		any |= !is_absent(all->values[i]);
		if ((r = eval_check(stream->eval, 0)) < 0)
			return r;
	}
	if (any && all->is_call)
		range_doubt(stream->eval, stream->node, range_spec_find(all->id), all->source.view->labels, all->source.view->metric);
	return give(all, out);
}

static void extended_close(struct stream *stream)
{
	struct extended *all = (struct extended *)stream;
	struct eval *eval = stream->eval;

	source_close(&all->source);
	eval_free(eval, all->at, all->room, sizeof *all->at);
	eval_free(eval, all->v, all->room, sizeof *all->v);
	eval_free(eval, all->values, stream->steps.n, sizeof *all->values);
	buf_fini(&all->labels);
	free(all);
}

/* From the lookback before the first window on; where samples behind windows count, to the lookback behind the last. */
static int open_source(struct extended *all)
{
	const struct selector *selector = &all->arg->selector;
	struct source_request request = { .node = all->arg, .steps = { all->moved.start, 0, 1 }, .reach = selector->range + all->lookback,
					  .prefer = KYMO_RAW, .wants = WANT_COUNT | WANT_LAST };
	kymo_ms end = steps_end(&all->moved) + (selector->extent == EXTENT_SMOOTHED ? all->lookback : 0);

	if (end > all->moved.start)
		request.steps = (struct steps){ all->moved.start, end - all->moved.start, 2 };
	return source_open(all->stream.eval, &request, &all->source);
}

int stream_open_extended(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	struct extended *all = calloc(1, sizeof *all);
	int r;

	if (!all)
		return eval_no_memory(eval);
	all->stream = (struct stream){ extended_next, extended_close, eval, node, *steps };
	all->is_call = node->kind == NODE_CALL;
	all->arg = all->is_call ? extended_argument(node) : node;
	all->id = all->is_call ? node->call.function->id : FUNCTIONS;
	all->is_counter = all->id == FN_RATE || all->id == FN_INCREASE;
	all->moved = shift_steps(eval, &all->arg->selector.shift, steps);
	all->lookback = eval->lookback;
	all->drops_name = all->is_call && !node->late_name;
	all->values = eval_alloc(eval, steps->n, sizeof *all->values);
	if ((r = all->values ? open_source(all) : eval->err->code) < 0) {
		extended_close(&all->stream);
		return r;
	}
	if (all->drops_name && node_has_many_names(all->arg))
		return stream_united(&all->stream, out);
	*out = &all->stream;
	return 0;
}

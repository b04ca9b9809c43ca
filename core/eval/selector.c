/* SPDX-License-Identifier: MIT */
/*
 * selector.c - instant vectors: at each point the newest sample that is not older
 * than the lookback, unless it is a staleness mark. Of a tier it is the newest
 * record that has ended by then, as `last` at its time; the lookback is at least
 * the tier's width there.
 *
 * A query for one point that is not before the newest sample of a series needs no
 * reading: the store knows that sample.
 */
#include "eval/source.h"
#include "eval/stream.h"
#include "model/rising.h"

#include <math.h>

/* The newest entry so far. */
struct newest {
	kymo_ms at;		/* of the sample; INT64_MIN: none yet */
	double value;		/* may be a staleness mark */
};

struct selected {
	struct stream stream;
	struct source source;
	struct steps steps;	/* where offset and @ have moved the points */
	kymo_ms lookback;
	bool times;		/* the time of each sample is asked for */
	double *values;
	uint32_t i;		/* the point that comes next */
	struct newest newest;
};

static bool is_in_reach(const struct selected *selected, kymo_ms at, kymo_ms t)
{
	return at > t - source_reach(&selected->source, t, selected->lookback);
}

static double value_at(const struct selected *selected, kymo_ms t)
{
	const struct newest *newest = &selected->newest;

	if (newest->at == INT64_MIN || value_is_stale(newest->value) || !is_in_reach(selected, newest->at, t))
		return absent();
	return selected->times ? (double)newest->at / 1000 : newest->value;
}

/* Every point before t has its value: nothing that is read from now on is that old. */
static void finish_before(struct selected *selected, kymo_ms t)
{
	while (selected->i < selected->steps.n && steps_at(&selected->steps, selected->i) < t) {
		selected->values[selected->i] = value_at(selected, steps_at(&selected->steps, selected->i));
		selected->i++;
	}
}

static struct newest entry(const struct piece *piece, uint32_t j)
{
	if (piece->values)
		return (struct newest){ piece->at[j], piece->values[j] };
	if (piece->flags[j] & RECORD_ENDED)
		return (struct newest){ piece->at[j], value_stale() };
	return (struct newest){ piece->last_at[j], piece->last[j] };
}

static void take_piece(struct selected *selected, const struct piece *piece)
{
	uint32_t j = 0;

	finish_before(selected, piece->at[0]);
	while (selected->i < selected->steps.n) {
		kymo_ms t = steps_at(&selected->steps, selected->i);

		if (piece->at[piece->n - 1] <= t)
			break;
		j = (uint32_t)rising_behind(piece->at, j, piece->n, t);
		selected->newest = entry(piece, j - 1);
		selected->values[selected->i++] = value_at(selected, t);
	}
	selected->newest = entry(piece, piece->n - 1);
}

/* Chunks that are too old for the next point, and over before it, are passed. */
static enum chunk_use choose(void *data, kymo_ms first, kymo_ms last)
{
	struct selected *selected = data;

	finish_before(selected, first);
	if (selected->i == selected->steps.n)
		return CHUNK_PASSED;
	return last <= steps_at(&selected->steps, selected->i) - selected->lookback && selected->source.raw_only ? CHUNK_PASSED : CHUNK_SAMPLES;
}

static int read_series(struct selected *selected)
{
	struct piece piece;
	int r;

	selected->i = 0;
	selected->newest.at = INT64_MIN;
	while ((r = source_piece(&selected->source, choose, selected, &piece)) > 0)
		take_piece(selected, &piece);
	finish_before(selected, INT64_MAX);
	return r;
}

/* One point at or after everything that the series has. */
static bool is_known(const struct selected *selected)
{
	const struct series_view *view = selected->source.view;

	return selected->steps.n == 1 && view->last_at != INT64_MIN && view->last_at <= selected->steps.start &&
	       selected->source.raw_only;
}

static int selected_next(struct stream *stream, struct column *out)
{
	struct selected *selected = (struct selected *)stream;
	int r = source_next(&selected->source);

	if (r <= 0)
		return r;
	if (is_known(selected)) {
		selected->newest = (struct newest){ selected->source.view->last_at, selected->source.view->last };
		selected->values[0] = value_at(selected, selected->steps.start);
		stream->eval->samples++;
	} else if ((r = read_series(selected)) < 0) {
		return r;
	}
	*out = (struct column){ selected->source.view->labels, selected->values };
	return 1;
}

static void selected_close(struct stream *stream)
{
	struct selected *selected = (struct selected *)stream;

	source_close(&selected->source);
	eval_free(stream->eval, selected->values, stream->steps.n, sizeof *selected->values);
	free(selected);
}

int stream_open_selector(struct eval *eval, const struct node *node, const struct steps *steps, bool times, struct stream **out)
{
	struct selected *selected = calloc(1, sizeof *selected);
	struct source_request request = { .node = node, .reach = eval->lookback, .prefer = KYMO_RAW,
					  .wants = WANT_COUNT | WANT_LAST | WANT_ENDS };
	int r;

	if (!selected)
		return eval_no_memory(eval);
	selected->stream = (struct stream){ selected_next, selected_close, eval, node, *steps };
	selected->steps = request.steps = shift_steps(eval, &node->selector.shift, steps);
	selected->lookback = eval->lookback;
	selected->times = times;
	selected->values = eval_alloc(eval, steps->n, sizeof *selected->values);
	r = selected->values ? source_open(eval, &request, &selected->source) : eval->err->code;
	if (r < 0)
		selected_close(&selected->stream);
	else
		*out = &selected->stream;
	return r;
}

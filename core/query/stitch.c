/* SPDX-License-Identifier: MIT */
/*
 * stitch.c - a select for each span, all opened at once, so that they see the
 * store at nearly the same moment. Each gives its series in order of labels, so
 * the union is a merge: the least of those that are next.
 */
#include "query/stitch.h"

#include <errno.h>
#include <inttypes.h>

struct part {
	struct select *select;		/* NULL: no tier serves the span */
	enum kymo_tier tier;
	uint32_t next;			/* its next series */
	bool has;			/* the series that is being read */
};

struct stitch {
	uint32_t n, at;			/* spans; the one being read */
	struct part part[PLAN_SPANS];
	struct cursor *cursor;		/* on part `at`; or NULL */
	enum kymo_tier tier;
	uint32_t series, series_most;
	uint64_t samples, samples_most;
};

void stitch_close(struct stitch *stitch)
{
	if (!stitch)
		return;
	cursor_close(stitch->cursor);
	for (uint32_t i = 0; i < stitch->n; i++)
		select_close(stitch->part[i].select);
	free(stitch);
}

static int too_many_series(const struct stitch_request *request, struct error *err)
{
	return error_set(err, -E2BIG, "more than %" PRIu32 " series match (%s): add label filters or name fewer metrics",
			 request->series_most, request->series_key ? request->series_key : "limits.series");
}

static int open_part(struct store *store, const struct stitch_request *request, const struct plan_span *span,
		     struct part *part, struct error *err)
{
	struct select_request select = {
		.matchers = request->matchers, .n_matchers = request->n_matchers, .tier = span->tier,
		.start = span->start, .end = span->end, .wants = request->wants, .series_most = request->series_most,
	};
	struct error why = { 0 };
	int r;

	part->tier = span->tier;
	if (!span_is_served(span))
		return 0;
	r = select_open(store, &select, &part->select, &why);
	if (r == -E2BIG)
		too_many_series(request, err);
	else if (r < 0)
		error_set(err, r, "%s", *error_text(&why) ? error_text(&why) : error_name(r));
	error_clear(&why);
	return r;
}

int stitch_open(struct store *store, const struct stitch_request *request, struct stitch **out, struct error *err)
{
	AUTO(stitch) stitch = calloc(1, sizeof *stitch);

	if (!stitch)
		return error_set(err, -ENOMEM, "query: out of memory");
	stitch->series_most = request->series_most;
	stitch->samples_most = request->samples_most;
	for (; stitch->n < request->plan->n; stitch->n++) {
		int r = open_part(store, request, &request->plan->span[stitch->n], &stitch->part[stitch->n], err);

		if (r < 0)
			return r;
	}
	*out = TAKE(stitch);
	return 0;
}

static const struct series_view *peek(const struct part *part)
{
	if (!part->select || part->next == select_count(part->select))
		return NULL;
	return select_series(part->select, part->next);
}

static int compare(struct labels a, struct labels b)
{
	int r = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);

	return r ? r : (a.size > b.size) - (a.size < b.size);
}

/* What was known last of a series comes with the newest span. */
static const struct series_view *least(const struct stitch *stitch)
{
	const struct series_view *found = NULL;

	for (uint32_t i = 0; i < stitch->n; i++) {
		const struct series_view *view = peek(&stitch->part[i]);

		if (view && (!found || compare(view->labels, found->labels) <= 0))
			found = view;
	}
	return found;
}

int stitch_next(struct stitch *stitch, const struct series_view **view)
{
	const struct series_view *found = least(stitch);

	cursor_close(stitch->cursor);
	stitch->cursor = NULL;
	stitch->at = 0;
	if (!found)
		return 0;
	if (stitch->series_most && stitch->series == stitch->series_most)
		return -E2BIG;
	for (uint32_t i = 0; i < stitch->n; i++) {
		const struct series_view *mine = peek(&stitch->part[i]);

		stitch->part[i].has = mine && labels_equal(mine->labels, found->labels);
		stitch->part[i].next += stitch->part[i].has;
	}
	stitch->series++;
	*view = found;
	return 1;
}

/* 1: there is a cursor; 0: no span is left. */
static int open_cursor(struct stitch *stitch)
{
	int r;

	while (stitch->at < stitch->n && !stitch->part[stitch->at].has)
		stitch->at++;
	if (stitch->at == stitch->n)
		return 0;
	r = cursor_open(stitch->part[stitch->at].select, stitch->part[stitch->at].next - 1, &stitch->cursor);
	stitch->tier = stitch->part[stitch->at].tier;
	return r < 0 ? r : 1;
}

/* 1: a piece, and how many samples it stands for; 0: the cursor has no more. */
static int next_piece(struct stitch *stitch, chunk_choice *choice, void *data, struct piece *piece, uint32_t *n)
{
	kymo_ms first, last;
	int r;

	*piece = (struct piece){ 0 };
	while (choice && cursor_whole(stitch->cursor, &first, &last)) {
		enum chunk_use use = choice(data, first, last);

		if (use == CHUNK_SAMPLES)
			break;
		if (use == CHUNK_PASSED)
			cursor_pass(stitch->cursor);
		else if ((r = cursor_fold(stitch->cursor, piece, n)))
			return r;
	}
	r = cursor_next(stitch->cursor, piece);
	*n = piece->n;
	return r;
}

int stitch_piece(struct stitch *stitch, struct piece *piece)
{
	return stitch_chosen(stitch, NULL, NULL, piece);
}

int stitch_chosen(struct stitch *stitch, chunk_choice *choice, void *data, struct piece *piece)
{
	for (;;) {
		uint32_t n;
		int r;

		if (!stitch->cursor && (r = open_cursor(stitch)) <= 0)
			return r;
		r = next_piece(stitch, choice, data, piece, &n);
		if (r < 0)
			return r;
		if (r > 0) {
			stitch->samples += n;
			return stitch->samples_most && stitch->samples > stitch->samples_most ? -E2BIG : 1;
		}
		cursor_close(stitch->cursor);
		stitch->cursor = NULL;
		stitch->at++;
	}
}

enum kymo_tier stitch_tier(const struct stitch *stitch) { return stitch->tier; }
uint64_t stitch_samples(const struct stitch *stitch) { return stitch->samples; }

uint32_t stitch_series(const struct stitch *stitch) { return stitch->series; }

void stitch_stats(const struct stitch *stitch, struct select_stats *stats)
{
	*stats = (struct select_stats){ 0 };
	for (uint32_t i = 0; i < stitch->n; i++) {
		struct select_stats part = { 0 };

		if (!stitch->part[i].select)
			continue;
		select_stats(stitch->part[i].select, &part);
		stats->samples += part.samples;
		stats->blocks += part.blocks;
		stats->chunks += part.chunks;
		stats->quarantined += part.quarantined;
	}
}

uint32_t stitch_damaged(const struct stitch *stitch)
{
	struct select_stats stats;

	stitch_stats(stitch, &stats);
	return stats.quarantined;
}

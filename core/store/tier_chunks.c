/* SPDX-License-Identifier: MIT */
/*
 * tier_chunks.c - blocks come in order of start, so the parts that are found stand in
 * order of time, unless blocks overlap. A chunk may have more records than a piece.
 */
#include "store/tier_chunks.h"
#include "model/rising.h"
#include "store/raw_part.h"
#include "tier/record_view.h"

#include <errno.h>
#include <stdlib.h>

_Static_assert((int)RECORD_VIEW_ENDED == (int)RECORD_ENDED, "flags of a view are flags of a record");

struct tier_chunks {
	struct raw_parts parts;
	uint32_t next;			/* part */
	unsigned wants;			/* enum record_want */
	kymo_ms start, end;
	struct record_view view;
	uint32_t at, to;		/* of the view, what is still to be given */
};

static unsigned columns_of(uint32_t wants)
{
	return (wants & WANT_SUM ? RECORD_SUM : 0u) | (wants & WANT_MIN ? RECORD_MIN : 0u) | (wants & WANT_MAX ? RECORD_MAX : 0u) |
	       (wants & WANT_FIRST ? RECORD_FIRST : 0u) | (wants & WANT_LAST ? RECORD_LAST : 0u) |
	       (wants & WANT_CORRECTION ? RECORD_CORRECTION : 0u) | RECORD_TIMES;
}

static bool is_simple(const struct raw_parts *parts)
{
	for (uint32_t i = 0; i < parts->n; i++)
		if ((i && parts->part[i].first <= parts->part[i - 1].last) || !raw_part_is_whole(parts, &parts->part[i]))
			return false;
	return true;
}

void tier_chunks_rest(struct tier_chunks *chunks)
{
	struct raw_parts *parts = &chunks->parts;

	parts->n = parts->blocks = parts->chunks = parts->quarantined = parts->unread = 0;
	parts->deleted = NULL;
	chunks->next = chunks->at = chunks->to = 0;
}

int tier_chunks_open(struct store *store, const struct raw_blocks *from, series_ref ref, kymo_ms start, kymo_ms end,
		     uint32_t wants, struct tier_chunks **out)
{
	struct tier_chunks *chunks = *out ? *out : calloc(1, sizeof *chunks);
	int r = 0;

	if (!chunks)
		return -ENOMEM;
	*out = chunks;
	chunks->parts.store = store;
	chunks->parts.records = chunks->parts.plain = true;
	chunks->parts.ref = ref;
	chunks->parts.deleted = from->deleted;
	chunks->wants = columns_of(wants);
	chunks->start = start;
	chunks->end = end;
	for (int i = 0; i < 2 && r == 0; i++)
		if (from->list[i])
			r = raw_parts_add_blocks(&chunks->parts, from->list[i], ref, start, end);
	return r < 0 ? r : is_simple(&chunks->parts);
}

/* Damaged ones are passed over. 1, 0: there is none; -ENOMEM. */
static int read_chunk(struct tier_chunks *chunks)
{
	struct record_view *view = &chunks->view;
	int r = -EBADMSG;

	while (chunks->next < chunks->parts.n && r < 0) {
		r = raw_part_view(&chunks->parts, &chunks->parts.part[chunks->next++], view, chunks->wants);
		if (r == -ENOMEM)
			return r;
	}
	if (r < 0)
		return 0;
	chunks->at = (uint32_t)rising_behind(view->at, 0, view->n, chunks->start);
	chunks->to = (uint32_t)rising_behind(view->at, chunks->at, view->n, chunks->end);
	return 1;
}

#define FROM(column) ((column) ? (column) + at : NULL)

int tier_chunks_next(struct tier_chunks *chunks, struct piece *piece)
{
	const struct record_view *v = &chunks->view;
	uint32_t at, n;
	int r = 1;

	while (chunks->at == chunks->to && (r = read_chunk(chunks)) > 0)
		;
	if (r <= 0)
		return r;
	at = chunks->at;
	n = chunks->to - at < PIECE_ROOM ? chunks->to - at : PIECE_ROOM;
	*piece = (struct piece){ .n = n, .at = v->at + at, .start = FROM(v->start), .count = v->count + at, .sum = FROM(v->sum),
				 .min = FROM(v->min), .max = FROM(v->max), .first = FROM(v->first), .last = FROM(v->last),
				 .correction = FROM(v->correction), .first_at = FROM(v->first_at), .last_at = FROM(v->last_at),
				 .flags = v->flags + at };
	chunks->at += n;
	return 1;
}

void tier_chunks_stats(const struct tier_chunks *chunks, struct raw_stats *stats)
{
	const struct raw_parts *parts = &chunks->parts;

	*stats = (struct raw_stats){ parts->blocks, parts->chunks, parts->quarantined, parts->unread };
}

void tier_chunks_close(struct tier_chunks *chunks)
{
	if (!chunks)
		return;
	record_view_fini(&chunks->view);
	raw_parts_fini(&chunks->parts);
	free(chunks);
}

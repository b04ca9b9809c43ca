/* SPDX-License-Identifier: MIT */
/*
 * dirty.c - an array of series with marks, found by a map. A place that was given
 * back has no ref and, in `changes`, the number of the next such place.
 */
#include "store/dirty.h"
#include "model/tier.h"
#include "util/hash.h"

#include <stdlib.h>

struct dirty_series {
	series_ref ref;
	uint64_t changes;
	struct spans spans;
};

void dirty_init(struct dirty *dirty)
{
	*dirty = (struct dirty){ .free = MAP_NONE };
}

void dirty_fini(struct dirty *dirty)
{
	map_fini(&dirty->map);
	free(dirty->series);
	dirty_init(dirty);
}

/* ---- spans ---- */

static void spans_remove(struct spans *spans, uint32_t at, uint32_t n)
{
	memmove(spans->span + at, spans->span + at + n, (spans->n - at - n) * sizeof *spans->span);
	spans->n -= n;
}

/* Close the smallest gap. */
static void spans_shrink(struct spans *spans)
{
	uint64_t least = UINT64_MAX;
	uint32_t at = 0;

	for (uint32_t i = 0; i + 1 < spans->n; i++) {
		uint64_t gap = (uint64_t)spans->span[i + 1].start - (uint64_t)spans->span[i].end;

		if (gap < least) {
			least = gap;
			at = i;
		}
	}
	spans->span[at].end = spans->span[at + 1].end;
	spans_remove(spans, at + 1, 1);
}

void spans_add(struct spans *spans, kymo_ms start, kymo_ms end)
{
	uint32_t from = 0, to;

	if (spans->n && spans->span[spans->n - 1].start <= start && spans->span[spans->n - 1].end >= end)
		return;			/* there already, where most come */
	while (from < spans->n && spans->span[from].end < start)
		from++;
	for (to = from; to < spans->n && spans->span[to].start <= end; to++) {
		start = spans->span[to].start < start ? spans->span[to].start : start;
		end = spans->span[to].end > end ? spans->span[to].end : end;
	}
	if (to > from) {
		spans_remove(spans, from + 1, to - from - 1);
	} else {
		memmove(spans->span + from + 1, spans->span + from, (spans->n - from) * sizeof *spans->span);
		spans->n++;
	}
	spans->span[from] = (struct span){ start, end };
	if (spans->n > DIRTY_SPANS)
		spans_shrink(spans);
}

/* ---- series ---- */

static bool has_ref(const void *owner, uint32_t item, const void *key)
{
	const struct dirty *dirty = owner;

	return dirty->series[item].ref == *(const series_ref *)key;
}

static uint64_t hash_of(series_ref ref)
{
	return hash_bytes(&ref, sizeof ref);
}

static struct dirty_series *find(const struct dirty *dirty, series_ref ref)
{
	uint32_t at;

	if (dirty->guess < dirty->n && dirty->series[dirty->guess].ref == ref)
		return &dirty->series[dirty->guess];
	at = map_find(&dirty->map, hash_of(ref), &ref, has_ref, dirty);

	return at == MAP_NONE ? NULL : &dirty->series[at];
}

/* The number of a free place, or MAP_NONE: out of memory. */
static uint32_t free_place(struct dirty *dirty)
{
	if (dirty->free != MAP_NONE)
		return dirty->free;
	if (dirty->n == dirty->room) {
		uint32_t room = dirty->room ? dirty->room * 2 : 16;
		struct dirty_series *more = realloc(dirty->series, room * sizeof *more);

		if (!more)
			return MAP_NONE;
		dirty->series = more;
		dirty->room = room;
	}
	return dirty->n;
}

static struct dirty_series *add(struct dirty *dirty, series_ref ref)
{
	uint32_t at = free_place(dirty);

	if (at == MAP_NONE || map_add(&dirty->map, hash_of(ref), at) < 0)
		return NULL;
	if (at == dirty->n)
		dirty->n++;
	else
		dirty->free = (uint32_t)dirty->series[at].changes;
	dirty->series[at] = (struct dirty_series){ .ref = ref };
	return &dirty->series[at];
}

void dirty_mark(struct dirty *dirty, series_ref ref, kymo_ms at)
{
	kymo_ms width = tier_width(KYMO_1M), end = window_end_of(at, width);
	struct dirty_series *series = find(dirty, ref);

	if (!series)
		series = add(dirty, ref);
	if (series) {
		spans_add(&series->spans, end - width, end);
		series->changes++;
		dirty->guess = (uint32_t)(series - dirty->series) + 1;
	} else {
		spans_add(&dirty->everyone, end - width, end);
		dirty->changes++;
	}
}

static void widen(const struct spans *from, kymo_ms width, kymo_ms until, struct spans *out)
{
	for (uint32_t i = 0; i < from->n; i++) {
		kymo_ms start = window_floor(from->span[i].start, width), end = window_end_of(from->span[i].end, width);

		if (end > until)
			end = window_floor(until, width);
		if (start < end)
			spans_add(out, start, end);
	}
}

void dirty_spans(const struct dirty *dirty, series_ref ref, kymo_ms width, kymo_ms until, struct spans *out)
{
	const struct dirty_series *series = find(dirty, ref);

	out->n = 0;
	if (until == INT64_MIN)
		return;
	if (series)
		widen(&series->spans, width, until, out);
	widen(&dirty->everyone, width, until, out);
}

kymo_ms dirty_start(const struct dirty *dirty)
{
	kymo_ms start = dirty->everyone.n ? dirty->everyone.span[0].start : INT64_MAX;

	for (uint32_t i = 0; i < dirty->n; i++)
		if (dirty->series[i].ref && dirty->series[i].spans.span[0].start < start)
			start = dirty->series[i].spans.span[0].start;
	return start;
}

bool dirty_has(const struct dirty *dirty, series_ref ref)
{
	return find(dirty, ref);
}

series_ref dirty_at(const struct dirty *dirty, uint32_t i)
{
	return dirty->series[i].ref;
}

uint64_t dirty_changes(const struct dirty *dirty, series_ref ref)
{
	const struct dirty_series *series = find(dirty, ref);

	return series ? series->changes : 0;
}

void dirty_forget(struct dirty *dirty, series_ref ref)
{
	struct dirty_series *series = find(dirty, ref);
	uint32_t at;

	if (!series)
		return;
	at = (uint32_t)(series - dirty->series);
	map_remove(&dirty->map, hash_of(ref), at);
	*series = (struct dirty_series){ .changes = dirty->free };
	dirty->free = at;
}

void dirty_clean(struct dirty *dirty, series_ref ref, uint64_t changes)
{
	if (dirty_changes(dirty, ref) == changes)
		dirty_forget(dirty, ref);
}

void dirty_clean_everyone(struct dirty *dirty, uint64_t changes)
{
	if (dirty->changes == changes)
		dirty->everyone.n = 0;
}

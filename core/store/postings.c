/* SPDX-License-Identifier: MIT */
/*
 * postings.c - a sorted array. New series get the highest ref so far, so almost
 * every add is an append; a late ref moves the tail.
 */
#include "store/postings.h"

#include <errno.h>
#include <stdlib.h>

void postings_fini(struct postings *list)
{
	if (list->room)
		free(list->refs);
	*list = (struct postings){ 0 };
}

const series_ref *postings_refs(const struct postings *list)
{
	return list->room ? list->refs : &list->one;
}

/* The first place whose ref is not below. */
static uint32_t place(const struct postings *list, series_ref ref)
{
	const series_ref *refs = postings_refs(list);
	uint32_t from = 0, to = list->count;

	if (to && refs[to - 1] < ref)
		return to;
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (refs[middle] < ref)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* From the second ref on; by a half, since there are many lists. */
static int grow(struct postings *list)
{
	uint32_t room = list->room ? list->room + list->room / 2 : 4;
	series_ref one = list->one, *refs = realloc(list->room ? list->refs : NULL, room * sizeof *refs);

	if (!refs)
		return -ENOMEM;
	if (!list->room)
		refs[0] = one;
	list->refs = refs;
	list->room = room;
	return 0;
}

int postings_add(struct postings *list, series_ref ref)
{
	uint32_t at = place(list, ref);

	if (at < list->count && postings_refs(list)[at] == ref)
		return 0;
	if (!list->count && !list->room) {
		list->one = ref;
		list->count = 1;
		return 0;
	}
	if (list->count >= list->room && grow(list) < 0)
		return -ENOMEM;
	memmove(list->refs + at + 1, list->refs + at, (list->count - at) * sizeof *list->refs);
	list->refs[at] = ref;
	list->count++;
	return 0;
}

void postings_remove(struct postings *list, series_ref ref)
{
	uint32_t at = place(list, ref);

	if (at >= list->count || postings_refs(list)[at] != ref)
		return;
	list->count--;
	if (list->room)
		memmove(list->refs + at, list->refs + at + 1, (list->count - at) * sizeof *list->refs);
	if (!list->count)
		postings_fini(list);
}

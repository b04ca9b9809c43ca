/* SPDX-License-Identifier: MIT */
/*
 * touched.c - arrays. Who is quiet is found a few at a time: those that stay move to
 * the front, and what comes meanwhile goes behind all of it.
 */
#include "head/touched.h"
#include "head/group.h"
#include "index/index.h"

#include <errno.h>
#include <stdlib.h>

enum { AT_ONCE = 256 };

static int list_add(struct touched *touched, series_ref ref)
{
	if (touched->n == touched->room) {
		uint32_t room = touched->room ? touched->room + touched->room / 2 : 64;
		series_ref *more = realloc(touched->ref, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		touched->ref = more;
		touched->room = room;
	}
	touched->ref[touched->n++] = ref;
	return 0;
}

void head_touch_locked(struct head *head, series_ref ref, struct series *series)
{
	for (int list = 0; list < TOUCHED_LISTS; list++) {
		if (series->touched >> list & 1)
			continue;
		if (list_add(&head->touched[list], ref) == 0)
			series->touched |= (uint8_t)(1 << list);
		else
			head->touched[list].lost = true;
	}
}

void head_touch(struct head *head, series_ref ref, struct series *series)
{
	LOCK(&head->lock);

	head_touch_locked(head, ref, series);
}

int head_touched(struct head *head, enum touched_list list, struct buf *out)
{
	LOCK(&head->lock);
	const struct touched *touched = &head->touched[list];

	if (touched->n)
		buf_add(out, touched->ref, touched->n * sizeof *touched->ref);
	return buf_failed(out) ? -ENOMEM : touched->lost ? -ENODATA : 0;
}

/* From *at on; those that stay go to *kept. false: that was all. */
static bool some_quiet(struct head *head, enum touched_list list, kymo_ms until, uint32_t *at, uint32_t *kept)
{
	LOCK(&head->lock);
	struct touched *touched = &head->touched[list];

	for (uint32_t i = 0; i < AT_ONCE && *at < touched->n; i++) {
		series_ref ref = touched->ref[(*at)++];
		struct series *series = index_series(head->index, ref);

		if (!series)
			continue;
		if (!group_of(head, series) && head_last_locked(head, series).at > until)
			touched->ref[(*kept)++] = ref;
		else
			series->touched &= (uint8_t)~(1 << list);
	}
	if (*at < touched->n)
		return true;
	touched->n = *kept;
	return false;
}

void head_touched_quiet(struct head *head, enum touched_list list, kymo_ms until)
{
	uint32_t at = 0, kept = 0;
	bool more = true;

	while (more) {
		index_lock(head->index);
		more = some_quiet(head, list, until, &at, &kept);
		index_unlock(head->index);
	}
	pthread_mutex_lock(&head->lock);
	head->touched[list].lost = false;
	pthread_mutex_unlock(&head->lock);
}

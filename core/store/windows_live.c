/* SPDX-License-Identifier: MIT */
/*
 * windows_live.c - who may have samples after some time: members of the groups with
 * newer rows, and who was touched outside of groups. Nobody else is looked at, so
 * that a million series that are quiet cost nothing.
 *
 * What the head was not told of, because it was in blocks when the store was opened,
 * is found by looking at all.
 */
#include "store/windows_pass.h"
#include "head/touched.h"

#include <errno.h>
#include <stdlib.h>

enum { LOOKED_AT = 256 };

void live_fini(struct live *live)
{
	free(live->groups);
	refs_fini(&live->members);
	refs_fini(&live->loose);
}

/* ---- groups ---- */

static struct live_group *group_add(struct live *live)
{
	if (live->n_groups == live->room_groups) {
		uint32_t room = live->room_groups ? live->room_groups * 2 : 16;
		struct live_group *more = realloc(live->groups, room * sizeof *more);

		if (!more)
			return NULL;
		live->groups = more;
		live->room_groups = room;
	}
	return &live->groups[live->n_groups++];
}

static int take_group(struct live *live, const struct group *group)
{
	struct live_group *to = group_add(live);
	int r = to ? 0 : -ENOMEM;

	if (to)
		*to = (struct live_group){ group->id, group->n, live->members.n };
	for (uint32_t i = 0; i < group->n && r == 0; i++)
		r = refs_add(&live->members, group->refs[i]);
	return r;
}

/* The first one from that number on. 0: there is none; -ENOMEM. */
static int next_group(struct head *head, kymo_ms start, struct live *live, uint32_t *id)
{
	LOCK(&head->lock);

	for (; *id < head->room_groups; ++*id) {
		const struct group *group = head->groups[*id];

		if (group && group->newest > start) {
			++*id;
			return take_group(live, group) < 0 ? -ENOMEM : 1;
		}
	}
	return 0;
}

/* Groups rise by id. */
static bool is_member(const struct live *live, const struct series *series, series_ref ref)
{
	uint32_t low = 0, high = live->n_groups;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (live->groups[middle].id < series->group)
			low = middle + 1;
		else
			high = middle;
	}
	return low < live->n_groups && live->groups[low].id == series->group && series->slot < live->groups[low].n &&
	       live->members.ref[live->groups[low].begin + series->slot] == ref;
}

/* ---- the rest ---- */

static int add_loose(struct store *store, const series_ref *refs, uint32_t n, kymo_ms start, struct live *live)
{
	int r = 0;

	index_lock(store->index);
	pthread_mutex_lock(&store->head.lock);
	for (uint32_t i = 0; i < n && r == 0; i++) {
		const struct series *series = index_series(store->index, refs[i]);

		if (series && head_last_locked(&store->head, series).at > start && !is_member(live, series, refs[i]))
			r = refs_add(&live->loose, refs[i]);
	}
	pthread_mutex_unlock(&store->head.lock);
	index_unlock(store->index);
	return r;
}

static int add_all_loose(struct store *store, const series_ref *refs, size_t n, kymo_ms start, struct live *live)
{
	int r = 0;

	for (size_t at = 0; at < n && r == 0; at += LOOKED_AT)
		r = add_loose(store, refs + at, n - at < LOOKED_AT ? (uint32_t)(n - at) : LOOKED_AT, start, live);
	return r;
}

static int look_at_all(struct store *store, kymo_ms start, struct live *live)
{
	struct refs all = { 0 };
	int r = index_select(store->index, NULL, 0, &all);

	if (r == 0)
		r = add_all_loose(store, all.ref, all.n, start, live);
	refs_fini(&all);
	return r;
}

static int look_at_touched(struct store *store, enum kymo_tier tier, kymo_ms start, struct live *live)
{
	AUTO_BUF touched = { 0 };
	int r = head_touched(&store->head, tier == KYMO_1M ? TOUCHED_MINUTE : TOUCHED_HOUR, &touched);

	if (r == -ENODATA)
		return look_at_all(store, start, live);
	if (r == 0 && touched.len)
		r = add_all_loose(store, (const series_ref *)(const void *)touched.data, touched.len / sizeof(series_ref), start, live);
	return r;
}

int live_find(struct pass *pass, enum kymo_tier tier, kymo_ms start, struct live *live)
{
	struct store *store = pass->store;
	uint32_t id = 1;
	int r;

	do
		r = next_group(&store->head, start, live, &id);
	while (r > 0);
	if (r < 0)
		return r;
	return start < pass->d->look_until ? look_at_all(store, start, live) : look_at_touched(store, tier, start, live);
}

void live_closed(struct store *store, enum kymo_tier tier, kymo_ms end)
{
	if (tier == KYMO_1M)
		head_touched_quiet(&store->head, TOUCHED_MINUTE, end);
	if (tier == KYMO_1H)
		head_touched_quiet(&store->head, TOUCHED_HOUR, end);
}

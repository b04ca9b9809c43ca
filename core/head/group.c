/* SPDX-License-Identifier: MIT */
/*
 * group.c - making, filling and retiring groups. A group that missed many of its
 * members is retired when its rows are sealed; one made of members of another has
 * twice its patience, so that groups that never fit do not come and go all the
 * time.
 */
#include "head/group.h"
#include "head/touched.h"
#include "index/index.h"
#include "codec/token.h"

#include <errno.h>
#include <stdlib.h>

/* ---- memory ---- */

static size_t group_memory(const struct group *group)
{
	size_t member = sizeof *group->refs;

	if (group->now.last)
		member += sizeof *group->now.last + sizeof *group->now.state;
	if (group->member_at)
		member += sizeof *group->member_at;
	if (group->older)
		member += sizeof *group->older;
	return sizeof *group + group->n * member + rows_memory(&group->rows) + (group->n + 63) / 64 * 8 +
	       group->room_stretches * sizeof *group->stretches + group->sealed_bytes + group_spilled_memory(group);
}

static void account(struct head *head, struct group *group, size_t now)
{
	atomic_fetch_add_explicit(&head->bytes, now - group->accounted, memory_order_relaxed);
	group->accounted = now;
}

void group_account(struct head *head, struct group *group)
{
	account(head, group, group_memory(group));
}

static size_t stretch_memory(const struct stretch *stretch)
{
	return stretch->sealed ? stretch->sealed->size : sizeof *stretch->rows + rows_memory(stretch->rows);
}

static uint64_t stretch_samples(const struct stretch *stretch)
{
	return stretch->sealed ? stretch->sealed->samples : stretch->rows->samples;
}

static void stretch_fini(struct stretch *stretch)
{
	sealed_release(stretch->sealed);
	if (stretch->rows)
		rows_fini(stretch->rows);
	free(stretch->rows);
}

static int reserve_stretch(struct group *group)
{
	uint32_t room = group->room_stretches ? group->room_stretches * 2 : 2;
	struct stretch *more;

	if (group->n_stretches < group->room_stretches)
		return 0;
	more = realloc(group->stretches, room * sizeof *more);
	if (!more)
		return -ENOMEM;
	group->stretches = more;
	group->room_stretches = room;
	return 0;
}

static void group_destroy(struct group *group)
{
	if (!group)
		return;
	for (uint32_t i = 0; i < group->n_stretches; i++)
		stretch_fini(&group->stretches[i]);
	free(group->stretches);
	rows_fini(&group->rows);
	free(group->refs);
	free(group->now.last);
	free(group->now.state);
	free(group->member_at);
	free(group->older);
	free(group->spilled.data);
	free(group->log.pace.changed);
	free(group);
}

/* ---- making ---- */

static unsigned decimals_of(const struct head *head, series_ref ref)
{
	return atomic_load_explicit(&index_series(head->index, ref)->decimals, memory_order_relaxed);
}

static struct group *group_alloc(const struct head *head, const series_ref *refs, const double *values, uint32_t n)
{
	struct group *group = calloc(1, sizeof *group);

	if (!group)
		return NULL;
	group->n = n;
	group->refs = malloc(n * sizeof *group->refs);
	group->now.last = malloc(n * sizeof *group->now.last);
	group->now.state = malloc(n);
	group->log.pace.changed = calloc((n + 63) / 64, sizeof *group->log.pace.changed);
	if (!group->refs || !group->now.last || !group->now.state || !group->log.pace.changed) {
		group_destroy(group);
		return NULL;
	}
	memcpy(group->refs, refs, n * sizeof *refs);
	for (uint32_t i = 0; i < n; i++) {
		group->now.last[i] = value_bits(values[i]);
		group->now.state[i] = token_state_of(group->now.last[i], decimals_of(head, refs[i]));
	}
	if (rows_init(&group->rows, n, group->now) < 0) {
		group_destroy(group);
		return NULL;
	}
	return group;
}

/* 0: no memory. */
static uint32_t free_id(struct head *head)
{
	uint32_t room = head->room_groups ? head->room_groups * 2 : 16;
	struct group **more;

	for (uint32_t id = 1; id < head->room_groups; id++)
		if (!head->groups[id])
			return id;
	more = realloc(head->groups, room * sizeof *more);
	if (!more)
		return 0;
	memset(more + head->room_groups, 0, (room - head->room_groups) * sizeof *more);
	head->groups = more;
	head->room_groups = room;
	return room == 16 ? 1 : room / 2;
}

/* The members' places in groups that are retired. */
static int keep_older(struct head *head, struct group *group)
{
	for (uint32_t i = 0; i < group->n; i++) {
		const struct series *series = index_series(head->index, group->refs[i]);

		if (!series->group)
			continue;
		if (!group->older && !(group->older = calloc(group->n, sizeof *group->older)))
			return -ENOMEM;
		group->older[i] = (struct group_place){ series->group, series->slot };
	}
	return 0;
}

static void take_members(struct head *head, struct group *group, kymo_ms at)
{
	for (uint32_t i = 0; i < group->n; i++) {
		struct series *series = index_series(head->index, group->refs[i]);

		series->group = group->id;
		series->slot = (uint16_t)i;
		atomic_store_explicit(&series->idle, false, memory_order_relaxed);
		if (series->first_at == INT64_MIN || at < series->first_at)
			series->first_at = at;
	}
}

int group_create(struct head *head, const series_ref *refs, const double *values, uint32_t n, kymo_ms at, uint32_t patience,
		 struct group **out)
{
	uint32_t id = free_id(head);
	struct group *group = id ? group_alloc(head, refs, values, n) : NULL;

	if (!group || keep_older(head, group) < 0) {
		group_destroy(group);
		return -ENOMEM;
	}
	group->id = id;
	group->patience = patience;
	group->full_at = group->newest = INT64_MIN;
	group->period = at;
	head->groups[id] = group;
	take_members(head, group, at);
	group_account(head, group);
	*out = group;
	return 0;
}

/* ---- ending ---- */

/* Nobody finds their newest samples by the group any more. */
static void touch_members(struct head *head, const struct group *group)
{
	for (uint32_t i = 0; i < group->n; i++) {
		struct series *series = index_series(head->index, group->refs[i]);

		if (series)
			head_touch_locked(head, group->refs[i], series);
	}
}

static void group_free(struct head *head, struct group *group)
{
	for (uint32_t i = 0; i < group->n; i++) {
		struct series *series = index_series(head->index, group->refs[i]);

		if (series && series->group == group->id)
			series->group = 0;
	}
	group_spilled_drop(head, group, group->spilled.n);
	account(head, group, 0);
	head->groups[group->id] = NULL;
	group_destroy(group);
}

static bool is_empty(const struct group *group)
{
	return !group->n_stretches && !group->spilled.n && !group->rows.n_rows;
}

/* From here on the series itself knows its newest sample. */
static void tell_members(struct head *head, const struct group *group)
{
	for (uint32_t i = 0; i < group->n; i++) {
		struct series *series = index_series(head->index, group->refs[i]);
		kymo_ms at = group_member_at(group, i);

		if (!series || at == INT64_MIN || (series->last_at != INT64_MIN && series->last_at >= at))
			continue;
		series->last_at = at;
		series->last = group->now.last[i];
		series->last_known = true;
	}
}


/* ---- filling ---- */

static bool fits_badly(const struct group *group)
{
	return group->lived >= group->patience && group->rows.samples * 2 < (uint64_t)group->rows.n_rows * group->n;
}

static int seal(struct head *head, struct group *group)
{
	struct sealed *sealed;

	if (reserve_stretch(group) < 0)
		return -ENOMEM;
	sealed = rows_seal(&group->rows, &head->scratch);
	if (!sealed)
		return -ENOMEM;
	group->stretches[group->n_stretches++] = (struct stretch){ .sealed = sealed };
	group->sealed_bytes += sealed->size;
	group_spill_soon(head, group);
	if (fits_badly(group))
		group->missed = GROUP_PATIENCE_MOST;	/* retired when nobody holds on to it */
	rows_restart(&group->rows, group->now);
	return 0;
}

/* What only a group that takes more has a use for. */
static void strip(struct group *group)
{
	rows_fini(&group->rows);
	group->rows.n = group->n;
	free(group->now.last);
	free(group->now.state);
	free(group->member_at);
	free(group->log.pace.changed);
	group->now = (struct rows_state){ 0 };
	group->member_at = NULL;
	group->log.pace.changed = NULL;
}

void group_retire(struct head *head, struct group *group)
{
	bool sealed = !group->rows.n_rows || seal(head, group) == 0;

	tell_members(head, group);
	touch_members(head, group);
	group->retired = true;
	if (is_empty(group)) {
		group_free(head, group);
		return;
	}
	if (sealed)
		strip(group);
	group_account(head, group);
}

static void mark_present(struct group *group, kymo_ms at, const uint64_t *present)
{
	for (uint32_t w = 0; w < group->rows.words; w++)
		for (uint64_t left = present[w]; left; left &= left - 1)
			group->member_at[w * 64 + (uint32_t)__builtin_ctzll(left)] = at;
}

static int reserve_member_at(struct group *group)
{
	if (group->member_at)
		return 0;
	group->member_at = malloc(group->n * sizeof *group->member_at);
	for (uint32_t i = 0; i < group->n && group->member_at; i++)
		group->member_at[i] = INT64_MIN;
	return group->member_at ? 0 : -ENOMEM;
}

int group_put(struct head *head, struct group *group, kymo_ms at, const double *values, const uint64_t *present, uint32_t count,
	      struct row_view *view)
{
	int r = 0;

	if (rows_full(&group->rows))
		r = seal(head, group);
	if (r == 0 && present)
		r = reserve_member_at(group);
	if (r == 0)
		r = rows_put(&group->rows, group->now, at, values, present, count, view);
	group_account(head, group);
	if (r < 0)
		return r;
	if (present)
		mark_present(group, at, present);
	else
		group->full_at = at;
	if (group->lived++ == group->frozen_lived)
		group->period = at;
	if (at > group->newest)
		group->newest = at;
	head_widen(head, at);
	atomic_fetch_add_explicit(&head->samples, count, memory_order_relaxed);
	return 0;
}

/* ---- reading ---- */

/* A series' places, newest first. */
struct walk {
	const struct head *head;
	struct group_place at;
};

static const struct group *walk_next(struct walk *walk, uint32_t *slot)
{
	const struct group *group = walk->at.group ? walk->head->groups[walk->at.group] : NULL;

	*slot = walk->at.slot;
	if (group)
		walk->at = group->older ? group->older[*slot] : (struct group_place){ 0 };
	return group;
}

static struct walk walk_of(const struct head *head, const struct series *series)
{
	return (struct walk){ head, { series->group, series->slot } };
}

static int copy_rows(const struct rows *rows, uint32_t slot, kymo_ms start, kymo_ms end, struct head_copy *copy)
{
	struct head_sample samples[ROWS_MOST];
	kymo_ms at[ROWS_MOST];
	double values[ROWS_MOST];
	uint32_t n, kept = 0;

	if (!rows->n_rows || rows_last(rows) <= start || rows_first(rows) > end)
		return 0;
	n = rows_read(rows, slot, at, values);
	for (uint32_t i = 0; i < n; i++)
		if (at[i] > start && at[i] <= end)
			samples[kept++] = (struct head_sample){ at[i], values[i] };
	return kept ? head_copy_samples(copy, samples, kept) : 0;
}

static int copy_stretch(const struct stretch *stretch, uint32_t slot, kymo_ms start, kymo_ms end, struct head_copy *copy)
{
	if (!stretch->sealed)
		return copy_rows(stretch->rows, slot, start, end, copy);
	if (stretch->sealed->last <= start || stretch->sealed->first > end || !sealed_has(stretch->sealed, slot))
		return 0;
	return head_copy_sealed(copy, stretch->sealed, slot);
}

static int copy_group(const struct group *group, uint32_t slot, kymo_ms start, kymo_ms end, bool frozen, struct head_copy *copy)
{
	uint32_t n = frozen ? group->n_frozen : group->n_stretches;
	int r = group_spilled_copy(group, frozen ? group->spilled.n_frozen : group->spilled.n, slot, start, end, copy);

	for (uint32_t i = 0; i < n && r == 0; i++)
		r = copy_stretch(&group->stretches[i], slot, start, end, copy);
	return r == 0 && !frozen ? copy_rows(&group->rows, slot, start, end, copy) : r;
}

int groups_copy(const struct head *head, const struct series *series, kymo_ms start, kymo_ms end, bool frozen,
		struct head_copy *copy)
{
	struct walk walk = walk_of(head, series);
	const struct group *group;
	uint32_t slot;
	int r = 0;

	while (r == 0 && (group = walk_next(&walk, &slot)))
		r = copy_group(group, slot, start, end, frozen, copy);
	return r;
}

static kymo_ms first_in_group(const struct group *group, uint32_t slot)
{
	kymo_ms first = group_spilled_first(group, slot);

	for (uint32_t i = 0; i < group->n_stretches; i++) {
		const struct stretch *stretch = &group->stretches[i];
		kymo_ms at = stretch->sealed ? sealed_first_of(stretch->sealed, slot) : rows_first_of(stretch->rows, slot);

		first = at < first ? at : first;
	}
	return first != INT64_MAX ? first : rows_first_of(&group->rows, slot);
}

kymo_ms groups_first(const struct head *head, const struct series *series)
{
	struct walk walk = walk_of(head, series);
	const struct group *group;
	kymo_ms first = INT64_MAX;
	uint32_t slot;

	while ((group = walk_next(&walk, &slot))) {
		kymo_ms at = first_in_group(group, slot);

		if (at < first)
			first = at;
	}
	return first;
}

bool groups_frozen(const struct head *head, const struct series *series)
{
	struct walk walk = walk_of(head, series);
	const struct group *group;
	uint32_t slot;

	while ((group = walk_next(&walk, &slot)))
		if (group->n_frozen || group->spilled.n_frozen)
			return true;
	return false;
}

/* ---- flushing ---- */

static int freeze_rows(struct group *group)
{
	struct rows fresh = { .n = group->n, .words = group->rows.words }, *frozen;

	if (!group->rows.n_rows)
		return 0;
	frozen = malloc(sizeof *frozen);
	if (!frozen || reserve_stretch(group) < 0 || (!group->retired && rows_init(&fresh, group->n, group->now) < 0)) {
		free(frozen);
		return -ENOMEM;
	}
	*frozen = group->rows;
	group->stretches[group->n_stretches++] = (struct stretch){ .rows = frozen };
	group->sealed_bytes += sizeof *frozen + rows_memory(frozen);
	group->rows = fresh;
	return 0;
}

/* Has a member not been there once since the last freeze? A group that is nowhere in the WAL since has no rows either. */
static bool has_gone(const struct group *group)
{
	if (group->lived == group->frozen_lived)
		return true;
	for (uint32_t i = 0; i < group->n && group->full_at < group->period; i++)
		if (group_member_at(group, i) < group->period)
			return true;
	return false;
}

static void widen_frozen(const struct group *group, kymo_ms *first, kymo_ms *last)
{
	group_spilled_span(group, 0, group->spilled.n_frozen, first, last);
	for (uint32_t i = 0; i < group->n_frozen; i++) {
		const struct stretch *stretch = &group->stretches[i];
		kymo_ms begins = stretch->sealed ? stretch->sealed->first : rows_first(stretch->rows);
		kymo_ms ends = stretch->sealed ? stretch->sealed->last : rows_last(stretch->rows);

		if (begins < *first)
			*first = begins;
		if (ends > *last)
			*last = ends;
	}
}

static int freeze_group(struct head *head, struct group *group, kymo_ms *first, kymo_ms *last)
{
	if (freeze_rows(group) < 0)
		return -ENOMEM;
	group->n_frozen = group->n_stretches;
	group->spilled.n_frozen = group->spilled.n;
	widen_frozen(group, first, last);
	group_account(head, group);
	if (!group->retired && has_gone(group)) {
		group_retire(head, group);
		return 0;
	}
	group->frozen_lived = group->lived;
	return 0;
}

int head_freeze_groups(struct head *head, kymo_ms *first, kymo_ms *last)
{
	LOCK(&head->lock);
	int r = 0;

	for (uint32_t id = 1; id < head->room_groups && r == 0; id++)
		if (head->groups[id])
			r = freeze_group(head, head->groups[id], first, last);
	return r;
}

static uint64_t drop_frozen(struct head *head, struct group *group)
{
	uint64_t samples = group_spilled_drop(head, group, group->spilled.n_frozen);

	for (uint32_t i = 0; i < group->n_frozen; i++) {
		samples += stretch_samples(&group->stretches[i]);
		group->sealed_bytes -= stretch_memory(&group->stretches[i]);
		stretch_fini(&group->stretches[i]);
	}
	group->n_stretches -= group->n_frozen;
	if (group->n_stretches)
		memmove(group->stretches, group->stretches + group->n_frozen, group->n_stretches * sizeof *group->stretches);
	group->n_frozen = 0;
	group_account(head, group);
	return samples;
}

static void widen_by_rest(struct head *head, const struct group *group)
{
	kymo_ms first = INT64_MAX, last = INT64_MIN;

	group_spilled_span(group, 0, group->spilled.n, &first, &last);
	if (first <= last) {
		head_widen(head, first);
		head_widen(head, last);
	}
	for (uint32_t i = 0; i < group->n_stretches; i++) {
		head_widen(head, group->stretches[i].sealed->first);
		head_widen(head, group->stretches[i].sealed->last);
	}
	if (group->rows.n_rows) {
		head_widen(head, rows_first(&group->rows));
		head_widen(head, rows_last(&group->rows));
	}
}

/* Places in groups that are no more. */
static void forget_older(const struct head *head, struct group *group)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < group->n && group->older; i++) {
		if (group->older[i].group && !head->groups[group->older[i].group])
			group->older[i].group = 0;
		left += group->older[i].group != 0;
	}
	if (left)
		return;
	free(group->older);
	group->older = NULL;
}

uint64_t head_drop_frozen_groups(struct head *head)
{
	LOCK(&head->lock);
	uint64_t samples = 0;

	for (uint32_t id = 1; id < head->room_groups; id++) {
		struct group *group = head->groups[id];

		if (!group)
			continue;
		samples += drop_frozen(head, group);
		widen_by_rest(head, group);
		if (group->retired && is_empty(group))
			group_free(head, group);
	}
	for (uint32_t id = 1; id < head->room_groups; id++)
		if (head->groups[id])
			forget_older(head, head->groups[id]);
	spill_renew(&head->spill);
	atomic_fetch_sub(&head->samples, samples);
	return samples;
}

void head_drop_groups(struct head *head)
{
	LOCK(&head->lock);

	for (uint32_t id = 1; id < head->room_groups; id++)
		if (head->groups[id]) {
			struct group *group = head->groups[id];

			atomic_fetch_sub(&head->samples, group->rows.samples);
			atomic_fetch_sub(&head->samples, group_spilled_drop(head, group, group->spilled.n));
			for (uint32_t i = 0; i < group->n_stretches; i++)
				atomic_fetch_sub(&head->samples, stretch_samples(&group->stretches[i]));
			group_free(head, group);
		}
}

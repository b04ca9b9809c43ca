/* SPDX-License-Identifier: MIT */
/*
 * append_rows.c - a run of samples of one time usually is a group, or several one
 * behind another, in their order: then comparing refs is all there is to do. Else
 * its samples are gathered by group, whatever their order. Those that are in no
 * group make a new one, if there are enough; a few stay by themselves.
 *
 * A request that comes again and again and is not made of whole groups in their
 * order gets a group of its own, once the groups it is made of have had their
 * time. A group of which too few come too often is retired.
 */
#include "store/append_rows.h"
#include "head/touched.h"
#include "store/downsample.h"
#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

enum {
	REPEATED_OFTEN = 4,		/* times that a request came */
	FEW = 4				/* less than a FEWth of a group is no row */
};

void append_rows_fini(struct append_scratch *scratch)
{
	for (uint32_t i = 0; i < scratch->room_gathered; i++) {
		free(scratch->gathered[i].values);
		free(scratch->gathered[i].present);
	}
	free(scratch->gathered);
	free(scratch->fresh);
	free(scratch->late);
	free(scratch->run_refs);
	free(scratch->run_values);
	buf_fini(&scratch->sort);
}

/* ---- one row ---- */

static int put_row(struct appending *a, struct group *group, kymo_ms at, const double *values, const uint64_t *present,
		   uint32_t count)
{
	struct wal *wal = a->store->wal;
	struct row_view view;
	int r;

	if (a->logging)
		log_group(wal, group);
	r = group_put(&a->store->head, group, at, values, present, count, &view);
	if (r < 0)
		return r;
	if (a->logging)
		log_row(wal, group, at, &view);
	else
		group->log.mark = 0;
	a->done->stored += count;
	return 0;
}

/* The group whose members stand there in their order. NULL: none. */
static struct group *group_at(struct appending *a, const struct run *run, uint32_t at)
{
	const struct series *series = index_series(a->store->index, run->refs[at]);
	struct group *group = series ? group_of(&a->store->head, series) : NULL;

	if (!group || group->n > run->n - at || memcmp(group->refs, run->refs + at, group->n * sizeof *group->refs) != 0)
		return NULL;
	return group;
}

/* The same, if all it has is before that time. */
static struct group *whole_group_at(struct appending *a, const struct run *run, uint32_t at)
{
	struct group *group = group_at(a, run, at);

	return group && run->at > group->newest ? group : NULL;
}

/* How many samples those are of the whole groups that the run begins with. */
static uint32_t whole_groups(struct appending *a, const struct run *run)
{
	const struct group *group;
	uint32_t n = 0;

	if (run->at < a->rules.oldest || run->at == INT64_MIN)
		return 0;
	while (n < run->n && (group = whole_group_at(a, run, n)))
		n += group->n;
	return n;
}

/* *put: how many. Less than n: a group came twice. */
static int put_whole_groups(struct appending *a, const struct run *run, uint32_t n, uint32_t *put)
{
	int r = 0;

	*put = 0;
	while (r == 0 && *put < n) {
		struct group *group = group_of(&a->store->head, index_series(a->store->index, run->refs[*put]));

		if (run->at <= group->newest)
			break;
		r = put_row(a, group, run->at, run->values + *put, NULL, group->n);
		*put += group->n;
	}
	return r;
}

/* ---- gathering ---- */

static int reserve_run(struct append_scratch *scratch, uint32_t n)
{
	void *fresh, *late, *refs, *values;

	if (n <= scratch->room_run)
		return 0;
	if ((fresh = realloc(scratch->fresh, n * sizeof *scratch->fresh)))
		scratch->fresh = fresh;
	if ((late = realloc(scratch->late, n * sizeof *scratch->late)))
		scratch->late = late;
	if ((refs = realloc(scratch->run_refs, n * sizeof *scratch->run_refs)))
		scratch->run_refs = refs;
	if ((values = realloc(scratch->run_values, n * sizeof *scratch->run_values)))
		scratch->run_values = values;
	if (!fresh || !late || !refs || !values)
		return -ENOMEM;
	scratch->room_run = n;
	return 0;
}

static struct gathered *gathered_add(struct append_scratch *scratch)
{
	if (scratch->n_gathered == scratch->room_gathered) {
		uint32_t room = scratch->room_gathered ? scratch->room_gathered * 2 : 4;
		struct gathered *more = realloc(scratch->gathered, room * sizeof *more);

		if (!more)
			return NULL;
		memset(more + scratch->room_gathered, 0, (room - scratch->room_gathered) * sizeof *more);
		scratch->gathered = more;
		scratch->room_gathered = room;
	}
	return &scratch->gathered[scratch->n_gathered];
}

static struct gathered *gathered_for(struct append_scratch *scratch, struct group *group)
{
	struct gathered *gathered;
	uint32_t words = (group->n + 63) / 64;

	if (group->gathered)
		return &scratch->gathered[group->gathered - 1];
	gathered = gathered_add(scratch);
	if (!gathered)
		return NULL;
	if (group->n > gathered->room) {
		void *values = realloc(gathered->values, group->n * sizeof *gathered->values), *present;

		if (values)
			gathered->values = values;
		if ((present = realloc(gathered->present, words * sizeof *gathered->present)))
			gathered->present = present;
		if (!values || !present)
			return NULL;
		gathered->room = group->n;
	}
	memset(gathered->present, 0, words * sizeof *gathered->present);
	gathered->group = group;
	gathered->count = 0;
	group->gathered = ++scratch->n_gathered;
	return gathered;
}

static int gather_member(struct append_scratch *scratch, struct group *group, uint32_t slot, double value)
{
	struct gathered *gathered = gathered_for(scratch, group);

	if (!gathered)
		return -ENOMEM;
	gathered->values[slot] = value;
	gathered->present[slot / 64] |= UINT64_C(1) << slot % 64;
	gathered->count++;
	return 0;
}

/*
 * Is it newer than all the series has, and the first of it in the run? Nor may its
 * group have a newer row, of other members: rows rise.
 */
static bool is_fresh(const struct appending *a, const struct series *series, kymo_ms at)
{
	const struct group *group = group_of(&a->store->head, series);
	kymo_ms last;

	if (group && at <= group->newest)
		return false;
	if (series->gathered || at < a->rules.oldest || at == INT64_MIN)
		return false;
	last = head_last_locked(&a->store->head, series).at;
	return last == INT64_MIN || at > last;
}

static int gather(struct appending *a, const struct run *run, uint32_t from)
{
	struct append_scratch *scratch = a->scratch;
	int r = 0;

	for (uint32_t i = from; i < run->n && r == 0; i++) {
		struct series *series = index_series(a->store->index, run->refs[i]);
		struct group *group;

		if (!series || series->kind == KIND_DISTRIBUTION) {
			append_count(a, UNKNOWN);
			a->lost = !series && run->refs[i] > a->lost ? run->refs[i] : a->lost;
		} else if (is_fresh(a, series, run->at)) {
			series->gathered = true;
			scratch->fresh[scratch->n_fresh++] = i;
			if ((group = group_of(&a->store->head, series)))
				r = gather_member(scratch, group, series->slot, run->values[i]);
		} else {
			scratch->late[scratch->n_late++] = i;
		}
	}
	return r;
}

/* ---- judging groups ---- */

/* Has this very request come often? */
static bool is_repeated(struct append_scratch *scratch, const struct run *run)
{
	uint64_t hash = XXH3_64bits(run->refs, run->n * sizeof *run->refs);
	uint32_t i = 0;

	if (run->n < GROUP_LEAST)
		return false;
	while (i < REPEATS && scratch->repeat[i].hash != hash)
		i++;
	if (i == REPEATS) {
		i = scratch->next_repeat++ % REPEATS;
		scratch->repeat[i].hash = hash;
		scratch->repeat[i].times = 0;
	}
	if (++scratch->repeat[i].times < REPEATED_OFTEN)
		return false;
	scratch->repeat[i].times = 0;
	return true;
}

static bool have_had_their_time(const struct append_scratch *scratch)
{
	for (uint32_t i = 0; i < scratch->n_gathered; i++)
		if (scratch->gathered[i].group->lived < scratch->gathered[i].group->patience)
			return false;
	return true;
}

static void retire_misfits(struct appending *a, bool repeated)
{
	struct append_scratch *scratch = a->scratch;
	bool all = repeated && scratch->n_fresh >= GROUP_LEAST && have_had_their_time(scratch);

	for (uint32_t i = 0; i < scratch->n_gathered; i++) {
		struct gathered *gathered = &scratch->gathered[i];
		struct group *group = gathered->group;

		gathered->few = gathered->count * FEW < group->n;
		group->missed += gathered->few;
		if (!all && group->missed < group->patience)
			continue;
		group_retire(&a->store->head, group);
		gathered->group = NULL;
	}
}

/* ---- putting what was gathered ---- */

static int put_loose(struct appending *a, series_ref ref, struct series *series, kymo_ms at, double value)
{
	int r = head_put_newer(&a->store->head, series, at, value);

	if (r < 0)
		return r;
	head_touch_locked(&a->store->head, ref, series);
	atomic_store_explicit(&series->idle, false, memory_order_relaxed);
	append_count(a, STORED);
	append_loose(a, ref, at, value);
	return 0;
}

static int put_gathered(struct appending *a, kymo_ms at)
{
	int r = 0;

	for (uint32_t i = 0; i < a->scratch->n_gathered && r == 0; i++) {
		const struct gathered *gathered = &a->scratch->gathered[i];
		struct group *group = gathered->group;

		if (group && !gathered->few)
			r = put_row(a, group, at, gathered->values, gathered->count < group->n ? gathered->present : NULL,
				    gathered->count);
	}
	return r;
}

/* Of groups that are retired the one with the most, twice. */
static uint32_t patience_for(struct appending *a, const series_ref *refs, uint32_t n)
{
	uint32_t patience = GROUP_PATIENCE;

	for (uint32_t i = 0; i < n; i++) {
		const struct series *series = index_series(a->store->index, refs[i]);
		const struct group *old = series->group ? a->store->head.groups[series->group] : NULL;

		if (old && old->patience * 2 > patience)
			patience = old->patience * 2;
	}
	return patience < GROUP_PATIENCE_MOST ? patience : GROUP_PATIENCE_MOST;
}

static int put_new_group(struct appending *a, const series_ref *refs, const double *values, uint32_t n, kymo_ms at)
{
	struct head *head = &a->store->head;
	struct group *group;
	int r = group_create(head, refs, values, n, at, patience_for(a, refs, n), &group);

	if (r == 0 && (r = put_row(a, group, at, values, NULL, n)) < 0)
		group_retire(head, group);
	return r;
}

static int put_many(struct appending *a, uint32_t n, kymo_ms at)
{
	const series_ref *refs = a->scratch->run_refs;
	const double *values = a->scratch->run_values;
	int r = 0;

	for (uint32_t i = 0, count; i < n && r == 0; i += count) {
		count = n - i < GROUP_MOST ? n - i : GROUP_MOST;
		if (count >= GROUP_LEAST && a->store->head.index)
			r = put_new_group(a, refs + i, values + i, count, at);
		else
			for (uint32_t k = i; k < n && r == 0; k++)
				r = put_loose(a, refs[k], index_series(a->store->index, refs[k]), at, values[k]);
	}
	return r;
}

/* Those of a group that are too few for a row stay by themselves. */
static int put_few(struct appending *a, const struct run *run, uint32_t i)
{
	series_ref ref = run->refs[i];

	return put_loose(a, ref, index_series(a->store->index, ref), run->at, run->values[i]);
}

/* Those that are in no group, or no more. */
static int pick_lone(struct appending *a, const struct run *run, uint32_t *n)
{
	struct append_scratch *scratch = a->scratch;
	int r = 0;

	*n = 0;
	for (uint32_t i = 0; i < scratch->n_fresh && r == 0; i++) {
		uint32_t at = scratch->fresh[i];
		const struct group *group = group_of(&a->store->head, index_series(a->store->index, run->refs[at]));

		if (group && scratch->gathered[group->gathered - 1].few) {
			r = put_few(a, run, at);
		} else if (!group) {
			scratch->run_refs[*n] = run->refs[at];
			scratch->run_values[(*n)++] = run->values[at];
		}
	}
	return r;
}

static void forget_fresh(struct appending *a, const struct run *run)
{
	struct append_scratch *scratch = a->scratch;

	for (uint32_t i = 0; i < scratch->n_fresh; i++)
		index_series(a->store->index, run->refs[scratch->fresh[i]])->gathered = false;
}

static void forget_gathered(struct append_scratch *scratch)
{
	for (uint32_t i = 0; i < scratch->n_gathered; i++)
		if (scratch->gathered[i].group)
			scratch->gathered[i].group->gathered = 0;
}

static int put_fresh(struct appending *a, const struct run *run, bool repeated)
{
	uint32_t lone;
	int r;

	retire_misfits(a, repeated);
	r = pick_lone(a, run, &lone);
	if (r == 0)
		r = put_gathered(a, run->at);
	return r < 0 ? r : put_many(a, lone, run->at);
}

static int put_rest(struct appending *a, const struct run *run, uint32_t from, bool repeated)
{
	struct append_scratch *scratch = a->scratch;
	int r = reserve_run(scratch, run->n);

	scratch->n_gathered = scratch->n_fresh = scratch->n_late = 0;
	if (r == 0)
		r = gather(a, run, from);
	forget_fresh(a, run);
	if (r == 0)
		r = put_fresh(a, run, repeated);
	forget_gathered(scratch);
	return r;
}

/* ---- a run ---- */

static int put_late(struct appending *a, const struct run *run)
{
	for (uint32_t i = 0; i < a->scratch->n_late; i++) {
		uint32_t at = a->scratch->late[i];
		int r = append_late(a, run->refs[at], index_series(a->store->index, run->refs[at]), run->at, run->values[at]);

		if (r < 0)
			return r;
		append_count(a, r);
	}
	return 0;
}

/* What is stored in a window that has closed is reported, and once too often rather than not. */
static void mark_closed(struct appending *a, const struct run *run)
{
	uint32_t at = 0;

	if (run->at > atomic_load_explicit(&a->store->closed_until, memory_order_relaxed))
		return;
	while (at < run->n) {
		struct group *group = group_at(a, run, at);
		uint32_t n = group ? group->n : 1;

		downsample_mark_all(a->store, run->refs + at, n, run->at, group ? &group->marked : NULL);
		at += n;
	}
}

static int put_run(struct appending *a, const struct run *run)
{
	uint32_t whole = whole_groups(a, run);
	bool repeated = whole < run->n && is_repeated(a->scratch, run);
	int r;

	if (repeated)
		return put_rest(a, run, 0, true);
	r = put_whole_groups(a, run, whole, &whole);
	return r < 0 || whole == run->n ? r : put_rest(a, run, whole, false);
}

int append_run(struct appending *a, const struct run *run)
{
	int r;

	a->scratch->n_late = 0;
	pthread_mutex_lock(&a->store->head.lock);
	r = put_run(a, run);
	pthread_mutex_unlock(&a->store->head.lock);
	mark_closed(a, run);
	return r < 0 ? r : put_late(a, run);
}

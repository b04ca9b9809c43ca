/* SPDX-License-Identifier: MIT */
/*
 * delete.c - deleting what series have in a range. The head goes to blocks first,
 * so that what is deleted is in blocks, and what comes later is above it: then a
 * line in PATH/deleted is all, and every reader leaves out what it names
 * (deleted.h). Windows that are deleted in part are made again from raw. How far
 * the series reach is looked up anew, those of which nothing is left go. Later the
 * blocks are written anew without what was deleted.
 */
#include "store/delete.h"
#include "store/downsample.h"
#include "store/merge.h"
#include "store/raw.h"
#include "model/sample.h"

#include <errno.h>
#include <stdlib.h>

#define WIDEST INT64_C(3600000)

/* ---- is there anything? ---- */

static bool reader_has(struct store *store, struct block *block, bool records, series_ref ref, kymo_ms start, kymo_ms end)
{
	struct block_list *list = calloc(1, sizeof *list + sizeof block);
	struct raw_blocks from = { .list = { list }, .records = records, .plain = true };
	AUTO(raw_reader) reader = NULL;
	struct piece piece;
	bool has = true;		/* without memory, or where it cannot be read: as if */

	if (list) {
		list->n = 1;
		list->block[0] = block;
		if (raw_open_blocks(store, &from, ref, start, end, &reader) == 0) {
			raw_insist(reader);
			has = raw_next(reader, &piece) != 0;
		}
		raw_close(TAKE(reader));
	}
	free(list);
	return has;
}

/* Has the block an entry that the deletion takes, not only one before and one behind? */
static bool block_has(struct store *store, struct block *block, const struct block_series *series, const struct deletion *deletion)
{
	enum kymo_tier tier = block_tier(block);
	kymo_ms start, end;

	if (!deletion_touches(deletion, tier, block_sequence(block), series->ref, series->first, series->last))
		return false;
	deletion_range(deletion, tier, &start, &end);
	if (tier == KYMO_RAW && reader_has(store, block, false, series->ref, start, end))
		return true;
	return reader_has(store, block, true, series->ref, start, end);
}

static bool any_has(struct store *store, struct block *block, const struct deletion *deletion)
{
	struct block_walk walk = block_walk_past(block);
	struct block_series series;
	bool found = false;
	int r;

	while (!found && (r = block_walk_next(&walk, &series)) && r != -ENOMEM)
		found = r > 0 && block_has(store, block, &series, deletion);
	block_walk_end(&walk);
	return found;
}

static bool is_affected(struct store *store, const struct deleted *deleted, struct block *block)
{
	for (uint32_t i = 0; i < deleted_count(deleted); i++) {
		const struct deletion *deletion = deleted_at(deleted, i);

		if (block_sequence(block) >= deletion->sequence)
			continue;
		if (any_has(store, block, deletion))
			return true;
	}
	return false;
}

/* ---- how far a series reaches ---- */

struct reach {
	kymo_ms first, last;		/* first > last: nothing; bounds, what they name may be gone */
	bool unread;			/* something could not be read */
};

static void widen(struct reach *reach, const struct store_view *view, struct block *block, series_ref ref)
{
	struct block_series series;
	kymo_ms first = block_start(block) + 1, last = block_end(block);
	int r = block_find_series(block, ref, &series);

	if (!r || (r > 0 && !delete_leaves(view->deleted, block, &series, &first, &last)))
		return;
	reach->first = first < reach->first ? first : reach->first;
	reach->last = last > reach->last ? last : reach->last;
}

static struct reach reach_in(const struct store_view *view, enum kymo_tier tier, series_ref ref)
{
	struct reach reach = { INT64_MAX, INT64_MIN, false };

	for (uint32_t i = 0; i < view->list[tier]->n; i++)
		widen(&reach, view, view->list[tier]->block[i], ref);
	return reach;
}

static double value_in(const struct piece *piece, uint32_t i, bool distribution)
{
	if (piece->values)
		return piece->values[i];
	if (piece->flags[i] & RECORD_ENDED)
		return value_stale();
	if (!distribution)
		return piece->last[i];
	return piece->count[i] ? piece->sum[i] / (double)piece->count[i] : value_of_bits(NAN_BITS);
}

/* The last entry that a reader gives. */
static bool last_of(struct raw_reader *reader, enum kymo_tier tier, bool distribution, bool *unread, struct head_last *last)
{
	struct raw_stats stats;
	struct piece piece;
	bool found = false;

	while (raw_next(reader, &piece) > 0) {
		uint32_t i = piece.n - 1;

		last->at = tier == KYMO_RAW || !piece.count[i] ? piece.at[i] : piece.last_at[i];
		last->bits = value_bits(value_in(&piece, i, distribution));
		last->known = found = true;
	}
	raw_stats(reader, &stats);
	*unread |= stats.unread;
	return found;
}

static bool last_between(const struct store_view *view, enum kymo_tier tier, series_ref ref, bool distribution, kymo_ms start,
			 kymo_ms end, bool *unread, struct head_last *last)
{
	struct raw_blocks from = { .list = { view->list[tier] }, .deleted = view->deleted, .records = true, .plain = true };
	AUTO(raw_reader) reader = NULL;
	int r = tier == KYMO_RAW ? raw_open(view->store, view, ref, start, end, &reader) :
				   raw_open_blocks(view->store, &from, ref, start, end, &reader);

	return r == 0 && last_of(reader, tier, distribution, unread, last);
}

/* From the bound back in growing steps: mostly the first has it. */
static bool find_last(const struct store_view *view, enum kymo_tier tier, series_ref ref, bool distribution,
		      struct reach *reach, struct head_last *last)
{
	kymo_ms end = reach->last, step = WIDEST;

	while (reach->first <= end) {
		kymo_ms start = end - reach->first >= step ? end - step : reach->first - 1;

		if (last_between(view, tier, ref, distribution, start, end, &reach->unread, last))
			return true;
		end = start;
		step *= 4;
	}
	return false;
}

/* ---- a series after a deletion ---- */

/* With the append lock: nobody stores anything meanwhile. false: there is nothing left of it. */
static bool refresh_locked(struct store *store, const struct store_view *view, series_ref ref)
{
	struct series *series = index_series(store->index, ref);
	struct head_last last = { .at = INT64_MIN };
	struct reach reach[TIERS];
	kymo_ms first = INT64_MAX;
	bool found;

	if (!series)
		return true;
	for (int tier = 0; tier < TIERS; tier++) {
		reach[tier] = reach_in(view, (enum kymo_tier)tier, ref);
		first = reach[tier].first < first ? reach[tier].first : first;
	}
	head_leave_group(&store->head, series);
	if (!head_set_first(&store->head, series, first))
		return false;
	/* With what is in the head. */
	found = last_between(view, KYMO_RAW, ref, series->kind == KIND_DISTRIBUTION,
			     reach[KYMO_RAW].last == INT64_MIN ? INT64_MIN : reach[KYMO_RAW].last - WIDEST, INT64_MAX,
			     &reach[KYMO_RAW].unread, &last);
	for (int tier = 0; tier < TIERS && !found; tier++) {
		found = find_last(view, (enum kymo_tier)tier, ref, series->kind == KIND_DISTRIBUTION, &reach[tier], &last);
		if (!found && reach[tier].unread && reach[tier].last > last.at)
			last.at = reach[tier].last;	/* a bound is better than nothing */
	}
	head_reset_last(&store->head, series, last);
	return true;
}

static bool refresh(struct store *store, const struct store_view *view, series_ref ref)
{
	LOCK(&store->append_lock);
	bool left;

	index_lock(store->index);
	left = refresh_locked(store, view, ref);
	index_unlock(store->index);
	return left;
}

/* Those of which nothing is left go. */
static void refresh_all(struct store *store, const struct deletion *deletion)
{
	AUTO(store_view) view = NULL;

	if (store_view_open(store, &view) < 0)
		return;			/* the next cleanup finds them */
	for (uint32_t i = 0; i < deletion->n; i++)
		if (!refresh(store, view, deletion->refs[i]))
			retention_forget(store, deletion->refs[i]);
}

/* ---- windows ---- */

/* Is raw there for every window in which that time is? */
static bool raw_reaches(struct store *store, kymo_ms at)
{
	kymo_ms retention = store_settings(store).retention[KYMO_RAW], horizon;

	if (at < INT64_MIN + WIDEST)
		return false;
	return retention == FOREVER || __builtin_sub_overflow(store_now(store), retention, &horizon) ||
	       window_floor(at, WIDEST) > horizon;
}

static void mark(struct store *store, series_ref ref, kymo_ms at)
{
	if (at <= atomic_load(&store->closed_until))
		downsample_mark(store, ref, at);
}

static void mark_borders(struct store *store, const struct deletion *deletion)
{
	for (uint32_t i = 0; i < deletion->n; i++) {
		if (deletion->flags & DELETED_START)
			mark(store, deletion->refs[i], deletion->start + 1);
		if (deletion->flags & DELETED_END)
			mark(store, deletion->refs[i], deletion->end);
	}
}

/* ---- the steps ---- */

/* To disk, then to all readers. */
static int publish(struct store *store, struct deleted *made, struct error *err)
{
	int r = deleted_write(store->path, made, err);

	if (r < 0)
		deleted_release(made);
	else
		store_set_deleted(store, made);
	return r;
}

static int add(struct store *store, const struct deletion *deletion, struct error *err)
{
	struct deleted *made;

	if (deleted_make(store->deleted, deletion, &made) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	return publish(store, made, err);
}

/* Windows at the borders to disk; should it fail, it is tried again by the next flush, or at the next start. */
static void make_borders(struct store *store, const struct deletion *deletion)
{
	struct store_maintained done = { 0 };
	struct error err = { 0 };
	struct deleted *made;

	if (!(deletion->flags & (DELETED_START | DELETED_END)))
		return;
	mark_borders(store, deletion);
	if (tiers_flush(store, &done, &err) == 0 && deleted_flag(store->deleted, deletion->sequence, DELETED_MADE, &made) == 0)
		publish(store, made, &err);
	if (err.code)
		log_warn(LOG_STORE, "%s; windows in which a deletion begins or ends are computed when they are read", error_text(&err));
	error_clear(&err);
}

static const struct deletion *first_unmade(const struct deleted *deleted)
{
	for (uint32_t i = 0; i < deleted_count(deleted); i++) {
		const struct deletion *deletion = deleted_at(deleted, i);

		if (deletion->flags & (DELETED_START | DELETED_END) && !(deletion->flags & DELETED_MADE))
			return deletion;
	}
	return NULL;
}

int delete_made(struct store *store, struct error *err)
{
	const struct deletion *deletion;
	struct deleted *made;
	int r = 0;

	while (r == 0 && (deletion = first_unmade(store->deleted))) {
		if (deleted_flag(store->deleted, deletion->sequence, DELETED_MADE, &made) < 0)
			return error_set(err, -ENOMEM, "%s: out of memory", store->path);
		r = publish(store, made, err);
	}
	return r;
}

static bool overlaps(const struct store_view *view, series_ref ref, kymo_ms start, kymo_ms end)
{
	for (int tier = 0; tier < TIERS; tier++)
		for (uint32_t i = 0; i < view->list[tier]->n; i++) {
			struct block *block = view->list[tier]->block[i];
			struct block_series series;
			kymo_ms first, last;
			int r;

			if (block_end(block) <= start || block_start(block) >= end)
				continue;
			r = block_find_series(block, ref, &series);
			if (r < 0)		/* it may be there */
				return true;
			if (r > 0 && delete_leaves(view->deleted, block, &series, &first, &last) && last > start && first <= end)
				return true;
		}
	return false;
}

/* Of the series that match, those that have anything there. */
static int find_series(struct store *store, struct matcher *const *matchers, uint32_t n, kymo_ms start, kymo_ms end,
		       struct refs *refs)
{
	AUTO(store_view) view = NULL;
	uint32_t kept = 0;
	int r = store_view_open(store, &view);

	if (r == 0)
		r = index_select(store->index, matchers, n, refs);
	for (uint32_t i = 0; i < refs->n && r == 0; i++)
		if (overlaps(view, refs->ref[i], start, end))
			refs->ref[kept++] = refs->ref[i];
	refs->n = kept;
	return r;
}

static int delete_refs(struct store *store, const struct refs *refs, kymo_ms start, kymo_ms end, struct error *err)
{
	struct deletion deletion = { .sequence = store_next_sequence(store), .start = start, .end = end, .n = refs->n,
				     .refs = refs->ref };
	int r;

	deletion.flags = (uint8_t)((raw_reaches(store, start) ? DELETED_START : 0) |
				   (end <= INT64_MAX - WIDEST && raw_reaches(store, end) ? DELETED_END : 0));
	r = add(store, &deletion, err);
	if (r < 0)
		return r;
	make_borders(store, &deletion);
	refresh_all(store, &deletion);
	return 0;
}

int store_delete(struct store *store, struct matcher *const *matchers, uint32_t n, kymo_ms start, kymo_ms end, uint32_t *series,
		 struct error *err)
{
	LOCK(&store->maintain_lock);
	struct store_maintained done = { 0 };
	struct refs refs = { 0 };
	int r;

	*series = 0;
	if (!n || start >= end)
		return error_set(err, -EINVAL, n ? "a range of time that is empty" : "no matcher: that would be everything");
	r = store_flush(store, &done, err);
	if (r < 0)
		return r;
	r = find_series(store, matchers, n, start, end, &refs);
	if (r < 0)
		error_set(err, r, "%s", error_name(r));
	else if (refs.n)
		r = delete_refs(store, &refs, start, end, err);
	if (r == 0)
		*series = refs.n;
	atomic_fetch_add(&store->past_changes, 1);
	refs_fini(&refs);
	return r;
}

/* ---- blocks anew ---- */

struct pruning {
	struct store *store;
	const struct store_view *view;
	bool changed;
};

static bool is_needed(void *data, const struct deletion *deletion, series_ref ref)
{
	struct pruning *pruning = data;

	if (deletion->flags & (DELETED_START | DELETED_END) && !(deletion->flags & DELETED_MADE))
		return true;
	for (int tier = 0; tier < TIERS; tier++)
		for (uint32_t i = 0; i < pruning->view->list[tier]->n; i++) {
			struct block *block = pruning->view->list[tier]->block[i];
			struct block_series series;
			int r = block_find_series(block, ref, &series);

			if (r < 0 || (r > 0 && block_has(pruning->store, block, &series, deletion)))
				return true;
		}
	pruning->changed = true;
	return false;
}

static int prune(struct store *store, struct error *err)
{
	struct pruning pruning = { .store = store };
	AUTO(store_view) view = NULL;
	struct deleted *made = NULL;
	int r = store_view_open(store, &view);

	pruning.view = view;
	if (r == 0)
		r = deleted_filter(store->deleted, is_needed, &pruning, &made);
	if (r < 0)
		return error_set(err, r, "%s: out of memory", store->path);
	if (pruning.changed)
		return publish(store, made, err);
	deleted_release(made);
	return 0;
}

static int anew(struct store *store, enum kymo_tier tier, struct store_maintained *done, struct error *err)
{
	AUTO(store_view) view = NULL;
	int r = store_view_open(store, &view);

	for (uint32_t i = 0; r == 0 && i < view->list[tier]->n; i++)
		if (is_affected(store, view->deleted, view->list[tier]->block[i]))
			r = merge_anew(view, view->list[tier]->block[i], done, err);
	return r;
}

int delete_apply(struct store *store, struct store_maintained *done, struct error *err)
{
	int r = 0;

	if (!deleted_count(store->deleted))
		return 0;
	for (int tier = 0; tier < TIERS && r == 0; tier++)
		r = anew(store, (enum kymo_tier)tier, done, err);
	return r < 0 ? r : prune(store, err);
}

/* ---- opening ---- */

bool delete_leaves(const struct deleted *deleted, const struct block *block, const struct block_series *series, kymo_ms *first,
		   kymo_ms *last)
{
	*first = series->first;
	*last = series->last;
	return deleted_narrow(deleted, block_tier(block), block_sequence(block), series->ref, first, last);
}

int delete_load(struct store *store, struct error *err)
{
	struct error reason = { 0 };
	int r = deleted_read(store->path, &store->deleted, &reason);

	if (r == -EBADMSG) {
		store_set_aside(store, "deleted", error_text(&reason));
		r = 0;
	} else if (r < 0) {
		error_set(err, r, "%s", error_text(&reason));
	}
	error_clear(&reason);
	for (uint32_t i = 0; i < deleted_count(store->deleted); i++)
		if (deleted_at(store->deleted, i)->sequence >= atomic_load(&store->sequence))
			atomic_store(&store->sequence, (deleted_at(store->deleted, i)->sequence / SEQUENCE_STEP + 1) * SEQUENCE_STEP);
	return r;
}

void delete_recover(struct store *store)
{
	for (uint32_t i = 0; i < deleted_count(store->deleted); i++) {
		const struct deletion *deletion = deleted_at(store->deleted, i);

		if (!(deletion->flags & DELETED_MADE))
			mark_borders(store, deletion);
		refresh_all(store, deletion);
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * retention.c - what is older than its tier keeps it goes: whole blocks, then
 * series of which nothing is left, then what the index's log says of them.
 *
 * A clock that jumps ahead by more than a retention would throw everything away
 * at once. So such a jump is held against the newest data (or the time of the
 * last cleanup): expiry in that tier then waits until the clock has gone on from
 * there for an hour.
 */
#include "store/delete.h"
#include "store/downsample.h"
#include "store/policies.h"
#include "store/retention.h"

#include <errno.h>
#include <stdlib.h>

#define BELIEVE_AFTER INT64_C(3600000)
/*
 * The longest window: of one that reaches over the horizon nothing goes, so that it
 * can be computed again when a late sample comes for its later part.
 */
#define WHOLE_WINDOWS INT64_C(3600000)

/* ---- the guard ---- */

static bool believed(struct store *store, enum kymo_tier tier, kymo_ms now, kymo_ms retention)
{
	struct expiry_guard *guard = &store->guard[tier];
	kymo_ms ahead;

	if (guard->seen != INT64_MIN && (__builtin_sub_overflow(now, guard->seen, &ahead) || ahead > retention)) {
		if (guard->suspect == INT64_MIN || now < guard->suspect) {
			char seen[TIME_TEXT], text[TIME_TEXT];

			guard->suspect = now;
			log_warn(LOG_STORE, "%s: the clock says %s, the newest data or last cleanup was %s: nothing expires for an hour",
				 tier_name(tier), time_format(now, text), time_format(guard->seen, seen));
		}
		if (now - guard->suspect < BELIEVE_AFTER)
			return false;
	}
	guard->suspect = INT64_MIN;
	guard->seen = now;
	return true;
}

/* ---- blocks ---- */

/* The horizon is that of the shortest retention; of what policies keep for different times in a block the longest counts. */
static bool is_past(struct store *store, struct block *block)
{
	struct store_options options = store_settings(store);
	kymo_ms retention = policies_block_retention(store, block, &options), horizon;

	if (retention == FOREVER || __builtin_sub_overflow(store_now(store), retention, &horizon))
		return false;
	return block_end(block) <= window_floor(horizon, WHOLE_WINDOWS);
}

/* Those of which nothing is kept: their number. */
static uint32_t find_expired(struct store *store, const struct store_view *view, enum kymo_tier tier, kymo_ms horizon,
			     struct block **out)
{
	uint32_t n, found = 0;
	struct block *const *blocks = blocks_of(view, tier, &n);

	for (uint32_t i = 0; i < n; i++)
		if (block_end(blocks[i]) <= horizon && is_past(store, blocks[i]))
			out[found++] = blocks[i];
	return found;
}

/*
 * What a tier has after this time stays, however old: coarser windows are still to
 * be made of it. Also of raw what lies in a window with samples that are in the WAL
 * alone: when they are replayed, the window is computed again.
 */
kymo_ms retention_needs(struct store *store, enum kymo_tier tier)
{
	kymo_ms needs = downsample_needs(store, tier), oldest = atomic_load(&store->head.oldest);

	if (tier == KYMO_RAW && oldest <= atomic_load(&store->head.newest) && oldest - 1 < needs)
		needs = oldest - 1;
	return needs == INT64_MIN ? needs : window_floor(needs, WHOLE_WINDOWS);
}

/* Up to where each tier expires; INT64_MIN: nothing does. */
struct horizons {
	kymo_ms of[TIERS];
};

static kymo_ms horizon_of(struct store *store, enum kymo_tier tier, kymo_ms now, kymo_ms retention)
{
	kymo_ms horizon;

	if (retention == FOREVER || !believed(store, tier, now, retention) || __builtin_sub_overflow(now, retention, &horizon))
		return INT64_MIN;
	return window_floor(horizon, WHOLE_WINDOWS);
}

static struct horizons find_horizons(struct store *store)
{
	struct store_options options = store_settings(store);
	kymo_ms now = store_now(store);
	struct horizons horizons;

	for (int tier = 0; tier < TIERS; tier++)
		horizons.of[tier] = horizon_of(store, (enum kymo_tier)tier, now,
					      policies_shortest(store, &options, (enum kymo_tier)tier));
	return horizons;
}

static bool is_held(struct store *store, const struct horizons *horizons)
{
	for (int tier = 0; tier < TIERS; tier++)
		if (retention_needs(store, (enum kymo_tier)tier) < horizons->of[tier])
			return true;
	return false;
}

/* What is needed for things in memory is not, once these are in blocks. On a full disk it stays. */
static void let_go(struct store *store, const struct horizons *horizons, struct store_maintained *done)
{
	struct error err = { 0 };

	if (is_held(store, horizons) && store_flush(store, done, &err) < 0)
		log_warn(LOG_STORE, "%s; what is needed for it does not expire yet", error_text(&err));
	error_clear(&err);
}

static int expire_tier(struct store *store, const struct store_view *view, enum kymo_tier tier, kymo_ms horizon,
		       struct store_maintained *done)
{
	struct block **expired = calloc((size_t)view->list[tier]->n + 1, sizeof *expired);
	kymo_ms needed = retention_needs(store, tier);
	uint32_t n;
	int r = 0;

	if (!expired)
		return -ENOMEM;
	n = find_expired(store, view, tier, horizon < needed ? horizon : needed, expired);
	if (n)
		r = store_replace_blocks(store, tier, expired, n, NULL, 0, NULL);
	for (uint32_t i = 0; i < n && r == 0; i++)
		done->bytes_freed += block_bytes(expired[i]);
	if (r == 0)
		done->blocks_expired += n;
	free(expired);
	return r;
}

static int expire_blocks(struct store *store, struct store_maintained *done)
{
	struct horizons horizons = find_horizons(store);
	AUTO(store_view) view = NULL;
	int r;

	let_go(store, &horizons, done);
	r = store_view_open(store, &view);
	for (int tier = 0; tier < TIERS && r == 0; tier++)
		if (horizons.of[tier] != INT64_MIN)
			r = expire_tier(store, view, (enum kymo_tier)tier, horizons.of[tier], done);
	return r;
}

/* ---- series ---- */

static void lower(kymo_ms at, kymo_ms *first)
{
	if (at < *first)
		*first = at;
}

/* Both lists rise. Of a series whose place in the block cannot be read it is taken that it has data there. */
static int first_in_block(const struct deleted *deleted, struct block *block, const struct refs *refs, kymo_ms *first)
{
	struct block_walk walk = block_walk_past(block);
	struct block_series series = { 0 };
	bool unread = false;
	uint32_t at = 0;
	int r;

	while ((r = block_walk_next(&walk, &series))) {
		kymo_ms from, to;

		if (r == -ENOMEM)
			break;
		if (r < 0) {
			unread = true;
			continue;
		}
		for (; at < refs->n && refs->ref[at] < series.ref; at++)
			if (unread)
				lower(block_start(block), &first[at]);
		unread = false;
		if (at < refs->n && refs->ref[at] == series.ref && delete_leaves(deleted, block, &series, &from, &to))
			lower(from, &first[at]);
	}
	for (; unread && at < refs->n; at++)
		lower(block_start(block), &first[at]);
	block_walk_end(&walk);
	return r;
}

static int first_in_blocks(struct store *store, const struct refs *refs, kymo_ms *first)
{
	AUTO(store_view) view = NULL;
	int r = store_view_open(store, &view);

	for (uint32_t i = 0; i < refs->n; i++)
		first[i] = INT64_MAX;
	for (int tier = 0; tier < TIERS && r == 0; tier++)
		for (uint32_t i = 0; i < view->list[tier]->n && r == 0; i++)
			r = first_in_block(view->deleted, view->list[tier]->block[i], refs, first);
	return r;
}

/* Twice in a row without data: nobody was about to give it some. Under the append lock nobody can. */
static bool remove_series(struct store *store, series_ref ref)
{
	LOCK(&store->append_lock);
	struct series *series;
	bool gone;

	index_lock(store->index);
	series = index_series(store->index, ref);
	gone = series && atomic_load(&series->idle) && !series->data && !series->group;
	index_unlock(store->index);
	if (gone) {
		downsample_forget(store, ref);
		index_remove(store->index, ref);
	}
	return gone;
}

bool retention_forget(struct store *store, series_ref ref)
{
	index_lock(store->index);
	struct series *series = index_series(store->index, ref);

	if (series)
		atomic_store(&series->idle, true);
	index_unlock(store->index);
	return series && remove_series(store, ref);
}

static void refresh_series(struct store *store, series_ref ref, kymo_ms first, struct store_maintained *done)
{
	struct series *series;
	bool expired = false;

	index_lock(store->index);
	series = index_series(store->index, ref);
	if (series && !head_set_first(&store->head, series, first) && !downsample_holds(store, ref))
		expired = atomic_exchange(&series->idle, true);
	index_unlock(store->index);
	if (expired && remove_series(store, ref))
		done->series_expired++;
}

static int refresh_all(struct store *store, struct store_maintained *done)
{
	struct refs refs = { 0 };
	kymo_ms *first = NULL;
	int r = index_select(store->index, NULL, 0, &refs);

	if (r == 0 && !(first = calloc((size_t)refs.n + 1, sizeof *first)))
		r = -ENOMEM;
	if (r == 0)
		r = first_in_blocks(store, &refs, first);
	for (uint32_t i = 0; i < refs.n && r == 0; i++)
		refresh_series(store, refs.ref[i], first[i], done);
	free(first);
	refs_fini(&refs);
	return r;
}

/* What could not be read may have come back. */
static int try_again(struct store *store)
{
	AUTO(store_view) view = NULL;
	int r = store_view_open(store, &view);

	for (int tier = 0; tier < TIERS && r == 0; tier++)
		for (uint32_t i = 0; i < view->list[tier]->n; i++)
			block_try_again(view->list[tier]->block[i]);
	return r;
}

int retention_expire(struct store *store, struct store_maintained *done, struct error *err)
{
	uint64_t saved;
	int r = try_again(store);

	if (r == 0)
		r = expire_blocks(store, done);

	if (r == 0 && (r = policies_trim(store, done, err)) < 0)
		return r;
	if (r == 0 && (r = retention_fit(store, done, err)) < 0)
		return r;
	if (r == 0)
		r = refresh_all(store, done);
	if (r < 0)
		return error_set(err, r, "%s: %s", store->path, error_name(r));
	r = index_compact(store->index, &saved, err);
	done->bytes_freed += saved;
	if (r == 0)
		atomic_store(&store->counters.last_cleanup, store_now(store));
	return r;
}

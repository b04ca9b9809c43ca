/* SPDX-License-Identifier: MIT */
/*
 * policies_trim.c - what a policy keeps for a shorter time than the others in a
 * file. Files are not cut by policies: that would make as many at every flush as
 * there are retentions, each with its own sync, and a reload would make them wrong.
 * A file goes as a whole when the last of its series is past its time; one of which
 * a quarter is past it is written anew without that, and so is any that is merged.
 * A byte is thus written at most four times more often than it goes.
 */
#include "store/downsample.h"
#include "store/merge.h"
#include "store/policies.h"

#include <errno.h>
#include <stdlib.h>

#define HOUR INT64_C(3600000)

enum { WORTH_IT = 4 };			/* so many-th part of a block */

/* Up to here this policy keeps nothing; INT64_MIN: it has no say, or the clock is not believed. */
static kymo_ms horizon_of(struct store *store, const struct policy *policy, enum kymo_tier tier, kymo_ms needs)
{
	kymo_ms horizon;

	if (!policy || !policy->retention[tier] || policy->retention[tier] == FOREVER || store->guard[tier].suspect != INT64_MIN ||
	    __builtin_sub_overflow(store_now(store), policy->retention[tier], &horizon) || needs == INT64_MIN)
		return INT64_MIN;
	return window_floor(horizon < needs ? horizon : needs, HOUR);
}

/* As in retention.c: coarser windows are to be made of what is behind it, or made again when the WAL is replayed. */
static kymo_ms needed_from(struct store *store, enum kymo_tier tier)
{
	kymo_ms needs = downsample_needs(store, tier), oldest = atomic_load(&store->head.oldest);

	if (tier == KYMO_RAW && oldest <= atomic_load(&store->head.newest) && oldest - 1 < needs)
		needs = oldest - 1;
	return needs;
}

/* With the index locked. */
static kymo_ms horizon_of_series(struct store *store, series_ref ref, enum kymo_tier tier, kymo_ms needs)
{
	const struct series *series = index_series(store->index, ref);
	const struct metric *metric = series ? series->metric->metric : NULL;

	return metric ? horizon_of(store, policy_of(store, metric->name, metric->name_len), tier, needs) : INT64_MIN;
}

kymo_ms policies_horizon(struct store *store, series_ref ref, enum kymo_tier tier)
{
	kymo_ms needs, horizon;

	if (!atomic_load(&store->policies))
		return INT64_MIN;
	needs = needed_from(store, tier);
	index_lock(store->index);
	horizon = horizon_of_series(store, ref, tier, needs);
	index_unlock(store->index);
	return horizon;
}

static uint64_t past_entries(struct block *block, series_ref ref, kymo_ms horizon)
{
	struct block_chunks chunks = { 0 };
	uint64_t n = 0;

	block_find(block, ref, INT64_MIN, horizon, &chunks, NULL);
	for (uint32_t i = 0; i < chunks.n && chunks.chunk[i].last <= horizon; i++)
		n += chunks.chunk[i].n;
	block_chunks_fini(&chunks);
	return n;
}

static bool is_worth_it(struct store *store, struct block *block)
{
	struct block_walk walk = block_walk_past(block);
	struct block_series series;
	enum kymo_tier tier = block_tier(block);
	kymo_ms needs = needed_from(store, tier);
	uint64_t past = 0;
	int r;

	index_lock(store->index);
	while ((r = block_walk_next(&walk, &series)) && r != -ENOMEM) {
		kymo_ms horizon = r < 0 ? INT64_MIN : horizon_of_series(store, series.ref, tier, needs);

		if (horizon != INT64_MIN)
			past += past_entries(block, series.ref, horizon);
	}
	index_unlock(store->index);
	block_walk_end(&walk);
	return past && past * WORTH_IT >= block_entries(block);
}

static int trim_tier(const struct store_view *view, enum kymo_tier tier, struct store_maintained *done, struct error *err)
{
	int r = 0;

	for (uint32_t i = 0; i < view->list[tier]->n && r == 0; i++)
		if (is_worth_it(view->store, view->list[tier]->block[i]))
			r = merge_anew(view, view->list[tier]->block[i], done, err);
	return r;
}

int policies_trim(struct store *store, struct store_maintained *done, struct error *err)
{
	struct store_options options = store_settings(store);
	AUTO(store_view) view = NULL;
	int r;

	if (!atomic_load(&store->policies))
		return 0;
	r = store_view_open(store, &view);
	if (r < 0)
		return error_set(err, r, "%s: out of memory", store->path);
	for (int tier = 0; tier < TIERS && r == 0; tier++)
		if (policies_shortest(store, &options, (enum kymo_tier)tier) < options.retention[tier])
			r = trim_tier(view, (enum kymo_tier)tier, done, err);
	return r;
}

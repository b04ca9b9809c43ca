/* SPDX-License-Identifier: MIT */
/*
 * retention_size.c - a store that is larger than `size` loses whole blocks until it
 * is not: always the one that is oldest in proportion to how long its tier is kept,
 * so that every tier is shortened by the same share. `forever` counts as ten years.
 * What windows are still to be made of stays, whatever the size.
 *
 * Where raw was dropped, it is as if it were kept for so long only: what comes for
 * that time is refused, or its window would be computed from what is left.
 */
#include "store/retention.h"

#include <errno.h>

#define TEN_YEARS INT64_C(315360000000)

static uint64_t size_of(struct store *store)
{
	struct store_stats stats;
	uint64_t bytes;

	store_stats(store, &stats);
	bytes = stats.wal_bytes + stats.index_bytes;
	for (int tier = 0; tier < TIERS; tier++)
		bytes += stats.tier[tier].bytes;
	return bytes;
}

/* How much of what its tier may reach back this block does: 1 is about to expire. */
static double age_of(const struct store *store, const struct block *block, const struct store_options *options)
{
	kymo_ms retention = options->retention[block_tier(block)];

	if (retention == FOREVER || retention > TEN_YEARS)
		retention = TEN_YEARS;
	return ((double)store_now(store) - (double)block_end(block)) / (double)(retention > 0 ? retention : 1);
}

/* NULL: none may go. */
static struct block *oldest(struct store *store, const struct store_view *view, const struct store_options *options)
{
	struct block *found = NULL;

	for (int tier = 0; tier < TIERS; tier++) {
		kymo_ms needed = retention_needs(store, (enum kymo_tier)tier);

		for (uint32_t i = 0; i < view->list[tier]->n; i++) {
			struct block *block = view->list[tier]->block[i];

			if (block_end(block) <= needed && (!found || age_of(store, block, options) > age_of(store, found, options)))
				found = block;
		}
	}
	return found;
}

static void raise_raw_from(struct store *store, kymo_ms until)
{
	LOCK(&store->append_lock);

	if (until > atomic_load(&store->raw_from))
		atomic_store(&store->raw_from, until);
}

/* 1: it went; 0: none may. What comes late for its time is refused before that. */
static int drop_one(struct store *store, const struct store_options *options, struct store_maintained *done)
{
	AUTO(store_view) view = NULL;
	struct block *block;
	int r = store_view_open(store, &view);

	if (r < 0)
		return r;
	block = oldest(store, view, options);
	if (!block)
		return 0;
	if (block_tier(block) == KYMO_RAW)
		raise_raw_from(store, window_end_of(block_end(block), tier_width(KYMO_1H)));
	r = store_replace_blocks(store, block_tier(block), &block, 1, NULL, 0, NULL);
	if (r < 0)
		return r;
	done->blocks_expired++;
	done->bytes_freed += block_bytes(block);
	return 1;
}

int retention_fit(struct store *store, struct store_maintained *done, struct error *err)
{
	struct store_options options = store_settings(store);
	uint64_t bytes;
	int r = 1;

	while (options.size && (bytes = size_of(store)) > options.size && r > 0) {
		r = drop_one(store, &options, done);
		if (r == 0)
			log_warn(LOG_STORE, "%s: %llu bytes, %llu are allowed, and nothing more may go yet", store->path,
				 (unsigned long long)bytes, (unsigned long long)options.size);
	}
	return r < 0 ? error_set(err, r, "%s: %s", store->path, error_name(r)) : 0;
}

/* Where the tiers reach back further than raw, raw is gone. */
void retention_open(struct store *store)
{
	struct store_coverage coverage;
	kymo_ms raw;

	if (!store_settings(store).size)
		return;
	store_coverage(store, &coverage);
	raw = coverage.tier[KYMO_RAW].oldest;
	if (raw > coverage.tier[KYMO_RAW].newest || raw == INT64_MIN)
		return;
	for (int tier = KYMO_1M; tier < TIERS; tier++)
		if (coverage.tier[tier].oldest <= coverage.tier[tier].newest && coverage.tier[tier].oldest < raw)
			raise_raw_from(store, window_floor(raw - 1, tier_width(KYMO_1H)));
}

/* SPDX-License-Identifier: MIT */
/*
 * downsample.c - the state of the tiers: how far each is done, what of it is in
 * memory, and which windows a late sample has changed. windows.c closes windows,
 * tier_flush.c brings them to disk.
 */
#include "head/group.h"
#include "store/downsample_state.h"

#include <errno.h>
#include <stdlib.h>

/* The end of the newest window in a block: everything up to it was in blocks when that was written. */
static kymo_ms newest_in_blocks(const struct store *store, enum kymo_tier tier)
{
	const struct block_list *list = store->list[tier];
	kymo_ms newest = INT64_MIN;

	for (uint32_t i = 0; i < list->n; i++)
		if (block_end(list->block[i]) > newest)
			newest = block_end(list->block[i]);
	return newest == INT64_MIN ? newest : window_floor(newest, tier_width(tier));
}

static kymo_ms newest_block(const struct store *store)
{
	kymo_ms newest = INT64_MIN;

	for (int tier = 0; tier < TIERS; tier++)
		for (uint32_t i = 0; i < store->list[tier]->n; i++)
			if (block_end(store->list[tier]->block[i]) > newest)
				newest = block_end(store->list[tier]->block[i]);
	return newest;
}

/*
 * What a tier was made of was closed, and came to disk before it: where nothing was
 * sampled for a while, the finer tier has no record to tell it by.
 */
static void take_from_coarser(struct downsample *d)
{
	for (int tier = KYMO_5M; tier >= KYMO_1M; tier--)
		if (d->done[tier + 1] > d->done[tier])
			d->done[tier] = d->done[tier + 1];
}

int downsample_open(struct store *store, struct error *err)
{
	struct downsample *d = calloc(1, sizeof *d);

	if (!d)
		return error_set(err, -ENOMEM, "%s: out of memory", store->path);
	pthread_mutex_init(&d->lock, NULL);
	dirty_init(&d->dirty);
	d->worked_on = 1;
	for (int tier = 0; tier < TIERS; tier++) {
		tier_head_init(&d->head[tier]);
		d->done[tier] = tier == KYMO_RAW ? INT64_MIN : newest_in_blocks(store, (enum kymo_tier)tier);
		d->in_blocks[tier] = d->done[tier];
	}
	take_from_coarser(d);
	d->look_until = newest_block(store);
	store->downsample = d;
	atomic_store(&store->closed_until, d->done[KYMO_1M]);
	return 0;
}

static void last_flush(struct store *store)
{
	LOCK(&store->maintain_lock);
	struct store_maintained done = { 0 };
	struct error err = { 0 };

	if (tiers_flush(store, &done, &err) < 0)
		log_warn(LOG_STORE, "%s; the last windows will be computed again at the next start", error_text(&err));
	error_clear(&err);
}

void downsample_close_store(struct store *store)
{
	struct downsample *d = store->downsample;

	if (!d)
		return;
	if (store->wal)
		last_flush(store);
	for (int tier = 0; tier < TIERS; tier++)
		tier_head_fini(&d->head[tier]);
	dirty_fini(&d->dirty);
	news_destroy(d->news);
	pthread_mutex_destroy(&d->lock);
	free(d);
	store->downsample = NULL;
}

void downsample_mark(struct store *store, series_ref ref, kymo_ms at)
{
	LOCK(&store->downsample->lock);

	dirty_mark(&store->downsample->dirty, ref, at);
}

void downsample_mark_all(struct store *store, const series_ref *refs, uint32_t n, kymo_ms at, struct marked *memory)
{
	struct downsample *d = store->downsample;
	struct marked now;
	LOCK(&d->lock);

	now = (struct marked){ window_end_of(at, tier_width(KYMO_1M)), d->worked_on };
	if (memory && memory->end == now.end && memory->when == now.when)
		return;
	for (uint32_t i = 0; i < n; i++)
		if (index_series(store->index, refs[i]))
			dirty_mark(&d->dirty, refs[i], at);
	if (memory)
		*memory = now;
}

void downsample_coverage(struct store *store, struct store_coverage *coverage)
{
	struct downsample *d = store->downsample;
	LOCK(&d->lock);

	for (int tier = KYMO_1M; tier < TIERS; tier++) {
		if (d->head[tier].oldest < coverage->tier[tier].oldest)
			coverage->tier[tier].oldest = d->head[tier].oldest;
		if (d->head[tier].newest > coverage->tier[tier].newest)
			coverage->tier[tier].newest = d->head[tier].newest;
	}
}

bool downsample_holds(struct store *store, series_ref ref)
{
	struct downsample *d = store->downsample;
	LOCK(&d->lock);

	for (int tier = KYMO_1M; tier < TIERS; tier++)
		if (tier_head_has(&d->head[tier], ref))
			return true;
	return dirty_has(&d->dirty, ref);
}

void downsample_forget(struct store *store, series_ref ref)
{
	struct downsample *d = store->downsample;
	LOCK(&d->lock);

	for (int tier = KYMO_1M; tier < TIERS; tier++)
		tier_head_forget(&d->head[tier], ref);
	d->worked_on++;
	dirty_forget(&d->dirty, ref);
}

/* Where the first window begins that is in memory alone: after a crash it is made again. INT64_MAX: none is. */
static kymo_ms head_start(const struct downsample *d, int tier)
{
	const struct tier_head *head = &d->head[tier];

	return head->oldest > head->newest ? INT64_MAX : window_floor(head->oldest - 1, tier_width((enum kymo_tier)tier));
}

kymo_ms downsample_needs(struct store *store, enum kymo_tier tier)
{
	struct downsample *d = store->downsample;
	LOCK(&d->lock);
	kymo_ms needs = tier == KYMO_1H ? INT64_MAX : d->done[tier + 1], dirty = dirty_start(&d->dirty);

	if (dirty < needs)
		needs = dirty;
	for (int coarser = tier + 1; coarser < TIERS; coarser++)
		if (head_start(d, coarser) < needs)
			needs = head_start(d, coarser);
	return needs;
}

bool downsample_due(struct store *store)
{
	struct downsample *d = store->downsample;
	LOCK(&d->lock);

	return window_floor(store_now(store) - CLOSE_DELAY, tier_width(KYMO_1M)) > d->done[KYMO_1M];
}

int downsample_copy(struct store *store, series_ref ref, enum kymo_tier tier, struct downsample_copy *copy)
{
	struct downsample *d = store->downsample;
	LOCK(&d->lock);

	copy->done = d->done[tier];
	dirty_spans(&d->dirty, ref, tier_width(tier), copy->done, &copy->dirty);
	return tier_head_copy(&d->head[tier], ref, &copy->head);
}

void store_watch(struct store *store,
		 void (*closed)(void *data, enum kymo_tier tier, const struct store_closed *records, uint32_t n), void *data)
{
	pthread_mutex_lock(&store->maintain_lock);
	store->downsample->watcher = (struct watcher){ closed, data };
	pthread_mutex_unlock(&store->maintain_lock);
	pthread_mutex_lock(&store->tell_lock);	/* until the last one is told what was for it */
	pthread_mutex_unlock(&store->tell_lock);
}

struct news *downsample_take_news(struct store *store)
{
	struct news *news = store->downsample->news;

	store->downsample->news = NULL;
	return news;
}

/* SPDX-License-Identifier: MIT */
/*
 * sizes.c - what each metric takes on disk: the chunks of its series in all
 * blocks, of frames that are packed their share. Tables and names, and times that
 * several series have together, are nobody's.
 */
#include "block/files.h"
#include "store/sizes.h"
#include "store/state.h"

#include <errno.h>
#include <stdlib.h>

enum { AT_ONCE = 1024 };	/* series of a block for which the index is locked once */

struct sized {
	series_ref ref;
	uint64_t bytes, entries;
};

struct sizing {
	struct store *store;
	uint32_t room;			/* metrics, by their number in the index */
	struct store_metric_size *sizes;
	struct block_chunks chunks;	/* of one series */
	uint32_t n;
	struct sized of[AT_ONCE];
	int (*each)(void *data, const struct store_metric_size *size);
	void *data;
};

static int grow(struct sizing *sizing, uint32_t id)
{
	uint32_t room = sizing->room ? sizing->room : 64;
	struct store_metric_size *sizes;

	while (room <= id)
		room *= 2;
	sizes = realloc(sizing->sizes, room * sizeof *sizes);
	if (!sizes)
		return -ENOMEM;
	memset(sizes + sizing->room, 0, (room - sizing->room) * sizeof *sizes);
	sizing->sizes = sizes;
	sizing->room = room;
	return 0;
}

/* Series that are gone meanwhile count for nobody. */
static int add_some(struct sizing *sizing, enum kymo_tier tier)
{
	int r = 0;

	index_lock(sizing->store->index);
	for (uint32_t i = 0; i < sizing->n && r == 0; i++) {
		const struct series *series = index_series(sizing->store->index, sizing->of[i].ref);

		if (!series)
			continue;
		if (series->metric->id >= sizing->room)
			r = grow(sizing, series->metric->id);
		if (r == 0) {
			sizing->sizes[series->metric->id].bytes[tier] += sizing->of[i].bytes;
			sizing->sizes[series->metric->id].samples[tier] += sizing->of[i].entries;
		}
	}
	index_unlock(sizing->store->index);
	sizing->n = 0;
	return r;
}

static int size_series(struct sizing *sizing, struct block *block, series_ref ref)
{
	struct sized *sized = &sizing->of[sizing->n];
	int r;

	sizing->chunks.n = 0;
	r = block_find(block, ref, INT64_MIN, INT64_MAX, &sizing->chunks, NULL);
	if (r <= 0)
		return r == -ENOMEM ? r : 0;
	*sized = (struct sized){ .ref = ref };
	for (uint32_t i = 0; i < sizing->chunks.n; i++) {
		const struct block_chunk *chunk = &sizing->chunks.chunk[i];

		sized->entries += chunk->n;
		if (chunk->frame.raw)
			sized->bytes += (uint64_t)chunk->size * chunk->frame.size / chunk->frame.raw;
	}
	sizing->n++;
	return 0;
}

/* What cannot be read is left out; reading samples says so. */
static int size_block(struct sizing *sizing, struct block *block)
{
	struct block_walk walk = block_walk(block);
	struct block_series series;
	int r;

	while ((r = block_walk_next(&walk, &series))) {
		if (r == -ENOMEM)
			break;
		if (r < 0)
			continue;
		if ((r = size_series(sizing, block, series.ref)) < 0 ||
		    (sizing->n == AT_ONCE && (r = add_some(sizing, block_tier(block))) < 0))
			break;
	}
	block_walk_end(&walk);
	return r < 0 ? r : add_some(sizing, block_tier(block));
}

static int by_bytes(const void *a, const void *b)
{
	const struct metric_bytes *x = a, *y = b;

	return x->bytes > y->bytes ? -1 : x->bytes < y->bytes;
}

static int list_bytes(const struct sizing *sizing, enum kymo_tier tier, struct metric_bytes **out, uint32_t *n)
{
	struct metric_bytes *of;

	*n = 0;
	for (uint32_t i = 0; i < sizing->room; i++)
		*n += sizing->sizes[i].bytes[tier] != 0;
	*out = of = malloc(((size_t)*n + 1) * sizeof *of);
	if (!of)
		return -ENOMEM;
	for (uint32_t i = 0; i < sizing->room; i++)
		if (sizing->sizes[i].bytes[tier])
			*of++ = (struct metric_bytes){ i, sizing->sizes[i].bytes[tier] };
	qsort(*out, *n, sizeof **out, by_bytes);
	return 0;
}

static void sizing_destroy(struct sizing *sizing)
{
	if (!sizing)
		return;
	block_chunks_fini(&sizing->chunks);
	free(sizing->sizes);
	free(sizing);
}

int sizes_of_block(struct store *store, struct block *block, struct metric_bytes **out, uint32_t *n)
{
	struct sizing *sizing = calloc(1, sizeof *sizing);
	int r = sizing ? 0 : -ENOMEM;

	if (r == 0) {
		sizing->store = store;
		r = size_block(sizing, block);
	}
	if (r == 0)
		r = list_bytes(sizing, block_tier(block), out, n);
	sizing_destroy(sizing);
	return r;
}

static int size_all(struct sizing *sizing, const struct store_view *view)
{
	int r = 0;

	for (int tier = 0; tier < TIERS; tier++) {
		uint32_t n;
		struct block *const *blocks = blocks_of(view, tier, &n);

		for (uint32_t i = 0; i < n && r == 0; i++)
			r = size_block(sizing, blocks[i]);
	}
	return r;
}

static int give(void *data, struct metric_box *box, const series_ref *refs, uint32_t n)
{
	struct sizing *sizing = data;
	struct store_metric_size size = { 0 };

	(void)refs;
	if (box->id < sizing->room)
		size = sizing->sizes[box->id];
	size.metric = box->metric;
	size.series = n;
	return sizing->each(sizing->data, &size);
}

int store_each_metric_size(struct store *store, int (*each)(void *data, const struct store_metric_size *size), void *data)
{
	struct sizing *sizing = calloc(1, sizeof *sizing);
	AUTO(store_view) view = NULL;
	int r = sizing ? store_view_open(store, &view) : -ENOMEM;

	if (r == 0) {
		sizing->store = store;
		sizing->each = each;
		sizing->data = data;
		r = size_all(sizing, view);
	}
	if (r == 0) {
		index_lock(store->index);
		r = index_each_metric(store->index, give, sizing);
		index_unlock(store->index);
	}
	sizing_destroy(sizing);
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * largest.c - of each block its largest metrics, and of them all the largest.
 *
 * What is kept of a block is bounded, so that many metrics in many blocks stay
 * small; a metric that is not among them takes less than a thousandth of the block.
 */
#include "block/state.h"
#include "store/sizes.h"
#include "store/state.h"

#include <errno.h>
#include <stdlib.h>

enum { OF_BLOCK = 1024 };		/* metrics that are remembered of one */

struct sized_block {
	uint64_t owner;			/* of the block: given only once */
	enum kymo_tier tier;
	uint32_t n;
	struct metric_bytes *of;
};

struct sized_blocks {
	uint32_t n;
	struct sized_block *block;
};

struct largest {
	pthread_mutex_t work;		/* one step at a time; of `blocks` */
	struct sized_blocks blocks;

	pthread_mutex_t lock;		/* of what follows */
	uint32_t n;
	struct store_large of[STORE_LARGEST];
};

struct largest *largest_create(void)
{
	struct largest *largest = calloc(1, sizeof *largest);

	if (!largest)
		return NULL;
	pthread_mutex_init(&largest->work, NULL);
	pthread_mutex_init(&largest->lock, NULL);
	return largest;
}

static void blocks_fini(struct sized_blocks *blocks)
{
	for (uint32_t i = 0; i < blocks->n; i++)
		free(blocks->block[i].of);
	free(blocks->block);
	*blocks = (struct sized_blocks){ 0 };
}

static void large_fini(struct store_large *of, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		free((void *)(uintptr_t)of[i].name);
}

void largest_destroy(struct largest *largest)
{
	if (!largest)
		return;
	blocks_fini(&largest->blocks);
	large_fini(largest->of, largest->n);
	pthread_mutex_destroy(&largest->work);
	pthread_mutex_destroy(&largest->lock);
	free(largest);
}

/* ---- of each block ---- */

static int measure(struct store *store, struct block *block, struct sized_block *sized)
{
	struct metric_bytes *less;
	int r = sizes_of_block(store, block, &sized->of, &sized->n);

	if (r < 0)
		return r;
	sized->owner = block->owner;
	sized->tier = block_tier(block);
	if (sized->n <= OF_BLOCK)
		return 0;
	sized->n = OF_BLOCK;
	less = realloc(sized->of, OF_BLOCK * sizeof *less);
	sized->of = less ? less : sized->of;
	return 0;
}

/* What was known of a block moves to `to`; false: nothing was. */
static bool take_known(struct sized_blocks *known, const struct block *block, struct sized_block *to)
{
	for (uint32_t i = 0; i < known->n; i++)
		if (known->block[i].owner == block->owner) {
			*to = known->block[i];
			known->block[i] = (struct sized_block){ 0 };	/* no block has this owner */
			return true;
		}
	return false;
}

/* The blocks of the view, those that are known and as many others as may be. 1: some are left. */
static int go_on(struct store *store, const struct store_view *view, uint64_t most, struct sized_blocks *known,
		 struct sized_blocks *next)
{
	uint64_t done = 0;
	int left = 0;

	for (int tier = 0; tier < TIERS; tier++)
		for (uint32_t i = 0; i < view->list[tier]->n; i++) {
			struct block *block = view->list[tier]->block[i];
			struct sized_block *to = &next->block[next->n];

			if (!take_known(known, block, to)) {
				if (done && done + block->n_series > most) {
					left = 1;
					continue;
				}
				if (measure(store, block, to) < 0)
					return -ENOMEM;
				done += block->n_series + (uint64_t)1;
			}
			next->n++;
		}
	return left;
}

static uint32_t count_blocks(const struct store_view *view)
{
	uint32_t n = 0;

	for (int tier = 0; tier < TIERS; tier++)
		n += view->list[tier]->n;
	return n;
}

/* ---- of all of them ---- */

struct totals {
	uint32_t room;			/* metrics, by their number */
	uint64_t (*bytes)[TIERS];
	uint32_t n;
	struct store_large of[STORE_LARGEST];
};

static uint32_t metrics_of(const struct sized_blocks *blocks)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < blocks->n; i++)
		for (uint32_t k = 0; k < blocks->block[i].n; k++)
			if (blocks->block[i].of[k].metric >= n)
				n = blocks->block[i].of[k].metric + 1;
	return n;
}

static int add_up(const struct sized_blocks *blocks, struct totals *totals)
{
	totals->room = metrics_of(blocks);
	totals->bytes = calloc((size_t)totals->room + 1, sizeof *totals->bytes);
	if (!totals->bytes)
		return -ENOMEM;
	for (uint32_t i = 0; i < blocks->n; i++) {
		const struct sized_block *block = &blocks->block[i];

		for (uint32_t k = 0; k < block->n; k++)
			totals->bytes[block->of[k].metric][block->tier] += block->of[k].bytes;
	}
	return 0;
}

static uint64_t sum_of(const uint64_t bytes[TIERS])
{
	uint64_t sum = 0;

	for (int tier = 0; tier < TIERS; tier++)
		sum += bytes[tier];
	return sum;
}

/* Among the largest so far, if it is one of them. */
static int place(void *data, struct metric_box *box, const series_ref *refs, uint32_t n)
{
	struct totals *totals = data;
	uint64_t sum = box->id < totals->room ? sum_of(totals->bytes[box->id]) : 0;
	uint32_t at = totals->n;
	char *name;

	(void)refs, (void)n;
	while (at && sum_of(totals->of[at - 1].bytes) < sum)
		at--;
	if (!sum || at == STORE_LARGEST)
		return 0;
	name = strdup(box->metric->name);
	if (!name)
		return -ENOMEM;
	if (totals->n == STORE_LARGEST)
		large_fini(&totals->of[--totals->n], 1);
	memmove(&totals->of[at + 1], &totals->of[at], (totals->n - at) * sizeof *totals->of);
	totals->of[at].name = name;
	memcpy(totals->of[at].bytes, totals->bytes[box->id], sizeof totals->of[at].bytes);
	totals->n++;
	return 0;
}

static void publish(struct largest *largest, struct totals *totals)
{
	LOCK(&largest->lock);

	large_fini(largest->of, largest->n);
	largest->n = totals->n;
	memcpy(largest->of, totals->of, totals->n * sizeof *totals->of);
	totals->n = 0;
}

static int find_largest(struct store *store)
{
	struct totals totals = { 0 };
	int r = add_up(&store->largest->blocks, &totals);

	if (r == 0) {
		index_lock(store->index);
		r = index_each_metric(store->index, place, &totals);
		index_unlock(store->index);
	}
	if (r == 0)
		publish(store->largest, &totals);
	large_fini(totals.of, totals.n);
	free(totals.bytes);
	return r;
}

int largest_step(struct store *store, uint64_t most)
{
	LOCK(&store->largest->work);
	struct sized_blocks *known = &store->largest->blocks, next = { 0 };
	AUTO(store_view) view = NULL;
	int r = store_view_open(store, &view);

	if (r < 0)
		return r;
	next.block = calloc((size_t)count_blocks(view) + 1, sizeof *next.block);
	if (!next.block)
		return -ENOMEM;
	r = go_on(store, view, most, known, &next);
	blocks_fini(known);
	*known = next;
	return r ? r : find_largest(store);
}

int store_each_largest(struct store *store, int (*each)(void *data, const struct store_large *large), void *data)
{
	LOCK(&store->largest->lock);
	int r = 0;

	for (uint32_t i = 0; i < store->largest->n && r == 0; i++)
		r = each(data, &store->largest->of[i]);
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * tier_flush.c - from the tier heads to blocks, one for each tier. Records behind
 * `done` (of a step that failed) are left out and forgotten: they are computed
 * again with the step. Until all blocks are there nothing changes.
 */
#include "store/downsample_state.h"

#include <errno.h>

enum { FULL_BYTES = 4 << 20, FULL_BYTES_SERIES = 100 };

struct tier_flush {
	struct store *store;
	struct downsample *d;
	struct block *block[TIERS];
	struct buf bytes;		/* of a chunk */
};

/* One with little in it stays: what is made of it is then made from memory. */
unsigned tiers_full(struct store *store)
{
	struct downsample *d = store->downsample;
	struct index_stats stats;
	uint64_t bytes = 0;
	unsigned full = 0;

	index_stats(store->index, &stats);
	for (int tier = KYMO_1M; tier < TIERS; tier++)
		bytes += d->head[tier].bytes;
	if (bytes <= FULL_BYTES + (uint64_t)FULL_BYTES_SERIES * stats.series)
		return 0;
	for (int tier = KYMO_1M; tier < TIERS; tier++)
		if (d->head[tier].bytes >= bytes / TIERS)
			full |= 1u << tier;
	return full;
}

static int put_chunks(struct tier_flush *flush, struct block_writer *writer, const struct record_list *list, enum series_kind kind)
{
	int r = 0;

	for (uint32_t from = 0; from < list->n && r == 0; from += RECORDS_CHUNK) {
		uint32_t n = list->n - from < RECORDS_CHUNK ? list->n - from : RECORDS_CHUNK;
		const struct record *records = list->record + from;

		buf_clear(&flush->bytes);
		r = records_encode(records, n, kind, &flush->bytes);
		if (r == 0)
			r = block_add_records(writer, records[0].at, records[n - 1].at, n, flush->bytes.data,
					      (uint32_t)flush->bytes.len);
	}
	return r;
}

/* false: the series has gone. */
static int add_series(struct store *store, struct block_writer *writer, series_ref ref, enum series_kind *kind, bool *there)
{
	const struct series *series;
	AUTO_BUF names = { 0 };
	struct labels labels;
	int r = 0;

	index_lock(store->index);
	series = index_series(store->index, ref);
	*there = series;
	if (series) {
		*kind = (enum series_kind)series->kind;
		r = index_labels(store->index, series, &names, &labels);
		if (r == 0)
			r = block_add_series(writer, ref, labels, series->metric->metric);
	}
	index_unlock(store->index);
	return r;
}

static int put_chunk(void *data, const struct tier_chunk *chunk)
{
	return block_add_records(data, chunk->first, chunk->last, chunk->n, chunk->data, (uint32_t)chunk->size);
}

static int write_records(struct tier_flush *flush, struct block_writer *writer, enum kymo_tier tier, series_ref ref,
			 const struct buf *copy)
{
	struct record_list list = { 0 };
	enum series_kind kind = KIND_GAUGE;
	bool there = false;
	int r = tier_head_records(copy, INT64_MIN, flush->d->done[tier], &list);

	if (r == 0 && list.n)
		r = add_series(flush->store, writer, ref, &kind, &there);
	if (r == 0 && there)
		r = put_chunks(flush, writer, &list, kind);
	record_list_fini(&list);
	return r;
}

/* Large chunks are those of a block already. */
static int write_series(struct tier_flush *flush, struct block_writer *writer, enum kymo_tier tier, series_ref ref)
{
	enum series_kind kind;
	AUTO_BUF copy = { 0 };
	bool there = false;
	int r = tier_head_copy(&flush->d->head[tier], ref, &copy);

	if (r < 0 || !tier_head_is_chunks(&copy, flush->d->done[tier]))
		return r < 0 ? r : write_records(flush, writer, tier, ref, &copy);
	r = add_series(flush->store, writer, ref, &kind, &there);
	return r < 0 || !there ? r : tier_head_chunks(&copy, put_chunk, writer);
}

static int write_tier(struct tier_flush *flush, enum kymo_tier tier, struct error *err)
{
	struct store *store = flush->store;
	struct block_writer *writer;
	AUTO_BUF refs = { 0 };
	int r = tier_head_refs(&flush->d->head[tier], &refs);

	if (r < 0 || !refs.len)
		return r < 0 ? error_set(err, r, "%s: out of memory", store->path) : 0;
	r = block_create(store->files, store->path, tier, store_next_sequence(store), VALUES_SEAL, &writer, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < refs.len / sizeof(series_ref) && r == 0; i++) {
		series_ref ref;

		memcpy(&ref, refs.data + i * sizeof ref, sizeof ref);
		r = write_series(flush, writer, tier, ref);
	}
	if (r < 0) {
		block_abandon(writer);
		return error_set(err, r, "%s: cannot write a block of %s: %s", store->path, tier_name(tier), error_name(r));
	}
	return block_finish(writer, &flush->block[tier], err);
}

static int take_over(struct tier_flush *flush, enum kymo_tier tier, struct store_maintained *done, struct error *err)
{
	struct downsample *d = flush->d;
	struct block *block = flush->block[tier];

	if (block) {
		int r = store_replace_blocks(flush->store, tier, NULL, 0, &block, 1, err);

		if (r < 0)
			return r;
		flush->block[tier] = NULL;
		done->blocks_written++;
		done->bytes_written += block_bytes(block);
		atomic_fetch_add(&flush->store->flushes, 1);
	}
	LOCK(&d->lock);
	tier_head_clear(&d->head[tier]);
	d->in_blocks[tier] = d->done[tier];
	return 0;
}

int tiers_write(struct store *store, unsigned tiers, struct store_maintained *done, struct error *err)
{
	struct tier_flush flush = { .store = store, .d = store->downsample };
	int r = 0;

	for (int tier = KYMO_1M; tier < TIERS && r == 0; tier++)
		if (tiers >> tier & 1)
			r = write_tier(&flush, (enum kymo_tier)tier, err);
	for (int tier = KYMO_1M; tier < TIERS && r == 0; tier++)
		if (tiers >> tier & 1)
			r = take_over(&flush, (enum kymo_tier)tier, done, err);
	for (int tier = KYMO_1M; tier < TIERS; tier++)
		if (flush.block[tier]) {
			block_doom(flush.block[tier]);
			block_unref(flush.block[tier]);
		}
	buf_fini(&flush.bytes);
	return r;
}

/* Whoever has stored something that is frozen now has marked it too, once he lets go of the append lock. */
static void wait_for_marks(struct store *store)
{
	LOCK(&store->append_lock);
}

int tiers_flush(struct store *store, struct store_maintained *done, struct error *err)
{
	int r;

	wait_for_marks(store);
	r = windows_recompute(store, done, err);
	return r < 0 ? r : tiers_write(store, TIERS_ALL, done, err);
}

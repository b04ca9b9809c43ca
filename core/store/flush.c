/* SPDX-License-Identifier: MIT */
/*
 * flush.c - the head becomes raw blocks, one for each day of UTC that it reaches
 * into, so that whole blocks can expire; where raw is kept for long, one for each
 * four weeks, so that what is brought in from years ago does not make a thousand.
 *
 * The WAL is cut first; whatever was in the head then is frozen and written. The
 * last block says up to which segment the WAL is done with, and only when all
 * blocks are there do they take over: before that a crash finds the WAL as it
 * was, after it the segments are passed over.
 *
 * The tiers are brought up to date and to disk before that: which windows a late
 * sample has changed is known from the WAL alone.
 */
#include "store/delete.h"
#include "store/downsample.h"
#include "store/raw.h"
#include "tier/record.h"
#include "util/file.h"

#include <errno.h>
#include <stdlib.h>

#define DAY INT64_C(86400000)
#define LONG_SLICE (28 * DAY)

struct flush {
	struct store *store;
	struct refs refs;		/* series with something frozen, rising */
	kymo_ms first, last;
	kymo_ms slice;			/* of time, for one block */
	uint64_t segment;
	uint32_t n, room;
	struct block **blocks;
	struct buf bytes;
};

/* ---- what there is ---- */

static int freeze(struct flush *flush)
{
	struct store *store = flush->store;
	struct refs all = { 0 };
	int r = index_select(store->index, NULL, 0, &all);

	index_lock(store->index);
	for (uint32_t i = 0; i < all.n && r == 0; i++) {
		struct series *series = index_series(store->index, all.ref[i]);

		if (series && head_freeze(&store->head, series, &flush->first, &flush->last))
			r = refs_add(&flush->refs, all.ref[i]);
	}
	index_unlock(store->index);
	refs_fini(&all);
	return r;
}

/*
 * Everything appended until now is in segments up to the one that is noted. Groups
 * are frozen at the same moment, so no row is in a block and in a later segment.
 */
static int cut(struct flush *flush, uint64_t *unlogged)
{
	struct store *store = flush->store;
	LOCK(&store->append_lock);
	int r;

	atomic_store(&store->flush_wanted, false);
	*unlogged = store->unlogged;
	flush->segment = wal_cut(store->wal);
	index_lock(store->index);
	r = head_freeze_groups(&store->head, &flush->first, &flush->last);
	index_unlock(store->index);
	return r;
}

/* ---- one series ---- */

static int write_samples(struct block_writer *writer, struct raw_reader *reader)
{
	struct piece piece;
	int r;

	while ((r = raw_next(reader, &piece)) > 0)
		if ((r = block_add_samples(writer, piece.at, piece.values, piece.n)) < 0)
			return r;
	return r;
}

/* A record of a piece as it was stored; borrows the sketch. */
static struct record record_of(const struct piece *piece, uint32_t i)
{
	struct window window = { .start = piece->start[i], .end = piece->at[i], .count = piece->count[i], .sum = piece->sum[i],
				 .min = piece->min[i], .max = piece->max[i], .first = piece->first[i], .last = piece->last[i],
				 .first_at = piece->first_at[i], .last_at = piece->last_at[i],
				 .correction = piece->correction[i], .ended = piece->flags[i] & RECORD_ENDED };

	window.has_sketch = piece->sketch[i];
	if (piece->sketch[i])
		window.sketch = *piece->sketch[i];
	return (struct record){ piece->at[i], window };
}

static int put_records(struct flush *flush, struct block_writer *writer, const struct record *records, uint32_t n)
{
	buf_clear(&flush->bytes);
	if (records_encode(records, n, KIND_DISTRIBUTION, &flush->bytes) < 0)
		return -ENOMEM;
	return block_add_records(writer, records[0].at, records[n - 1].at, n, flush->bytes.data,
				 (uint32_t)flush->bytes.len);
}

/* A piece at a time: its sketches are gone with the next one. */
static int write_records(struct flush *flush, struct block_writer *writer, struct raw_reader *reader)
{
	struct record records[RECORDS_CHUNK];
	struct piece piece;
	int r;

	while ((r = raw_next(reader, &piece)) > 0)
		for (uint32_t from = 0; from < piece.n; from += RECORDS_CHUNK) {
			uint32_t n = piece.n - from < RECORDS_CHUNK ? piece.n - from : RECORDS_CHUNK;

			for (uint32_t i = 0; i < n; i++)
				records[i] = record_of(&piece, from + i);
			if ((r = put_records(flush, writer, records, n)) < 0)
				return r;
		}
	return r;
}

/* What the head's file gives no more is in the WAL: that stays, and the next open reads it. */
static int check_read(struct store *store, const struct raw_reader *reader)
{
	struct raw_stats stats;
	uint64_t suppressed;

	raw_stats(reader, &stats);
	if (!stats.quarantined)
		return 0;
	if (log_due(&store->disk_log, &suppressed))
		log_error(LOG_STORE, "%s: what the head had put aside cannot be read; it is in the log still: restart to get it back",
			  store->path);
	return -EIO;
}

static int write_series(struct flush *flush, struct block_writer *writer, series_ref ref, kymo_ms start, kymo_ms end)
{
	struct store *store = flush->store;
	AUTO(raw_reader) reader = NULL;
	const struct series *series;
	AUTO_BUF names = { 0 };
	struct labels labels;
	bool distribution = false;
	int r = 0;

	index_lock(store->index);
	series = index_series(store->index, ref);
	if (series) {
		distribution = series->kind == KIND_DISTRIBUTION;
		r = index_labels(store->index, series, &names, &labels);
		if (r == 0)
			r = block_add_series(writer, ref, labels, series->metric->metric);
	}
	index_unlock(store->index);
	if (!series || r < 0)
		return r;
	r = raw_open_frozen(store, ref, start, end, &reader);
	if (r < 0)
		return r;
	r = distribution ? write_records(flush, writer, reader) : write_samples(writer, reader);
	return r < 0 ? r : check_read(store, reader);
}

/* ---- one block ---- */

static int keep(struct flush *flush, struct block *block)
{
	struct block **more;

	if (flush->n == flush->room) {
		more = realloc(flush->blocks, (flush->room + 4) * sizeof *more);
		if (!more)
			return -ENOMEM;
		flush->blocks = more;
		flush->room += 4;
	}
	flush->blocks[flush->n++] = block;
	return 0;
}

static int write_block(struct flush *flush, kymo_ms start, kymo_ms end, bool last, struct error *err)
{
	struct store *store = flush->store;
	struct block_writer *writer;
	struct block *block;
	int r = block_create(store->files, store->path, KYMO_RAW, store_next_sequence(store), VALUES_SEAL, &writer, err);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < flush->refs.n && r == 0; i++)
		r = write_series(flush, writer, flush->refs.ref[i], start, end);
	if (r < 0) {
		block_abandon(writer);
		return error_set(err, r, "%s: cannot write a block: %s", store->path, error_name(r));
	}
	if (last)
		block_covers_wal(writer, flush->segment);
	r = block_finish(writer, &block, err);
	if (r < 0 || !block)
		return r;
	r = keep(flush, block);
	if (r < 0) {
		block_doom(block);
		block_unref(block);
		return error_set(err, r, "%s: out of memory", store->path);
	}
	return 0;
}

/* The first frozen sample behind `after`. There is one. */
static int next_first(const struct flush *flush, kymo_ms after, kymo_ms *first)
{
	*first = INT64_MAX;
	for (uint32_t i = 0; i < flush->refs.n; i++) {
		AUTO(raw_reader) reader = NULL;
		struct piece piece;
		int r = raw_open_frozen(flush->store, flush->refs.ref[i], after, INT64_MAX, &reader);

		if (r == 0)
			r = raw_next(reader, &piece);
		if (r < 0)
			return r;
		if (r > 0 && piece.at[0] < *first)
			*first = piece.at[0];
	}
	return 0;
}

/* A block may outlive its samples by a small part of the retention. */
static kymo_ms slice_for(kymo_ms retention)
{
	return retention / 7 < LONG_SLICE ? DAY : LONG_SLICE;
}

static kymo_ms slice_end(const struct flush *flush, kymo_ms at)
{
	return at > INT64_MAX - flush->slice ? INT64_MAX : window_end_of(at, flush->slice);
}

/* A sample of long ago makes a gap: the slices in it are passed over. */
static int write_slices(struct flush *flush, struct error *err)
{
	kymo_ms first = flush->first;
	int r = 0;

	for (;;) {
		kymo_ms end = slice_end(flush, first);

		r = write_block(flush, first - 1, end, end >= flush->last, err);
		if (r < 0 || end >= flush->last)
			return r;
		first = end + 1;
		if (flush->last - end > flush->slice && (r = next_first(flush, end, &first)) < 0)
			return error_set(err, r, "%s: out of memory", flush->store->path);
	}
}

/* ---- taking over ---- */

static void drop_frozen(struct flush *flush, struct store_maintained *done)
{
	struct store *store = flush->store;

	head_begin_drop(&store->head);
	index_lock(store->index);
	done->flushed_samples += head_drop_frozen_groups(&store->head);
	for (uint32_t i = 0; i < flush->refs.n; i++) {
		struct series *series = index_series(store->index, flush->refs.ref[i]);

		if (series)
			done->flushed_samples += head_drop_frozen(&store->head, series);
	}
	index_unlock(store->index);
}

static int take_over(struct flush *flush, struct store_maintained *done, struct error *err)
{
	struct store *store = flush->store;
	int r = store_replace_blocks(store, KYMO_RAW, NULL, 0, flush->blocks, flush->n, err);

	if (r < 0)
		return r;
	atomic_fetch_add(&store->flushes, 1);
	for (uint32_t i = 0; i < flush->n; i++)
		done->bytes_written += block_bytes(flush->blocks[i]);
	done->blocks_written += flush->n;
	flush->n = 0;
	drop_frozen(flush, done);
	return 0;
}

static void remove_wal(struct flush *flush, uint64_t unlogged, struct store_maintained *done)
{
	struct store *store = flush->store;
	LOCK(&store->append_lock);
	uint64_t bytes;

	store->unlogged -= unlogged;
	done->wal_removed += wal_remove(store->wal, flush->segment, &bytes);
	done->bytes_freed += bytes;
}

static int flush_raw(struct flush *flush, struct store_maintained *done, struct error *err)
{
	uint64_t unlogged;
	int r = cut(flush, &unlogged);

	if (r == 0)
		r = freeze(flush);
	if (r < 0)
		return error_set(err, r, "%s: out of memory", flush->store->path);
	r = tiers_flush(flush->store, done, err);
	if (r == 0)
		r = delete_made(flush->store, err);
	if (r == 0 && flush->refs.n)
		r = write_slices(flush, err);
	if (r < 0)
		return r;
	if (flush->n && (r = take_over(flush, done, err)) < 0)
		return r;
	remove_wal(flush, unlogged, done);
	return 0;
}

static void flush_fini(struct flush *flush)
{
	for (uint32_t i = 0; i < flush->n; i++) {
		block_doom(flush->blocks[i]);
		block_unref(flush->blocks[i]);
	}
	free(flush->blocks);
	refs_fini(&flush->refs);
	buf_fini(&flush->bytes);
}

int store_flush(struct store *store, struct store_maintained *done, struct error *err)
{
	struct flush flush = { .store = store, .first = INT64_MAX, .last = INT64_MIN,
			       .slice = slice_for(store_settings(store).retention[KYMO_RAW]) };
	int r = flush_raw(&flush, done, err);

	flush_fini(&flush);
	if (r < 0)
		atomic_fetch_add(&store->counters.write_errors, 1);
	else
		atomic_store(&store->counters.last_flush, store_now(store));
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * merge.c - series by series, in order of ref, through the same reader that answers
 * queries; so what is overruled, or there twice, is left behind.
 *
 * A block in which something is damaged gives what can be read of it, and is kept
 * under another name (block_doom). Where the disk does not give what is sound, there
 * is no merge: nothing may be left behind.
 */
#include "store/merge.h"
#include "store/policies.h"
#include "store/raw.h"
#include "tier/record.h"
#include "store/rollup.h"

#include <errno.h>
#include <stdlib.h>

/* A block on the way through its series. */
struct merge_from {
	struct block_walk walk;
	struct block_series series;	/* the next one */
	bool ended;
};

struct merge {
	struct store *store;
	enum kymo_tier tier;
	const struct merge_set *set;
	const struct deleted *deleted;	/* is left behind */
	bool mends;			/* what cannot be read is lost, as if it were damaged */
	struct block_list *list;	/* the same blocks, for a reader */
	struct block_writer *writer;
	struct merge_from *from;	/* of each block of the set */
	struct buf bytes;		/* of a chunk */
};

/* ---- entries ---- */

static int merge_samples(struct merge *merge, struct raw_reader *reader)
{
	struct piece piece;
	int r;

	while ((r = raw_next(reader, &piece)) > 0)
		if ((r = block_add_samples(merge->writer, piece.at, piece.values, piece.n)) < 0)
			return r;
	return r;
}

struct records {
	uint32_t n;
	struct record record[RECORDS_CHUNK];
};

static int put_records(struct merge *merge, struct records *records, enum series_kind kind)
{
	uint32_t n = records->n;
	int r;

	if (!n)
		return 0;
	records->n = 0;
	buf_clear(&merge->bytes);
	r = records_encode(records->record, n, kind, &merge->bytes);
	return r < 0 ? r : block_add_records(merge->writer, records->record[0].at, records->record[n - 1].at, n, merge->bytes.data,
					     (uint32_t)merge->bytes.len);
}

static int merge_records(struct merge *merge, struct raw_reader *reader, enum series_kind kind)
{
	struct records *records = calloc(1, sizeof *records);
	struct piece piece;
	int r = records ? 0 : -ENOMEM;

	while (r >= 0 && (r = raw_next(reader, &piece)) > 0)
		for (uint32_t i = 0; i < piece.n && r >= 0; i++) {
			struct window window = piece_window(&piece, i);
			struct record *record = &records->record[records->n++];

			record->at = piece.at[i];
			r = window_copy(&record->window, &window);
			if (r == 0 && records->n == RECORDS_CHUNK)
				r = put_records(merge, records, kind);
		}
	if (r == 0)
		r = put_records(merge, records, kind);
	if (records)
		records_fini(records->record, RECORDS_CHUNK);
	free(records);
	return r;
}

/* ---- series ---- */

/* To the next series of this block; what is damaged is passed over. */
static int from_step(const struct merge *merge, struct merge_from *from)
{
	int r;

	do {
		r = block_walk_next(&from->walk, &from->series);
		if (r == -EBADMSG || r == -EIO)
			store_note_damage(merge->store, from->walk.block);
	} while (r == -EBADMSG || (r == -EIO && merge->mends));
	from->ended = r <= 0;
	return r;
}

static int begin_walks(struct merge *merge)
{
	int r = 0;

	for (uint32_t i = 0; i < merge->set->n && r >= 0; i++) {
		merge->from[i].walk = block_walk(merge->set->block[i]);
		r = from_step(merge, &merge->from[i]);
	}
	return r < 0 ? r : 0;
}

/* The lowest ref that has not been written; 0: none is left. */
static series_ref next_ref(const struct merge *merge)
{
	series_ref ref = 0;

	for (uint32_t i = 0; i < merge->set->n; i++) {
		const struct merge_from *from = &merge->from[i];

		if (!from->ended && (!ref || from->series.ref < ref))
			ref = from->series.ref;
	}
	return ref;
}

static int pass_ref(struct merge *merge, series_ref ref)
{
	int r = 0;

	for (uint32_t i = 0; i < merge->set->n && r >= 0; i++)
		if (!merge->from[i].ended && merge->from[i].series.ref == ref)
			r = from_step(merge, &merge->from[i]);
	return r < 0 ? r : 0;
}

/* As it is called now, or when it was last seen. 1: added; 0: nobody knows what it is called. */
static int add_live_series(struct merge *merge, series_ref ref, enum series_kind *kind)
{
	struct index *index = merge->store->index;
	const struct series *series;
	AUTO_BUF names = { 0 };
	struct labels labels;
	int r = 0;

	index_lock(index);
	series = index_series(index, ref);
	if (series) {
		*kind = (enum series_kind)series->kind;
		r = index_labels(index, series, &names, &labels);
		if (r == 0)
			r = block_add_series(merge->writer, ref, labels, series->metric->metric);
	}
	index_unlock(index);
	return r < 0 ? r : series != NULL;
}

static int add_old_series(struct merge *merge, series_ref ref, enum series_kind *kind)
{
	for (uint32_t i = merge->set->n; i-- > 0;) {
		struct block *block = merge->set->block[i];
		const struct merge_from *from = &merge->from[i];
		const struct metric *metric;
		struct labels labels;
		int r = !from->ended && from->series.ref == ref ? block_names(block, from->series.place, &labels, &metric) : -EBADMSG;

		if (r == -ENOMEM || (r == -EIO && !merge->mends))
			return r;
		if (r < 0)
			continue;
		*kind = series_kind_of(metric->type, metric->name, metric->name_len);
		r = block_add_series(merge->writer, ref, labels, metric);
		return r < 0 ? r : 1;
	}
	return 0;
}

static int merge_series(struct merge *merge, series_ref ref)
{
	struct raw_blocks from = { .list = { merge->list }, .deleted = merge->deleted };
	AUTO(raw_reader) reader = NULL;
	enum series_kind kind = KIND_GAUGE;
	int r = add_live_series(merge, ref, &kind);

	if (r == 0)
		r = add_old_series(merge, ref, &kind);
	if (r <= 0)
		return r < 0 ? r : -EBADMSG;
	from.records = merge->tier != KYMO_RAW || kind == KIND_DISTRIBUTION;
	r = raw_open_blocks(merge->store, &from, ref, policies_horizon(merge->store, ref, merge->tier), INT64_MAX, &reader);
	if (r < 0)
		return r;
	if (!merge->mends)
		raw_insist(reader);
	return from.records ? merge_records(merge, reader, kind) : merge_samples(merge, reader);
}

/* ---- one set ---- */

static int write_all(struct merge *merge)
{
	series_ref ref;
	int r = 0;

	for (uint32_t i = 0; i < merge->set->n && r == 0; i++)
		r = block_replaces(merge->writer, merge->set->block[i]);
	if (r == 0)
		r = begin_walks(merge);
	while (r == 0 && (ref = next_ref(merge))) {
		r = merge_series(merge, ref);
		if (r == 0)
			r = pass_ref(merge, ref);
	}
	return r;
}

static int merge_init(struct merge *merge)
{
	const struct merge_set *set = merge->set;

	merge->from = calloc(set->n, sizeof *merge->from);
	merge->list = calloc(1, sizeof *merge->list + set->n * sizeof *set->block);
	if (!merge->from || !merge->list)
		return -ENOMEM;
	merge->list->n = set->n;
	memcpy(merge->list->block, set->block, set->n * sizeof *set->block);
	return 0;
}

static void merge_fini(struct merge *merge)
{
	for (uint32_t i = 0; merge->from && i < merge->set->n; i++)
		block_walk_end(&merge->from[i].walk);
	free(merge->from);
	free(merge->list);
	buf_fini(&merge->bytes);
}

static int write_block(struct merge *merge, struct block **out, struct error *err)
{
	struct store *store = merge->store;
	int r = block_create(store->files, store->path, merge->tier, merge_sequence(merge->set), VALUES_COMPACT, &merge->writer, err);

	if (r < 0)
		return r;
	r = write_all(merge);
	if (r == 0)
		return block_finish(merge->writer, out, err);
	block_abandon(merge->writer);
	return error_set(err, r, "%s: cannot merge blocks of %s: %s", store->path, tier_name(merge->tier), error_name(r));
}

static int replace(struct merge *merge, struct block *block, struct store_maintained *done, struct error *err)
{
	const struct merge_set *set = merge->set;

	int r = store_replace_blocks(merge->store, merge->tier, set->block, set->n, &block, block ? 1 : 0, err);

	if (r < 0) {
		if (block)
			block_doom(block);
		block_unref(block);
		return r;
	}
	for (uint32_t i = 0; i < set->n; i++)
		done->bytes_freed += block_bytes(set->block[i]);
	done->blocks_merged += set->n;
	if (block) {
		done->blocks_written++;
		done->bytes_written += block_bytes(block);
	}
	return 0;
}

static int merge_set(const struct store_view *view, const struct merge_set *set, bool mends, struct store_maintained *done,
		     struct error *err)
{
	struct store *store = view->store;
	struct merge merge = { .store = store, .tier = block_tier(set->block[0]), .set = set, .deleted = view->deleted, .mends = mends };
	struct block *block = NULL;
	int r = merge_init(&merge);

	if (r < 0)
		error_set(err, r, "%s: out of memory", store->path);
	else
		r = write_block(&merge, &block, err);
	if (r == 0)
		r = replace(&merge, block, done, err);
	merge_fini(&merge);
	return r;
}

/* ---- all ---- */

/* 1: merged something; 0: there was nothing to merge. */
static int merge_one(struct store *store, enum kymo_tier tier, struct store_maintained *done, struct error *err)
{
	struct store_options options = store_settings(store);
	AUTO(store_view) view = NULL;
	struct merge_set *set = NULL;
	int r = store_view_open(store, &view);

	if (r == 0)
		r = merge_choose(view->list[tier], merge_slot(tier, options.retention[tier]), store_now(store), &set);
	if (r < 0)
		return error_set(err, r, "%s: out of memory", store->path);
	if (!set)
		return 0;
	r = merge_set(view, set, false, done, err);
	free(set);
	return r < 0 ? r : 1;
}

static int anew(const struct store_view *view, struct block *block, bool mends, struct store_maintained *done, struct error *err)
{
	struct merge_set *set = calloc(1, sizeof *set + sizeof block);
	int r;

	if (!set)
		return error_set(err, -ENOMEM, "%s: out of memory", view->store->path);
	set->n = 1;
	set->block[0] = block;
	r = merge_sequence(set) ? merge_set(view, set, mends, done, err) : 0;
	free(set);
	return r;
}

int merge_anew(const struct store_view *view, struct block *block, struct store_maintained *done, struct error *err)
{
	return block_unread(block) ? 0 : anew(view, block, false, done, err);
}

int merge_mend(const struct store_view *view, struct block *block, struct store_maintained *done, struct error *err)
{
	block_keep(block);
	return anew(view, block, true, done, err);
}

int merge_blocks(struct store *store, struct store_maintained *done, struct error *err)
{
	int r = 0;

	for (int tier = 0; tier < TIERS && r >= 0; tier++)
		do
			r = merge_one(store, (enum kymo_tier)tier, done, err);
		while (r > 0);
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * recover.c - from the folder back to a store: blocks, the index (what it has
 * lost is taken from the blocks), then the WAL behind what blocks hold. What is
 * damaged is set aside under NAME.damaged and counted; the rest is opened.
 *
 * What the disk does not give: a block of which that is so twice has a bad place
 * and is set aside too. Log, index, manifest and deletions are not to be done
 * without: the store does not open, and nothing has changed.
 */
#include "block/format.h"
#include "store/delete.h"
#include "store/downsample.h"
#include "store/listed.h"
#include "util/cleanup.h"
#include "util/file.h"

#include <errno.h>
#include <stdlib.h>

struct loading {
	struct store *store;
	const struct manifest *manifest;
	enum kymo_tier tier;
	const char *dir;
	uint32_t n, room;
	struct block **blocks;
	struct error *err;
};

struct unread {
	char *path;
	struct unread *next;
};

/* ---- blocks ---- */

static bool ends_with(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n > m && !strcmp(name + n - m, ending);
}

static int keep(struct loading *loading, struct block *block)
{
	if (loading->n == loading->room) {
		uint32_t room = loading->room ? loading->room * 2 : 16;
		struct block **more = realloc(loading->blocks, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		loading->blocks = more;
		loading->room = room;
	}
	loading->blocks[loading->n++] = block;
	return 0;
}

static int set_aside(struct store *store, const char *path, const char *reason)
{
	size_t n = strlen(path);
	AUTO_FREE char *aside = malloc(n + sizeof ".damaged");
	int r = -ENOMEM;

	if (aside) {
		memcpy(aside, path, n);
		strcpy(aside + n, ".damaged");
		r = file_rename(path, aside, NULL);
	}
	log_error(LOG_STORE, "%s; %s", reason, r < 0 ? "it is left out" : "it is set aside as .damaged");
	store_count_damage(store, 1);
	return r;
}

void store_set_aside(struct store *store, const char *name, const char *reason)
{
	AUTO_FREE char *path = path_join(store->path, name);

	if (path)
		set_aside(store, path, reason);
}

/* No block may get a sequence that another one has, or says it has replaced. */
static void pass_sequences(struct store *store, const struct block *block)
{
	const uint64_t *sequences;
	uint32_t n = block_replaced(block, &sequences);
	uint64_t highest = block_sequence(block);

	for (uint32_t i = 0; i < n; i++)
		if (sequences[i] > highest)
			highest = sequences[i];
	if (highest >= atomic_load(&store->sequence))
		atomic_store(&store->sequence, (highest / SEQUENCE_STEP + 1) * SEQUENCE_STEP);
}

/* It was on its way out when the process ended. */
static bool is_gone(const struct loading *loading, const struct block *block)
{
	const struct manifest_block *listed = manifest_find(loading->manifest, block_tier(block), block_sequence(block));

	return listed && listed->gone && listed->start == block_start(block) && listed->end == block_end(block);
}

static int open_block(struct loading *loading, const char *path, struct block **out, struct error *err)
{
	int r = block_open(loading->store->files, path, out, err);

	if (r != -EIO)
		return r;
	error_clear(err);
	return block_open(loading->store->files, path, out, err);
}

/* One that the disk does not give: not before all else has been read, or the whole disk has failed. */
static int keep_out(struct loading *loading, const char *path, const struct error *reason)
{
	struct unread *unread;

	if (reason->code == -EBADMSG) {
		set_aside(loading->store, path, error_text(reason));
		return 0;
	}
	unread = calloc(1, sizeof *unread);
	if (!unread || !(unread->path = strdup(path))) {
		free(unread);
		return error_set(loading->err, -ENOMEM, "%s: out of memory", path);
	}
	unread->next = loading->store->unread;
	loading->store->unread = unread;
	return 0;
}

/* None may stay under its name and not be open: what comes now would be numbered as if it were not there. */
static int set_one_unread_aside(struct store *store, const char *path, struct error *err)
{
	AUTO_BUF reason = { 0 };

	buf_printf(&reason, "%s: %s", path, error_name(-EIO));
	if (!buf_text(&reason))
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	return set_aside(store, path, buf_text(&reason)) < 0 ? error_set(err, -EIO, "%s", buf_text(&reason)) : 0;
}

/* When all else is there; if it is not (r), they stay as they are. */
static int set_unread_aside(struct store *store, int r, struct error *err)
{
	while (store->unread) {
		struct unread *unread = store->unread;

		store->unread = unread->next;
		if (r == 0)
			r = set_one_unread_aside(store, unread->path, err);
		free(unread->path);
		free(unread);
	}
	return r;
}

static int load_block(struct loading *loading, const char *path)
{
	struct error err = { 0 };
	struct block *block;
	int r = open_block(loading, path, &block, &err);

	if (r == 0 && block_tier(block) != loading->tier) {
		block_unref(block);
		r = error_set(&err, -EBADMSG, "%s: belongs to another tier", path);
	}
	if (r == 0 && is_gone(loading, block)) {
		pass_sequences(loading->store, block);
		block_doom(block);
		block_unref(block);
		return 0;
	}
	if (r == 0 && (r = keep(loading, block)) < 0) {
		block_unref(block);
		error_set(&err, r, "%s: out of memory", path);
	}
	if (r == -EBADMSG || r == -EIO) {
		r = keep_out(loading, path, &err);
	} else if (r < 0) {
		error_set(loading->err, r, "%s", error_text(&err));
	}
	error_clear(&err);
	return r;
}

/* A temporary file is a block that was never finished. */
static int load_file(void *data, const char *name)
{
	struct loading *loading = data;
	AUTO_FREE char *path = path_join(loading->dir, name);

	if (!path)
		return error_set(loading->err, -ENOMEM, "%s: out of memory", loading->dir);
	if (ends_with(name, ".tmp"))
		return file_remove(path, loading->err);
	return ends_with(name, BLOCK_ENDING) ? load_block(loading, path) : 0;
}

static bool is_replaced(const struct loading *loading, const struct block *block)
{
	const uint64_t *sequences;

	for (uint32_t i = 0; i < loading->n; i++) {
		uint32_t n = block_replaced(loading->blocks[i], &sequences);

		for (uint32_t k = 0; k < n; k++)
			if (sequences[k] == block_sequence(block))
				return true;
	}
	return false;
}

/* It ended between the merged block and the removal of what went into it. */
static void drop_replaced(struct loading *loading)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < loading->n; i++)
		if (is_replaced(loading, loading->blocks[i]))
			block_doom(loading->blocks[i]);
	for (uint32_t i = 0; i < loading->n; i++)
		pass_sequences(loading->store, loading->blocks[i]);
	for (uint32_t i = 0; i < loading->n; i++) {
		if (is_replaced(loading, loading->blocks[i]))
			continue;
		struct block *block = loading->blocks[i];

		loading->blocks[i] = loading->blocks[kept];
		loading->blocks[kept++] = block;
	}
	while (loading->n > kept)
		block_unref(loading->blocks[--loading->n]);
}

static int load_tier(struct store *store, const struct manifest *manifest, enum kymo_tier tier, struct error *err)
{
	AUTO_FREE char *dir = path_join(store->path, tier_name(tier));
	struct loading loading = { .store = store, .manifest = manifest, .tier = tier, .dir = dir, .err = err };
	int r = dir ? dir_make(dir, 0750, err) : error_set(err, -ENOMEM, "%s: out of memory", store->path);

	if (r == 0)
		r = dir_list(dir, load_file, &loading, err);
	if (r == 0)
		drop_replaced(&loading);
	if (r == 0)
		r = store_replace_blocks(store, tier, NULL, 0, loading.blocks, loading.n, err);
	for (uint32_t i = 0; i < loading.n && r < 0; i++)
		block_unref(loading.blocks[i]);
	free(loading.blocks);
	return r;
}

/* ---- series ---- */

/* A series that the index does not know comes from the block. */
static int restore_series(struct store *store, struct block *block, const struct block_series *in_block)
{
	const struct metric *metric;
	struct labels labels;
	int r = block_names(block, in_block->place, &labels, &metric);

	if (r == 0)
		r = index_restore(store->index, in_block->ref, labels, metric);
	if (r == -EBADMSG || r == -EIO || r == -EEXIST) {
		store_count_damage(store, 1);
		index_reserve(store->index, in_block->ref);
		return 0;
	}
	return r;
}

/* What a block says of how far a series reaches. The value comes when it is asked for. */
static void widen_first(struct series *series, kymo_ms first)
{
	if (series->first_at == INT64_MIN || first < series->first_at)
		series->first_at = first;
}

static void widen_last(struct series *series, kymo_ms last)
{
	if (series->last_at == INT64_MIN || last > series->last_at)
		series->last_at = last;
}

/* The index knows a series of a block, and of raw ones how far they reach. */
static int recover_series(struct store *store, struct block *block, const struct block_series *in_block)
{
	struct series *series;
	kymo_ms first, last;
	int r;

	if (!delete_leaves(store->deleted, block, in_block, &first, &last))
		return 0;
	r = index_series(store->index, in_block->ref) ? 0 : restore_series(store, block, in_block);
	series = index_series(store->index, in_block->ref);
	if (series && block_tier(block) == KYMO_RAW) {
		widen_first(series, first);
		widen_last(series, last);
	}
	return r;
}

/* *unread: some could not be read, the disk failed. */
static int walk_series(struct store *store, struct block *block, bool *unread,
		       int (*each)(struct store *, struct block *, const struct block_series *))
{
	struct block_walk walk = block_walk(block);
	struct block_series series;
	int r;

	*unread = false;
	while ((r = block_walk_next(&walk, &series))) {
		*unread |= r == -EIO;
		if (r > 0)
			r = each(store, block, &series);
		else if (r == -EBADMSG || r == -EIO)
			r = store_note_damage(store, block);
		if (r < 0)
			break;
	}
	block_walk_end(&walk);
	return r;
}

/* Each series of a block; those that cannot be read, also not at the second try, are left out and counted. */
static int each_series(struct store *store, struct block *block,
		       int (*each)(struct store *, struct block *, const struct block_series *))
{
	bool unread;
	int r = walk_series(store, block, &unread, each);

	if (r == 0 && unread)
		r = walk_series(store, block, &unread, each);
	if (r == 0 && unread)
		store_count_damage(store, 1);
	return r;
}

static int recover_index(struct store *store, struct error *err)
{
	int r = index_open(store->path, &store->index, err);
	struct index_stats stats;

	if (r < 0)
		return r;
	for (int tier = 0; tier < TIERS; tier++)
		for (uint32_t i = 0; i < store->list[tier]->n && r == 0; i++)
			r = each_series(store, store->list[tier]->block[i], recover_series);
	index_stats(store->index, &stats);
	store_count_damage(store, stats.quarantined);
	store->head.index = store->index;
	return r < 0 ? error_set(err, r, "%s: %s", store->path, error_name(r)) : 0;
}

static int widen_from_tier(struct store *store, struct block *block, const struct block_series *in_block)
{
	struct series *series = index_series(store->index, in_block->ref);
	kymo_ms first, last;

	if (!series || !delete_leaves(store->deleted, block, in_block, &first, &last))
		return 0;
	widen_first(series, first);
	series->last_is_end |= series->last_at == INT64_MIN && !series->group;
	if (series->last_is_end)
		widen_last(series, last);
	return 0;
}

/*
 * The end of a window is later than the samples in it: it counts only where there
 * are no samples, in blocks or WAL, or what the WAL has would seem late.
 */
static int recover_from_tiers(struct store *store, struct error *err)
{
	int r = 0;

	for (int tier = KYMO_1M; tier < TIERS; tier++)
		for (uint32_t i = 0; i < store->list[tier]->n && r == 0; i++)
			r = each_series(store, store->list[tier]->block[i], widen_from_tier);
	return r < 0 ? error_set(err, r, "%s: %s", store->path, error_name(r)) : 0;
}

/* ---- the WAL ---- */

static uint64_t wal_done(const struct store *store)
{
	const struct block_list *list = store->list[KYMO_RAW];
	uint64_t done = 0;

	for (uint32_t i = 0; i < list->n; i++)
		if (block_wal(list->block[i]) > done)
			done = block_wal(list->block[i]);
	return done;
}

static int recover_wal(struct store *store, struct error *err)
{
	struct wal_replayed replayed;
	int r = wal_open(store->path, wal_done(store), append_replay, store, &replayed, &store->wal, err);

	if (r < 0)
		return r;
	store_count_damage(store, replayed.damaged);
	if (store->unknown) {
		wal_keep_aside(store->wal);
		store_count_damage(store, 1);
		log_error(LOG_STORE, "%s: %llu samples of the log belong to series that nothing names any more; they are left out",
			  store->path, (unsigned long long)store->unknown);
	}
	if (replayed.records)
		log_info(LOG_STORE, "%s: %llu records in %llu segments of the log read back", store->path,
			 (unsigned long long)replayed.records, (unsigned long long)replayed.segments);
	return 0;
}

static int recover_blocks(struct store *store, struct error *err)
{
	struct manifest manifest;
	int r = listed_load(store, &manifest, err);

	for (int tier = 0; tier < TIERS && r == 0; tier++)
		r = load_tier(store, &manifest, (enum kymo_tier)tier, err);
	if (r == 0)
		listed_begin(store, &manifest);
	manifest_fini(&manifest);
	return r;
}

int store_recover(struct store *store, struct error *err)
{
	int r = recover_blocks(store, err);

	if (r == 0)
		r = delete_load(store, err);
	if (r == 0)
		r = recover_index(store, err);
	if (r == 0)
		r = downsample_open(store, err);
	if (r == 0)
		r = recover_wal(store, err);
	if (r == 0)
		r = recover_from_tiers(store, err);
	r = set_unread_aside(store, r, err);
	if (r == 0)
		delete_recover(store);
	return r;
}

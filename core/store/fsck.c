/* SPDX-License-Identifier: MIT */
#include "store/fsck_state.h"
#include "store/downsample.h"
#include "index/state.h"
#include "store/merge.h"
#include "util/cleanup.h"
#include "util/file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

void fsck_found(struct fsck *fsck, const char *file, uint64_t offset, const char *lost, const char *format, ...)
{
	char text[1024];
	struct fsck_finding finding = { file, offset, text, lost };
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	fsck->counts->findings++;
	if (fsck->request->found)
		fsck->request->found(fsck->request->data, &finding);
}

static void fsck_fini(struct fsck *fsck)
{
	for (uint32_t i = 0; i < fsck->n_damaged; i++)
		free(fsck->damaged[i]);
	free(fsck->damaged);
	buf_fini(&fsck->series);
	index_close(fsck->index);
	deleted_release(fsck->deleted);
	manifest_fini(&fsck->listed);
	block_files_destroy(fsck->files);
}

/* Has it one of the folders that every store has? */
static int check_path(const char *path, struct error *err)
{
	AUTO_FREE char *raw = path_join(path, "raw");
	AUTO_FREE char *index = path_join(path, "index");
	struct stat st;

	if (!raw || !index)
		return error_set(err, -ENOMEM, "out of memory");
	if (stat(path, &st) < 0)
		return error_set(err, -errno, "%s: %s", path, error_name(-errno));
	if (stat(raw, &st) < 0 && stat(index, &st) < 0)
		return error_set(err, -EINVAL, "%s: is not a store", path);
	return 0;
}

/* ---- the open store ---- */

/* What is computed again gets the sketches that policies want; nothing is to go by them. The caller's to free. */
static struct policy *policies_without_retention(const struct store_options *kept)
{
	struct policy *policies = calloc((size_t)kept->n_policies + 1, sizeof *policies);

	for (uint32_t i = 0; policies && i < kept->n_policies; i++) {
		policies[i] = kept->policies[i];
		memset(policies[i].retention, 0, sizeof policies[i].retention);
	}
	return policies;
}

static int open_store(const struct fsck_request *request, const char *path, struct store **out, struct error *err)
{
	AUTO_FREE struct policy *policies = request->kept ? policies_without_retention(request->kept) : NULL;
	struct store_options options = store_options_preset(path);

	if (request->kept) {
		options.policies = policies;
		options.n_policies = policies ? request->kept->n_policies : 0;
		options.clock = request->kept->clock;
	}
	options.manual = true;
	options.out_of_order = FOREVER;
	for (int tier = 0; tier < TIERS; tier++)
		options.retention[tier] = FOREVER;	/* nothing is to go */
	return store_open(&options, out, err);
}

static void count_series(struct fsck *fsck, struct store *store)
{
	struct store_stats stats;

	store_stats(store, &stats);
	fsck->counts->series = stats.series;
}

static bool is_damaged(const struct fsck *fsck, const char *path)
{
	for (uint32_t i = 0; i < fsck->n_damaged; i++)
		if (!strcmp(fsck->damaged[i], path))
			return true;
	return false;
}

/* What can be read of a block goes to a new one; the old one is kept as NAME.damaged. */
static int mend_blocks(struct fsck *fsck, struct store *store, struct error *err)
{
	LOCK(&store->maintain_lock);
	struct store_maintained done = { 0 };
	AUTO(store_view) view = NULL;
	int r = store_view_open(store, &view);

	for (int tier = 0; tier < TIERS && r == 0; tier++)
		for (uint32_t i = 0; i < view->list[tier]->n && r == 0; i++)
			if (is_damaged(fsck, block_path(view->list[tier]->block[i])))
				r = merge_mend(view, view->list[tier]->block[i], &done, err);
	return r;
}

/* What the log has goes to blocks, so that a damaged one can be set aside; tiers that were marked are made again. */
static int mend_rest(struct fsck *fsck, struct store *store, struct error *err)
{
	LOCK(&store->maintain_lock);
	struct store_maintained done = { 0 };

	if (fsck->wal_damaged)
		wal_keep_aside(store->wal);
	return store_flush(store, &done, err);
}

static int work_on(struct fsck *fsck, const char *path, bool repair, struct error *err)
{
	AUTO(store) store = NULL;
	int r = open_store(fsck->request, path, &store, err);

	if (r < 0)
		return r;
	count_series(fsck, store);
	if (repair)
		r = mend_blocks(fsck, store, err);
	if (r == 0)
		r = fsck_compare(fsck, store, repair, err);
	if (r == 0 && repair)
		r = mend_rest(fsck, store, err);
	return r;
}

/* ---- looking ---- */

static int work_on_copy(struct fsck *fsck, struct error *err)
{
	AUTO_FREE char *copy = path_join(fsck->request->path, "fsck.tmp");
	int r;

	if (!copy)
		return error_set(err, -ENOMEM, "out of memory");
	backup_remove(copy);		/* of one that was killed */
	r = backup_copy(fsck->request->path, copy, err);
	if (r == 0)
		r = work_on(fsck, copy, false, err);
	backup_remove(copy);
	return r;
}

static int look(struct fsck *fsck, struct error *err)
{
	AUTO_CLOSE int lock = store_lock(fsck->request->path, err);
	int r = lock < 0 ? lock : fsck_files(fsck, err);

	return r == 0 && !fsck->request->repair ? work_on_copy(fsck, err) : r;
}

int store_fsck(const struct fsck_request *request, struct fsck_counts *counts, struct error *err)
{
	struct fsck fsck = { .request = request, .counts = counts };
	struct error none = { 0 };
	int r;

	*counts = (struct fsck_counts){ 0 };
	fsck.index = index_create();
	fsck.files = block_files_create();
	if (!fsck.index || !fsck.files) {
		fsck_fini(&fsck);
		return error_set(err, -ENOMEM, "out of memory");
	}
	if (!err)
		err = &none;
	r = check_path(request->path, err);
	if (r == 0)
		r = look(&fsck, err);
	if (r == 0 && request->repair)
		r = work_on(&fsck, request->path, true, err);
	fsck_fini(&fsck);
	error_clear(&none);
	return r < 0 ? r : counts->findings != 0;
}

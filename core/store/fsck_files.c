/* SPDX-License-Identifier: MIT */
/* fsck_files.c - the files of the folder, one after another. */
#include "store/deleted.h"
#include "codec/frame.h"
#include "store/fsck_state.h"
#include "index/state.h"
#include "wal/wal.h"
#include "wal/format.h"
#include "util/cleanup.h"
#include "util/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_MOST (UINT64_C(1) << 32)

/* One folder, or file of it, being looked at. */
struct visit {
	struct fsck *fsck;
	const char *folder;		/* "wal"; "" for the store's own */
	struct error *err;
	enum kymo_tier tier;
	char last[64];			/* the name that sorts last: the segment that was written to; the snapshot that counts */
};

static bool ends_with(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n > m && !strcmp(name + n - m, ending);
}

static char *path_of(const struct visit *visit, const char *name)
{
	AUTO_FREE char *folder = path_join(visit->fsck->request->path, visit->folder);

	return folder ? path_join(folder, name) : NULL;
}

static int no_memory(const struct visit *visit)
{
	return error_set(visit->err, -ENOMEM, "%s: out of memory", visit->fsck->request->path);
}

/* Counts it. false: it is none of those that are looked at. */
static bool is_ours(const struct visit *visit, const char *path, const char *name, const char *ending)
{
	struct fsck_counts *counts = visit->fsck->counts;
	struct stat st;

	if (ends_with(name, ".damaged"))
		counts->aside++;
	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || !(ends_with(name, ending) || !strcmp(name, ending)))
		return false;
	counts->files++;
	counts->bytes += (uint64_t)st.st_size;
	return true;
}

/* ---- blocks ---- */

static int visit_block(void *data, const char *name)
{
	struct visit *visit = data;
	AUTO_FREE char *path = path_of(visit, name);
	char file[128];
	int r;

	if (!path)
		return no_memory(visit);
	if (!is_ours(visit, path, name, ".kyb"))
		return 0;
	snprintf(file, sizeof file, "%s/%s", visit->folder, name);
	r = fsck_block(visit->fsck, path, file, visit->tier);
	return r < 0 ? no_memory(visit) : 0;
}

/* ---- files of frames ---- */

static int read_file(const struct visit *visit, const char *path, const char *file, struct buf *out)
{
	struct error err = { 0 };
	int r = file_read_all(path, FILE_MOST, out, &err);

	if (r == -ENOMEM)
		return no_memory(visit);
	if (r < 0)
		fsck_found(visit->fsck, file, FSCK_NOWHERE, "all that is in it", "%s", error_text(&err));
	error_clear(&err);
	return r;
}

static int check_header(const struct visit *visit, const char *file, const struct buf *bytes, const char magic[8])
{
	int r = frame_file_check(bytes->data, bytes->len, magic, 1);

	if (r == -ENOTSUP)
		return error_set(visit->err, r, "%s: written by a newer kymo", file);
	if (r < 0)
		fsck_found(visit->fsck, file, 0, "", "the head of the file is damaged; its records are looked at all the same");
	return 0;
}

/* Frames that cannot be read, and where; gives the bytes behind the last one. */
static size_t check_frames(const struct visit *visit, const char *file, const struct buf *bytes, uint64_t seed, const char *lost,
			   bool *damaged)
{
	struct frame_walk walk = frame_walk(bytes->data, bytes->len, FRAME_FILE_HEADER, seed);
	struct frame frame;
	size_t end = walk.at;
	uint32_t found = 0;

	while (frame_next(&walk, &frame)) {
		if (walk.damaged != found)
			fsck_found(visit->fsck, file, end, lost, "no record can be read from here to %zu",
				   (size_t)(frame.data - bytes->data) - FRAME_HEADER);
		*damaged |= walk.damaged != found;
		found = walk.damaged;
		end = (size_t)(frame.data - bytes->data) + frame.size;
	}
	return bytes->len - end;
}

static bool is_zero(const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (data[i])
			return false;
	return true;
}

static int take_nothing(void *data, const struct wal_batch *batch)
{
	(void)data, (void)batch;
	return 0;
}

static int look_at_segment(struct visit *visit, const char *file, const struct buf *bytes, uint64_t number, bool last)
{
	struct fsck_counts *counts = visit->fsck->counts;
	struct wal_replayed replayed = { 0 };
	uint32_t before = counts->findings;
	size_t tail, sound;
	int r;

	if (!bytes->len || is_zero(bytes->data, bytes->len))
		return 0;		/* made, and nothing was written yet */
	r = check_header(visit, file, bytes, WAL_MAGIC);
	if (r < 0)
		return r;
	tail = check_frames(visit, file, bytes, number, "the samples of these records", &visit->fsck->wal_damaged);
	if (tail && is_zero(bytes->data + bytes->len - tail, tail))
		tail = 0;
	if (tail && last)
		counts->torn += tail;
	else if (tail)
		fsck_found(visit->fsck, file, bytes->len - tail, "the samples behind it", "no record can be read from here to the end");
	r = wal_replay_segment(bytes->data, bytes->len, number, take_nothing, NULL, &replayed, &sound);
	if (r < 0)
		return error_set(visit->err, r, "%s: %s", file, error_name(r));
	counts->logged += replayed.records;
	if (replayed.damaged && counts->findings == before)
		fsck_found(visit->fsck, file, FSCK_NOWHERE, "the samples of these records",
			   "%llu records with the right checksum make no sense", (unsigned long long)replayed.damaged);
	visit->fsck->wal_damaged |= counts->findings != before;
	return 0;
}

static int replay_log(struct visit *visit, const char *file, const struct buf *bytes, uint64_t number)
{
	struct frame_walk walk = frame_walk(bytes->data, bytes->len, FRAME_FILE_HEADER, number);
	struct frame frame;

	while (frame_next(&walk, &frame)) {
		int r = index_replay_frame(visit->fsck->index, &frame);

		if (r == -ENOMEM)
			return no_memory(visit);
		if (r < 0)
			fsck_found(visit->fsck, file, (size_t)(frame.data - bytes->data) - FRAME_HEADER,
				   "the name of a series, unless blocks have it", "a record with the right checksum makes no sense");
	}
	return 0;
}

/* A snapshot has its name when it is whole; a log may end in what was being written. */
static int look_at_index(struct visit *visit, const char *file, const struct buf *bytes, uint64_t number, bool snapshot)
{
	static const char lost[] = "names of series, unless blocks have them";
	bool damaged = false;
	size_t tail;
	int r = check_header(visit, file, bytes, snapshot ? "KYMO-IDX" : "KYMO-IXL");

	if (r == 0)
		r = replay_log(visit, file, bytes, number);
	if (r < 0)
		return r;
	tail = check_frames(visit, file, bytes, number, lost, &damaged);
	if (tail && snapshot)
		fsck_found(visit->fsck, file, bytes->len - tail, lost, "no record can be read from here to the end");
	else if (tail && !is_zero(bytes->data + bytes->len - tail, tail))
		visit->fsck->counts->torn += tail;
	return 0;
}

static int visit_frames(void *data, const char *name)
{
	struct visit *visit = data;
	bool wal = !strcmp(visit->folder, "wal"), snapshot = ends_with(name, ".idx");
	uint64_t number = strtoull(name, NULL, 16);
	AUTO_FREE char *path = path_of(visit, name);
	AUTO_BUF bytes = { 0 };
	char file[128];
	int r;

	if (!path)
		return no_memory(visit);
	if (!is_ours(visit, path, name, wal ? ".wal" : snapshot ? ".idx" : ".log"))
		return 0;
	visit->fsck->counts->segments += wal;
	snprintf(file, sizeof file, "%s/%s", visit->folder, name);
	r = read_file(visit, path, file, &bytes);
	if (r < 0)
		return visit->err->code ? r : 0;
	if (wal)
		return look_at_segment(visit, file, &bytes, number, !strcmp(name, visit->last));
	return number < strtoull(visit->last, NULL, 16) ? 0 : look_at_index(visit, file, &bytes, number, snapshot);
}

static int visit_deleted(struct visit *visit)
{
	struct error err = { 0 };
	int r = deleted_read(visit->fsck->request->path, &visit->fsck->deleted, &err);

	if (r == -EBADMSG)
		fsck_found(visit->fsck, "deleted", FSCK_NOWHERE, "what was deleted shows again where blocks have it", "%s",
			   error_text(&err));
	else if (r < 0)
		error_set(visit->err, r, "%s", error_text(&err));
	error_clear(&err);
	return r == -EBADMSG ? 0 : r;
}

/* ---- folders ---- */

static int find_last(void *data, const char *name)
{
	struct visit *visit = data;
	const char *ending = !strcmp(visit->folder, "wal") ? ".wal" : ".idx";

	if (ends_with(name, ending))
		snprintf(visit->last, sizeof visit->last, "%s", name);
	return 0;
}

/* A folder that is not there is one with nothing in it. */
static int visit_folder(struct visit *visit, int (*each)(void *data, const char *name))
{
	AUTO_FREE char *path = path_of(visit, "");
	struct error err = { 0 };
	int r;

	if (!path)
		return no_memory(visit);
	r = dir_list(path, find_last, visit, &err);
	if (r == 0)
		r = dir_list(path, each, visit, &err);
	if (r < 0 && r != -ENOENT && !visit->err->code)
		error_set(visit->err, r, "%s", error_text(&err));
	error_clear(&err);
	return r == -ENOENT ? 0 : r;
}

static int count_aside(void *data, const char *name)
{
	struct visit *visit = data;

	visit->fsck->counts->aside += ends_with(name, ".damaged");
	return 0;
}

static int by_ref(const void *a, const void *b)
{
	series_ref x = *(const series_ref *)a, y = *(const series_ref *)b;

	return (x > y) - (x < y);
}

static bool is_deleted(const struct deleted *deleted, series_ref ref)
{
	for (uint32_t i = 0; i < deleted_count(deleted); i++)
		if (deletion_has(deleted_at(deleted, i), ref))
			return true;
	return false;
}

/* Series of blocks that the index does not know. One of which all was deleted is none of it any more. */
static void compare_index(struct fsck *fsck)
{
	series_ref *refs = (series_ref *)(void *)fsck->series.data;
	size_t n = fsck->series.len / sizeof *refs, unknown = 0;

	if (n)
		qsort(refs, n, sizeof *refs, by_ref);
	for (size_t i = 0; i < n; i++)
		unknown += (i == 0 || refs[i] != refs[i - 1]) && !index_series(fsck->index, refs[i]) && !is_deleted(fsck->deleted, refs[i]);
	if (unknown)
		fsck_found(fsck, "index", FSCK_NOWHERE, "", "%zu series that blocks have are not in the index", unknown);
}

int fsck_files(struct fsck *fsck, struct error *err)
{
	struct visit visit = { .fsck = fsck, .folder = "", .err = err };
	int r = visit_folder(&visit, count_aside);

	if (r == 0)
		r = visit_deleted(&visit);
	if (r == 0)
		r = fsck_listed_read(fsck, err);
	for (int tier = 0; tier < TIERS && r == 0; tier++) {
		visit = (struct visit){ .fsck = fsck, .folder = tier_name((enum kymo_tier)tier), .err = err, .tier = (enum kymo_tier)tier };
		r = visit_folder(&visit, visit_block);
	}
	if (r == 0 && fsck_listed_check(fsck) < 0)
		r = no_memory(&visit);
	if (r == 0) {
		visit = (struct visit){ .fsck = fsck, .folder = "index", .err = err };
		r = visit_folder(&visit, visit_frames);
		compare_index(fsck);
	}
	if (r == 0) {
		visit = (struct visit){ .fsck = fsck, .folder = "wal", .err = err };
		r = visit_folder(&visit, visit_frames);
	}
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * wal.c - a segment is made when the first record wants it, and records are
 * written with pwrite at the place behind the last whole one: a write that failed
 * half-way is written over by the next.
 *
 * `written` and `synced` count appends. Who wants to be on disk waits until
 * `synced` has come to its own; one of those that wait makes the call for all. A
 * file is not closed while such a call is under way. Where the call fails as a
 * segment ends, the appends since the last good one are `lost`: in the kernel,
 * perhaps never on the disk.
 */
#include "store/wal.h"
#include "store/frame.h"
#include "store/wal_format.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/log.h"
#include "util/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>

struct segment {
	uint64_t sequence, bytes;
	bool damaged;
};

struct wal {
	char *dir;
	struct segment *segments;	/* rising; the last one is open when fd >= 0 */
	uint32_t n, room;
	uint64_t next;			/* sequence of the next segment */
	int fd;
	struct buf record;

	pthread_mutex_t sync_lock;
	pthread_cond_t sync_done;
	bool syncing;
	uint64_t written, synced;	/* appends */
	uint64_t lost_after, lost_upto;	/* of the last segment that failed as it ended */
	bool lost;			/* and nobody has been told yet */
};

static char *segment_path(const struct wal *wal, uint64_t sequence, const char *ending)
{
	char name[48];

	snprintf(name, sizeof name, "%016llx%s", (unsigned long long)sequence, ending);
	return path_join(wal->dir, name);
}

static struct segment *segment_add(struct wal *wal, struct segment segment)
{
	if (wal->n == wal->room) {
		uint32_t room = wal->room ? wal->room * 2 : 8;
		struct segment *more = realloc(wal->segments, room * sizeof *more);

		if (!more)
			return NULL;
		wal->segments = more;
		wal->room = room;
	}
	wal->segments[wal->n] = segment;
	if (segment.sequence >= wal->next)
		wal->next = segment.sequence + 1;
	return &wal->segments[wal->n++];
}

/* ---- opening ---- */

struct opening {
	struct wal *wal;
	struct error *err;
};

/* Sixteen digits and ".wal"; anything else in the folder is not ours. */
static bool parse_name(const char *name, uint64_t *sequence)
{
	char *end;

	if (strspn(name, "0123456789abcdef") != 16 || strcmp(name + 16, ".wal") != 0)
		return false;
	*sequence = strtoull(name, &end, 16);
	return *sequence > 0 && *sequence < UINT64_MAX;
}

static int find_segment(void *data, const char *name)
{
	struct opening *opening = data;
	uint64_t sequence;

	if (!parse_name(name, &sequence))
		return 0;
	if (!segment_add(opening->wal, (struct segment){ .sequence = sequence }))
		return error_set(opening->err, -ENOMEM, "%s: out of memory", name);
	return 0;
}

/* What is behind the last sound record of the last segment was being written when it ended. */
static void drop_tail(const char *path, size_t size, size_t sound, struct wal_replayed *replayed)
{
	AUTO_CLOSE int fd = file_open(path, O_WRONLY, 0, NULL);
	int r = fd < 0 ? fd : file_truncate(fd, sound);

	replayed->torn += size - sound;
	log_warn(LOG_STORE, "%s: the last %zu bytes were not written whole and are dropped%s%s", path, size - sound,
		 r < 0 ? ", but stay in the file: " : "", r < 0 ? error_name(r) : "");
}

static int replay_file(struct wal *wal, struct segment *segment, wal_each *each, void *data,
		       struct wal_replayed *replayed, struct error *err)
{
	AUTO_FREE char *path = segment_path(wal, segment->sequence, ".wal");
	AUTO_BUF bytes = { 0 };
	bool last = segment == &wal->segments[wal->n - 1];
	uint64_t damaged = replayed->damaged;
	size_t sound;
	int r;

	if (!path)
		return error_set(err, -ENOMEM, "%s: out of memory", wal->dir);
	r = file_read_all(path, FRAME_MOST + 2 * WAL_SEGMENT, &bytes, err);
	if (r < 0)
		return r;
	r = wal_replay_segment(bytes.data, bytes.len, segment->sequence, each, data, replayed, &sound);
	if (r == -ENOTSUP)
		return error_set(err, r, "%s: written by a newer kymo", path);
	if (r < 0)
		return error_set(err, r, "%s: %s", path, error_name(r));
	segment->bytes = bytes.len;
	if (sound < bytes.len && last) {
		drop_tail(path, bytes.len, sound, replayed);
		segment->bytes = sound;
	} else if (sound < bytes.len) {
		replayed->damaged++;
	}
	replayed->segments++;
	segment->damaged = replayed->damaged != damaged;
	if (segment->damaged)
		log_error(LOG_STORE, "%s: damaged in %llu places; the rest is taken, the file will be kept", path,
			  (unsigned long long)(replayed->damaged - damaged));
	return 0;
}

static int replay(struct wal *wal, uint64_t done, wal_each *each, void *data, struct wal_replayed *replayed,
		  struct error *err)
{
	struct opening opening = { wal, err };
	uint64_t bytes;
	int r = dir_list(wal->dir, find_segment, &opening, err);

	if (r < 0)
		return r;
	wal_remove(wal, done, &bytes);
	for (uint32_t i = 0; i < wal->n && r == 0; i++)
		r = replay_file(wal, &wal->segments[i], each, data, replayed, err);
	return r;
}

int wal_open(const char *store_path, uint64_t done, wal_each *each, void *data, struct wal_replayed *replayed,
	     struct wal **out, struct error *err)
{
	struct wal *wal = calloc(1, sizeof *wal);
	int r;

	*replayed = (struct wal_replayed){ 0 };
	if (!wal || !(wal->dir = path_join(store_path, "wal"))) {
		free(wal);
		return error_set(err, -ENOMEM, "%s: out of memory", store_path);
	}
	wal->fd = -1;
	wal->next = done + 1;
	pthread_mutex_init(&wal->sync_lock, NULL);
	cond_init(&wal->sync_done);
	r = dir_make(wal->dir, 0750, err);
	if (r == 0)
		r = replay(wal, done, each, data, replayed, err);
	if (r < 0) {
		wal_close(wal);
		return r;
	}
	*out = wal;
	return 0;
}

void wal_close(struct wal *wal)
{
	if (!wal)
		return;
	wal_cut(wal);
	pthread_cond_destroy(&wal->sync_done);
	pthread_mutex_destroy(&wal->sync_lock);
	buf_fini(&wal->record);
	free(wal->segments);
	free(wal->dir);
	free(wal);
}

/* ---- appending ---- */

static int write_header(int fd)
{
	AUTO_BUF header = { 0 };

	frame_file_header(&header, WAL_MAGIC, WAL_VERSION);
	return buf_failed(&header) ? -ENOMEM : file_pwrite(fd, header.data, header.len, 0);
}

/* Without room for all of it in advance a segment just grows. */
static int segment_begin(struct wal *wal)
{
	AUTO_FREE char *path = segment_path(wal, wal->next, ".wal");
	AUTO_CLOSE int fd = path ? file_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640, NULL) : -ENOMEM;
	int r;

	if (fd < 0)
		return fd;
	file_preallocate(fd, WAL_SEGMENT);
	r = write_header(fd);
	if (r == 0)
		r = dir_sync(wal->dir, NULL);
	if (r == 0 && !segment_add(wal, (struct segment){ .sequence = wal->next, .bytes = FRAME_FILE_HEADER }))
		r = -ENOMEM;
	if (r < 0) {
		file_remove(path, NULL);
		return r;
	}
	pthread_mutex_lock(&wal->sync_lock);
	wal->fd = fd;
	pthread_mutex_unlock(&wal->sync_lock);
	fd = -1;
	return 0;
}

static int write_record(struct wal *wal, const struct wal_batch *batch)
{
	struct segment *segment = &wal->segments[wal->n - 1];
	size_t begin;
	int r;

	buf_clear(&wal->record);
	begin = frame_begin(&wal->record, WAL_BATCH);
	wal_record_encode(batch, &wal->record);
	r = frame_end(&wal->record, begin, segment->sequence);
	if (r == 0)
		r = file_pwrite(wal->fd, wal->record.data, wal->record.len, segment->bytes);
	if (r == 0)
		segment->bytes += wal->record.len;
	return r;
}

int wal_append(struct wal *wal, const struct wal_batch *batch, uint64_t *position)
{
	int r;

	if (wal->fd >= 0 && wal->segments[wal->n - 1].bytes >= WAL_SEGMENT)
		wal_cut(wal);
	if (wal->fd < 0 && (r = segment_begin(wal)) < 0)
		return r;
	r = write_record(wal, batch);
	if (r < 0)
		return r;
	pthread_mutex_lock(&wal->sync_lock);
	*position = ++wal->written;
	pthread_mutex_unlock(&wal->sync_lock);
	return 0;
}

/* ---- to the disk ---- */

/* With sync_lock, which it lets go of meanwhile. */
static int sync_once(struct wal *wal)
{
	uint64_t upto = wal->written;
	int fd = wal->fd, r;

	wal->syncing = true;
	pthread_mutex_unlock(&wal->sync_lock);
	r = file_sync(fd);
	pthread_mutex_lock(&wal->sync_lock);
	wal->syncing = false;
	if (r == 0)
		wal->synced = upto;
	pthread_cond_broadcast(&wal->sync_done);
	return r;
}

static int sync_locked(struct wal *wal, uint64_t position)
{
	int r = 0;

	while (r == 0 && wal->synced < position) {
		if (wal->syncing)
			pthread_cond_wait(&wal->sync_done, &wal->sync_lock);
		else
			r = sync_once(wal);
	}
	if (r == 0 && position > wal->lost_after && position <= wal->lost_upto)
		r = -EIO;
	return r;
}

int wal_sync_to(struct wal *wal, uint64_t position)
{
	LOCK(&wal->sync_lock);

	return sync_locked(wal, position);
}

int wal_sync(struct wal *wal)
{
	LOCK(&wal->sync_lock);
	bool lost = wal->lost;

	wal->lost = false;
	return lost ? -EIO : sync_locked(wal, wal->written);
}

static void sync_last(struct wal *wal)
{
	uint64_t synced = wal->synced;

	if (sync_locked(wal, wal->written) == 0)
		return;
	wal->lost_after = synced;
	wal->lost_upto = wal->synced = wal->written;
	wal->lost = true;
}

uint64_t wal_cut(struct wal *wal)
{
	LOCK(&wal->sync_lock);

	if (wal->fd < 0)
		return wal->next - 1;
	sync_last(wal);
	while (wal->syncing)
		pthread_cond_wait(&wal->sync_done, &wal->sync_lock);
	file_truncate(wal->fd, wal->segments[wal->n - 1].bytes);	/* gives back what was preallocated */
	file_close(wal->fd);
	wal->fd = -1;
	return wal->next - 1;
}

/* ---- removing ---- */

static void segment_remove(struct wal *wal, const struct segment *segment)
{
	AUTO_FREE char *path = segment_path(wal, segment->sequence, ".wal");
	AUTO_FREE char *aside = segment_path(wal, segment->sequence, ".wal.damaged");
	struct error err = { 0 };

	if (path && aside && (segment->damaged ? file_rename(path, aside, &err) : file_remove(path, &err)) < 0)
		log_warn(LOG_STORE, "%s", error_text(&err));
	error_clear(&err);
}

uint32_t wal_remove(struct wal *wal, uint64_t segment, uint64_t *bytes)
{
	uint32_t n = 0;

	*bytes = 0;
	while (n < wal->n && wal->segments[n].sequence <= segment && !(wal->fd >= 0 && n == wal->n - 1)) {
		segment_remove(wal, &wal->segments[n]);
		*bytes += wal->segments[n++].bytes;
	}
	wal->n -= n;
	if (n)
		memmove(wal->segments, wal->segments + n, wal->n * sizeof *wal->segments);
	return n;
}

void wal_keep_aside(struct wal *wal)
{
	for (uint32_t i = 0; i < wal->n; i++)
		wal->segments[i].damaged = true;
}

void wal_stats(const struct wal *wal, struct wal_stats *stats)
{
	*stats = (struct wal_stats){ .files = wal->n };
	for (uint32_t i = 0; i < wal->n; i++)
		stats->bytes += wal->segments[i].bytes;
}

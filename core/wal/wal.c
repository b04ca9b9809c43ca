/* SPDX-License-Identifier: MIT */
/*
 * wal.c - a segment is made when the first record wants it, and records are
 * written with pwrite at the place behind the last whole one: a write that failed
 * half-way is written over by the next. Each is followed by zeros, which the next
 * one overwrites: behind the last there may be what an older segment left there.
 *
 * `written` and `synced` count appends. Who wants to be on disk waits until
 * `synced` has come to its own; one of those that wait makes the call for all. A
 * file is not closed while such a call is under way. Where the call fails as a
 * segment ends, the appends since the last good one are `lost`: in the kernel,
 * perhaps never on the disk.
 */
#include "wal/wal.h"
#include "codec/frame.h"
#include "wal/format.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/log.h"
#include "util/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>

enum { WAL_AHEAD = 1 << 16 };		/* bytes that are filled at a time */

struct segment {
	uint64_t sequence, bytes;
	bool damaged;
	uint64_t filled;		/* so much of it has been written once */
};

struct wal {
	char *dir;
	struct segment *segments;	/* rising; the last one is open when fd >= 0 */
	uint32_t n, room;
	uint64_t next;			/* sequence of the next segment */
	uint32_t spares;		/* files DIR/spare.<0, 1, ...> */
	int fd;
	uint64_t mark;
	uint32_t groups;		/* of the segment */
	uint64_t stated;		/* bytes of it */
	struct buf rows, samples;	/* a frame each, while one is being made */

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

static char *spare_path(const struct wal *wal, uint32_t i)
{
	char name[24];

	snprintf(name, sizeof name, "spare.%u", i);
	return path_join(wal->dir, name);
}

static int find_segment(void *data, const char *name)
{
	struct opening *opening = data;
	uint64_t sequence;

	if (!strcmp(name, "spare.0") || (!strcmp(name, "spare.1") && opening->wal->spares))
		opening->wal->spares++;
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

/* What is behind the last record is as it was left: nothing was being written there. */
static bool ends_here(const struct file_bytes *bytes, size_t sound)
{
	static const uint8_t end[WAL_END];
	size_t left = bytes->size - sound;

	return !left || (sound && !memcmp(bytes->data + sound, end, left < WAL_END ? left : WAL_END));
}

static void look_behind(struct wal *wal, struct segment *segment, const char *path, const struct file_bytes *bytes, size_t sound,
			struct wal_replayed *replayed)
{
	bool last = segment == &wal->segments[wal->n - 1];

	segment->bytes = bytes->size;
	if (sound < bytes->size && ends_here(bytes, sound)) {
		segment->bytes = sound;
	} else if (sound < bytes->size && last) {
		drop_tail(path, bytes->size, sound, replayed);
		segment->bytes = sound;
	} else if (sound < bytes->size) {
		replayed->damaged++;
	}
}

static int replay_file(struct wal *wal, struct segment *segment, wal_each *each, void *data,
		       struct wal_replayed *replayed, struct error *err)
{
	AUTO_FREE char *path = segment_path(wal, segment->sequence, ".wal");
	struct file_bytes bytes;
	uint64_t damaged = replayed->damaged;
	size_t sound;
	int r;

	if (!path)
		return error_set(err, -ENOMEM, "%s: out of memory", wal->dir);
	r = file_load(path, &bytes, err);
	if (r < 0)
		return r;
	r = wal_replay_segment(bytes.data, bytes.size, segment->sequence, each, data, replayed, &sound);
	if (r == 0)
		look_behind(wal, segment, path, &bytes, sound, replayed);
	file_unload(&bytes);
	if (r == -ENOTSUP)
		return error_set(err, r, "%s: written by a newer kymo", path);
	if (r < 0)
		return error_set(err, r, "%s: %s", path, error_name(r));
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
		if (wal->segments[i].sequence > done)	/* else it could not be removed */
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
	wal->mark = 1;
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
	if (wal->fd >= 0)		/* what is behind the last record is of no use any more */
		file_truncate(wal->fd, wal->segments[wal->n - 1].bytes);
	wal_cut(wal);
	pthread_cond_destroy(&wal->sync_done);
	pthread_mutex_destroy(&wal->sync_lock);
	buf_fini(&wal->rows);
	buf_fini(&wal->samples);
	free(wal->segments);
	free(wal->dir);
	free(wal);
}

/* ---- segments ---- */

static int write_header(int fd)
{
	static const uint8_t end[WAL_END];
	AUTO_BUF header = { 0 };

	frame_file_header(&header, WAL_MAGIC, WAL_VERSION);
	buf_add(&header, end, sizeof end);
	return buf_failed(&header) ? -ENOMEM : file_pwrite(fd, header.data, header.len, 0);
}

/* Blocks that have been written once take the next write without news for the file system. Without room the file just grows. */
static void fill_ahead(const struct wal *wal, struct segment *segment, uint64_t upto)
{
	static const uint8_t zeros[1 << 16];

	while (segment->filled < upto) {
		if (file_pwrite(wal->fd, zeros, sizeof zeros, segment->filled) < 0)
			return;
		segment->filled += sizeof zeros;
	}
}

/* An old segment becomes the new one. It has its header, and no record of that number. */
static int reuse_spare(struct wal *wal, const char *path)
{
	AUTO_FREE char *spare = wal->spares ? spare_path(wal, wal->spares - 1) : NULL;

	if (!spare)
		return -ENOENT;
	wal->spares--;
	if (file_rename(spare, path, NULL) < 0)
		return -ENOENT;
	return file_open(path, O_WRONLY, 0, NULL);
}

static int segment_open(struct wal *wal, const char *path, uint64_t *filled)
{
	int fd = reuse_spare(wal, path);

	if (fd >= 0 && file_size(fd, filled) == 0)
		return fd;
	file_close(fd);
	*filled = FRAME_FILE_HEADER + WAL_END;
	fd = file_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640, NULL);
	if (fd >= 0)
		file_preallocate(fd, WAL_SEGMENT);
	return fd;
}

static int segment_begin(struct wal *wal)
{
	AUTO_FREE char *path = segment_path(wal, wal->next, ".wal");
	uint64_t filled;
	AUTO_CLOSE int fd = path ? segment_open(wal, path, &filled) : -ENOMEM;
	int r;

	if (fd < 0)
		return fd;
	r = write_header(fd);
	if (r == 0)
		r = dir_sync(wal->dir, NULL);
	if (r == 0 && !segment_add(wal, (struct segment){ .sequence = wal->next, .bytes = FRAME_FILE_HEADER, .filled = filled }))
		r = -ENOMEM;
	if (r < 0) {
		file_remove(path, NULL);
		return r;
	}
	wal->mark++;
	wal->groups = 0;
	wal->stated = 0;
	pthread_mutex_lock(&wal->sync_lock);
	wal->fd = fd;
	pthread_mutex_unlock(&wal->sync_lock);
	fd = -1;
	return 0;
}

/* ---- appending ---- */

static bool segment_full(const struct wal *wal)
{
	uint64_t most = wal->stated * 16 > WAL_SEGMENT ? wal->stated * 16 : WAL_SEGMENT;

	return wal->segments[wal->n - 1].bytes >= most || wal->groups >= WAL_GROUPS / 2;
}

int wal_begin(struct wal *wal)
{
	int r;

	if (wal->fd >= 0 && segment_full(wal))
		wal_cut(wal);
	if (wal->fd < 0 && (r = segment_begin(wal)) < 0) {
		wal->mark++;
		return r;
	}
	buf_clear(&wal->rows);
	buf_clear(&wal->samples);
	frame_begin(&wal->rows, WAL_RECORD);
	frame_begin(&wal->samples, WAL_RECORD);
	return 0;
}

struct buf *wal_rows(struct wal *wal)
{
	return &wal->rows;
}

struct buf *wal_samples(struct wal *wal)
{
	return &wal->samples;
}

uint64_t wal_mark(const struct wal *wal)
{
	return wal->mark;
}

uint64_t wal_segment(const struct wal *wal)
{
	return wal->segments[wal->n - 1].sequence;
}

void wal_abandon(struct wal *wal)
{
	wal->mark++;
}

uint32_t wal_next_group(struct wal *wal)
{
	return wal->groups++;
}

void wal_stated(struct wal *wal, size_t bytes)
{
	wal->stated += bytes;
}

/* Both frames as one piece of memory, with the end behind it. */
static int make_record(struct wal *wal)
{
	static const uint8_t end[WAL_END];
	uint64_t seed = wal->segments[wal->n - 1].sequence;
	struct buf *rows = &wal->rows, *samples = &wal->samples;
	int r = 0;

	if (rows->failed || rows->len > FRAME_HEADER)
		r = frame_end(rows, 0, seed);
	else
		buf_clear(rows);
	if (r == 0 && (samples->failed || samples->len > FRAME_HEADER)) {
		r = frame_end(samples, 0, seed);
		buf_add(rows, samples->data, r == 0 ? samples->len : 0);
	}
	buf_add(rows, end, sizeof end);
	return r == 0 && buf_failed(rows) ? -ENOMEM : r;
}

static int write_record(struct wal *wal)
{
	struct segment *segment = &wal->segments[wal->n - 1];
	int r = make_record(wal);

	if (r < 0 || wal->rows.len <= WAL_END)
		return r;
	if (segment->bytes + wal->rows.len > segment->filled)
		fill_ahead(wal, segment, segment->bytes + wal->rows.len + WAL_AHEAD);
	r = file_pwrite(wal->fd, wal->rows.data, wal->rows.len, segment->bytes);
	if (r == 0)
		segment->bytes += wal->rows.len - WAL_END;
	return r;
}

int wal_end(struct wal *wal, uint64_t *position)
{
	int r = write_record(wal);

	if (r < 0) {
		wal->mark++;
		return r;
	}
	pthread_mutex_lock(&wal->sync_lock);
	*position = ++wal->written;
	pthread_mutex_unlock(&wal->sync_lock);
	return 0;
}

int wal_append(struct wal *wal, const struct wal_batch *batch, uint64_t *position)
{
	int r = wal_begin(wal);

	if (r < 0)
		return r;
	wal_put_samples(batch, &wal->samples);
	return wal_end(wal, position);
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
	return r;
}

/* Who waits for what a segment that was left has lost is told, however late he comes. */
int wal_sync_to(struct wal *wal, uint64_t position)
{
	LOCK(&wal->sync_lock);
	int r = sync_locked(wal, position);

	return r == 0 && position > wal->lost_after && position <= wal->lost_upto ? -EIO : r;
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
	file_close(wal->fd);
	wal->fd = -1;
	return wal->next - 1;
}

/* ---- removing ---- */

/* The end comes first: were the rest of it taken for a segment, there would be no record. */
static bool keep_as_spare(struct wal *wal, const struct segment *segment, const char *path)
{
	AUTO_FREE char *spare = spare_path(wal, wal->spares);
	AUTO_CLOSE int fd = -1;

	if (!spare || segment->filled < WAL_AHEAD || segment->damaged || wal->spares >= WAL_SPARES)
		return false;
	fd = file_open(path, O_WRONLY, 0, NULL);
	if (fd < 0 || write_header(fd) < 0 || (segment->filled > WAL_SEGMENT && file_truncate(fd, WAL_SEGMENT) < 0) || file_rename(path, spare, NULL) < 0)
		return false;
	wal->spares++;
	return true;
}

/* false: it is still there. */
static bool segment_remove(struct wal *wal, const struct segment *segment)
{
	AUTO_FREE char *path = segment_path(wal, segment->sequence, ".wal");
	AUTO_FREE char *aside = segment_path(wal, segment->sequence, ".wal.damaged");
	struct error err = { 0 };
	int r;

	if (!path || !aside)
		return false;
	if (keep_as_spare(wal, segment, path))
		return true;
	r = segment->damaged ? file_rename(path, aside, &err) : file_remove(path, &err);
	if (r < 0)
		log_warn(LOG_STORE, "%s", error_text(&err));
	error_clear(&err);
	return r == 0;
}

uint32_t wal_remove(struct wal *wal, uint64_t segment, uint64_t *bytes)
{
	uint32_t n = 0;

	*bytes = 0;
	while (n < wal->n && wal->segments[n].sequence <= segment && !(wal->fd >= 0 && n == wal->n - 1)) {
		if (!segment_remove(wal, &wal->segments[n]))
			break;		/* the next time */
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

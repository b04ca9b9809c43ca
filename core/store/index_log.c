/* SPDX-License-Identifier: MIT */
/*
 * index_log.c - PATH/index/<number>.log: frames that say what was added and
 * removed, in order. Only the highest number counts: a log is written anew under
 * a temporary name, and is whole when it has its own.
 *
 * A series in the log that is there already, and the removal of one that is not,
 * change nothing: so what waits while a log is written anew may be in it already.
 */
#include "store/frame.h"
#include "store/index_state.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/log.h"
#include "util/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define INDEX_MAGIC "KYMO-IDX"
#define INDEX_VERSION 1u
enum { PART = 1 << 16 /* bytes written at a time */, COMPACT_LEAST = 1 << 16 };

static char *log_path(const struct index_log *log, uint64_t number, const char *ending)
{
	char name[48];

	snprintf(name, sizeof name, "%016llx%s", (unsigned long long)number, ending);
	return path_join(log->dir, name);
}

/* ---- frames ---- */

static int frame_done(struct buf *out, size_t begin, uint64_t seed)
{
	int r = frame_end(out, begin, seed);

	if (r < 0)
		out->failed = false;	/* cut back to what it was */
	return r;
}

static int metric_frame(struct buf *out, const struct metric *metric, bool assumed, uint64_t seed)
{
	size_t begin = frame_begin(out, INDEX_METRIC);

	buf_add_u8(out, assumed);
	metric_encode(metric, out);
	return frame_done(out, begin, seed);
}

static int series_frame(struct buf *out, series_ref ref, struct labels labels, uint64_t seed)
{
	size_t begin = frame_begin(out, INDEX_SERIES);

	buf_add_varint(out, ref);
	buf_add_string(out, (const char *)labels.data, labels.size);
	return frame_done(out, begin, seed);
}

static int ref_frame(struct buf *out, enum index_frame type, series_ref ref, uint64_t seed)
{
	size_t begin = frame_begin(out, (uint8_t)type);

	buf_add_varint(out, ref);
	return frame_done(out, begin, seed);
}

static int count_added(struct index_log *log, int r)
{
	if (r == 0)
		atomic_fetch_add(&log->added, 1);
	return r;
}

int index_log_metric(struct index_log *log, const struct metric *metric, bool assumed)
{
	LOCK(&log->lock);

	return count_added(log, metric_frame(&log->waiting, metric, assumed, log->number));
}

int index_log_series(struct index_log *log, series_ref ref, struct labels labels)
{
	LOCK(&log->lock);

	return count_added(log, series_frame(&log->waiting, ref, labels, log->number));
}

int index_log_removed(struct index_log *log, series_ref ref)
{
	LOCK(&log->lock);

	return count_added(log, ref_frame(&log->waiting, INDEX_REMOVED, ref, log->number));
}

/* ---- replay ---- */

static int replay_metric(struct index *index, struct reader *in)
{
	bool assumed = read_u8(in) & 1;
	AUTO(metric) metric = metric_decode(in);
	int r;

	if (!metric)
		return -EBADMSG;
	r = metric_restore(index, metric, assumed);
	return r == -EEXIST ? 0 : r;
}

static int replay_series(struct index *index, struct reader *in)
{
	uint64_t ref = read_varint(in);
	size_t size;
	const char *bytes = read_string(in, &size);
	struct labels labels = { (const uint8_t *)bytes, (uint32_t)size };

	if (in->bad || !ref || ref >= UINT32_MAX - 1 || size > UINT32_MAX || !labels_sound(labels) ||
	    !labels_metric(labels).value_len)
		return -EBADMSG;
	if (index_series(index, (series_ref)ref) || index_find(index, labels))
		return 0;
	return series_make(index, (series_ref)ref, labels);
}

static int replay_ref(struct index *index, struct reader *in, bool removed)
{
	uint64_t ref = read_varint(in);

	if (in->bad || ref >= UINT32_MAX - 1)
		return -EBADMSG;
	if (removed && index_series(index, (series_ref)ref))
		series_unmake(index, (series_ref)ref);
	if (ref > index->last)
		index->last = (series_ref)ref;
	return 0;
}

int index_replay_frame(struct index *index, const struct frame *frame)
{
	struct reader in = reader_of(frame->data, frame->size);

	switch (frame->type) {
	case INDEX_METRIC:
		return replay_metric(index, &in);
	case INDEX_SERIES:
		return replay_series(index, &in);
	case INDEX_REMOVED:
	case INDEX_RESERVED:
		return replay_ref(index, &in, frame->type == INDEX_REMOVED);
	default:
		return -EBADMSG;
	}
}

/* *damaged: parts that were not sound; *sound: bytes up to the torn tail. */
static int replay_bytes(struct index *index, const struct file_map *map, uint64_t *damaged, size_t *sound)
{
	struct frame_walk walk = frame_walk(map->data, map->size, FRAME_FILE_HEADER, index->log.number);
	struct frame frame;
	int r = frame_file_check(map->data, map->size, INDEX_MAGIC, INDEX_VERSION);

	if (r == -ENOTSUP)
		return r;
	*damaged = r < 0 && map->size >= FRAME_FILE_HEADER;
	while (frame_next(&walk, &frame)) {
		r = index_replay_frame(index, &frame);
		if (r == -ENOMEM)
			return r;
		*damaged += r < 0;
	}
	*damaged += walk.damaged;
	*sound = map->size < FRAME_FILE_HEADER ? 0 : map->size - walk.tail;
	return 0;
}

/* ---- what waits ---- */

/* With `io`: what waits joins what could not be written before. Gives how many frames there are in all. */
static uint64_t take_waiting(struct index_log *log)
{
	LOCK(&log->lock);
	struct buf empty = log->writing;

	if (!log->writing.len) {
		log->writing = log->waiting;
		log->waiting = empty;
	} else {
		buf_add(&log->writing, log->waiting.data, log->waiting.len);
		if (buf_failed(&log->writing)) {
			log->writing.failed = false;	/* the rest waits on */
			return atomic_load(&log->written);
		}
		buf_clear(&log->waiting);
	}
	return atomic_load(&log->added);
}

/* ---- writing anew ---- */

struct fresh {
	int fd;
	uint64_t number, at;
	struct buf part;
};

static int fresh_write(struct fresh *fresh, size_t least)
{
	int r;

	if (buf_failed(&fresh->part))
		return -ENOMEM;
	if (fresh->part.len < least)
		return 0;
	r = file_pwrite(fresh->fd, fresh->part.data, fresh->part.len, fresh->at);
	fresh->at += fresh->part.len;
	buf_clear(&fresh->part);
	return r;
}

/* Metrics without series that nobody has told since the start are past. */
static int fresh_metrics(struct fresh *fresh, const struct index *index)
{
	int r = 0;

	for (uint32_t i = 0; i < index->n_metrics && r == 0; i++) {
		const struct metric_entry *entry = &index->metrics[i];

		if (entry->n_series || entry->told)
			r = metric_frame(&fresh->part, entry->box->metric, entry->assumed, fresh->number);
	}
	return r;
}

static int fresh_page(struct fresh *fresh, const struct index *index, uint32_t page)
{
	int r = 0;

	for (uint32_t i = 0; index->pages[page] && i < SERIES_PAGE && r == 0; i++) {
		const struct series *series = &index->pages[page]->series[i];

		if (series->labels.data)
			r = series_frame(&fresh->part, page * SERIES_PAGE + i, series->labels, fresh->number);
	}
	return r;
}

static int fresh_begin(struct fresh *fresh, struct index *index)
{
	int r;

	frame_file_header(&fresh->part, INDEX_MAGIC, INDEX_VERSION);
	index_lock(index);
	r = ref_frame(&fresh->part, INDEX_RESERVED, index->last, fresh->number);
	if (r == 0)
		r = fresh_metrics(fresh, index);
	index_unlock(index);
	return r;
}

/* The read lock is held for a page of series at a time. */
static int fresh_fill(struct fresh *fresh, struct index *index)
{
	bool more = true;
	int r = fresh_begin(fresh, index);

	for (uint32_t page = 0; more && r == 0; page++) {
		index_lock(index);
		more = page < index->n_pages;
		if (more)
			r = fresh_page(fresh, index, page);
		index_unlock(index);
		if (r == 0)
			r = fresh_write(fresh, PART);
	}
	return r < 0 ? r : fresh_write(fresh, 0);
}

static int fresh_finish(struct fresh *fresh, struct index *index, const char *temporary, struct error *err)
{
	AUTO_FREE char *path = log_path(&index->log, fresh->number, ".log");
	int r = fresh_fill(fresh, index);

	if (r == 0)
		r = path ? file_sync(fresh->fd) : -ENOMEM;
	if (r < 0)
		return error_set(err, r, "%s: %s", temporary, error_name(r));
	r = file_rename(temporary, path, err);
	return r < 0 ? r : dir_sync(index->log.dir, err);
}

/* What waits was sealed for the old file: frames carry its number in their checksums. */
static int reseal(struct buf *frames, uint64_t from, uint64_t to)
{
	struct frame_walk walk = frame_walk(frames->data, frames->len, 0, from);
	struct buf again = { 0 };
	struct frame frame;
	int r = 0;

	while (r == 0 && frame_next(&walk, &frame)) {
		size_t begin = frame_begin(&again, frame.type);

		buf_add(&again, frame.data, frame.size);
		r = frame_end(&again, begin, to);
	}
	if (r < 0) {
		buf_fini(&again);
		return r;
	}
	buf_fini(frames);
	*frames = again;
	return 0;
}

/* What was taken before the new log was begun is in it: `upto` frames. */
static int take_over(struct index_log *log, struct fresh *fresh, uint64_t upto)
{
	LOCK(&log->lock);
	int r = reseal(&log->waiting, log->number, fresh->number);

	if (r < 0)
		return r;
	buf_clear(&log->writing);
	atomic_store(&log->written, upto);
	file_close(log->fd);
	log->fd = fresh->fd;
	log->number = fresh->number;
	atomic_store(&log->bytes, fresh->at);
	fresh->fd = -1;
	return 0;
}

/* With `io`. The old file stays; gives its number. */
static int write_anew(struct index *index, uint64_t *old, struct error *err)
{
	struct index_log *log = &index->log;
	struct fresh fresh = { .number = log->number + 1 };
	AUTO_FREE char *temporary = log_path(log, fresh.number, ".log.tmp");
	uint64_t upto = take_waiting(log);
	int r;

	*old = log->number;
	if (!temporary)
		return error_set(err, -ENOMEM, "%s: out of memory", log->dir);
	fresh.fd = file_open(temporary, O_RDWR | O_CREAT | O_TRUNC, 0640, err);
	if (fresh.fd < 0)
		return fresh.fd;
	r = fresh_finish(&fresh, index, temporary, err);
	if (r == 0 && (r = take_over(log, &fresh, upto)) < 0) {
		AUTO_FREE char *path = log_path(log, fresh.number, ".log");

		if (path)
			file_remove(path, NULL);	/* else it would be the one that counts */
		error_set(err, r, "%s: %s", log->dir, error_name(r));
	}
	if (r < 0)
		file_remove(temporary, NULL);
	file_close(fresh.fd);
	buf_fini(&fresh.part);
	return r;
}

static void old_log_goes(struct index_log *log, uint64_t number, bool damaged)
{
	AUTO_FREE char *path = log_path(log, number, ".log"), *aside = log_path(log, number, ".log.damaged");

	if (path && aside && damaged)
		file_rename(path, aside, NULL);
	else if (path)
		file_remove(path, NULL);
}

static bool worth_it(struct index *index)
{
	uint64_t live;

	index_lock(index);
	live = index->n_series * 64 + index->labels.bytes;
	index_unlock(index);
	return atomic_load(&index->log.bytes) > COMPACT_LEAST + 2 * live;
}

int index_compact(struct index *index, uint64_t *saved, struct error *err)
{
	uint64_t before = atomic_load(&index->log.bytes), old;
	int r;

	*saved = 0;
	if (!worth_it(index))
		return 0;
	LOCK(&index->log.io);
	r = write_anew(index, &old, err);
	if (r < 0)
		return r;
	old_log_goes(&index->log, old, false);
	if (atomic_load(&index->log.bytes) < before)
		*saved = before - atomic_load(&index->log.bytes);
	return 0;
}

/* ---- opening ---- */

/* Sixteen digits and ".log"; the highest is the one. */
static int find_log(void *data, const char *name)
{
	uint64_t *highest = data;

	if (strspn(name, "0123456789abcdef") == 16 && !strcmp(name + 16, ".log"))
		*highest = strtoull(name, NULL, 16);
	return 0;
}

static int remove_older(void *data, const char *name)
{
	struct index_log *log = data;
	uint64_t number = 0;
	AUTO_FREE char *path = path_join(log->dir, name);
	size_t n = strlen(name);

	find_log(&number, name);
	if (path && ((number && number < log->number) || (n > 4 && !strcmp(name + n - 4, ".tmp"))))
		file_remove(path, NULL);
	return 0;
}

static int replay(struct index *index, const char *path, struct error *err)
{
	struct index_log *log = &index->log;
	struct file_map map;
	uint64_t damaged = 0, old;
	size_t sound = 0;
	int r = file_map_open(path, &map, err);

	if (r < 0)
		return r;
	r = replay_bytes(index, &map, &damaged, &sound);
	if (r == 0 && sound < map.size)
		log_warn(LOG_STORE, "%s: the last %zu bytes were not written whole and are dropped", path, map.size - sound);
	file_map_close(&map);
	if (r < 0)
		return error_set(err, r, "%s: %s", path, r == -ENOTSUP ? "written by a newer kymo" : error_name(r));
	atomic_store(&log->bytes, sound);
	if (!damaged && sound >= FRAME_FILE_HEADER)
		return 0;
	log_error(LOG_STORE, "%s: damaged in %llu places; the rest is taken, the file is set aside", path,
		  (unsigned long long)damaged);
	log->quarantined += damaged;
	r = write_anew(index, &old, err);
	if (r == 0)
		old_log_goes(log, old, damaged);
	return r;
}

static int open_file(struct index *index, struct error *err)
{
	struct index_log *log = &index->log;
	AUTO_FREE char *path = log_path(log, log->number, ".log");
	uint64_t old;
	int r;

	if (!path)
		return error_set(err, -ENOMEM, "%s: out of memory", log->dir);
	if (!log->number)
		return write_anew(index, &old, err);
	log->fd = file_open(path, O_RDWR, 0, err);
	if (log->fd < 0)
		return log->fd;
	r = replay(index, path, err);
	if (r == 0)
		r = file_truncate(log->fd, atomic_load(&log->bytes));
	return r;
}

int index_log_open(struct index *index, const char *store_path, struct error *err)
{
	struct index_log *log = &index->log;
	int r;

	log->dir = path_join(store_path, "index");
	if (!log->dir)
		return error_set(err, -ENOMEM, "%s: out of memory", store_path);
	r = dir_make(log->dir, 0750, err);
	if (r == 0)
		r = dir_list(log->dir, find_log, &log->number, err);
	if (r == 0)
		r = open_file(index, err);
	return r < 0 ? r : dir_list(log->dir, remove_older, log, err);
}

void index_log_init(struct index_log *log)
{
	log->fd = -1;
	pthread_mutex_init(&log->io, NULL);
	pthread_mutex_init(&log->lock, NULL);
}

void index_log_close(struct index_log *log)
{
	file_close(log->fd);
	buf_fini(&log->waiting);
	buf_fini(&log->writing);
	free(log->dir);
	pthread_mutex_destroy(&log->io);
	pthread_mutex_destroy(&log->lock);
}

/* ---- to the disk ---- */

static int write_waiting(struct index_log *log)
{
	uint64_t upto = take_waiting(log);
	int r = file_pwrite(log->fd, log->writing.data, log->writing.len, atomic_load(&log->bytes));

	if (r < 0)
		return r;
	atomic_fetch_add(&log->bytes, log->writing.len);
	buf_clear(&log->writing);
	atomic_store(&log->unsynced, true);
	atomic_store(&log->written, upto);
	return 0;
}

int index_write(struct index *index)
{
	struct index_log *log = &index->log;

	if (atomic_load(&log->added) == atomic_load(&log->written))
		return 0;
	LOCK(&log->io);
	return write_waiting(log);
}

int index_sync(struct index *index)
{
	struct index_log *log = &index->log;
	int r = index_write(index);

	if (r < 0 || !atomic_exchange(&log->unsynced, false))
		return r;
	LOCK(&log->io);
	r = file_sync(log->fd);
	if (r < 0)
		atomic_store(&log->unsynced, true);
	return r;
}

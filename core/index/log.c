/* SPDX-License-Identifier: MIT */
/*
 * log.c - PATH/index/<number>.log: frames that say what was added and removed,
 * in order; and <number>.idx, a snapshot: the same frames, with all that there was
 * when the log of its number was begun, and perhaps what came a little later. The
 * highest snapshot and the logs from its number up are the index.
 *
 * A snapshot is written while everything goes on: a new log is begun, and then what
 * is in memory is written, piece by piece, under a temporary name. A series in a
 * file that is there already, and the removal of one that is not, change nothing,
 * so the log may be read on top of a snapshot that knows some of it.
 */
#include "codec/frame.h"
#include "index/state.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/log.h"
#include "util/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LOG_MAGIC "KYMO-IXL"
#define SNAPSHOT_MAGIC "KYMO-IDX"
#define INDEX_VERSION 1u
enum {
	PART = 1 << 16,			/* bytes written at a time */
	PAGES = 8,			/* of series, looked at with one hold of the lock */
	LEAST = 1 << 16
};

static char *path_of(const struct index_log *log, uint64_t number, const char *ending)
{
	char name[48];

	snprintf(name, sizeof name, "%016" PRIx64 "%s", number, ending);
	return path_join(log->dir, name);
}

/* ---- what waits ---- */

static int put(struct index_log *log, struct refs *list, uint32_t number)
{
	if (refs_add(list, number) < 0)
		return -ENOMEM;
	atomic_fetch_add(&log->added, 1);
	return 0;
}

int index_log_metric(struct index_log *log, struct metric_entry *entry)
{
	int r = entry->waiting ? 0 : put(log, &log->waiting.metrics, entry->box->id);

	entry->waiting |= r == 0;
	return r;
}

int index_log_series(struct index_log *log, series_ref ref)
{
	return put(log, &log->waiting.added, ref);
}

int index_log_removed(struct index_log *log, series_ref ref)
{
	return put(log, &log->waiting.removed, ref);
}

void index_log_take_back(struct index_log *log)
{
	log->waiting.removed.n--;
}

static int print_waiting(struct index *index, struct frame_writer *writer)
{
	const struct index_waiting *waiting = &index->log.waiting;
	int r = frame_writer_removed(writer, waiting->removed.ref, waiting->removed.n);

	for (uint32_t i = 0; i < waiting->metrics.n && r == 0; i++)
		r = frame_writer_metric(writer, &index->metrics[waiting->metrics.ref[i]]);
	for (uint32_t i = 0; i < waiting->added.n && r == 0; i++) {
		const struct series *series = index_series(index, waiting->added.ref[i]);

		if (series)		/* else it has gone again */
			r = frame_writer_series(writer, waiting->added.ref[i], series);
	}
	return r < 0 ? r : frame_writer_end(writer);
}

/* Many came at once: their memory is given back. */
static void forget(struct refs *refs)
{
	refs->n = 0;
	if (refs->room > LEAST)
		refs_fini(refs);
}

/* With `io` and the read lock: nobody else changes it. */
static void waiting_clear(struct index *index)
{
	struct index_waiting *waiting = &index->log.waiting;

	for (uint32_t i = 0; i < waiting->metrics.n; i++)
		index->metrics[waiting->metrics.ref[i]].waiting = false;
	atomic_fetch_add(&index->log.named, waiting->added.n);
	forget(&waiting->metrics);
	forget(&waiting->removed);
	forget(&waiting->added);
}

/* With `io`: what waits joins what could not be written before. Gives how many changes there are in all. */
static int take_waiting(struct index *index, uint64_t *upto)
{
	struct index_log *log = &index->log;
	size_t before = log->writing.len;
	AUTO(frame_writer) writer = frame_writer_create(index, &log->writing, log->number);
	int r = -ENOMEM;

	index_lock(index);
	*upto = atomic_load(&log->added);
	if (writer)
		r = print_waiting(index, writer);
	if (r == 0)
		waiting_clear(index);
	index_unlock(index);
	if (r < 0)
		log->writing.len = before;
	return r;
}

/* With `io`. */
static int write_waiting(struct index *index)
{
	struct index_log *log = &index->log;
	uint64_t upto;
	int r = take_waiting(index, &upto);

	if (r == 0)
		r = file_pwrite(log->fd, log->writing.data, log->writing.len, atomic_load(&log->end));
	if (r < 0)
		return r;
	atomic_fetch_add(&log->end, log->writing.len);
	atomic_fetch_add(&log->bytes, log->writing.len);
	buf_clear(&log->writing);
	if (log->writing.room > 16 * LEAST)
		buf_fini(&log->writing);
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
	return write_waiting(index);
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

/* ---- a new log ---- */

/* An empty one under its own name. Its descriptor, or an error. */
static int log_create(const struct index_log *log, uint64_t number, struct error *err)
{
	AUTO_FREE char *temporary = path_of(log, number, ".log.tmp"), *path = path_of(log, number, ".log");
	AUTO_BUF header = { 0 };
	int fd, r;

	if (!temporary || !path)
		return error_set(err, -ENOMEM, "%s: out of memory", log->dir);
	frame_file_header(&header, LOG_MAGIC, INDEX_VERSION);
	fd = file_open(temporary, O_RDWR | O_CREAT | O_TRUNC, 0640, err);
	if (fd < 0)
		return fd;
	r = buf_failed(&header) ? -ENOMEM : file_pwrite(fd, header.data, header.len, 0);
	if (r == 0)
		r = file_sync(fd);
	if (r < 0)
		error_set(err, r, "%s: %s", temporary, error_name(r));
	else if ((r = file_rename(temporary, path, err)) == 0)
		r = dir_sync(log->dir, err);
	if (r == 0)
		return fd;
	file_close(fd);
	file_remove(temporary, NULL);
	return r;
}

static void use_log(struct index_log *log, int fd, uint64_t number)
{
	file_close(log->fd);
	log->fd = fd;
	log->number = number;
	atomic_store(&log->end, FRAME_FILE_HEADER);
	atomic_fetch_add(&log->bytes, FRAME_FILE_HEADER);
}

/* What waits goes to the old log, and that to the disk; then to the new one. *past: bytes of all old ones. */
static int change_over(struct index *index, int fd, uint64_t number, uint64_t *past)
{
	struct index_log *log = &index->log;
	LOCK(&log->io);
	int r = log->fd < 0 ? 0 : write_waiting(index);

	if (r == 0 && atomic_exchange(&log->unsynced, false) && (r = file_sync(log->fd)) < 0)
		atomic_store(&log->unsynced, true);
	if (r < 0)
		return r;
	*past = atomic_load(&log->bytes);
	use_log(log, fd, number);
	return 0;
}

/* The most is synced before, so that nobody waits for it at the change. */
static int next_log(struct index *index, uint64_t *past, struct error *err)
{
	struct index_log *log = &index->log;
	uint64_t number = log->number + 1;
	int fd = log_create(log, number, err), r;

	if (fd < 0)
		return fd;
	r = log->fd < 0 ? 0 : index_sync(index);
	if (r == 0)
		r = change_over(index, fd, number, past);
	if (r < 0) {
		AUTO_FREE char *path = path_of(log, number, ".log");

		file_close(fd);
		if (path)
			file_remove(path, NULL);
		return error_set(err, r, "%s: %s", log->dir, error_name(r));
	}
	return 0;
}

/* ---- a snapshot ---- */

struct fresh {
	int fd;
	uint64_t at;
	struct buf part;
	struct frame_writer *writer;
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
			r = frame_writer_metric(fresh->writer, entry);
	}
	return r;
}

static int fresh_page(struct fresh *fresh, const struct index *index, uint32_t page)
{
	int r = 0;

	for (uint32_t i = 0; index->pages[page] && i < SERIES_PAGE && r == 0; i++) {
		const struct series *series = &index->pages[page]->series[i];

		if (series->labels)
			r = frame_writer_series(fresh->writer, page * SERIES_PAGE + i, series);
	}
	return r;
}

/* Labels may change their numbers as soon as the lock is given back, so the frame ends with it. */
static int fresh_pages(struct fresh *fresh, struct index *index, uint32_t *page)
{
	uint32_t to = index->n_pages - *page < PAGES ? index->n_pages : *page + PAGES;
	int r = 0;

	while (*page < to && r == 0)
		r = fresh_page(fresh, index, (*page)++);
	return r < 0 ? r : frame_writer_end(fresh->writer);
}

static int fresh_begin(struct fresh *fresh, struct index *index)
{
	int r;

	frame_file_header(&fresh->part, SNAPSHOT_MAGIC, INDEX_VERSION);
	index_lock(index);
	r = frame_writer_reserved(fresh->writer, index->last, index->n_series);
	if (r == 0)
		r = fresh_metrics(fresh, index);
	index_unlock(index);
	return r;
}

/* The read lock is held for a few pages of series at a time. */
static int fresh_fill(struct fresh *fresh, struct index *index)
{
	bool more = true;
	int r = fresh_begin(fresh, index);

	for (uint32_t page = 0; more && r == 0;) {
		index_lock(index);
		r = fresh_pages(fresh, index, &page);
		more = page < index->n_pages;
		index_unlock(index);
		if (r == 0)
			r = fresh_write(fresh, PART);
	}
	return r < 0 ? r : fresh_write(fresh, 0);
}

static int fresh_finish(struct fresh *fresh, struct index *index, uint64_t number, const char *temporary, struct error *err)
{
	AUTO_FREE char *path = path_of(&index->log, number, ".idx");
	int r = path && fresh->writer ? fresh_fill(fresh, index) : -ENOMEM;

	if (r == 0)
		r = file_sync(fresh->fd);
	if (r < 0)
		return error_set(err, r, "%s: %s", temporary, error_name(r));
	r = file_rename(temporary, path, err);
	return r < 0 ? r : dir_sync(index->log.dir, err);
}

static int write_snapshot(struct index *index, uint64_t number, struct error *err)
{
	struct index_log *log = &index->log;
	AUTO_FREE char *temporary = path_of(log, number, ".idx.tmp");
	struct fresh fresh = { 0 };
	int r;

	if (!temporary)
		return error_set(err, -ENOMEM, "%s: out of memory", log->dir);
	fresh.fd = file_open(temporary, O_RDWR | O_CREAT | O_TRUNC, 0640, err);
	if (fresh.fd < 0)
		return fresh.fd;
	fresh.writer = frame_writer_create(index, &fresh.part, number);
	r = fresh_finish(&fresh, index, number, temporary, err);
	if (r < 0)
		file_remove(temporary, NULL);
	else
		atomic_store(&log->snapshot, fresh.at);
	file_close(fresh.fd);
	frame_writer_destroy(fresh.writer);
	buf_fini(&fresh.part);
	return r;
}

/* ---- the files of the folder ---- */

/* Sixteen digits and the ending; else 0. */
static uint64_t number_of(const char *name, const char *ending)
{
	return strspn(name, "0123456789abcdef") == 16 && !strcmp(name + 16, ending) ? strtoull(name, NULL, 16) : 0;
}

struct past {
	const char *dir;
	uint64_t below;			/* files of lower numbers */
	bool aside;			/* damaged: they are kept under another name */
};

static int past_goes(void *data, const char *name)
{
	const struct past *past = data;
	uint64_t number = number_of(name, ".log") | number_of(name, ".idx");
	AUTO_FREE char *path = path_join(past->dir, name);
	AUTO_BUF other = { 0 };
	size_t n = strlen(name);

	if (!path)
		return 0;
	buf_printf(&other, "%s.damaged", path);
	if (number && number < past->below && past->aside && buf_text(&other))
		file_rename(path, buf_text(&other), NULL);
	else if ((number && number < past->below) || (n > 4 && !strcmp(name + n - 4, ".tmp")))
		file_remove(path, NULL);
	return 0;
}

static uint32_t live(struct index *index)
{
	uint32_t n;

	index_lock(index);
	n = index->n_series;
	index_unlock(index);
	return n;
}

/* All in one: a new log, a snapshot, and what was before goes. */
static int write_anew(struct index *index, bool damaged, struct error *err)
{
	struct index_log *log = &index->log;
	struct past past = { log->dir, log->number + 1, damaged };
	LOCK(&log->anew);
	uint64_t bytes = 0, named;
	int r = next_log(index, &bytes, err);

	named = atomic_load(&log->named);
	if (r == 0)
		r = write_snapshot(index, log->number, err);
	if (r < 0)
		return r;
	atomic_fetch_sub(&log->bytes, bytes);
	atomic_fetch_sub(&log->named, named);
	atomic_fetch_add(&log->named, live(index));
	return dir_list(log->dir, past_goes, &past, err);
}

/* The log is long beside the snapshot, or most series in the files have gone. */
static bool worth_it(struct index *index)
{
	uint64_t bytes = atomic_load(&index->log.bytes), snapshot = atomic_load(&index->log.snapshot);

	return bytes > LEAST + snapshot / 2 || (bytes + snapshot > LEAST && live(index) < atomic_load(&index->log.named) / 2);
}

int index_compact(struct index *index, uint64_t *saved, struct error *err)
{
	struct index_log *log = &index->log;
	uint64_t before = atomic_load(&log->bytes) + atomic_load(&log->snapshot), after;
	int r;

	*saved = 0;
	if (!worth_it(index))
		return 0;
	r = write_anew(index, false, err);
	after = atomic_load(&log->bytes) + atomic_load(&log->snapshot);
	if (r == 0 && after < before)
		*saved = before - after;
	return r;
}

/* ---- opening ---- */

/* *damaged: parts that were not sound; *sound: bytes up to the torn tail. */
static int replay_bytes(struct index *index, const struct file_bytes *file, uint64_t number, bool snapshot, uint64_t *damaged,
			size_t *sound)
{
	struct frame_walk walk = frame_walk(file->data, file->size, FRAME_FILE_HEADER, number);
	struct frame frame;
	int r = frame_file_check(file->data, file->size, snapshot ? SNAPSHOT_MAGIC : LOG_MAGIC, INDEX_VERSION);

	if (r == -ENOTSUP)
		return r;
	*damaged = r < 0 && file->size >= FRAME_FILE_HEADER;
	while (frame_next(&walk, &frame)) {
		r = index_replay_frame(index, &frame);
		if (r == -ENOMEM)
			return r;
		*damaged += r < 0;
	}
	*damaged += walk.damaged;
	*sound = file->size < FRAME_FILE_HEADER ? 0 : file->size - walk.tail;
	return 0;
}

static int replay(struct index *index, const char *path, uint64_t number, bool snapshot, size_t *sound, struct error *err)
{
	struct index_log *log = &index->log;
	struct file_bytes file;
	uint64_t damaged = 0;
	int r = file_load(path, &file, err);

	if (r < 0)
		return r;
	index->loading = file.size;
	r = replay_bytes(index, &file, number, snapshot, &damaged, sound);
	index->loading = 0;
	if (r == 0 && *sound < file.size)
		log_warn(LOG_STORE, "%s: the last %zu bytes were not written whole and are dropped", path, file.size - *sound);
	damaged += r == 0 && snapshot && (*sound < file.size || !file.size);	/* a snapshot has its name when it is whole */
	file_unload(&file);
	if (r < 0)
		return error_set(err, r, "%s: %s", path, r == -ENOTSUP ? "written by a newer kymo" : error_name(r));
	log->quarantined += damaged;
	if (damaged)
		log_error(LOG_STORE, "%s: damaged in %" PRIu64 " places; the rest is taken, the file is set aside", path, damaged);
	return 0;
}

struct found {
	struct index *index;
	uint64_t snapshot;		/* the highest; 0: there is none */
	struct error *err;
};

static int find_snapshot(void *data, const char *name)
{
	struct found *found = data;
	uint64_t number = number_of(name, ".idx");

	if (number > found->snapshot)
		found->snapshot = number;
	return 0;
}

static int load_snapshot(struct index *index, uint64_t number, struct error *err)
{
	AUTO_FREE char *path = path_of(&index->log, number, ".idx");
	size_t sound = 0;
	int r = path ? replay(index, path, number, true, &sound, err) : error_set(err, -ENOMEM, "%s: out of memory", index->log.dir);

	atomic_store(&index->log.snapshot, sound);
	return r;
}

static int load_log(struct index *index, uint64_t number, struct error *err)
{
	struct index_log *log = &index->log;
	AUTO_FREE char *path = path_of(log, number, ".log");
	size_t sound = 0;
	int fd, r;

	if (!path)
		return error_set(err, -ENOMEM, "%s: out of memory", log->dir);
	fd = file_open(path, O_RDWR, 0, err);
	if (fd < 0)
		return fd;
	use_log(log, fd, number);
	r = replay(index, path, number, false, &sound, err);
	if (r < 0)
		return r;
	if (sound < FRAME_FILE_HEADER) {	/* it had its header before it had its name */
		log->quarantined++;
		return 0;
	}
	atomic_fetch_add(&log->bytes, sound - FRAME_FILE_HEADER);
	atomic_store(&log->end, sound);
	r = file_truncate(fd, sound);
	return r < 0 ? error_set(err, r, "%s: %s", path, error_name(r)) : 0;
}

/* Names come in their order. The last log goes on. */
static int load_if_log(void *data, const char *name)
{
	const struct found *found = data;
	uint64_t number = number_of(name, ".log");

	return number && number >= found->snapshot ? load_log(found->index, number, found->err) : 0;
}

static int load(struct index *index, struct error *err)
{
	struct index_log *log = &index->log;
	struct found found = { .index = index, .err = err };
	struct past past = { .dir = log->dir };
	int r = dir_list(log->dir, find_snapshot, &found, err), fd;

	if (r == 0 && found.snapshot)
		r = load_snapshot(index, found.snapshot, err);
	if (r == 0)
		r = dir_list(log->dir, load_if_log, &found, err);
	if (r < 0)
		return r;
	if (log->number < found.snapshot)
		log->number = found.snapshot;	/* its log is lost */
	if (log->quarantined)
		return write_anew(index, true, err);
	if (log->fd < 0) {
		fd = log_create(log, log->number + 1, err);
		if (fd < 0)
			return fd;
		use_log(log, fd, log->number + 1);
	}
	past.below = found.snapshot;
	return dir_list(log->dir, past_goes, &past, err);
}

int index_log_open(struct index *index, const char *store_path, struct error *err)
{
	struct index_log *log = &index->log;
	int r;

	log->dir = path_join(store_path, "index");
	if (!log->dir)
		return error_set(err, -ENOMEM, "%s: out of memory", store_path);
	r = dir_make(log->dir, 0750, err);
	if (r < 0)
		return r;
	inverted_begin(&index->inverted);
	r = load(index, err);
	if (inverted_end(&index->inverted) < 0 && r == 0)
		r = error_set(err, -ENOMEM, "%s: out of memory", log->dir);
	return r;
}

void index_log_init(struct index_log *log)
{
	log->fd = -1;
	pthread_mutex_init(&log->anew, NULL);
	pthread_mutex_init(&log->io, NULL);
}

void index_log_close(struct index_log *log)
{
	file_close(log->fd);
	refs_fini(&log->waiting.removed);
	refs_fini(&log->waiting.added);
	refs_fini(&log->waiting.metrics);
	buf_fini(&log->writing);
	free(log->dir);
	pthread_mutex_destroy(&log->anew);
	pthread_mutex_destroy(&log->io);
}

/* SPDX-License-Identifier: MIT */
/* state.h - the index from inside: what the index_*.c files share. */
#ifndef INDEX_STATE_H
#define INDEX_STATE_H

#include "index/index.h"
#include "index/label_set.h"

#include <pthread.h>

#define SERIES_PAGE 256			/* refs are dense, so series lie in pages by ref */

struct series_page {
	uint32_t live;
	struct series series[SERIES_PAGE];
};

struct metric_entry {
	struct metric_box *box;		/* NULL: a free place */
	uint32_t n_series;
	bool assumed;			/* made for a series before anybody told its type */
	bool told;			/* by somebody since the store was opened */
	bool waiting;			/* for the log */
};

/* What the log does not say yet, by ref and by metric: changed with the index's write lock, written with its read lock and `io`. */
struct index_waiting {
	struct refs removed, added;	/* written in this order: labels may have gone from one series to another */
	struct refs metrics;		/* ids */
};

/*
 * The log: what waits to be written, and the files. `io` is held while writing, and
 * before the index's own lock; `anew` by who writes a snapshot, before both.
 */
struct index_log {
	char *dir;
	pthread_mutex_t anew, io;
	struct index_waiting waiting;
	struct buf writing;		/* frames that could not be written yet; under `io` */
	_Atomic uint64_t added, written;	/* changes */
	_Atomic bool unsynced;
	int fd;
	uint64_t number;		/* of the log; the seed of its checksums */
	_Atomic uint64_t end;		/* of the log: where the next frame goes */
	_Atomic uint64_t bytes;		/* of all logs since the snapshot */
	_Atomic uint64_t snapshot;	/* bytes of the snapshot */
	_Atomic uint64_t named;		/* series in all of these */
	uint64_t quarantined;
};

enum index_frame { INDEX_METRIC = 1, INDEX_SERIES, INDEX_REMOVED, INDEX_RESERVED };

struct index {
	pthread_rwlock_t lock;
	struct series_page **pages;
	uint32_t n_pages;
	series_ref last;		/* the highest ref that is taken */
	uint32_t n_series;
	struct map by_labels;
	struct arena labels;		/* packed */
	struct inverted inverted;

	uint32_t n_metrics, room_metrics, live_metrics;
	struct metric_entry *metrics;
	struct map metric_by_name;
	uint32_t n_order, room_order;
	uint32_t *order;		/* metrics by name */

	size_t loading;			/* bytes of the file that is being read */

	uint64_t created;
	uint64_t removed;
	struct index_log log;
};

/* ---- metric.c; with the write lock ---- */

struct metric_entry *metric_find(const struct index *index, const char *name, uint32_t size);	/* or NULL */
/* Of that name: there already, or made as untyped. NULL: out of memory. */
struct metric_entry *metric_assume(struct index *index, struct label name);
/* As a block says; does not log. 0, -EEXIST, -ENOMEM. */
int metric_restore(struct index *index, const struct metric *metric);
/* As the log says, which is right: whatever is known. 0 or -ENOMEM. */
int metric_replay(struct index *index, const struct metric *metric, bool assumed);
void metrics_fini(struct index *index);
/* Its series, behind what *out has; with the read lock, as the next. 0 or -ENOMEM. */
int metric_series(const struct index *index, const struct metric *metric, struct refs *out);
int refs_add_list(struct refs *refs, const struct postings *list);

/* ---- index.c; with the write lock, without logging ---- */

struct index *index_create(void);		/* empty, without a log; NULL: out of memory */
series_ref index_find_set(const struct index *index, const struct label_set *set);	/* 0: none */
/* Of labels that are in the inverted index. 0 or -ENOMEM: as before. */
int series_make(struct index *index, series_ref ref, const struct label_set *set);
/* 0 or -ENOMEM: it stays. */
int series_unmake(struct index *index, series_ref ref);

/* ---- frame.c ---- */

struct frame;
struct frame_writer;

/* Frames to *out, sealed for a file of this number. NULL: out of memory. */
struct frame_writer *frame_writer_create(const struct index *index, struct buf *out, uint64_t number);
void frame_writer_destroy(struct frame_writer *writer);
DEFINE_AUTO(frame_writer, frame_writer_destroy)
/* With the index's read lock. 0 or -ENOMEM. */
int frame_writer_metric(struct frame_writer *writer, const struct metric_entry *entry);
int frame_writer_series(struct frame_writer *writer, series_ref ref, const struct series *series);
int frame_writer_removed(struct frame_writer *writer, const series_ref *refs, uint32_t n);
int frame_writer_reserved(struct frame_writer *writer, series_ref ref, uint32_t n_series);
/* What has been given is a whole frame. Before anything else looks at *out. */
int frame_writer_end(struct frame_writer *writer);

/* What a frame says. 0; -EBADMSG: not all of it is sensible, the rest is taken; -ENOMEM. */
int index_replay_frame(struct index *index, const struct frame *frame);

/* ---- log.c ---- */

void index_log_init(struct index_log *log);
int index_log_open(struct index *index, const char *store_path, struct error *err);
void index_log_close(struct index_log *log);
/* Each puts something among what waits; with the write lock. 0 or -ENOMEM: not put. */
int index_log_metric(struct index_log *log, struct metric_entry *entry);
int index_log_series(struct index_log *log, series_ref ref);
int index_log_removed(struct index_log *log, series_ref ref);
void index_log_take_back(struct index_log *log);	/* the removal that was put last */

#endif

/* SPDX-License-Identifier: MIT */
/* index_state.h - the index from inside: what the index_*.c files share. */
#ifndef STORE_INDEX_STATE_H
#define STORE_INDEX_STATE_H

#include "store/index.h"
#include "store/inverted.h"
#include "util/map.h"

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
};

/*
 * The log: what waits to be written, and the file. `io` is held while writing,
 * `lock` for a moment; io first, and the index's own lock is never taken inside.
 */
struct index_log {
	char *dir;
	pthread_mutex_t io, lock;
	struct buf waiting;		/* frames; under `lock` */
	struct buf writing;		/* taken from `waiting`; under `io` */
	_Atomic uint64_t added, written;	/* frames */
	_Atomic bool unsynced;
	int fd;
	uint64_t number;		/* of the file; the seed of its checksums */
	_Atomic uint64_t bytes;
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
	struct arena labels;
	struct inverted inverted;

	uint32_t n_metrics, room_metrics, live_metrics;
	struct metric_entry *metrics;
	struct map metric_by_name;
	uint32_t n_order, room_order;
	uint32_t *order;		/* metrics by name */

	uint64_t created, removed;
	struct index_log log;
};

/* ---- index_metric.c; with the write lock ---- */

struct metric_entry *metric_find(const struct index *index, const char *name, uint32_t size);	/* or NULL */
/* Of that name: there already, or made as untyped. NULL: out of memory. */
struct metric_entry *metric_assume(struct index *index, struct label name);
/* As the log or a block says; does not log. 0, -EEXIST, -ENOMEM. */
int metric_restore(struct index *index, const struct metric *metric, bool assumed);
void metrics_fini(struct index *index);

/* ---- index.c; with the write lock, without logging ---- */

struct index *index_create(void);		/* empty, without a log; NULL: out of memory */
int series_make(struct index *index, series_ref ref, struct labels labels);
void series_unmake(struct index *index, series_ref ref);

/* ---- index_log.c ---- */

struct frame;

void index_log_init(struct index_log *log);
/* What a frame of the log says. 0; -EBADMSG: nothing sensible; -ENOMEM. */
int index_replay_frame(struct index *index, const struct frame *frame);
int index_log_open(struct index *index, const char *store_path, struct error *err);
void index_log_close(struct index_log *log);
/* Each puts one frame among those that wait. 0 or -ENOMEM: not put. */
int index_log_metric(struct index_log *log, const struct metric *metric, bool assumed);
int index_log_series(struct index_log *log, series_ref ref, struct labels labels);
int index_log_removed(struct index_log *log, series_ref ref);

#endif

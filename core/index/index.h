/* SPDX-License-Identifier: MIT */
/*
 * index.h - the series of a store by ref and by labels, which of them carry a
 * label, and what is known of metrics.
 *
 * All in memory, and in PATH/index as a snapshot and a log of what was added and
 * removed since it was begun. What could not be written (a full disk) waits and is
 * tried again before the WAL names a new series.
 *
 * Threads   Every function locks for itself but those that say they want the
 *           read lock. The read lock may be taken twice by one thread. Who holds
 *           it must not add or remove.
 */
#ifndef INDEX_INDEX_H
#define INDEX_INDEX_H

#include "model/matcher.h"
#include "index/series.h"

struct index;

/* A damaged file is set aside as NAME.damaged once what is sound has been taken from it. */
int index_open(const char *store_path, struct index **out, struct error *err);
void index_close(struct index *index);
DEFINE_AUTO(index, index_close)

void index_lock(struct index *index);		/* for reading */
void index_unlock(struct index *index);

/* With the read lock. NULL: no such series. */
struct series *index_series(const struct index *index, series_ref ref);
series_ref index_find(const struct index *index, struct labels labels);	/* 0: none */
/* The labels of a series, with the read lock: bytes in `names`, whose contents they replace. 0 or -ENOMEM. */
int index_labels(const struct index *index, const struct series *series, struct buf *names, struct labels *labels);

/* A list of refs; memory is the caller's. */
struct refs {
	uint32_t n, room;
	series_ref *ref;
};
void refs_fini(struct refs *refs);
int refs_add(struct refs *refs, series_ref ref);	/* 0 or -ENOMEM */

/* Those that match, rising; no matchers: all. 0 or -ENOMEM. */
int index_select(struct index *index, struct matcher *const *matchers, uint32_t n, struct refs *out);
/* Those of one metric are together, metrics in order of name. */
int index_select_by_metric(struct index *index, struct matcher *const *matchers, uint32_t n, struct refs *out);

struct index_limits {
	uint32_t series, series_per_metric;
};
/* Find or make. 0; -EDQUOT, -ENOSPC: over a limit (in that order); -EINVAL: no metric name; -ENOMEM. */
int index_add(struct index *index, struct labels labels, const struct index_limits *limits, series_ref *ref);
/* A series that a block names: there already, or made. -EEXIST: that ref or these labels belong to another. */
int index_restore(struct index *index, series_ref ref, struct labels labels, const struct metric *metric);
/* Refs up to this one are taken, whether or not a series is known for them. */
void index_reserve(struct index *index, series_ref ref);
/* It stays when memory is out. */
void index_remove(struct index *index, series_ref ref);

/* -EEXIST: known with another type, and has series. See store_metric(). */
int index_metric(struct index *index, const struct kymo_metric *metric, struct error *err);
/* See store_metric_hint(). 0, -EEXIST, -ENOMEM. */
int index_metric_hint(struct index *index, const struct kymo_metric *metric);
/* The kind of a metric's series; false: there is no such metric. */
bool index_metric_kind(struct index *index, const char *name, uint32_t size, enum series_kind *kind);
/* Every metric with a live series, by name, and its series. With the read lock. */
int index_each_metric(struct index *index,
		      int (*each)(void *data, struct metric_box *box, const series_ref *refs, uint32_t n), void *data);
struct metric_box *metric_hold(struct metric_box *box);
void metric_release(struct metric_box *box);

/* What waits goes to the kernel; to the disk. Cheap when there is nothing. 0 or a negative errno. */
int index_write(struct index *index);
int index_sync(struct index *index);
/* Write a snapshot if the log has become long. Everything else goes on meanwhile. `saved`: bytes. */
int index_compact(struct index *index, uint64_t *saved, struct error *err);

struct index_stats {
	uint32_t series, metrics;
	uint64_t created, removed, bytes, quarantined;
};
void index_stats(struct index *index, struct index_stats *stats);

/* Memory by what it is for. Walks over all labels. */
struct index_memory {
	uint64_t series, packed, by_labels;	/* structs; labels as numbers; the map from labels */
	uint64_t postings, labels, texts;	/* lists of series; labels with their map and order; names and values */
};
void index_memory(struct index *index, struct index_memory *memory);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * store.h - the embedded time-series store: the one way in, and what there is.
 *
 *	append ─▶ WAL ─▶ head ─▶ raw blocks        (flush)
 *	                  └▶ 1m ─▶ 5m ─▶ 1h        (windows close; tier blocks)
 *
 * Reading is select.h; which tier answers what is plan.h.
 *
 * Threads   Any thread may call anything but open and close. Appends to the
 *           store are ordered among themselves; readers never block them.
 * Folders   PATH/{wal,raw,1m,5m,1h,index}/, PATH/manifest (which blocks there are),
 *           PATH/deleted (what is hidden from them), PATH/lock, which holds the pid.
 * Durable   when store_append returns, the samples are in the kernel; on disk
 *           within `sync`, or before it returns if `strict`.
 * Full disk An append that cannot be logged is still kept in the head and
 *           visible; it gives -ENOSPC once a call, is counted, and the WAL goes
 *           on by itself when there is room.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "model/labels.h"
#include "model/metric.h"
#include "model/matcher.h"
#include "model/sample.h"
#include "model/policy.h"
#include "model/tier.h"
#include "model/window.h"
#include "util/clock.h"
#include "util/error.h"

struct store;

struct store_options {
	const char *path;		/* made when it is not there */
	kymo_ms retention[TIERS];	/* FOREVER: kept */
	uint64_t size;			/* bytes of all files; over it the oldest blocks go; 0: no limit */
	kymo_ms out_of_order;		/* how late against the series' newest sample; FOREVER: any */
	kymo_ms cleanup, sync, flush;	/* how often: expire; fdatasync; head to blocks */
	bool strict;
	uint32_t series, series_per_metric;	/* limits */
	uint32_t n_policies;
	const struct policy *policies;	/* copied */
	const struct clock *clock;	/* NULL: clock_system */
	bool manual;			/* no thread of its own: the owner calls store_maintain (tests) */
};

/* Presets for everything but path. */
struct store_options store_options_preset(const char *path);

/* Replays the WAL. Held by another process: -EBUSY, with its pid in the message. */
int store_open(const struct store_options *options, struct store **out, struct error *err);
/* Syncs; everything is there after the next open. NULL is fine. */
void store_close(struct store *store);
DEFINE_AUTO(store, store_close)
/* Reload: all but path, clock and manual. A shorter retention takes effect at the next cleanup. */
void store_configure(struct store *store, const struct store_options *options);
const char *store_path(const struct store *store);

/*
 * Make a metric known. The same again is cheap; another unit, help, flags or
 * labels replace the old; another type is -EEXIST. Kept over restarts.
 */
int store_metric(struct store *store, const struct kymo_metric *metric, struct error *err);
/* The same from somebody outside: what store_metric was told since the start stands. 0, -EEXIST, -ENOMEM. */
int store_metric_hint(struct store *store, const struct kymo_metric *metric);
/* The kind of a metric's series; false: there is no such metric. */
bool store_metric_kind(struct store *store, const char *name, uint32_t size, enum series_kind *kind);

/*
 * Find or create a series. A metric that was never made known is untyped.
 * 0; -EPERM: a policy drops the metric; -EDQUOT: over `series`; -ENOSPC: over `series_per_metric`; -ENOMEM; or an
 * error of the disk. The labels have been checked by the caller (labels_check).
 */
int store_series(struct store *store, struct labels labels, series_ref *ref);
/* Samples that did not come to store_append because of -EPERM: they are counted with the dropped. */
void store_count_dropped(struct store *store, uint32_t n);

/*
 * What a collector knows of the values that it will hand over: they are integers by
 * 10^decimals (1..15). Its samples are then kept in that unit from the first on. Only
 * a hint: values that are none, or need more, are stored as exactly.
 */
void store_hint_decimals(struct store *store, series_ref ref, uint8_t decimals);

/* A sample of a histogram metric: a window of observations. */
struct store_distribution {
	series_ref ref;
	kymo_ms at;			/* its time, as a sample */
	const struct window *window;
};

struct store_batch {
	uint32_t n;			/* samples */
	const series_ref *refs;
	const double *values;
	kymo_ms at;			/* of all of them, when times is NULL */
	const kymo_ms *times;
	uint32_t n_distributions;
	const struct store_distribution *distributions;
};

enum refusal { REFUSED_LATE, REFUSED_CONFLICT /* known time, other value */, REFUSED_UNKNOWN /* no such series */, REFUSALS };

struct store_appended {
	uint32_t stored, repeated /* the same sample again: fine */, refused[REFUSALS];
	uint32_t dropped, thinned;	/* a policy does not want the metric, or not so many of its samples */
};

/*
 * The whole batch is one write to the WAL. Its samples are taken in order of their
 * time; refused ones are counted alone, the rest is stored. What comes together,
 * again and again, is kept together (head/group.h), whatever the order in a batch; a
 * batch in the same order each time is the cheapest. 0; -ENOSPC, -EIO: visible, but
 * not logged. *done may be NULL.
 */
int store_append(struct store *store, const struct store_batch *batch, struct store_appended *done);
/*
 * Is all that was stored in the log or in blocks? If not (the disk was full), a
 * flush is asked for. For who is sent a sample again after such an error.
 */
bool store_logged(struct store *store);

/*
 * For who keeps answers: how often something has changed at or before the times that
 * store_watch_past() was told of (the latest counts): a sample that came late, or
 * whose clock is slow, a deletion, another configuration. It has risen before the
 * call that changed it returns. Reading it before what is kept is read, and once it
 * is to be used, tells whether it still holds. Any thread.
 */
void store_watch_past(struct store *store, kymo_ms until);
uint64_t store_past_changes(const struct store *store);

/* One series as it stands. Strings are valid inside the call that gives it. */
struct series_view {
	series_ref ref;
	struct labels labels;
	const struct metric *metric;	/* type, unit, help; never NULL */
	enum series_kind kind;
	kymo_ms first_at, last_at;	/* oldest and newest sample that is kept, in any tier; INT64_MIN: none.
					   first_at is a bound where something was deleted */
	double last;			/* value at last_at, may be the staleness mark; distribution: its mean */
};

/*
 * Every live series that matches (no matchers: all), in order of metric name;
 * stops when `each` gives non-zero, and gives that.
 */
int store_each_series(struct store *store, struct matcher *const *matchers, uint32_t n,
		      int (*each)(void *data, const struct series_view *view), void *data);
/*
 * The labels of every live series that matches and may have something in [start, end],
 * metric by metric. Cheaper than store_each_series: nobody looks for values. Stops when
 * non-zero, and gives that; texts are valid inside the call.
 */
int store_each_labels(struct store *store, struct matcher *const *matchers, uint32_t n, kymo_ms start, kymo_ms end,
		      int (*each)(void *data, series_ref ref, struct labels labels), void *data);
/* The names of labels that live series have, in no order; the values of one, by their bytes. No text is NUL-ended. Short: who makes a series waits. */
int store_each_label_name(struct store *store, int (*each)(void *data, const char *text, uint32_t n), void *data);
int store_each_label_value(struct store *store, const char *name, int (*each)(void *data, const char *text, uint32_t n), void *data);
/* Every label that live series have, those of a name together, and how many have it. The same rules. */
int store_each_label(struct store *store, int (*each)(void *data, const struct label *label, uint32_t n_series), void *data);
/* Every metric with a live series, by name. */
int store_each_metric(struct store *store, int (*each)(void *data, const struct metric *metric, uint32_t n_series,
						       kymo_ms first_at, kymo_ms last_at), void *data);

/*
 * Delete what the series that match have in (start, end]: at once for every reader
 * that is opened from now on, and for good when it returns; the space comes back
 * when blocks are merged. What is stored later counts again, at the same times too.
 * Of the tiers windows go that lie in the range; those in which it begins or ends
 * are computed again where raw is there for them, else they stay whole. Series
 * without anything left go. *series: how many had something. 0; -EINVAL: no
 * matcher, or an empty range; or an error of the disk: nothing is deleted.
 */
int store_delete(struct store *store, struct matcher *const *matchers, uint32_t n, kymo_ms start, kymo_ms end, uint32_t *series,
		 struct error *err);

/* What a metric takes on disk by itself: tables, names and times that series share are not in it. */
struct store_metric_size {
	const struct metric *metric;
	uint32_t series;		/* live */
	uint64_t bytes[TIERS], samples[TIERS];	/* samples or records */
};
/*
 * Every metric with a live series, by name. Reads the table of every block, so it
 * is for people who ask, not for every second. Stops when non-zero, and gives that.
 */
int store_each_metric_size(struct store *store, int (*each)(void *data, const struct store_metric_size *size), void *data);

/*
 * The metrics that took most on disk when the blocks last changed, the largest first: nothing is read for it. A second or
 * so after a flush they are known anew. The name is valid inside the call, in which the store must not be asked for
 * this again; stops when non-zero, and gives that. Bytes as above, of metrics with a live series.
 */
#define STORE_LARGEST 50
struct store_large {
	const char *name;
	uint64_t bytes[TIERS];
};
int store_each_largest(struct store *store, int (*each)(void *data, const struct store_large *large), void *data);

/* Where data is: what can be asked of a tier. oldest > newest: it has nothing. */
struct store_coverage {
	struct {
		kymo_ms oldest, newest;	/* times of samples; tiers: the end of the oldest and newest closed window */
		kymo_ms horizon;	/* now - retention: older is (about to be) gone; INT64_MIN: forever */
	} tier[TIERS];
};
void store_coverage(struct store *store, struct store_coverage *coverage);
/*
 * The same for what those matchers select: where they name metrics, the horizons are
 * those of their policies, the latest of each tier; else those of everything.
 */
void store_coverage_of(struct store *store, struct matcher *const *matchers, uint32_t n, struct store_coverage *coverage);

/* Work that is done in the background anyway, at once. Bits of `what`; 0: all. */
enum maintenance { MAINTAIN_FLUSH = 1, MAINTAIN_CLOSE = 2, MAINTAIN_MERGE = 4, MAINTAIN_EXPIRE = 8, MAINTAIN_SYNC = 16 };
struct store_maintained {
	uint64_t flushed_samples, closed_windows, recomputed_windows;
	uint32_t blocks_written, blocks_merged, blocks_expired, series_expired, wal_removed;
	uint64_t bytes_written, bytes_freed;
	kymo_ms took;
};
int store_maintain(struct store *store, unsigned what, struct store_maintained *done, struct error *err);

/*
 * The store as it is now, under another path that does not exist yet, on the same
 * file system: blocks as hard links, the log and the index as copies. Goes on
 * beside everything else; who appends waits only while the log is copied. All that
 * was appended before the call is in it, and it is opened like any store. 0;
 * -EEXIST, -EXDEV, or an error of the disk, and then nothing is left there.
 */
int store_backup(struct store *store, const char *path, struct error *err);

/*
 * Be told of windows as they close, and again when a late sample changed one: for
 * sinks that take tiers. Called by the thread that does maintenance (downsample.c),
 * without any lock of the store held; the records are valid inside the call. Set
 * once, before the first append; NULL: nobody. When it returns, the one before is
 * called no more. The callback must not ask for maintenance.
 */
struct store_closed {
	series_ref ref;
	struct labels labels;
	const struct metric *metric;
	const struct window *window;
};
void store_watch(struct store *store,
		 void (*closed)(void *data, enum kymo_tier tier, const struct store_closed *records, uint32_t n),
		 void *data);

/* Work of one kind, done in the background or asked for: how often, and how long it took. */
struct store_work {
	uint64_t times;
	int64_t last_ns, total_ns;
};

struct store_stats {
	struct {
		uint64_t bytes, samples;	/* on disk; samples or records */
		uint32_t files;
		kymo_ms oldest, newest;
	} tier[TIERS];
	uint64_t wal_bytes, index_bytes;
	uint32_t wal_files;
	uint64_t head_samples;			/* in no block yet */
	uint64_t head_bytes, head_spilled;	/* of memory, and of a file, that they take */
	uint32_t series, metrics;		/* live */
	uint64_t series_created, series_expired;
	uint64_t appended, repeated, refused[REFUSALS], dropped, thinned, unlogged;
	uint64_t late;				/* stored out of order */
	uint64_t quarantined;			/* damaged parts set aside */
	uint64_t write_errors, read_errors;
	uint64_t windows_closed, windows_recomputed;
	struct store_work flush, merge;		/* that wrote blocks; that merged some */
	kymo_ms opened_at, last_flush, last_cleanup;	/* INT64_MIN: not yet */
};
void store_stats(struct store *store, struct store_stats *stats);

#endif

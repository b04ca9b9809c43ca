/* SPDX-License-Identifier: MIT */
/*
 * wal.h - the log that makes the head survive a crash.
 *
 * Segments PATH/wal/<sequence>.wal are preallocated and written one record an
 * append. A segment goes when all it holds is in blocks. Not thread-safe but for
 * wal_sync: the store's append lock guards it.
 */
#ifndef STORE_WAL_H
#define STORE_WAL_H

#include "store/store.h"
#include "util/buf.h"

struct wal;

/* What a record holds; also what replay gives back. Everything points into the record. */
struct wal_distribution {
	series_ref ref;
	kymo_ms at;
	double mean;
	const uint8_t *data;		/* one record of records_encode */
	uint32_t size;
};
struct wal_batch {
	uint32_t n;
	const series_ref *refs;
	const kymo_ms *times;		/* NULL: all at `at` */
	kymo_ms at;
	const double *values;
	uint32_t n_distributions;
	const struct wal_distribution *distributions;
};

struct wal_replayed {
	uint64_t records, samples;
	uint32_t segments;
	uint64_t torn;			/* bytes dropped from the end of the last segment */
	uint32_t damaged;		/* parts skipped elsewhere; their segments are kept aside */
	uint64_t last_segment;
};

/*
 * Give every sound record after segment `done` to `each`, in order, then begin a
 * new segment. Segments up to `done` are removed. `each` gives 0 or a negative
 * errno that ends it.
 */
int wal_open(const char *store_path, uint64_t done, int (*each)(void *data, const struct wal_batch *batch), void *data,
	     struct wal_replayed *replayed, struct wal **out, struct error *err);
void wal_close(struct wal *wal);

/* In the kernel when it returns. 0; -ENOSPC, -EIO, ...: nothing of it is logged, the next one tries again; -ENOMEM. */
int wal_append(struct wal *wal, const struct wal_batch *batch);
/* On the disk, from any thread: several that wait share one call. */
int wal_sync_now(struct wal *wal);

/* End the segment; the number of the last one that holds what was appended so far. 0 or a negative errno: not cut. */
int wal_cut(struct wal *wal, uint64_t *segment);
/* All up to this one is in blocks. Gives how many files went. */
uint32_t wal_remove(struct wal *wal, uint64_t segment, uint64_t *bytes);

struct wal_stats {
	uint64_t bytes;
	uint32_t files;
};
void wal_stats(const struct wal *wal, struct wal_stats *stats);

#endif

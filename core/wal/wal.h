/* SPDX-License-Identifier: MIT */
/*
 * wal.h - the log that makes the head survive a crash.
 *
 * Segments PATH/wal/<sequence>.wal, filled with zeros before they are used, so
 * that a sync has nothing but data to write. A segment is understood without any
 * other. It goes when all it holds is in blocks, or is used again as a new one; one
 * in which damage was found is kept beside as NAME.damaged.
 *
 * Threads   The store's append lock guards it; wal_sync and wal_sync_to from any thread.
 */
#ifndef WAL_WAL_H
#define WAL_WAL_H

#include "wal/record.h"
#include "util/error.h"

#define WAL_SEGMENT (4u << 20)		/* bytes, preallocated; a new one is begun behind them */
#define WAL_SPARES 2			/* old segments that are kept to be used again */

struct wal;

struct wal_replayed {
	uint64_t records, segments;
	uint64_t torn;			/* bytes dropped from the end of the last segment */
	uint64_t damaged;		/* parts skipped elsewhere */
};

/*
 * Give every sound record after segment `done` to `each`, in order; remove the
 * segments up to `done`. 0, what `each` gave, or an error of the disk; -ENOTSUP:
 * written by a newer kymo.
 */
int wal_open(const char *store_path, uint64_t done, wal_each *each, void *data, struct wal_replayed *replayed,
	     struct wal **out, struct error *err);
void wal_close(struct wal *wal);	/* syncs; NULL is fine */

/*
 * An append: begin, add parts (tier/record.h) to the two buffers, end. Begin makes
 * the segment; after an error nothing is to be added, and the next append tries anew.
 */
int wal_begin(struct wal *wal);
struct buf *wal_rows(struct wal *wal);		/* for groups and their rows */
struct buf *wal_samples(struct wal *wal);	/* for the rest */
/* What was stated of groups since this mark was another is not there: state it again. Never 0. */
uint64_t wal_mark(const struct wal *wal);
uint64_t wal_segment(const struct wal *wal);	/* what is added goes there */
uint32_t wal_next_group(struct wal *wal);	/* the number of one that is stated in this segment for the first time */
/* So many bytes stated groups: a segment with many of them is longer, or there would be nothing else in it. */
void wal_stated(struct wal *wal, size_t bytes);
/*
 * In the kernel when it returns. 0; -ENOMEM; or an error of the disk: nothing of
 * the append is logged then. *position is for wal_sync_to.
 */
int wal_end(struct wal *wal, uint64_t *position);
void wal_abandon(struct wal *wal);		/* instead of the end: nothing of it is logged */
/* All of that for samples alone. */
int wal_append(struct wal *wal, const struct wal_batch *batch, uint64_t *position);
/* What was appended up to there on the disk; threads that wait share a call. 0, or an errno: perhaps it never will be. */
int wal_sync_to(struct wal *wal, uint64_t position);
/* All that was appended; an error also tells, once, that earlier appends failed as their segment ended. */
int wal_sync(struct wal *wal);

/* End the segment. Gives the number of the last one that holds what was appended so far. */
uint64_t wal_cut(struct wal *wal);
/* All up to this one is in blocks: how many files, and bytes, went. One that cannot be removed is tried again the next time. */
uint32_t wal_remove(struct wal *wal, uint64_t segment, uint64_t *bytes);

/* The segments that are there now will not be deleted, but kept as NAME.damaged. */
void wal_keep_aside(struct wal *wal);

struct wal_stats {
	uint64_t bytes;
	uint32_t files;
};
void wal_stats(const struct wal *wal, struct wal_stats *stats);

/*
 * The bytes of one segment. *sound: how many of them, from its begin, hold sound
 * records; they should end, or zeros follow. 0, what `each` gave, -ENOMEM or -ENOTSUP.
 */
int wal_replay_segment(const uint8_t *data, size_t size, uint64_t sequence, wal_each *each, void *each_data,
		       struct wal_replayed *replayed, size_t *sound);

#endif

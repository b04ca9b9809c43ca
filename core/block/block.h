/* SPDX-License-Identifier: MIT */
/*
 * block.h - an immutable file of chunks of one tier: written once, to a
 * temporary name, synced, renamed; then only read, merged into another, expired.
 *
 *	header | frames of chunks | times | table of series | directory | names | footer
 *
 * Neighbouring series, in order of ref, make a group of 16. Their first chunks
 * stand together in a frame, then their second ones: frames are packed with zstd
 * where that pays. Times that several series share stand once for all of them. A
 * series of one value has no chunks: its value is in the table.
 *
 * Whatever is read is checked before it is used. An open block keeps the
 * directory in memory, a few bytes for 16 series; the table, times and frames are
 * read when they are wanted and then kept for a while (files.h). The file
 * explains itself: labels and metrics of its series are in it. docs/format.md
 * gives it byte by byte. File name: PATH/<tier>/<start>-<end>-<sequence>.kyb; of
 * overlapping blocks the one with the higher sequence wins, record by record or
 * sample by sample.
 *
 * Threads   Any thread may read and count references. A writer has one thread.
 */
#ifndef BLOCK_BLOCK_H
#define BLOCK_BLOCK_H

#include "codec/values.h"
#include "model/labels.h"
#include "model/metric.h"
#include "model/tier.h"
#include "model/window.h"
#include "block/files.h"
#include "util/error.h"

struct block;				/* reference-counted */

/* -EBADMSG: damaged, with the reason. */
int block_open(struct block_files *files, const char *path, struct block **out, struct error *err);
struct block *block_ref(struct block *block);
void block_unref(struct block *block);	/* the last one closes, and removes the file if doomed */
/* When nobody reads it any more, remove the file; one in which damage was met is kept as NAME.damaged instead. */
void block_doom(struct block *block);
void block_keep(struct block *block);	/* as if damage was met */

enum kymo_tier block_tier(const struct block *block);
kymo_ms block_start(const struct block *block);		/* (start, end] of all entries */
kymo_ms block_end(const struct block *block);
uint64_t block_sequence(const struct block *block);
uint64_t block_bytes(const struct block *block);
uint64_t block_entries(const struct block *block);
const char *block_path(const struct block *block);
uint32_t block_count(const struct block *block);	/* of series */
/* The highest WAL segment whose samples are all in blocks, as far as this block knows; 0: knows of none. */
uint64_t block_wal(const struct block *block);
/* Sequences of the blocks that this one stands in for: where both are found, they are removed. */
uint32_t block_replaced(const struct block *block, const uint64_t **sequences);
/* Damage was met in it since it was opened: true once, so that it is counted and logged once. */
bool block_take_damage(struct block *block);
/*
 * It could not be read: the disk failed, or there was no descriptor. That is no
 * damage; such a block is not merged (block_unread) until block_try_again().
 * block_take_failure: the errno of the last time, once; 0: there was none since.
 */
bool block_unread(const struct block *block);
void block_try_again(struct block *block);
int block_take_failure(struct block *block);

/* ---- series: table.c, names.c ---- */

struct block_series {
	series_ref ref;
	uint32_t place;			/* in the block, from 0 */
	bool records;			/* else samples */
	uint32_t n_chunks;
	kymo_ms first, last;		/* times of the first and the last entry */
};

/* All series in order of ref. */
struct block_walk {
	struct block *block;
	uint32_t place, page;
	bool keeps;
	struct cached *held;
};
static inline struct block_walk block_walk(struct block *block) { return (struct block_walk){ .block = block, .keeps = true }; }
/* For who passes by once: what others have asked for stays in the cache, in place of what is read for this. */
static inline struct block_walk block_walk_past(struct block *block) { return (struct block_walk){ .block = block }; }
/* 1: *series; 0: the end; -EBADMSG, -EIO: some cannot be read, the next call goes on behind them; -ENOMEM. */
int block_walk_next(struct block_walk *walk, struct block_series *series);
void block_walk_end(struct block_walk *walk);

/* What it calls itself and its metric, valid as long as the block. 0; -EBADMSG: damaged; -EIO, -ENOMEM. */
int block_names(struct block *block, uint32_t place, struct labels *labels, const struct metric **metric);
/* Give back the memory of names, when nobody holds any. */
void block_forget_names(struct block *block);

/* ---- chunks: table.c, read.c ---- */

/* Bytes of the file, checked; packed if size is not raw. */
struct block_part {
	uint64_t at;
	uint32_t size, raw, checksum;
};

struct block_chunk {
	kymo_ms first, last;		/* times of the first and the last entry */
	uint32_t n;			/* entries */
	bool records;			/* else samples */
	bool one_value;			/* of samples: all are `value` */
	double value;
	uint32_t column;		/* of times that are shared, from 1; 0: they are with the chunk */
	uint32_t at, size;		/* in the frame; a chunk of one value may have none */
	struct block_part frame;
};

struct block_chunks {
	uint32_t n, room;
	struct block_chunk *chunk;
};
void block_chunks_fini(struct block_chunks *chunks);
/*
 * Those of a series that reach into (start, end], in order of time, appended.
 * *series may be NULL. 1; 0: it has no such series; -EBADMSG, -EIO: cannot be
 * read; -ENOMEM.
 */
int block_find(struct block *block, series_ref ref, kymo_ms start, kymo_ms end, struct block_chunks *chunks,
	       struct block_series *series);

/* The series alone. The same results. */
int block_find_series(struct block *block, series_ref ref, struct block_series *series);

/*
 * What one reader has read of a file and not used yet: so that frames behind one
 * another cost one read, and so do times. All zero at first; one thread at a time.
 */
struct block_ahead {
	uint64_t owner, at;
	struct buf bytes;
};
struct block_input {
	struct block_ahead frames, times;
};
void block_input_fini(struct block_input *input);
/* About to read these chunks, one after another: how far one read may go. */
uint64_t block_read_until(const struct block_chunk *chunk, uint32_t n);

/* Times that are shared are where they are; others are decoded into `own`. */
struct block_times {
	const kymo_ms *at;
	struct cached *held;		/* NULL: `at` is `own` */
};
/*
 * The samples of a chunk: times, room for n in `own`; values, room for n, or NULL.
 * block_times_end() when they have been used. 0; -EBADMSG: damaged; -EIO, -ENOMEM.
 */
int block_read_samples(struct block *block, const struct block_chunk *chunk, uint64_t until, struct block_input *input,
		       kymo_ms *own, struct block_times *times, double *values);
void block_times_end(struct block_times *times);
/* The whole chunk in numbers, with the times of the first and the last one that counts; no values are written. */
struct block_fold {
	struct values_fold values;
	kymo_ms first_at, last_at;
};
int block_read_fold(struct block *block, const struct block_chunk *chunk, uint64_t until, struct block_input *input,
		    struct block_fold *fold);
/* The bytes of a chunk of records, appended to *out. */
int block_read_records(struct block *block, const struct block_chunk *chunk, uint64_t until, struct block_input *input,
		       struct buf *out);

/* ---- write.c: series in rising order of ref, of each its entries in order of time ---- */

struct block_writer;

/* VALUES_SEAL: quickly. VALUES_COMPACT: as small as can be, for what is merged. */
int block_create(struct block_files *files, const char *store_path, enum kymo_tier tier, uint64_t sequence,
		 enum values_effort effort, struct block_writer **out, struct error *err);
int block_add_series(struct block_writer *writer, series_ref ref, struct labels labels, const struct metric *metric);
/* Samples, how many ever; how they are cut is the writer's business. */
int block_add_samples(struct block_writer *writer, const kymo_ms *at, const double *values, uint32_t n);
/* A chunk of records (tier/record.h). A series has samples or records. */
int block_add_records(struct block_writer *writer, kymo_ms first, kymo_ms last, uint32_t n, const void *data, uint32_t size);
/* This one stands in for `old`, which is removed when it is there: carries over block_wal() too. 0 or -ENOMEM. */
int block_replaces(struct block_writer *writer, const struct block *old);
void block_covers_wal(struct block_writer *writer, uint64_t segment);
/* Sync, rename, sync the folder, open. Without any entry: *out NULL and no file. */
int block_finish(struct block_writer *writer, struct block **out, struct error *err);	/* frees the writer */
void block_abandon(struct block_writer *writer);	/* removes what was written; NULL is fine */

#endif

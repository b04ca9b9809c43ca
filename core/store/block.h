/* SPDX-License-Identifier: MIT */
/*
 * block.h - an immutable file of chunks of one tier: written once, to a
 * temporary name, synced, renamed; then only read, merged into another, expired.
 *
 *	header | chunks | directory (refs, places of chunks) | names (labels, metrics) | footer
 *
 * Every section carries a checksum, and so does each chunk. Self-contained: the
 * labels of its series are in it. They are read when somebody asks for them, so
 * that an open block costs memory for the directory alone. docs/format.md gives
 * it byte by byte. File name: PATH/<tier>/<start>-<end>-<sequence>.kyb; of
 * overlapping blocks the one with the higher sequence wins, record by record or
 * sample by sample.
 *
 * Threads   Any thread may read and count references. A writer has one thread.
 */
#ifndef STORE_BLOCK_H
#define STORE_BLOCK_H

#include "model/labels.h"
#include "model/metric.h"
#include "model/tier.h"
#include "model/window.h"
#include "util/error.h"

enum chunk_form { CHUNK_SAMPLES, CHUNK_RECORDS };	/* chunk.h, record.h */

/* One chunk and where it is. */
struct block_chunk {
	kymo_ms first, last;		/* times of the first and the last entry */
	uint32_t n;			/* entries */
	uint32_t size;			/* bytes */
	uint32_t checksum;
	uint8_t form;			/* enum chunk_form */
	uint64_t offset;
};

struct block_series {
	series_ref ref;
	uint32_t n_chunks;
	const struct block_chunk *chunks;	/* in order of `first`, none begins before the last one ends */
};

static inline kymo_ms block_series_first(const struct block_series *series) { return series->chunks[0].first; }
static inline kymo_ms block_series_last(const struct block_series *series) { return series->chunks[series->n_chunks - 1].last; }

struct block;				/* reference-counted */

/* -EBADMSG: damaged, with the reason. */
int block_open(const char *path, struct block **out, struct error *err);
struct block *block_ref(struct block *block);
void block_unref(struct block *block);	/* the last one closes, and removes the file if doomed */
/* When nobody reads it any more, remove the file; one in which damage was met is kept as NAME.damaged instead. */
void block_doom(struct block *block);

enum kymo_tier block_tier(const struct block *block);
kymo_ms block_start(const struct block *block);		/* (start, end] of all entries */
kymo_ms block_end(const struct block *block);
uint64_t block_sequence(const struct block *block);
uint64_t block_bytes(const struct block *block);
uint64_t block_entries(const struct block *block);
const char *block_path(const struct block *block);
uint32_t block_count(const struct block *block);
/* In order of ref. */
const struct block_series *block_series_at(const struct block *block, uint32_t i);
const struct block_series *block_find(const struct block *block, series_ref ref);	/* or NULL */
/* What it calls itself and its metric, valid as long as the block. 0; -EBADMSG: damaged; -EIO, -ENOMEM. */
int block_names(struct block *block, const struct block_series *series, struct labels *labels, const struct metric **metric);
/* Give back the memory of names, when nobody holds any. */
void block_forget_names(struct block *block);
/* The bytes of a chunk, checked, appended to *out. 0; -EBADMSG: damaged; -EIO, -ENOMEM. */
int block_read(const struct block *block, const struct block_chunk *chunk, struct buf *out);

/* Damage was met in it since it was opened: true once, so that it is counted and logged once. */
bool block_take_damage(struct block *block);

/* The highest WAL segment whose samples are all in blocks, as far as this block knows; 0: knows of none. */
uint64_t block_wal(const struct block *block);
/* Sequences of the blocks that this one stands in for: where both are found, they are removed. */
uint32_t block_replaced(const struct block *block, const uint64_t **sequences);

/* block_write.c: series in rising order of ref, for each its chunks in order of time. */
struct block_writer;

int block_create(const char *store_path, enum kymo_tier tier, uint64_t sequence, struct block_writer **out, struct error *err);
int block_add_series(struct block_writer *writer, series_ref ref, struct labels labels, const struct metric *metric);
int block_add_chunk(struct block_writer *writer, enum chunk_form form, kymo_ms first, kymo_ms last, uint32_t n,
		    const void *data, uint32_t size);
/* This one stands in for `old`, which is removed when it is there: carries over block_wal() too. 0 or -ENOMEM. */
int block_replaces(struct block_writer *writer, const struct block *old);
void block_covers_wal(struct block_writer *writer, uint64_t segment);
uint64_t block_written(const struct block_writer *writer);	/* bytes so far */
/* Sync, rename, sync the folder, open. Without any chunk: *out NULL and no file. */
int block_finish(struct block_writer *writer, struct block **out, struct error *err);	/* frees the writer */
void block_abandon(struct block_writer *writer);	/* removes what was written; NULL is fine */

#endif

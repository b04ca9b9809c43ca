/* SPDX-License-Identifier: MIT */
/*
 * writer.h - a block that is being written, from inside.
 *
 *	write.c		the file: temporary name, sections, footer, its final name
 *	write_samples.c	samples are gathered and cut into chunks
 *	write_times.c	which times are shared
 *	write_group.c	16 series become frames and a part of the table
 *	write_names.c	labels and metrics
 */
#ifndef BLOCK_WRITER_H
#define BLOCK_WRITER_H

#include "block/block.h"
#include "block/format.h"
#include "util/map.h"

#include <zstd.h>

#define CHUNK_SAMPLES_USUAL 1024u	/* in a chunk, where nothing says where to cut */
#define CHUNK_SAMPLES_MOST 1536u
enum {
	FRAME_LEAST = 4096,		/* bytes before they are packed; of one that does not end its group */
	FRAME_MOST = 32768,		/* unless one chunk is larger */
	GROUP_BYTES = 1 << 22		/* a group that is larger ends before it has 16 series */
};

/* A chunk, until its group ends. */
struct made_chunk {
	kymo_ms first, last;
	uint32_t n;
	uint32_t times;			/* its times: which of writer->times */
	uint32_t size;			/* bytes in made_series.bytes, without times */
};

struct made_series {
	series_ref ref;
	bool records, one_value;
	uint64_t value_bits;
	struct buf chunks;		/* struct made_chunk */
	struct buf bytes;
};

/* Times of a chunk: of the group for now, or of several series: then they have a column in the file. */
struct made_times {
	kymo_ms first, last;
	uint64_t hash;
	uint32_t n, uses;
	uint32_t column;		/* from 1; 0: none yet */
	size_t at, size;		/* in writer->columns, or in writer->group_times if there is none */
};

/* Bytes that are written once and then called by number. */
struct made_words {
	uint32_t n;
	struct buf bytes, places;	/* places: where each stands in `bytes` */
	struct map by_bytes;
};

struct block_writer {
	struct block_files *files;
	enum values_effort effort;
	char *dir, *temporary;
	int fd;
	enum kymo_tier tier;
	uint64_t sequence, written, wal, entries;
	kymo_ms first, last;
	struct buf part;		/* of the file, not written yet */
	uint64_t *replaced;
	uint32_t n_replaced;
	ZSTD_CCtx *zstd;

	/* the series that takes entries, and what it has not put into a chunk yet */
	struct buf ref_names;
	struct values_hint hint;
	uint32_t n, guide;		/* samples; the chunk of the series before whose end is looked at */
	kymo_ms at[VALUES_MOST];
	double values[VALUES_MOST];

	/* the group */
	uint32_t n_group;
	struct made_series group[BLOCK_GROUP];
	struct buf guides;		/* made_chunks of the series before */
	struct buf raw;			/* chunks of a frame */
	struct buf frames;		/* as they stand in the table */
	uint32_t n_frames;

	/* times */
	uint32_t n_times, n_shared, n_columns;	/* those up to n_shared have a column */
	struct buf times;		/* struct made_times */
	struct map by_times;
	struct buf group_times, columns;	/* encoded */
	struct buf column_places;	/* of the directory */
	kymo_ms column_before;

	/* the table */
	uint32_t n_series, n_pages;
	struct buf page, pages, page_places;
	series_ref page_first, page_before, first_before;
	uint32_t page_series;
	uint64_t page_frames;		/* bytes of its frames */

	/* names */
	struct buf names;		/* of series */
	struct made_words metrics, symbols;
};

/* write.c */
/* Bytes to the file. */
int block_put(struct block_writer *writer, const void *data, size_t n);
/* zstd if that is smaller by a sixteenth, else as it is; appended to *out, its size in *size. 0 or -ENOMEM. */
int block_pack(struct block_writer *writer, const struct buf *from, bool try, struct buf *out, uint32_t *size);

/* write_samples.c: what is gathered becomes a chunk. */
int samples_end(struct block_writer *writer);

/* write_times.c */
/* Which times these are; they are used once more. 0 or -ENOMEM. */
int times_number(struct block_writer *writer, const kymo_ms *at, uint32_t n, uint32_t *number);
static inline struct made_times *times_at(const struct block_writer *writer, uint32_t number)
{
	return (struct made_times *)writer->times.data + number;
}
/* Those that several chunks have get a column; when the group has been written, the others are forgotten. */
int times_share(struct block_writer *writer);
int times_forget(struct block_writer *writer);

/* write_group.c */
struct made_series *group_series(struct block_writer *writer);	/* that takes entries; NULL: none */
int group_add_series(struct block_writer *writer, series_ref ref);
int group_add_chunk(struct block_writer *writer, kymo_ms first, kymo_ms last, uint32_t n, uint32_t times, uint32_t size);
/* The series that took entries has all; its names stay if it has any. */
int group_end_series(struct block_writer *writer);
/* What is left of group and page. */
int group_end_all(struct block_writer *writer);
void group_fini(struct block_writer *writer);

/* write_names.c */
int names_add_series(struct block_writer *writer, struct labels labels, const struct metric *metric);
void names_keep(struct block_writer *writer);			/* of the series that was added last */
int names_pack(struct block_writer *writer, struct buf *out, uint32_t *unpacked);
void names_fini(struct block_writer *writer);

#endif

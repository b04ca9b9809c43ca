/* SPDX-License-Identifier: MIT */
/* state.h - an open block from inside: what the files that read it share. */
#ifndef BLOCK_STATE_H
#define BLOCK_STATE_H

#include "block/block.h"
#include "util/thread.h"

/* A column of times that several chunks share. */
struct block_column {
	kymo_ms first, last;
	uint32_t n;
	struct block_part part;
};

/* A page of the table: some groups. */
struct block_page {
	series_ref first;		/* ref of its first series */
	uint32_t place, n;		/* its series */
	uint64_t frames;		/* where its frames begin; they end where those of the next page begin */
	struct block_part part;
};

struct block_section {
	uint64_t at, size;
	uint32_t unpacked, checksum;
};
enum { SECTION_TIMES, SECTION_TABLE, SECTION_DIRECTORY, SECTION_NAMES, SECTIONS };

struct block {
	_Atomic uint32_t holders;
	_Atomic bool doomed, damaged, damage_told, unread;
	_Atomic int failure;		/* errno of the last read that failed and is not told yet */
	char *path;
	struct block_files *files;
	uint64_t owner;			/* for `files` */
	enum kymo_tier tier;
	kymo_ms start, end;
	uint64_t sequence, bytes, entries, wal;
	uint32_t n_series, n_replaced;
	struct block_section section[SECTIONS];
	uint64_t *replaced;
	uint32_t n_columns, n_pages;
	struct block_column *columns;
	uint8_t *times;			/* the section, if it is small; unchecked */
	struct block_page *pages;

	pthread_mutex_t names_lock;
	struct block_name *names;	/* NULL: not asked for yet */
	struct buf labels;		/* of all of them */
	uint32_t n_metrics;
	struct metric **metrics;
};

/* Notes what a read gave, damage or a failure: 0, -EBADMSG, -EIO whatever the failure was, -ENOMEM. */
int block_noted(struct block *block, int r);
/* n bytes of the file, appended. */
int block_read_at(const struct block *block, uint64_t at, uint64_t n, struct buf *out);
/* The bytes of a section, checked, into *out. */
int block_read_section(const struct block *block, const struct block_section *section, struct buf *out);
/*
 * The bytes of a part, checked and unpacked, into `to` (room for part->raw). Up to
 * `until` is read at once and kept in *ahead, which may be NULL.
 */
int block_read_part(struct block *block, const struct block_part *part, uint64_t until, struct block_ahead *ahead, uint8_t *to);
/* Keeps the times in memory if they are few. */
int block_load_times(struct block *block);
/* Columns and pages, from the section. 0, -EBADMSG, -ENOMEM. */
int block_parse_directory(struct block *block, const struct buf *bytes);

#endif

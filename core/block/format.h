/* SPDX-License-Identifier: MIT */
/*
 * format.h - the fixed places of a block file; docs/format.md has all of it.
 *
 *	header	magic, version u32, tier u32, sequence u64, u32 0, checksum u32
 *	frames, times, table, directory, names: one behind another, without a gap
 *	footer	see footer_add() in write.c
 *	trailer	size of the footer u32, its checksum u32, magic
 */
#ifndef BLOCK_FORMAT_H
#define BLOCK_FORMAT_H

#define BLOCK_MAGIC "KYMO-BLK"
#define BLOCK_END "KYMO-END"
#define BLOCK_VERSION 1u
#define BLOCK_ENDING ".kyb"
enum {
	BLOCK_MAGIC_SIZE = 8,
	BLOCK_HEADER = 32,
	BLOCK_TRAILER = 16,
	BLOCK_SECTIONS = 4,		/* times, table, directory, names */
	BLOCK_SECTION = 24,		/* a place in the footer: offset u64, size u64, unpacked u32, checksum u32 */
	BLOCK_FOOTER = 40 + BLOCK_SECTIONS * BLOCK_SECTION,	/* without the replaced sequences */
	BLOCK_FOOTER_MOST = 1 << 20,
	BLOCK_GROUP = 16,		/* series in one */
	BLOCK_COLUMN_LEAST = 8,		/* bytes of a column, of a page in the directory */
	BLOCK_PAGE_LEAST = 9,
	BLOCK_PAGE_MOST = 1 << 28,	/* bytes of a page, of a frame, of a chunk */
	BLOCK_ENTRIES_MOST = 65536	/* in a chunk */
};
#define BLOCK_NAMES_MOST (1u << 31)	/* bytes of the names when they are unpacked */

/* A series in the table. */
enum {
	SERIES_RECORDS = 1,		/* its chunks are of records */
	SERIES_AS_BEFORE = 2,		/* its chunks have the times of the series before */
	SERIES_ONE_VALUE = 4,		/* all its samples have one value: no bytes of chunks */
	SERIES_FLAGS = 7
};

#endif

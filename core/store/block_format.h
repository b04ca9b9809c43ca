/* SPDX-License-Identifier: MIT */
/*
 * block_format.h - the fixed places of a block file; docs/format.md has all of it.
 *
 *	header   magic, version u32, tier u8, 3 zeros, sequence u64, 4 zeros, checksum u32
 *	chunks   one behind another, in the order of the directory
 *	directory, names
 *	footer   see footer_add() in block_write.c
 *	trailer  size of the footer u32, its checksum u32, magic
 */
#ifndef STORE_BLOCK_FORMAT_H
#define STORE_BLOCK_FORMAT_H

#define BLOCK_MAGIC "KYMO-BLK"
#define BLOCK_END "KYMO-END"
#define BLOCK_VERSION 1u
#define BLOCK_ENDING ".kyb"
enum {
	BLOCK_MAGIC_SIZE = 8,
	BLOCK_HEADER = 32,
	BLOCK_TRAILER = 16,
	BLOCK_FOOTER = 80,		/* without the replaced sequences */
	BLOCK_FOOTER_MOST = 1 << 20,
	BLOCK_CHUNK_LEAST = 9,		/* bytes of one in the directory */
	BLOCK_CHUNK_MOST = 1 << 28	/* bytes of a chunk */
};
#define BLOCK_NAMES_MOST (1u << 31)	/* bytes of the names when they are unpacked */

#endif

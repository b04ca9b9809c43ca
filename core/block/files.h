/* SPDX-License-Identifier: MIT */
/*
 * files.h - what the open blocks of a store share: a few descriptors, which
 * are opened when something is read and closed for others, so that there may be
 * more blocks than a process may have files open; the cache; contexts of zstd.
 *
 * Threads   Any. It must outlive its blocks.
 */
#ifndef BLOCK_FILES_H
#define BLOCK_FILES_H

#include "block/cache.h"
#include "util/buf.h"
#include "util/error.h"

#include <sys/types.h>

struct block_files;

struct block_files *block_files_create(void);		/* NULL: out of memory */
void block_files_destroy(struct block_files *files);	/* NULL is fine */
struct block_cache *block_files_cache(struct block_files *files);
uint64_t block_files_reads(const struct block_files *files);	/* preads so far */

/* A number for a block, never given twice. */
uint64_t block_files_owner(struct block_files *files);
/* n bytes, appended to *out. 0; -EBADMSG: the file is shorter; -ENOMEM, or what the disk says. */
int block_files_read(struct block_files *files, uint64_t owner, const char *path, uint64_t at, size_t n, struct buf *out);
int block_files_size(struct block_files *files, uint64_t owner, const char *path, uint64_t *size, struct error *err);
void block_files_forget(struct block_files *files, uint64_t owner);	/* closes */

/*
 * Does that zstd frame itself say that it unpacks to n bytes, and can a frame of its size? A block of zstd is at least 4
 * bytes and gives 128 KiB at most. Asked before there is memory for what somebody's file claims.
 */
bool block_files_unpacks_to(const uint8_t *data, size_t size, uint64_t n);
/* A zstd frame that unpacks to exactly that many bytes. 0, -EBADMSG, -ENOMEM. */
int block_files_unpack(struct block_files *files, const uint8_t *data, size_t size, uint8_t *to, size_t n);

#endif

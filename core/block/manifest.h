/* SPDX-License-Identifier: MIT */
/*
 * manifest.h - which blocks belong to a store, and which of those that may still be
 * found belong to it no more. PATH/manifest is written anew, under a temporary
 * name, before a block is taken in or let go. So a file that is lost is noticed,
 * and one that should have been removed when the process ended is not taken for
 * data. Without it, or when it is damaged, the folder says what there is.
 */
#ifndef BLOCK_MANIFEST_H
#define BLOCK_MANIFEST_H

#include "model/tier.h"
#include "util/buf.h"
#include "util/error.h"

struct manifest_block {
	enum kymo_tier tier;
	bool gone;			/* to be removed where it is found */
	uint64_t sequence;
	kymo_ms start, end;
};

struct manifest {
	uint32_t n, room;
	struct manifest_block *block;
};
void manifest_fini(struct manifest *manifest);
int manifest_add(struct manifest *manifest, const struct manifest_block *block);	/* 0 or -ENOMEM */
const struct manifest_block *manifest_find(const struct manifest *manifest, enum kymo_tier tier, uint64_t sequence);	/* or NULL */
/* Where the file of a block is, in malloc'ed memory. NULL: out of memory. */
char *manifest_path(const char *store_path, const struct manifest_block *block);

/* PATH/manifest. -ENOENT: there is none; -EBADMSG: damaged; -ENOTSUP: written by a newer kymo. */
int manifest_read(const char *store_path, struct manifest *manifest, struct error *err);
int manifest_write(const char *store_path, const struct manifest *manifest, struct error *err);
int manifest_encode(const struct manifest *manifest, struct buf *out);			/* 0, -E2BIG, -ENOMEM */
int manifest_decode(const void *data, size_t size, struct manifest *manifest);		/* 0, -EBADMSG, -ENOTSUP, -ENOMEM */

#endif

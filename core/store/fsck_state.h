/* SPDX-License-Identifier: MIT */
/* fsck_state.h - what the files of fsck share. */
#ifndef STORE_FSCK_STATE_H
#define STORE_FSCK_STATE_H

#include "store/fsck.h"
#include "store/state.h"

struct fsck {
	const struct fsck_request *request;
	struct fsck_counts *counts;
	struct buf series;		/* refs of series in blocks, again and again */
	struct index *index;		/* what its log says */
	struct deleted *deleted;
	struct manifest listed;
	struct block_files *files;
	char **damaged;			/* blocks with damage inside */
	uint32_t n_damaged, room_damaged;
	bool wal_damaged;
};

/* One finding; `format` says what, `lost` what is lost by it. */
void fsck_found(struct fsck *fsck, const char *file, uint64_t offset, const char *lost, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* fsck_block.c: all of a block. `name` is its path inside of the store. 0 or -ENOMEM. */
int fsck_block(struct fsck *fsck, const char *path, const char *name, enum kymo_tier tier);
/* fsck_listed.c: what the manifest has; then every block that is there; then what is not. 0 or an error that ends it all. */
int fsck_listed_read(struct fsck *fsck, struct error *err);
void fsck_listed_saw(struct fsck *fsck, const struct block *block);
int fsck_listed_check(struct fsck *fsck);
/* fsck_files.c: every file of the folder. 0 or an error that ends it all. */
int fsck_files(struct fsck *fsck, struct error *err);
/* fsck_compare.c: tiers with raw, in an open store; `mark`: what differs is computed again at the next flush. */
int fsck_compare(struct fsck *fsck, struct store *store, bool mark, struct error *err);

#endif

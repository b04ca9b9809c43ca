/* SPDX-License-Identifier: MIT */
/*
 * raw_part.h - the parts of which the raw samples of a series are made: chunks of
 * blocks and of a copy of the head, and one of them decoded.
 */
#ifndef STORE_RAW_PART_H
#define STORE_RAW_PART_H

#include "tier/record.h"
#include "tier/record_view.h"
#include "store/state.h"

struct raw_part {
	kymo_ms first, last;
	uint32_t n;			/* entries */
	uint64_t rank;			/* of two with the same time the higher one counts */
	struct block *block;		/* NULL: of the head */
	struct block_chunk chunk;
	uint64_t until;			/* up to there its file may be read at once */
	const struct head_part *copied;
};

struct raw_parts {
	struct store *store;
	bool records;			/* a distribution */
	bool plain;			/* nobody wants sketches */
	series_ref ref;
	const struct deleted *deleted;	/* what blocks are not to show */
	uint32_t n, room;
	struct raw_part *part;
	struct head_copy head;
	struct block_chunks found;	/* of one block */
	struct block_input input;
	struct buf bytes;		/* of the chunk of records that is being decoded */
	uint32_t blocks, chunks, quarantined, unread;	/* unread: of the quarantined, not damaged, but the disk failed */
};

void raw_parts_fini(struct raw_parts *parts);
/* What is in the copy of the head; what those blocks have of a series in (start, end]. 0 or -ENOMEM. */
int raw_parts_add_head(struct raw_parts *parts);
int raw_parts_add_blocks(struct raw_parts *parts, const struct block_list *list, series_ref ref, kymo_ms start, kymo_ms end);

/* Decoded entries, of which those before `at` are done with. */
struct raw_run {
	uint32_t n, at, room;
	uint64_t rank;
	const kymo_ms *times;		/* in `own`, or shared by several series */
	kymo_ms *own;
	struct block_times shared;
	double *values;			/* NULL for records */
	struct record *records;		/* NULL for samples */
};
void raw_run_fini(struct raw_run *run);
/* Into the memory of *run. 0; -EBADMSG: damaged, -EIO: cannot be read, both counted; -ENOMEM. */
int raw_part_decode(struct raw_parts *parts, const struct raw_part *part, struct raw_run *run);

/* Has nothing of it (a part of a block) been deleted? */
bool raw_part_is_whole(const struct raw_parts *parts, const struct raw_part *part);
/* All of such a part in numbers, no value is written. The same results. */
int raw_part_fold(struct raw_parts *parts, const struct raw_part *part, struct block_fold *fold);
/* Columns of a part of a block that is whole, and of records. The same results. */
int raw_part_view(struct raw_parts *parts, const struct raw_part *part, struct record_view *view, unsigned wants);

#endif

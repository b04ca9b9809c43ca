/* SPDX-License-Identifier: MIT */
/*
 * raw.h - the raw samples of one series in (start, end], in order of time, no
 * time twice, from blocks and head together. Staleness marks and NaN are among
 * them. A distribution comes as records.
 */
#ifndef STORE_RAW_H
#define STORE_RAW_H

#include "store/select.h"

struct block_fold;
struct block_list;
struct store_view;
struct raw_reader;

/*
 * `view`: what was there when it was opened (state.h); NULL: what is there now.
 * The view must outlive the reader. A series that is not (any more) gives an empty
 * reader. 0 or -ENOMEM.
 */
int raw_open(struct store *store, const struct store_view *view, series_ref ref, kymo_ms start, kymo_ms end,
	     struct raw_reader **out);
/*
 * What those lists have of a series: records of a tier, or, for a merge, entries of
 * some blocks. A block in both is read once more, to the same result.
 */
struct raw_blocks {
	const struct block_list *list[2];	/* NULL: none; outlive the reader */
	const struct deleted *deleted;		/* not shown; outlives the reader too */
	bool records;				/* else samples */
	bool plain;				/* records without their sketches */
};
int raw_open_blocks(struct store *store, const struct raw_blocks *from, series_ref ref, kymo_ms start, kymo_ms end,
		    struct raw_reader **out);
/* Of what the head has frozen alone: what a flush puts into blocks. */
int raw_open_frozen(struct store *store, series_ref ref, kymo_ms start, kymo_ms end, struct raw_reader **out);
/* 1: a piece, valid until the next call; 0: the end; -ENOMEM. Damaged chunks are left out and counted. */
int raw_next(struct raw_reader *reader, struct piece *piece);
/*
 * What is damaged is lost; what the disk does not give now may come another time.
 * For who makes something lasting of it: raw_next ends with -EIO where a part
 * cannot be read, and so before anything that is behind it.
 */
void raw_insist(struct raw_reader *reader);
/*
 * Is what comes next a whole chunk of a block, with nothing of the head or of other
 * blocks in between? Then its first and its last time, and raw_fold() takes all of
 * it without its values being written: 1, with how many samples it has; 0: it was
 * damaged, and left out; -ENOMEM.
 */
bool raw_whole(struct raw_reader *reader, kymo_ms *first, kymo_ms *last);
/* Pass over it. After raw_whole() said so. */
void raw_pass(struct raw_reader *reader);
int raw_fold(struct raw_reader *reader, struct block_fold *fold, uint32_t *n);
void raw_close(struct raw_reader *reader);
DEFINE_AUTO(raw_reader, raw_close)

struct raw_stats {
	uint32_t blocks, chunks, quarantined, unread;	/* unread: those of the quarantined that are not damaged */
};
void raw_stats(const struct raw_reader *reader, struct raw_stats *stats);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * head/head.h - the records of one tier that are in no block yet, by series.
 *
 * Records come one by one and stay so for a while; of every TIER_HEAD_TAIL the older
 * half is put together into a chunk of columns, which takes a fifth of the memory.
 * One that says the same as the one before, a window later, is counted. A record
 * for a window that has one already takes its place. Nothing here locks.
 */
#ifndef TIER_HEAD_H
#define TIER_HEAD_H

#include "model/labels.h"
#include "tier/record.h"
#include "util/map.h"

#define TIER_HEAD_TAIL 32

struct tier_head {
	struct map map;
	uint32_t n, room, free;
	uint32_t guess;			/* series are added to in the same order again and again */
	struct tier_series *series;
	uint64_t bytes;			/* of memory */
	kymo_ms oldest, newest;		/* ends of windows; oldest > newest: none */
};

void tier_head_init(struct tier_head *head);
void tier_head_fini(struct tier_head *head);
void tier_head_clear(struct tier_head *head);		/* gives the memory back */

/* 0 or -ENOMEM: as if nothing had been added. */
int tier_head_add(struct tier_head *head, series_ref ref, enum series_kind kind, const struct record *record);
/* Many of one series, rising; quick where they are not among those that came one by one. As above. */
int tier_head_add_many(struct tier_head *head, series_ref ref, enum series_kind kind, const struct record *records, uint32_t n);
bool tier_head_has(const struct tier_head *head, series_ref ref);
void tier_head_forget(struct tier_head *head, series_ref ref);

/* The refs of all series in it, rising, appended to *out (of series_ref). 0 or -ENOMEM. */
int tier_head_refs(const struct tier_head *head, struct buf *out);

/* A copy of the bytes of a series, for tier_head_records; none: empty. 0 or -ENOMEM. */
int tier_head_copy(const struct tier_head *head, series_ref ref, struct buf *out);

/* Records in order of time, no time twice. */
struct record_list {
	uint32_t n, room;
	struct record *record;
};
void record_list_fini(struct record_list *list);
struct record *record_list_next(struct record_list *list);	/* the one behind the last, to be used again or zero; NULL: out of memory */
/* What is in such a copy with an end in (start, end], added to the list. 0, -ENOMEM, -EBADMSG (cannot be). */
int tier_head_records(const struct buf *copy, kymo_ms start, kymo_ms end, struct record_list *out);
/* The same without a copy, for who may read the head. */
int tier_head_list(const struct tier_head *head, series_ref ref, kymo_ms start, kymo_ms end, struct record_list *out);

/* Is such a copy nothing but large chunks in order of time, up to `until`? */
bool tier_head_is_chunks(const struct buf *copy, kymo_ms until);
/* Then each of them, as record.h has them. 0, or as `each`. */
struct tier_chunk {
	kymo_ms first, last;
	uint32_t n;
	const uint8_t *data;
	size_t size;
};
int tier_head_chunks(const struct buf *copy, int (*each)(void *data, const struct tier_chunk *chunk), void *data);

#endif

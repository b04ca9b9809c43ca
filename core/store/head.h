/* SPDX-License-Identifier: MIT */
/*
 * head.h - the samples of a series that are in no block yet, compressed as they
 * come.
 *
 * In-order samples go to an open end: a run while value and step stay the same
 * (no memory at all), else a small buffer; full, it is sealed into a chunk. What
 * comes out of order stands in a list of its own. A flush freezes the data of a
 * series; later samples go to new data on top, and the frozen one is dropped when
 * it is in blocks. So a flush that fails leaves nothing to undo.
 *
 * Threads   One at a time appends (the store's append lock). Readers copy out
 *           under the stripe lock of the series. All hold the index's read lock.
 */
#ifndef STORE_HEAD_H
#define STORE_HEAD_H

#include "store/series.h"
#include "util/buf.h"
#include "util/thread.h"

#define HEAD_STRIPES 64
#define HEAD_OPEN 120			/* samples of the open end before they are sealed */
#define HEAD_OPEN_RECORDS 60		/* the same for distributions */

struct head {
	pthread_mutex_t stripe[HEAD_STRIPES];
	_Atomic uint64_t samples, bytes;
	_Atomic kymo_ms oldest, newest;	/* of what is in; oldest > newest: nothing */
};

void head_init(struct head *head);
void head_fini(struct head *head);	/* every series has been dropped */
static inline pthread_mutex_t *head_stripe(struct head *head, series_ref ref)
{
	return &head->stripe[ref % HEAD_STRIPES];
}

/* The usual case: 1: stored, being newer than all; 0: it is not, and nothing was done; -ENOMEM. */
int head_append_newer(struct head *head, series_ref ref, struct series *series, kymo_ms at, double value);
/* A sample at a time that the series has not. 0 or -ENOMEM: not stored. */
int head_append(struct head *head, series_ref ref, struct series *series, kymo_ms at, double value);
/*
 * A distribution: `data` is one record as records_encode writes it, `mean` what a
 * reader of plain values is shown.
 */
int head_append_record(struct head *head, series_ref ref, struct series *series, kymo_ms at, const void *data, uint32_t size,
		       double mean);

/* The newest sample of a series. */
struct head_last {
	kymo_ms at;			/* INT64_MIN: there is none */
	uint64_t bits;
	bool known;			/* `bits` are set */
};
struct head_last head_last(struct head *head, series_ref ref, const struct series *series);
kymo_ms head_first(struct head *head, series_ref ref, const struct series *series);	/* of the oldest; INT64_MIN: none */
/* What a block says of the newest sample; nothing changes if there has been a newer one since. */
void head_set_last(struct head *head, series_ref ref, struct series *series, kymo_ms newest, struct head_last last);
/* Something was deleted: this is the newest sample now, in blocks and head. With the append lock. */
void head_reset_last(struct head *head, series_ref ref, struct series *series, struct head_last last);
/*
 * Blocks have samples from `first` on (INT64_MAX: none): sets first_at of the
 * series. false: there is no sample at all any more.
 */
bool head_set_first(struct head *head, series_ref ref, struct series *series, kymo_ms first);

enum head_form {
	HEAD_CHUNK,			/* chunk.h */
	HEAD_RECORDS,			/* record.h */
	HEAD_PLAIN			/* struct head_sample */
};
struct head_sample {
	kymo_ms at;
	double value;
};

/* A copy of the parts of a series that reach into (start, end], in no order. */
struct head_part {
	kymo_ms first, last;
	uint32_t n, size;		/* entries, bytes */
	size_t offset;			/* in `bytes`, a multiple of 8 */
	enum head_form form;
};
struct head_copy {
	struct buf bytes;
	uint32_t n, room;
	struct head_part *parts;
};
/* 0 or -ENOMEM. `frozen`: nothing but what is frozen. *copy is zero to begin with. */
int head_copy(struct head *head, series_ref ref, const struct series *series, kymo_ms start, kymo_ms end, bool frozen,
	      struct head_copy *copy);
void head_copy_fini(struct head_copy *copy);

/* Later samples go on top. false: there is nothing. Else *first and *last are widened to what is frozen. */
bool head_freeze(struct head *head, series_ref ref, struct series *series, kymo_ms *first, kymo_ms *last);
/* What is frozen goes; how many samples that were. */
uint64_t head_drop_frozen(struct head *head, series_ref ref, struct series *series);
void head_drop(struct head *head, series_ref ref, struct series *series);	/* all of it */

#endif

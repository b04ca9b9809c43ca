/* SPDX-License-Identifier: MIT */
/*
 * head.h - the samples that are in no block yet, compressed as they come.
 *
 * Series that are sampled together are in groups (group.h). The rest, and what
 * comes out of order, has data of its own for each series: in-order samples go to
 * an open end, a run while value and step stay the same (no memory at all), else a
 * small buffer; full, it is sealed into a chunk. What comes out of order stands in
 * a list of its own.
 *
 * Sealed rows of groups leave memory for a file (spill.h) and are read from there.
 *
 * A flush freezes what is there; later samples go on top, and the frozen is dropped
 * when it is in blocks. So a flush that fails leaves nothing to undo.
 *
 * Threads   One at a time appends (the store's append lock). All that is in the
 *           head is read and changed under its lock, which is held for a row, or
 *           for a copy of one series. All hold the index's read lock.
 */
#ifndef HEAD_HEAD_H
#define HEAD_HEAD_H

#include "index/series.h"
#include "head/spill.h"
#include "util/buf.h"
#include "util/thread.h"

#define HEAD_OPEN 120			/* samples of the open end before they are sealed */
#define HEAD_OPEN_RECORDS 60		/* the same for distributions */

struct group;
struct index;
struct sealed;

#define TOUCHED_LISTS 2
struct touched {			/* touched.h */
	uint32_t n, room;
	series_ref *ref;
	bool lost;			/* there was no memory for one */
};

struct head {
	pthread_mutex_t lock;
	_Atomic uint64_t samples, bytes;	/* bytes: of memory */
	_Atomic uint64_t spilled;	/* bytes that are in the file of the spill instead */
	_Atomic kymo_ms oldest, newest;	/* of what is in; oldest > newest: nothing */
	struct index *index;		/* whose series these are; NULL: there will be no groups */
	uint32_t room_groups;
	struct group **groups;		/* by id; 0 is none */
	struct buf scratch;
	struct spill spill;
	uint32_t n_waiting, room_waiting;
	uint32_t *waiting;		/* groups with sealed rows that are to be spilled */
	struct touched touched[TOUCHED_LISTS];
};

void head_init(struct head *head);
void head_fini(struct head *head);	/* every series and group has been dropped */

/* With the lock: a sample of a series without a group, newer than all it has. 0 or -ENOMEM. */
int head_put_newer(struct head *head, struct series *series, kymo_ms at, double value);
/* A sample at a time that the series has not. 0 or -ENOMEM: not stored. */
int head_append(struct head *head, struct series *series, kymo_ms at, double value);
/*
 * A distribution: `data` is one record as records_encode writes it, `mean` what a
 * reader of plain values is shown.
 */
int head_append_record(struct head *head, struct series *series, kymo_ms at, const void *data, uint32_t size,
		       double mean);

/* The newest sample of a series. */
struct head_last {
	kymo_ms at;			/* INT64_MIN: there is none */
	uint64_t bits;
	bool known;			/* `bits` are set */
};
struct head_last head_last(struct head *head, const struct series *series);
struct head_last head_last_locked(const struct head *head, const struct series *series);
kymo_ms head_first(struct head *head, const struct series *series);	/* of the oldest; INT64_MIN: none */
/* What a block says of the newest sample; nothing changes if there has been a newer one since. */
void head_set_last(struct head *head, struct series *series, kymo_ms newest, struct head_last last);
/* The group of the series goes, to be made anew of those that come: what it knows of a newest sample is true no more. */
void head_leave_group(struct head *head, struct series *series);
/* Something was deleted: this is the newest sample now, in blocks and head. With the append lock, in no group. */
void head_reset_last(struct head *head, struct series *series, struct head_last last);
/*
 * Blocks have samples from `first` on (INT64_MAX: none): sets first_at of the
 * series. false: there is no sample at all any more.
 */
bool head_set_first(struct head *head, struct series *series, kymo_ms first);

enum head_form {
	HEAD_CHUNK,			/* chunk.h */
	HEAD_SEALED,			/* a member of sealed rows (rows.h) */
	HEAD_SPILLED,			/* the same in a file */
	HEAD_RECORDS,			/* tier/record.h */
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
	uint32_t slot;			/* HEAD_SEALED, HEAD_SPILLED: of which member; n is a bound then, as are first and last */
	struct sealed *sealed;
	struct spill_place place;
};
struct head_copy {
	struct buf bytes;
	uint32_t n, room;
	struct head_part *parts;
};
/* 0 or -ENOMEM. `frozen`: nothing but what is frozen. *copy is zero to begin with. */
int head_copy(struct head *head, const struct series *series, kymo_ms start, kymo_ms end, bool frozen,
	      struct head_copy *copy);
void head_copy_fini(struct head_copy *copy);
/* Has it samples of its own, in no group, that reach into (start, end]? With the lock. */
bool head_has_own(const struct series *series, kymo_ms start, kymo_ms end);
/* Used by group.c: one more part of the copy. */
int head_copy_sealed(struct head_copy *copy, struct sealed *sealed, uint32_t slot);
int head_copy_spilled(struct head_copy *copy, const struct spilled *spilled, uint32_t slot);
int head_copy_samples(struct head_copy *copy, const struct head_sample *samples, uint32_t n);
void head_widen(struct head *head, kymo_ms at);

/* Sealed rows of groups go to the file. With the append lock, which keeps who appends out, and without the head's. */
void head_spill(struct head *head);

/* Every group's rows, at once. 0; -ENOMEM: perhaps not all of them. Widens *first and *last. */
int head_freeze_groups(struct head *head, kymo_ms *first, kymo_ms *last);

/*
 * Later samples go on top. false: neither the series' own data nor a group has
 * anything frozen of it. *first and *last are widened to what is frozen of its own.
 */
bool head_freeze(struct head *head, struct series *series, kymo_ms *first, kymo_ms *last);
/* What is frozen is about to go: what stays will be told anew. */
void head_begin_drop(struct head *head);
uint64_t head_drop_frozen_groups(struct head *head);
void head_drop_groups(struct head *head);	/* all of them */
/* What is frozen of its own goes; how many samples that were. */
uint64_t head_drop_frozen(struct head *head, struct series *series);
void head_drop(struct head *head, struct series *series);	/* all of it */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * head.h - the samples of a series that are in no block yet, compressed as they
 * come.
 *
 * In-order samples go to an open end: a run while value and step stay the same
 * (no memory at all), else a small buffer; full, it is sealed into a chunk. What
 * comes out of order stands in a sorted list of its own. A flush freezes the
 * data of a series; later samples go to new data on top, and the frozen one is
 * dropped when it is in blocks. So a flush that fails leaves nothing to undo.
 *
 * Threads   One at a time appends (the store's append lock). Readers copy out
 *           under the stripe lock of the series.
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
void head_fini(struct head *head);
static inline pthread_mutex_t *head_lock(struct head *head, series_ref ref) { return &head->stripe[ref % HEAD_STRIPES]; }

enum head_result { HEAD_STORED, HEAD_LATE /* stored out of order */, HEAD_REPEATED, HEAD_CONFLICT };

/*
 * One sample; the caller has checked how old it is. Looks at what is in the head
 * alone: below `last_at`, see also head_find. enum head_result or -ENOMEM.
 */
int head_append(struct head *head, series_ref ref, struct series *series, kymo_ms at, double value);
/* A distribution: `data` is one record as records_encode writes it, `mean` what a plain reader is shown. */
int head_append_record(struct head *head, series_ref ref, struct series *series, kymo_ms at, const void *data, uint32_t size,
		       double mean);

/* A copy of the part of a series that lies in (start, end], for raw.c; chunks in no order. */
struct head_chunk {
	kymo_ms first, last;
	uint32_t n, size;
	size_t offset;			/* in `bytes` */
};
struct head_copy {
	struct buf bytes;
	uint32_t n, room;
	struct head_chunk *chunk;
};
int head_copy(struct head *head, series_ref ref, const struct series *series, kymo_ms start, kymo_ms end, struct head_copy *out);
void head_copy_fini(struct head_copy *copy);

/* Later samples go on top; a frozen series with data: true, and what its times span. */
bool head_freeze(struct head *head, series_ref ref, struct series *series, kymo_ms *first, kymo_ms *last);
void head_drop_frozen(struct head *head, series_ref ref, struct series *series);
void head_drop(struct head *head, series_ref ref, struct series *series);	/* all of it */

#endif

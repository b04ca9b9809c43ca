/* SPDX-License-Identifier: MIT */
/*
 * record_view.h - the columns of a chunk of records as arrays, for who reads few of
 * them and no sketches: no record is built, and a column that nobody asked for is
 * passed over. The same values to the bit as records_decode_plain() gives.
 */
#ifndef TIER_RECORD_VIEW_H
#define TIER_RECORD_VIEW_H

#include "tier/record.h"

enum record_want {
	RECORD_LAST = 1, RECORD_FIRST = 2, RECORD_MIN = 4, RECORD_MAX = 8, RECORD_SUM = 16, RECORD_CORRECTION = 32,
	RECORD_TIMES = 64		/* start, first_at, last_at */
};

enum { RECORD_VIEW_ENDED = 1 };		/* the only bit of its flags */

/* n entries each; NULL: not asked for. Valid until the next record_view_read(). */
struct record_view {
	uint32_t n;
	bool has_empty;			/* a count of 0 is among them */
	const kymo_ms *at, *start, *first_at, *last_at;
	const uint64_t *count;
	const uint8_t *flags;
	const double *last, *first, *min, *max, *sum, *correction;

	/* its own */
	uint32_t room;
	void *memory;
};

/*
 * Those bytes, which must hold n records, into a view that is zero or was used
 * before: at, count, flags, and what `wants` (enum record_want) says. 0, -EBADMSG,
 * -ENOMEM. Of damaged bytes that nobody looks at nothing is said.
 */
int record_view_read(struct record_view *view, const uint8_t *data, size_t size, uint32_t n, unsigned wants);
void record_view_fini(struct record_view *view);

#endif

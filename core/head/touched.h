/* SPDX-License-Identifier: MIT */
/*
 * touched.h - the series in no group that had samples lately, so that who looks for
 * new samples need not look at all series there are: groups tell that by themselves.
 *
 * A list for each of two spans of time. A series is in each once at most, and as
 * long as nobody finds that it has been quiet.
 */
#ifndef HEAD_TOUCHED_H
#define HEAD_TOUCHED_H

#include "head/head.h"

enum touched_list { TOUCHED_MINUTE, TOUCHED_HOUR };	/* bits of series->touched: 1 << list */

/* It has a new sample, or is in a group no more; with the head's lock, and without. Cheap when it is listed. */
void head_touch_locked(struct head *head, series_ref ref, struct series *series);
void head_touch(struct head *head, series_ref ref, struct series *series);

/*
 * A copy of a list, behind what is in *out (of series_ref). -ENODATA: there was no
 * memory for all of it, all series are to be looked at. 0 or -ENOMEM.
 */
int head_touched(struct head *head, enum touched_list list, struct buf *out);
/* Those that have nothing newer than `until`, or are in a group, leave the list. For one thread at a time. */
void head_touched_quiet(struct head *head, enum touched_list list, kymo_ms until);

#endif

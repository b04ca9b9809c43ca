/* SPDX-License-Identifier: MIT */
/*
 * record_single.h - one record as bytes by itself, quick to write and to read; in
 * memory only, so nothing is promised about the bytes but that they are exact.
 */
#ifndef TIER_RECORD_SINGLE_H
#define TIER_RECORD_SINGLE_H

#include "tier/record.h"

/* Failures stick in the buf. */
void record_put(const struct record *record, struct buf *out);
/* Into a record that is zero or reusable; `plain`: the sketch stays where it is, the reader stands before it. 0, -EBADMSG, -ENOMEM. */
int record_get(struct reader *in, bool plain, struct record *record);
/* All of `later` as in `record`, but `steps` widths later; neither has a sketch to be kept. */
bool record_repeats(const struct record *record, const struct record *later, uint32_t steps);
/* `record`, that many widths later. Has no sketch. */
void record_shift(const struct record *record, uint32_t steps, struct record *out);

#endif

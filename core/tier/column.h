/* SPDX-License-Identifier: MIT */
/*
 * column.h - columns of integers in a chunk of records. The reader knows how many
 * there are. Failures stick in the buf or the reader.
 */
#ifndef TIER_COLUMN_H
#define TIER_COLUMN_H

#include "util/buf.h"

/* Any integers, most often all the same or a line. */
void column_put_ints(const int64_t *v, uint32_t n, struct buf *out);
void column_get_ints(struct reader *in, int64_t *v, uint32_t n);
/* All are *v, and the reader goes behind them; false: they may differ, or it is bad, and the reader stays. */
bool column_get_constant(struct reader *in, int64_t *v);
void column_pass_ints(struct reader *in, uint32_t n);

/* Integers of at most 2^53 that do vary, by the codec; n may be 0. */
#define COLUMN_LARGEST (INT64_C(1) << 53)
void column_put_numbers(const int64_t *v, uint32_t n, struct buf *out);
void column_get_numbers(struct reader *in, int64_t *v, uint32_t n);
/* Doubles by the codec, n at least 1 and at most VALUES_MOST. */
void column_put_values(const double *v, uint32_t n, struct buf *out);
void column_get_values(struct reader *in, double *v, uint32_t n);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * column.h - one column of a chunk of records as bytes. The reader knows n.
 *
 * Exact: every double comes back with its bits. `near` is a column that both
 * sides know and whose values tend to be close (the max of a window to its min);
 * NULL: none. Failures stick in the buf or the reader.
 */
#ifndef STORE_COLUMN_H
#define STORE_COLUMN_H

#include "util/buf.h"

void column_put_ints(const int64_t *v, uint32_t n, struct buf *out);
void column_get_ints(struct reader *in, int64_t *v, uint32_t n);

void column_put_doubles(const double *v, const double *near, uint32_t n, struct buf *out);
void column_get_doubles(struct reader *in, const double *near, double *v, uint32_t n);

#endif

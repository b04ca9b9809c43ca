/* SPDX-License-Identifier: MIT */
/*
 * record.h - windows as bytes: a chunk of records of one series in order of
 * time, column by column. Used for tier chunks in blocks and in memory, for
 * distribution samples, and for the latter in the WAL.
 *
 * Exact: what goes in comes out with the same bits, once it is settled
 * (window_settle); what is not yet, is here. On a regular grid times cost nothing.
 * A constant window (window_is_constant) stores no sketch and is given back as
 * RECORD_CONSTANT. The bytes describe themselves: they can be read whatever kind
 * the series has become since.
 */
#ifndef TIER_RECORD_H
#define TIER_RECORD_H

#include "model/window.h"

/* One record beside its window: `at` is its time as a sample (distributions), else the window's end. */
struct record {
	kymo_ms at;
	struct window window;
};

#define RECORDS_MOST 2048	/* in one chunk; more is damage */
#define RECORDS_CHUNK 256	/* in a chunk of a tier block */

/* Append 1..RECORDS_MOST records (rising `at`) to *out. `kind` says what order of columns is likely to be small. 0 or -ENOMEM. */
int records_encode(const struct record *records, uint32_t n, enum series_kind kind, struct buf *out);
/*
 * The n records of those bytes into `records` (room for n, initialised to zero or
 * reusable; sketches get memory of their own). 0, -EBADMSG, -ENOMEM.
 */
int records_decode(const uint8_t *data, size_t size, enum series_kind kind, struct record *records, uint32_t n);
/* The same without sketches, for who wants none. */
int records_decode_plain(const uint8_t *data, size_t size, struct record *records, uint32_t n);
/* How many records those bytes hold, before anything is allocated; negative: -EBADMSG. */
int64_t records_count(const uint8_t *data, size_t size);
/* Free what `n` records own (their sketches). */
void records_fini(struct record *records, uint32_t n);
/* Is this window constant, so that it needs no sketch? */
bool record_is_constant(const struct window *window);

#endif

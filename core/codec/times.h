/* SPDX-License-Identifier: MIT */
/*
 * times.h - the times of a run of samples as bytes: one column for all series
 * that were sampled together. A perfect grid takes a few bytes however long it
 * is, jitter about its own size in bits.
 *
 * As in values.h the number of times is known from elsewhere, and bytes that
 * make no sense are -EBADMSG.
 */
#ifndef CODEC_TIMES_H
#define CODEC_TIMES_H

#include "util/buf.h"

#include <kymo/abi.h>

#define TIMES_MOST 2048		/* in a column; grids may be of any length */

/* Append n (1..TIMES_MOST) rising times to *out. 0 or -ENOMEM. */
int times_encode(const kymo_ms *at, uint32_t n, struct buf *out);
/* The same for n (at least 1) times that are `step` (at least 1) apart. */
int times_encode_grid(kymo_ms first, kymo_ms step, uint32_t n, struct buf *out);
/* The times into room for n. 0 or -EBADMSG: damaged, or they do not rise. */
int times_decode(const uint8_t *data, size_t size, kymo_ms *at, uint32_t n);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * chunk.h - a run of samples of one series as bytes, exact to the last bit of
 * every value: NaN payloads, -0, infinities and denormals too.
 */
#ifndef HEAD_CHUNK_H
#define HEAD_CHUNK_H

#include "util/buf.h"

#include <kymo/abi.h>

#define CHUNK_MOST 1024			/* samples that are encoded at a time */
#define CHUNK_LIMIT 65536		/* of a run; more is damage */

/* Append n (1..CHUNK_MOST) samples, times rising, to *out. 0 or -ENOMEM. */
int chunk_encode(const kymo_ms *at, const double *values, uint32_t n, struct buf *out);
/* The same for a run: n (1..CHUNK_LIMIT) samples of one value, `step` apart, in a few bytes. */
int chunk_encode_run(kymo_ms first, kymo_ms step, double value, uint32_t n, struct buf *out);
/* How many samples those bytes hold; negative: -EBADMSG. */
int64_t chunk_count(const uint8_t *data, size_t size);
/* All of them, into room for chunk_count. 0 or -EBADMSG: not a chunk, or times that do not rise. */
int chunk_decode(const uint8_t *data, size_t size, kymo_ms *at, double *values);

#endif

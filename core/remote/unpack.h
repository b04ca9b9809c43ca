/* SPDX-License-Identifier: MIT */
/*
 * unpack.h - bodies that came packed: a snappy block (no framing), as remote write has
 * it; gzip and zstd, as HTTP has them.
 */
#ifndef REMOTE_UNPACK_H
#define REMOTE_UNPACK_H

#include "util/buf.h"
#include "util/error.h"

/*
 * Into *out, in place of what it holds. The size that the block claims is looked at
 * before anything is allocated. 0; -EFBIG: over `most`; -EBADMSG; -ENOMEM.
 */
int unpack_snappy(const uint8_t *data, size_t n, uint64_t most, struct buf *out, struct error *err);

/* The way back: appended to *out. 0 or -ENOMEM. */
int pack_snappy(const uint8_t *data, size_t n, struct buf *out);

enum packing { PACKED_NOT, PACKED_GZIP, PACKED_ZSTD };

/* The same of gzip and zstd. They do not say how large they become, so *out grows, up to `most`. */
int unpack(enum packing packing, const uint8_t *data, size_t n, uint64_t most, struct buf *out, struct error *err);

#endif

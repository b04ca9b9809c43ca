/* SPDX-License-Identifier: MIT */
/* unpack.h - a snappy block (no framing), as remote write has it. */
#ifndef REMOTE_UNPACK_H
#define REMOTE_UNPACK_H

#include "util/buf.h"
#include "util/error.h"

/*
 * Into *out, in place of what it holds. The size that the block claims is looked at
 * before anything is allocated. 0; -EFBIG: over `most`; -EBADMSG; -ENOMEM.
 */
int unpack(const uint8_t *data, size_t n, uint64_t most, struct buf *out, struct error *err);

#endif

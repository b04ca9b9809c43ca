/* SPDX-License-Identifier: MIT */
/* unpack.c - see unpack.h. */
#include "remote/unpack.h"

#include <errno.h>
#include <snappy-c.h>

/* Each byte of a block gives at most so many: a copy of 64 bytes takes three, or two with an offset below 2 KiB and 11 bytes. */
#define RATIO_MOST 64

int unpack(const uint8_t *data, size_t n, uint64_t most, struct buf *out, struct error *err)
{
	size_t size = 0;

	buf_clear(out);
	if (snappy_uncompressed_length((const char *)data, n, &size) != SNAPPY_OK)
		return error_set(err, -EBADMSG, "the body is not a snappy block");
	if (size > most)
		return error_set(err, -EFBIG, "the body unpacks to %zu bytes, at most %llu are taken", size,
				 (unsigned long long)most);
	if (size / RATIO_MOST > n)
		return error_set(err, -EBADMSG, "the body claims to unpack from %zu to %zu bytes, which snappy cannot do", n, size);
	if (!buf_reserve(out, size + 1))
		return error_set(err, -ENOMEM, "out of memory");
	if (snappy_uncompress((const char *)data, n, (char *)out->data, &size) != SNAPPY_OK)
		return error_set(err, -EBADMSG, "the body is a damaged snappy block");
	out->len = size;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* chunk.c - how many, how long the column of times is, the times, the values: see codec/. */
#include "head/chunk.h"
#include "codec/bits.h"
#include "codec/times.h"
#include "codec/values.h"
#include "util/check.h"

#include <errno.h>

_Static_assert(CHUNK_MOST <= VALUES_MOST && CHUNK_MOST <= TIMES_MOST, "a chunk is two columns");

enum { VARINT_MOST = 10 };

/* The column that was added from `begin` on gets its length in front. */
static void put_length_before(struct buf *out, size_t begin)
{
	size_t size = out->len - begin;
	uint8_t length[VARINT_MOST];
	size_t more = (size_t)(put_varint(length, size) - length);

	if (!buf_reserve(out, more))
		return;
	memmove(out->data + begin + more, out->data + begin, size);
	memcpy(out->data + begin, length, more);
	out->len += more;
}

int chunk_encode(const kymo_ms *at, const double *values, uint32_t n, struct buf *out)
{
	size_t begin;

	CHECK(n >= 1 && n <= CHUNK_MOST, "n=%u", n);
	buf_add_varint(out, n);
	begin = out->len;
	if (times_encode(at, n, out) < 0)
		return -ENOMEM;
	put_length_before(out, begin);
	if (values_encode(values, n, VALUES_SEAL, NULL, out) < 0)
		return -ENOMEM;
	return buf_failed(out) ? -ENOMEM : 0;
}

int chunk_encode_run(kymo_ms first, kymo_ms step, double value, uint32_t n, struct buf *out)
{
	size_t begin;

	CHECK(n >= 1 && n <= CHUNK_LIMIT, "n=%u", n);
	buf_add_varint(out, n);
	begin = out->len;
	if (times_encode_grid(first, step, n, out) < 0)
		return -ENOMEM;
	put_length_before(out, begin);
	return values_encode_same(value, out);
}

static int64_t take_count(struct reader *in)
{
	uint64_t n = read_varint(in);

	return in->bad || n < 1 || n > CHUNK_LIMIT ? -EBADMSG : (int64_t)n;
}

int64_t chunk_count(const uint8_t *data, size_t size)
{
	struct reader in = reader_of(data, size);

	return take_count(&in);
}

int chunk_decode(const uint8_t *data, size_t size, kymo_ms *at, double *values)
{
	struct reader in = reader_of(data, size);
	int64_t n = take_count(&in);
	size_t times_size = 0;
	const char *times = n < 0 ? NULL : read_string(&in, &times_size);

	if (!times || times_decode((const uint8_t *)times, times_size, at, (uint32_t)n) < 0 ||
	    values_decode(in.at, reader_left(&in), values, (uint32_t)n) < 0)
		return -EBADMSG;
	return 0;
}

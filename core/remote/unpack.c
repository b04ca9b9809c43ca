/* SPDX-License-Identifier: MIT */
/* unpack.c - see unpack.h. */
#include "remote/unpack.h"

#include <errno.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

/* Each byte of a block gives at most so many: a copy of 64 bytes takes three, or two with an offset below 2 KiB and 11 bytes. */
#define RATIO_MOST 64
#define STEP ((size_t)64 << 10)		/* bytes that are unpacked at once, where the size is not known */
#define GZIP_WINDOW (15 + 16)		/* 32 KiB; 16 more: with the header of gzip */
#define ZSTD_WINDOW 23			/* 8 MiB, the most that HTTP allows (RFC 9659) */

int unpack_snappy(const uint8_t *data, size_t n, uint64_t most, struct buf *out, struct error *err)
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

int pack_snappy(const uint8_t *data, size_t n, struct buf *out)
{
	size_t size = snappy_max_compressed_length(n);
	uint8_t *to = buf_reserve(out, size);

	if (!to || snappy_compress(n ? (const char *)data : "", n, (char *)to, &size) != SNAPPY_OK)
		return -ENOMEM;
	out->len += size;
	return 0;
}

static int too_large(uint64_t most, struct error *err)
{
	return error_set(err, -EFBIG, "the body unpacks to more than the %llu bytes that are taken", (unsigned long long)most);
}

/* Room for the next step; one byte more than may be, so that too much is seen. 0 or -ENOMEM. */
static int next_step(struct buf *out, uint64_t most, size_t *step, struct error *err)
{
	uint64_t left = most - out->len + 1;

	*step = left < STEP ? (size_t)left : STEP;
	return buf_reserve(out, *step) ? 0 : error_set(err, -ENOMEM, "out of memory");
}

/* ---- gzip ---- */

/* Members stand one behind the other. *r: of the last call; Z_STREAM_END where a member has ended. */
static int inflate_step(z_stream *stream, struct buf *out, uint64_t most, int *r, struct error *err)
{
	size_t step;

	if (next_step(out, most, &step, err) < 0)
		return -ENOMEM;
	if (*r == Z_STREAM_END && inflateReset(stream) != Z_OK)
		return error_set(err, -ENOMEM, "out of memory");
	stream->next_out = out->data + out->len;
	stream->avail_out = (uInt)step;
	*r = inflate(stream, Z_NO_FLUSH);
	out->len += step - stream->avail_out;
	if (out->len > most)
		return too_large(most, err);
	if (*r == Z_MEM_ERROR)
		return error_set(err, -ENOMEM, "out of memory");
	if (*r != Z_OK && *r != Z_STREAM_END)
		return error_set(err, -EBADMSG, *r == Z_BUF_ERROR ? "the body is gzip that is cut" : "the body is no gzip, or damaged");
	return 0;
}

static int unpack_gzip(const uint8_t *data, size_t n, uint64_t most, struct buf *out, struct error *err)
{
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)n };
	int state = Z_OK, r = 0;

	if (n > UINT32_MAX)
		return error_set(err, -EFBIG, "a body of %zu bytes", n);
	if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
		return error_set(err, -ENOMEM, "out of memory");
	while (r == 0 && (state != Z_STREAM_END || stream.avail_in))
		r = inflate_step(&stream, out, most, &state, err);
	inflateEnd(&stream);
	return r;
}

/* ---- zstd ---- */

/* *left: 0 where a frame has ended. */
static int decompress_step(ZSTD_DCtx *context, ZSTD_inBuffer *in, struct buf *out, uint64_t most, size_t *left, struct error *err)
{
	size_t before = in->pos;
	ZSTD_outBuffer to;
	size_t step;

	if (next_step(out, most, &step, err) < 0)
		return -ENOMEM;
	to = (ZSTD_outBuffer){ out->data + out->len, step, 0 };
	*left = ZSTD_decompressStream(context, &to, in);
	if (ZSTD_isError(*left))
		return error_set(err, -EBADMSG, "the body is no zstd, or damaged: %s", ZSTD_getErrorName(*left));
	out->len += to.pos;
	if (out->len > most)
		return too_large(most, err);
	if (*left && in->pos == in->size && before == in->pos && to.pos < to.size)
		return error_set(err, -EBADMSG, "the body is zstd that is cut");
	return 0;
}

static int unpack_zstd(const uint8_t *data, size_t n, uint64_t most, struct buf *out, struct error *err)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();
	ZSTD_inBuffer in = { data, n, 0 };
	size_t left = 1;
	int r = 0;

	if (!context)
		return error_set(err, -ENOMEM, "out of memory");
	ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, ZSTD_WINDOW);
	while (r == 0 && (left || in.pos < in.size))
		r = decompress_step(context, &in, out, most, &left, err);
	ZSTD_freeDCtx(context);
	return r;
}

int unpack(enum packing packing, const uint8_t *data, size_t n, uint64_t most, struct buf *out, struct error *err)
{
	buf_clear(out);
	return packing == PACKED_GZIP ? unpack_gzip(data, n, most, out, err) : unpack_zstd(data, n, most, out, err);
}

/* SPDX-License-Identifier: MIT */
/* coding.c - see coding.h. Both libraries at their fastest level: answers are text, and made to be read once. */
#include "http/coding.h"

#include "util/number.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <zlib.h>
#include <zstd.h>

#define GZIP_LEVEL 1
#define GZIP_WINDOW (15 + 16)		/* 32 KiB; 16 more: with the header of gzip */
#define GZIP_MEMORY 8
#define ZSTD_LEVEL 1
#define ZSTD_WINDOW 20			/* 1 MiB: what clients must be able to unpack */
#define ROOM ((size_t)16 << 10)		/* for the library to write to */

/* ---- Accept-Encoding ---- */

static const char *skip(const char *at, const char *these)
{
	return at + strspn(at, these);
}

/* ";q=0.5" behind a name; 1 where there is none, 0 where it is no number. */
static double quality(const char *at, const char *end)
{
	char *stop;
	double q;

	while (at < end && (at = memchr(at, ';', (size_t)(end - at)))) {
		at = skip(at + 1, " \t");
		if (strncasecmp(at, "q=", 2) != 0)
			continue;
		q = number_parse(at + 2, &stop);
		return stop > at + 2 && q >= 0 && q <= 1 ? q : 0;
	}
	return 1;
}

static enum coding coding_of(const char *name, size_t n)
{
	if ((n == 4 && !strncasecmp(name, "gzip", n)) || (n == 6 && !strncasecmp(name, "x-gzip", n)))
		return CODING_GZIP;
	return n == 4 && !strncasecmp(name, "zstd", n) ? CODING_ZSTD : CODING_NONE;
}

enum coding coding_choose(const char *accept)
{
	double q[CODING_ZSTD + 1] = { [CODING_GZIP] = -1, [CODING_ZSTD] = -1 }, others = 0;

	for (const char *at = accept ? skip(accept, ", \t") : ""; *at; at = skip(at, ", \t")) {
		const char *end = at + strcspn(at, ",");
		size_t n = strcspn(at, ",; \t");
		enum coding coding = coding_of(at, n);

		if (coding != CODING_NONE)
			q[coding] = quality(at + n, end);
		else if (n == 1 && *at == '*')
			others = quality(at + n, end);
		at = end;
	}
	/* "*" is said by clients that know but the old ones: no zstd for them. */
	if (q[CODING_GZIP] < 0)
		q[CODING_GZIP] = others;
	if (q[CODING_ZSTD] > 0 && q[CODING_ZSTD] >= q[CODING_GZIP])
		return CODING_ZSTD;
	return q[CODING_GZIP] > 0 ? CODING_GZIP : CODING_NONE;
}

const char *coding_name(enum coding coding)
{
	static const char *const names[] = {
		[CODING_NONE] = "identity", [CODING_GZIP] = "gzip", [CODING_ZSTD] = "zstd", [CODING_SNAPPY] = "snappy",
	};

	return names[coding];
}

/* ---- packing ---- */

struct packer {
	enum coding coding;
	z_stream gzip;
	ZSTD_CCtx *zstd;
};

void packer_destroy(struct packer *packer)
{
	if (!packer)
		return;
	if (packer->coding == CODING_GZIP)
		deflateEnd(&packer->gzip);
	ZSTD_freeCCtx(packer->zstd);
	free(packer);
}

static bool begin(struct packer *packer)
{
	if (packer->coding == CODING_GZIP)
		return deflateInit2(&packer->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) == Z_OK;
	packer->zstd = ZSTD_createCCtx();
	return packer->zstd && !ZSTD_isError(ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
	       !ZSTD_isError(ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_windowLog, ZSTD_WINDOW)) &&
	       !ZSTD_isError(ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_checksumFlag, 1));
}

struct packer *packer_create(enum coding coding)
{
	struct packer *packer = calloc(1, sizeof *packer);

	if (!packer)
		return NULL;
	packer->coding = coding;
	if (begin(packer))
		return packer;
	packer_destroy(packer);
	return NULL;
}

static int add_gzip(z_stream *gzip, const void *data, size_t n, bool last, struct buf *out)
{
	int r = Z_OK;

	gzip->next_in = (Bytef *)(uintptr_t)data;
	gzip->avail_in = (uInt)n;
	do {
		gzip->next_out = buf_reserve(out, ROOM);
		if (!gzip->next_out)
			return -ENOMEM;
		gzip->avail_out = ROOM;
		r = deflate(gzip, last ? Z_FINISH : Z_NO_FLUSH);
		out->len += ROOM - gzip->avail_out;
	} while (r == Z_OK && (last || gzip->avail_in));
	return r == Z_OK || r == Z_STREAM_END ? 0 : -ENOMEM;
}

static int add_zstd(ZSTD_CCtx *zstd, const void *data, size_t n, bool last, struct buf *out)
{
	ZSTD_inBuffer in = { data, n, 0 };
	size_t left;

	do {
		ZSTD_outBuffer to = { buf_reserve(out, ROOM), ROOM, 0 };

		if (!to.dst)
			return -ENOMEM;
		left = ZSTD_compressStream2(zstd, &to, &in, last ? ZSTD_e_end : ZSTD_e_continue);
		out->len += to.pos;
		if (ZSTD_isError(left))
			return -ENOMEM;
	} while (last ? left : in.pos < in.size);
	return 0;
}

int packer_add(struct packer *packer, const void *data, size_t n, bool last, struct buf *out)
{
	if (packer->coding == CODING_ZSTD)
		return add_zstd(packer->zstd, data, n, last, out);
	return add_gzip(&packer->gzip, data, n, last, out);
}

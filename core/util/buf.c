/* SPDX-License-Identifier: MIT */
/*
 * buf.c - the memory doubles as it grows, up to the limit. A final NUL does
 * not count against the limit, so a text of exactly that length is fine.
 */
#include "util/buf.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROOM_FIRST = 64 };

void buf_fini(struct buf *buf)
{
	free(buf->data);
	buf->data = NULL;
	buf->len = buf->room = 0;
	buf->failed = false;
}

static bool grow(struct buf *buf, size_t need)
{
	size_t room = buf->room ? buf->room : ROOM_FIRST;
	uint8_t *data;

	while (room < need)
		room = room > SIZE_MAX / 2 ? need : room * 2;
	data = realloc(buf->data, room);
	if (!data)
		return false;
	buf->data = data;
	buf->room = room;
	return true;
}

static bool over_limit(const struct buf *buf, size_t n)
{
	return n > SIZE_MAX - 1 - buf->len || (buf->limit && buf->len + n > buf->limit);
}

uint8_t *buf_reserve(struct buf *buf, size_t n)
{
	if (buf->failed)
		return NULL;
	if (over_limit(buf, n) ||
	    ((!buf->data || n > buf->room - buf->len) && !grow(buf, buf->len + n))) {
		buf->failed = true;
		return NULL;
	}
	return buf->data + buf->len;
}

void buf_add(struct buf *buf, const void *data, size_t n)
{
	uint8_t *to = n ? buf_reserve(buf, n) : NULL;

	if (!to)
		return;
	memcpy(to, data, n);
	buf->len += n;
}

void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

/* Prints where there is room; if that was too little, once more with enough. */
void buf_printf(struct buf *buf, const char *format, ...)
{
	uint8_t *to = buf_reserve(buf, 0);
	va_list args;
	int n;

	if (!to)
		return;
	va_start(args, format);
	n = vsnprintf((char *)to, buf->room - buf->len, format, args);
	va_end(args);
	if (n < 0 || over_limit(buf, (size_t)n)) {
		buf->failed = true;
		return;
	}
	if ((size_t)n >= buf->room - buf->len) {
		if (!grow(buf, buf->len + (size_t)n + 1)) {
			buf->failed = true;
			return;
		}
		va_start(args, format);
		vsnprintf((char *)buf->data + buf->len, (size_t)n + 1, format, args);
		va_end(args);
	}
	buf->len += (size_t)n;
}

void buf_add_u8(struct buf *buf, uint8_t v)
{
	uint8_t *to = buf_reserve(buf, 1);

	if (!to)
		return;
	*to = v;
	buf->len++;
}

void buf_add_u16(struct buf *buf, uint16_t v)
{
	v = htole16(v);
	buf_add(buf, &v, sizeof v);
}

void buf_add_u32(struct buf *buf, uint32_t v)
{
	v = htole32(v);
	buf_add(buf, &v, sizeof v);
}

void buf_add_u64(struct buf *buf, uint64_t v)
{
	v = htole64(v);
	buf_add(buf, &v, sizeof v);
}

void buf_add_f64(struct buf *buf, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	buf_add_u64(buf, bits);
}

static unsigned varint_len(uint64_t v)
{
	return (unsigned)(63 - __builtin_clzll(v | 1)) / 7 + 1;
}

void buf_add_varint(struct buf *buf, uint64_t v)
{
	uint8_t *to = buf_reserve(buf, varint_len(v));

	if (!to)
		return;
	for (; v >= 0x80; v >>= 7)
		*to++ = (uint8_t)(v | 0x80);
	*to++ = (uint8_t)v;
	buf->len = (size_t)(to - buf->data);
}

void buf_add_zigzag(struct buf *buf, int64_t v)
{
	buf_add_varint(buf, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

void buf_add_string(struct buf *buf, const char *data, size_t n)
{
	buf_add_varint(buf, n);
	buf_add(buf, data, n);
}

const char *buf_text(struct buf *buf)
{
	if (!buf->failed && buf->len == buf->room && !grow(buf, buf->len + 1))
		buf->failed = true;
	if (buf->failed)
		return NULL;
	buf->data[buf->len] = '\0';
	return (const char *)buf->data;
}

static void turn_bad(struct reader *r)
{
	r->bad = true;
	r->at = r->end;
}

const uint8_t *read_bytes(struct reader *r, size_t n)
{
	const uint8_t *at = r->at;

	if (r->bad || n > reader_left(r)) {
		turn_bad(r);
		return NULL;
	}
	if (n)
		r->at += n;
	return at ? at : (const uint8_t *)"";
}

uint8_t read_u8(struct reader *r)
{
	const uint8_t *at = read_bytes(r, 1);

	return at ? *at : 0;
}

uint16_t read_u16(struct reader *r)
{
	const uint8_t *at = read_bytes(r, 2);
	uint16_t v = 0;

	if (at)
		memcpy(&v, at, sizeof v);
	return le16toh(v);
}

uint32_t read_u32(struct reader *r)
{
	const uint8_t *at = read_bytes(r, 4);
	uint32_t v = 0;

	if (at)
		memcpy(&v, at, sizeof v);
	return le32toh(v);
}

uint64_t read_u64(struct reader *r)
{
	const uint8_t *at = read_bytes(r, 8);
	uint64_t v = 0;

	if (at)
		memcpy(&v, at, sizeof v);
	return le64toh(v);
}

double read_f64(struct reader *r)
{
	uint64_t bits = read_u64(r);
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

uint64_t read_varint(struct reader *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; r->at < r->end; shift += 7) {
		uint8_t byte = *r->at++;

		if (shift == 63 && byte > 1)
			break;		/* more than 64 bits */
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	turn_bad(r);
	return 0;
}

int64_t read_zigzag(struct reader *r)
{
	uint64_t v = read_varint(r);

	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

const char *read_string(struct reader *r, size_t *n)
{
	uint64_t len = read_varint(r);
	const uint8_t *at = NULL;

	if (len <= reader_left(r))
		at = read_bytes(r, (size_t)len);
	else
		turn_bad(r);
	*n = at ? (size_t)len : 0;
	return (const char *)at;
}

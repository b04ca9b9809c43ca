/* SPDX-License-Identifier: MIT */
/*
 * buf.h - bytes that grow, and a reader over bytes.
 *
 * A failure sticks: after the first that does not fit (out of memory, over
 * `limit`) nothing more is added and buf_failed() says so, so a run of adds is
 * checked once, at its end. Numbers are little-endian; varints are LEB128.
 */
#ifndef UTIL_BUF_H
#define UTIL_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	uint8_t *data;		/* may be NULL while empty */
	size_t len, room;
	size_t limit;		/* 0: none */
	bool failed;
};

void buf_fini(struct buf *buf);			/* frees; usable again */
static inline void buf_clear(struct buf *buf) { buf->len = 0; buf->failed = false; }
static inline bool buf_failed(const struct buf *buf) { return buf->failed; }

/* Room for n more bytes: where they go (buf->len is not moved), or NULL. */
uint8_t *buf_reserve(struct buf *buf, size_t n);
void buf_add(struct buf *buf, const void *data, size_t n);
void buf_add_text(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_add_u8(struct buf *buf, uint8_t v);
void buf_add_u16(struct buf *buf, uint16_t v);
void buf_add_u32(struct buf *buf, uint32_t v);
void buf_add_u64(struct buf *buf, uint64_t v);
void buf_add_f64(struct buf *buf, double v);	/* the bits, exactly */
void buf_add_varint(struct buf *buf, uint64_t v);
void buf_add_zigzag(struct buf *buf, int64_t v);
void buf_add_string(struct buf *buf, const char *data, size_t n);	/* varint length, bytes */
/* A final NUL that is not counted in len; the text, or NULL when failed. */
const char *buf_text(struct buf *buf);

static inline void buf_auto(struct buf *buf) { buf_fini(buf); }
#define AUTO_BUF __attribute__((cleanup(buf_auto))) struct buf

/*
 * A reader: past the end, or at a malformed varint, it gives 0 and turns `bad`,
 * which sticks.
 */
struct reader {
	const uint8_t *at, *end;
	bool bad;
};

static inline struct reader reader_of(const void *data, size_t n)
{
	return (struct reader){ data, n ? (const uint8_t *)data + n : data, false };
}
static inline size_t reader_left(const struct reader *r) { return (size_t)(r->end - r->at); }
uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
double read_f64(struct reader *r);
uint64_t read_varint(struct reader *r);
int64_t read_zigzag(struct reader *r);
const uint8_t *read_bytes(struct reader *r, size_t n);	/* NULL when bad */
/* A varint length and its bytes, not NUL-ended. NULL when bad. */
const char *read_string(struct reader *r, size_t *n);

#endif

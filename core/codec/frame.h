/* SPDX-License-Identifier: MIT */
/*
 * frame.h - records one after another in a file that only grows: the WAL, the
 * log of the index.
 *
 *	'k' 'R' type 0 | size u32 | checksum u32 of these 8 bytes and the payload | payload
 *
 * The checksum is seeded with the file's number, so what an older file left on
 * the disk is never taken for a record. Where a record is damaged, a walk goes on
 * at the next sound one.
 */
#ifndef CODEC_FRAME_H
#define CODEC_FRAME_H

#include "util/buf.h"

/*
 * A file of frames begins with 8 letters, its version (u32) and the checksum of
 * these 12 bytes.
 */
enum { FRAME_FILE_HEADER = 16 };
void frame_file_header(struct buf *out, const char letters[8], uint32_t version);
/* 0; -EBADMSG: damaged, or another file; -ENOTSUP: sound, and written by a newer kymo. */
int frame_file_check(const void *data, size_t size, const char letters[8], uint32_t version);

#define FRAME_HEADER 12
#define FRAME_MOST (64u << 20)		/* bytes of a payload */

/* Where the frame begins; then add its payload to *out, then end it. */
size_t frame_begin(struct buf *out, uint8_t type);
/* -ENOMEM: *out has failed; -E2BIG: too much payload. *out is as long as before the frame then. */
int frame_end(struct buf *out, size_t begin, uint64_t seed);

struct frame {
	uint8_t type;
	const uint8_t *data;
	size_t size;
};

struct frame_walk {
	const uint8_t *data;
	size_t size, at;
	uint64_t seed;
	uint32_t damaged;		/* parts skipped between sound frames */
	size_t tail;			/* bytes behind the last sound frame, known at the end */
};

static inline struct frame_walk frame_walk(const void *data, size_t size, size_t from, uint64_t seed)
{
	return (struct frame_walk){ .data = data, .size = size, .at = from < size ? from : size, .seed = seed };
}
/* false: there are no more. */
bool frame_next(struct frame_walk *walk, struct frame *frame);

#endif

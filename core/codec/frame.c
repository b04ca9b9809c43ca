/* SPDX-License-Identifier: MIT */
/*
 * frame.c - writing is two steps, so that the payload is made in place. A search
 * for the next sound frame looks for the two letters and then needs the right
 * checksum, so damage can hide a frame, but never make one up.
 */
#include "codec/frame.h"
#include "util/hash.h"

#include <endian.h>
#include <errno.h>

static const uint8_t letters[2] = { 'k', 'R' };

static uint32_t frame_checksum(const uint8_t *frame, size_t payload, uint64_t seed)
{
	uint64_t head;

	memcpy(&head, frame, sizeof head);
	return (uint32_t)XXH3_64bits_withSeed(frame + FRAME_HEADER, payload, seed ^ le64toh(head));
}

static void put_u32(uint8_t *to, uint32_t v)
{
	v = htole32(v);
	memcpy(to, &v, sizeof v);
}

static uint32_t get_u32(const uint8_t *from)
{
	uint32_t v;

	memcpy(&v, from, sizeof v);
	return le32toh(v);
}

void frame_file_header(struct buf *out, const char magic[8], uint32_t version)
{
	size_t begin = out->len;

	buf_add(out, magic, 8);
	buf_add_u32(out, version);
	if (!buf_failed(out))
		buf_add_u32(out, checksum(out->data + begin, 12));
}

int frame_file_check(const void *data, size_t size, const char magic[8], uint32_t version)
{
	struct reader in = reader_of(data, size);
	uint32_t found, sum;

	if (size < FRAME_FILE_HEADER || memcmp(data, magic, 8) != 0)
		return -EBADMSG;
	read_bytes(&in, 8);
	found = read_u32(&in);
	sum = read_u32(&in);
	if (sum != checksum(data, 12) || !found)
		return -EBADMSG;
	return found > version ? -ENOTSUP : 0;
}

size_t frame_begin(struct buf *out, uint8_t type)
{
	const uint8_t head[FRAME_HEADER] = { letters[0], letters[1], type };
	size_t begin = out->len;

	buf_add(out, head, sizeof head);
	return begin;
}

int frame_end(struct buf *out, size_t begin, uint64_t seed)
{
	size_t payload;

	if (buf_failed(out)) {
		out->len = begin;
		return -ENOMEM;
	}
	payload = out->len - begin - FRAME_HEADER;
	if (payload > FRAME_MOST) {
		out->len = begin;
		return -E2BIG;
	}
	put_u32(out->data + begin + 4, (uint32_t)payload);
	put_u32(out->data + begin + 8, frame_checksum(out->data + begin, payload, seed));
	return 0;
}

/* Is there a sound frame at this place? */
static bool frame_at(const struct frame_walk *walk, size_t at, struct frame *frame)
{
	const uint8_t *p = walk->data + at;
	size_t left = walk->size - at, payload;

	if (left < FRAME_HEADER || p[0] != letters[0] || p[1] != letters[1] || p[3])
		return false;
	payload = get_u32(p + 4);
	if (payload > FRAME_MOST || payload > left - FRAME_HEADER ||
	    get_u32(p + 8) != frame_checksum(p, payload, walk->seed))
		return false;
	*frame = (struct frame){ p[2], p + FRAME_HEADER, payload };
	return true;
}

/* The first sound frame behind `at`; walk->size: none. */
static size_t search(const struct frame_walk *walk, size_t at, struct frame *frame)
{
	while (++at < walk->size) {
		const uint8_t *next = memchr(walk->data + at, letters[0], walk->size - at);

		if (!next)
			break;
		at = (size_t)(next - walk->data);
		if (frame_at(walk, at, frame))
			return at;
	}
	return walk->size;
}

bool frame_next(struct frame_walk *walk, struct frame *frame)
{
	if (walk->at >= walk->size)
		return false;
	if (!frame_at(walk, walk->at, frame)) {
		size_t next = search(walk, walk->at, frame);

		if (next == walk->size) {
			walk->tail = walk->size - walk->at;
			walk->at = walk->size;
			return false;
		}
		walk->damaged++;
		walk->at = next;
	}
	walk->at += FRAME_HEADER + frame->size;
	return true;
}

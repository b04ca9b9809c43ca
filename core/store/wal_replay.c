/* SPDX-License-Identifier: MIT */
/*
 * wal_replay.c - from the bytes of a segment back to batches.
 */
#include "store/frame.h"
#include "store/wal.h"
#include "store/wal_format.h"

#include <errno.h>

/* Is the header sound? -ENOTSUP: made by a newer kymo; -EBADMSG: it is not. */
static int check_header(const uint8_t *data, size_t size)
{
	struct reader in = reader_of(data, size);
	const uint8_t *magic = read_bytes(&in, sizeof WAL_MAGIC - 1);
	uint32_t version = read_u32(&in);

	if (in.bad || memcmp(magic, WAL_MAGIC, sizeof WAL_MAGIC - 1) != 0)
		return -EBADMSG;
	return version > WAL_VERSION ? -ENOTSUP : version == WAL_VERSION ? 0 : -EBADMSG;
}

/* A record whose checksum is right and whose content is not is damage too. */
static int give(const struct frame *frame, struct wal_scratch *scratch, wal_each *each, void *data,
		struct wal_replayed *replayed)
{
	struct wal_batch batch;
	int r = frame->type == WAL_BATCH ? wal_record_decode(frame->data, frame->size, scratch, &batch) : -EBADMSG;

	if (r == -EBADMSG) {
		replayed->damaged++;
		return 0;
	}
	if (r < 0)
		return r;
	replayed->records++;
	return each(data, &batch);
}

int wal_replay_segment(const uint8_t *data, size_t size, uint64_t sequence, wal_each *each, void *each_data,
		       struct wal_replayed *replayed, size_t *sound)
{
	struct frame_walk walk = frame_walk(data, size, WAL_HEADER, sequence);
	struct wal_scratch scratch = { 0 };
	struct frame frame;
	int r = check_header(data, size);

	if (r == -ENOTSUP)
		return r;
	if (r < 0 && size >= WAL_HEADER)
		replayed->damaged++;
	r = 0;
	while (r == 0 && frame_next(&walk, &frame))
		r = give(&frame, &scratch, each, each_data, replayed);
	replayed->damaged += walk.damaged;
	*sound = size < WAL_HEADER ? 0 : size - walk.tail;
	wal_scratch_fini(&scratch);
	return r;
}

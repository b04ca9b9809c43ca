/* SPDX-License-Identifier: MIT */
/*
 * wal_replay.c - from the bytes of a segment back to batches.
 */
#include "store/frame.h"
#include "store/wal.h"
#include "store/wal_format.h"

#include <errno.h>

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
	struct frame_walk walk = frame_walk(data, size, FRAME_FILE_HEADER, sequence);
	struct wal_scratch scratch = { 0 };
	struct frame frame;
	int r = frame_file_check(data, size, WAL_MAGIC, WAL_VERSION);

	if (r == -ENOTSUP)
		return r;
	if (r < 0 && size >= FRAME_FILE_HEADER)
		replayed->damaged++;
	r = 0;
	while (r == 0 && frame_next(&walk, &frame))
		r = give(&frame, &scratch, each, each_data, replayed);
	replayed->damaged += walk.damaged;
	*sound = size < FRAME_FILE_HEADER ? 0 : size - walk.tail;
	wal_scratch_fini(&scratch);
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * replay.c - from the bytes of a segment back to batches.
 */
#include "codec/frame.h"
#include "wal/wal.h"
#include "wal/format.h"

#include <errno.h>

/* A record whose checksum is right and whose content is not is damage too. */
static int give(const struct frame *frame, struct wal_reading *reading, wal_each *each, void *data,
		struct wal_replayed *replayed)
{
	int r = frame->type == WAL_RECORD ? wal_record_read(frame->data, frame->size, reading, each, data) : -EBADMSG;

	if (r == -EBADMSG || r == -ENOENT) {
		replayed->damaged += r == -EBADMSG;
		wal_reading_forget(reading);
		return 0;
	}
	if (r == 0)
		replayed->records++;
	return r;
}

int wal_replay_segment(const uint8_t *data, size_t size, uint64_t sequence, wal_each *each, void *each_data,
		       struct wal_replayed *replayed, size_t *sound)
{
	struct frame_walk walk = frame_walk(data, size, FRAME_FILE_HEADER, sequence);
	struct wal_reading reading = { 0 };
	uint32_t damaged = 0;
	struct frame frame;
	int r = frame_file_check(data, size, WAL_MAGIC, WAL_VERSION);

	*sound = 0;
	if (r == -ENOTSUP)
		return r;
	if (r < 0 && size >= FRAME_FILE_HEADER)
		replayed->damaged++;
	r = 0;
	while (r == 0 && frame_next(&walk, &frame)) {
		if (walk.damaged != damaged)
			wal_reading_forget(&reading);
		damaged = walk.damaged;
		r = give(&frame, &reading, each, each_data, replayed);
	}
	replayed->damaged += walk.damaged;
	*sound = size < FRAME_FILE_HEADER ? 0 : size - walk.tail;
	wal_reading_fini(&reading);
	return r;
}

/* SPDX-License-Identifier: MIT */
/* manifest.c - the header of a file of frames (codec/frame.h), and one frame with all blocks. */
#include "block/manifest.h"
#include "block/format.h"
#include "codec/frame.h"
#include "util/cleanup.h"
#include "util/file.h"

#include <errno.h>
#include <stdio.h>

#define MANIFEST_NAME "manifest"
#define MANIFEST_MAGIC "KYMO-MAN"

enum { MANIFEST_VERSION = 1, MANIFEST_BLOCKS = 1, BLOCK_LEAST = 4, GONE = 4 };
#define MANIFEST_MOST ((size_t)FRAME_MOST + 64)

void manifest_fini(struct manifest *manifest)
{
	free(manifest->block);
	*manifest = (struct manifest){ 0 };
}

int manifest_add(struct manifest *manifest, const struct manifest_block *block)
{
	if (manifest->n == manifest->room) {
		uint32_t room = manifest->room ? manifest->room * 2 : 32;
		struct manifest_block *more = realloc(manifest->block, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		manifest->block = more;
		manifest->room = room;
	}
	manifest->block[manifest->n++] = *block;
	return 0;
}

const struct manifest_block *manifest_find(const struct manifest *manifest, enum kymo_tier tier, uint64_t sequence)
{
	for (uint32_t i = 0; i < manifest->n; i++)
		if (manifest->block[i].tier == tier && manifest->block[i].sequence == sequence)
			return &manifest->block[i];
	return NULL;
}

char *manifest_path(const char *store_path, const struct manifest_block *block)
{
	char name[96];

	snprintf(name, sizeof name, "%s/%lld-%lld-%llu" BLOCK_ENDING, tier_name(block->tier), (long long)block->start,
		 (long long)block->end, (unsigned long long)block->sequence);
	return path_join(store_path, name);
}

/* ---- bytes ---- */

int manifest_encode(const struct manifest *manifest, struct buf *out)
{
	size_t frame;

	frame_file_header(out, MANIFEST_MAGIC, MANIFEST_VERSION);
	frame = frame_begin(out, MANIFEST_BLOCKS);
	buf_add_varint(out, manifest->n);
	for (uint32_t i = 0; i < manifest->n; i++) {
		const struct manifest_block *block = &manifest->block[i];

		buf_add_u8(out, (uint8_t)(block->tier | (block->gone ? GONE : 0)));
		buf_add_varint(out, block->sequence);
		buf_add_zigzag(out, block->start);
		buf_add_zigzag(out, block->end);
	}
	return frame_end(out, frame, 0);
}

static bool decode_block(struct reader *in, struct manifest_block *block)
{
	uint8_t what = read_u8(in);

	*block = (struct manifest_block){ .tier = (enum kymo_tier)(what & 3), .gone = what & GONE };
	block->sequence = read_varint(in);
	block->start = read_zigzag(in);
	block->end = read_zigzag(in);
	return !in->bad && what <= (GONE | 3) && block->start < block->end;
}

static int decode_blocks(struct reader *in, struct manifest *manifest)
{
	uint64_t n = read_varint(in);
	struct manifest_block block;

	if (n > reader_left(in) / BLOCK_LEAST)
		return -EBADMSG;
	while (n--) {
		if (!decode_block(in, &block))
			return -EBADMSG;
		if (manifest_add(manifest, &block) < 0)
			return -ENOMEM;
	}
	return in->bad || reader_left(in) ? -EBADMSG : 0;
}

int manifest_decode(const void *data, size_t size, struct manifest *manifest)
{
	struct frame_walk walk = frame_walk(data, size, FRAME_FILE_HEADER, 0);
	struct frame frame;
	struct reader in;
	int r = frame_file_check(data, size, MANIFEST_MAGIC, MANIFEST_VERSION);

	*manifest = (struct manifest){ 0 };
	if (r < 0)
		return r;
	if (!frame_next(&walk, &frame) || walk.damaged || walk.at != size || frame.type != MANIFEST_BLOCKS)
		return -EBADMSG;
	in = reader_of(frame.data, frame.size);
	r = decode_blocks(&in, manifest);
	if (r < 0)
		manifest_fini(manifest);
	return r;
}

/* ---- the file ---- */

int manifest_read(const char *store_path, struct manifest *manifest, struct error *err)
{
	AUTO_FREE char *path = path_join(store_path, MANIFEST_NAME);
	AUTO_BUF bytes = { 0 };
	int r;

	*manifest = (struct manifest){ 0 };
	if (!path)
		return error_set(err, -ENOMEM, "%s: out of memory", store_path);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return -ENOENT;
	r = file_read_all(path, MANIFEST_MOST, &bytes, err);
	if (r < 0)
		return r;
	r = manifest_decode(bytes.data, bytes.len, manifest);
	if (r < 0)
		error_set(err, r, "%s: %s", path, r == -EBADMSG ? "damaged" : r == -ENOTSUP ? "written by a newer kymo" :
			  error_name(r));
	return r;
}

int manifest_write(const char *store_path, const struct manifest *manifest, struct error *err)
{
	AUTO_FREE char *path = path_join(store_path, MANIFEST_NAME);
	AUTO_BUF bytes = { 0 };
	int r = path ? manifest_encode(manifest, &bytes) : -ENOMEM;

	if (r < 0)
		return error_set(err, r, "%s: " MANIFEST_NAME ": %s", store_path, error_name(r));
	return file_write_atomic(path, bytes.data, bytes.len, err);
}

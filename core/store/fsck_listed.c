/* SPDX-License-Identifier: MIT */
/* fsck_listed.c - the blocks that the manifest has must be there: a file that is lost is in no other place. */
#include "store/fsck_state.h"
#include "util/cleanup.h"

#include <errno.h>
#include <unistd.h>

/* A damaged manifest is set aside when the store is opened, and written anew. */
int fsck_listed_read(struct fsck *fsck, struct error *err)
{
	struct error reason = { 0 };
	int r = manifest_read(fsck->request->path, &fsck->listed, &reason);

	if (r == -EBADMSG || r == -EFBIG)
		fsck_found(fsck, "manifest", FSCK_NOWHERE, "", "%s", error_text(&reason));
	else if (r < 0 && r != -ENOENT)
		error_set(err, r, "%s", error_text(&reason));
	error_clear(&reason);
	return r == -EBADMSG || r == -EFBIG || r == -ENOENT ? 0 : r;
}

/* What it was merged from is on its way out. */
void fsck_listed_saw(struct fsck *fsck, const struct block *block)
{
	const uint64_t *sequences;

	for (uint32_t k = block_replaced(block, &sequences); k-- > 0;)
		for (uint32_t i = 0; i < fsck->listed.n; i++)
			if (fsck->listed.block[i].tier == block_tier(block) && fsck->listed.block[i].sequence == sequences[k])
				fsck->listed.block[i].gone = true;
}

static bool is_there(const char *path, const char *ending)
{
	AUTO_BUF text = { 0 };

	buf_printf(&text, "%s%s", path, ending);
	return !buf_text(&text) || access(buf_text(&text), F_OK) == 0 || errno != ENOENT;
}

static int check(struct fsck *fsck, const struct manifest_block *block)
{
	AUTO_FREE char *path = manifest_path(fsck->request->path, block);
	AUTO_FREE char *name = manifest_path(".", block);
	char start[TIME_TEXT], end[TIME_TEXT];

	if (!path || !name)
		return -ENOMEM;
	if (block->gone || is_there(path, "") || is_there(path, ".damaged"))
		return 0;
	fsck_found(fsck, name + 2, FSCK_NOWHERE, "all that was in it",
		   "the block is not there; it was of %s to %s", time_format(block->start, start), time_format(block->end, end));
	return 0;
}

int fsck_listed_check(struct fsck *fsck)
{
	int r = 0;

	for (uint32_t i = 0; i < fsck->listed.n && r == 0; i++)
		r = check(fsck, &fsck->listed.block[i]);
	return r;
}

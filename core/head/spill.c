/* SPDX-License-Identifier: MIT */
/*
 * spill.c - one file at a time, written at its end. A slice is sealed rows as they
 * are in memory (sealed_slice), padded to 8 bytes, and a hash of these: nobody else
 * ever reads the file.
 */
#include "head/spill.h"
#include "util/file.h"
#include "util/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

struct spill_file {
	_Atomic uint32_t holders;
	int fd;
	uint64_t size;
};

static struct spill_file *hold(struct spill_file *file)
{
	atomic_fetch_add_explicit(&file->holders, 1, memory_order_relaxed);
	return file;
}

static void release(struct spill_file *file)
{
	if (!file || atomic_fetch_sub(&file->holders, 1) != 1)
		return;
	file_close(file->fd);
	free(file);
}

int spill_init(struct spill *spill, const char *folder)
{
	spill->path = path_join(folder, "head.tmp");
	return spill->path ? 0 : -ENOMEM;
}

void spill_fini(struct spill *spill)
{
	release(spill->file);
	spill->file = NULL;
	free(spill->path);
	spill->path = NULL;
}

void spill_renew(struct spill *spill)
{
	atomic_store(&spill->renew, true);
}

bool spill_ready(struct spill *spill)
{
	if (atomic_exchange(&spill->renew, false)) {
		release(spill->file);
		spill->file = NULL;
		spill->failed = false;
	}
	return !spill->failed;
}

static int make_file(struct spill *spill)
{
	struct spill_file *file = calloc(1, sizeof *file);
	int r = file ? file_open(spill->path, O_RDWR | O_CREAT | O_TRUNC, 0600, NULL) : -ENOMEM;

	if (r >= 0) {
		file->fd = r;
		atomic_init(&file->holders, 1);
		r = file_remove(spill->path, NULL);
		if (r < 0)
			file_close(file->fd);
	}
	if (r < 0)
		free(file);
	else
		spill->file = file;
	return r;
}

/* ---- writing ---- */

static void put_slice(const struct sealed *sealed, uint32_t from, uint32_t n, struct buf *out)
{
	static const uint8_t zeros[8];
	size_t begin = out->len;

	sealed_slice(sealed, from, n, out);
	buf_add(out, zeros, -out->len & 7);
	if (!buf_failed(out))
		buf_add_u64(out, hash_bytes(out->data + begin, out->len - begin));
}

static int put_slices(const struct sealed *sealed, struct buf *out, uint32_t *end)
{
	buf_clear(out);
	for (uint32_t from = 0; from < sealed->n; from += SPILL_SLICE) {
		put_slice(sealed, from, sealed->n - from < SPILL_SLICE ? sealed->n - from : SPILL_SLICE, out);
		*end++ = (uint32_t)out->len;
	}
	return buf_failed(out) ? -ENOMEM : 0;
}

int spill_put(struct spill *spill, const struct sealed *sealed, struct buf *scratch, struct spilled *out)
{
	int r = put_slices(sealed, scratch, out->end);

	if (r == 0 && !spill->file)
		r = make_file(spill);
	if (r == 0)
		r = file_pwrite(spill->file->fd, scratch->data, scratch->len, spill->file->size);
	if (r < 0) {
		spill->failed = true;
		return r;
	}
	out->file = hold(spill->file);
	out->at = spill->file->size;
	out->first = sealed->first;
	out->last = sealed->last;
	out->n_rows = sealed->n_rows;
	out->samples = (uint32_t)sealed->samples;
	spill->file->size += scratch->len;
	atomic_fetch_add_explicit(&spill->written, scratch->len, memory_order_relaxed);
	return 0;
}

void spilled_fini(struct spilled *spilled)
{
	release(spilled->file);
	spilled->file = NULL;
}

/* ---- reading ---- */

struct spill_place spill_place(const struct spilled *spilled, uint32_t slot)
{
	uint32_t slice = slot / SPILL_SLICE, begin = slice ? spilled->end[slice - 1] : 0;

	return (struct spill_place){ hold(spilled->file), spilled->at + begin, spilled->end[slice] - begin };
}

void spill_place_fini(struct spill_place *place)
{
	release(place->file);
	place->file = NULL;
}

int spill_read(const struct spill_place *place, struct buf *scratch, const struct sealed **out)
{
	uint8_t *data;
	uint64_t hash;
	ssize_t n;

	buf_clear(scratch);
	data = buf_reserve(scratch, place->size);
	if (!data)
		return -ENOMEM;
	n = file_pread(place->file->fd, data, place->size, place->at);
	if (n < 0)
		return (int)n;
	if ((size_t)n != place->size)
		return -EBADMSG;
	memcpy(&hash, data + place->size - sizeof hash, sizeof hash);
	if (hash != hash_bytes(data, place->size - sizeof hash))
		return -EBADMSG;
	*out = (const struct sealed *)(const void *)data;
	return 0;
}

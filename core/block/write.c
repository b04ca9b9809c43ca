/* SPDX-License-Identifier: MIT */
/*
 * write.c - frames go to the file group by group; times, table, directory
 * and names are gathered in memory and follow. A series without entries is left
 * out. The file has a temporary name until all of it is on the disk.
 */
#include "block/writer.h"
#include "util/check.h"
#include "util/file.h"
#include "util/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { PART = 1 << 16, PACK_LEVEL = 1, PAYS = 16 };

/* ---- the file ---- */

static int part_write(struct block_writer *writer)
{
	int r = file_write(writer->fd, writer->part.data, writer->part.len);

	buf_clear(&writer->part);
	return r;
}

int block_put(struct block_writer *writer, const void *data, size_t n)
{
	buf_add(&writer->part, data, n);
	if (buf_failed(&writer->part))
		return -ENOMEM;
	writer->written += n;
	return writer->part.len < PART ? 0 : part_write(writer);
}

static int header_add(struct block_writer *writer)
{
	AUTO_BUF header = { 0 };

	buf_add(&header, BLOCK_MAGIC, BLOCK_MAGIC_SIZE);
	buf_add_u32(&header, BLOCK_VERSION);
	buf_add_u32(&header, writer->tier);
	buf_add_u64(&header, writer->sequence);
	buf_add_u32(&header, 0);
	if (!buf_failed(&header))
		buf_add_u32(&header, checksum(header.data, header.len));
	return buf_failed(&header) ? -ENOMEM : block_put(writer, header.data, header.len);
}

static char *temporary_path(const char *dir, uint64_t sequence)
{
	char name[48];

	snprintf(name, sizeof name, "%llu.tmp", (unsigned long long)sequence);
	return path_join(dir, name);
}

static int writer_open(struct block_writer *writer, const char *store_path, struct error *err)
{
	int r;

	writer->dir = path_join(store_path, tier_name(writer->tier));
	writer->temporary = writer->dir ? temporary_path(writer->dir, writer->sequence) : NULL;
	writer->zstd = ZSTD_createCCtx();
	if (!writer->temporary || !writer->zstd)
		return error_set(err, -ENOMEM, "%s: out of memory", store_path);
	r = dir_make(writer->dir, 0750, err);
	if (r == 0)
		r = writer->fd = file_open(writer->temporary, O_WRONLY | O_CREAT | O_TRUNC, 0640, err);
	if (r >= 0 && (r = header_add(writer)) < 0)
		error_set(err, r, "%s: %s", writer->temporary, error_name(r));
	return r;
}

int block_create(struct block_files *files, const char *store_path, enum kymo_tier tier, uint64_t sequence,
		 enum values_effort effort, struct block_writer **out, struct error *err)
{
	struct block_writer *writer = calloc(1, sizeof *writer);
	int r;

	if (!writer)
		return error_set(err, -ENOMEM, "%s: out of memory", store_path);
	writer->files = files;
	writer->effort = effort;
	writer->fd = -1;
	writer->tier = tier;
	writer->sequence = sequence;
	writer->first = INT64_MAX;
	writer->last = INT64_MIN;
	r = writer_open(writer, store_path, err);
	if (r < 0) {
		block_abandon(writer);
		return r;
	}
	*out = writer;
	return 0;
}

static void writer_destroy(struct block_writer *writer)
{
	file_close(writer->fd);
	group_fini(writer);
	names_fini(writer);
	buf_fini(&writer->part);
	ZSTD_freeCCtx(writer->zstd);
	free(writer->replaced);
	free(writer->temporary);
	free(writer->dir);
	free(writer);
}

void block_abandon(struct block_writer *writer)
{
	if (!writer)
		return;
	if (writer->fd >= 0)
		file_remove(writer->temporary, NULL);
	writer_destroy(writer);
}

int block_replaces(struct block_writer *writer, const struct block *old)
{
	uint64_t *more = realloc(writer->replaced, (writer->n_replaced + 1) * sizeof *more);

	if (!more)
		return -ENOMEM;
	writer->replaced = more;
	more[writer->n_replaced++] = block_sequence(old);
	block_covers_wal(writer, block_wal(old));
	return 0;
}

void block_covers_wal(struct block_writer *writer, uint64_t segment)
{
	if (segment > writer->wal)
		writer->wal = segment;
}

int block_add_series(struct block_writer *writer, series_ref ref, struct labels labels, const struct metric *metric)
{
	const struct made_series *before;
	int r = group_end_series(writer);

	before = group_series(writer);
	CHECK(!before || ref > before->ref, "ref=%u after %u", ref, before->ref);
	if (r == 0)
		r = group_add_series(writer, ref);
	writer->hint = (struct values_hint){ 0 };
	writer->guide = 0;
	return r < 0 ? r : names_add_series(writer, labels, metric);
}

/* ---- packing ---- */

int block_pack(struct block_writer *writer, const struct buf *from, bool try, struct buf *out, uint32_t *size)
{
	size_t room = ZSTD_compressBound(from->len), n = from->len;
	uint8_t *to = buf_reserve(out, room);

	if (!to)
		return -ENOMEM;
	if (try)
		n = ZSTD_compressCCtx(writer->zstd, to, room, from->data, from->len, PACK_LEVEL);
	if (ZSTD_isError(n))
		return -ENOMEM;
	if (n + from->len / PAYS >= from->len) {
		n = from->len;
		memcpy(to, from->data, n);
	}
	out->len += n;
	*size = (uint32_t)n;
	return 0;
}

/* ---- the end ---- */

static int section_put(struct block_writer *writer, const struct buf *bytes, struct buf *footer, uint32_t unpacked)
{
	buf_add_u64(footer, writer->written);
	buf_add_u64(footer, bytes->len);
	buf_add_u32(footer, unpacked);
	buf_add_u32(footer, checksum(bytes->data, bytes->len));
	if (buf_failed(bytes) || buf_failed(footer))
		return -ENOMEM;
	return bytes->len ? block_put(writer, bytes->data, bytes->len) : 0;
}

static int directory_put(struct block_writer *writer, struct buf *footer)
{
	AUTO_BUF bytes = { 0 };

	buf_add_varint(&bytes, writer->n_columns);
	buf_add(&bytes, writer->column_places.data, writer->column_places.len);
	buf_add_varint(&bytes, writer->n_pages);
	buf_add(&bytes, writer->page_places.data, writer->page_places.len);
	return section_put(writer, &bytes, footer, 0);
}

static int names_put(struct block_writer *writer, struct buf *footer)
{
	AUTO_BUF bytes = { 0 };
	uint32_t unpacked;
	int r = names_pack(writer, &bytes, &unpacked);

	return r < 0 ? r : section_put(writer, &bytes, footer, unpacked);
}

static int sections_put(struct block_writer *writer, struct buf *footer)
{
	int r = section_put(writer, &writer->columns, footer, 0);

	if (r == 0)
		r = section_put(writer, &writer->pages, footer, 0);
	if (r == 0)
		r = directory_put(writer, footer);
	if (r == 0)
		r = names_put(writer, footer);
	return r;
}

/* (start, end]: of samples, start is a millisecond before the first; of records, where its window begins. */
static kymo_ms start_of(const struct block_writer *writer)
{
	kymo_ms width = tier_width(writer->tier), start;

	return __builtin_sub_overflow(writer->first, width ? width : 1, &start) ? INT64_MIN : start;
}

static void footer_begin(const struct block_writer *writer, struct buf *footer)
{
	buf_add_u64(footer, (uint64_t)start_of(writer));
	buf_add_u64(footer, (uint64_t)writer->last);
	buf_add_u64(footer, writer->entries);
	buf_add_u64(footer, writer->wal);
	buf_add_u32(footer, writer->n_series);
	buf_add_u32(footer, 0);
}

static int footer_put(struct block_writer *writer, struct buf *footer)
{
	for (uint32_t i = 0; i < writer->n_replaced; i++)
		buf_add_u64(footer, writer->replaced[i]);
	if (buf_failed(footer))
		return -ENOMEM;
	if (footer->len > BLOCK_FOOTER_MOST)
		return -E2BIG;
	buf_add_u32(footer, (uint32_t)footer->len);
	buf_add_u32(footer, checksum(footer->data, footer->len - 4));
	buf_add(footer, BLOCK_END, BLOCK_MAGIC_SIZE);
	return buf_failed(footer) ? -ENOMEM : block_put(writer, footer->data, footer->len);
}

static int write_end(struct block_writer *writer)
{
	AUTO_BUF footer = { 0 };
	int r;

	footer_begin(writer, &footer);
	r = sections_put(writer, &footer);
	if (r == 0)
		r = footer_put(writer, &footer);
	if (r == 0)
		r = part_write(writer);
	return r < 0 ? r : file_sync(writer->fd);
}

static char *final_path(const struct block_writer *writer)
{
	char name[80];

	snprintf(name, sizeof name, "%lld-%lld-%llu" BLOCK_ENDING, (long long)start_of(writer), (long long)writer->last,
		 (unsigned long long)writer->sequence);
	return path_join(writer->dir, name);
}

static int publish(struct block_writer *writer, struct block **out, struct error *err)
{
	AUTO_FREE char *path = final_path(writer);
	int r;

	if (!path)
		return error_set(err, -ENOMEM, "%s: out of memory", writer->dir);
	r = file_rename(writer->temporary, path, err);
	if (r < 0)
		return r;
	r = dir_sync(writer->dir, err);
	if (r == 0)
		r = block_open(writer->files, path, out, err);
	if (r < 0)
		file_remove(path, NULL);	/* nobody knows of it yet */
	return r;
}

int block_finish(struct block_writer *writer, struct block **out, struct error *err)
{
	int r = group_end_series(writer);

	*out = NULL;
	if (r == 0)
		r = group_end_all(writer);
	if (r == 0 && !writer->n_series) {
		block_abandon(writer);
		return 0;
	}
	if (r == 0)
		r = write_end(writer);
	if (r < 0)
		error_set(err, r, "%s: %s", writer->temporary, error_name(r));
	else
		r = publish(writer, out, err);
	if (r < 0)
		block_abandon(writer);
	else
		writer_destroy(writer);
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * block_write.c - chunks go to the file as they come; directory and names are
 * gathered in memory and follow. A series without chunks is left out. The file
 * has a temporary name until all of it is on the disk.
 */
#include "store/block.h"
#include "store/block_format.h"
#include "util/buf.h"
#include "util/check.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <zstd.h>

enum { PART = 1 << 16, NAMES_LEVEL = 3 };

/* Where a metric stands in `metrics`. */
struct metric_place {
	size_t at, size;
};

struct block_writer {
	char *dir, *temporary;
	int fd;
	enum kymo_tier tier;
	uint64_t sequence, written, wal, entries;
	kymo_ms first, last;
	struct buf part;		/* of the file, not written yet */
	struct buf directory, names, metrics;
	uint32_t n_series, n_chunks;

	struct map by_metric;
	struct metric_place *places;
	uint32_t n_metrics, room_metrics;

	series_ref ref, ref_before;	/* the series that takes chunks; the one before it */
	uint32_t ref_chunks;
	kymo_ms chunk_last;
	struct buf ref_directory, ref_names;

	uint64_t *replaced;
	uint32_t n_replaced;
};

/* ---- the file ---- */

static int part_write(struct block_writer *writer)
{
	int r = file_write(writer->fd, writer->part.data, writer->part.len);

	buf_clear(&writer->part);
	return r;
}

static int put(struct block_writer *writer, const void *data, size_t n)
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
	return buf_failed(&header) ? -ENOMEM : put(writer, header.data, header.len);
}

static char *temporary_path(const char *dir, uint64_t sequence)
{
	char name[48];

	snprintf(name, sizeof name, "%llu.tmp", (unsigned long long)sequence);
	return path_join(dir, name);
}

int block_create(const char *store_path, enum kymo_tier tier, uint64_t sequence, struct block_writer **out, struct error *err)
{
	struct block_writer *writer = calloc(1, sizeof *writer);
	int r = -ENOMEM;

	if (!writer)
		return error_set(err, -ENOMEM, "%s: out of memory", store_path);
	*writer = (struct block_writer){ .fd = -1, .tier = tier, .sequence = sequence, .first = INT64_MAX, .last = INT64_MIN };
	writer->dir = path_join(store_path, tier_name(tier));
	writer->temporary = writer->dir ? temporary_path(writer->dir, sequence) : NULL;
	if (!writer->temporary)
		error_set(err, r, "%s: out of memory", store_path);
	else if ((r = dir_make(writer->dir, 0750, err)) == 0)
		r = writer->fd = file_open(writer->temporary, O_WRONLY | O_CREAT | O_TRUNC, 0640, err);
	if (r >= 0 && (r = header_add(writer)) < 0)
		error_set(err, r, "%s: %s", writer->temporary, error_name(r));
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
	buf_fini(&writer->part);
	buf_fini(&writer->directory);
	buf_fini(&writer->names);
	buf_fini(&writer->metrics);
	buf_fini(&writer->ref_directory);
	buf_fini(&writer->ref_names);
	map_fini(&writer->by_metric);
	free(writer->places);
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

uint64_t block_written(const struct block_writer *writer)
{
	return writer->written;
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

/* ---- names ---- */

struct metric_key {
	const struct block_writer *writer;
	const uint8_t *data;
	size_t size;
};

static bool metric_equal(const void *owner, uint32_t item, const void *key)
{
	const struct block_writer *writer = owner;
	const struct metric_place *place = &writer->places[item];
	const struct metric_key *wanted = key;

	return place->size == wanted->size && !memcmp(writer->metrics.data + place->at, wanted->data, wanted->size);
}

static int places_grow(struct block_writer *writer)
{
	uint32_t room = writer->room_metrics ? writer->room_metrics * 2 : 32;
	struct metric_place *more = realloc(writer->places, room * sizeof *more);

	if (!more)
		return -ENOMEM;
	writer->places = more;
	writer->room_metrics = room;
	return 0;
}

/* The number of a metric: its bytes are there once. */
static int metric_number(struct block_writer *writer, const struct metric *metric, uint32_t *number)
{
	size_t at = writer->metrics.len;
	struct metric_key key = { .writer = writer };
	uint64_t hash;

	metric_encode(metric, &writer->metrics);
	if (buf_failed(&writer->metrics))
		return -ENOMEM;
	key.data = writer->metrics.data + at;
	key.size = writer->metrics.len - at;
	hash = hash_bytes(key.data, key.size);
	*number = map_find(&writer->by_metric, hash, &key, metric_equal, writer);
	if (*number != MAP_NONE) {
		writer->metrics.len = at;
		return 0;
	}
	if (writer->n_metrics == writer->room_metrics && places_grow(writer) < 0)
		return -ENOMEM;
	if (map_add(&writer->by_metric, hash, writer->n_metrics) < 0)
		return -ENOMEM;
	writer->places[writer->n_metrics] = (struct metric_place){ at, key.size };
	*number = writer->n_metrics++;
	return 0;
}

/* ---- series and chunks ---- */

static int series_end(struct block_writer *writer)
{
	if (writer->ref_chunks) {
		buf_add_varint(&writer->directory, writer->ref - writer->ref_before);
		buf_add_varint(&writer->directory, writer->ref_chunks);
		buf_add(&writer->directory, writer->ref_directory.data, writer->ref_directory.len);
		buf_add(&writer->names, writer->ref_names.data, writer->ref_names.len);
		writer->ref_before = writer->ref;
		writer->n_series++;
		writer->n_chunks += writer->ref_chunks;
	}
	writer->ref_chunks = 0;
	if (buf_failed(&writer->ref_directory) || buf_failed(&writer->ref_names) || buf_failed(&writer->directory) ||
	    buf_failed(&writer->names))
		return -ENOMEM;
	buf_clear(&writer->ref_directory);
	buf_clear(&writer->ref_names);
	return 0;
}

int block_add_series(struct block_writer *writer, series_ref ref, struct labels labels, const struct metric *metric)
{
	uint32_t number;
	int r = series_end(writer);

	CHECK(ref > writer->ref, "ref=%u after %u", ref, writer->ref);
	if (r == 0)
		r = metric_number(writer, metric, &number);
	if (r < 0)
		return r;
	writer->ref = ref;
	writer->chunk_last = 0;
	buf_add_varint(&writer->ref_names, number);
	buf_add_string(&writer->ref_names, (const char *)labels.data, labels.size);
	return buf_failed(&writer->ref_names) ? -ENOMEM : 0;
}

int block_add_chunk(struct block_writer *writer, enum chunk_form form, kymo_ms first, kymo_ms last, uint32_t n,
		    const void *data, uint32_t size)
{
	struct buf *out = &writer->ref_directory;

	CHECK(writer->ref && n && size && size <= BLOCK_CHUNK_MOST && first <= last, "n=%u size=%u", n, size);
	CHECK(!writer->ref_chunks || first > writer->chunk_last, "ref=%u", writer->ref);
	buf_add_zigzag(out, (int64_t)((uint64_t)first - (uint64_t)writer->chunk_last));
	buf_add_varint(out, (uint64_t)last - (uint64_t)first);
	buf_add_varint(out, n);
	buf_add_varint(out, size);
	buf_add_u8(out, (uint8_t)form);
	buf_add_u32(out, checksum(data, size));
	writer->ref_chunks++;
	writer->chunk_last = last;
	writer->entries += n;
	if (first < writer->first)
		writer->first = first;
	if (last > writer->last)
		writer->last = last;
	return put(writer, data, size);
}

/* ---- the end ---- */

struct section {
	uint64_t at;
	uint32_t size, unpacked, checksum;
};

static int directory_add(struct block_writer *writer, struct section *section)
{
	*section = (struct section){ writer->written, (uint32_t)writer->directory.len, (uint32_t)writer->directory.len,
				     checksum(writer->directory.data, writer->directory.len) };
	return writer->directory.len > UINT32_MAX ? -E2BIG : put(writer, writer->directory.data, writer->directory.len);
}

static int pack(const struct buf *from, struct buf *to)
{
	size_t room = ZSTD_compressBound(from->len), n;
	uint8_t *data = buf_reserve(to, room);

	if (!data)
		return -ENOMEM;
	n = ZSTD_compress(data, room, from->data, from->len, NAMES_LEVEL);
	if (ZSTD_isError(n))
		return -ENOMEM;
	to->len += n;
	return 0;
}

static int names_add(struct block_writer *writer, struct section *section)
{
	AUTO_BUF names = { 0 };
	AUTO_BUF packed = { 0 };

	buf_add_varint(&names, writer->n_metrics);
	buf_add(&names, writer->metrics.data, writer->metrics.len);
	buf_add(&names, writer->names.data, writer->names.len);
	if (buf_failed(&names) || pack(&names, &packed) < 0)
		return -ENOMEM;
	if (names.len > BLOCK_NAMES_MOST)
		return -E2BIG;
	*section = (struct section){ writer->written, (uint32_t)packed.len, (uint32_t)names.len,
				     checksum(packed.data, packed.len) };
	return put(writer, packed.data, packed.len);
}

static void section_add(struct buf *footer, const struct section *section)
{
	buf_add_u64(footer, section->at);
	buf_add_u32(footer, section->size);
	buf_add_u32(footer, section->unpacked);
	buf_add_u32(footer, section->checksum);
}

/* (start, end]: of samples, start is a millisecond before the first; of records, where its window begins. */
static kymo_ms start_of(const struct block_writer *writer)
{
	kymo_ms width = tier_width(writer->tier), start;

	return __builtin_sub_overflow(writer->first, width ? width : 1, &start) ? INT64_MIN : start;
}

static int footer_add(struct block_writer *writer, const struct section *directory, const struct section *names)
{
	AUTO_BUF footer = { 0 };

	buf_add_u64(&footer, (uint64_t)start_of(writer));
	buf_add_u64(&footer, (uint64_t)writer->last);
	buf_add_u64(&footer, writer->entries);
	buf_add_u64(&footer, writer->wal);
	buf_add_u32(&footer, writer->n_series);
	buf_add_u32(&footer, writer->n_chunks);
	section_add(&footer, directory);
	section_add(&footer, names);
	for (uint32_t i = 0; i < writer->n_replaced; i++)
		buf_add_u64(&footer, writer->replaced[i]);
	if (buf_failed(&footer))
		return -ENOMEM;
	if (footer.len > BLOCK_FOOTER_MOST)
		return -E2BIG;
	buf_add_u32(&footer, (uint32_t)footer.len);
	buf_add_u32(&footer, checksum(footer.data, footer.len - 4));
	buf_add(&footer, BLOCK_END, BLOCK_MAGIC_SIZE);
	return buf_failed(&footer) ? -ENOMEM : put(writer, footer.data, footer.len);
}

static int write_end(struct block_writer *writer)
{
	struct section directory, names;
	int r = directory_add(writer, &directory);

	if (r == 0)
		r = names_add(writer, &names);
	if (r == 0)
		r = footer_add(writer, &directory, &names);
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
		r = block_open(path, out, err);
	if (r < 0)
		file_remove(path, NULL);	/* nobody knows of it yet */
	return r;
}

int block_finish(struct block_writer *writer, struct block **out, struct error *err)
{
	int r = series_end(writer);

	*out = NULL;
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

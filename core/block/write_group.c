/* SPDX-License-Identifier: MIT */
/*
 * write_group.c - when a group has its 16 series, its chunks go to the file,
 * the first ones of all series first, and the table gets an entry for each.
 */
#include "block/writer.h"
#include "util/check.h"
#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

enum { PAGE_BYTES = 4096 };

static uint32_t count_chunks(const struct made_series *series)
{
	return (uint32_t)(series->chunks.len / sizeof(struct made_chunk));
}

static struct made_chunk *chunks_of(const struct made_series *series)
{
	return (struct made_chunk *)series->chunks.data;
}

struct made_series *group_series(struct block_writer *writer)
{
	return writer->n_group ? &writer->group[writer->n_group - 1] : NULL;
}

/* ---- chunks ---- */

/* Where times stand with the chunk: their length, they, the rest. */
static int add_chunk_bytes(struct block_writer *writer, const struct made_series *series, const struct made_chunk *chunk,
			   const uint8_t *data, struct buf *out)
{
	if (!series->records) {
		const struct made_times *times = times_at(writer, chunk->times);

		if (!times->column)
			buf_add_string(out, (const char *)writer->group_times.data + times->at, times->size);
	}
	if (!series->one_value)
		buf_add(out, data, chunk->size);
	return buf_failed(out) ? -ENOMEM : 0;
}

static int end_frame(struct block_writer *writer)
{
	AUTO_BUF packed = { 0 };
	uint32_t size;
	int r;

	if (!writer->raw.len)
		return 0;
	r = block_pack(writer, &writer->raw, writer->effort == VALUES_COMPACT, &packed, &size);
	if (r < 0)
		return r;
	buf_add_varint(&writer->frames, writer->raw.len);
	buf_add_varint(&writer->frames, writer->raw.len - size);
	buf_add_u32(&writer->frames, checksum(packed.data, size));
	writer->n_frames++;
	writer->page_frames += size;
	buf_clear(&writer->raw);
	return buf_failed(&writer->frames) ? -ENOMEM : block_put(writer, packed.data, size);
}

/* One chunk to the frame; its size in the frame takes the place of its size. */
static int put_chunk(struct block_writer *writer, struct made_series *series, struct made_chunk *chunk, const uint8_t *data)
{
	AUTO_BUF bytes = { 0 };
	int r = add_chunk_bytes(writer, series, chunk, data, &bytes);

	if (r == 0 && writer->raw.len && writer->raw.len + bytes.len > FRAME_MOST)
		r = end_frame(writer);
	if (r < 0)
		return r;
	buf_add(&writer->raw, bytes.data, bytes.len);
	chunk->size = (uint32_t)bytes.len;
	return buf_failed(&writer->raw) ? -ENOMEM : 0;
}

static int put_all_chunks(struct block_writer *writer)
{
	size_t at[BLOCK_GROUP] = { 0 };
	uint32_t most = 0;
	int r = 0;

	for (uint32_t i = 0; i < writer->n_group; i++)
		most = count_chunks(&writer->group[i]) > most ? count_chunks(&writer->group[i]) : most;
	for (uint32_t k = 0; k < most && r == 0; k++) {
		for (uint32_t i = 0; i < writer->n_group && r == 0; i++) {
			struct made_series *series = &writer->group[i];
			struct made_chunk *chunk = k < count_chunks(series) ? &chunks_of(series)[k] : NULL;
			uint32_t size = chunk ? chunk->size : 0;

			if (chunk)
				r = put_chunk(writer, series, chunk, series->bytes.data + at[i]);
			at[i] += size;
		}
		if (r == 0 && writer->raw.len >= FRAME_LEAST)
			r = end_frame(writer);
	}
	return r < 0 ? r : end_frame(writer);
}

/* ---- the table ---- */

static bool same_times(const struct block_writer *writer, const struct made_series *a, const struct made_series *b)
{
	uint32_t n = count_chunks(a);

	if (n != count_chunks(b))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const struct made_chunk *x = &chunks_of(a)[i], *y = &chunks_of(b)[i];
		uint32_t of_x = a->records ? 0 : times_at(writer, x->times)->column;
		uint32_t of_y = b->records ? 0 : times_at(writer, y->times)->column;

		if (of_x != of_y || x->first != y->first || x->last != y->last || x->n != y->n)
			return false;
	}
	return true;
}

static void add_slots(struct block_writer *writer, const struct made_series *series)
{
	struct buf *out = &writer->page;
	kymo_ms before = 0;
	uint32_t column_before = 0;

	buf_add_varint(out, count_chunks(series));
	for (uint32_t i = 0; i < count_chunks(series); i++) {
		const struct made_chunk *chunk = &chunks_of(series)[i];
		uint32_t column = series->records ? 0 : times_at(writer, chunk->times)->column;

		if (column) {
			int64_t step = (int64_t)column - column_before - 1;

			buf_add_varint(out, (uint64_t)(step * 2 ^ step >> 63) << 1 | 1);
			column_before = column;
		} else {
			buf_add_varint(out, (uint64_t)chunk->n << 1);
			buf_add_zigzag(out, (int64_t)((uint64_t)chunk->first - (uint64_t)before));
			buf_add_varint(out, (uint64_t)chunk->last - (uint64_t)chunk->first);
		}
		before = chunk->last;
	}
}

static int add_value(struct block_writer *writer, const struct made_series *series)
{
	AUTO_BUF bytes = { 0 };
	double value;

	memcpy(&value, &series->value_bits, sizeof value);
	if (values_encode_same(value, &bytes) < 0)
		return -ENOMEM;
	buf_add_string(&writer->page, (const char *)bytes.data, bytes.len);
	return 0;
}

static int add_entry(struct block_writer *writer, const struct made_series *series, const struct made_series *before)
{
	bool same = before && same_times(writer, series, before);
	struct buf *out = &writer->page;

	buf_add_varint(out, series->ref - writer->page_before);
	writer->page_before = series->ref;
	buf_add_u8(out, (uint8_t)((series->records ? SERIES_RECORDS : 0) | (same ? SERIES_AS_BEFORE : 0) |
				  (series->one_value ? SERIES_ONE_VALUE : 0)));
	if (!same)
		add_slots(writer, series);
	if (series->one_value && add_value(writer, series) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < count_chunks(series); i++)
		if (chunks_of(series)[i].size)
			buf_add_varint(out, chunks_of(series)[i].size);
	return buf_failed(out) ? -ENOMEM : 0;
}

static int end_page(struct block_writer *writer)
{
	struct buf *places = &writer->page_places;
	size_t at = writer->pages.len;
	uint32_t size;

	if (!writer->page.len)
		return 0;
	if (block_pack(writer, &writer->page, true, &writer->pages, &size) < 0)
		return -ENOMEM;
	buf_add_varint(places, writer->page_first);
	buf_add_varint(places, writer->page_series);
	buf_add_varint(places, size);
	buf_add_varint(places, writer->page.len);
	buf_add_varint(places, writer->page_frames);
	buf_add_u32(places, checksum(writer->pages.data + at, size));
	writer->n_pages++;
	buf_clear(&writer->page);
	writer->page_series = 0;
	writer->page_frames = 0;
	return buf_failed(places) ? -ENOMEM : 0;
}

/* The first page names its first series, later ones how far behind the first of the page before theirs is. */
static void begin_page(struct block_writer *writer)
{
	writer->page_first = writer->group[0].ref - writer->first_before;
	writer->first_before = writer->group[0].ref;
	writer->page_before = 0;
}

static int add_group(struct block_writer *writer)
{
	int r = 0;

	buf_add_varint(&writer->page, writer->n_group - 1);
	for (uint32_t i = 0; i < writer->n_group && r == 0; i++)
		r = add_entry(writer, &writer->group[i], i ? &writer->group[i - 1] : NULL);
	buf_add_varint(&writer->page, writer->n_frames);
	buf_add(&writer->page, writer->frames.data, writer->frames.len);
	return r < 0 || buf_failed(&writer->page) ? -ENOMEM : 0;
}

static int end_group(struct block_writer *writer)
{
	int r;

	if (!writer->n_group)
		return 0;
	if (!writer->page.len)
		begin_page(writer);
	r = times_share(writer);
	if (r == 0)
		r = put_all_chunks(writer);
	if (r == 0)
		r = add_group(writer);
	if (r == 0)
		r = times_forget(writer);
	if (r < 0)
		return r;
	writer->n_series += writer->n_group;
	writer->page_series += writer->n_group;
	writer->n_group = writer->n_frames = 0;
	buf_clear(&writer->frames);
	return writer->page.len < PAGE_BYTES ? 0 : end_page(writer);
}

/* ---- series ---- */

static size_t group_bytes(const struct block_writer *writer)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < writer->n_group; i++)
		bytes += writer->group[i].bytes.len;
	return bytes;
}

int group_add_series(struct block_writer *writer, series_ref ref)
{
	struct made_series *series;
	int r = 0;

	if (writer->n_group == BLOCK_GROUP || group_bytes(writer) > GROUP_BYTES)
		r = end_group(writer);
	if (r < 0)
		return r;
	series = &writer->group[writer->n_group++];
	series->ref = ref;
	series->records = series->one_value = false;
	buf_clear(&series->chunks);
	buf_clear(&series->bytes);
	return 0;
}

int group_add_chunk(struct block_writer *writer, kymo_ms first, kymo_ms last, uint32_t n, uint32_t times, uint32_t size)
{
	struct made_series *series = group_series(writer);
	struct made_chunk chunk = { first, last, n, times, size };

	buf_add(&series->chunks, &chunk, sizeof chunk);
	writer->entries += n;
	if (first < writer->first)
		writer->first = first;
	if (last > writer->last)
		writer->last = last;
	return buf_failed(&series->chunks) ? -ENOMEM : 0;
}

int group_end_series(struct block_writer *writer)
{
	struct made_series *series = group_series(writer);
	int r = series ? samples_end(writer) : 0;

	if (!series || r < 0)
		return r;
	if (!series->chunks.len) {
		writer->n_group--;
		return 0;
	}
	names_keep(writer);
	if (series->records)
		return 0;
	buf_clear(&writer->guides);
	buf_add(&writer->guides, series->chunks.data, series->chunks.len);
	return buf_failed(&writer->guides) ? -ENOMEM : 0;
}

int group_end_all(struct block_writer *writer)
{
	int r = end_group(writer);

	return r < 0 ? r : end_page(writer);
}

int block_add_records(struct block_writer *writer, kymo_ms first, kymo_ms last, uint32_t n, const void *data, uint32_t size)
{
	struct made_series *series = group_series(writer);

	CHECK(series && n && n <= BLOCK_ENTRIES_MOST && size && size <= BLOCK_PAGE_MOST && first <= last, "n=%u size=%u", n, size);
	CHECK(!writer->n && (series->records || !series->chunks.len), "ref=%u", series->ref);
	series->records = true;
	buf_add(&series->bytes, data, size);
	return buf_failed(&series->bytes) ? -ENOMEM : group_add_chunk(writer, first, last, n, 0, size);
}

void group_fini(struct block_writer *writer)
{
	for (uint32_t i = 0; i < BLOCK_GROUP; i++) {
		buf_fini(&writer->group[i].chunks);
		buf_fini(&writer->group[i].bytes);
	}
	buf_fini(&writer->guides);
	buf_fini(&writer->raw);
	buf_fini(&writer->frames);
	buf_fini(&writer->times);
	map_fini(&writer->by_times);
	buf_fini(&writer->group_times);
	buf_fini(&writer->columns);
	buf_fini(&writer->column_places);
	buf_fini(&writer->page);
	buf_fini(&writer->pages);
	buf_fini(&writer->page_places);
}

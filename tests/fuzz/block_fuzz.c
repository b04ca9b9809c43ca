/* SPDX-License-Identifier: MIT */
/*
 * block_fuzz.c - any bytes as a block file, in memory: everything in it is read,
 * and chunks of samples are decoded.
 *
 * Checksums would keep almost every input out, so those of header, trailer and
 * sections, pages and columns are put right first where the places they stand in
 * can be found; those of frames stay.
 */
#include "block/block.h"
#include "block/format.h"
#include "head/chunk.h"
#include "util/buf.h"
#include "util/check.h"
#include "util/file.h"
#include "util/hash.h"

#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static uint32_t get_u32(const uint8_t *at)
{
	struct reader in = reader_of(at, 4);

	return read_u32(&in);
}

static uint64_t get_u64(const uint8_t *at)
{
	struct reader in = reader_of(at, 8);

	return read_u64(&in);
}

static void put_u32(uint8_t *at, uint32_t v)
{
	memcpy(at, &v, sizeof v);
}

/* A place in the footer. */
static void mend_section(const uint8_t *data, size_t size, uint8_t *place)
{
	uint64_t at = get_u64(place), n = get_u64(place + 8);

	if (at <= size && n <= size - at)
		put_u32(place + 20, checksum(data + at, n));
}

static void mend_part(struct reader *in, const uint8_t *data, size_t size, uint64_t *at, uint64_t n)
{
	uint8_t *sum = (uint8_t *)(uintptr_t)in->at;

	read_u32(in);
	if (!in->bad && *at <= size && n <= size - *at)
		put_u32(sum, checksum(data + *at, n));
	*at += n;
}

/* Columns and pages have their checksums in the directory, which is the third section. */
static void mend_directory(uint8_t *data, size_t size, const uint8_t *sections)
{
	uint64_t at = get_u64(sections + 2 * BLOCK_SECTION), n = get_u64(sections + 2 * BLOCK_SECTION + 8);
	uint64_t times = get_u64(sections), table = get_u64(sections + BLOCK_SECTION);
	struct reader in = at <= size && n <= size - at ? reader_of(data + at, n) : reader_of(NULL, 0);

	for (uint64_t i = read_varint(&in); i && !in.bad; i--) {
		for (int k = 0; k < 3; k++)
			read_varint(&in);
		mend_part(&in, data, size, &times, read_varint(&in));
	}
	for (uint64_t i = read_varint(&in); i && !in.bad; i--) {
		read_varint(&in);
		read_varint(&in);
		n = read_varint(&in);
		read_varint(&in);
		read_varint(&in);
		mend_part(&in, data, size, &table, n);
	}
}

static void mend(uint8_t *data, size_t size)
{
	uint32_t footer;
	uint8_t *sections;

	if (size < BLOCK_HEADER + BLOCK_FOOTER + BLOCK_TRAILER)
		return;
	put_u32(data + BLOCK_HEADER - 4, checksum(data, BLOCK_HEADER - 4));
	footer = get_u32(data + size - BLOCK_TRAILER);
	if (footer < BLOCK_FOOTER || footer > size - BLOCK_TRAILER)
		return;
	sections = data + size - BLOCK_TRAILER - footer + BLOCK_FOOTER - BLOCK_SECTIONS * BLOCK_SECTION;
	mend_directory(data, size, sections);
	for (int i = 0; i < BLOCK_SECTIONS; i++)
		mend_section(data, size, sections + i * BLOCK_SECTION);
	put_u32(data + size - BLOCK_TRAILER + 4, checksum(data + size - BLOCK_TRAILER - footer, footer));
}

static void read_chunk(struct block *block, const struct block_chunk *chunk)
{
	static kymo_ms at[BLOCK_ENTRIES_MOST];
	static double values[BLOCK_ENTRIES_MOST];
	AUTO_BUF bytes = { 0 };
	struct block_times times;
	struct block_fold fold;

	if (chunk->records) {
		block_read_records(block, chunk, 0, NULL, &bytes);
		return;
	}
	CHECK(chunk->n <= BLOCK_ENTRIES_MOST, "n=%u", chunk->n);
	if (block_read_samples(block, chunk, 0, NULL, at, &times, values) == 0)
		CHECK(times.at[0] == chunk->first && times.at[chunk->n - 1] == chunk->last, "n=%u", chunk->n);
	block_times_end(&times);
	block_read_fold(block, chunk, 0, NULL, &fold);
}

static void read_series(struct block *block, const struct block_series *series)
{
	struct block_chunks chunks = { 0 };
	const struct metric *metric;
	struct labels labels;

	if (block_names(block, series->place, &labels, &metric) == 0)
		CHECK(labels_sound(labels) && metric->name, "ref=%u", series->ref);
	if (block_find(block, series->ref, INT64_MIN, INT64_MAX, &chunks, NULL) > 0)
		CHECK(chunks.n == series->n_chunks, "ref=%u n=%u", series->ref, chunks.n);
	for (uint32_t k = 0; k < chunks.n; k++)
		read_chunk(block, &chunks.chunk[k]);
	block_chunks_fini(&chunks);
}

static void read_all(struct block *block)
{
	struct block_walk walk = block_walk(block);
	struct block_series series;
	int r;

	while ((r = block_walk_next(&walk, &series)))
		if (r > 0)
			read_series(block, &series);
	block_walk_end(&walk);
}

static void open_bytes(const uint8_t *data, size_t size)
{
	struct block_files *files = block_files_create();
	int fd = memfd_create("block", MFD_CLOEXEC);
	struct block *block;
	char path[64];

	CHECK(files && fd >= 0 && file_write(fd, data, size) == 0, "size=%zu", size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (block_open(files, path, &block, NULL) == 0) {
		read_all(block);
		block_unref(block);
	}
	block_files_destroy(files);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	static kymo_ms at[CHUNK_LIMIT];
	static double values[CHUNK_LIMIT];

	CHECK(copy, "size=%zu", size);
	if (size)
		memcpy(copy, data, size);
	mend(copy, size);
	open_bytes(copy, size);
	if (chunk_count(copy, size) > 0)
		chunk_decode(copy, size, at, values);
	free(copy);
	return 0;
}

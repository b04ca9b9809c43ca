/* SPDX-License-Identifier: MIT */
/*
 * block_fuzz.c - any bytes as a block file, in memory: everything in it is read,
 * and chunks of samples are decoded.
 *
 * Checksums would keep almost every input out, so those of header, trailer and
 * sections are put right first where the places they stand in can be found.
 */
#include "store/block.h"
#include "store/block_format.h"
#include "store/chunk.h"
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

/* A place in the footer: offset u64, size u32, unpacked u32, checksum u32. */
static void mend_section(const uint8_t *data, size_t size, uint8_t *place)
{
	uint64_t at = get_u64(place), n = get_u32(place + 8);

	if (at <= size && n <= size - at)
		put_u32(place + 16, checksum(data + at, n));
}

static void mend(uint8_t *data, size_t size)
{
	uint32_t footer;

	if (size < BLOCK_HEADER + BLOCK_FOOTER + BLOCK_TRAILER)
		return;
	put_u32(data + BLOCK_HEADER - 4, checksum(data, BLOCK_HEADER - 4));
	footer = get_u32(data + size - BLOCK_TRAILER);
	if (footer < BLOCK_FOOTER || footer > size - BLOCK_TRAILER)
		return;
	mend_section(data, size, data + size - BLOCK_TRAILER - footer + BLOCK_FOOTER - 40);
	mend_section(data, size, data + size - BLOCK_TRAILER - footer + BLOCK_FOOTER - 20);
	put_u32(data + size - BLOCK_TRAILER + 4, checksum(data + size - BLOCK_TRAILER - footer, footer));
}

static void read_chunk(struct block *block, const struct block_chunk *chunk)
{
	static kymo_ms at[CHUNK_LIMIT];
	static double values[CHUNK_LIMIT];
	AUTO_BUF bytes = { 0 };

	if (block_read(block, chunk, &bytes) == 0 && chunk->form == CHUNK_SAMPLES && chunk_count(bytes.data, bytes.len) > 0)
		chunk_decode(bytes.data, bytes.len, at, values);
}

static void read_all(struct block *block)
{
	for (uint32_t i = 0; i < block_count(block); i++) {
		const struct block_series *series = block_series_at(block, i);
		const struct metric *metric;
		struct labels labels;

		CHECK(block_find(block, series->ref) == series, "ref=%u", series->ref);
		if (block_names(block, series, &labels, &metric) == 0)
			CHECK(labels_sound(labels) && metric->name, "ref=%u", series->ref);
		for (uint32_t k = 0; k < series->n_chunks; k++)
			read_chunk(block, &series->chunks[k]);
	}
}

static void open_bytes(const uint8_t *data, size_t size)
{
	int fd = memfd_create("block", MFD_CLOEXEC);
	struct block *block;
	char path[64];

	CHECK(fd >= 0 && file_write(fd, data, size) == 0, "size=%zu", size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (block_open(path, &block, NULL) == 0) {
		read_all(block);
		block_unref(block);
	}
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

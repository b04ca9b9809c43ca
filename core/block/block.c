/* SPDX-License-Identifier: MIT */
/*
 * block.c - opening: header, footer and directory are read and checked, nothing
 * else is. Every byte of the file belongs to a part with a checksum.
 */
#include "block/block.h"
#include "block/format.h"
#include "block/state.h"
#include "util/file.h"
#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

/* ---- bytes ---- */

int block_noted(struct block *block, int r)
{
	if (r == -EBADMSG)
		atomic_store(&block->damaged, true);
	if (r >= 0 || r == -EBADMSG || r == -ENOMEM)
		return r;
	atomic_store(&block->unread, true);
	atomic_store(&block->failure, -r);
	return -EIO;
}

int block_read_at(const struct block *block, uint64_t at, uint64_t n, struct buf *out)
{
	if (at > block->bytes || n > block->bytes - at)
		return -EBADMSG;
	return block_files_read(block->files, block->owner, block->path, at, (size_t)n, out);
}

int block_read_section(const struct block *block, const struct block_section *section, struct buf *out)
{
	int r;

	buf_clear(out);
	r = block_read_at(block, section->at, section->size, out);
	if (r < 0)
		return r;
	return checksum(out->data, out->len) == section->checksum ? 0 : -EBADMSG;
}

/* ---- header and footer ---- */

static int read_header(struct block *block)
{
	AUTO_BUF header = { 0 };
	struct reader in;
	uint32_t version, tier;
	int r = block_read_at(block, 0, BLOCK_HEADER, &header);

	if (r < 0)
		return r;
	in = reader_of(header.data, header.len);
	if (memcmp(read_bytes(&in, BLOCK_MAGIC_SIZE), BLOCK_MAGIC, BLOCK_MAGIC_SIZE) != 0)
		return -EBADMSG;
	version = read_u32(&in);
	tier = read_u32(&in);
	block->sequence = read_u64(&in);
	read_u32(&in);
	if (read_u32(&in) != checksum(header.data, BLOCK_HEADER - 4) || !version || tier >= TIERS)
		return -EBADMSG;
	if (version > BLOCK_VERSION)
		return -ENOTSUP;
	block->tier = (enum kymo_tier)tier;
	return 0;
}

static struct block_section read_place(struct reader *in)
{
	struct block_section section = { .at = read_u64(in) };

	section.size = read_u64(in);
	section.unpacked = read_u32(in);
	section.checksum = read_u32(in);
	return section;
}

/* Sections follow each other without a gap, up to the footer. */
static bool places_fit(const struct block *block, uint64_t footer_at)
{
	uint64_t at = block->section[0].at;

	for (int i = 0; i < SECTIONS; i++) {
		const struct block_section *section = &block->section[i];

		if (section->at != at || at < BLOCK_HEADER || at > footer_at || section->size > footer_at - at)
			return false;
		at += section->size;
	}
	return at == footer_at;
}

static int parse_footer(struct block *block, const struct buf *footer, uint64_t footer_at)
{
	struct reader in = reader_of(footer->data, footer->len);

	block->start = (kymo_ms)read_u64(&in);
	block->end = (kymo_ms)read_u64(&in);
	block->entries = read_u64(&in);
	block->wal = read_u64(&in);
	block->n_series = read_u32(&in);
	if (read_u32(&in))
		return -EBADMSG;
	for (int i = 0; i < SECTIONS; i++)
		block->section[i] = read_place(&in);
	block->n_replaced = (uint32_t)(reader_left(&in) / 8);
	if (in.bad || reader_left(&in) % 8 || !places_fit(block, footer_at) || block->start >= block->end)
		return -EBADMSG;
	block->replaced = malloc((block->n_replaced + 1) * sizeof *block->replaced);
	if (!block->replaced)
		return -ENOMEM;
	for (uint32_t i = 0; i < block->n_replaced; i++)
		block->replaced[i] = read_u64(&in);
	return 0;
}

static int read_footer(struct block *block)
{
	AUTO_BUF trailer = { 0 };
	AUTO_BUF footer = { 0 };
	struct reader in;
	uint32_t size, sum;
	int r;

	if (block->bytes < BLOCK_HEADER + BLOCK_FOOTER + BLOCK_TRAILER)
		return -EBADMSG;
	r = block_read_at(block, block->bytes - BLOCK_TRAILER, BLOCK_TRAILER, &trailer);
	if (r < 0)
		return r;
	in = reader_of(trailer.data, trailer.len);
	size = read_u32(&in);
	sum = read_u32(&in);
	if (memcmp(in.at, BLOCK_END, BLOCK_MAGIC_SIZE) != 0 || size < BLOCK_FOOTER || size > BLOCK_FOOTER_MOST ||
	    size > block->bytes - BLOCK_HEADER - BLOCK_TRAILER)
		return -EBADMSG;
	r = block_read_at(block, block->bytes - BLOCK_TRAILER - size, size, &footer);
	if (r < 0)
		return r;
	if (checksum(footer.data, footer.len) != sum)
		return -EBADMSG;
	return parse_footer(block, &footer, block->bytes - BLOCK_TRAILER - size);
}

static int read_directory(struct block *block)
{
	AUTO_BUF bytes = { 0 };
	int r = block_read_section(block, &block->section[SECTION_DIRECTORY], &bytes);

	return r < 0 ? r : block_parse_directory(block, &bytes);
}

/* ---- opening and closing ---- */

static void block_destroy(struct block *block)
{
	block_cache_forget(block_files_cache(block->files), block->owner);
	block_files_forget(block->files, block->owner);
	block_forget_names(block);
	free(block->replaced);
	free(block->columns);
	free(block->pages);
	free(block->times);
	free(block->path);
	pthread_mutex_destroy(&block->names_lock);
	free(block);
}

static int block_load(struct block *block)
{
	int r = read_header(block);

	if (r == 0)
		r = read_footer(block);
	if (r == 0)
		r = read_directory(block);
	return r < 0 ? r : block_load_times(block);
}

int block_open(struct block_files *files, const char *path, struct block **out, struct error *err)
{
	struct block *block = calloc(1, sizeof *block);
	int r;

	if (!block || !(block->path = strdup(path))) {
		free(block);
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	}
	atomic_init(&block->holders, 1);
	pthread_mutex_init(&block->names_lock, NULL);
	block->files = files;
	block->owner = block_files_owner(files);
	r = block_files_size(files, block->owner, path, &block->bytes, err);
	if (r == 0 && (r = block_load(block)) < 0)
		error_set(err, r, "%s: %s", path, r == -EBADMSG ? "damaged" : r == -ENOTSUP ? "written by a newer kymo" :
			  error_name(r));
	if (r < 0) {
		block_destroy(block);
		return r;
	}
	*out = block;
	return 0;
}

struct block *block_ref(struct block *block)
{
	atomic_fetch_add_explicit(&block->holders, 1, memory_order_relaxed);
	return block;
}

static void keep_aside(const struct block *block)
{
	size_t n = strlen(block->path);
	AUTO_FREE char *aside = malloc(n + sizeof ".damaged");

	if (!aside)
		return;
	memcpy(aside, block->path, n);
	strcpy(aside + n, ".damaged");
	file_rename(block->path, aside, NULL);
}

void block_unref(struct block *block)
{
	if (!block || atomic_fetch_sub_explicit(&block->holders, 1, memory_order_acq_rel) > 1)
		return;
	if (atomic_load(&block->doomed) && atomic_load(&block->damaged))
		keep_aside(block);
	else if (atomic_load(&block->doomed))
		file_remove(block->path, NULL);
	block_destroy(block);
}

void block_doom(struct block *block)
{
	atomic_store(&block->doomed, true);
}

void block_keep(struct block *block)
{
	atomic_store(&block->damaged, true);
}

/* ---- what it says of itself ---- */

enum kymo_tier block_tier(const struct block *block) { return block->tier; }
kymo_ms block_start(const struct block *block) { return block->start; }
kymo_ms block_end(const struct block *block) { return block->end; }
uint64_t block_sequence(const struct block *block) { return block->sequence; }
uint64_t block_bytes(const struct block *block) { return block->bytes; }
uint64_t block_entries(const struct block *block) { return block->entries; }
const char *block_path(const struct block *block) { return block->path; }
uint32_t block_count(const struct block *block) { return block->n_series; }
uint64_t block_wal(const struct block *block) { return block->wal; }

uint32_t block_replaced(const struct block *block, const uint64_t **sequences)
{
	*sequences = block->replaced;
	return block->n_replaced;
}

bool block_take_damage(struct block *block)
{
	return atomic_load(&block->damaged) && !atomic_exchange(&block->damage_told, true);
}

bool block_unread(const struct block *block) { return atomic_load(&block->unread); }
void block_try_again(struct block *block) { atomic_store(&block->unread, false); }
int block_take_failure(struct block *block) { return atomic_exchange(&block->failure, 0); }

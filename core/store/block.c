/* SPDX-License-Identifier: MIT */
/*
 * block.c - the directory of an open block is in memory; chunks are read when
 * they are wanted, names when somebody asks for them first.
 */
#include "store/block.h"
#include "store/block_format.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/log.h"
#include "util/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <zstd.h>

/* Of the series at the same place; points into `unpacked`. */
struct block_name {
	struct labels labels;
	uint32_t metric;
};

struct section {
	uint64_t at;
	uint32_t size, unpacked, checksum;
};

struct block {
	_Atomic uint32_t holders;
	_Atomic bool doomed, damaged, damage_told;
	char *path;
	int fd;
	enum kymo_tier tier;
	kymo_ms start, end;
	uint64_t sequence, bytes, entries, wal;
	uint32_t n_series, n_chunks, n_replaced;
	struct section directory, names_section;
	uint64_t *replaced;
	struct block_series *series;
	struct block_chunk *chunks;

	pthread_mutex_t names_lock;
	struct buf unpacked;
	struct block_name *names;	/* NULL: not asked for yet */
	uint32_t n_metrics;
	struct metric **metrics;
};

/* ---- sections ---- */

static int read_at(const struct block *block, uint64_t at, size_t n, struct buf *out)
{
	uint8_t *to = buf_reserve(out, n);
	ssize_t r;

	if (!to)
		return -ENOMEM;
	r = file_pread(block->fd, to, n, at);
	if (r < 0)
		return (int)r;
	if ((size_t)r < n)
		return -EBADMSG;
	out->len += n;
	return 0;
}

static int read_section(const struct block *block, const struct section *section, struct buf *out)
{
	int r;

	buf_clear(out);
	r = read_at(block, section->at, section->size, out);
	if (r < 0)
		return r;
	return checksum(out->data, out->len) == section->checksum ? 0 : -EBADMSG;
}

static int read_header(struct block *block)
{
	AUTO_BUF header = { 0 };
	struct reader in;
	uint32_t version, tier;
	int r = read_at(block, 0, BLOCK_HEADER, &header);

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

static struct section read_place(struct reader *in)
{
	struct section section = { .at = read_u64(in) };

	section.size = read_u32(in);
	section.unpacked = read_u32(in);
	section.checksum = read_u32(in);
	return section;
}

/* Sections follow each other without a gap, so that no byte is out of every checksum. */
static bool places_fit(const struct block *block, uint64_t footer_at)
{
	return block->directory.at >= BLOCK_HEADER && block->directory.at <= footer_at &&
	       block->names_section.at == block->directory.at + block->directory.size &&
	       footer_at == block->names_section.at + block->names_section.size;
}

static int parse_footer(struct block *block, const struct buf *footer, uint64_t footer_at)
{
	struct reader in = reader_of(footer->data, footer->len);

	block->start = (kymo_ms)read_u64(&in);
	block->end = (kymo_ms)read_u64(&in);
	block->entries = read_u64(&in);
	block->wal = read_u64(&in);
	block->n_series = read_u32(&in);
	block->n_chunks = read_u32(&in);
	block->directory = read_place(&in);
	block->names_section = read_place(&in);
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
	r = read_at(block, block->bytes - BLOCK_TRAILER, BLOCK_TRAILER, &trailer);
	if (r < 0)
		return r;
	in = reader_of(trailer.data, trailer.len);
	size = read_u32(&in);
	sum = read_u32(&in);
	if (memcmp(in.at, BLOCK_END, BLOCK_MAGIC_SIZE) != 0 || size < BLOCK_FOOTER || size > BLOCK_FOOTER_MOST ||
	    size > block->bytes - BLOCK_HEADER - BLOCK_TRAILER)
		return -EBADMSG;
	r = read_at(block, block->bytes - BLOCK_TRAILER - size, size, &footer);
	if (r < 0)
		return r;
	if (checksum(footer.data, footer.len) != sum)
		return -EBADMSG;
	return parse_footer(block, &footer, block->bytes - BLOCK_TRAILER - size);
}

/* ---- directory ---- */

/* `before`: where the chunk before it ended; 0 for the first. */
static bool parse_chunk(struct reader *in, kymo_ms before, bool first, uint64_t *offset, struct block_chunk *chunk)
{
	uint64_t n, size;

	chunk->first = (kymo_ms)((uint64_t)before + (uint64_t)read_zigzag(in));
	chunk->last = (kymo_ms)((uint64_t)chunk->first + read_varint(in));
	n = read_varint(in);
	size = read_varint(in);
	chunk->form = read_u8(in);
	chunk->checksum = read_u32(in);
	if (in->bad || !n || n > UINT32_MAX || !size || size > BLOCK_CHUNK_MOST || chunk->last < chunk->first ||
	    (!first && chunk->first <= before) || chunk->form > CHUNK_RECORDS)
		return false;
	chunk->n = (uint32_t)n;
	chunk->size = (uint32_t)size;
	chunk->offset = *offset;
	*offset += size;
	return true;
}

static bool parse_series(struct block *block, struct reader *in, struct block_series *series, uint32_t *chunks, uint64_t *offset)
{
	uint64_t n = read_varint(in);
	struct block_chunk *chunk = &block->chunks[*chunks];
	kymo_ms before = 0;

	if (in->bad || !n || n > block->n_chunks - *chunks)
		return false;
	series->n_chunks = (uint32_t)n;
	series->chunks = chunk;
	for (uint32_t i = 0; i < n; i++, chunk++) {
		if (!parse_chunk(in, before, !i, offset, chunk) || chunk->first <= block->start || chunk->last > block->end)
			return false;
		before = chunk->last;
	}
	*chunks += (uint32_t)n;
	return true;
}

static int parse_directory(struct block *block, const struct buf *directory)
{
	struct reader in = reader_of(directory->data, directory->len);
	uint64_t offset = BLOCK_HEADER, ref = 0;
	uint32_t chunks = 0;

	if (block->n_series > block->n_chunks || block->n_chunks > directory->len / BLOCK_CHUNK_LEAST)
		return -EBADMSG;
	block->series = calloc((size_t)block->n_series + 1, sizeof *block->series);
	block->chunks = calloc((size_t)block->n_chunks + 1, sizeof *block->chunks);
	if (!block->series || !block->chunks)
		return -ENOMEM;
	for (uint32_t i = 0; i < block->n_series; i++) {
		uint64_t step = read_varint(&in);

		if (!step || step > UINT32_MAX - ref)
			return -EBADMSG;
		ref += step;
		block->series[i].ref = (series_ref)ref;
		if (!parse_series(block, &in, &block->series[i], &chunks, &offset))
			return -EBADMSG;
	}
	return chunks == block->n_chunks && offset == block->directory.at && !reader_left(&in) ? 0 : -EBADMSG;
}

static int read_directory(struct block *block)
{
	AUTO_BUF directory = { 0 };
	int r = read_section(block, &block->directory, &directory);

	return r < 0 ? r : parse_directory(block, &directory);
}

/* ---- opening and closing ---- */

static void block_destroy(struct block *block)
{
	for (uint32_t i = 0; i < block->n_metrics; i++)
		metric_destroy(block->metrics[i]);
	file_close(block->fd);
	buf_fini(&block->unpacked);
	free(block->metrics);
	free(block->names);
	free(block->replaced);
	free(block->series);
	free(block->chunks);
	free(block->path);
	pthread_mutex_destroy(&block->names_lock);
	free(block);
}

static int block_load(struct block *block)
{
	int r = file_size(block->fd, &block->bytes);

	if (r == 0)
		r = read_header(block);
	if (r == 0)
		r = read_footer(block);
	return r < 0 ? r : read_directory(block);
}

int block_open(const char *path, struct block **out, struct error *err)
{
	struct block *block = calloc(1, sizeof *block);
	int r;

	if (!block || !(block->path = strdup(path))) {
		free(block);
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	}
	atomic_init(&block->holders, 1);
	pthread_mutex_init(&block->names_lock, NULL);
	r = block->fd = file_open(path, O_RDONLY, 0, err);
	if (r >= 0 && (r = block_load(block)) < 0)
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

const struct block_series *block_series_at(const struct block *block, uint32_t i)
{
	return &block->series[i];
}

const struct block_series *block_find(const struct block *block, series_ref ref)
{
	uint32_t from = 0, to = block->n_series;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (block->series[middle].ref < ref)
			from = middle + 1;
		else
			to = middle;
	}
	return from < block->n_series && block->series[from].ref == ref ? &block->series[from] : NULL;
}

/* ---- names ---- */

static int unpack_names(struct block *block)
{
	AUTO_BUF packed = { 0 };
	uint8_t *to;
	size_t n;
	int r;

	if (block->names_section.unpacked > BLOCK_NAMES_MOST)
		return -EBADMSG;
	r = read_section(block, &block->names_section, &packed);
	if (r < 0)
		return r;
	if (ZSTD_getFrameContentSize(packed.data, packed.len) != block->names_section.unpacked)
		return -EBADMSG;
	buf_clear(&block->unpacked);
	to = buf_reserve(&block->unpacked, block->names_section.unpacked);
	if (!to)
		return -ENOMEM;
	n = ZSTD_decompress(to, block->names_section.unpacked, packed.data, packed.len);
	if (ZSTD_isError(n) || n != block->names_section.unpacked)
		return -EBADMSG;
	block->unpacked.len = n;
	return 0;
}

static int parse_metrics(struct block *block, struct reader *in)
{
	uint64_t n = read_varint(in);

	if (n > block->n_series)
		return -EBADMSG;
	block->metrics = calloc((size_t)n + 1, sizeof *block->metrics);
	if (!block->metrics)
		return -ENOMEM;
	while (block->n_metrics < n) {
		struct metric *metric = metric_decode(in);

		if (!metric)
			return in->bad ? -EBADMSG : -ENOMEM;
		block->metrics[block->n_metrics++] = metric;
	}
	return 0;
}

static int parse_names(struct block *block, struct reader *in, struct block_name *names)
{
	for (uint32_t i = 0; i < block->n_series; i++) {
		uint64_t metric = read_varint(in);
		size_t size;
		const char *bytes = read_string(in, &size);

		names[i] = (struct block_name){ { (const uint8_t *)bytes, (uint32_t)size }, (uint32_t)metric };
		if (in->bad || metric >= block->n_metrics || !labels_sound(names[i].labels))
			return -EBADMSG;
	}
	return reader_left(in) ? -EBADMSG : 0;
}

static void forget_metrics(struct block *block)
{
	while (block->n_metrics)
		metric_destroy(block->metrics[--block->n_metrics]);
	free(block->metrics);
	block->metrics = NULL;
}

static int load_names(struct block *block)
{
	struct block_name *names = calloc((size_t)block->n_series + 1, sizeof *names);
	struct reader in;
	int r = names ? unpack_names(block) : -ENOMEM;

	if (r == 0) {
		in = reader_of(block->unpacked.data, block->unpacked.len);
		r = parse_metrics(block, &in);
	}
	if (r == 0)
		r = parse_names(block, &in, names);
	if (r < 0) {
		if (r == -EBADMSG)
			atomic_store(&block->damaged, true);
		forget_metrics(block);
		buf_fini(&block->unpacked);
		free(names);
		return r;
	}
	block->names = names;
	return 0;
}

int block_names(struct block *block, const struct block_series *series, struct labels *labels, const struct metric **metric)
{
	LOCK(&block->names_lock);
	const struct block_name *name;
	int r;

	if (!block->names && (r = load_names(block)) < 0)
		return r;
	name = &block->names[series - block->series];
	*labels = name->labels;
	*metric = block->metrics[name->metric];
	return 0;
}

void block_forget_names(struct block *block)
{
	LOCK(&block->names_lock);

	forget_metrics(block);
	buf_fini(&block->unpacked);
	free(block->names);
	block->names = NULL;
}

/* ---- chunks ---- */

int block_read(const struct block *block, const struct block_chunk *chunk, struct buf *out)
{
	size_t before = out->len;
	int r = read_at(block, chunk->offset, chunk->size, out);

	if (r == 0 && checksum(out->data + before, chunk->size) != chunk->checksum)
		r = -EBADMSG;
	if (r == -EBADMSG)
		atomic_store(&((struct block *)block)->damaged, true);
	if (r < 0)
		out->len = before;
	return r;
}

bool block_take_damage(struct block *block)
{
	return atomic_load(&block->damaged) && !atomic_exchange(&block->damage_told, true);
}

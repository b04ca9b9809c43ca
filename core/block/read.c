/* SPDX-License-Identifier: MIT */
/* read.c - parts of the file, checked and unpacked; frames and times through the cache; chunks out of them. */
#include "codec/times.h"
#include "block/format.h"
#include "block/state.h"
#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

#define READ_MOST ((uint64_t)256 << 10)		/* at once, for what is read next */
enum {
	TIMES_KEPT = 16 << 10,			/* bytes of times that an open block keeps */
	TIMES_AHEAD = 32 << 10
};

struct bytes {
	struct cached cached;
	uint8_t data[];
};

struct times {
	struct cached cached;
	kymo_ms at[];
};

static void destroy_plain(struct cached *cached)
{
	free(cached);
}

/* ---- parts ---- */

void block_input_fini(struct block_input *input)
{
	buf_fini(&input->frames.bytes);
	buf_fini(&input->times.bytes);
	*input = (struct block_input){ 0 };
}

static bool is_in(const struct block_ahead *input, const struct block *block, const struct block_part *part)
{
	return input->owner == block->owner && part->at >= input->at && part->at + part->size <= input->at + input->bytes.len;
}

/* Read it, and what follows as far as that is wanted. */
static int fill(struct block_ahead *input, const struct block *block, const struct block_part *part, uint64_t until)
{
	uint64_t n = until > part->at + part->size ? until - part->at : part->size;
	int r;

	if (n > READ_MOST && n > part->size)
		n = part->size > READ_MOST ? part->size : READ_MOST;
	buf_clear(&input->bytes);
	input->owner = block->owner;
	input->at = part->at;
	r = block_read_at(block, part->at, n, &input->bytes);
	if (r < 0)
		input->owner = 0;
	return r;
}

static int unpack(struct block *block, const struct block_part *part, const uint8_t *data, uint8_t *to)
{
	if (checksum(data, part->size) != part->checksum)
		return -EBADMSG;
	if (part->size < part->raw)
		return block_files_unpack(block->files, data, part->size, to, part->raw);
	memcpy(to, data, part->raw);
	return 0;
}

int block_read_part(struct block *block, const struct block_part *part, uint64_t until, struct block_ahead *ahead, uint8_t *to)
{
	struct block_ahead mine = { 0 };
	struct block_ahead *from = ahead ? ahead : &mine;
	int r = is_in(from, block, part) ? 0 : fill(from, block, part, until);

	if (r == 0)
		r = unpack(block, part, from->bytes.data + (part->at - from->at), to);
	buf_fini(&mine.bytes);
	return block_noted(block, r);
}

uint64_t block_read_until(const struct block_chunk *chunk, uint32_t n)
{
	uint64_t until = 0;

	for (uint32_t i = 0; i < n; i++)
		if (chunk[i].size && chunk[i].frame.at + chunk[i].frame.size > until)
			until = chunk[i].frame.at + chunk[i].frame.size;
	return until;
}

/* ---- frames and times ---- */

static int frame_get(struct block *block, const struct block_part *part, uint64_t until, struct block_input *input,
		     struct cached **held)
{
	struct block_cache *cache = block_files_cache(block->files);
	struct bytes *frame;
	int r;

	*held = block_cache_find(cache, block->owner, part->at);
	if (*held)
		return 0;
	frame = malloc(sizeof *frame + part->raw);
	if (!frame)
		return -ENOMEM;
	cached_init(&frame->cached, block->owner, part->at, sizeof *frame + part->raw, destroy_plain);
	r = block_read_part(block, part, until, input ? &input->frames : NULL, frame->data);
	if (r < 0) {
		free(frame);
		return r;
	}
	*held = block_cache_add(cache, &frame->cached);
	return 0;
}

static int decode_times(const uint8_t *data, size_t size, kymo_ms first, kymo_ms last, uint32_t n, kymo_ms *at)
{
	if (times_decode(data, size, at, n) < 0 || at[0] != first || at[n - 1] != last)
		return -EBADMSG;
	return 0;
}

int block_load_times(struct block *block)
{
	const struct block_section *section = &block->section[SECTION_TIMES];
	AUTO_BUF bytes = { 0 };
	int r;

	if (!section->size || section->size > TIMES_KEPT)
		return 0;
	r = block_read_at(block, section->at, section->size, &bytes);
	if (r < 0)
		return r;
	block->times = bytes.data;
	bytes = (struct buf){ 0 };
	return 0;
}

static int decode_column(struct block *block, const struct block_column *column, const uint8_t *data, kymo_ms *at)
{
	return block_noted(block, decode_times(data, column->part.raw, column->first, column->last, column->n, at));
}

static int load_column(struct block *block, const struct block_column *column, struct block_ahead *ahead, kymo_ms *at)
{
	const struct block_section *section = &block->section[SECTION_TIMES];
	uint64_t end = section->at + section->size, until = column->part.at + TIMES_AHEAD;
	uint8_t *data;
	int r;

	if (block->times) {
		const uint8_t *kept = block->times + (column->part.at - section->at);

		if (checksum(kept, column->part.size) != column->part.checksum)
			return block_noted(block, -EBADMSG);
		return decode_column(block, column, kept, at);
	}
	data = malloc(column->part.raw);
	r = data ? block_read_part(block, &column->part, until < end ? until : end, ahead, data) : -ENOMEM;
	if (r == 0)
		r = decode_column(block, column, data, at);
	free(data);
	return r;
}

static int column_get(struct block *block, const struct block_column *column, struct block_ahead *ahead, struct cached **held)
{
	struct block_cache *cache = block_files_cache(block->files);
	size_t size = sizeof(struct times) + column->n * sizeof(kymo_ms);
	struct times *times;
	int r;

	*held = block_cache_find(cache, block->owner, column->part.at);
	if (*held)
		return 0;
	times = malloc(size);
	if (!times)
		return -ENOMEM;
	cached_init(&times->cached, block->owner, column->part.at, size, destroy_plain);
	r = load_column(block, column, ahead, times->at);
	if (r < 0) {
		free(times);
		return r;
	}
	*held = block_cache_add(cache, &times->cached);
	return 0;
}

/* ---- chunks ---- */

/* The bytes of a chunk in a frame that is held. */
static int chunk_get(struct block *block, const struct block_chunk *chunk, uint64_t until, struct block_input *input,
		     struct cached **held, struct reader *in)
{
	int r;

	*in = reader_of(NULL, 0);
	if (!chunk->size)
		return 0;
	r = frame_get(block, &chunk->frame, until, input, held);
	if (r == 0)
		*in = reader_of(((const struct bytes *)*held)->data + chunk->at, chunk->size);
	return r;
}

/* The times, from the chunk or from the column; the reader goes behind them. */
static int times_get(struct block *block, const struct block_chunk *chunk, struct block_input *input, struct reader *in,
		     kymo_ms *own, struct block_times *times)
{
	const char *data;
	size_t size;
	int r;

	*times = (struct block_times){ .at = own };
	if (chunk->column) {
		r = column_get(block, &block->columns[chunk->column - 1], input ? &input->times : NULL, &times->held);
		if (r == 0)
			times->at = ((const struct times *)times->held)->at;
		return r;
	}
	data = read_string(in, &size);
	return !data ? -EBADMSG : decode_times((const uint8_t *)data, size, chunk->first, chunk->last, chunk->n, own);
}

void block_times_end(struct block_times *times)
{
	cached_release(times->held);
	*times = (struct block_times){ 0 };
}

static int values_get(const struct block_chunk *chunk, struct reader *in, double *values)
{
	if (!chunk->one_value)
		return values_decode(in->at, reader_left(in), values, chunk->n);
	for (uint32_t i = 0; i < chunk->n; i++)
		values[i] = chunk->value;
	return 0;
}

int block_read_samples(struct block *block, const struct block_chunk *chunk, uint64_t until, struct block_input *input,
		       kymo_ms *own, struct block_times *times, double *values)
{
	AUTO(cached) held = NULL;
	struct reader in = { 0 };
	int r = chunk->records ? -EBADMSG : chunk_get(block, chunk, until, input, &held, &in);

	*times = (struct block_times){ 0 };
	if (r == 0)
		r = times_get(block, chunk, input, &in, own, times);
	if (r == 0 && values)
		r = values_get(chunk, &in, values);
	if (r < 0)
		block_times_end(times);
	return block_noted(block, r);
}

static int fold_values(const struct block_chunk *chunk, const struct reader *in, struct values_fold *fold)
{
	AUTO_BUF same = { 0 };

	if (!chunk->one_value)
		return values_fold(in->at, reader_left(in), chunk->n, fold);
	if (values_encode_same(chunk->value, &same) < 0)
		return -ENOMEM;
	return values_fold(same.data, same.len, chunk->n, fold);
}

/* Times are only looked at when it is not the first or the last sample that is asked for. */
static int fold_times(struct block *block, const struct block_chunk *chunk, struct block_input *input, struct reader *in,
		      struct block_fold *fold)
{
	uint32_t first = fold->values.first_place, last = fold->values.last_place;
	struct block_times times;
	kymo_ms *own;
	int r;

	fold->first_at = chunk->first;
	fold->last_at = chunk->last;
	if (!fold->values.count || (first == 0 && last == chunk->n - 1))
		return 0;
	own = chunk->column ? NULL : malloc(chunk->n * sizeof *own);
	if (!chunk->column && !own)
		return -ENOMEM;
	r = times_get(block, chunk, input, in, own, &times);
	if (r == 0) {
		fold->first_at = times.at[first];
		fold->last_at = times.at[last];
	}
	block_times_end(&times);
	free(own);
	return r;
}

int block_read_fold(struct block *block, const struct block_chunk *chunk, uint64_t until, struct block_input *input,
		    struct block_fold *fold)
{
	AUTO(cached) held = NULL;
	struct reader in = { 0 }, values;
	size_t size;
	int r = chunk->records ? -EBADMSG : chunk_get(block, chunk, until, input, &held, &in);

	values = in;
	if (r == 0 && !chunk->column && !read_string(&values, &size))
		r = -EBADMSG;
	if (r == 0)
		r = fold_values(chunk, &values, &fold->values);
	if (r == 0)
		r = fold_times(block, chunk, input, &in, fold);
	return block_noted(block, r);
}

int block_read_records(struct block *block, const struct block_chunk *chunk, uint64_t until, struct block_input *input,
		       struct buf *out)
{
	AUTO(cached) held = NULL;
	struct reader in = { 0 };
	int r = !chunk->records ? -EBADMSG : chunk_get(block, chunk, until, input, &held, &in);

	if (r == 0)
		buf_add(out, in.at, reader_left(&in));
	return r < 0 ? block_noted(block, r) : buf_failed(out) ? -ENOMEM : 0;
}

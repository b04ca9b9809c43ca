/* SPDX-License-Identifier: MIT */
/*
 * raw_part.c - where they are found, and how their bytes become entries. The head
 * ranks above every block.
 */
#include "store/raw_part.h"
#include "head/chunk.h"
#include "head/rows.h"

#include <errno.h>
#include <stdlib.h>

void raw_parts_fini(struct raw_parts *parts)
{
	head_copy_fini(&parts->head);
	buf_fini(&parts->bytes);
	block_input_fini(&parts->input);
	block_chunks_fini(&parts->found);
	free(parts->part);
}

static int part_add(struct raw_parts *parts, const struct raw_part *part)
{
	if (parts->n == parts->room) {
		uint32_t room = parts->room ? parts->room * 2 : 16;
		struct raw_part *more = realloc(parts->part, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		parts->part = more;
		parts->room = room;
	}
	parts->part[parts->n++] = *part;
	return 0;
}

int raw_parts_add_head(struct raw_parts *parts)
{
	int r = 0;

	for (uint32_t i = 0; i < parts->head.n && r == 0; i++) {
		const struct head_part *copied = &parts->head.parts[i];

		r = part_add(parts, &(struct raw_part){ .first = copied->first, .last = copied->last, .n = copied->n,
							.rank = UINT64_MAX, .copied = copied });
	}
	return r;
}

/* Samples that stand where the series has distributions (or the reverse) are another metric's past: left out. */
static int add_found(struct raw_parts *parts, struct block *block)
{
	const struct block_chunks *found = &parts->found;
	uint64_t until = block_read_until(found->chunk, found->n);
	int r = 0;

	for (uint32_t i = 0; i < found->n && r == 0; i++) {
		const struct block_chunk *chunk = &found->chunk[i];

		if (chunk->records == parts->records)
			r = part_add(parts, &(struct raw_part){ .first = chunk->first, .last = chunk->last, .n = chunk->n,
								.rank = block_sequence(block), .block = block, .chunk = *chunk,
								.until = until });
	}
	parts->blocks++;
	return r;
}

static int add_block(struct raw_parts *parts, struct block *block, series_ref ref, kymo_ms start, kymo_ms end)
{
	int r;

	parts->found.n = 0;
	r = block_find(block, ref, start, end, &parts->found, NULL);
	if (r > 0)
		return add_found(parts, block);
	if (r == -EBADMSG || r == -EIO) {
		parts->quarantined++;
		parts->unread += r == -EIO;
		return store_note_damage(parts->store, block);
	}
	return r;
}

int raw_parts_add_blocks(struct raw_parts *parts, const struct block_list *list, series_ref ref, kymo_ms start, kymo_ms end)
{
	int r = 0;

	for (uint32_t i = 0; i < list->n && r == 0; i++) {
		struct block *block = list->block[i];

		if (block_end(block) > start && block_start(block) < end)
			r = add_block(parts, block, ref, start, end);
	}
	return r;
}

/* ---- decoding ---- */

void raw_run_fini(struct raw_run *run)
{
	if (run->records)
		records_fini(run->records, run->room);
	free(run->records);
	block_times_end(&run->shared);
	free(run->own);
	free(run->values);
	*run = (struct raw_run){ 0 };
}

static int run_reserve(struct raw_run *run, uint32_t n, bool records)
{
	if (n <= run->room) {
		block_times_end(&run->shared);
		run->times = run->own;
		return 0;
	}
	raw_run_fini(run);
	run->times = run->own = malloc(n * sizeof *run->own);
	if (records)
		run->records = calloc(n, sizeof *run->records);
	else
		run->values = malloc(n * sizeof *run->values);
	if (run->own && (run->records || run->values)) {
		run->room = n;
		return 0;
	}
	raw_run_fini(run);
	return -ENOMEM;
}

static int decode_samples(const uint8_t *data, size_t size, uint32_t n, struct raw_run *run)
{
	if (chunk_count(data, size) != n)
		return -EBADMSG;
	return run_reserve(run, n, false) < 0 ? -ENOMEM : chunk_decode(data, size, run->own, run->values);
}

static int decode_records(const uint8_t *data, size_t size, uint32_t n, bool plain, struct raw_run *run)
{
	int r;

	if (records_count(data, size) != n)
		return -EBADMSG;
	if (run_reserve(run, n, true) < 0)
		return -ENOMEM;
	r = plain ? records_decode_plain(data, size, run->records, n) :
		    records_decode(data, size, KIND_DISTRIBUTION, run->records, n);
	for (uint32_t i = 0; i < n && r == 0; i++)
		run->own[i] = run->records[i].at;
	return r;
}

static int decode_plain(const uint8_t *data, uint32_t n, struct raw_run *run)
{
	struct head_sample sample;

	if (run_reserve(run, n, false) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		memcpy(&sample, data + i * sizeof sample, sizeof sample);
		run->own[i] = sample.at;
		run->values[i] = sample.value;
	}
	return 0;
}

/* How many it has shows now. */
static int decode_sealed(const struct sealed *sealed, const struct head_part *part, struct raw_run *run)
{
	int64_t n;

	if (run_reserve(run, part->n, false) < 0)
		return -ENOMEM;
	n = sealed_read(sealed, part->slot, run->own, run->values);
	if (n >= 0)
		run->n = (uint32_t)n;
	return n < 0 ? (int)n : 0;
}

static int decode_spilled(struct raw_parts *parts, const struct head_part *part, struct raw_run *run)
{
	const struct sealed *sealed;
	int r = spill_read(&part->place, &parts->bytes, &sealed);

	if (r < 0)
		return r == -ENOMEM ? r : -EBADMSG;
	return decode_sealed(sealed, part, run);
}

static int decode_head(struct raw_parts *parts, const struct raw_part *part, struct raw_run *run)
{
	const uint8_t *data = parts->head.bytes.data + part->copied->offset;
	size_t size = part->copied->size;

	if (part->copied->form == HEAD_SEALED)
		return decode_sealed(part->copied->sealed, part->copied, run);
	if (part->copied->form == HEAD_SPILLED)
		return decode_spilled(parts, part->copied, run);
	if (part->copied->form == HEAD_PLAIN)
		return decode_plain(data, part->n, run);
	return parts->records ? decode_records(data, size, part->n, parts->plain, run) : decode_samples(data, size, part->n, run);
}

static int decode_block(struct raw_parts *parts, const struct raw_part *part, struct raw_run *run)
{
	int r;

	if (!parts->records) {
		if (run_reserve(run, part->n, false) < 0)
			return -ENOMEM;
		r = block_read_samples(part->block, &part->chunk, part->until, &parts->input, run->own, &run->shared, run->values);
		run->times = run->shared.at;
	} else {
		buf_clear(&parts->bytes);
		r = block_read_records(part->block, &part->chunk, part->until, &parts->input, &parts->bytes);
		if (r == 0)
			r = decode_records(parts->bytes.data, parts->bytes.len, part->n, parts->plain, run);
	}
	return r == -ENOMEM || r == -EIO || r == 0 ? r : -EBADMSG;
}

static void swap_entries(struct raw_run *run, uint32_t a, uint32_t b)
{
	kymo_ms at = run->own[a];

	run->own[a] = run->own[b];
	run->own[b] = at;
	if (run->values) {
		double value = run->values[a];

		run->values[a] = run->values[b];
		run->values[b] = value;
	}
	if (run->records) {
		struct record record = run->records[a];

		run->records[a] = run->records[b];
		run->records[b] = record;
	}
}

/* Times that others see too are left as they are: copied before anything is moved. */
static void own_times(struct raw_run *run)
{
	if (run->times == run->own)
		return;
	memcpy(run->own, run->times, run->n * sizeof *run->own);
	run->times = run->own;
	block_times_end(&run->shared);
}

/* Those in (start, end] go behind the rest, where nobody looks: records keep their memory. */
static void leave_out(struct raw_run *run, kymo_ms start, kymo_ms end)
{
	uint32_t kept = 0;

	own_times(run);
	for (uint32_t i = 0; i < run->n; i++)
		if (run->own[i] <= start || run->own[i] > end) {
			if (kept != i)
				swap_entries(run, kept, i);
			kept++;
		}
	run->n = kept;
}

static void leave_out_deleted(const struct raw_parts *parts, const struct raw_part *part, struct raw_run *run)
{
	enum kymo_tier tier = block_tier(part->block);

	for (uint32_t i = 0; i < deleted_count(parts->deleted); i++) {
		const struct deletion *deletion = deleted_at(parts->deleted, i);
		kymo_ms start, end;

		if (deletion_touches(deletion, tier, part->rank, parts->ref, part->first, part->last) &&
		    deletion_range(deletion, tier, &start, &end))
			leave_out(run, start, end);
	}
}

bool raw_part_is_whole(const struct raw_parts *parts, const struct raw_part *part)
{
	for (uint32_t i = 0; i < deleted_count(parts->deleted); i++)
		if (deletion_touches(deleted_at(parts->deleted, i), block_tier(part->block), part->rank, parts->ref, part->first,
				     part->last))
			return false;
	return true;
}

static void note_damage(struct raw_parts *parts, const struct raw_part *part, int r)
{
	parts->quarantined++;
	parts->unread += r == -EIO;
	if (part->block)
		store_note_damage(parts->store, part->block);
	else
		store_count_damage(parts->store, 1);
}

int raw_part_fold(struct raw_parts *parts, const struct raw_part *part, struct block_fold *fold)
{
	int r = block_read_fold(part->block, &part->chunk, part->until, &parts->input, fold);

	parts->chunks++;
	if (r == 0 || r == -ENOMEM)
		return r;
	note_damage(parts, part, r);
	return r == -EIO ? r : -EBADMSG;
}

int raw_part_decode(struct raw_parts *parts, const struct raw_part *part, struct raw_run *run)
{
	int r = part->copied ? decode_head(parts, part, run) : decode_block(parts, part, run);

	parts->chunks++;
	if (r < 0)
		run->n = 0;
	else if (!part->copied || (part->copied->form != HEAD_SEALED && part->copied->form != HEAD_SPILLED))
		run->n = part->n;
	run->at = 0;
	run->rank = part->rank;
	if (r == -EBADMSG || r == -EIO) {
		note_damage(parts, part, r);
	} else if (r == 0 && part->block) {
		leave_out_deleted(parts, part, run);
	}
	return r;
}

int raw_part_view(struct raw_parts *parts, const struct raw_part *part, struct record_view *view, unsigned wants)
{
	int r;

	buf_clear(&parts->bytes);
	r = block_read_records(part->block, &part->chunk, part->until, &parts->input, &parts->bytes);
	if (r == 0)
		r = record_view_read(view, parts->bytes.data, parts->bytes.len, part->n, wants);
	parts->chunks++;
	if (r == 0 || r == -ENOMEM)
		return r;
	note_damage(parts, part, r);
	return r == -EIO ? r : -EBADMSG;
}

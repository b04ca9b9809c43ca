/* SPDX-License-Identifier: MIT */
/*
 * table.c - the table of series: pages of a few groups each, found through
 * the directory, read when they are wanted and kept in the cache as arrays.
 */
#include "block/format.h"
#include "block/state.h"

#include <errno.h>
#include <stdlib.h>

/* Times of a chunk. Series that were sampled together have the same ones. */
struct slot {
	kymo_ms first, last;
	uint32_t n, column;
};

/* The bytes of a chunk: in which frame of the page, where in it. */
struct spot {
	uint32_t frame, at, size;
};

struct entry {
	series_ref ref;
	uint32_t flags, n;		/* n chunks */
	uint32_t slot, spot;		/* the first of them */
	double value;
};

/* Arrays of the above, made with bufs. */
struct page {
	struct cached cached;
	struct buf entries, slots, spots, frames;
};

/* ---- the directory ---- */

static bool parse_column(struct reader *in, kymo_ms before, uint64_t at, struct block_column *column)
{
	uint64_t n, size;

	column->first = (kymo_ms)((uint64_t)before + (uint64_t)read_zigzag(in));
	column->last = (kymo_ms)((uint64_t)column->first + read_varint(in));
	n = read_varint(in);
	size = read_varint(in);
	column->part = (struct block_part){ at, (uint32_t)size, (uint32_t)size, read_u32(in) };
	column->n = (uint32_t)n;
	return !in->bad && n && n <= BLOCK_ENTRIES_MOST && size && size <= BLOCK_PAGE_MOST && column->last >= column->first;
}

static int parse_columns(struct block *block, struct reader *in)
{
	const struct block_section *times = &block->section[SECTION_TIMES];
	uint64_t n = read_varint(in), at = times->at;
	kymo_ms before = 0;

	if (in->bad || n > reader_left(in) / BLOCK_COLUMN_LEAST)
		return -EBADMSG;
	block->columns = calloc((size_t)n + 1, sizeof *block->columns);
	if (!block->columns)
		return -ENOMEM;
	while (block->n_columns < n) {
		struct block_column *column = &block->columns[block->n_columns++];

		if (!parse_column(in, before, at, column))
			return -EBADMSG;
		before = column->last;
		at += column->part.size;
	}
	return at == times->at + times->size ? 0 : -EBADMSG;
}

static bool parse_page(struct reader *in, struct block_page *page)
{
	uint64_t step = read_varint(in), n = read_varint(in), size = read_varint(in), raw = read_varint(in);
	uint64_t frames = read_varint(in);

	if (in->bad || !step || step > UINT32_MAX - page->first || !n || n > UINT32_MAX - page->place || !size || size > raw ||
	    raw > BLOCK_PAGE_MOST || frames > INT64_MAX - page->frames)
		return false;
	page->first += (series_ref)step;
	page->n = (uint32_t)n;
	page->part.size = (uint32_t)size;
	page->part.raw = (uint32_t)raw;
	page->part.checksum = read_u32(in);
	return !in->bad;
}

/* `frames` of a page is what its frames have, so the next one's are behind them. */
static int parse_pages(struct block *block, struct reader *in)
{
	const struct block_section *table = &block->section[SECTION_TABLE];
	uint64_t n = read_varint(in), before;
	struct block_page page = { .frames = BLOCK_HEADER, .part.at = table->at };

	if (in->bad || n > reader_left(in) / BLOCK_PAGE_LEAST)
		return -EBADMSG;
	block->pages = calloc((size_t)n + 1, sizeof *block->pages);
	if (!block->pages)
		return -ENOMEM;
	while (block->n_pages < n) {
		struct reader again = *in;

		if (!parse_page(in, &page))
			return -EBADMSG;
		block->pages[block->n_pages++] = page;
		for (int i = 0; i < 4; i++)
			read_varint(&again);
		before = page.frames;
		page.frames = before + read_varint(&again);
		page.place += page.n;
		page.part.at += page.part.size;
	}
	block->pages[n] = page;			/* where the last one ends */
	return page.part.at == table->at + table->size && page.frames == block->section[SECTION_TIMES].at &&
	       page.place == block->n_series && !reader_left(in) ? 0 : -EBADMSG;
}

int block_parse_directory(struct block *block, const struct buf *bytes)
{
	struct reader in = reader_of(bytes->data, bytes->len);
	int r = parse_columns(block, &in);

	return r < 0 ? r : parse_pages(block, &in);
}

/* ---- a page ---- */

struct parse {
	const struct block *block;
	struct reader in;
	struct page *page;
	struct entry *group;		/* the first of the group, once all are there */
	uint64_t frames;		/* where the next frame is */
	series_ref ref;
};

static bool parse_slot(struct parse *parse, struct slot *slot, const struct slot *before)
{
	struct reader *in = &parse->in;
	uint64_t v = read_varint(in);

	if (v & 1) {
		uint64_t step = v >> 2 ^ -(v >> 1 & 1), column = before->column + 1 + step;

		if (!column || column > parse->block->n_columns)
			return false;
		const struct block_column *shared = &parse->block->columns[column - 1];

		*slot = (struct slot){ shared->first, shared->last, shared->n, (uint32_t)column };
	} else {
		slot->first = (kymo_ms)((uint64_t)before->last + (uint64_t)read_zigzag(in));
		slot->last = (kymo_ms)((uint64_t)slot->first + read_varint(in));
		slot->n = (uint32_t)(v >> 1);
		slot->column = 0;
		if (!slot->n || v >> 1 > BLOCK_ENTRIES_MOST)
			return false;
	}
	return !in->bad && slot->first > parse->block->start && slot->first <= slot->last && slot->last <= parse->block->end;
}

/* What a difference is taken from is the last column that was used. */
static bool parse_slots(struct parse *parse, struct entry *entry)
{
	uint64_t n = read_varint(&parse->in);
	struct slot before = { .last = 0 }, slot;
	struct buf *slots = &parse->page->slots;

	if (!n || n > reader_left(&parse->in))
		return false;
	entry->n = (uint32_t)n;
	entry->slot = (uint32_t)(slots->len / sizeof slot);
	for (uint64_t i = 0; i < n; i++) {
		if (!parse_slot(parse, &slot, &before) || (i && slot.first <= before.last))
			return false;
		buf_add(slots, &slot, sizeof slot);
		before.last = slot.last;
		if (slot.column)
			before.column = slot.column;
	}
	return true;
}

static bool parse_value(struct parse *parse, struct entry *entry)
{
	size_t size;
	const char *bytes = read_string(&parse->in, &size);

	return bytes && values_are_same((const uint8_t *)bytes, size, &entry->value);
}

static bool parse_spots(struct parse *parse, struct entry *entry)
{
	const struct slot *slots = (const struct slot *)parse->page->slots.data + entry->slot;
	struct buf *spots = &parse->page->spots;

	entry->spot = (uint32_t)(spots->len / sizeof(struct spot));
	for (uint32_t i = 0; i < entry->n && !parse->in.bad && !buf_failed(spots); i++) {
		bool none = entry->flags & SERIES_ONE_VALUE && slots[i].column;
		uint64_t size = none ? 0 : read_varint(&parse->in);
		struct spot spot = { .size = (uint32_t)size };

		if (size > BLOCK_PAGE_MOST || (!none && !size))
			return false;
		buf_add(spots, &spot, sizeof spot);
	}
	return !parse->in.bad;
}

static bool parse_entry(struct parse *parse, const struct entry *before)
{
	uint64_t step = read_varint(&parse->in);
	struct entry entry = { .flags = read_u8(&parse->in) };

	if (!step || step > UINT32_MAX - parse->ref || entry.flags & ~(uint32_t)SERIES_FLAGS)
		return false;
	parse->ref += (series_ref)step;
	entry.ref = parse->ref;
	if (entry.flags & SERIES_AS_BEFORE) {
		if (!before)
			return false;
		entry.n = before->n;
		entry.slot = before->slot;
	} else if (!parse_slots(parse, &entry)) {
		return false;
	}
	if (entry.flags & SERIES_ONE_VALUE && (entry.flags & SERIES_RECORDS || !parse_value(parse, &entry)))
		return false;
	if (buf_failed(&parse->page->slots) || !parse_spots(parse, &entry))
		return false;
	buf_add(&parse->page->entries, &entry, sizeof entry);
	return !parse->in.bad && !buf_failed(&parse->page->entries);
}

/* Gives how many; negative: -EBADMSG. */
static int parse_frames(struct parse *parse)
{
	uint64_t n = read_varint(&parse->in);

	if (n > reader_left(&parse->in))
		return -EBADMSG;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t raw = read_varint(&parse->in), saved = read_varint(&parse->in);
		struct block_part part = { .at = parse->frames, .raw = (uint32_t)raw, .size = (uint32_t)(raw - saved) };

		part.checksum = read_u32(&parse->in);
		if (parse->in.bad || !raw || raw > BLOCK_PAGE_MOST || saved >= raw)
			return -EBADMSG;
		parse->frames += part.size;
		buf_add(&parse->page->frames, &part, sizeof part);
	}
	return (int)n;
}

/* First all first chunks, then all second ones; each within one frame, and the frames are full. */
static bool lay_out(struct parse *parse, const struct entry *group, uint32_t n, uint32_t frame, uint32_t n_frames)
{
	struct spot *spots = (struct spot *)parse->page->spots.data;
	const struct block_part *frames = (const struct block_part *)parse->page->frames.data;
	uint32_t end = frame + n_frames, most = 0, at = 0;

	for (uint32_t i = 0; i < n; i++)
		most = group[i].n > most ? group[i].n : most;
	for (uint32_t k = 0; k < most; k++)
		for (uint32_t i = 0; i < n; i++) {
			struct spot *spot = k < group[i].n ? &spots[group[i].spot + k] : NULL;

			if (!spot || !spot->size)
				continue;
			if (frame < end && at == frames[frame].raw) {
				frame++;
				at = 0;
			}
			if (frame == end || spot->size > frames[frame].raw - at)
				return false;
			spot->frame = frame;
			spot->at = at;
			at += spot->size;
		}
	return !n_frames || (frame == end - 1 && at == frames[frame].raw);
}

static bool parse_group(struct parse *parse)
{
	uint64_t n = read_varint(&parse->in) + 1;
	struct buf *entries = &parse->page->entries;
	uint32_t first = (uint32_t)(entries->len / sizeof(struct entry));
	uint32_t frame = (uint32_t)(parse->page->frames.len / sizeof(struct block_part));
	int frames;

	if (n > BLOCK_GROUP)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!parse_entry(parse, i ? (const struct entry *)entries->data + first + i - 1 : NULL))
			return false;
	frames = parse_frames(parse);
	if (frames < 0 || buf_failed(&parse->page->frames) || buf_failed(&parse->page->spots))
		return false;
	return lay_out(parse, (const struct entry *)entries->data + first, (uint32_t)n, frame, (uint32_t)frames);
}

static bool out_of_memory(const struct page *page)
{
	return buf_failed(&page->entries) || buf_failed(&page->slots) || buf_failed(&page->spots) || buf_failed(&page->frames);
}

static int parse_bytes(struct block *block, const struct block_page *at, const uint8_t *bytes, struct page *page)
{
	struct parse parse = { .block = block, .in = reader_of(bytes, at->part.raw), .page = page, .frames = at->frames };

	while (reader_left(&parse.in))
		if (!parse_group(&parse))
			return out_of_memory(page) ? -ENOMEM : -EBADMSG;
	if (page->entries.len != at->n * sizeof(struct entry) || parse.frames != at[1].frames ||
	    ((const struct entry *)page->entries.data)->ref != at->first)
		return -EBADMSG;
	return 0;
}

static void page_destroy(struct cached *cached)
{
	struct page *page = (struct page *)cached;

	buf_fini(&page->entries);
	buf_fini(&page->slots);
	buf_fini(&page->spots);
	buf_fini(&page->frames);
	free(page);
}

static int load_page(struct block *block, const struct block_page *at, struct page *page)
{
	uint8_t *bytes = malloc(at->part.raw);
	int r = bytes ? block_read_part(block, &at->part, 0, NULL, bytes) : -ENOMEM;

	if (r == 0)
		r = block_noted(block, parse_bytes(block, at, bytes, page));
	free(bytes);
	return r;
}

/* The page, held as *held; `keep`: in the cache as well. */
static int page_get(struct block *block, uint32_t number, bool keep, struct cached **held)
{
	const struct block_page *at = &block->pages[number];
	struct block_cache *cache = block_files_cache(block->files);
	struct page *page;
	int r;

	*held = block_cache_find(cache, block->owner, at->part.at);
	if (*held)
		return 0;
	page = calloc(1, sizeof *page);
	if (!page)
		return -ENOMEM;
	cached_init(&page->cached, block->owner, at->part.at, sizeof *page, page_destroy);
	r = load_page(block, at, page);
	if (r < 0) {
		page_destroy(&page->cached);
		return r;
	}
	page->cached.size += page->entries.room + page->slots.room + page->spots.room + page->frames.room;
	*held = keep ? block_cache_add(cache, &page->cached) : &page->cached;
	return 0;
}

/* ---- series ---- */

static const struct slot *slots_of(const struct page *page, const struct entry *entry)
{
	return (const struct slot *)page->slots.data + entry->slot;
}

static void show_series(const struct page *page, const struct entry *entry, uint32_t place, struct block_series *series)
{
	const struct slot *slots = slots_of(page, entry);

	*series = (struct block_series){ .ref = entry->ref, .place = place, .records = entry->flags & SERIES_RECORDS,
					 .n_chunks = entry->n, .first = slots[0].first, .last = slots[entry->n - 1].last };
}

int block_walk_next(struct block_walk *walk, struct block_series *series)
{
	struct block *block = walk->block;
	const struct block_page *at = &block->pages[walk->page];
	const struct page *page;
	int r;

	if (walk->place == at->place + at->n && walk->page < block->n_pages) {
		block_walk_end(walk);
		at = &block->pages[++walk->page];
	}
	if (walk->page == block->n_pages)
		return 0;
	if (!walk->held && (r = page_get(block, walk->page, walk->keeps, &walk->held)) < 0) {
		walk->place = at->place + at->n;
		return r;
	}
	page = (const struct page *)walk->held;
	show_series(page, (const struct entry *)page->entries.data + (walk->place - at->place), walk->place, series);
	walk->place++;
	return 1;
}

void block_walk_end(struct block_walk *walk)
{
	cached_release(walk->held);
	walk->held = NULL;
}

/* The last page that begins at or before ref; n_pages: none. */
static uint32_t find_page(const struct block *block, series_ref ref)
{
	uint32_t from = 0, to = block->n_pages;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (block->pages[middle].first <= ref)
			from = middle + 1;
		else
			to = middle;
	}
	return from ? from - 1 : block->n_pages;
}

static const struct entry *find_entry(const struct page *page, uint32_t n, series_ref ref)
{
	const struct entry *entries = (const struct entry *)page->entries.data;
	uint32_t from = 0, to = n;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (entries[middle].ref < ref)
			from = middle + 1;
		else
			to = middle;
	}
	return from < n && entries[from].ref == ref ? &entries[from] : NULL;
}

/* The first slot that ends behind `start`. */
static uint32_t first_slot(const struct slot *slots, uint32_t n, kymo_ms start)
{
	uint32_t from = 0, to = n;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (slots[middle].last <= start)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

void block_chunks_fini(struct block_chunks *chunks)
{
	free(chunks->chunk);
	*chunks = (struct block_chunks){ 0 };
}

static struct block_chunk *chunks_add(struct block_chunks *chunks)
{
	if (chunks->n == chunks->room) {
		uint32_t room = chunks->room ? chunks->room * 2 : 8;
		struct block_chunk *more = realloc(chunks->chunk, room * sizeof *more);

		if (!more)
			return NULL;
		chunks->chunk = more;
		chunks->room = room;
	}
	return &chunks->chunk[chunks->n++];
}

static void show_chunk(const struct page *page, const struct entry *entry, const struct slot *slot, const struct spot *spot,
		       struct block_chunk *chunk)
{
	*chunk = (struct block_chunk){ .first = slot->first, .last = slot->last, .n = slot->n, .column = slot->column,
				       .records = entry->flags & SERIES_RECORDS, .one_value = entry->flags & SERIES_ONE_VALUE,
				       .value = entry->value, .at = spot->at, .size = spot->size };
	if (spot->size)
		chunk->frame = ((const struct block_part *)page->frames.data)[spot->frame];
}

static int add_chunks(const struct page *page, const struct entry *entry, kymo_ms start, kymo_ms end, struct block_chunks *chunks)
{
	const struct slot *slots = slots_of(page, entry);
	const struct spot *spots = (const struct spot *)page->spots.data + entry->spot;

	for (uint32_t i = first_slot(slots, entry->n, start); i < entry->n && slots[i].first <= end; i++) {
		struct block_chunk *chunk = chunks_add(chunks);

		if (!chunk)
			return -ENOMEM;
		show_chunk(page, entry, &slots[i], &spots[i], chunk);
	}
	return 1;
}

int block_find(struct block *block, series_ref ref, kymo_ms start, kymo_ms end, struct block_chunks *chunks,
	       struct block_series *series)
{
	uint32_t number = find_page(block, ref);
	AUTO(cached) held = NULL;
	const struct entry *entry;
	const struct page *page;
	int r;

	if (number == block->n_pages)
		return 0;
	r = page_get(block, number, true, &held);
	if (r < 0)
		return r;
	page = (const struct page *)held;
	entry = find_entry(page, block->pages[number].n, ref);
	if (!entry)
		return 0;
	if (series)
		show_series(page, entry, block->pages[number].place + (uint32_t)(entry - (const struct entry *)page->entries.data),
			    series);
	return add_chunks(page, entry, start, end, chunks);
}

int block_find_series(struct block *block, series_ref ref, struct block_series *series)
{
	struct block_chunks none = { 0 };

	return block_find(block, ref, INT64_MAX, INT64_MIN, &none, series);
}

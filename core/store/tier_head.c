/* SPDX-License-Identifier: MIT */
/*
 * tier_head.c - of a series: chunks one after another, each behind its length;
 * before `tail` those that were put together, behind it single records. What
 * comes later counts more.
 */
#include "store/tier_head.h"
#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

struct tier_series {
	series_ref ref;			/* 0: a free place; `len` is the number of the next one */
	uint32_t len, room;
	uint32_t tail, singles;		/* where single records begin, and how many there are */
	uint8_t *data;
};

void tier_head_init(struct tier_head *head)
{
	*head = (struct tier_head){ .free = MAP_NONE, .oldest = INT64_MAX, .newest = INT64_MIN };
}

void tier_head_fini(struct tier_head *head)
{
	for (uint32_t i = 0; i < head->n; i++)
		free(head->series[i].data);
	free(head->series);
	map_fini(&head->map);
}

void tier_head_clear(struct tier_head *head)
{
	tier_head_fini(head);
	tier_head_init(head);
}

/* ---- series ---- */

static bool has_ref(const void *owner, uint32_t item, const void *key)
{
	const struct tier_head *head = owner;

	return head->series[item].ref == *(const series_ref *)key;
}

static uint64_t hash_of(series_ref ref)
{
	return hash_bytes(&ref, sizeof ref);
}

static struct tier_series *find(const struct tier_head *head, series_ref ref)
{
	uint32_t at = map_find(&head->map, hash_of(ref), &ref, has_ref, head);

	return at == MAP_NONE ? NULL : &head->series[at];
}

static uint32_t free_place(struct tier_head *head)
{
	if (head->free != MAP_NONE)
		return head->free;
	if (head->n == head->room) {
		uint32_t room = head->room ? head->room * 2 : 16;
		struct tier_series *more = realloc(head->series, room * sizeof *more);

		if (!more)
			return MAP_NONE;
		head->bytes += (room - head->room) * sizeof *more;
		head->series = more;
		head->room = room;
	}
	return head->n;
}

static struct tier_series *find_or_add(struct tier_head *head, series_ref ref)
{
	struct tier_series *series = find(head, ref);
	uint32_t at;

	if (series)
		return series;
	at = free_place(head);
	if (at == MAP_NONE || map_add(&head->map, hash_of(ref), at) < 0)
		return NULL;
	if (at == head->n)
		head->n++;
	else
		head->free = head->series[at].len;
	head->series[at] = (struct tier_series){ .ref = ref };
	return &head->series[at];
}

bool tier_head_has(const struct tier_head *head, series_ref ref)
{
	return find(head, ref);
}

void tier_head_forget(struct tier_head *head, series_ref ref)
{
	struct tier_series *series = find(head, ref);
	uint32_t at;

	if (!series)
		return;
	at = (uint32_t)(series - head->series);
	map_remove(&head->map, hash_of(ref), at);
	head->bytes -= series->room;
	free(series->data);
	*series = (struct tier_series){ .len = head->free };
	head->free = at;
}

/* ---- bytes ---- */

static uint32_t length_size(uint32_t size)
{
	uint32_t n = 1;

	while (size >>= 7)
		n++;
	return n;
}

/* Where the chunk at `at` begins and ends, behind its length. */
static struct reader chunk_at(const struct tier_series *series, uint32_t at)
{
	struct reader in = reader_of(series->data + at, series->len - at);
	uint64_t size = read_varint(&in);
	const uint8_t *data = read_bytes(&in, size);

	return reader_of(data, in.bad ? 0 : (size_t)size);
}

/* Exactly as much room as needed, and an eighth more. */
static int grow(struct tier_head *head, struct tier_series *series, uint32_t more)
{
	uint32_t need = series->len + more, room = need + need / 8 + 16;
	uint8_t *data;

	if (need <= series->room)
		return 0;
	data = realloc(series->data, room);
	if (!data)
		return -ENOMEM;
	head->bytes += room - series->room;
	series->data = data;
	series->room = room;
	return 0;
}

static void put(struct tier_series *series, const struct buf *chunk)
{
	struct buf out = { series->data, series->len, series->room, 0, false };

	buf_add_varint(&out, chunk->len);
	buf_add(&out, chunk->data, chunk->len);
	series->len = (uint32_t)out.len;
}

/* A single record with that end goes. */
static void drop_single(struct tier_series *series, kymo_ms end)
{
	for (uint32_t at = series->tail; at < series->len;) {
		struct reader chunk = chunk_at(series, at);
		uint32_t next = (uint32_t)(chunk.end - series->data);
		kymo_ms first;

		if (records_first(chunk.at, reader_left(&chunk), &first) == 0 && first == end) {
			memmove(series->data + at, series->data + next, series->len - next);
			series->len -= next - at;
			series->singles--;
			return;
		}
		at = next;
	}
}

/* In place of a single record of the same window. */
static int append(struct tier_head *head, struct tier_series *series, kymo_ms end, const struct buf *chunk)
{
	uint32_t size = (uint32_t)chunk->len;
	int r = grow(head, series, size + length_size(size));

	if (r < 0)
		return r;
	drop_single(series, end);
	put(series, chunk);
	series->singles++;
	return 0;
}

/* ---- records ---- */

void record_list_fini(struct record_list *list)
{
	if (list->record)
		records_fini(list->record, list->room);
	free(list->record);
	*list = (struct record_list){ 0 };
}

/* Room for n more; those beyond list->n are zero or left over. */
static int list_reserve(struct record_list *list, uint32_t n)
{
	uint32_t room = list->n + n > list->room * 2 ? list->n + n : list->room * 2;
	struct record *more;

	if (list->n + n <= list->room)
		return 0;
	more = realloc(list->record, room * sizeof *more);
	if (!more)
		return -ENOMEM;
	memset(more + list->room, 0, (room - list->room) * sizeof *more);
	list->record = more;
	list->room = room;
	return 0;
}

static void swap(struct record *a, struct record *b)
{
	struct record c = *a;

	*a = *b;
	*b = c;
}

/* Into its place in order of time; the one that is there already goes behind the end. */
static void insert(struct record_list *list, uint32_t from)
{
	uint32_t at = list->n;

	while (at > 0 && list->record[at - 1].at > list->record[from].at)
		at--;
	if (at > 0 && list->record[at - 1].at == list->record[from].at) {
		swap(&list->record[at - 1], &list->record[from]);
		return;
	}
	if (from != list->n)
		swap(&list->record[from], &list->record[list->n]);
	for (uint32_t i = list->n++; i > at; i--)
		swap(&list->record[i], &list->record[i - 1]);
}

static int add_chunk(struct record_list *list, struct reader chunk, kymo_ms start, kymo_ms end)
{
	int64_t n = records_count(chunk.at, reader_left(&chunk));
	uint32_t first = list->n;
	int r;

	if (n < 0)
		return (int)n;
	r = list_reserve(list, (uint32_t)n);
	if (r < 0)
		return r;
	r = records_decode(chunk.at, reader_left(&chunk), KIND_GAUGE, list->record + first, (uint32_t)n);
	for (uint32_t i = first; r == 0 && i < first + n; i++)
		if (list->record[i].at > start && list->record[i].at <= end)
			insert(list, i);
	return r;
}

int tier_head_records(const struct buf *copy, kymo_ms start, kymo_ms end, struct record_list *out)
{
	struct reader in = reader_of(copy->data, copy->len);

	while (reader_left(&in)) {
		uint64_t size = read_varint(&in);
		const uint8_t *data = read_bytes(&in, size);
		int r = in.bad ? -EBADMSG : add_chunk(out, reader_of(data, (size_t)size), start, end);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The single records become one chunk; without the memory for that they stay as they are. */
static void put_together(struct tier_series *series, enum series_kind kind)
{
	struct buf tail = { series->data + series->tail, series->len - series->tail, 0, 0, false };
	struct record_list list = { 0 };
	AUTO_BUF chunk = { 0 };

	if (tier_head_records(&tail, INT64_MIN, INT64_MAX, &list) == 0 &&
	    records_encode(list.record, list.n, kind, &chunk) == 0 &&
	    series->tail + chunk.len + length_size((uint32_t)chunk.len) <= series->room) {
		series->len = series->tail;
		put(series, &chunk);
		series->tail = series->len;
		series->singles = 0;
	}
	record_list_fini(&list);
}

int tier_head_add(struct tier_head *head, series_ref ref, enum series_kind kind, const struct record *record)
{
	struct tier_series *series = find_or_add(head, ref);
	AUTO_BUF chunk = { 0 };
	int r = series ? records_encode(record, 1, kind, &chunk) : -ENOMEM;

	if (r == 0)
		r = append(head, series, record->at, &chunk);
	if (r < 0)
		return r;
	head->oldest = record->at < head->oldest ? record->at : head->oldest;
	head->newest = record->at > head->newest ? record->at : head->newest;
	if (series->singles > 1 && series->singles % TIER_HEAD_TAIL == 0)
		put_together(series, kind);
	return 0;
}

int tier_head_copy(const struct tier_head *head, series_ref ref, struct buf *out)
{
	const struct tier_series *series = find(head, ref);

	if (series && series->len)
		buf_add(out, series->data, series->len);
	return buf_failed(out) ? -ENOMEM : 0;
}

static int by_ref(const void *a, const void *b)
{
	series_ref x = *(const series_ref *)a, y = *(const series_ref *)b;

	return (x > y) - (x < y);
}

int tier_head_refs(const struct tier_head *head, struct buf *out)
{
	size_t before = out->len;

	for (uint32_t i = 0; i < head->n; i++)
		if (head->series[i].ref)
			buf_add(out, &head->series[i].ref, sizeof head->series[i].ref);
	if (buf_failed(out))
		return -ENOMEM;
	if (out->len > before)
		qsort(out->data + before, (out->len - before) / sizeof(series_ref), sizeof(series_ref), by_ref);
	return 0;
}

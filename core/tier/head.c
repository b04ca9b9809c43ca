/* SPDX-License-Identifier: MIT */
/*
 * head/head.c - of a series, entries one after another: a byte that says what it is,
 * then
 *
 *	SINGLE	a record (record_single.h)
 *	RUN	u32: so many more like the single before it, each a window later
 *	PACKED	u32 size, i64 time of the first and of the last, a chunk (record.h)
 *
 * Before `tail` are those that are packed. What comes later counts more; among
 * singles times rise.
 */
#include "tier/head.h"
#include "tier/record_single.h"
#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

enum entry { SINGLE, RUN, PACKED };
enum { RUN_BYTES = 5, RUN_MOST = 1000 };

struct tier_series {
	series_ref ref;			/* 0: a free place; `len` is the number of the next one */
	uint32_t len, room;
	uint32_t tail, last;		/* where singles begin, and where the last one is */
	uint16_t singles;
	uint16_t runs;			/* the last one has a run behind it */
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
	struct tier_series *series = head->guess < head->n && head->series[head->guess].ref == ref ? &head->series[head->guess] :
												     find(head, ref);
	uint32_t at;

	if (series) {
		head->guess = (uint32_t)(series - head->series) + 1;
		return series;
	}
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

struct record *record_list_next(struct record_list *list)
{
	return list_reserve(list, 1) < 0 ? NULL : &list->record[list->n];
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

static int add_packed(struct record_list *list, struct reader chunk, kymo_ms start, kymo_ms end)
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

static int read_packed(struct reader *in, kymo_ms start, kymo_ms end, struct record_list *out)
{
	uint32_t size = read_u32(in);
	kymo_ms first = (kymo_ms)read_u64(in), last = (kymo_ms)read_u64(in);
	const uint8_t *data = read_bytes(in, size);

	if (in->bad)
		return -EBADMSG;
	return last <= start || first > end ? 0 : add_packed(out, reader_of(data, size), start, end);
}

/* `last`: where the single before the run stands. */
static int read_run(struct reader *in, const uint8_t *last, kymo_ms start, kymo_ms end, struct record_list *out)
{
	uint32_t n = read_u32(in);
	struct reader single = { last, in->end, in->bad || !last };
	struct record record = { 0 };
	int r = record_get(&single, true, &record);

	for (uint32_t i = 1; i <= n && r == 0; i++) {
		r = list_reserve(out, 1);
		if (r < 0)
			break;
		record_shift(&record, i, &out->record[out->n]);
		if (out->record[out->n].at > start && out->record[out->n].at <= end)
			insert(out, out->n);
	}
	return r;
}

static int read_single(struct reader *in, kymo_ms start, kymo_ms end, struct record_list *out)
{
	int r = list_reserve(out, 1);

	if (r == 0)
		r = record_get(in, false, &out->record[out->n]);
	if (r == 0 && out->record[out->n].at > start && out->record[out->n].at <= end)
		insert(out, out->n);
	return r;
}

static int read_entries(struct reader in, kymo_ms start, kymo_ms end, struct record_list *out)
{
	const uint8_t *last = NULL;
	int r = 0;

	while (reader_left(&in) && r == 0) {
		enum entry entry = (enum entry)read_u8(&in);

		switch (entry) {
		case SINGLE:
			last = in.at;
			r = read_single(&in, start, end, out);
			break;
		case RUN:
			r = read_run(&in, last, start, end, out);
			break;
		case PACKED:
			r = read_packed(&in, start, end, out);
			break;
		default:
			r = -EBADMSG;
		}
	}
	return r;
}

int tier_head_records(const struct buf *copy, kymo_ms start, kymo_ms end, struct record_list *out)
{
	return read_entries(reader_of(copy->data, copy->len), start, end, out);
}

int tier_head_list(const struct tier_head *head, series_ref ref, kymo_ms start, kymo_ms end, struct record_list *out)
{
	const struct tier_series *series = find(head, ref);

	return series ? read_entries(reader_of(series->data, series->len), start, end, out) : 0;
}

/* ---- adding ---- */

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

/* The last single as the series has it now; its sketch is not read. */
static void last_single(const struct tier_series *series, struct record *out)
{
	struct reader in = reader_of(series->data + series->last + 1, series->len - series->last - 1);

	record_get(&in, true, out);
}

static uint32_t run_length(const struct tier_series *series)
{
	uint32_t n = 0;

	if (series->runs)
		memcpy(&n, series->data + series->len - sizeof n, sizeof n);
	return n;
}

static int put_run(struct tier_head *head, struct tier_series *series, uint32_t n)
{
	if (!series->runs) {
		if (grow(head, series, RUN_BYTES) < 0)
			return -ENOMEM;
		series->data[series->len] = RUN;
		series->len += RUN_BYTES;
		series->runs = 1;
	}
	memcpy(series->data + series->len - sizeof n, &n, sizeof n);
	return 0;
}

static int put_single(struct tier_head *head, struct tier_series *series, const struct record *record)
{
	uint8_t room[256];
	struct buf bytes = { .data = room, .room = sizeof room, .limit = sizeof room }, large = { 0 }, *put = &bytes;
	int r;

	buf_add_u8(put, SINGLE);
	record_put(record, put);
	if (buf_failed(put)) {		/* a sketch */
		put = &large;
		buf_add_u8(put, SINGLE);
		record_put(record, put);
	}
	r = buf_failed(put) ? -ENOMEM : grow(head, series, (uint32_t)put->len);
	if (r == 0) {
		memcpy(series->data + series->len, put->data, put->len);
		series->last = series->len;
		series->len += (uint32_t)put->len;
		series->runs = 0;
		series->singles++;
	}
	buf_fini(&large);
	return r;
}

/* Behind all singles there are, or as the first. */
static int put_newest(struct tier_head *head, struct tier_series *series, const struct record *last, uint32_t run,
		      const struct record *record)
{
	if (last && run < RUN_MOST && record_repeats(last, record, run + 1))
		return put_run(head, series, run + 1);
	return put_single(head, series, record);
}

/* What is there of a series after it has been made anew: on failure the old one stays. */
static void take_anew(struct tier_head *head, struct tier_series *series, struct tier_series *anew)
{
	head->bytes -= series->room;
	free(series->data);
	anew->ref = series->ref;
	*series = *anew;
}

static int put_packed(struct tier_head *head, struct tier_series *to, const struct record *records, uint32_t n, enum series_kind kind)
{
	AUTO_BUF chunk = { 0 };
	int r = records_encode(records, n, kind, &chunk);
	struct buf out;

	if (r == 0)
		r = grow(head, to, (uint32_t)chunk.len + 1 + 4 + 8 + 8);
	if (r < 0)
		return r;
	out = (struct buf){ .data = to->data, .len = to->len, .room = to->room };
	buf_add_u8(&out, PACKED);
	buf_add_u32(&out, (uint32_t)chunk.len);
	buf_add_u64(&out, (uint64_t)records[0].at);
	buf_add_u64(&out, (uint64_t)records[n - 1].at);
	buf_add(&out, chunk.data, chunk.len);
	to->len = (uint32_t)out.len;
	return 0;
}

static int put_all(struct tier_head *head, struct tier_series *to, const struct record *records, uint32_t n)
{
	struct record last = { 0 };
	int r = 0;

	for (uint32_t i = 0; i < n && r == 0; i++) {
		if (i)
			last_single(to, &last);
		r = put_newest(head, to, i ? &last : NULL, run_length(to), &records[i]);
	}
	return r;
}

/* The series made anew: its packed chunks, then of its singles the older ones packed and the others as they are. */
static int make_anew(struct tier_head *head, struct tier_series *series, const struct record_list *list, uint32_t pack,
		     enum series_kind kind)
{
	struct tier_series anew = { 0 };
	int r = grow(head, &anew, series->tail + 1);

	if (r == 0 && series->tail)
		memcpy(anew.data, series->data, series->tail);
	anew.len = series->tail;
	for (uint32_t from = 0; from < pack && r == 0; from += RECORDS_CHUNK)
		r = put_packed(head, &anew, list->record + from, pack - from < RECORDS_CHUNK ? pack - from : RECORDS_CHUNK, kind);
	anew.tail = anew.len;
	if (r == 0)
		r = put_all(head, &anew, list->record + pack, list->n - pack);
	if (r == 0) {
		take_anew(head, series, &anew);
	} else {
		head->bytes -= anew.room;
		free(anew.data);
	}
	return r;
}

static int list_singles(const struct tier_series *series, struct record_list *list)
{
	return read_entries(reader_of(series->data + series->tail, series->len - series->tail), INT64_MIN, INT64_MAX, list);
}

/* Without the memory for that they stay as they are. */
static void pack_older(struct tier_head *head, struct tier_series *series, enum series_kind kind)
{
	struct record_list list = { 0 };

	if (list_singles(series, &list) == 0 && list.n > TIER_HEAD_TAIL / 2)
		make_anew(head, series, &list, list.n - TIER_HEAD_TAIL / 2, kind);
	record_list_fini(&list);
}

/* Not behind the others: into its place among the singles. */
static int put_between(struct tier_head *head, struct tier_series *series, enum series_kind kind, const struct record *record)
{
	struct record_list list = { 0 };
	int r = list_singles(series, &list);

	if (r == 0)
		r = list_reserve(&list, 1);
	if (r == 0) {
		list.record[list.n].at = record->at;
		r = window_copy(&list.record[list.n].window, &record->window);
	}
	if (r == 0) {
		insert(&list, list.n);
		r = make_anew(head, series, &list, 0, kind);
	}
	record_list_fini(&list);
	return r;
}

static int put_record(struct tier_head *head, struct tier_series *series, enum series_kind kind, const struct record *record)
{
	struct record last = { 0 };
	uint32_t run = run_length(series);
	kymo_ms newest;

	if (!series->singles)
		return put_single(head, series, record);
	last_single(series, &last);
	newest = last.at + (last.window.end - last.window.start) * (kymo_ms)run;
	if (record->at > newest)
		return put_newest(head, series, &last, run, record);
	return put_between(head, series, kind, record);
}

static void widen(struct tier_head *head, kymo_ms first, kymo_ms last)
{
	head->oldest = first < head->oldest ? first : head->oldest;
	head->newest = last > head->newest ? last : head->newest;
}

int tier_head_add(struct tier_head *head, series_ref ref, enum series_kind kind, const struct record *record)
{
	struct tier_series *series = find_or_add(head, ref);
	int r = series ? put_record(head, series, kind, record) : -ENOMEM;

	if (r < 0)
		return r;
	widen(head, record->at, record->at);
	if (series->singles >= TIER_HEAD_TAIL)
		pack_older(head, series, kind);
	return 0;
}

/* ---- adding many ---- */

enum { MANY = 8, LARGE = RECORDS_CHUNK / 2 };	/* fewer are singles; so many make a chunk of a block */

/* When the first single is; INT64_MAX: there is none. */
static kymo_ms first_single(const struct tier_series *series)
{
	struct reader in = reader_of(series->data + series->tail + 1, series->len - series->tail - 1);
	struct record record = { 0 };

	if (!series->singles)
		return INT64_MAX;
	record_get(&in, true, &record);
	return record.at;
}

/* A chunk behind those there are, before the singles. */
static int put_before_singles(struct tier_head *head, struct tier_series *series, enum series_kind kind, const struct record *records,
			      uint32_t n)
{
	struct tier_series chunk = { 0 };
	int r = put_packed(head, &chunk, records, n, kind);

	if (r == 0)
		r = grow(head, series, chunk.len);
	if (r == 0) {
		memmove(series->data + series->tail + chunk.len, series->data + series->tail, series->len - series->tail);
		memcpy(series->data + series->tail, chunk.data, chunk.len);
		series->tail += chunk.len;
		series->last += chunk.len;
		series->len += chunk.len;
	}
	head->bytes -= chunk.room;
	free(chunk.data);
	return r;
}

int tier_head_add_many(struct tier_head *head, series_ref ref, enum series_kind kind, const struct record *records, uint32_t n)
{
	struct tier_series *series = n >= MANY && n <= RECORDS_CHUNK ? find_or_add(head, ref) : NULL;
	int r = 0;

	if (series && first_single(series) > records[n - 1].at) {
		r = put_before_singles(head, series, kind, records, n);
		if (r == 0)
			widen(head, records[0].at, records[n - 1].at);
		return r;
	}
	for (uint32_t i = 0; i < n && r == 0; i++)
		r = tier_head_add(head, ref, kind, &records[i]);
	return r;
}

/* false: it is no chunk. */
static bool read_chunk(struct reader *in, struct tier_chunk *chunk)
{
	int64_t n;

	if (read_u8(in) != PACKED)
		return false;
	chunk->size = read_u32(in);
	chunk->first = (kymo_ms)read_u64(in);
	chunk->last = (kymo_ms)read_u64(in);
	chunk->data = read_bytes(in, chunk->size);
	n = in->bad ? -1 : records_count(chunk->data, chunk->size);
	chunk->n = n < 0 ? 0 : (uint32_t)n;
	return n > 0;
}

bool tier_head_is_chunks(const struct buf *copy, kymo_ms until)
{
	struct reader in = reader_of(copy->data, copy->len);
	struct tier_chunk chunk;
	kymo_ms before = INT64_MIN;

	while (reader_left(&in)) {
		if (!read_chunk(&in, &chunk) || chunk.first <= before || chunk.last > until || chunk.n < LARGE ||
		    chunk.n > RECORDS_CHUNK)
			return false;
		before = chunk.last;
	}
	return copy->len;
}

int tier_head_chunks(const struct buf *copy, int (*each)(void *data, const struct tier_chunk *chunk), void *data)
{
	struct reader in = reader_of(copy->data, copy->len);
	struct tier_chunk chunk;
	int r = 0;

	while (r == 0 && reader_left(&in) && read_chunk(&in, &chunk))
		r = each(data, &chunk);
	return r;
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

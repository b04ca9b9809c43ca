/* SPDX-License-Identifier: MIT */
/*
 * head.c - what a series has of its own: a chain of data, newest on top; all but
 * the top are frozen, and the top may be. Sealed parts stand one behind another in
 * one piece of memory, each behind a header of fixed size, so a reader that wants
 * the last minute skips to it.
 *
 * Distributions are kept as the bytes that the WAL has, one part each, until
 * there are enough of them to be encoded together.
 */
#include "head/head.h"
#include "head/chunk.h"
#include "head/group.h"
#include "tier/record.h"
#include "model/sample.h"

#include <errno.h>
#include <stdlib.h>

enum { RUN_LEAST = HEAD_OPEN / 2 };	/* a shorter run that ends goes to the buffer */

struct part_header {
	kymo_ms first, last;
	uint32_t n, size;
};

struct parts {
	uint8_t *data;
	uint32_t len, room;
};

struct head_data {
	struct head_data *older;
	bool frozen;
	uint32_t n_open, room_open, n_late, room_late;
	uint32_t n_run;			/* run: value, step and first time below; only when n_open is 0 */
	uint32_t n_single, singles_at;	/* trailing parts of one record; where they begin */
	kymo_ms run_first, run_step;
	uint64_t run_bits;
	uint64_t samples;
	kymo_ms first, last;		/* of all that is in */
	struct head_sample *open, *late;	/* late: rising */
	struct parts sealed, late_records;
};

void head_init(struct head *head)
{
	*head = (struct head){ 0 };
	pthread_mutex_init(&head->lock, NULL);
	atomic_init(&head->samples, 0);
	atomic_init(&head->bytes, 0);
	atomic_init(&head->spilled, 0);
	atomic_init(&head->oldest, INT64_MAX);
	atomic_init(&head->newest, INT64_MIN);
}

void head_fini(struct head *head)
{
	pthread_mutex_destroy(&head->lock);
	buf_fini(&head->scratch);
	spill_fini(&head->spill);
	free(head->waiting);
	for (int i = 0; i < TOUCHED_LISTS; i++)
		free(head->touched[i].ref);
	free(head->groups);
}

static void account(struct head *head, int64_t bytes)
{
	atomic_fetch_add_explicit(&head->bytes, (uint64_t)bytes, memory_order_relaxed);
}

/* ---- parts ---- */

static int parts_reserve(struct head *head, struct parts *parts, uint32_t more)
{
	uint32_t room = parts->room + parts->room / 4;
	uint8_t *data;

	if (more <= parts->room - parts->len)
		return 0;
	if (more > UINT32_MAX / 4 || parts->len > UINT32_MAX / 4)
		return -ENOMEM;
	if (room < parts->len + more)
		room = parts->len + more + 32;
	data = realloc(parts->data, room);
	if (!data)
		return -ENOMEM;
	account(head, (int64_t)room - parts->room);
	parts->data = data;
	parts->room = room;
	return 0;
}

static int parts_add(struct head *head, struct parts *parts, struct part_header header, const void *data)
{
	if (parts_reserve(head, parts, (uint32_t)sizeof header + header.size) < 0)
		return -ENOMEM;
	memcpy(parts->data + parts->len, &header, sizeof header);
	memcpy(parts->data + parts->len + sizeof header, data, header.size);
	parts->len += (uint32_t)sizeof header + header.size;
	return 0;
}

static bool parts_next(const struct parts *parts, uint32_t *at, struct part_header *header, const uint8_t **data)
{
	if (*at >= parts->len)
		return false;
	memcpy(header, parts->data + *at, sizeof *header);
	*data = parts->data + *at + sizeof *header;
	*at += (uint32_t)sizeof *header + header->size;
	return true;
}

/* ---- data ---- */

/* The data that takes new samples. */
static struct head_data *data_top(struct head *head, struct series *series)
{
	struct head_data *data = series->data;

	if (data && !data->frozen)
		return data;
	data = calloc(1, sizeof *data);
	if (!data)
		return NULL;
	account(head, sizeof *data);
	data->first = INT64_MAX;
	data->last = INT64_MIN;
	data->older = series->data;
	series->data = data;
	return data;
}

static void data_destroy(struct head *head, struct head_data *data)
{
	account(head, -(int64_t)(sizeof *data + (data->room_open + data->room_late) * sizeof *data->open +
				 data->sealed.room + data->late_records.room));
	atomic_fetch_sub(&head->samples, data->samples);
	free(data->open);
	free(data->late);
	free(data->sealed.data);
	free(data->late_records.data);
	free(data);
}

/* ---- the open end ---- */

static int samples_reserve(struct head *head, struct head_sample **samples, uint32_t *room, uint32_t n)
{
	uint32_t more = *room ? *room * 2 : 8;
	struct head_sample *grown;

	if (n <= *room)
		return 0;
	while (more < n)
		more *= 2;
	grown = realloc(*samples, more * sizeof *grown);
	if (!grown)
		return -ENOMEM;
	account(head, (int64_t)((more - *room) * sizeof *grown));
	*samples = grown;
	*room = more;
	return 0;
}

static int seal_run(struct head *head, struct head_data *data)
{
	AUTO_BUF bytes = { 0 };
	struct part_header header = { data->run_first, data->run_first + data->run_step * (data->n_run - 1), data->n_run };

	if (chunk_encode_run(data->run_first, data->run_step, value_of_bits(data->run_bits), data->n_run, &bytes) < 0)
		return -ENOMEM;
	header.size = (uint32_t)bytes.len;
	if (parts_add(head, &data->sealed, header, bytes.data) < 0)
		return -ENOMEM;
	data->n_run = 0;
	return 0;
}

static int seal_open(struct head *head, struct head_data *data)
{
	AUTO_BUF bytes = { 0 };
	kymo_ms at[HEAD_OPEN];
	double values[HEAD_OPEN];
	struct part_header header = { data->open[0].at, data->open[data->n_open - 1].at, data->n_open };

	for (uint32_t i = 0; i < data->n_open; i++) {
		at[i] = data->open[i].at;
		values[i] = data->open[i].value;
	}
	if (chunk_encode(at, values, data->n_open, &bytes) < 0)
		return -ENOMEM;
	header.size = (uint32_t)bytes.len;
	if (parts_add(head, &data->sealed, header, bytes.data) < 0)
		return -ENOMEM;
	account(head, -(int64_t)(data->room_open * sizeof *data->open));
	free(data->open);
	data->open = NULL;
	data->n_open = data->room_open = 0;
	return 0;
}

/* Does this sample carry the run on? */
static bool run_takes(const struct head_data *data, kymo_ms at, uint64_t bits)
{
	kymo_ms step, next;

	if (bits != data->run_bits || data->n_run >= CHUNK_LIMIT)
		return false;
	if (data->n_run == 1)
		return !__builtin_sub_overflow(at, data->run_first, &step);
	return !__builtin_mul_overflow(data->run_step, (kymo_ms)data->n_run, &step) &&
	       !__builtin_add_overflow(data->run_first, step, &next) && next == at;
}

static int spill_run(struct head *head, struct head_data *data)
{
	if (samples_reserve(head, &data->open, &data->room_open, data->n_run + 1) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < data->n_run; i++)
		data->open[i] = (struct head_sample){ data->run_first + data->run_step * i, value_of_bits(data->run_bits) };
	data->n_open = data->n_run;
	data->n_run = 0;
	return 0;
}

static void run_add(struct head_data *data, kymo_ms at, uint64_t bits)
{
	if (!data->n_run) {
		data->run_first = at;
		data->run_step = 0;
		data->run_bits = bits;
	} else if (data->n_run == 1) {
		data->run_step = at - data->run_first;
	}
	data->n_run++;
}

static int open_add(struct head *head, struct head_data *data, kymo_ms at, double value)
{
	uint64_t bits = value_bits(value);
	int r = 0;

	if (data->n_run && !run_takes(data, at, bits))
		r = data->n_run < RUN_LEAST ? spill_run(head, data) : seal_run(head, data);
	if (r == 0 && data->n_open >= HEAD_OPEN)
		r = seal_open(head, data);
	if (r < 0)
		return r;
	if (!data->n_open) {
		run_add(data, at, bits);
		return 0;
	}
	if (samples_reserve(head, &data->open, &data->room_open, data->n_open + 1) < 0)
		return -ENOMEM;
	data->open[data->n_open++] = (struct head_sample){ at, value };
	return 0;
}

/* ---- out of order ---- */

static int late_add(struct head *head, struct head_data *data, kymo_ms at, double value)
{
	uint32_t place = data->n_late;

	if (samples_reserve(head, &data->late, &data->room_late, data->n_late + 1) < 0)
		return -ENOMEM;
	while (place && data->late[place - 1].at > at)
		place--;
	memmove(data->late + place + 1, data->late + place, (data->n_late - place) * sizeof *data->late);
	data->late[place] = (struct head_sample){ at, value };
	data->n_late++;
	return 0;
}

/* ---- appending ---- */

void head_widen(struct head *head, kymo_ms at)
{
	if (at < atomic_load_explicit(&head->oldest, memory_order_relaxed))
		atomic_store(&head->oldest, at);
	if (at > atomic_load_explicit(&head->newest, memory_order_relaxed))
		atomic_store(&head->newest, at);
}

static void widen(struct head *head, struct head_data *data, kymo_ms at)
{
	if (at < data->first)
		data->first = at;
	if (at > data->last)
		data->last = at;
	head_widen(head, at);
}

static void stored(struct head *head, struct series *series, struct head_data *data, kymo_ms at, double value)
{
	struct group *group = group_of(head, series);

	if (group && at > group->newest)
		group->newest = at;
	data->samples++;
	atomic_fetch_add_explicit(&head->samples, 1, memory_order_relaxed);
	widen(head, data, at);
	if (series->first_at == INT64_MIN || at < series->first_at)
		series->first_at = at;
	if (series->last_at == INT64_MIN || at > series->last_at) {
		series->last_at = at;
		series->last = value_bits(value);
		series->last_known = true;
	}
}

/* Of what is its own: a group's rows stand beside that. */
static bool in_order(const struct series *series, kymo_ms at)
{
	return series->last_at == INT64_MIN || at > series->last_at;
}

int head_put_newer(struct head *head, struct series *series, kymo_ms at, double value)
{
	struct head_data *data = data_top(head, series);

	if (!data || open_add(head, data, at, value) < 0)
		return -ENOMEM;
	stored(head, series, data, at, value);
	return 0;
}

int head_append(struct head *head, struct series *series, kymo_ms at, double value)
{
	LOCK(&head->lock);
	struct head_data *data = data_top(head, series);
	int r;

	if (!data)
		return -ENOMEM;
	r = in_order(series, at) ? open_add(head, data, at, value) : late_add(head, data, at, value);
	if (r == 0)
		stored(head, series, data, at, value);
	return r;
}

/* ---- distributions ---- */

static int decode_singles(const struct head_data *data, struct record *records)
{
	struct part_header header;
	const uint8_t *bytes;
	uint32_t at = data->singles_at, n = 0;
	int r = 0;

	while (r == 0 && parts_next(&data->sealed, &at, &header, &bytes))
		r = records_decode(bytes, header.size, KIND_DISTRIBUTION, &records[n++], 1);
	return r;
}

/* Out of memory: they stay single, and the next one tries again. */
static void seal_singles(struct head *head, struct head_data *data)
{
	struct record *records = calloc(data->n_single, sizeof *records);
	AUTO_BUF bytes = { 0 };
	struct part_header header = { .n = data->n_single };
	uint32_t len = data->sealed.len;

	if (records && decode_singles(data, records) == 0 &&
	    records_encode(records, data->n_single, KIND_DISTRIBUTION, &bytes) == 0 && bytes.len <= UINT32_MAX) {
		header.first = records[0].at;
		header.last = records[data->n_single - 1].at;
		header.size = (uint32_t)bytes.len;
		data->sealed.len = data->singles_at;
		if (parts_add(head, &data->sealed, header, bytes.data) == 0)
			data->n_single = 0;
		else
			data->sealed.len = len;
	}
	for (uint32_t i = 0; records && i < header.n; i++)
		window_fini(&records[i].window);
	free(records);
}

static int single_add(struct head *head, struct head_data *data, struct part_header header, const void *bytes)
{
	if (data->n_single >= HEAD_OPEN_RECORDS)
		seal_singles(head, data);
	if (!data->n_single)
		data->singles_at = data->sealed.len;
	if (parts_add(head, &data->sealed, header, bytes) < 0)
		return -ENOMEM;
	data->n_single++;
	return 0;
}

int head_append_record(struct head *head, struct series *series, kymo_ms at, const void *bytes, uint32_t size,
		       double mean)
{
	LOCK(&head->lock);
	struct head_data *data = data_top(head, series);
	struct part_header header = { at, at, 1, size };
	int r;

	if (!data)
		return -ENOMEM;
	r = in_order(series, at) ? single_add(head, data, header, bytes) :
				   parts_add(head, &data->late_records, header, bytes);
	if (r == 0)
		stored(head, series, data, at, mean);
	return r;
}

/* ---- first and last ---- */

struct head_last head_last_locked(const struct head *head, const struct series *series)
{
	const struct group *group = group_of(head, series);
	kymo_ms at = group ? group_member_at(group, series->slot) : INT64_MIN;

	if (at != INT64_MIN && (series->last_at == INT64_MIN || at > series->last_at))
		return (struct head_last){ at, group->now.last[series->slot], true };
	return (struct head_last){ series->last_at, series->last, series->last_known };
}

struct head_last head_last(struct head *head, const struct series *series)
{
	LOCK(&head->lock);

	return head_last_locked(head, series);
}

kymo_ms head_first(struct head *head, const struct series *series)
{
	LOCK(&head->lock);

	return series->first_at;
}

void head_set_last(struct head *head, struct series *series, kymo_ms newest, struct head_last last)
{
	LOCK(&head->lock);

	if (series->last_at != newest || series->last_known)
		return;
	series->last_at = last.at;
	series->last = last.bits;
	series->last_known = true;
}

void head_reset_last(struct head *head, struct series *series, struct head_last last)
{
	LOCK(&head->lock);

	series->last_at = last.at;
	series->last = last.bits;
	series->last_known = last.known;
	series->last_is_end = false;
}

void head_leave_group(struct head *head, struct series *series)
{
	LOCK(&head->lock);
	struct group *group = group_of(head, series);

	if (group)
		group_retire(head, group);
}

bool head_set_first(struct head *head, struct series *series, kymo_ms first)
{
	LOCK(&head->lock);
	kymo_ms in_groups;

	for (const struct head_data *data = series->data; data; data = data->older)
		if (data->first < first)
			first = data->first;
	in_groups = groups_first(head, series);
	if (in_groups < first)
		first = in_groups;
	if (first == INT64_MAX && group_of(head, series))
		return true;
	series->first_at = first == INT64_MAX ? INT64_MIN : first;
	if (first == INT64_MAX) {
		series->last_at = INT64_MIN;
		series->last_known = false;
	}
	return first != INT64_MAX;
}

/* ---- copying out ---- */

static struct head_part *part_make(struct head_copy *copy)
{
	if (copy->n == copy->room) {
		uint32_t room = copy->room ? copy->room * 2 : 8;
		struct head_part *parts = realloc(copy->parts, room * sizeof *parts);

		if (!parts)
			return NULL;
		copy->parts = parts;
		copy->room = room;
	}
	return &copy->parts[copy->n++];
}

static int copy_part(struct head_copy *copy, enum head_form form, struct part_header header, const void *data)
{
	static const uint8_t zeros[8];
	struct head_part *part = part_make(copy);

	if (!part)
		return -ENOMEM;
	buf_add(&copy->bytes, zeros, -copy->bytes.len & 7);
	*part = (struct head_part){ header.first, header.last, header.n, header.size, copy->bytes.len, form };
	buf_add(&copy->bytes, data, header.size);
	return buf_failed(&copy->bytes) ? -ENOMEM : 0;
}

int head_copy_sealed(struct head_copy *copy, struct sealed *sealed, uint32_t slot)
{
	struct head_part *part = part_make(copy);

	if (!part)
		return -ENOMEM;
	*part = (struct head_part){ .first = sealed->first, .last = sealed->last, .n = sealed->n_rows, .form = HEAD_SEALED,
				    .slot = slot, .sealed = sealed_hold(sealed) };
	return 0;
}

int head_copy_spilled(struct head_copy *copy, const struct spilled *spilled, uint32_t slot)
{
	struct head_part *part = part_make(copy);

	if (!part)
		return -ENOMEM;
	*part = (struct head_part){ .first = spilled->first, .last = spilled->last, .n = spilled->n_rows, .form = HEAD_SPILLED,
				    .slot = slot % SPILL_SLICE, .place = spill_place(spilled, slot) };
	return 0;
}

int head_copy_samples(struct head_copy *copy, const struct head_sample *samples, uint32_t n)
{
	struct part_header header = { samples[0].at, samples[n - 1].at, n, (uint32_t)(n * sizeof *samples) };

	return copy_part(copy, HEAD_PLAIN, header, samples);
}

static int copy_parts(struct head_copy *copy, const struct parts *from, enum head_form form, kymo_ms start, kymo_ms end)
{
	struct part_header header;
	const uint8_t *data;
	int r = 0;

	for (uint32_t at = 0; r == 0 && parts_next(from, &at, &header, &data);)
		if (header.last > start && header.first <= end)
			r = copy_part(copy, form, header, data);
	return r;
}

static int copy_samples(struct head_copy *copy, const struct head_sample *samples, uint32_t n, kymo_ms start, kymo_ms end)
{
	while (n && samples[0].at <= start)
		samples++, n--;
	while (n && samples[n - 1].at > end)
		n--;
	return n ? head_copy_samples(copy, samples, n) : 0;
}

/* The part of the run that is asked for: a long one costs no more than a short one. false: none. */
static bool clip_run(const struct head_data *data, kymo_ms start, kymo_ms end, struct part_header *part)
{
	uint64_t step = (uint64_t)data->run_step, skip;

	part->first = data->run_first;
	part->last = data->run_first + data->run_step * (kymo_ms)(data->n_run - 1);
	part->n = data->n_run;
	if (part->last <= start || part->first > end)
		return false;
	if (part->first <= start) {
		skip = ((uint64_t)start - (uint64_t)part->first) / step + 1;
		part->first += (kymo_ms)(skip * step);
		part->n -= (uint32_t)skip;
	}
	if (part->last > end && part->first <= end) {
		part->n = (uint32_t)(((uint64_t)end - (uint64_t)part->first) / step) + 1;
		part->last = part->first + (kymo_ms)(step * (part->n - 1));
	}
	return part->first <= end;
}

static int copy_run(struct head_copy *copy, const struct head_data *data, kymo_ms start, kymo_ms end)
{
	AUTO_BUF bytes = { 0 };
	struct part_header header = { 0 };

	if (!data->n_run || !clip_run(data, start, end, &header))
		return 0;
	if (chunk_encode_run(header.first, data->run_step, value_of_bits(data->run_bits), header.n, &bytes) < 0)
		return -ENOMEM;
	header.size = (uint32_t)bytes.len;
	return copy_part(copy, HEAD_CHUNK, header, bytes.data);
}

static int copy_data(struct head_copy *copy, const struct head_data *data, enum head_form form, kymo_ms start, kymo_ms end)
{
	int r = copy_parts(copy, &data->sealed, form, start, end);

	if (r == 0)
		r = copy_parts(copy, &data->late_records, form, start, end);
	if (r == 0)
		r = copy_run(copy, data, start, end);
	if (r == 0)
		r = copy_samples(copy, data->open, data->n_open, start, end);
	return r < 0 ? r : copy_samples(copy, data->late, data->n_late, start, end);
}

int head_copy(struct head *head, const struct series *series, kymo_ms start, kymo_ms end, bool frozen,
	      struct head_copy *copy)
{
	LOCK(&head->lock);
	enum head_form form = series->kind == KIND_DISTRIBUTION ? HEAD_RECORDS : HEAD_CHUNK;
	int r = 0;

	for (const struct head_data *data = series->data; data && r == 0; data = data->older)
		if (!frozen || data->frozen)
			r = copy_data(copy, data, form, start, end);
	return r < 0 ? r : groups_copy(head, series, start, end, frozen, copy);
}

bool head_has_own(const struct series *series, kymo_ms start, kymo_ms end)
{
	for (const struct head_data *data = series->data; data; data = data->older)
		if (data->last > start && data->first <= end)
			return true;
	return false;
}

void head_copy_fini(struct head_copy *copy)
{
	for (uint32_t i = 0; i < copy->n; i++) {
		sealed_release(copy->parts[i].sealed);
		spill_place_fini(&copy->parts[i].place);
	}
	buf_fini(&copy->bytes);
	free(copy->parts);
	*copy = (struct head_copy){ 0 };
}

/* ---- flushing ---- */

bool head_freeze(struct head *head, struct series *series, kymo_ms *first, kymo_ms *last)
{
	LOCK(&head->lock);

	for (struct head_data *data = series->data; data; data = data->older) {
		data->frozen = true;
		if (data->first < *first)
			*first = data->first;
		if (data->last > *last)
			*last = data->last;
	}
	return series->data || groups_frozen(head, series);
}

void head_begin_drop(struct head *head)
{
	LOCK(&head->lock);

	atomic_store(&head->oldest, INT64_MAX);
	atomic_store(&head->newest, INT64_MIN);
}

/* The frozen ones are the end of the chain. */
static uint64_t drop(struct head *head, struct head_data **from)
{
	uint64_t samples = 0;

	while (*from) {
		struct head_data *data = *from;

		*from = data->older;
		samples += data->samples;
		data_destroy(head, data);
	}
	return samples;
}

uint64_t head_drop_frozen(struct head *head, struct series *series)
{
	LOCK(&head->lock);
	struct head_data **from = &series->data;

	while (*from && !(*from)->frozen) {
		if ((*from)->samples) {
			widen(head, *from, (*from)->first);
			widen(head, *from, (*from)->last);
		}
		from = &(*from)->older;
	}
	return drop(head, from);
}

void head_drop(struct head *head, struct series *series)
{
	LOCK(&head->lock);

	drop(head, &series->data);
}

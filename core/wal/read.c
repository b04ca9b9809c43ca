/* SPDX-License-Identifier: MIT */
/*
 * read.c - from a record back to batches. Groups are kept with their last
 * values, and rows are applied to them; what is given of a row points there.
 * Counts are held against the bytes that are there before anything is allocated
 * for them.
 */
#include "codec/token.h"
#include "wal/format.h"
#include "wal/record.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>

enum { SAMPLE_LEAST = 9, DISTRIBUTION_LEAST = 11, MEMBER_LEAST = 3 };	/* bytes of the smallest one */

struct wal_group {
	uint32_t n, words;
	bool known;			/* rows can be read */
	struct wal_pace pace;
	series_ref *refs;
	uint64_t *last;
	uint64_t *present;
	uint8_t *state;
};

static void group_destroy(struct wal_group *group)
{
	if (!group)
		return;
	free(group->pace.changed);
	free(group->refs);
	free(group->last);
	free(group->present);
	free(group->state);
	free(group);
}

void wal_reading_fini(struct wal_reading *reading)
{
	for (uint32_t i = 0; i < reading->n; i++)
		group_destroy(reading->group[i]);
	free(reading->group);
	free(reading->refs);
	free(reading->times);
	free(reading->values);
	free(reading->distributions);
	*reading = (struct wal_reading){ 0 };
}

void wal_reading_forget(struct wal_reading *reading)
{
	for (uint32_t i = 0; i < reading->n; i++)
		if (reading->group[i])
			reading->group[i]->known = false;
}

static int room_for_samples(struct wal_reading *reading, uint32_t n)
{
	void *refs, *times, *values;

	if (n <= reading->room_samples)
		return 0;
	if ((refs = realloc(reading->refs, n * sizeof *reading->refs)))
		reading->refs = refs;
	if ((times = realloc(reading->times, n * sizeof *reading->times)))
		reading->times = times;
	if ((values = realloc(reading->values, n * sizeof *reading->values)))
		reading->values = values;
	if (!refs || !times || !values)
		return -ENOMEM;
	reading->room_samples = n;
	return 0;
}

static int room_for_distributions(struct wal_reading *reading, uint32_t n)
{
	struct wal_distribution *more;

	if (n <= reading->room_distributions)
		return 0;
	more = realloc(reading->distributions, n * sizeof *more);
	if (!more)
		return -ENOMEM;
	reading->distributions = more;
	reading->room_distributions = n;
	return 0;
}

/* ---- samples ---- */

static void turn_bad(struct reader *in)
{
	read_bytes(in, SIZE_MAX);
}

/* A count of things that take at least `least` bytes each; more than can be there turns the reader bad. */
static uint32_t read_count(struct reader *in, size_t least)
{
	uint64_t n = read_varint(in);

	if (n > reader_left(in) / least) {
		turn_bad(in);
		return 0;
	}
	return (uint32_t)n;
}

static series_ref read_ref(struct reader *in, series_ref before)
{
	uint64_t ref = (uint64_t)before + (uint64_t)read_zigzag(in);

	if (ref > UINT32_MAX)
		turn_bad(in);
	return (series_ref)ref;
}

static int samples_read(struct reader *in, bool own_times, struct wal_reading *reading, struct wal_batch *batch)
{
	uint32_t n = read_count(in, SAMPLE_LEAST);
	kymo_ms at = read_zigzag(in);

	if (room_for_samples(reading, n) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		reading->refs[i] = read_ref(in, i ? reading->refs[i - 1] : 0);
	*batch = (struct wal_batch){ .n = n, .refs = reading->refs, .at = at, .values = reading->values };
	for (uint32_t i = 0; i < n && own_times; i++)
		reading->times[i] = at = (kymo_ms)((uint64_t)at + (uint64_t)read_zigzag(in));
	for (uint32_t i = 0; i < n; i++)
		reading->values[i] = read_f64(in);
	batch->times = own_times ? reading->times : NULL;
	return 0;
}

static int distributions_read(struct reader *in, struct wal_reading *reading, struct wal_batch *batch)
{
	uint32_t n = read_count(in, DISTRIBUTION_LEAST);

	if (room_for_distributions(reading, n) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		struct wal_distribution *d = &reading->distributions[i];
		uint64_t ref = read_varint(in);
		size_t size;

		d->ref = ref > UINT32_MAX ? 0 : (series_ref)ref;
		d->at = read_zigzag(in);
		d->mean = read_f64(in);
		d->data = (const uint8_t *)read_string(in, &size);
		d->size = (uint32_t)size;
	}
	batch->n_distributions = n;
	batch->distributions = reading->distributions;
	return 0;
}

static int read_samples(struct reader *in, bool own_times, struct wal_reading *reading, struct wal_batch *batch)
{
	if (samples_read(in, own_times, reading, batch) < 0 || distributions_read(in, reading, batch) < 0)
		return -ENOMEM;
	return in->bad ? -EBADMSG : 0;
}

/* ---- groups ---- */

static struct wal_group *group_create(uint32_t n)
{
	struct wal_group *group = calloc(1, sizeof *group);

	if (!group)
		return NULL;
	group->n = n;
	group->words = (n + 63) / 64;
	group->pace.changed = calloc(group->words, sizeof *group->pace.changed);
	group->present = calloc(group->words, sizeof *group->present);
	group->refs = malloc(n * sizeof *group->refs);
	group->last = malloc(n * sizeof *group->last);
	group->state = malloc(n);
	if (group->pace.changed && group->present && group->refs && group->last && group->state)
		return group;
	group_destroy(group);
	return NULL;
}

/* Numbers count up, but a statement that could not be written leaves a gap. NULL: no memory. */
static struct wal_group **group_place(struct wal_reading *reading, uint32_t number)
{
	if (number >= reading->room) {
		uint32_t room = number * 2 < 8 ? 8 : number * 2;
		struct wal_group **more = realloc(reading->group, room * sizeof *more);

		if (!more)
			return NULL;
		reading->group = more;
		reading->room = room;
	}
	while (number >= reading->n)
		reading->group[reading->n++] = NULL;
	return &reading->group[number];
}

static bool read_member(struct reader *in, struct wal_group *group, uint32_t i)
{
	uint8_t state = read_u8(in);
	int64_t units;

	if (state > TOKEN_STATE || (state & TOKEN_UNIT) >= TOKEN_UNITS)
		return false;
	group->state[i] = state;
	if (state & TOKEN_FOREIGN) {
		group->last[i] = read_u64(in);
		return true;
	}
	units = read_zigzag(in);
	group->last[i] = token_value(units, state);
	return units <= TOKEN_UNITS_MOST && units >= -TOKEN_UNITS_MOST;
}

static bool read_members(struct reader *in, struct wal_group *group)
{
	bool sound = true;

	for (uint32_t i = 0; i < group->n; i++)
		group->refs[i] = read_ref(in, i ? group->refs[i - 1] : 0);
	for (uint32_t i = 0; i < group->n && sound; i++)
		sound = read_member(in, group, i);
	return sound && !in->bad;
}

static int read_group(struct reader *in, struct wal_reading *reading)
{
	uint64_t number = read_varint(in);
	uint32_t n = read_count(in, MEMBER_LEAST);
	struct wal_group **place, *group;

	if (in->bad || !n || number >= WAL_GROUPS)
		return -EBADMSG;
	place = group_place(reading, (uint32_t)number);
	group = place ? group_create(n) : NULL;
	if (!group)
		return -ENOMEM;
	group_destroy(*place);
	*place = group;
	group->known = read_members(in, group);
	return group->known ? 0 : -EBADMSG;
}

/* ---- rows ---- */

static void read_present(struct reader *in, struct wal_group *group)
{
	const uint8_t *bytes = read_bytes(in, (group->n + 7) / 8);

	if (!bytes)
		return;
	group->present[group->words - 1] = 0;
	memcpy(group->present, bytes, (group->n + 7) / 8);
	for (uint32_t w = 0; w < group->words; w++)
		group->present[w] = le64toh(group->present[w]);
}

/* Only members that are there can have changed. */
static bool read_changed(struct reader *in, struct wal_group *group, bool some)
{
	uint64_t last = group->n % 64 ? (UINT64_C(1) << group->n % 64) - 1 : UINT64_MAX, extra = 0;

	for (uint32_t w = 0; w < group->words; w++) {
		uint8_t which = read_u8(in);
		uint64_t differs = 0;

		for (int i = 0; i < 8; i++)
			if (which >> i & 1)
				differs |= (uint64_t)read_u8(in) << i * 8;
		group->pace.changed[w] ^= differs;
		if (some)
			extra |= group->pace.changed[w] & ~group->present[w];
	}
	return !in->bad && !(group->pace.changed[group->words - 1] & ~last) && !extra &&
	       !(some && group->present[group->words - 1] & ~last);
}

static bool read_tokens(struct reader *in, struct wal_group *group)
{
	const uint8_t *at = in->at;

	for (uint32_t w = 0; w < group->words; w++)
		for (uint64_t left = group->pace.changed[w]; left; left &= left - 1) {
			uint32_t slot = w * 64 + (uint32_t)__builtin_ctzll(left);

			at = token_read(at, in->end, &group->last[slot], &group->state[slot]);
			if (!at)
				return false;
		}
	in->at = at;
	return true;
}

static int give_some(const struct wal_group *group, struct wal_reading *reading, struct wal_batch *batch)
{
	if (room_for_samples(reading, group->n) < 0)
		return -ENOMEM;
	for (uint32_t w = 0; w < group->words; w++)
		for (uint64_t left = group->present[w]; left; left &= left - 1) {
			uint32_t slot = w * 64 + (uint32_t)__builtin_ctzll(left);

			reading->refs[batch->n] = group->refs[slot];
			reading->values[batch->n++] = value_of_bits(group->last[slot]);
		}
	batch->refs = reading->refs;
	batch->values = reading->values;
	return 0;
}

static int read_row(struct reader *in, bool some, struct wal_reading *reading, struct wal_batch *batch)
{
	uint64_t number = read_varint(in);
	struct wal_group *group = number < reading->n ? reading->group[number] : NULL;
	int64_t differs = read_zigzag(in);

	if (!group || !group->known)
		return -ENOENT;
	group->pace.step = (kymo_ms)((uint64_t)group->pace.step + (uint64_t)differs);
	group->pace.at = (kymo_ms)((uint64_t)group->pace.at + (uint64_t)group->pace.step);
	if (some)
		read_present(in, group);
	group->known = !in->bad && read_changed(in, group, some) && read_tokens(in, group);
	if (!group->known)
		return -EBADMSG;
	*batch = (struct wal_batch){ .n = some ? 0 : group->n, .refs = group->refs, .at = group->pace.at,
				     .values = (const double *)(const void *)group->last };
	return some ? give_some(group, reading, batch) : 0;
}

/* ---- a record ---- */

static int read_part(struct reader *in, struct wal_reading *reading, struct wal_batch *batch)
{
	uint8_t part = read_u8(in);

	switch (part) {
	case WAL_SAMPLES:
	case WAL_SAMPLES_TIMED:
		return read_samples(in, part == WAL_SAMPLES_TIMED, reading, batch);
	case WAL_GROUP:
		return read_group(in, reading);
	case WAL_ROW:
	case WAL_ROW_OF_SOME:
		return read_row(in, part == WAL_ROW_OF_SOME, reading, batch);
	default:
		return -EBADMSG;
	}
}

int wal_record_read(const uint8_t *data, size_t size, struct wal_reading *reading, wal_each *each, void *each_data)
{
	struct reader in = reader_of(data, size);
	int r = 0;

	while (r == 0 && reader_left(&in)) {
		struct wal_batch batch = { 0 };

		r = read_part(&in, reading, &batch);
		if (r == 0 && (batch.n || batch.n_distributions))
			r = each(each_data, &batch);
	}
	return r;
}

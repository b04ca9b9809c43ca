/* SPDX-License-Identifier: MIT */
/*
 * trail.c - two arrays whose used parts wander from left to right: samples as
 * columns, so that they are folded in runs, and records, of which a window has
 * few, as structs of their own.
 */
#include "query/trail.h"

#include <errno.h>
#include <math.h>

enum { ROOM_FIRST = 256 };

struct kept {
	kymo_ms at, start, first_at, last_at;
	uint64_t count;
	double sum, min, max, first, last, correction;
	uint8_t flags;
	struct sketch *sketch;		/* ours; or NULL */
};

/* Entries head..end of an array are in use. */
struct part {
	size_t head, end, room;
};

struct trail {
	struct part samples, records;
	kymo_ms *at;
	double *values;
	struct kept *kept;
};

struct trail *trail_create(void)
{
	return calloc(1, sizeof(struct trail));
}

static void drop_sketch(struct kept *kept)
{
	if (!kept->sketch)
		return;
	sketch_fini(kept->sketch);
	free(kept->sketch);
	kept->sketch = NULL;
}

void trail_clear(struct trail *trail)
{
	trail_forget(trail, INT64_MAX);
}

void trail_destroy(struct trail *trail)
{
	if (!trail)
		return;
	trail_clear(trail);
	free(trail->at);
	free(trail->values);
	free(trail->kept);
	free(trail);
}

void trail_forget(struct trail *trail, kymo_ms until)
{
	struct part *samples = &trail->samples, *records = &trail->records;

	while (samples->head < samples->end && trail->at[samples->head] <= until)
		samples->head++;
	while (records->head < records->end && trail->kept[records->head].at <= until)
		drop_sketch(&trail->kept[records->head++]);
}

/* Is there room for n behind the end, when what is in use moves to the front (only if it is less than half)? */
static bool fits_in_front(const struct part *part, size_t n)
{
	size_t used = part->end - part->head;

	return used + n <= part->room && used < part->room / 2;
}

static size_t room_for(const struct part *part, size_t n)
{
	size_t room = part->room ? part->room : ROOM_FIRST;

	while (room < part->end + n)
		room *= 2;
	return room;
}

static int reserve_samples(struct trail *trail, size_t n)
{
	struct part *part = &trail->samples;
	size_t used = part->end - part->head, room;
	void *grown;

	if (part->end + n <= part->room)
		return 0;
	if (fits_in_front(part, n)) {
		memmove(trail->at, trail->at + part->head, used * sizeof *trail->at);
		memmove(trail->values, trail->values + part->head, used * sizeof *trail->values);
		part->head = 0;
		part->end = used;
		return 0;
	}
	room = room_for(part, n);
	if (!(grown = realloc(trail->at, room * sizeof *trail->at)))
		return -ENOMEM;
	trail->at = grown;
	if (!(grown = realloc(trail->values, room * sizeof *trail->values)))
		return -ENOMEM;
	trail->values = grown;
	part->room = room;
	return 0;
}

static int reserve_records(struct trail *trail, size_t n)
{
	struct part *part = &trail->records;
	size_t used = part->end - part->head, room;
	void *grown;

	if (part->end + n <= part->room)
		return 0;
	if (fits_in_front(part, n)) {
		memmove(trail->kept, trail->kept + part->head, used * sizeof *trail->kept);
		part->head = 0;
		part->end = used;
		return 0;
	}
	room = room_for(part, n);
	if (!(grown = realloc(trail->kept, room * sizeof *trail->kept)))
		return -ENOMEM;
	trail->kept = grown;
	part->room = room;
	return 0;
}

static int add_samples(struct trail *trail, const struct piece *piece)
{
	int r = reserve_samples(trail, piece->n);

	if (r < 0)
		return r;
	memcpy(trail->at + trail->samples.end, piece->at, piece->n * sizeof *piece->at);
	memcpy(trail->values + trail->samples.end, piece->values, piece->n * sizeof *piece->values);
	trail->samples.end += piece->n;
	return 0;
}

static int copy_sketch(const struct sketch *from, struct sketch **out)
{
	struct sketch *sketch = malloc(sizeof *sketch);

	if (!sketch)
		return -ENOMEM;
	sketch_init(sketch, from->schema);
	if (sketch_copy(sketch, from) < 0) {
		sketch_fini(sketch);
		free(sketch);
		return -ENOMEM;
	}
	*out = sketch;
	return 0;
}

static double column(const double *values, uint32_t i)
{
	return values ? values[i] : NAN;
}

static int add_record(struct trail *trail, const struct piece *piece, uint32_t i)
{
	struct kept *kept = &trail->kept[trail->records.end];

	*kept = (struct kept){
		.at = piece->at[i], .start = piece->start ? piece->start[i] : piece->at[i],
		.first_at = piece->first_at ? piece->first_at[i] : piece->at[i],
		.last_at = piece->last_at ? piece->last_at[i] : piece->at[i],
		.count = piece->count[i], .sum = column(piece->sum, i), .min = column(piece->min, i),
		.max = column(piece->max, i), .first = column(piece->first, i), .last = column(piece->last, i),
		.correction = column(piece->correction, i), .flags = piece->flags[i],
	};
	if (piece->sketch && piece->sketch[i]) {
		int r = copy_sketch(piece->sketch[i], &kept->sketch);

		if (r < 0)
			return r;
	}
	trail->records.end++;
	return 0;
}

int trail_add(struct trail *trail, const struct piece *piece)
{
	int r;

	if (piece->values)
		return add_samples(trail, piece);
	r = reserve_records(trail, piece->n);
	for (uint32_t i = 0; i < piece->n && r == 0; i++)
		r = add_record(trail, piece, i);
	return r;
}

static int fold_record(struct fold *fold, const struct kept *kept)
{
	const struct sketch *sketch = kept->sketch;
	struct piece one = {
		.n = 1, .at = &kept->at, .start = &kept->start, .count = &kept->count, .sum = &kept->sum,
		.min = &kept->min, .max = &kept->max, .first = &kept->first, .last = &kept->last,
		.correction = &kept->correction, .first_at = &kept->first_at, .last_at = &kept->last_at,
		.flags = &kept->flags, .sketch = &sketch,
	};

	return fold_add(fold, &one, 0, 1);
}

/* Samples from `from` that stand at or before `to`. */
static size_t run_of_samples(const struct trail *trail, size_t from, kymo_ms to)
{
	size_t low = from, high = trail->samples.end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (trail->at[middle] <= to)
			low = middle + 1;
		else
			high = middle;
	}
	return low - from;
}

static int fold_samples(struct fold *fold, const struct trail *trail, size_t from, size_t n)
{
	struct piece run = { .n = (uint32_t)(from + n), .at = trail->at, .values = trail->values };

	return n ? fold_add(fold, &run, (uint32_t)from, (uint32_t)(from + n)) : 0;
}

int64_t trail_fold(const struct trail *trail, kymo_ms to, struct fold *fold)
{
	size_t i = trail->samples.head, j = trail->records.head;

	for (;;) {
		bool record = j < trail->records.end && trail->kept[j].at <= to;
		size_t n = run_of_samples(trail, i, record ? trail->kept[j].at : to);

		if (fold_samples(fold, trail, i, n) < 0)
			return -ENOMEM;
		i += n;
		if (!record)
			break;
		if (fold_record(fold, &trail->kept[j++]) < 0)
			return -ENOMEM;
	}
	return (int64_t)(i - trail->samples.head + j - trail->records.head);
}

/* SPDX-License-Identifier: MIT */
/*
 * recent.c - a ring of closed slots and one open slot. The open slot counts in
 * an array with a place for each bucket; closed, it keeps only the buckets it
 * has. `total` is the sum of all slots at any time: a slot that leaves the
 * window is subtracted, which is exact for counts. Sums and extremes are made
 * anew from the slots, since they cannot be subtracted.
 */
#include "recent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLOTS = 600,		/* in a window, at most */
	ROOM = SLOTS + 2,	/* and one that begins and one that ends in it */
	STEPS = 32,		/* buckets for a factor of two: schema 5 */
	LOWEST = -20 * STEPS,	/* up to 2^-20 ms, a nanosecond: one bucket */
	HIGHEST = 41 * STEPS,	/* 2^41 ms, 70 years, and above: one bucket */
	BUCKETS = HIGHEST - LOWEST + 1
};

struct count {
	uint32_t bucket, count;
};

struct slot {
	kymo_ms start, end;
	uint64_t requests, failed, timed;
	double sum, min, max;
	uint32_t n;		/* closed slots only */
	struct count *counts;
};

struct recent {
	kymo_ms window;
	struct slot open;
	uint32_t first, n;	/* closed slots, oldest first */
	struct slot slots[ROOM];
	double bounds[STEPS];	/* 2^(k/32) / 2: the buckets' upper bounds for a fraction as frexp gives it */
	uint32_t counts[BUCKETS];	/* of the open slot */
	uint64_t total[BUCKETS];
};

static struct slot *slot_at(struct recent *recent, uint32_t i)
{
	return &recent->slots[(recent->first + i) % ROOM];
}

static void open_slot(struct recent *recent, kymo_ms now)
{
	recent->open = (struct slot){ .start = now, .min = INFINITY, .max = -INFINITY };
	memset(recent->counts, 0, sizeof recent->counts);
}

struct recent *recent_create(kymo_ms window, kymo_ms now)
{
	struct recent *recent = calloc(1, sizeof *recent);

	if (!recent)
		return NULL;
	recent->window = window;
	for (int k = 0; k < STEPS; k++)
		recent->bounds[k] = exp2((double)k / STEPS - 1);
	open_slot(recent, now);
	return recent;
}

void recent_clear(struct recent *recent, kymo_ms now)
{
	for (uint32_t i = 0; i < recent->n; i++)
		free(slot_at(recent, i)->counts);
	recent->first = recent->n = 0;
	memset(recent->total, 0, sizeof recent->total);
	open_slot(recent, now);
}

void recent_destroy(struct recent *recent)
{
	if (!recent)
		return;
	recent_clear(recent, 0);
	free(recent);
}

void recent_set_window(struct recent *recent, kymo_ms window)
{
	recent->window = window;
}

/* The i with 2^((i - 1) / 32) < ms <= 2^(i / 32), as a place in the arrays. */
static uint32_t bucket_of(const struct recent *recent, double ms)
{
	int exponent, low = 0, high = STEPS, i;
	double fraction = frexp(ms, &exponent);

	if (ms <= 0)
		return 0;
	while (low < high) {
		int middle = (low + high) / 2;

		if (fraction <= recent->bounds[middle])
			high = middle;
		else
			low = middle + 1;
	}
	i = (exponent - 1) * STEPS + low;
	return (uint32_t)((i < LOWEST ? LOWEST : i > HIGHEST ? HIGHEST : i) - LOWEST);
}

/* The value with the smallest relative error to both bounds: 2 gamma^i / (gamma + 1). */
static double middle_of(uint32_t bucket)
{
	double gamma = exp2(1.0 / STEPS);

	return exp2(((double)bucket + LOWEST) / STEPS) * 2 / (gamma + 1);
}

void recent_add(struct recent *recent, bool failed, double ms)
{
	struct slot *open = &recent->open;
	uint32_t bucket;

	open->requests++;
	open->failed += failed;
	if (isnan(ms))
		return;
	bucket = bucket_of(recent, ms);
	recent->counts[bucket]++;
	recent->total[bucket]++;
	open->timed++;
	open->sum += ms;
	open->min = fmin(open->min, ms);
	open->max = fmax(open->max, ms);
}

static void drop_oldest(struct recent *recent)
{
	struct slot *slot = slot_at(recent, 0);

	for (uint32_t i = 0; i < slot->n; i++)
		recent->total[slot->counts[i].bucket] -= slot->counts[i].count;
	free(slot->counts);
	recent->first = (recent->first + 1) % ROOM;
	recent->n--;
}

/* Into an array of just the buckets that are there. */
static bool pack_counts(const struct recent *recent, struct slot *slot)
{
	uint32_t n = 0;

	if (!slot->timed)
		return true;
	for (uint32_t b = 0; b < BUCKETS; b++)
		n += recent->counts[b] != 0;
	slot->counts = malloc(n * sizeof *slot->counts);
	if (!slot->counts)
		return false;
	for (uint32_t b = 0; b < BUCKETS; b++)
		if (recent->counts[b])
			slot->counts[slot->n++] = (struct count){ b, recent->counts[b] };
	return true;
}

/* Without memory the slot stays open, and only gets longer. */
static void close_slot(struct recent *recent, kymo_ms now)
{
	struct slot closed = recent->open;

	if (!pack_counts(recent, &closed))
		return;
	closed.end = now;
	if (recent->n == ROOM)
		drop_oldest(recent);
	*slot_at(recent, recent->n++) = closed;
	open_slot(recent, now);
}

/* Ticks come a little early or late: a slot leaves when less than half of it is in the window. */
static bool is_out(const struct recent *recent, const struct slot *slot, kymo_ms now)
{
	return slot->start / 2 + slot->end / 2 <= now - recent->window;
}

void recent_slide(struct recent *recent, kymo_ms now)
{
	if (now < recent->open.start) {
		recent_clear(recent, now);
		return;
	}
	if (now > recent->open.start && now - recent->open.start >= recent->window / SLOTS)
		close_slot(recent, now);
	while (recent->n && is_out(recent, slot_at(recent, 0), now))
		drop_oldest(recent);
}

static void add_slot(struct recent_summary *summary, const struct slot *slot)
{
	summary->requests += slot->requests;
	summary->failed += slot->failed;
	summary->timed += slot->timed;
	summary->sum += slot->sum;
	summary->min = fmin(summary->min, slot->min);
	summary->max = fmax(summary->max, slot->max);
}

struct recent_summary recent_summarize(const struct recent *recent, kymo_ms now)
{
	struct recent_summary summary = { .min = INFINITY, .max = -INFINITY };
	kymo_ms start = recent->n ? recent->slots[recent->first].start : recent->open.start;

	for (uint32_t i = 0; i < recent->n; i++)
		add_slot(&summary, &recent->slots[(recent->first + i) % ROOM]);
	add_slot(&summary, &recent->open);
	summary.span = now - start;
	return summary;
}

static double estimate(const struct recent *recent, uint64_t rank)
{
	uint64_t below = 0;
	uint32_t bucket = 0;

	while (bucket < BUCKETS - 1 && (below += recent->total[bucket]) <= rank)
		bucket++;
	return middle_of(bucket);
}

double recent_quantile(const struct recent *recent, const struct recent_summary *summary, double q)
{
	double position, rank, value;

	if (!summary->timed)
		return NAN;
	position = q * (double)(summary->timed - 1);
	rank = floor(position);
	value = estimate(recent, (uint64_t)rank);
	if (position > rank)
		value += (estimate(recent, (uint64_t)rank + 1) - value) * (position - rank);
	return fmin(fmax(value, summary->min), summary->max);
}

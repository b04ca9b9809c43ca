/* SPDX-License-Identifier: MIT */
/*
 * record_single.c - a byte of flags, times as varints, and of the six values those
 * that are not what the flags say: a constant window has one.
 */
#include "tier/record_single.h"
#include "model/sample.h"

#include <errno.h>

enum { ENDED = 1, SKETCH = 2, SAME_VALUES = 4 /* last = first = min = max */, MIN_IS_FIRST = 8, MAX_IS_LAST = 16,
       NO_CORRECTION = 32 };

static int64_t minus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }
static int64_t plus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

static bool same(double a, double b)
{
	return value_bits(a) == value_bits(b);
}

static bool keeps_sketch(const struct window *w)
{
	return w->has_sketch && !window_is_constant(w) && (w->count || w->sketch.nans);
}

static uint8_t flags_of(const struct window *w)
{
	bool all = same(w->last, w->first) && same(w->last, w->min) && same(w->last, w->max);

	return (uint8_t)((w->ended ? ENDED : 0) | (keeps_sketch(w) ? SKETCH : 0) | (all ? SAME_VALUES : 0) |
			 (same(w->min, w->first) ? MIN_IS_FIRST : 0) | (same(w->max, w->last) ? MAX_IS_LAST : 0) |
			 (same(w->correction, 0) ? NO_CORRECTION : 0));
}

void record_put(const struct record *record, struct buf *out)
{
	const struct window *w = &record->window;
	uint8_t flags = flags_of(w);

	buf_add_u8(out, flags);
	buf_add_u64(out, (uint64_t)record->at);
	buf_add_zigzag(out, minus(w->end, record->at));
	buf_add_zigzag(out, minus(w->end, w->start));
	buf_add_zigzag(out, minus(w->first_at, w->start));
	buf_add_zigzag(out, minus(w->end, w->last_at));
	buf_add_varint(out, w->count);
	buf_add_f64(out, w->last);
	buf_add_f64(out, window_sum(w));
	if (!(flags & SAME_VALUES)) {
		buf_add_f64(out, w->first);
		if (!(flags & MIN_IS_FIRST))
			buf_add_f64(out, w->min);
		if (!(flags & MAX_IS_LAST))
			buf_add_f64(out, w->max);
	}
	if (!(flags & NO_CORRECTION))
		buf_add_f64(out, w->correction);
	if (flags & SKETCH)
		sketch_encode(&w->sketch, out);
}

int record_get(struct reader *in, bool plain, struct record *record)
{
	struct window *w = &record->window;
	uint8_t flags = read_u8(in);
	kymo_ms end;
	int r;

	record->at = (kymo_ms)read_u64(in);
	end = plus(record->at, read_zigzag(in));
	window_reset(w, minus(end, read_zigzag(in)), end, SKETCH_NONE);
	w->first_at = plus(w->start, read_zigzag(in));
	w->last_at = minus(end, read_zigzag(in));
	w->count = read_varint(in);
	w->ended = flags & ENDED;
	w->last = read_f64(in);
	w->sum = read_f64(in);
	w->first = flags & SAME_VALUES ? w->last : read_f64(in);
	w->min = flags & (SAME_VALUES | MIN_IS_FIRST) ? w->first : read_f64(in);
	w->max = flags & (SAME_VALUES | MAX_IS_LAST) ? w->last : read_f64(in);
	w->correction = flags & NO_CORRECTION ? 0 : read_f64(in);
	if (in->bad)
		return -EBADMSG;
	if (plain || !(flags & SKETCH))
		return 0;
	r = sketch_decode(&w->sketch, in);
	w->has_sketch = r == 0;
	return r;
}

bool record_repeats(const struct record *record, const struct record *later, uint32_t steps)
{
	const struct window *a = &record->window, *b = &later->window;
	kymo_ms shift = minus(later->at, record->at);

	return shift == minus(a->end, a->start) * (kymo_ms)steps && !keeps_sketch(a) && !keeps_sketch(b) && a->count == b->count &&
	       a->ended == b->ended && minus(b->end, a->end) == shift && minus(b->start, a->start) == shift &&
	       minus(b->first_at, a->first_at) == shift && minus(b->last_at, a->last_at) == shift && same(a->last, b->last) &&
	       same(a->first, b->first) && same(a->min, b->min) && same(a->max, b->max) && same(window_sum(a), window_sum(b)) &&
	       same(a->correction, b->correction);
}

void record_shift(const struct record *record, uint32_t steps, struct record *out)
{
	const struct window *w = &record->window;
	kymo_ms shift = minus(w->end, w->start) * (kymo_ms)steps;
	struct window *to = &out->window;

	out->at = plus(record->at, shift);
	window_reset(to, plus(w->start, shift), plus(w->end, shift), SKETCH_NONE);
	to->first_at = plus(w->first_at, shift);
	to->last_at = plus(w->last_at, shift);
	to->count = w->count;
	to->ended = w->ended;
	to->sum = w->sum;
	to->last = w->last;
	to->first = w->first;
	to->min = w->min;
	to->max = w->max;
	to->correction = w->correction;
}

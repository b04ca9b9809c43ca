/* SPDX-License-Identifier: MIT */
/*
 * numbers.c - what form is the shortest, and writing it. Sizes are computed, not
 * guessed: one pass gives the widths of the blocks in all three orders.
 */
#include "codec/numbers.h"
#include "util/check.h"

/*
 * What is entropy-coded takes some 3 ns a number to read, ten times as long as
 * blocks: it is worth that where it saves 0.05 B of each and a little of the whole.
 */
enum { CODED_SAVES_EACH = 20, CODED_SAVES = 64 };

/* ---- the differences and what they have in common ---- */

static uint64_t magnitude(uint64_t v)
{
	return v >> 63 ? 0 - v : v;
}

static uint64_t gcd_of_two(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* 0 where all are 0. */
static uint64_t gcd_of(const uint64_t *v, uint32_t n)
{
	uint64_t g = 0, before = 0;

	for (uint32_t i = 0; i < n && g != 1; i++) {
		uint64_t a = magnitude(v[i]);

		if (a && a != before)
			g = g ? gcd_of_two(g, a) : a;
		before = a;
	}
	return g;
}

/* All are multiples: shift, then multiply with the inverse of what is odd (Newton, modulo 2^64). */
static void divide(uint64_t *v, uint32_t n, uint64_t g)
{
	uint32_t shift = (uint32_t)__builtin_ctzll(g);
	uint64_t odd = g >> shift, inverse = odd;

	for (int i = 0; i < 5; i++)
		inverse *= 2 - odd * inverse;
	for (uint32_t i = 0; i < n; i++)
		v[i] = (uint64_t)((int64_t)v[i] >> shift) * inverse;
}

/* The median of some of them. */
static uint64_t usual_of(const uint64_t *v, uint32_t n)
{
	enum { MOST = 15 };
	int64_t some[MOST];
	uint32_t m = n < MOST ? n : MOST;

	for (uint32_t k = 0; k < m; k++) {
		int64_t one = (int64_t)v[(uint64_t)k * n / m];
		uint32_t j = k;

		for (; j && some[j - 1] > one; j--)
			some[j] = some[j - 1];
		some[j] = one;
	}
	return (uint64_t)some[m / 2];
}

static uint64_t base_of(const uint64_t *differences, uint32_t n)
{
	int64_t least = INT64_MAX;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		sum += differences[i];
		least = (int64_t)sum < least ? (int64_t)sum : least;
	}
	return (uint64_t)least;
}

/* ---- sizes ---- */

/* The widths of all blocks in each order, and how many are not the usual one. */
static void measure_orders(struct numbers *numbers, struct blocks orders[3])
{
	const uint64_t *d = numbers->differences;
	uint64_t sum = 0 - numbers->base, before = 0, usual = numbers->usual;
	uint32_t n = numbers->n, changes = 0;

	for (uint32_t b = 0; b < blocks_of(n); b++) {
		uint32_t end = (b + 1) * BLOCK < n ? (b + 1) * BLOCK : n;
		uint64_t any[3] = { 0 };

		for (uint32_t i = b * BLOCK; i < end; i++) {
			sum += d[i];
			any[0] |= sum;
			any[1] |= zigzag(d[i] - usual);
			changes += d[i] != usual;
			any[2] |= zigzag(d[i] - before);
			before = d[i];
		}
		for (uint32_t o = 0; o < 3; o++)
			orders[o].widths[b] = width_of(any[o]);
	}
	for (uint32_t o = 0; o < 3; o++)
		blocks_sum(&orders[o], n);
	numbers->changes = changes;
}

static void choose_order(struct numbers *numbers)
{
	struct blocks orders[3];
	size_t head[3] = { zigzag_bytes(numbers->base), zigzag_bytes(numbers->usual), 0 };
	uint32_t best = 1;

	measure_orders(numbers, orders);
	for (uint32_t o = 0; o < 3; o++)
		if (head[o] + orders[o].size < head[best] + orders[best].size)
			best = o;
	numbers->form = FORM_BLOCKS;
	numbers->order = best;
	numbers->size = head[best] + orders[best].size;
	memcpy(&numbers->blocks, &orders[best], sizeof orders[best]);
}

static size_t places_bytes(const struct numbers *numbers)
{
	uint32_t next = 0;
	size_t size = 0;

	for (uint32_t i = 0; i < numbers->n; i++)
		if (numbers->differences[i] != numbers->usual) {
			size += varint_bytes(i - next);
			next = i + 1;
		}
	return size;
}

static void gather_changes(struct numbers *numbers)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < numbers->n; i++) {
		uint64_t z = zigzag(numbers->differences[i] - numbers->usual);

		numbers->z[k] = z - 1;
		k += z != 0;
	}
}

/* Where most are the usual one: only the others, if that is shorter. */
static void try_sparse(struct numbers *numbers)
{
	struct blocks blocks;
	size_t rest, bitmap = (numbers->n + 7) / 8, places;

	if (numbers->changes * UINT64_C(4) >= numbers->n * UINT64_C(3))
		return;
	gather_changes(numbers);
	blocks_measure(&blocks, numbers->z, numbers->changes);
	rest = zigzag_bytes(numbers->usual) + varint_bytes(numbers->changes) + blocks.size;
	if (rest >= numbers->size)
		return;
	places = places_bytes(numbers);
	if (rest + (places < bitmap ? places : bitmap) >= numbers->size)
		return;
	numbers->form = places < bitmap ? FORM_PLACES : FORM_BITMAP;
	numbers->order = 1;
	numbers->size = rest + (places < bitmap ? places : bitmap);
	numbers->blocks = blocks;
	numbers->ready = true;
}

static void fill_z(struct numbers *numbers, uint32_t order)
{
	const uint64_t *d = numbers->differences;
	uint64_t sum = 0 - numbers->base, before = 0;

	for (uint32_t i = 0; i < numbers->n && order == 0; i++)
		numbers->z[i] = sum += d[i];
	for (uint32_t i = 0; i < numbers->n && order == 1; i++)
		numbers->z[i] = zigzag(d[i] - numbers->usual);
	for (uint32_t i = 0; i < numbers->n && order == 2; i++) {
		numbers->z[i] = zigzag(d[i] - before);
		before = d[i];
	}
}

/* Sizes are guessed for each order; of the best it is made, and kept if it saves enough. */
static void try_coded(struct numbers *numbers)
{
	size_t heads[3] = { zigzag_bytes(numbers->base), zigzag_bytes(numbers->usual), 0 };
	size_t best = SIZE_MAX, least = numbers->n / CODED_SAVES_EACH + numbers->size / CODED_SAVES;
	size_t limit = numbers->size > least ? numbers->size - least : 0;
	uint32_t order = 0;

	for (uint32_t o = 0; o < 3; o++) {
		size_t guess;

		fill_z(numbers, o);
		guess = coded_guess(numbers->z, numbers->n);
		if (guess < SIZE_MAX && guess + heads[o] < best) {
			best = guess + heads[o];
			order = o;
		}
	}
	if (best < limit) {
		fill_z(numbers, order);
		best = coded_put(numbers->z, numbers->n, numbers->coded);
		if (best + heads[order] < limit) {
			numbers->form = FORM_CODED;
			numbers->order = order;
			numbers->size = best + heads[order];
			numbers->coded_size = (uint32_t)best;
			return;
		}
	}
	if (numbers->ready)
		gather_changes(numbers);	/* the trial took their place */
}

static bool is_line(const uint64_t *differences, uint32_t n)
{
	uint64_t any = 0;

	for (uint32_t i = 1; i < n; i++)
		any |= differences[i] ^ differences[0];
	return !any;
}

static void plan_line(struct numbers *numbers)
{
	numbers->form = FORM_LINE;
	numbers->base = numbers->n ? numbers->differences[0] : 0;
	numbers->size = zigzag_bytes(numbers->first) + zigzag_bytes(numbers->base);
}

void numbers_plan(struct numbers *numbers, const int64_t *integers, uint32_t n, enum values_effort effort)
{
	uint64_t g;

	numbers->n = n - 1;
	numbers->first = (uint64_t)integers[0];
	numbers->gcd = 1;
	numbers->order = 0;
	numbers->ready = false;
	for (uint32_t i = 0; i + 1 < n; i++)
		numbers->differences[i] = (uint64_t)integers[i + 1] - (uint64_t)integers[i];
	if (is_line(numbers->differences, n - 1)) {
		plan_line(numbers);
		return;
	}
	g = gcd_of(numbers->differences, n - 1);
	if (g > 1) {
		divide(numbers->differences, n - 1, g);
		numbers->gcd = g;
	}
	numbers->usual = usual_of(numbers->differences, n - 1);
	numbers->base = base_of(numbers->differences, n - 1);
	choose_order(numbers);
	try_sparse(numbers);
	if (effort == VALUES_COMPACT)
		try_coded(numbers);
	numbers->size += zigzag_bytes(numbers->first) + (g > 1 ? varint_bytes(g) : 0);
}

/* ---- writing ---- */

static uint8_t *put_bitmap(const struct numbers *numbers, uint8_t *to)
{
	for (uint32_t i = 0; i < numbers->n; i += 8) {
		uint32_t byte = 0;

		for (uint32_t k = 0; k < 8 && i + k < numbers->n; k++)
			byte |= (uint32_t)(numbers->differences[i + k] != numbers->usual) << k;
		*to++ = (uint8_t)byte;
	}
	return to;
}

static uint8_t *put_places(const struct numbers *numbers, uint8_t *to)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < numbers->n; i++)
		if (numbers->differences[i] != numbers->usual) {
			to = put_varint(to, i - next);
			next = i + 1;
		}
	return to;
}

static uint8_t *put_body(struct numbers *numbers, uint8_t *to)
{
	if (numbers->form == FORM_CODED) {
		memcpy(to, numbers->coded, numbers->coded_size);
		return to + numbers->coded_size;
	}
	if (numbers->form == FORM_BITMAP || numbers->form == FORM_PLACES)
		to = put_varint(to, numbers->changes);
	if (numbers->form == FORM_BITMAP)
		to = put_bitmap(numbers, to);
	else if (numbers->form == FORM_PLACES)
		to = put_places(numbers, to);
	else if (!numbers->ready)
		fill_z(numbers, numbers->order);
	return blocks_put(&numbers->blocks, numbers->z, to);
}

uint8_t *numbers_put(struct numbers *numbers, uint8_t *to)
{
	uint8_t *begin = to;

	to = put_zigzag(to, numbers->first);
	if (numbers->gcd > 1)
		to = put_varint(to, numbers->gcd);
	if (numbers->form == FORM_LINE || numbers->order == 0)
		to = put_zigzag(to, numbers->base);
	else if (numbers->order == 1)
		to = put_zigzag(to, numbers->usual);
	if (numbers->form != FORM_LINE)
		to = put_body(numbers, to);
	CHECK((size_t)(to - begin) == numbers->size, "form=%d %zd is not %zu", numbers->form, to - begin, numbers->size);
	return to;
}

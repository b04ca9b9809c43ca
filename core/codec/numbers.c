/* SPDX-License-Identifier: MIT */
/*
 * numbers.c - what form is the shortest, and writing it. Sizes are computed, not
 * guessed: one pass gives the widths of the blocks in all three orders.
 */
#include "codec/kernels.h"
#include "codec/numbers.h"
#include "util/check.h"

/*
 * What is entropy-coded takes some 3 ns a number to read, ten times as long as
 * blocks: it is worth that where it saves half a bit of each and a little of the whole.
 */
enum { CODED_SAVES_EACH = 16, CODED_SAVES = 64 };

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

/* A number that others are multiples of: its odd part by the inverse modulo 2^64 (Newton). */
struct divisor {
	uint32_t shift;
	uint64_t inverse, most;		/* most: the largest quotient by the odd part */
};

static struct divisor divisor_of(uint64_t g)
{
	uint32_t shift = (uint32_t)__builtin_ctzll(g);
	uint64_t odd = g >> shift, inverse = odd;

	for (int i = 0; i < 5; i++)
		inverse *= 2 - odd * inverse;
	return (struct divisor){ shift, inverse, UINT64_MAX / odd };
}

static ALWAYS_INLINE bool divides(const struct divisor *divisor, uint64_t a)
{
	return !(a & ((UINT64_C(1) << divisor->shift) - 1)) && (a >> divisor->shift) * divisor->inverse <= divisor->most;
}

/* 0 where all are 0. */
static uint64_t gcd_of(const uint64_t *v, uint32_t n)
{
	struct divisor divisor = { 0 };
	uint64_t g = 0;

	for (uint32_t i = 0; i < n && g != 1; i++) {
		uint64_t a = magnitude(v[i]);

		if (!a || (g && divides(&divisor, a)))
			continue;
		g = g ? gcd_of_two(g, a) : a;
		divisor = divisor_of(g);
	}
	return g;
}

/* All are multiples. */
static void divide(uint64_t *v, uint32_t n, uint64_t g)
{
	struct divisor divisor = divisor_of(g);

	for (uint32_t i = 0; i < n; i++)
		v[i] = (uint64_t)((int64_t)v[i] >> divisor.shift) * divisor.inverse;
}

static void in_order(int64_t *a, int64_t *b)
{
	int64_t low = *a < *b ? *a : *b, high = *a < *b ? *b : *a;

	*a = low;
	*b = high;
}

/* The median of some of them, nine or fifteen, by so many rounds of exchanges as it takes to reach it. */
static uint64_t usual_of(const uint64_t *v, uint32_t n)
{
	enum { FEW = 9, MORE = 15, LONG = 100 };
	uint32_t m = n < LONG ? FEW : MORE;
	int64_t some[MORE];

	for (uint32_t k = 0; k < m; k++)
		some[k] = (int64_t)v[m == FEW ? k * n / FEW : k * n / MORE];
	for (uint32_t round = 0; round <= m / 2; round++)	/* the least of what is left comes to its place */
		for (uint32_t k = round + 1; k < m; k++)
			in_order(&some[round], &some[k]);
	return (uint64_t)some[m / 2];
}

/* ---- sizes ---- */

/* What stands in z are the sums of the differences. */
static void choose_order(struct numbers *numbers)
{
	size_t heads[3] = { zigzag_bytes(numbers->base), zigzag_bytes(numbers->usual), 0 };
	struct measured measured;

	kernels_get()->measure(numbers->z, numbers->differences, numbers->n, numbers->base, numbers->usual, &measured);
	numbers->changes = measured.changes;
	numbers->form = FORM_BLOCKS;
	numbers->size = SIZE_MAX;
	for (uint32_t o = 0; o < 3; o++) {
		size_t size = heads[o] + blocks_bytes(measured.widths[o], numbers->n);

		if (size < numbers->size) {
			numbers->order = o;
			numbers->size = size;
		}
	}
	memcpy(numbers->blocks.widths, measured.widths[numbers->order], blocks_of(numbers->n));
	numbers->blocks.n = numbers->n;
	numbers->blocks.size = numbers->size - heads[numbers->order];
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

static void plan_line(struct numbers *numbers)
{
	numbers->form = FORM_LINE;
	numbers->base = numbers->n ? numbers->differences[0] : 0;
	numbers->size = zigzag_bytes(numbers->first) + zigzag_bytes(numbers->base);
}

void numbers_plan(struct numbers *numbers, const int64_t *integers, uint32_t n, enum values_effort effort)
{
	bool line;
	uint64_t g;

	numbers->n = n - 1;
	numbers->first = (uint64_t)integers[0];
	numbers->gcd = 1;
	numbers->order = 0;
	numbers->ready = false;
	numbers->differences = numbers->differences_room + 1;
	numbers->differences_room[0] = 0;
	/* The sums are in z, until what the body holds takes their place. */
	numbers->base = kernels_get()->differences(integers, n - 1, numbers->differences, numbers->z, &line);
	if (line) {
		plan_line(numbers);
		return;
	}
	g = gcd_of(numbers->differences, n - 1);
	if (g > 1) {
		divide(numbers->differences, n - 1, g);
		divide(numbers->z, n - 1, g);
		divide(&numbers->base, 1, g);
		numbers->gcd = g;
	}
	numbers->usual = usual_of(numbers->differences, n - 1);
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

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

/* `any`: the bits of all of them, of which one is set. Once it is a power of two, these tell how large a one. */
static uint64_t gcd_of(const uint64_t *v, uint32_t n, uint64_t any)
{
	struct divisor divisor = { 0 };
	uint64_t g = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t a = magnitude(v[i]);

		if (!a || (g && divides(&divisor, a)))
			continue;
		g = g ? gcd_of_two(g, a) : a;
		if (!(g & (g - 1)))
			return any & (0 - any);
		divisor = divisor_of(g);
	}
	return g;
}

/* All are multiples. */
static void divide_by_gcd(struct numbers *numbers, uint64_t g)
{
	const struct encode_kernels *kernels = &kernels_get()->encode;
	struct divisor divisor = divisor_of(g);

	kernels->divide(numbers->differences, numbers->n, divisor.shift, divisor.inverse);
	kernels->divide(numbers->sums, numbers->n, divisor.shift, divisor.inverse);
	numbers->base = (uint64_t)((int64_t)numbers->base >> divisor.shift) * divisor.inverse;
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

static void choose_order(struct numbers *numbers)
{
	size_t heads[3] = { zigzag_bytes(numbers->base), zigzag_bytes(numbers->usual), 0 };
	struct measured measured;

	kernels_get()->encode.measure(numbers->sums, numbers->differences, numbers->n, numbers->base, numbers->usual, &measured);
	numbers->changes = measured.changes;
	numbers->form = FORM_BLOCKS;
	numbers->size = SIZE_MAX;
	for (uint32_t o = 0; o < 3; o++) {
		size_t size = heads[o] + blocks_bytes(&measured.widths[o], numbers->n);

		if (size < numbers->size) {
			numbers->order = o;
			numbers->size = size;
		}
	}
	blocks_take(&numbers->blocks, &measured.widths[numbers->order], numbers->n);
}

/* What is not the usual one, into `some`; gives the bytes that their places take. */
static size_t gather_changes(struct numbers *numbers)
{
	uint32_t next = 0, k = 0;
	size_t places = 0;

	for (uint32_t w = 0; w * 64 < numbers->n; w++)
		for (uint64_t left = numbers->changed[w]; left; left &= left - 1) {
			uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(left);

			numbers->some[k++] = zigzag(numbers->differences[i] - numbers->usual) - 1;
			places += varint_bytes(i - next);
			next = i + 1;
		}
	return places;
}

/* Where most are the usual one: only the others, if that is shorter. */
static void try_sparse(struct numbers *numbers)
{
	size_t rest, bitmap = (numbers->n + 7) / 8, places;
	struct blocks blocks;

	if (numbers->changes * UINT64_C(4) >= numbers->n * UINT64_C(3))
		return;
	kernels_get()->encode.changes(numbers->differences, numbers->n, numbers->usual, numbers->changed);
	places = gather_changes(numbers);
	blocks_measure(&blocks, numbers->some, numbers->changes);
	rest = zigzag_bytes(numbers->usual) + varint_bytes(numbers->changes) + blocks.size;
	if (rest + (places < bitmap ? places : bitmap) >= numbers->size)
		return;
	numbers->form = places < bitmap ? FORM_PLACES : FORM_BITMAP;
	numbers->order = 1;
	numbers->size = rest + (places < bitmap ? places : bitmap);
	numbers->blocks = blocks;
}

static void fill_z(const struct numbers *numbers, uint32_t order, uint64_t *z)
{
	if (order == 0)
		numbers_of(0, numbers->sums, numbers->differences, numbers->n, numbers->base, z);
	else
		numbers_of(order, numbers->sums, numbers->differences, numbers->n, numbers->usual, z);
}

/* Sizes are guessed for each order; of the best it is made, and kept if it saves enough. */
static void try_coded(struct numbers *numbers)
{
	size_t heads[3] = { zigzag_bytes(numbers->base), zigzag_bytes(numbers->usual), 0 };
	size_t best = SIZE_MAX, least = numbers->n / CODED_SAVES_EACH + numbers->size / CODED_SAVES;
	size_t limit = numbers->size > least ? numbers->size - least : 0;
	uint64_t z[VALUES_MOST];
	uint32_t order = 0;

	for (uint32_t o = 0; o < 3; o++) {
		size_t guess;

		fill_z(numbers, o, z);
		guess = coded_guess(z, numbers->n);
		if (guess < SIZE_MAX && guess + heads[o] < best) {
			best = guess + heads[o];
			order = o;
		}
	}
	if (best >= limit)
		return;
	fill_z(numbers, order, z);
	best = coded_put(z, numbers->n, numbers->coded);
	if (best + heads[order] < limit) {
		numbers->form = FORM_CODED;
		numbers->order = order;
		numbers->size = best + heads[order];
		numbers->coded_size = (uint32_t)best;
	} else if (numbers->form != FORM_BLOCKS) {
		gather_changes(numbers);	/* the trial took their place */
	}
}

static void plan_line(struct numbers *numbers)
{
	numbers->form = FORM_LINE;
	numbers->base = numbers->n ? numbers->differences[0] : 0;
	numbers->size = zigzag_bytes(numbers->first) + zigzag_bytes(numbers->base);
}

/* With differences and sums. Zero is usual where it is what most are; else that is guessed. */
static void plan(struct numbers *numbers, const struct walked *walked, uint32_t shift, enum values_effort effort)
{
	uint64_t g = gcd_of(numbers->differences, numbers->n, walked->any);

	numbers->base = walked->least;
	if (g > 1)
		divide_by_gcd(numbers, g);
	numbers->gcd = g << shift;
	numbers->usual = walked->zeros * UINT64_C(2) > numbers->n ? 0 : usual_of(numbers->differences, numbers->n);
	choose_order(numbers);
	try_sparse(numbers);
	if (effort == VALUES_COMPACT)
		try_coded(numbers);
	numbers->size += zigzag_bytes(numbers->first) + (numbers->gcd > 1 ? varint_bytes(numbers->gcd) : 0);
}

void numbers_plan(struct numbers *numbers, const int64_t *integers, uint32_t n, enum values_effort effort)
{
	struct walked walked;

	numbers->n = n - 1;
	numbers->first = (uint64_t)integers[0];
	numbers->gcd = 1;
	numbers->order = 0;
	numbers->differences = numbers->differences_room + 1;
	numbers->differences_room[0] = 0;
	kernels_get()->encode.differences(integers, n - 1, numbers->differences, numbers->sums, &walked);
	if (walked.varied)
		plan(numbers, &walked, 0, effort);
	else
		plan_line(numbers);
}

static bool is_exact(int64_t first, int64_t sum, uint32_t shift)
{
	int64_t most = NUMBERS_EXACT >> shift, v;

	return !__builtin_add_overflow(first, sum, &v) && v <= most && v >= -most;
}

/* With the least and the most of the sums all are known to be exact. */
bool numbers_plan_steps(struct numbers *numbers, int64_t first, int64_t *steps, uint32_t n, uint32_t shift, enum values_effort effort)
{
	struct walked walked;

	kernels_get()->encode.sums((const uint64_t *)steps + 1, n - 1, numbers->sums, &walked);
	if (!is_exact(first, 0, shift) || (n > 1 && (!is_exact(first, (int64_t)walked.least, shift) ||
						     !is_exact(first, (int64_t)walked.most, shift))))
		return false;
	numbers->n = n - 1;
	numbers->first = (uint64_t)first << shift;
	numbers->gcd = 1;
	numbers->order = 0;
	numbers->differences = (uint64_t *)steps + 1;
	steps[0] = 0;
	if (walked.varied) {
		plan(numbers, &walked, shift, effort);
		return true;
	}
	if (n > 1)
		steps[1] = (int64_t)((uint64_t)steps[1] << shift);
	plan_line(numbers);
	return true;
}

/* ---- writing ---- */

static uint8_t *put_bitmap(const struct numbers *numbers, uint8_t *to)
{
	for (uint32_t i = 0; i < numbers->n; i += 8)
		*to++ = (uint8_t)(numbers->changed[i / 64] >> i % 64);
	return to;
}

static uint8_t *put_places(const struct numbers *numbers, uint8_t *to)
{
	uint32_t next = 0;

	for (uint32_t w = 0; w * 64 < numbers->n; w++)
		for (uint64_t left = numbers->changed[w]; left; left &= left - 1) {
			uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(left);

			to = put_varint(to, i - next);
			next = i + 1;
		}
	return to;
}

static uint8_t *put_sparse(const struct numbers *numbers, uint8_t *to)
{
	to = put_varint(to, numbers->changes);
	to = numbers->form == FORM_BITMAP ? put_bitmap(numbers, to) : put_places(numbers, to);
	return blocks_put(&numbers->blocks, numbers->some, to);
}

static uint8_t *put_body(struct numbers *numbers, uint8_t *to)
{
	const struct blocks *blocks = &numbers->blocks;

	if (numbers->form == FORM_BITMAP || numbers->form == FORM_PLACES)
		return put_sparse(numbers, to);
	if (numbers->form == FORM_CODED) {
		memcpy(to, numbers->coded, numbers->coded_size);
		return to + numbers->coded_size;
	}
	to = blocks_put_head(blocks, to);
	return kernels_get()->encode.pack(numbers->order, numbers->sums, numbers->differences, numbers->n,
					  numbers->order == 0 ? numbers->base : numbers->usual, blocks->widths, to);
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

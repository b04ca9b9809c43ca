/* SPDX-License-Identifier: MIT */
/* split.c - where to split and what is in the dictionary is guessed from some values, the size is not. */
#include "codec/split.h"
#include "codec/blocks.h"
#include "model/sample.h"

enum { TOP_LEAST = 8, TOP_MOST = 16, STEP = 2, SOME = 32, EXCEPTION_BYTES = 4 };

static uint16_t top_of(double v, uint32_t top)
{
	return (uint16_t)(value_bits(v) >> (64 - top));
}

static uint32_t code_width(uint32_t entries)
{
	return entries <= 1 ? 0 : entries <= 2 ? 1 : entries <= 4 ? 2 : 3;
}

/* The place in the dictionary; `entries`: it is not there. */
static uint32_t code_of(const struct split *split, uint16_t top)
{
	uint32_t code = 0;

	while (code < split->entries && split->dictionary[code] != top)
		code++;
	return code;
}

struct found {
	uint16_t top, count;
};

static uint32_t count_tops(const double *v, uint32_t n, uint32_t top, struct found found[SOME])
{
	uint32_t m = n < SOME ? n : SOME, kinds = 0;

	for (uint32_t i = 0; i < m; i++) {
		uint16_t one = top_of(v[(size_t)i * n / m], top);
		uint32_t k = 0;

		while (k < kinds && found[k].top != one)
			k++;
		if (k == kinds)
			found[kinds++] = (struct found){ one, 0 };
		found[k].count++;
	}
	return kinds;
}

/* The most frequent tops become the dictionary; gives how many of those looked at are in it. */
static uint32_t choose_dictionary(struct split *split, struct found *found, uint32_t kinds)
{
	uint32_t covered = 0;

	split->entries = kinds < SPLIT_ENTRIES ? kinds : SPLIT_ENTRIES;
	for (uint32_t e = 0; e < split->entries; e++) {
		uint32_t best = e;
		struct found swap = found[e];

		for (uint32_t k = e + 1; k < kinds; k++)
			best = found[k].count > found[best].count ? k : best;
		found[e] = found[best];
		found[best] = swap;
		split->dictionary[e] = found[e].top;
		covered += found[e].count;
	}
	return covered;
}

/* In bits for each value, about, times SOME. */
static uint32_t guess(struct split *split, const double *v, uint32_t n, uint32_t top)
{
	struct found found[SOME];
	uint32_t m = n < SOME ? n : SOME, kinds = count_tops(v, n, top, found);
	uint32_t covered = choose_dictionary(split, found, kinds);

	split->top = top;
	return (64 - top + code_width(split->entries)) * SOME + (m - covered) * EXCEPTION_BYTES * 8 * SOME / m;
}

static void measure(struct split *split, const double *v, uint32_t n)
{
	uint32_t next = 0;

	split->size = 2 + 2 * split->entries + bits_bytes(n, code_width(split->entries)) + bits_bytes(n, 64 - split->top);
	split->exceptions = 0;
	for (uint32_t i = 0; i < n; i++)
		if (code_of(split, top_of(v[i], split->top)) == split->entries) {
			split->exceptions++;
			split->size += varint_bytes(i - next) + 2;
			next = i + 1;
		}
	split->size += varint_bytes(split->exceptions);
}

void split_plan(struct split *split, const double *v, uint32_t n)
{
	uint32_t best = guess(split, v, n, TOP_LEAST);

	for (uint32_t top = TOP_LEAST + STEP; top <= TOP_MOST; top += STEP) {
		struct split other;
		uint32_t bits = guess(&other, v, n, top);

		if (bits < best) {
			best = bits;
			*split = other;
		}
	}
	measure(split, v, n);
}

uint8_t *split_put(const struct split *split, const double *v, uint32_t n, uint8_t *to)
{
	uint32_t width = code_width(split->entries), next = 0;
	uint64_t z[VALUES_MOST];

	z[0] = 0;
	*to++ = (uint8_t)split->top;
	*to++ = (uint8_t)split->entries;
	for (uint32_t e = 0; e < split->entries; e++) {
		*to++ = (uint8_t)split->dictionary[e];
		*to++ = (uint8_t)(split->dictionary[e] >> 8);
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t code = code_of(split, top_of(v[i], split->top));

		z[i] = code == split->entries ? 0 : code;
	}
	if (width)
		to = bits_put(z, n, width, to);
	for (uint32_t i = 0; i < n; i++)
		z[i] = value_bits(v[i]) & (~UINT64_C(0) >> split->top);
	to = bits_put(z, n, 64 - split->top, to);
	to = put_varint(to, split->exceptions);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t top = top_of(v[i], split->top);

		if (code_of(split, top) < split->entries)
			continue;
		to = put_varint(to, i - next);
		*to++ = (uint8_t)top;
		*to++ = (uint8_t)(top >> 8);
		next = i + 1;
	}
	return to;
}

static bool get_head(struct cursor *in, struct split *split)
{
	const uint8_t *at;

	split->top = take_u8(in);
	split->entries = take_u8(in);
	if (in->bad || split->top < TOP_LEAST || split->top > TOP_MOST || !split->entries || split->entries > SPLIT_ENTRIES)
		return false;
	at = take_bytes(in, 2 * split->entries);
	for (uint32_t e = 0; at && e < split->entries; e++)
		split->dictionary[e] = (uint16_t)(at[2 * e] | at[2 * e + 1] << 8);
	return at != NULL;
}

static bool set_exceptions(struct cursor *in, uint32_t top, uint32_t n, double *v)
{
	uint64_t count = take_varint(in), place = 0;

	for (uint64_t k = 0; k < count; k++, place++) {
		uint64_t gap = take_varint(in);
		const uint8_t *at = take_bytes(in, 2);

		if (!at || gap >= n - place)
			return false;
		place += gap;
		v[place] = value_of_bits((value_bits(v[place]) & (~UINT64_C(0) >> top)) |
					 (uint64_t)(at[0] | at[1] << 8) << (64 - top));
	}
	return !in->bad;
}

bool split_get(struct cursor *in, uint32_t n, double *v)
{
	uint64_t codes[VALUES_MOST], rests[VALUES_MOST];
	const uint8_t *first, *second;
	struct split split;
	uint32_t width;

	if (!get_head(in, &split))
		return false;
	width = code_width(split.entries);
	first = take_bytes(in, bits_bytes(n, width));
	second = take_bytes(in, bits_bytes(n, 64 - split.top));
	if (!first || !second)
		return false;
	if (width)
		bits_get(first, n, width, codes);
	bits_get(second, n, 64 - split.top, rests);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t code = width ? codes[i] : 0;

		if (code >= split.entries)
			return false;
		v[i] = value_of_bits((uint64_t)split.dictionary[code] << (64 - split.top) | rests[i]);
	}
	return set_exceptions(in, split.top, n, v);
}

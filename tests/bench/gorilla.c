/* SPDX-License-Identifier: MIT */
/* gorilla.c - bits through one 64-bit word, which is as fast as that format gets. */
#include "gorilla.h"
#include "model/sample.h"

#include <endian.h>

enum { NO_WINDOW = 255, ABOVE_MOST = 31 };

struct writer {
	uint8_t *to;
	uint64_t word;
	uint32_t filled;	/* below 64 */
};

static void put(struct writer *out, uint64_t v, uint32_t n)
{
	uint32_t left = 64 - out->filled, over;

	if (n < left) {
		out->word |= v << (left - n);
		out->filled += n;
		return;
	}
	over = n - left;
	out->word |= v >> over;
	out->word = htobe64(out->word);
	memcpy(out->to, &out->word, 8);
	out->to += 8;
	out->word = over ? v << (64 - over) : 0;
	out->filled = over;
}

size_t gorilla_encode(const double *v, uint32_t n, uint8_t *out)
{
	struct writer to = { out, 0, 0 };
	uint64_t before = value_bits(v[0]), last;
	uint32_t above = NO_WINDOW, below = 0;

	put(&to, before, 64);
	for (uint32_t i = 1; i < n; i++) {
		uint64_t x = value_bits(v[i]) ^ before;
		uint32_t a, b;

		before ^= x;
		if (!x) {
			put(&to, 0, 1);
			continue;
		}
		a = (uint32_t)__builtin_clzll(x);
		b = (uint32_t)__builtin_ctzll(x);
		a = a > ABOVE_MOST ? ABOVE_MOST : a;
		if (above != NO_WINDOW && a >= above && b >= below) {
			put(&to, 2, 2);
		} else {
			above = a;
			below = b;
			put(&to, 3u << 11 | a << 6 | ((64 - a - b) & 63), 13);
		}
		put(&to, x >> below, 64 - above - below);
	}
	last = htobe64(to.word);
	memcpy(to.to, &last, 8);
	return (size_t)(to.to - out) + (to.filled + 7) / 8;
}

static uint64_t peek(const uint8_t *in, uint64_t bit)
{
	uint64_t word;

	memcpy(&word, in + bit / 8, 8);
	return be64toh(word) << bit % 8;
}

static uint64_t get(const uint8_t *in, uint64_t *bit, uint32_t n)
{
	uint64_t v;

	if (n > 57) {
		v = get(in, bit, n - 32) << 32;
		return v | get(in, bit, 32);
	}
	v = peek(in, *bit) >> (64 - n);
	*bit += n;
	return v;
}

void gorilla_decode(const uint8_t *in, uint32_t n, double *v)
{
	uint64_t bit = 0, before = get(in, &bit, 64);
	uint32_t length = 0, below = 0;

	v[0] = value_of_bits(before);
	for (uint32_t i = 1; i < n; i++) {
		uint64_t head = peek(in, bit);

		if (!(head >> 63)) {
			bit++;
			v[i] = value_of_bits(before);
			continue;
		}
		if (head >> 62 == 2) {
			bit += 2;
		} else {
			uint32_t above = (uint32_t)(head >> 57 & 31);

			bit += 13;
			length = (uint32_t)(head >> 51 & 63);
			length = length ? length : 64;
			below = 64 - above - length;
		}
		before ^= get(in, &bit, length) << below;
		v[i] = value_of_bits(before);
	}
}

static size_t varint_size(uint64_t v)
{
	return (size_t)(63 - __builtin_clzll(v | 1)) / 7 + 1;
}

static uint32_t step_bits(int64_t step)
{
	static const struct { int64_t most; uint32_t bits; } sizes[] = { { 1 << 13, 16 }, { 1 << 16, 20 }, { 1 << 19, 24 } };

	if (step == 0)
		return 1;
	for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		if (step > -sizes[i].most && step <= sizes[i].most)
			return sizes[i].bits;
	return 68;
}

size_t gorilla_times_size(const kymo_ms *at, uint32_t n)
{
	size_t size = varint_size((uint64_t)at[0] * 2) + (n > 1 ? varint_size((uint64_t)(at[1] - at[0])) : 0), bits = 0;

	for (uint32_t i = 2; i < n; i++)
		bits += step_bits(at[i] - 2 * at[i - 1] + at[i - 2]);
	return size + (bits + 7) / 8;
}

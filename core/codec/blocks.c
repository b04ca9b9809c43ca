/* SPDX-License-Identifier: MIT */
/*
 * blocks.c - a block is packed through one 64-bit word, and unpacked by one
 * unaligned load a number.
 */
#include "codec/blocks.h"

enum { LEAST = 63, WIDE = 64, WHOLE = WIDTH_MOST + 1, NIBBLE = 15 };	/* WHOLE: how 64 is written */

static uint32_t last_count(uint32_t n)
{
	return n % BLOCK ? n % BLOCK : BLOCK;
}

/* ---- writing ---- */

static size_t widths_bytes(uint32_t count, bool wide)
{
	return count < 2 ? 0 : wide ? count : (count + 1) / 2;
}

size_t blocks_bytes(const struct widths *widths, uint32_t n)
{
	uint32_t count = blocks_of(n), last;

	if (n == 0)
		return 0;
	last = widths->of[count - 1];
	return 1 + widths_bytes(count, widths->most - widths->least > NIBBLE) + 2 * (size_t)(widths->sum - last) +
	       bits_bytes(last_count(n), last);
}

void blocks_take(struct blocks *blocks, const struct widths *widths, uint32_t n)
{
	blocks->n = n;
	blocks->size = blocks_bytes(widths, n);
	blocks->least = widths->least;
	blocks->most = widths->most;
	memcpy(blocks->widths, widths->of, blocks_of(n));
}

void blocks_measure(struct blocks *blocks, const uint64_t *z, uint32_t n)
{
	struct widths widths;

	widths_begin(&widths);
	for (uint32_t b = 0; b < blocks_of(n); b++) {
		uint32_t end = (b + 1) * BLOCK < n ? (b + 1) * BLOCK : n;
		uint64_t any = 0;

		for (uint32_t i = b * BLOCK; i < end; i++)
			any |= z[i];
		widths_add(&widths, b, any);
	}
	blocks_take(blocks, &widths, n);
}

uint8_t *bits_put(const uint64_t *z, uint32_t n, uint32_t width, uint8_t *to)
{
	uint64_t word = 0;
	uint32_t filled = 0;

	if (width == 0)
		return to;
	if (width == 64) {
		for (uint32_t i = 0; i < n; i++)
			store64(to + 8 * (size_t)i, z[i]);
		return to + 8 * (size_t)n;
	}
	for (uint32_t i = 0; i < n; i++) {
		word |= z[i] << filled;
		filled += width;
		if (filled >= 64) {
			store64(to, word);
			to += 8;
			filled -= 64;
			word = filled ? z[i] >> (width - filled) : 0;
		}
	}
	store64(to, word);
	return to + (filled + 7) / 8;
}

uint8_t *blocks_put_head(const struct blocks *blocks, uint8_t *to)
{
	uint32_t count = blocks_of(blocks->n);
	uint8_t least = blocks->least;
	bool wide = blocks->most - least > NIBBLE;

	*to++ = (uint8_t)(least | (wide ? WIDE : 0));
	if (count < 2)
		return to;
	for (uint32_t b = 0; wide && b < count; b++)
		*to++ = (uint8_t)(width_code(blocks->widths[b]) - least);
	for (uint32_t b = 0; !wide && b < count; b += 2) {
		uint8_t high = b + 1 < count ? (uint8_t)(width_code(blocks->widths[b + 1]) - least) : 0;

		*to++ = (uint8_t)((width_code(blocks->widths[b]) - least) | high << 4);
	}
	return to;
}

uint8_t *blocks_put(const struct blocks *blocks, const uint64_t *z, uint8_t *to)
{
	uint32_t n = blocks->n;

	if (n == 0)
		return to;
	to = blocks_put_head(blocks, to);
	for (uint32_t i = 0; i < n; i += BLOCK)
		to = bits_put(z + i, n - i < BLOCK ? n - i : BLOCK, blocks->widths[i / BLOCK], to);
	return to;
}

/* ---- reading ---- */

/* Codes to widths; false where one is too large. `most` is of all codes. */
static bool codes_to_widths(uint8_t *widths, uint32_t count, uint32_t most)
{
	if (most <= WIDTH_MOST)
		return true;
	if (most > WHOLE)
		return false;
	for (uint32_t b = 0; b < count; b++)
		widths[b] = widths[b] == WHOLE ? 64 : widths[b];
	return true;
}

static bool take_widths(struct cursor *in, struct blocks *blocks, uint32_t count)
{
	uint8_t head = take_u8(in), least = head & LEAST, most = least;
	bool wide = head & WIDE;
	const uint8_t *at = take_bytes(in, widths_bytes(count, wide));

	if (!at || head & 0x80)
		return false;
	if (count < 2) {
		blocks->widths[0] = least;
		return !wide && codes_to_widths(blocks->widths, 1, most);
	}
	for (uint32_t b = 0; b < count; b++) {
		uint32_t code = least + (wide ? at[b] : at[b / 2] >> (b & 1) * 4 & NIBBLE);

		if (code > WHOLE)
			return false;
		most = code > most ? (uint8_t)code : most;
		blocks->widths[b] = (uint8_t)code;
	}
	return codes_to_widths(blocks->widths, count, most);
}

bool blocks_find(struct cursor *in, uint32_t n, struct blocks *blocks)
{
	const uint8_t *begin = in->at;
	uint32_t count = blocks_of(n);
	size_t size = 0;

	blocks->n = n;
	blocks->size = 0;
	if (n == 0)
		return true;
	if (!take_widths(in, blocks, count))
		return false;
	for (uint32_t b = 0; b + 1 < count; b++)
		size += blocks->widths[b];
	size = 2 * size + bits_bytes(last_count(n), blocks->widths[count - 1]);
	blocks->bits = take_bytes(in, size);
	blocks->end = in->end;
	blocks->size = blocks->bits ? (size_t)(in->at - begin) : 0;
	return blocks->bits && !in->bad;
}

static void get_block(const uint8_t *at, uint32_t n, uint32_t width, uint64_t *z)
{
	uint64_t mask = ~UINT64_C(0) >> (64 - width);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t bit = i * width;

		z[i] = load64(at + bit / 8) >> bit % 8 & mask;
	}
}

void blocks_get(const struct blocks *blocks, uint64_t *z)
{
	const uint8_t *at = blocks->bits, *end = blocks->end;

	for (uint32_t i = 0; i < blocks->n; i += BLOCK) {
		uint32_t n = blocks->n - i < BLOCK ? blocks->n - i : BLOCK, width = blocks->widths[i / BLOCK];
		size_t size = bits_bytes(n, width);

		if (width == 0) {
			memset(z + i, 0, n * sizeof *z);
		} else if ((size_t)(end - at) >= size + 8) {
			get_block(at, n, width, z + i);
		} else {
			uint8_t copy[8 * BLOCK + 8] = { 0 };

			memcpy(copy, at, size);
			get_block(copy, n, width, z + i);
		}
		at += size;
	}
}

void bits_get(const uint8_t *at, uint32_t n, uint32_t width, uint64_t *z)
{
	uint64_t mask = ~UINT64_C(0) >> (64 - width);
	size_t size = bits_bytes(n, width);

	for (uint32_t i = 0; i < n; i++) {
		size_t bit = (size_t)i * width, byte = bit / 8;

		z[i] = (byte + 8 <= size ? load64(at + byte) : load_some(at + byte, size - byte)) >> bit % 8 & mask;
	}
}

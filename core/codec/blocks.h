/* SPDX-License-Identifier: MIT */
/*
 * blocks.h - unsigned numbers in blocks of 16, each block in as many bits a
 * number as its largest needs.
 *
 *	u8	bits 0-5: least width (64 stands as 58); bit 6: widths are bytes
 *	widths	of each block, less the least: nibbles, the lower half first; or
 *		bytes. None where there is only one block.
 *	bits	16 numbers of w bits are 2w bytes, lowest bits first; the last block
 *		ends with the byte of its last bit
 *
 * All widths stand in front, so a reader knows where each block is before it
 * has read any. A width is 0..57 or 64: a number never lies over 9 bytes.
 */
#ifndef CODEC_BLOCKS_H
#define CODEC_BLOCKS_H

#include "codec/bits.h"
#include "codec/values.h"

enum { BLOCK = 16, BLOCKS_MOST = VALUES_MOST / BLOCK, WIDTH_MOST = 57 };

static ALWAYS_INLINE uint32_t blocks_of(uint32_t n)
{
	return (n + BLOCK - 1) / BLOCK;
}

/* Bits for numbers whose bits are all in `any`. */
static ALWAYS_INLINE uint8_t width_of(uint64_t any)
{
	uint32_t w = bit_length(any);

	return w > WIDTH_MOST ? 64 : (uint8_t)w;
}

/* What the widths of some blocks come to. */
struct widths {
	uint32_t sum;
	uint8_t least, most;	/* as they are written */
	uint8_t of[BLOCKS_MOST];
};

static ALWAYS_INLINE uint8_t width_code(uint8_t width)
{
	return width == 64 ? WIDTH_MOST + 1 : width;
}

static ALWAYS_INLINE void widths_begin(struct widths *widths)
{
	widths->sum = widths->most = 0;
	widths->least = WIDTH_MOST + 1;
}

/* Of the next block, all of whose bits are in `any`. */
static ALWAYS_INLINE void widths_add(struct widths *widths, uint32_t block, uint64_t any)
{
	uint8_t width = width_of(any), code = width_code(width);

	widths->of[block] = width;
	widths->sum += width;
	widths->least = code < widths->least ? code : widths->least;
	widths->most = code > widths->most ? code : widths->most;
}

/* n numbers of `width` bits (1..64) behind one another. Room for 8 more; gives where it ended. */
uint8_t *bits_put(const uint64_t *z, uint32_t n, uint32_t width, uint8_t *to);
/* The same back; reads nothing behind the last of them. */
void bits_get(const uint8_t *at, uint32_t n, uint32_t width, uint64_t *z);

static ALWAYS_INLINE size_t bits_bytes(uint32_t n, uint32_t width)
{
	return ((size_t)n * width + 7) / 8;
}

/* n numbers that are to be written, or were found; the widths of their blocks. */
struct blocks {
	uint32_t n;
	size_t size;		/* of all bytes */
	const uint8_t *bits;	/* found: where the first block begins */
	const uint8_t *end;	/* found: up to here anything may be read */
	uint8_t least, most;	/* to be written: of the widths, see there */
	uint8_t widths[BLOCKS_MOST];
};

/* All bytes of n numbers in blocks of these widths. */
size_t blocks_bytes(const struct widths *widths, uint32_t n);
/* To be written: n numbers in blocks of these widths. */
void blocks_take(struct blocks *blocks, const struct widths *widths, uint32_t n);
/* The widths of z and the size that they make. */
void blocks_measure(struct blocks *blocks, const uint64_t *z, uint32_t n);
/* Writes blocks->size bytes; there must be room for 8 more. Gives where it ended. */
uint8_t *blocks_put(const struct blocks *blocks, const uint64_t *z, uint8_t *to);
/* Of these what is in front of the bits. */
uint8_t *blocks_put_head(const struct blocks *blocks, uint8_t *to);

/* The head of n numbers; the cursor moves behind their last bit. False: -EBADMSG. */
bool blocks_find(struct cursor *in, uint32_t n, struct blocks *blocks);
/* All of them. */
void blocks_get(const struct blocks *blocks, uint64_t *z);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * coded.h - numbers by how often they occur: rANS (Duda, 2013; interleaved as by
 * Giesen, 2014) over tokens, and bits that say the rest of large numbers.
 *
 *	u8	tokens that occur, 1 or more
 *	if these are 2 or more:
 *	varint	w
 *	u32	four states
 *	u16	w words
 *	bits, from the lowest up, to the end of a byte:
 *		for each token that occurs: 4 bits, tokens left out before it, or 15 and 8
 *		bits; frequency - 1, in the bits that one less than the sum of the
 *		frequencies still open has; the last one gets what is open: no bits
 *		then the rest of each number that has one
 *
 * Numbers below 16 are their own token. A larger one of b bits has the token
 * 16 + 2 * (b - 5) + its second bit; the rest is its b - 2 bits below. Frequencies
 * sum to 2^r; r follows from n (coded_scale). Number i is in state i mod 4. To
 * decode: slot = the state's low r bits says the token; state = frequency * (state
 * >> r) + slot - the frequencies below; then, below 2^16, state = state << 16 | the
 * next word. All states end at 2^16.
 */
#ifndef CODEC_CODED_H
#define CODEC_CODED_H

#include "codec/bits.h"
#include "codec/values.h"

enum { CODED_STATES = 4, CODED_TOKENS = 16 + 2 * (59 - 4), CODED_ROOM = VALUES_MOST * 9 + 1024 };

/* Bytes that n numbers will take, about; SIZE_MAX: one of them is too large. */
size_t coded_guess(const uint64_t *z, uint32_t n);
/* Into CODED_ROOM bytes, where there is a guess; gives the size. */
size_t coded_put(const uint64_t *z, uint32_t n, uint8_t *to);
bool coded_get(struct cursor *in, uint32_t n, uint64_t *z);	/* false: -EBADMSG */

/* ---- shared by both sides ---- */

static inline uint32_t coded_scale(uint32_t n)
{
	return n <= 192 ? 8 : n <= 640 ? 9 : n <= 1500 ? 10 : 11;
}

/* How many bits the rest of a number with this token has, and the number without them. */
static inline uint32_t token_bits(uint32_t token)
{
	return token < 16 ? 0 : 3 + (token - 16) / 2;
}

static inline uint64_t token_base(uint32_t token)
{
	return token < 16 ? token : (2 + (uint64_t)(token & 1)) << token_bits(token);
}

#endif

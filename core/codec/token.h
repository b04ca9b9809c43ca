/* SPDX-License-Identifier: MIT */
/*
 * token.h - one changed value against the one before it, in as few bytes as may
 * be: what a row of a group is made of, in memory and in the WAL.
 *
 *	even byte	varint of zigzag(i - last i) << 1, in the unit of the series
 *	1 | unit << 1	a new unit, then varint of zigzag(i): the value is i units
 *	1 | (24+k) << 1	k bytes (1..8): the low bytes of value XOR last value
 *
 * The state of a series is its last value and one byte: the unit, and whether the
 * last value is a multiple of it (i is 0 then). Both sides compute it alike. All
 * zero is the state to begin with.
 */
#ifndef CODEC_TOKEN_H
#define CODEC_TOKEN_H

#include "model/sample.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#define TOKEN_UNITS_MOST (INT64_C(1) << 51)

enum {
	TOKEN_MOST = 9,			/* bytes */
	TOKEN_UNITS = 18,		/* 10^-0 .. 10^-15, 2^10, 2^12 */
	TOKEN_UNIT = 31,		/* of the byte of state */
	TOKEN_FOREIGN = 32,		/* the last value is not a multiple of the unit */
	TOKEN_STATE = 63,		/* the rest is the writer's own: */
	TOKEN_TRIED = 64		/* times that no unit was found, up to 3 */
};

extern const double token_scale[TOKEN_UNITS];

#define TOKEN_ROUND 6755399441055744.0	/* 1.5 * 2^52: adding it rounds to an integer */
#define TOKEN_ROUND_BITS UINT64_C(0x4338000000000000)

/* The nearest number of units; sensible up to 2^51. */
static inline int64_t token_units_of(uint64_t bits, unsigned unit)
{
	return (int64_t)(value_bits(value_of_bits(bits) * token_scale[unit] + TOKEN_ROUND) - TOKEN_ROUND_BITS);
}

static inline uint64_t token_value(int64_t i, unsigned unit)
{
	return value_bits((double)i / token_scale[unit]);
}

/*
 * Is it exactly *i units? Past 2^51, and of what is no number, the rounding gives
 * something else than it was given, so that does not come back either.
 */
static inline bool token_fits(uint64_t bits, unsigned unit, int64_t *i)
{
	*i = token_units_of(bits, unit);
	return token_value(*i, unit) == bits;
}

static inline int64_t token_last(uint64_t last, uint8_t state)
{
	return state & TOKEN_FOREIGN ? 0 : token_units_of(last, state & TOKEN_UNIT);
}

static inline uint64_t token_zigzag(int64_t i)
{
	return (uint64_t)i << 1 ^ (uint64_t)(i >> 63);
}

static inline int64_t token_unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ -(v & 1));
}

/*
 * A varint of up to 8 bytes, at once: sevens of bits move apart in three steps. Lengths
 * change from one to the next, and a loop's end would be guessed wrong too often.
 */
static inline uint64_t token_spread(uint64_t v)
{
	v = (v & UINT64_C(0x000000000fffffff)) | (v & UINT64_C(0x00fffffff0000000)) << 4;
	v = (v & UINT64_C(0x00003fff00003fff)) | (v & UINT64_C(0x0fffc0000fffc000)) << 2;
	return (v & UINT64_C(0x007f007f007f007f)) | (v & UINT64_C(0x3f803f803f803f80)) << 1;
}

static inline uint64_t token_gather(uint64_t v)
{
	v = (v & UINT64_C(0x007f007f007f007f)) | (v & UINT64_C(0x7f007f007f007f00)) >> 1;
	v = (v & UINT64_C(0x00003fff00003fff)) | (v & UINT64_C(0x3fff00003fff0000)) >> 2;
	return (v & UINT64_C(0x000000000fffffff)) | (v & UINT64_C(0x0fffffff00000000)) >> 4;
}

/* v is below 2^56; 8 bytes are written, however many it takes. */
static inline uint8_t *token_put_varint(uint8_t *to, uint64_t v)
{
	unsigned more = (63u - (unsigned)__builtin_clzll(v | 1)) / 7;
	uint64_t word = token_spread(v) | (UINT64_C(0x8080808080808080) & ((UINT64_C(1) << 8 * more) - 1));

	word = htole64(word);
	memcpy(to, &word, sizeof word);
	return to + more + 1;
}

/* A value that the unit of the series does not suit. */
uint8_t *token_put_other(uint8_t *to, uint64_t bits, uint64_t last, uint8_t *state);

/* At most TOKEN_MOST bytes, and up to TOKEN_MOST from where it begins are written. Changes *state, not the last value. Gives where the next one goes. */
static inline uint8_t *token_put(uint8_t *to, uint64_t bits, uint64_t last, uint8_t *state)
{
	unsigned unit = *state & TOKEN_UNIT;
	uint64_t v;
	int64_t i;

	if (!token_fits(bits, unit, &i))
		return token_put_other(to, bits, last, state);
	v = token_zigzag(i - token_last(last, *state)) << 1;
	*state = (uint8_t)unit;
	return token_put_varint(to, v);
}

/* The state of a series whose first value this is. `decimals`: a unit that others of its values are known to need; 0: none. */
uint8_t token_state_of(uint64_t bits, unsigned decimals);

/* One that this process has made: of sound bytes, with 8 more behind it. */
const uint8_t *token_get(const uint8_t *from, uint64_t *last, uint8_t *state);
/* If the token keeps the unit: the difference in units, and the next one. NULL: it is another kind. */
static inline const uint8_t *token_get_difference(const uint8_t *from, int64_t *difference)
{
	uint64_t word, ends;

	memcpy(&word, from, sizeof word);
	word = le64toh(word);
	if (word & 1)
		return NULL;
	ends = ~word & UINT64_C(0x8080808080808080);	/* there is one: differences are below 2^54 */
	*difference = token_unzigzag(token_gather(word & (ends ^ (ends - 1))) >> 1);
	return from + __builtin_ctzll(ends) / 8 + 1;
}
static inline const uint8_t *token_skip(const uint8_t *from)
{
	if (*from & 1) {
		unsigned code = *from++ >> 1;

		if (code >= 24)
			return from + (code - 24);
	}
	while (*from++ & 128)
		;
	return from;
}
/* Of any bytes. NULL: no token, or it ends behind `end`. */
const uint8_t *token_read(const uint8_t *from, const uint8_t *end, uint64_t *last, uint8_t *state);

#endif

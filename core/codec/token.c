/* SPDX-License-Identifier: MIT */
/*
 * token.c - which unit suits a series is looked for when a value does not fit the
 * one it has. Memory comes in pages and kilobytes, so binary units are tried
 * first; zero fits all and tells nothing.
 *
 * A series of full-precision values fits none: after some failures it is tried
 * only now and then.
 */
#include "codec/token.h"

#include <endian.h>
#include <stddef.h>

const double token_scale[TOKEN_UNITS] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
					  0x1p-10, 0x1p-12 };

/* *i units of which kind; -1: of none. */
static int find_unit(uint64_t bits, int64_t *i)
{
	if (token_fits(bits, 0, i)) {
		if (*i && token_fits(bits, 17, i))
			return 17;
		if (*i && token_fits(bits, 16, i))
			return 16;
		return token_fits(bits, 0, i) ? 0 : -1;
	}
	for (int unit = 1; unit <= 15; unit++)
		if (token_fits(bits, (unsigned)unit, i))
			return unit;
	return -1;
}

static bool worth_a_try(uint64_t bits, uint8_t state)
{
	return state < 3 * TOKEN_TRIED || (bits * UINT64_C(0x9e3779b97f4a7c15)) >> 60 == 0;
}

uint8_t *token_put_other(uint8_t *to, uint64_t bits, uint64_t last, uint8_t *state)
{
	uint64_t x = htole64(bits ^ last);
	int64_t i;
	int unit = worth_a_try(bits, *state) ? find_unit(bits, &i) : -1;
	unsigned k = (71u - (unsigned)__builtin_clzll((bits ^ last) | 1)) / 8;

	if (unit >= 0) {
		*to++ = (uint8_t)(1 | unit << 1);
		*state = (uint8_t)unit;
		return token_put_varint(to, token_zigzag(i));
	}
	if (*state < 3 * TOKEN_TRIED)
		*state = (uint8_t)(*state + TOKEN_TRIED);
	*state |= TOKEN_FOREIGN;
	*to++ = (uint8_t)(1 | (24 + k) << 1);
	memcpy(to, &x, k);
	return to + k;
}

uint8_t token_state_of(uint64_t bits, unsigned decimals)
{
	int64_t i;
	int unit = decimals && decimals <= 15 && token_fits(bits, decimals, &i) ? (int)decimals : find_unit(bits, &i);

	return unit >= 0 ? (uint8_t)unit : TOKEN_FOREIGN;
}

/* ---- back ---- */

/* NULL: longer than any that is written, or it ends behind `end`. */
static inline const uint8_t *get_varint(const uint8_t *from, const uint8_t *end, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; shift < 63; shift += 7) {
		if (from >= end)
			return NULL;
		*v |= (uint64_t)(*from & 127) << shift;
		if (!(*from++ & 128))
			return from;
	}
	return NULL;
}

static inline bool take_units(int64_t i, unsigned unit, uint64_t *last, uint8_t *state)
{
	if (i > TOKEN_UNITS_MOST || i < -TOKEN_UNITS_MOST)
		return false;
	*last = token_value(i, unit);
	*state = (uint8_t)unit;
	return true;
}

static const uint8_t *read_other(const uint8_t *from, const uint8_t *end, uint64_t *last, uint8_t *state)
{
	unsigned code = *from++ >> 1;
	uint64_t v = 0;

	if (code < TOKEN_UNITS) {
		from = get_varint(from, end, &v);
		return from && take_units(token_unzigzag(v), code, last, state) ? from : NULL;
	}
	if (code <= 24 || code > 32 || (size_t)(end - from) < code - 24)
		return NULL;
	memcpy(&v, from, code - 24);
	*last ^= le64toh(v);
	*state |= TOKEN_FOREIGN;
	return from + (code - 24);
}

const uint8_t *token_read(const uint8_t *from, const uint8_t *end, uint64_t *last, uint8_t *state)
{
	uint64_t v;

	if (from >= end)
		return NULL;
	if (*from & 1)
		return read_other(from, end, last, state);
	from = get_varint(from, end, &v);
	if (!from || !take_units(token_last(*last, *state) + token_unzigzag(v >> 1), *state & TOKEN_UNIT, last, state))
		return NULL;
	return from;
}

const uint8_t *token_get(const uint8_t *from, uint64_t *last, uint8_t *state)
{
	return token_read(from, from + 2 * TOKEN_MOST, last, state);
}

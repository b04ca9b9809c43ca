/* SPDX-License-Identifier: MIT */
/*
 * bits.h - the small steps of the codec, inline: words of a byte order, zigzag,
 * varints into room that is there, varints out of a bounded run of bytes.
 *
 * A cursor that ran out, or met a malformed varint, stays bad, like a reader of
 * util/buf.h; it gives zeros from then on.
 */
#ifndef CODEC_BITS_H
#define CODEC_BITS_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

static ALWAYS_INLINE uint64_t load64(const uint8_t *from)
{
	uint64_t v;

	memcpy(&v, from, sizeof v);
	return le64toh(v);
}

static ALWAYS_INLINE void store64(uint8_t *to, uint64_t v)
{
	v = htole64(v);
	memcpy(to, &v, sizeof v);
}

/* The first `n` (at most 8) bytes there, zeros above. */
static ALWAYS_INLINE uint64_t load_some(const uint8_t *from, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, from, n);
	return le64toh(v);
}

static ALWAYS_INLINE uint64_t zigzag(uint64_t v)
{
	return v << 1 ^ (0 - (v >> 63));
}

static ALWAYS_INLINE uint64_t unzigzag(uint64_t z)
{
	return z >> 1 ^ (0 - (z & 1));
}

/* Bits that v needs; 0 needs none. */
static ALWAYS_INLINE uint32_t bit_length(uint64_t v)
{
	return v ? 64 - (uint32_t)__builtin_clzll(v) : 0;
}

static ALWAYS_INLINE size_t varint_bytes(uint64_t v)
{
	return (size_t)(63 - __builtin_clzll(v | 1)) / 7 + 1;
}

static ALWAYS_INLINE size_t zigzag_bytes(uint64_t v)
{
	return varint_bytes(zigzag(v));
}

static ALWAYS_INLINE uint8_t *put_varint(uint8_t *to, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*to++ = (uint8_t)(v | 0x80);
	*to++ = (uint8_t)v;
	return to;
}

static ALWAYS_INLINE uint8_t *put_zigzag(uint8_t *to, uint64_t v)
{
	return put_varint(to, zigzag(v));
}

struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

static ALWAYS_INLINE size_t cursor_left(const struct cursor *in)
{
	return (size_t)(in->end - in->at);
}

static ALWAYS_INLINE void cursor_turn_bad(struct cursor *in)
{
	in->bad = true;
	in->at = in->end;
}

/* The next n bytes; NULL when they are not there. */
static ALWAYS_INLINE const uint8_t *take_bytes(struct cursor *in, size_t n)
{
	const uint8_t *at = in->at;

	if (n > cursor_left(in)) {
		cursor_turn_bad(in);
		return NULL;
	}
	in->at += n;
	return at;
}

static ALWAYS_INLINE uint8_t take_u8(struct cursor *in)
{
	if (in->at == in->end) {
		in->bad = true;
		return 0;
	}
	return *in->at++;
}

static ALWAYS_INLINE uint64_t take_u64(struct cursor *in)
{
	const uint8_t *at = take_bytes(in, 8);

	return at ? load64(at) : 0;
}

static inline uint64_t take_varint(struct cursor *in)
{
	uint64_t v = 0;

	for (uint32_t shift = 0; shift < 64; shift += 7) {
		uint8_t byte = take_u8(in);

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			if (shift == 63 && byte > 1)
				break;
			return v;
		}
	}
	cursor_turn_bad(in);
	return 0;
}

static ALWAYS_INLINE uint64_t take_zigzag(struct cursor *in)
{
	return unzigzag(take_varint(in));
}

#endif

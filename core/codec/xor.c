/* SPDX-License-Identifier: MIT */
/* xor.c - one pass; the window of the last difference is kept while the next one fits in it. */
#include "codec/xor.h"
#include "model/sample.h"

enum { SAME_BITS = 1, AGAIN_BITS = 2, NEW_BITS = 14 };

/* Where the bits of a difference are: zeros above, zeros below, how many between. */
struct window_bits {
	uint32_t above, below, length;
};

static ALWAYS_INLINE struct window_bits window_of(uint64_t x)
{
	uint32_t above = (uint32_t)__builtin_clzll(x), below = (uint32_t)__builtin_ctzll(x);

	return (struct window_bits){ above, below, 64 - above - below };
}

/* A much smaller difference is worth a new window: the old one would cost more. */
static ALWAYS_INLINE bool fits(const struct window_bits *old, const struct window_bits *now)
{
	return old->length && now->above >= old->above && now->below >= old->below &&
	       old->length <= now->length + NEW_BITS - AGAIN_BITS;
}

size_t xor_size(const double *v, uint32_t n)
{
	struct window_bits old = { 0 };
	size_t bits = 64;

	for (uint32_t i = 1; i < n; i++) {
		uint64_t x = value_bits(v[i]) ^ value_bits(v[i - 1]);
		struct window_bits now;

		if (!x) {
			bits += SAME_BITS;
			continue;
		}
		now = window_of(x);
		if (fits(&old, &now)) {
			bits += AGAIN_BITS + old.length;
			continue;
		}
		bits += NEW_BITS + now.length;
		old = now;
	}
	return (bits + 7) / 8;
}

struct bit_writer {
	uint8_t *to;
	uint64_t word;
	uint32_t filled;	/* below 64 */
};

static ALWAYS_INLINE void write_bits(struct bit_writer *out, uint64_t v, uint32_t n)
{
	out->word |= v << out->filled;
	if (out->filled + n < 64) {
		out->filled += n;
		return;
	}
	store64(out->to, out->word);
	out->to += 8;
	out->word = out->filled ? v >> (64 - out->filled) : 0;
	out->filled = out->filled + n - 64;
}

uint8_t *xor_put(const double *v, uint32_t n, uint8_t *to)
{
	struct bit_writer out = { to, 0, 0 };
	struct window_bits old = { 0 };

	write_bits(&out, value_bits(v[0]), 64);
	for (uint32_t i = 1; i < n; i++) {
		uint64_t x = value_bits(v[i]) ^ value_bits(v[i - 1]);
		struct window_bits now;

		if (!x) {
			write_bits(&out, 0, SAME_BITS);
			continue;
		}
		now = window_of(x);
		if (fits(&old, &now)) {
			write_bits(&out, 1, AGAIN_BITS);
		} else {
			write_bits(&out, 3 | (uint64_t)now.above << 2 | (uint64_t)(now.length - 1) << 8, NEW_BITS);
			old = now;
		}
		write_bits(&out, x >> old.below, old.length);
	}
	store64(out.to, out.word);
	return out.to + (out.filled + 7) / 8;
}

struct bit_reader {
	const uint8_t *data;
	size_t bytes;
	uint64_t at, end;	/* in bits */
};

/* The next bits, 57 at least; zeros behind the end. */
static ALWAYS_INLINE uint64_t peek(const struct bit_reader *in)
{
	size_t byte = (size_t)(in->at / 8);

	if (byte + 8 <= in->bytes)
		return load64(in->data + byte) >> in->at % 8;
	return byte < in->bytes ? load_some(in->data + byte, in->bytes - byte) >> in->at % 8 : 0;
}

static ALWAYS_INLINE uint64_t read_bits(struct bit_reader *in, uint32_t n)
{
	uint64_t v = peek(in);

	if (n > 32) {
		v &= 0xffffffff;
		in->at += 32;
		n -= 32;
		v |= (peek(in) & (~UINT64_C(0) >> (64 - n))) << 32;
	} else {
		v &= ~UINT64_C(0) >> (64 - n);
	}
	in->at += n;
	return v;
}

static bool xor_bits(struct bit_reader *in, uint32_t n, double *v)
{
	uint64_t before = value_bits(v[0]);
	struct window_bits window = { 0 };

	for (uint32_t i = 1; i < n; i++) {
		uint64_t head = peek(in);

		if (!(head & 1)) {
			in->at += SAME_BITS;
			v[i] = value_of_bits(before);
			continue;
		}
		if (head & 2) {
			window.above = head >> 2 & 63;
			window.length = (uint32_t)(head >> 8 & 63) + 1;
			if (window.above + window.length > 64)
				return false;
			window.below = 64 - window.above - window.length;
			in->at += NEW_BITS;
		} else {
			in->at += AGAIN_BITS;
		}
		if (!window.length || in->at + window.length > in->end)
			return false;
		before ^= read_bits(in, window.length) << window.below;
		v[i] = value_of_bits(before);
	}
	return in->at <= in->end;
}

bool xor_get(struct cursor *in, uint32_t n, double *v)
{
	uint64_t first = take_u64(in);
	struct bit_reader bits = { in->at, cursor_left(in), 0, cursor_left(in) * 8 };

	v[0] = value_of_bits(first);
	if (in->bad || !xor_bits(&bits, n, v))
		return false;
	in->at += (bits.at + 7) / 8;
	return true;
}

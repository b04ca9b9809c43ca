/* SPDX-License-Identifier: MIT */
/*
 * row_tokens.c - in vectors: what changed of 64 members is drawn together, then
 * eight at a time are scaled, tried, subtracted and spread to the bytes of their
 * varints; a loop writes these behind one another. Values that their unit does not
 * suit are rare and go one by one.
 */
#include "head/row_tokens.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* ---- one by one ---- */

static size_t put_plain(const struct row_members *members, const uint64_t *changed, uint32_t *begin, uint8_t *tokens)
{
	uint8_t *to = tokens;

	for (uint32_t w = 0; w * 64 < members->n; w++) {
		begin[w] = (uint32_t)(to - tokens);
		for (uint64_t left = changed[w]; left; left &= left - 1) {
			uint32_t slot = w * 64 + (uint32_t)__builtin_ctzll(left);
			uint64_t bits = value_bits(members->values[slot]);

			to = token_put(to, bits, members->last[slot], &members->state[slot]);
			members->last[slot] = bits;
		}
	}
	return (size_t)(to - tokens);
}

static uint64_t get_plain(uint64_t changed, const uint8_t *token, int64_t *column, size_t stride)
{
	uint64_t other = 0;

	for (uint64_t left = changed; left; left &= left - 1) {
		uint32_t slot = (uint32_t)__builtin_ctzll(left);
		const uint8_t *next = token_get_difference(token, &column[slot * stride]);

		if (next) {
			token = next;
			continue;
		}
		other |= UINT64_C(1) << slot;
		token = token_skip(token);
	}
	return other;
}

/* ---- eight at a time ---- */

#if defined(__x86_64__)

#define TARGET __attribute__((target("avx512f,avx512cd,avx512dq,avx512bw,avx512vl,bmi,bmi2,lzcnt,popcnt")))
#define TARGET_INLINE static inline __attribute__((always_inline)) TARGET

enum { LANES = 8 };

/* What changed of 64 members, one behind another. */
struct drawn {
	uint32_t n;
	uint64_t bits[64 + LANES], last[64 + LANES];
	uint8_t state[64 + LANES], slot[64 + LANES];
};

/* Of these the words of the varints, and how many bytes each takes; a bit for each that the unit suits. */
struct varints {
	uint64_t fits;
	uint64_t word[64], bytes[64];
};

TARGET_INLINE void draw(const struct row_members *members, uint32_t first, uint64_t changed, struct drawn *drawn)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < 64; i += LANES) {
		__mmask8 here = (__mmask8)(changed >> i);
		__m512i bits, last;

		if (!here)
			continue;
		bits = _mm512_maskz_loadu_epi64(here, members->values + first + i);
		last = _mm512_maskz_loadu_epi64(here, members->last + first + i);
		_mm512_storeu_si512(drawn->bits + n, _mm512_maskz_compress_epi64(here, bits));
		_mm512_storeu_si512(drawn->last + n, _mm512_maskz_compress_epi64(here, last));
		_mm512_mask_storeu_epi64(members->last + first + i, here, bits);
		n += (uint32_t)_mm_popcnt_u32(here);
	}
	drawn->n = n;
	n = 0;
	for (uint64_t left = changed; left; left = _blsr_u64(left), n++) {
		uint8_t slot = (uint8_t)_tzcnt_u64(left);

		drawn->slot[n] = slot;
		drawn->state[n] = members->state[first + slot];
	}
}

/* 10^unit, and 2^-10 and 2^-12 behind them. */
TARGET_INLINE __m512d scale_of(__m512i unit)
{
	const __m512d low = _mm512_loadu_pd(token_scale), high = _mm512_loadu_pd(token_scale + 8);
	const __m512d binary = _mm512_maskz_loadu_pd(3, token_scale + 16);
	__mmask8 is_binary = _mm512_test_epi64_mask(unit, _mm512_set1_epi64(16));

	return _mm512_mask_permutexvar_pd(_mm512_permutex2var_pd(low, unit, high), is_binary, unit, binary);
}

TARGET_INLINE __m512i units_of(__m512i bits, __m512d scale)
{
	__m512d x = _mm512_add_pd(_mm512_mul_pd(_mm512_castsi512_pd(bits), scale), _mm512_set1_pd(TOKEN_ROUND));

	return _mm512_sub_epi64(_mm512_castpd_si512(x), _mm512_set1_epi64((long long)TOKEN_ROUND_BITS));
}

TARGET_INLINE __m512i apart(__m512i v, uint64_t low, uint64_t high, unsigned shift)
{
	return _mm512_or_si512(_mm512_and_si512(v, _mm512_set1_epi64((long long)low)),
			       _mm512_slli_epi64(_mm512_and_si512(v, _mm512_set1_epi64((long long)high)), shift));
}

/* As token_spread. */
TARGET_INLINE __m512i spread(__m512i v)
{
	v = apart(v, 0x000000000fffffff, 0x00fffffff0000000, 4);
	v = apart(v, 0x00003fff00003fff, 0x0fffc0000fffc000, 2);
	return apart(v, 0x007f007f007f007f, 0x3f803f803f803f80, 1);
}

/* As token_put, for eight of them. */
TARGET_INLINE void make_varints(const struct drawn *drawn, uint32_t at, struct varints *out)
{
	const __m512i one = _mm512_set1_epi64(1), bytes = _mm512_set1_epi64((long long)0x8080808080808080);
	__m512i state = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)(const void *)(drawn->state + at)));
	__m512i bits = _mm512_loadu_si512(drawn->bits + at), last = _mm512_loadu_si512(drawn->last + at), v, more;
	__m512d scale = scale_of(_mm512_and_si512(state, _mm512_set1_epi64(TOKEN_UNIT)));
	__mmask8 known = _mm512_testn_epi64_mask(state, _mm512_set1_epi64(TOKEN_FOREIGN));
	__m512i now = units_of(bits, scale), before = _mm512_maskz_mov_epi64(known, units_of(last, scale));
	__m512i back = _mm512_castpd_si512(_mm512_div_pd(_mm512_cvtepi64_pd(now), scale));

	v = _mm512_sub_epi64(now, before);
	v = _mm512_slli_epi64(_mm512_xor_si512(_mm512_slli_epi64(v, 1), _mm512_srai_epi64(v, 63)), 1);
	more = _mm512_sub_epi64(_mm512_set1_epi64(63), _mm512_lzcnt_epi64(_mm512_or_si512(v, one)));
	more = _mm512_srli_epi64(_mm512_mul_epu32(more, _mm512_set1_epi64(37)), 8);	/* by 7, of up to 63 */
	v = _mm512_or_si512(spread(v), _mm512_and_si512(bytes, _mm512_sub_epi64(_mm512_sllv_epi64(one, _mm512_slli_epi64(more, 3)), one)));
	_mm512_storeu_si512(out->word + at, v);
	_mm512_storeu_si512(out->bytes + at, _mm512_add_epi64(more, one));
	out->fits |= (uint64_t)_mm512_cmpeq_epi64_mask(back, bits) << at;
}

TARGET_INLINE uint8_t *put_word(const struct row_members *members, uint32_t first, uint64_t changed, uint8_t *to)
{
	struct drawn drawn;
	struct varints varints = { .fits = 0 };

	draw(members, first, changed, &drawn);
	for (uint32_t at = 0; at < drawn.n; at += LANES)
		make_varints(&drawn, at, &varints);
	for (uint32_t k = 0; k < drawn.n; k++) {
		uint8_t *state = &members->state[first + drawn.slot[k]];

		if (varints.fits >> k & 1) {
			memcpy(to, &varints.word[k], sizeof varints.word[k]);
			to += varints.bytes[k];
			*state &= TOKEN_UNIT;
		} else {
			to = token_put_other(to, drawn.bits[k], drawn.last[k], state);
		}
	}
	return to;
}

TARGET static size_t put_avx512(const struct row_members *members, const uint64_t *changed, uint32_t *begin, uint8_t *tokens)
{
	uint8_t *to = tokens;

	for (uint32_t w = 0; w * 64 < members->n; w++) {
		begin[w] = (uint32_t)(to - tokens);
		if (changed[w])
			to = put_word(members, w * 64, changed[w], to);
	}
	return (size_t)(to - tokens);
}

/* Machines that have these vectors also gather bits at once. */
TARGET static uint64_t get_avx512(uint64_t changed, const uint8_t *token, int64_t *column, size_t stride)
{
	const uint64_t tops = UINT64_C(0x8080808080808080);
	uint64_t other = 0;

	for (uint64_t left = changed; left; left = _blsr_u64(left)) {
		uint64_t slot = _tzcnt_u64(left), word, ends;

		memcpy(&word, token, sizeof word);
		if (__builtin_expect(word & 1, 0)) {
			other |= UINT64_C(1) << slot;
			token = token_skip(token);
			continue;
		}
		ends = ~word & tops;
		word &= _blsmsk_u64(ends);
		column[slot * stride] = token_unzigzag(_pext_u64(word, ~tops) >> 1);
		token += _tzcnt_u64(ends) / 8 + 1;
	}
	return other;
}

#endif

/* ---- which ---- */

bool row_tokens_can(enum row_tokens_form form)
{
#if defined(__x86_64__)
	if (form == ROW_TOKENS_AVX512)
		return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
		       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2");
#endif
	return form == ROW_TOKENS_PLAIN;
}

static enum row_tokens_form best(void)
{
	return row_tokens_can(ROW_TOKENS_AVX512) ? ROW_TOKENS_AVX512 : ROW_TOKENS_PLAIN;
}

size_t row_tokens_put_as(enum row_tokens_form form, const struct row_members *members, const uint64_t *changed, uint32_t *begin,
			 uint8_t *tokens)
{
#if defined(__x86_64__)
	if (form == ROW_TOKENS_AVX512)
		return put_avx512(members, changed, begin, tokens);
#endif
	(void)form;
	return put_plain(members, changed, begin, tokens);
}

size_t row_tokens_put(const struct row_members *members, const uint64_t *changed, uint32_t *begin, uint8_t *tokens)
{
	return row_tokens_put_as(best(), members, changed, begin, tokens);
}

uint64_t row_tokens_get_as(enum row_tokens_form form, uint64_t changed, const uint8_t *tokens, int64_t *column, size_t stride)
{
#if defined(__x86_64__)
	if (form == ROW_TOKENS_AVX512)
		return get_avx512(changed, tokens, column, stride);
#endif
	(void)form;
	return get_plain(changed, tokens, column, stride);
}

uint64_t row_tokens_get(uint64_t changed, const uint8_t *tokens, int64_t *column, size_t stride)
{
	return row_tokens_get_as(best(), changed, tokens, column, stride);
}

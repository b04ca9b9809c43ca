/* SPDX-License-Identifier: MIT */
/* changed.c - 64 values make a word; what is left over is done one by one. */
#include "head/changed.h"
#include "model/sample.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static uint64_t word_plain(const double *values, const uint64_t *last, uint32_t n)
{
	uint64_t changed = 0;

	for (uint32_t i = 0; i < n; i++)
		changed |= (uint64_t)(value_bits(values[i]) != last[i]) << i;
	return changed;
}

static void find_plain(const double *values, const uint64_t *last, uint32_t words, uint64_t *changed)
{
	for (uint32_t w = 0; w < words; w++)
		changed[w] = word_plain(values + w * 64, last + w * 64, 64);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void find_avx2(const double *values, const uint64_t *last, uint32_t words, uint64_t *changed)
{
	for (uint32_t w = 0; w < words; w++, values += 64, last += 64) {
		uint64_t same = 0;

		for (int i = 0; i < 64; i += 4) {
			__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(values + i));
			__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(last + i));

			same |= (uint64_t)(unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(a, b))) << i;
		}
		changed[w] = ~same;
	}
}

__attribute__((target("avx512f"))) static void find_avx512(const double *values, const uint64_t *last, uint32_t words,
							   uint64_t *changed)
{
	for (uint32_t w = 0; w < words; w++, values += 64, last += 64) {
		uint64_t found = 0;

		for (int i = 0; i < 64; i += 8)
			found |= (uint64_t)_mm512_cmpneq_epi64_mask(_mm512_loadu_si512(values + i), _mm512_loadu_si512(last + i)) << i;
		changed[w] = found;
	}
}
#endif

bool changed_can(enum changed_form form)
{
#if defined(__x86_64__)
	if (form == CHANGED_AVX2)
		return __builtin_cpu_supports("avx2");
	if (form == CHANGED_AVX512)
		return __builtin_cpu_supports("avx512f");
#endif
	return form == CHANGED_PLAIN;
}

void changed_find_as(enum changed_form form, const double *values, const uint64_t *last, uint32_t n, uint64_t *changed)
{
	uint32_t words = n / 64, left = n % 64;

#if defined(__x86_64__)
	if (form == CHANGED_AVX512)
		find_avx512(values, last, words, changed);
	else if (form == CHANGED_AVX2)
		find_avx2(values, last, words, changed);
	else
#endif
		find_plain(values, last, words, changed);
	if (left)
		changed[words] = word_plain(values + words * 64, last + words * 64, left);
}

void changed_find(const double *values, const uint64_t *last, uint32_t n, uint64_t *changed)
{
	enum changed_form form = CHANGED_FORMS - 1;

	while (!changed_can(form))
		form--;
	changed_find_as(form, values, last, n, changed);
}

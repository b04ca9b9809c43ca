/* SPDX-License-Identifier: MIT */
/* coded.c - counting, frequencies that sum to a power of two, and the states from the last number to the first. */
#include "codec/coded.h"

#include <math.h>

enum { STATE_LEAST = 1 << 16, REST_MOST = 57, GAP_BITS = 4, GAP_FAR = 15, GAP_FAR_BITS = 8 };

struct model {
	uint32_t scale, kinds;		/* the frequencies sum to 1 << scale */
	uint32_t count[CODED_TOKENS];
	uint32_t frequency[CODED_TOKENS], below[CODED_TOKENS];
};

static ALWAYS_INLINE uint32_t token_of(uint64_t z)
{
	uint32_t length;

	if (z < 16)
		return (uint32_t)z;
	length = bit_length(z);
	return 16 + 2 * (length - 5) + (uint32_t)(z >> (length - 2) & 1);
}

/* ---- the model ---- */

/* A little more or less where it matters least: the largest gives and takes. */
static void make_sum_right(struct model *model, uint32_t sum)
{
	uint32_t whole = 1u << model->scale;

	while (sum != whole) {
		uint32_t most = 0;

		for (uint32_t t = 1; t < CODED_TOKENS; t++)
			most = model->frequency[t] > model->frequency[most] ? t : most;
		if (sum < whole) {
			model->frequency[most] += whole - sum;
			return;
		}
		model->frequency[most]--;
		sum--;
	}
}

/* False: a number is too large. */
static bool model_make(struct model *model, const uint64_t *z, uint32_t n)
{
	uint32_t sum = 0, below = 0;

	*model = (struct model){ .scale = coded_scale(n) };
	for (uint32_t i = 0; i < n; i++) {
		uint32_t token = token_of(z[i]);

		if (token >= CODED_TOKENS || token_bits(token) > REST_MOST)
			return false;
		model->count[token]++;
	}
	for (uint32_t t = 0; t < CODED_TOKENS; t++) {
		uint64_t share = ((uint64_t)model->count[t] << (model->scale + 1)) / n;

		if (!model->count[t])
			continue;
		model->frequency[t] = share > 1 ? (uint32_t)(share + 1) / 2 : 1;
		sum += model->frequency[t];
		model->kinds++;
	}
	make_sum_right(model, sum);
	for (uint32_t t = 0; t < CODED_TOKENS; t++) {
		model->below[t] = below;
		below += model->frequency[t];
	}
	return true;
}

static uint32_t gap_bits(uint32_t gap)
{
	return gap < GAP_FAR ? GAP_BITS : GAP_BITS + GAP_FAR_BITS;
}

size_t coded_guess(const uint64_t *z, uint32_t n)
{
	struct model model;
	double bits = 0;
	uint32_t next = 0, open;

	if (!model_make(&model, z, n))
		return SIZE_MAX;
	open = 1u << model.scale;
	for (uint32_t t = 0; t < CODED_TOKENS; t++) {
		if (!model.count[t])
			continue;
		bits += gap_bits(t - next) + bit_length(open - 1) + model.count[t] * (double)token_bits(t);
		bits += model.count[t] * (model.scale - log2(model.frequency[t]));
		open -= model.frequency[t];
		next = t + 1;
	}
	return (size_t)(bits / 8) + 1 + (model.kinds > 1 ? 2 + 2 * CODED_STATES : 0);
}

/* ---- bytes ---- */

struct bits_out {
	uint8_t *to;
	uint64_t word;
	uint32_t filled;	/* below 8 between calls */
};

static void add_bits(struct bits_out *out, uint64_t v, uint32_t n)
{
	out->word |= v << out->filled;
	store64(out->to, out->word);
	out->filled += n;
	out->to += out->filled / 8;
	out->word = out->filled / 8 == 8 ? v >> (n - out->filled % 8) : out->word >> out->filled / 8 * 8;
	out->filled %= 8;
}

static void put_model(const struct model *model, struct bits_out *out)
{
	uint32_t next = 0, open = 1u << model->scale, left = model->kinds;

	for (uint32_t t = 0; t < CODED_TOKENS; t++) {
		uint32_t gap = t - next;

		if (!model->count[t])
			continue;
		add_bits(out, gap < GAP_FAR ? gap : GAP_FAR, GAP_BITS);
		if (gap >= GAP_FAR)
			add_bits(out, gap, GAP_FAR_BITS);
		if (--left)
			add_bits(out, model->frequency[t] - 1, bit_length(open - 1));
		open -= model->frequency[t];
		next = t + 1;
	}
}

/* The words in the order that they are found in from the end; gives how many. */
static uint32_t run_states(const struct model *model, const uint64_t *z, uint32_t n, uint32_t states[CODED_STATES], uint16_t *words)
{
	uint32_t count = 0;

	for (uint32_t s = 0; s < CODED_STATES; s++)
		states[s] = STATE_LEAST;
	for (uint32_t i = n; i-- > 0;) {
		uint32_t token = token_of(z[i]), f = model->frequency[token], *state = &states[i % CODED_STATES];

		if (*state >= (uint64_t)f << (32 - model->scale)) {
			words[count++] = (uint16_t)*state;
			*state >>= 16;
		}
		*state = (*state / f << model->scale) + *state % f + model->below[token];
	}
	return count;
}

static uint8_t *put_states(const struct model *model, const uint64_t *z, uint32_t n, uint8_t *to)
{
	uint32_t states[CODED_STATES], count;
	uint16_t words[VALUES_MOST];

	count = run_states(model, z, n, states, words);
	to = put_varint(to, count);
	for (uint32_t s = 0; s < CODED_STATES; s++)
		for (uint32_t b = 0; b < 4; b++)
			*to++ = (uint8_t)(states[s] >> 8 * b);
	while (count-- > 0) {
		*to++ = (uint8_t)words[count];
		*to++ = (uint8_t)(words[count] >> 8);
	}
	return to;
}

size_t coded_put(const uint64_t *z, uint32_t n, uint8_t *to)
{
	struct bits_out out = { 0 };
	uint8_t *begin = to;
	struct model model;

	if (!model_make(&model, z, n))
		return SIZE_MAX;
	*to++ = (uint8_t)model.kinds;
	if (model.kinds > 1)
		to = put_states(&model, z, n, to);
	out.to = to;
	put_model(&model, &out);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t bits = token_bits(token_of(z[i]));

		if (bits)
			add_bits(&out, z[i] & (~UINT64_C(0) >> (64 - bits)), bits);
	}
	return (size_t)(out.to - begin) + (out.filled ? 1 : 0);
}

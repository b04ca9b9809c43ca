/* SPDX-License-Identifier: MIT */
/*
 * coded_get.c - four states at a time, so that one waits for its table while the
 * others multiply. What is read is checked for a whole group where there is plenty
 * left, one by one towards the end.
 */
#include "codec/coded.h"

enum { STATE_LEAST = 1 << 16, SLOTS_MOST = 1 << 11, GAP_BITS = 4, GAP_FAR = 15, GAP_FAR_BITS = 8 };

/*
 * What a slot says, in one word: frequency in 16 bits, the slot's place in its
 * token in 16, the token in 16, the bits of its rest above.
 */
typedef uint64_t slot;

enum { OFFSET = 16, TOKEN = 32, BITS = 48, REST_BYTES = 4 * 8 + 8 };

struct decoder {
	uint32_t scale, kinds, only;	/* only: the token, where there is but one */
	bool rests;			/* some token has a rest */
	uint32_t states[CODED_STATES];
	const uint8_t *word, *words_end;
	const uint8_t *data;		/* of the bits: behind the words, up to the end of all input */
	size_t bytes;
	uint64_t at;			/* in bits */
	slot slots[SLOTS_MOST];
	struct rest {
		uint64_t base, mask;
	} rests_of[CODED_TOKENS];
};

/* At least 57 bits; zeros behind the end. */
static ALWAYS_INLINE uint64_t peek(const struct decoder *in)
{
	size_t byte = (size_t)(in->at / 8);

	if (byte + 8 <= in->bytes)
		return load64(in->data + byte) >> in->at % 8;
	return byte < in->bytes ? load_some(in->data + byte, in->bytes - byte) >> in->at % 8 : 0;
}

static uint32_t take_bits(struct decoder *in, uint32_t n)
{
	uint32_t v = (uint32_t)(peek(in) & ((UINT64_C(1) << n) - 1));

	in->at += n;
	return v;
}

static void fill_slots(struct decoder *in, uint32_t first, uint32_t frequency, uint32_t token)
{
	slot one = frequency | (slot)token << TOKEN | (slot)token_bits(token) << BITS;

	slot *to = in->slots + first;
	uint32_t k = 0;

	for (; k + 4 <= frequency; k += 4, one += (slot)4 << OFFSET) {	/* four that do not wait for another */
		to[k] = one;
		to[k + 1] = one + ((slot)1 << OFFSET);
		to[k + 2] = one + ((slot)2 << OFFSET);
		to[k + 3] = one + ((slot)3 << OFFSET);
	}
	for (; k < frequency; k++, one += (slot)1 << OFFSET)
		to[k] = one;
}

static bool take_model(struct decoder *in)
{
	uint32_t token = 0, whole = 1u << in->scale, open = whole;

	for (uint32_t k = 0; k < in->kinds; k++, token++) {
		uint32_t gap = take_bits(in, GAP_BITS), frequency = open;

		token += gap == GAP_FAR ? take_bits(in, GAP_FAR_BITS) : gap;
		if (k + 1 < in->kinds)
			frequency = take_bits(in, bit_length(open - 1)) + 1;
		if (token >= CODED_TOKENS || frequency > open || (k + 1 < in->kinds && frequency == open))
			return false;
		in->rests |= token_bits(token) != 0;
		in->rests_of[token] = (struct rest){ token_base(token), (UINT64_C(1) << token_bits(token)) - 1 };
		in->only = token;
		if (in->kinds > 1)
			fill_slots(in, whole - open, frequency, token);
		open -= frequency;
	}
	return in->at <= in->bytes * 8;
}

static uint64_t with_rest(struct decoder *in, uint32_t token, uint32_t bits)
{
	uint64_t rest = peek(in) & ((UINT64_C(1) << bits) - 1);

	in->at += bits;
	return in->rests_of[token].base + rest;
}

/* What a state says, and the state behind it; *word moves on where it was needed. */
static ALWAYS_INLINE slot step(const slot *slots, uint32_t scale, uint32_t *state, const uint8_t **word)
{
	uint32_t x = *state, low;
	slot one = slots[x & ((1u << scale) - 1)];

	x = (uint32_t)(one & 0xffff) * (x >> scale) + (uint32_t)(one >> OFFSET & 0xffff);
	low = x < STATE_LEAST;
	x = low ? x << 16 | (uint32_t)((*word)[0] | (*word)[1] << 8) : x;
	*word += 2 * low;
	*state = x;
	return one;
}

static ALWAYS_INLINE uint64_t number_of(const struct rest *rests, const uint8_t *data, slot one, uint64_t *at)
{
	const struct rest *rest = &rests[one >> TOKEN & 0xffff];
	uint64_t bits = load64(data + *at / 8) >> *at % 8;

	*at += one >> BITS;
	return rest->base + (bits & rest->mask);
}

/*
 * As long as four more cannot read out of the input, and rests begin before `safe`
 * (that words were taken for bits, or bits for words, shows at the end); gives how
 * far it came. What changes is kept out of memory.
 */
static ALWAYS_INLINE uint32_t in_fours(struct decoder *in, uint32_t i, uint32_t n, uint64_t *z, bool rests,
				       const uint8_t *data, uint64_t *rests_at, uint64_t safe)
{
	uint32_t a = in->states[0], b = in->states[1], c = in->states[2], d = in->states[3], scale = in->scale;
	const uint8_t *word = in->word, *end = in->data + in->bytes;
	uint64_t at = *rests_at;

	for (; i + 4 <= n && end - word >= 8 && (!rests || at < safe); i += 4) {
		slot s[4] = { step(in->slots, scale, &a, &word), step(in->slots, scale, &b, &word),
			      step(in->slots, scale, &c, &word), step(in->slots, scale, &d, &word) };

		for (uint32_t k = 0; k < 4; k++)
			z[i + k] = rests ? number_of(in->rests_of, data, s[k], &at) : s[k] >> TOKEN & 0xffff;
	}
	in->states[0] = a;
	in->states[1] = b;
	in->states[2] = c;
	in->states[3] = d;
	in->word = word;
	*rests_at = at;
	return i;
}

/* Where rests stand up to the last bytes, these are copied to where there is room behind. */
static uint32_t to_the_end(struct decoder *in, uint32_t i, uint32_t n, uint64_t *z)
{
	uint8_t tail[3 * REST_BYTES] = { 0 };
	size_t from = (size_t)(in->at / 8), left = from < in->bytes ? in->bytes - from : 0;
	uint64_t at = in->at % 8;

	if (left > REST_BYTES)
		return i;
	memcpy(tail, in->data + in->bytes - left, left);
	i = in_fours(in, i, n, z, true, tail, &at, left * 8 + 1);
	in->at = (uint64_t)from * 8 + at;
	return i;
}

static uint32_t most_of_them(struct decoder *in, uint32_t n, uint64_t *z)
{
	uint64_t safe = in->bytes > REST_BYTES ? (in->bytes - REST_BYTES) * 8 : 0;

	if (!in->rests)
		return in_fours(in, 0, n, z, false, in->data, &in->at, 0);
	return to_the_end(in, in_fours(in, 0, n, z, true, in->data, &in->at, safe), n, z);
}

/* The last ones, with a look at what is left for each. */
static bool one_by_one(struct decoder *in, uint32_t i, uint32_t n, uint64_t *z)
{
	for (; i < n; i++) {
		size_t left = in->word < in->words_end ? (size_t)(in->words_end - in->word) : 0;
		uint8_t copy[2] = { 0 };
		const uint8_t *word = copy;
		slot one;

		memcpy(copy, in->word, left < 2 ? 0 : 2);
		one = step(in->slots, in->scale, &in->states[i % CODED_STATES], &word);
		if (word != copy && left < 2)
			return false;
		in->word += word - copy;
		z[i] = with_rest(in, (uint32_t)(one >> TOKEN & 0xffff), (uint32_t)(one >> BITS));
	}
	return true;
}

static bool states_ended(const struct decoder *in)
{
	for (uint32_t s = 0; s < CODED_STATES; s++)
		if (in->states[s] != STATE_LEAST)
			return false;
	return true;
}

static bool take_numbers(struct decoder *in, uint32_t n, uint64_t *z)
{
	uint32_t i;

	if (in->kinds == 1) {
		for (i = 0; i < n; i++)
			z[i] = with_rest(in, in->only, token_bits(in->only));
		return true;
	}
	i = most_of_them(in, n, z);
	return one_by_one(in, i, n, z) && in->word == in->words_end && states_ended(in);
}

static bool take_states(struct cursor *in, struct decoder *decoder)
{
	uint64_t words = take_varint(in);
	const uint8_t *at = take_bytes(in, 4 * CODED_STATES);

	if (!at || words > VALUES_MOST)
		return false;
	for (uint32_t s = 0; s < CODED_STATES; s++)
		decoder->states[s] = (uint32_t)load_some(at + 4 * (size_t)s, 4);
	decoder->word = take_bytes(in, 2 * (size_t)words);
	decoder->words_end = in->at;
	return decoder->word != NULL;
}

bool coded_get(struct cursor *in, uint32_t n, uint64_t *z)
{
	struct decoder decoder;

	decoder.scale = coded_scale(n);
	decoder.kinds = take_u8(in);
	decoder.rests = false;
	decoder.at = 0;
	decoder.word = decoder.words_end = NULL;
	if (decoder.kinds == 0 || decoder.kinds > 1u << decoder.scale || n == 0)
		return false;
	if (decoder.kinds > 1 && !take_states(in, &decoder))
		return false;
	decoder.data = in->at;
	decoder.bytes = cursor_left(in);
	if (!take_model(&decoder) || !take_numbers(&decoder, n, z) || decoder.at > decoder.bytes * 8)
		return false;
	in->at += (decoder.at + 7) / 8;
	return true;
}

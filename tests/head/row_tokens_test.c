/* SPDX-License-Identifier: MIT */
#include "head/row_tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { MEMBERS = 150, WORDS = 3, ROWS = 3000, ROOM = MEMBERS * TOKEN_MOST + 8 };

static uint64_t seed = 11;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 33) % n);
}

static double next_value(uint32_t member, double last)
{
	static const double awkward[] = { 0.0, -0.0, 1e300, 5e-324, 2251799813685248.0, -2251799813685249.0, 0x1p63, 1e-15, 1.0 / 3 };

	if (!below(200))
		return below(2) ? awkward[below(9)] : value_of_bits(below(2) ? STALE_BITS : seed);
	switch (member % 6) {
	case 0:
		return last + 1 + below(5);
	case 1:
		return (double)below(1u << 30) / 1000;
	case 2:
		return 4096.0 * below(1u << (1 + below(30)));
	case 3:
		return last + (double)below(1u << 31) * 1024;
	case 4:
		return last * 1.0000001 + 0.1;
	default:
		return (double)(int64_t)(seed >> (12 + below(50)));
	}
}

/* What one form made of the rows so far. */
struct made {
	uint64_t last[MEMBERS];
	uint8_t state[MEMBERS], tokens[ROOM];
	uint32_t begin[WORDS];
	size_t size;
};

static void make(enum row_tokens_form form, const double *values, const uint64_t *changed, struct made *made)
{
	struct row_members members = { MEMBERS, values, made->last, made->state };

	made->size = row_tokens_put_as(form, &members, changed, made->begin, made->tokens);
	assert_true(made->size + 8 <= sizeof made->tokens);
	memset(made->tokens + made->size, 0, 8);
}

static void compare(uint32_t row, const struct made *plain, const struct made *other)
{
	if (plain->size != other->size || memcmp(plain->tokens, other->tokens, plain->size) != 0 ||
	    memcmp(plain->begin, other->begin, sizeof plain->begin) != 0)
		fail_msg("row %u: other tokens", row);
	assert_memory_equal(plain->last, other->last, sizeof plain->last);
	assert_memory_equal(plain->state, other->state, sizeof plain->state);
}

static void give_back(enum row_tokens_form form, const uint64_t *changed, const struct made *made)
{
	for (uint32_t w = 0; w < WORDS; w++) {
		int64_t column[64][2] = { { 0 } }, same[64][2] = { { 0 } };
		uint64_t other = row_tokens_get_as(ROW_TOKENS_PLAIN, changed[w], made->tokens + made->begin[w], column[0], 2);

		assert_true((other & ~changed[w]) == 0);
		assert_true(row_tokens_get_as(form, changed[w], made->tokens + made->begin[w], same[0], 2) == other);
		assert_memory_equal(column, same, sizeof column);
	}
}

/* Where a difference is said, it leads from the last value to this one. */
static void lead_on(const uint64_t *before, const uint8_t *states, const uint64_t *changed, const struct made *made)
{
	int64_t column[64][1];

	for (uint32_t w = 0; w < WORDS; w++) {
		uint64_t other = row_tokens_get(changed[w], made->tokens + made->begin[w], column[0], 1);

		for (uint64_t left = changed[w] & ~other; left; left &= left - 1) {
			uint32_t slot = (uint32_t)__builtin_ctzll(left), i = w * 64 + slot;
			int64_t units = token_last(before[i], states[i]) + column[slot][0];

			assert_true(token_value(units, states[i] & TOKEN_UNIT) == made->last[i]);
		}
	}
}

static void all_forms_make_the_same(void **state)
{
	static struct made plain, other;

	(void)state;
	for (uint32_t row = 0; row < ROWS; row++) {
		uint64_t changed[WORDS] = { 0 }, before[MEMBERS];
		uint32_t busy = 1 + row / 100 % 8;
		uint8_t states[MEMBERS];
		double values[MEMBERS];

		memcpy(before, plain.last, sizeof before);
		memcpy(states, plain.state, sizeof states);
		for (uint32_t i = 0; i < MEMBERS; i++) {
			values[i] = below(busy) ? value_of_bits(plain.last[i]) : next_value(i, value_of_bits(plain.last[i]));
			changed[i / 64] |= (uint64_t)(value_bits(values[i]) != plain.last[i]) << i % 64;
		}
		make(ROW_TOKENS_PLAIN, values, changed, &plain);
		lead_on(before, states, changed, &plain);
		for (enum row_tokens_form form = 1; form < ROW_TOKENS_FORMS; form++) {
			if (!row_tokens_can(form))
				continue;
			make(form, values, changed, &other);
			compare(row, &plain, &other);
			give_back(form, changed, &plain);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_forms_make_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

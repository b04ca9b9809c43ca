/* SPDX-License-Identifier: MIT */
#include "codec/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { ROUNDS = 300000 };

static uint64_t seed = 7;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 33) % n);
}

static const double awkward[] = { 0.0, -0.0, 1e300, -1e-300, 5e-324, 2251799813685247.0, 2251799813685248.0, -2251799813685249.0,
				  9007199254740992.0, 0.1, 1e15, 1e-15, 123456.789, 4096, 1024, 8192.5, -4096, 1.0 / 3 };

static uint64_t any_value(uint64_t last)
{
	switch (below(10)) {
	case 0:
		return value_bits(awkward[below(sizeof awkward / sizeof *awkward)]);
	case 1:
		return STALE_BITS;
	case 2:
		return UINT64_C(0x7ff0000000000000) + ((uint64_t)below(1u << 31) << 20) + below(1u << 20);
	case 3:
		return ((uint64_t)below(1u << 31) << 33) ^ below(1u << 31);
	case 4:
		return value_bits(below(1u << 31) / 1000.0);
	case 5:
		return value_bits(4096.0 * below(1u << 20));
	case 6:
		return value_bits(value_of_bits(last) * 1.0000001);
	default:
		return value_bits(value_of_bits(last) + below(300) - 100);
	}
}

static void every_value_comes_back(void **state)
{
	uint64_t last = 0, back = 0;
	uint8_t written = 0, read = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint8_t bytes[2 * TOKEN_MOST + 2] = { 0 };
		uint64_t bits = any_value(last), again = back;
		uint8_t again_state = read;
		const uint8_t *end;

		if (bits == last)
			continue;
		end = token_put(bytes, bits, last, &written);
		assert_true(end > bytes && end <= bytes + TOKEN_MOST);
		assert_ptr_equal(token_skip(bytes), end);
		assert_ptr_equal(token_get(bytes, &back, &read), end);
		if (back != bits || read != (written & TOKEN_STATE))
			fail_msg("%d: %a became %a", i, value_of_bits(bits), value_of_bits(back));
		assert_ptr_equal(token_read(bytes, end, &again, &again_state), end);
		assert_true(again == bits && again_state == read);
		again = last;
		assert_null(token_read(bytes, end - 1, &again, &again_state));
		last = bits;
	}
}

static void small_steps_take_a_byte(void **state)
{
	static const struct { double first, step; size_t most; } rows[] = {
		{ 1000000, 5, 1 }, { 0.25, 0.07, 1 }, { 4096.0 * 1000, 4096.0 * 3, 1 }, { 1e9, 1000, 2 }, { -3.5, 0.5, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t bytes[2 * TOKEN_MOST];
		uint64_t last = value_bits(rows[i].first);
		uint8_t token_state = token_state_of(value_bits(rows[i].first + rows[i].step), 0);

		for (int k = 1; k < 100; k++) {
			uint64_t bits = token_value((int64_t)((rows[i].first + rows[i].step * k) * token_scale[token_state & 31] + 0.5 -
							      (rows[i].first + rows[i].step * k < 0)), token_state & 31);
			size_t size = (size_t)(token_put(bytes, bits, last, &token_state) - bytes);

			if (k > 1 && bits != last && size > rows[i].most)
				fail_msg("row %zu, step %d: %zu bytes", i, k, size);
			last = bits;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_comes_back),
		cmocka_unit_test(small_steps_take_a_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

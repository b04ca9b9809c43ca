/* SPDX-License-Identifier: MIT */
#include "codec/blocks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { ROOM = VALUES_MOST * 8 + 1024 };

/* Give back what was put; the size is as it was measured. */
static void round_trip(const uint64_t *z, uint32_t n)
{
	static uint8_t bytes[ROOM];
	uint64_t back[VALUES_MOST];
	struct blocks blocks, found;
	struct cursor in;

	blocks_measure(&blocks, z, n);
	assert_int_equal(blocks_put(&blocks, z, bytes) - bytes, blocks.size);
	in = (struct cursor){ bytes, bytes + blocks.size, false };
	assert_true(blocks_find(&in, n, &found));
	assert_ptr_equal(in.at, in.end);
	blocks_get(&found, back);
	assert_memory_equal(back, z, n * sizeof *z);
}

static void takes_every_width_and_count(void **state)
{
	uint64_t z[70];

	(void)state;
	for (uint32_t width = 0; width <= 64; width++)
		for (uint32_t n = 0; n <= 70; n++) {
			uint64_t top = width ? ~UINT64_C(0) >> (64 - width) : 0;

			for (uint32_t i = 0; i < n; i++)
				z[i] = top - (top > 3 ? i % 3 : 0);
			round_trip(z, n);
		}
}

static void takes_widths_far_apart(void **state)
{
	uint64_t z[100] = { 0 };

	(void)state;
	z[20] = 1;
	z[40] = UINT64_MAX;
	z[99] = UINT64_C(1) << 56;
	round_trip(z, 100);
}

static void costs_half_a_byte_a_block(void **state)
{
	uint64_t z[64];
	struct blocks blocks;

	(void)state;
	for (uint32_t i = 0; i < 64; i++)
		z[i] = 5;
	blocks_measure(&blocks, z, 64);
	assert_int_equal(blocks.size, 1 + 2 + 64 * 3 / 8);
	blocks_measure(&blocks, z, 16);
	assert_int_equal(blocks.size, 1 + 6);
}

static const struct { const char *what; uint32_t n; size_t size; uint8_t bytes[12]; } refused[] = {
	{ "nothing", 3, 0, { 0 } },
	{ "a width of 60", 3, 12, { 60 } },
	{ "the top bit", 3, 12, { 0x81 } },
	{ "wide, but one block", 3, 3, { 0x41, 1 } },
	{ "bits that are missing", 16, 2, { 2 } },
	{ "widths that are missing", 40, 2, { 2, 0 } },
	{ "a width that grew over the most", 32, 12, { 50, 0xf0 } },
};

static void refuses_nonsense(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct cursor in = { refused[i].bytes, refused[i].bytes + refused[i].size, false };
		struct blocks blocks;

		if (blocks_find(&in, refused[i].n, &blocks))
			fail_msg("%s: taken", refused[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_every_width_and_count),
		cmocka_unit_test(takes_widths_far_apart),
		cmocka_unit_test(costs_half_a_byte_a_block),
		cmocka_unit_test(refuses_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "codec/coded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

static uint8_t bytes[CODED_ROOM];

/* Gives the size, which is near what was guessed. */
static size_t round_trip(const uint64_t *z, uint32_t n)
{
	static uint64_t back[VALUES_MOST];
	size_t guess = coded_guess(z, n), size = coded_put(z, n, bytes);
	uint8_t *exact = malloc(size);
	struct cursor in = { exact, exact + size, false };

	assert_true(guess + guess / 50 + 10 >= size && size + size / 50 + 10 >= guess);
	memcpy(exact, bytes, size);
	assert_true(coded_get(&in, n, back));
	assert_ptr_equal(in.at, in.end);
	assert_memory_equal(back, z, n * sizeof *z);
	for (size_t len = 0; len < size; len++) {
		in = (struct cursor){ exact, exact + len, false };
		if (coded_get(&in, n, back))
			fail_msg("%zu of %zu bytes were taken", len, size);
	}
	free(exact);
	return size;
}

static uint32_t noise(uint32_t i)
{
	uint64_t z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)((z ^ z >> 27) * UINT64_C(0x94d049bb133111eb) >> 33);
}

static void costs_what_the_frequencies_say(void **state)
{
	uint64_t z[1000];

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		z[i] = noise(i) % 32 ? 0 : 1 + noise(i + 1000) % 2;
	assert_in_range(round_trip(z, 1000), 25, 70);		/* 0.23 bits a number */
	for (uint32_t i = 0; i < 1000; i++)
		z[i] = (noise(i) % 2 ? 1000000 : 0) + noise(i + 1000) % 4;
	assert_in_range(round_trip(z, 1000), 1375, 1475);	/* half of them: 18 bits of rest */
}

static void takes_every_length(void **state)
{
	static uint64_t z[VALUES_MOST];

	(void)state;
	for (uint32_t i = 0; i < VALUES_MOST; i++)
		z[i] = noise(i) % 8 ? noise(i) % 5 : noise(i) % 100000;
	for (uint32_t n = 1; n < 70; n++)
		round_trip(z, n);
	for (uint32_t n = 190; n < VALUES_MOST; n += 371)
		round_trip(z, n);
	round_trip(z, VALUES_MOST);
}

static void takes_numbers_of_every_size(void **state)
{
	uint64_t z[240];

	(void)state;
	for (uint32_t i = 0; i < 240; i++)
		z[i] = ((UINT64_C(1) << 59) - 1) >> i % 60;
	round_trip(z, 240);
	for (uint32_t i = 0; i < 240; i++)
		z[i] = (UINT64_C(1) << 58) + i;			/* one token for all */
	round_trip(z, 240);
	z[100] = UINT64_C(1) << 59;
	assert_true(coded_guess(z, 240) == SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(costs_what_the_frequencies_say),
		cmocka_unit_test(takes_every_length),
		cmocka_unit_test(takes_numbers_of_every_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

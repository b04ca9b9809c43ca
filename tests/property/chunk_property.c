/* SPDX-License-Identifier: MIT */
/*
 * chunk_property.c - whatever goes into a chunk comes out with the same bits;
 * damaged bytes are refused or give something, and never reach out of their room.
 */
#include "head/chunk.h"
#include "model/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { CASES = 20000, MOST = 200, DAMAGES = 20 };

static uint64_t seed = 88172645463325252u;

static uint64_t random_bits(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 2685821657736338717u;
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)((random_bits() >> 33) % n);
}

/* ---- values of every kind that a series has, and some that none has ---- */

static double awkward(void)
{
	static const uint64_t bits[] = { 0, 0x8000000000000000u, 1, 0x7ff0000000000000u, 0xfff0000000000000u, STALE_BITS, NAN_BITS,
					 0x7fefffffffffffffu, 0x0010000000000000u, 0x4340000000000000u, 0x4340000000000001u,
					 0xc340000000000000u, 0x3fb999999999999au, 0x3ff0000000000001u };

	return below(4) ? value_of_bits(bits[below(sizeof bits / sizeof *bits)]) : value_of_bits(random_bits());
}

static void fill_values(double *values, uint32_t n)
{
	static const double steps[] = { 1, 0.1, 0.01, 0.001, 4096, 1e-7, 3, 1e15, 0.3 };
	uint32_t kind = below(8), odd = below(3);
	double step = steps[below(sizeof steps / sizeof *steps)], at = below(1000) * step;
	int64_t integer = below(1000000);

	for (uint32_t i = 0; i < n; i++) {
		switch (kind) {
		case 0:
			values[i] = awkward();
			break;
		case 1:
			values[i] = at;
			break;
		case 2:
			values[i] = at += step * below(5);		/* sums, not decimals */
			break;
		case 3:
			integer += (int64_t)below(200) - 50;
			values[i] = (double)integer / 100;
			break;
		case 4:
			values[i] = (double)(integer += 250);
			break;
		case 5:
			if (!below(20))
				integer += below(1000);
			values[i] = (double)integer * 4096;
			break;
		case 6:
			values[i] = sin((double)i / 10) * 1e3;
			break;
		default:
			values[i] = (double)(int64_t)(random_bits() >> below(60)) * (below(2) ? 1 : -1);
		}
		if (!odd && !below(40))
			values[i] = awkward();
	}
}

static void fill_times(kymo_ms *at, uint32_t n)
{
	uint32_t kind = below(5);

	at[0] = kind == 4 ? INT64_MIN + (kymo_ms)(random_bits() >> 3) : 1700000000000 + below(100000);
	for (uint32_t i = 1; i < n; i++) {
		kymo_ms step = kind == 0 ? 1000 : kind == 1 ? 1000 + below(3) : kind == 2 ? 1 + below(100000) :
			       kind == 3 ? (below(30) ? 15000 : 60000) : 1 + (kymo_ms)(random_bits() >> below(40) >> 13);

		at[i] = at[i - 1] + step;
	}
}

static void gives_back_every_bit(void **state)
{
	static kymo_ms at[CHUNK_LIMIT], at_back[CHUNK_LIMIT];
	static double values[CHUNK_MOST], back[CHUNK_LIMIT];
	AUTO_BUF out = { 0 };

	(void)state;
	for (uint32_t i = 0; i < CASES; i++) {
		uint32_t n = 1 + below(i % 50 ? MOST : CHUNK_MOST);

		fill_times(at, n);
		fill_values(values, n);
		buf_clear(&out);
		assert_int_equal(chunk_encode(at, values, n, &out), 0);
		assert_int_equal(chunk_count(out.data, out.len), n);
		assert_int_equal(chunk_decode(out.data, out.len, at_back, back), 0);
		assert_memory_equal(at, at_back, n * sizeof *at);
		assert_memory_equal(values, back, n * sizeof *values);
		for (uint32_t k = 0; k < DAMAGES; k++) {
			uint8_t *copy = malloc(out.len);
			size_t len = below(3) ? out.len : below((uint32_t)out.len + 1);

			memcpy(copy, out.data, out.len);
			copy[below((uint32_t)out.len)] ^= (uint8_t)(1 << below(8));
			if (chunk_count(copy, len) > 0)
				chunk_decode(copy, len, at_back, back);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_every_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

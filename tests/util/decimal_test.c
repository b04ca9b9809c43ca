/* SPDX-License-Identifier: MIT */
/* decimal_test.c - the double nearest to a text, checked against strtod; whole numbers; what is no number. */
#include "util/decimal.h"
#include "util/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct { const char *text; size_t taken; } lengths[] = {
	{ "", 0 }, { "x", 0 }, { "+", 0 }, { "-", 0 }, { ".", 0 }, { "-.", 0 }, { "e5", 0 }, { ".e5", 0 }, { "+-1", 0 }, { " 1", 0 },
	{ "NaN", 0 }, { "1", 1 }, { "1.", 2 }, { ".5", 2 }, { "1.5", 3 }, { "-1.5", 4 }, { "+1.5", 4 }, { "1.5.5", 3 }, { "1e", 1 },
	{ "1e+", 1 }, { "1e5", 3 }, { "1E-5", 4 }, { "1e5.5", 3 }, { "0x1p3", 1 }, { "1_000", 1 }, { "007", 3 }, { "1.e3", 4 },
};

static void takes_the_number_and_nothing_behind_it(void **state)
{
	struct decimal decimal;

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		size_t taken = decimal_read(lengths[i].text, strlen(lengths[i].text), &decimal);

		if (taken != lengths[i].taken)
			fail_msg("\"%s\": %zu bytes", lengths[i].text, taken);
	}
}

static void like_strtod(const char *text)
{
	double wanted = strtod(text, NULL), v = 77;
	size_t n = strlen(text);
	struct decimal decimal;
	bool fits;

	assert_int_equal(decimal_read(text, n, &decimal), n);
	fits = decimal_double(&decimal, text, n, &v);
	if (fits == isinf(wanted) || (fits && (v != wanted || signbit(v) != signbit(wanted))))
		fail_msg("\"%s\": %a instead of %a", text, v, wanted);
}

static const char *const hard[] = {
	"0", "-0", "0.0", "0e999999999999", "1", "-1", "0.1", "0.30000000000000004", "1e22", "1e23", "8.5e22", "123456789012345678",
	"9007199254740993", "9007199254740993.00000000000000000000000000000000000001", "9007199254740992.99999999999999999999999999",
	"1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "1e308", "1e309", "1e400", "-1e400", "1e99999999999",
	"2.2250738585072014e-308", "2.2250738585072011e-308", "2.2250738585072012e-308", "4.9e-324", "2.4703282292062327e-324",
	"2.4703282292062328e-324", "1e-400", "1e-99999999999", "0.000000000000000000000000000000000000000000000000000001",
	"179769313486231570000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	"0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	"000000000000000000000000000000000000000000000000000000000",
	"6.631236846766476e-316", "3.2378839133029012895883524125015321748630094e-319", "5e-324", "1.00000000000000011102230246251565",
	"1.00000000000000011102230246251565404236316680908203125", "1.00000000000000011102230246251565404236316680908203124",
	"7.2057594037927933e16", "18446744073709551615", "18446744073709551616", "9999999999999999999", "99999999999999999999",
	"1520430000.123", "1.345758e+06", "2.478268416e+09", "00000000000000000000000000000000000000000000012.5",
};

static void gives_what_strtod_gives(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof hard / sizeof *hard; i++)
		like_strtod(hard[i]);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

static void gives_what_strtod_gives_for_any_bits(void **state)
{
	uint64_t seed = 88172645463325252u;
	char text[NUMBER_TEXT * 2];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t bits = next_random(&seed);
		double v;

		memcpy(&v, &bits, sizeof v);
		if (!isfinite(v))
			continue;
		snprintf(text, sizeof text, "%.*e", (int)(bits % 20), v);
		like_strtod(text);
		like_strtod(number_format(v, text));
		snprintf(text, sizeof text, "%.*f", (int)(bits % 7), fmod(v, 1e12));
		like_strtod(text);
	}
}

/* The middle between two doubles, and as near to it as digits go. */
static void halves_go_to_the_even_one(void **state)
{
	uint64_t seed = 11;
	char text[1200];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		double v = ldexp((double)(next_random(&seed) >> 11 | 1ull << 52), (int)(next_random(&seed) % 80) - 60);
		double half = ldexp(1, ilogb(v) - 53);
		size_t n;

		snprintf(text, sizeof text, "%.200Lf", (long double)v + half);
		like_strtod(text);
		n = strlen(text);
		memcpy(text + n, "00000000001", 12);
		like_strtod(text);
	}
}

static const struct { const char *text; int power; bool fits; int64_t v; } wholes[] = {
	{ "0", 3, true, 0 }, { "-0", 3, true, 0 }, { "1.5", 3, true, 1500 }, { "1520879607.789", 3, true, 1520879607789 },
	{ "1520879607.7899999999999999999999", 3, true, 1520879607789 }, { "-1.1", 3, true, -1100 }, { "-0.0005", 3, true, 0 },
	{ "1.5e9", 3, true, 1500000000000 }, { "15e-1", 3, true, 1500 }, { "9223372036854775.807", 3, true, INT64_MAX },
	{ "9223372036854775.808", 3, false, 0 }, { "1e30", 3, false, 0 }, { "1e-99999999999", 3, true, 0 }, { "0e99999999999", 3, true, 0 },
	{ "12345678901234567890123", 0, false, 0 }, { "0.00000000000000000000001", 9, true, 0 }, { "1.000000001", 9, true, 1000000001 },
	{ "12345678901234567890e-3", 0, true, 12345678901234567 },
};

static void whole_numbers_are_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++) {
		struct decimal decimal;
		int64_t v = 0;
		bool fits;

		assert_true(decimal_read(wholes[i].text, strlen(wholes[i].text), &decimal));
		fits = decimal_whole(&decimal, wholes[i].power, &v);
		if (fits != wholes[i].fits || (fits && v != wholes[i].v))
			fail_msg("\"%s\": %d %lld", wholes[i].text, fits, (long long)v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_number_and_nothing_behind_it),
		cmocka_unit_test(gives_what_strtod_gives),
		cmocka_unit_test(gives_what_strtod_gives_for_any_bits),
		cmocka_unit_test(halves_go_to_the_even_one),
		cmocka_unit_test(whole_numbers_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

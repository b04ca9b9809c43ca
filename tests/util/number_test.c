/* SPDX-License-Identifier: MIT */
/* number_test.c - the shortest text of a double, checked against strtod. */
#include "util/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct { double v; const char *text; } rows[] = {
	{ 0, "0" },
	{ -0.0, "-0" },
	{ 1, "1" },
	{ -1, "-1" },
	{ 100, "100" },
	{ 1e6, "1000000" },
	{ 1769860800.123, "1769860800.123" },
	{ 0.1, "0.1" },
	{ 0.1 + 0.2, "0.30000000000000004" },
	{ 1.0 / 3, "0.3333333333333333" },
	{ 12.5, "12.5" },
	{ -273.15, "-273.15" },
	{ 0.000001, "0.000001" },
	{ 0.00000123, "0.00000123" },
	{ 0.0000001, "1e-07" },
	{ -0.00000012345, "-1.2345e-07" },
	{ 1e15, "1000000000000000" },
	{ 9007199254740991, "9007199254740991" },
	{ 9007199254740992, "9007199254740992" },
	{ 9007199254740994, "9007199254740994" },
	{ 1e20, "100000000000000000000" },
	{ 123456789012345680000.0, "123456789012345680000" },
	{ 1e21, "1e+21" },
	{ 1.5e300, "1.5e+300" },
	{ 1e23, "1e+23" },
	{ 9.5e-5, "0.000095" },
	{ 0x1p-24, "5.960464477539063e-08" },
	{ 0x1p+122, "5.316911983139664e+36" },
	{ DBL_MAX, "1.7976931348623157e+308" },
	{ DBL_MIN, "2.2250738585072014e-308" },
	{ 5e-324, "5e-324" },
	{ 1e-323, "1e-323" },
	{ 2.2250738585072009e-308, "2.225073858507201e-308" },
	{ INFINITY, "+Inf" },
	{ -INFINITY, "-Inf" },
	{ NAN, "NaN" },
	{ -NAN, "NaN" },
};

static void writes_the_shortest(void **state)
{
	char text[NUMBER_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(number_format(rows[i].v, text), rows[i].text);
}

static void writes_integers(void **state)
{
	char text[NUMBER_TEXT];

	(void)state;
	assert_string_equal(number_format_integer(0, text), "0");
	assert_string_equal(number_format_integer(-10, text), "-10");
	assert_string_equal(number_format_integer(INT64_MAX, text), "9223372036854775807");
	assert_string_equal(number_format_integer(INT64_MIN, text), "-9223372036854775808");
	assert_string_equal(number_format_unsigned(UINT64_MAX, text), "18446744073709551615");
}

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

static double from_bits(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

/* Doubles of all sizes, ratios, decimals with few digits, and powers of two with their neighbours. */
static double random_double(uint64_t *seed, int kind)
{
	uint64_t a = next(seed), b = next(seed);

	switch (kind) {
	case 0: return from_bits(a);
	case 1: return (double)a / (double)(b >> (a & 63));
	case 2: return (double)(int64_t)(a >> (b & 63)) / pow(10, (double)(b >> 32 & 15));
	default: return from_bits((a % 2047 << 52) + b % 3 - 1);
	}
}

static void reads_back_to_the_same_bits(void **state)
{
	uint64_t seed = 88172645463325252;
	char text[NUMBER_TEXT];

	(void)state;
	for (int i = 0; i < 40000; i++) {
		double v = random_double(&seed, i % 4), back;

		if (!isfinite(v))
			continue;
		back = strtod(number_format(v, text), NULL);
		if (memcmp(&v, &back, sizeof v) != 0)
			fail_msg("%a: got %s", v, text);
	}
}

/* Its digits without point, zeros at the ends and exponent; as many as returned. */
static int digits_of(const char *text, char *digits)
{
	int n = 0;

	for (; *text && *text != 'e'; text++)
		if (*text >= '0' && *text <= '9' && (n || *text != '0'))
			digits[n++] = *text;
	while (n && digits[n - 1] == '0')
		n--;
	digits[n] = '\0';
	return n;
}

/* The two decimals with so many digits that enclose v: does one of them read back? */
static bool fits_in(double v, int digits)
{
	char text[64];
	long long lead;
	int exponent;

	snprintf(text, sizeof text, "%.*e", 17, fabs(v));
	exponent = atoi(strchr(text, 'e') + 1);
	text[1] = text[0];
	text[digits + 1] = '\0';
	lead = atoll(text + 1);
	if (digits > 1) {
		snprintf(text, sizeof text, "%.*e", 17, fabs(v));
		memmove(text + 1, text + 2, (size_t)digits - 1);
		text[digits] = '\0';
		lead = atoll(text);
	}
	for (int up = 0; up < 2; up++) {
		snprintf(text, sizeof text, "%llde%d", lead + up, exponent - digits + 1);
		if (strtod(text, NULL) == fabs(v))
			return true;
	}
	return false;
}

static void no_shorter_text_reads_back(void **state)
{
	uint64_t seed = 1234567;
	char text[NUMBER_TEXT], digits[32];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		double v = random_double(&seed, i % 4);
		int n;

		if (!isfinite(v))
			continue;
		n = digits_of(number_format(v, text), digits);
		if (n > 1 && fits_in(v, n - 1))
			fail_msg("%a: %s is not the shortest", v, text);
	}
}

/* Among those of the same length, the nearest: what printf says, where that reads back. */
static void is_the_nearest_of_its_length(void **state)
{
	uint64_t seed = 7654321;
	char text[NUMBER_TEXT], ours[32], theirs[32], printed[64];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		double v = random_double(&seed, i % 4);
		int n;

		if (!isfinite(v) || v == 0)
			continue;
		n = digits_of(number_format(v, text), ours);
		snprintf(printed, sizeof printed, "%.*e", n - 1, v);
		digits_of(printed, theirs);
		if (strtod(printed, NULL) == v && strcmp(ours, theirs) != 0)
			fail_msg("%a: %s, but %s is as good", v, text, printed);
	}
}

static void does_not_ask_the_locale(void **state)
{
	static const char *const names[] = { "de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "C.UTF-8" };
	char text[NUMBER_TEXT], *end;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (setlocale(LC_NUMERIC, names[i]))
			break;
	assert_string_equal(number_format(1.5, text), "1.5");
	assert_true(number_parse("1.5e2x", &end) == 150);
	assert_string_equal(end, "x");
	setlocale(LC_NUMERIC, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_shortest),
		cmocka_unit_test(writes_integers),
		cmocka_unit_test(reads_back_to_the_same_bits),
		cmocka_unit_test(no_shorter_text_reads_back),
		cmocka_unit_test(is_the_nearest_of_its_length),
		cmocka_unit_test(does_not_ask_the_locale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

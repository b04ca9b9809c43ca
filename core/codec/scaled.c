/* SPDX-License-Identifier: MIT */
/*
 * scaled.c - from doubles to integers. The exponent of the column before is tried
 * first: nearly always all values pass at once. Else it grows with the first
 * value that needs more, and only what no exponent suits becomes an exception.
 *
 * Every integer is proven by going back: nothing here is trusted to be exact.
 */
#include "codec/kernels.h"
#include "codec/scale.h"
#include "model/sample.h"

#include <math.h>

enum { SEARCH_MOST = 15, ULPS_MOST = 8, PROBES = 8 };

#define ULP_MOST 0x1p45		/* beyond, ulps of the double are no rounding of sums */

bool scale_one(double v, uint32_t exponent, int64_t *integer)
{
	double power = scale_powers[exponent], x = v * power, whole;

	if (exponent == 0) {
		if (!(fabs(v) < WHOLE_MOST))
			return false;
		*integer = (int64_t)v;
		return value_bits((double)*integer) == value_bits(v);
	}
	if (!(fabs(x) < DECIMAL_MOST))
		return false;
	*integer = scale_rounded(x, &whole);
	return value_bits((double)*integer / power) == value_bits(v);
}

/* All of them, one way: tried in steps, since what does not suit mostly shows early. */
static bool suits(struct scaled *scaled, const double *v, enum way way, uint32_t exponent)
{
	enum { STEP = 64 };
	const struct encode_kernels *kernels = &kernels_get()->encode;
	struct scale scale = { way, exponent, 0 };

	for (uint32_t i = 0; i < scaled->n; i += STEP)
		if (!kernels->scale(&scale, v + i, scaled->n - i < STEP ? scaled->n - i : STEP, scaled->integers + i))
			return false;
	scaled->scale = scale;
	scaled->n_ulps = scaled->n_exceptions = 0;
	return true;
}

/* ---- decimals with ulps and exceptions ---- */

/* A few ulps beside a decimal: a sum or mean computed in doubles. */
static bool near_one(double v, uint32_t exponent, int64_t *integer, int8_t *ulps)
{
	double x = v * scale_powers[exponent], whole;
	int64_t beside;

	if (!(fabs(x) < ULP_MOST) || v == 0)
		return false;
	*integer = scale_rounded(x, &whole);
	beside = (int64_t)(value_bits(v) - value_bits(whole / scale_powers[exponent]));
	*ulps = (int8_t)beside;
	return beside >= -ULPS_MOST && beside <= ULPS_MOST;
}

static bool one_or_near(double v, uint32_t exponent, int64_t *integer, int8_t *ulps)
{
	*ulps = 0;
	return scale_one(v, exponent, integer) || near_one(v, exponent, integer, ulps);
}

/* The least exponent from `from` on that v has; SEARCH_MOST + 1: none. */
static uint32_t exponent_of(double v, uint32_t from)
{
	int64_t integer;
	int8_t ulps;

	while (from <= SEARCH_MOST && !one_or_near(v, from, &integer, &ulps))
		from++;
	return from;
}

static uint32_t exceptions_allowed(uint32_t n)
{
	return n / 16 + 2;
}

/* One exponent for all but the exceptions; false: too many of these. */
static bool common_exponent(const double *v, uint32_t n, uint32_t *exponent)
{
	uint32_t bad = 0;
	int64_t integer;
	int8_t ulps;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t needed;

		if (one_or_near(v[i], *exponent, &integer, &ulps))
			continue;
		needed = exponent_of(v[i], *exponent + 1);
		if (needed <= SEARCH_MOST)
			*exponent = needed;
		else if (++bad > exceptions_allowed(n))
			return false;
	}
	return true;
}

/* Exceptions repeat the integer before, so that they cost nothing there. */
static bool with_exceptions(struct scaled *scaled, const double *v, uint32_t exponent)
{
	uint32_t n = scaled->n, bad = 0, ulps = 0, leading = 0;
	int64_t before = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (one_or_near(v[i], exponent, &scaled->integers[i], &scaled->ulps[i])) {
			ulps += scaled->ulps[i] != 0;
			before = scaled->integers[i];
			continue;
		}
		if (bad == exceptions_allowed(n))
			return false;
		scaled->exceptions[bad++] = (uint16_t)i;
		scaled->integers[i] = before;
		scaled->ulps[i] = 0;
	}
	while (leading < bad && scaled->exceptions[leading] == leading)
		leading++;
	for (uint32_t i = 0; i < leading && leading < n; i++)
		scaled->integers[i] = scaled->integers[leading];
	scaled->scale = (struct scale){ WAY_DIVIDE, exponent, 0 };
	scaled->n_ulps = ulps;
	scaled->n_exceptions = bad;
	return true;
}

/* Some of them, before all are searched through: are they decimals at all? */
static bool seem_decimal(const double *v, uint32_t n)
{
	uint32_t good = 0;

	for (uint32_t k = 0; k < PROBES; k++) {
		double one = v[(uint64_t)k * (n - 1) / (PROBES - 1)];

		good += one == 0 || exponent_of(one, 0) <= SEARCH_MOST;
	}
	return good + 1 >= PROBES;
}

static bool decimals_find(struct scaled *scaled, const double *v, struct values_hint *hint)
{
	uint32_t exponent = hint->way == WAY_DIVIDE ? hint->exponent : 0;

	if (hint->dear && !seem_decimal(v, scaled->n))
		return false;
	if (suits(scaled, v, WAY_DIVIDE, exponent))
		return true;
	if (common_exponent(v, scaled->n, &exponent) && with_exceptions(scaled, v, exponent))
		return true;
	hint->dear = true;
	return false;
}

/* ---- the other ways ---- */

static const struct scale conversions[] = { { WAY_MULTIPLY, 3, 0 }, { WAY_MULTIPLY, 6, 0 }, { WAY_MULTIPLY, 9, 0 },
					    { WAY_TWICE, 6, 0 } };

static bool conversion_find(struct scaled *scaled, const double *v)
{
	for (uint32_t i = 0; i < sizeof conversions / sizeof *conversions; i++)
		if (suits(scaled, v, conversions[i].way, conversions[i].exponent))
			return true;
	return false;
}

/* Every double is an integer times a power of two; here one power for all, and not too far apart. */
static bool binary_find(struct scaled *scaled, const double *v)
{
	int32_t low = INT32_MAX, high = INT32_MIN;
	double factor;

	for (uint32_t i = 0; i < scaled->n; i++) {
		uint64_t bits = value_bits(v[i]), fraction = bits & 0xfffffffffffff;
		int32_t power = (int32_t)(bits >> 52 & 2047), least;

		if (bits == 0)
			continue;
		if (power == 0 || power == 2047)
			return false;
		least = power - 1075 + (fraction ? __builtin_ctzll(fraction) : 52);
		low = least < low ? least : low;
		high = power - 1022 > high ? power - 1022 : high;
	}
	if (low == INT32_MAX || high - low > 61 || low < -950 || low > 900)
		return false;
	factor = ldexp(1, -low);
	for (uint32_t i = 0; i < scaled->n; i++)
		scaled->integers[i] = (int64_t)(v[i] * factor);
	scaled->scale = (struct scale){ WAY_BINARY, 0, -low };
	scaled->n_ulps = scaled->n_exceptions = 0;
	return true;
}

static bool way_find(struct scaled *scaled, const double *v, struct values_hint *hint)
{
	uint32_t exponent;
	bool decimal;

	if (hint->way != WAY_DIVIDE && suits(scaled, v, hint->way, hint->exponent))
		return true;
	decimal = decimals_find(scaled, v, hint);
	if (decimal && !scaled->n_ulps && scaled->scale.exponent <= 12)
		return true;
	exponent = scaled->scale.exponent;
	if (conversion_find(scaled, v))
		return true;
	return decimal ? with_exceptions(scaled, v, exponent) : binary_find(scaled, v);	/* the trial took its integers */
}

/* ---- sizes and bytes ---- */

static void measure_ulps(struct scaled *scaled)
{
	uint64_t z[VALUES_MOST];
	size_t list = varint_bytes(scaled->n_ulps);
	uint32_t next = 0;

	for (uint32_t i = 0; i < scaled->n; i++) {
		z[i] = zigzag((uint64_t)(int64_t)scaled->ulps[i]);
		if (z[i]) {
			list += varint_bytes(i - next) + 1;
			next = i + 1;
		}
	}
	blocks_measure(&scaled->ulp_blocks, z, scaled->n);
	scaled->ulps_in_blocks = 1 + scaled->ulp_blocks.size < list;
	scaled->size += scaled->ulps_in_blocks ? 1 + scaled->ulp_blocks.size : list;
}

static void measure(struct scaled *scaled)
{
	uint32_t next = 0;

	scaled->size = 1;
	if (scaled->scale.way == WAY_BINARY)
		scaled->size += zigzag_bytes((uint64_t)(int64_t)scaled->scale.binary);
	if (scaled->n_ulps)
		measure_ulps(scaled);
	if (scaled->n_exceptions)
		scaled->size += varint_bytes(scaled->n_exceptions);
	for (uint32_t k = 0; k < scaled->n_exceptions; k++) {
		scaled->size += varint_bytes(scaled->exceptions[k] - next) + 8;
		next = scaled->exceptions[k] + 1u;
	}
}

bool scaled_find(struct scaled *scaled, const double *v, uint32_t n, struct values_hint *hint)
{
	struct values_hint none = { 0 };

	scaled->n = n;
	hint = hint ? hint : &none;
	if (!way_find(scaled, v, hint))
		return false;
	hint->way = scaled->scale.way == WAY_BINARY ? WAY_DIVIDE : (uint8_t)scaled->scale.way;
	hint->exponent = (uint8_t)scaled->scale.exponent;
	hint->dear = scaled->scale.way == WAY_BINARY;
	measure(scaled);
	return true;
}

void scaled_take(struct scaled *scaled, uint32_t n, uint32_t exponent)
{
	scaled->n = n;
	scaled->scale = (struct scale){ WAY_DIVIDE, exponent, 0 };
	scaled->n_ulps = scaled->n_exceptions = 0;
	measure(scaled);
}

uint8_t *scaled_put_head(const struct scaled *scaled, uint8_t *to)
{
	*to++ = (uint8_t)(scaled->scale.exponent | (scaled->n_exceptions ? SCALE_EXCEPTIONS : 0) |
			  scaled->scale.way * SCALE_WAY);
	if (scaled->scale.way == WAY_BINARY)
		to = put_zigzag(to, (uint64_t)(int64_t)scaled->scale.binary);
	return to;
}

static uint8_t *put_ulps(const struct scaled *scaled, uint8_t *to)
{
	uint64_t z[VALUES_MOST];
	uint32_t next = 0;

	if (scaled->ulps_in_blocks) {
		*to++ = 0;
		for (uint32_t i = 0; i < scaled->n; i++)
			z[i] = zigzag((uint64_t)(int64_t)scaled->ulps[i]);
		return blocks_put(&scaled->ulp_blocks, z, to);
	}
	to = put_varint(to, scaled->n_ulps);
	for (uint32_t i = 0; i < scaled->n; i++)
		if (scaled->ulps[i]) {
			to = put_varint(to, i - next);
			*to++ = (uint8_t)zigzag((uint64_t)(int64_t)scaled->ulps[i]);
			next = i + 1;
		}
	return to;
}

uint8_t *scaled_put_rest(const struct scaled *scaled, const double *v, uint8_t *to)
{
	uint32_t next = 0;

	if (scaled->n_ulps)
		to = put_ulps(scaled, to);
	if (scaled->n_exceptions)
		to = put_varint(to, scaled->n_exceptions);
	for (uint32_t k = 0; k < scaled->n_exceptions; k++) {
		uint32_t place = scaled->exceptions[k];

		to = put_varint(to, place - next);
		store64(to, value_bits(v[place]));
		to += 8;
		next = place + 1;
	}
	return to;
}

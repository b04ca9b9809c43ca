/* SPDX-License-Identifier: MIT */
/* scale.c - the way back: integers to doubles, what is added to them and what stands in their place. */
#include "codec/scale.h"
#include "model/sample.h"

#include <math.h>

const double scale_powers[EXPONENT_MOST + 1] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
						 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
const double scale_inverses[EXPONENT_MOST + 1] = { 1e-0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9,
						   1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15, 1e-16, 1e-17, 1e-18,
						   1e-19, 1e-20, 1e-21, 1e-22 };

enum { BINARY_LEAST = -1000, BINARY_MOST = 1000 };

bool scale_read(struct cursor *in, struct scale *scale, bool *exceptions)
{
	uint8_t byte = take_u8(in);
	int64_t k = 0;

	scale->way = byte / SCALE_WAY;
	scale->exponent = byte & SCALE_EXPONENT;
	*exceptions = byte & SCALE_EXCEPTIONS;
	if (scale->way == WAY_BINARY)
		k = (int64_t)take_zigzag(in);
	scale->binary = (int32_t)k;
	return !in->bad && scale->exponent <= EXPONENT_MOST && k >= BINARY_LEAST && k <= BINARY_MOST &&
	       (scale->way != WAY_BINARY || scale->exponent == 0);
}

double scale_factor(const struct scale *scale)
{
	switch (scale->way) {
	case WAY_BINARY:
		return ldexp(1, -scale->binary);
	case WAY_MULTIPLY:
		return scale_inverses[scale->exponent];
	case WAY_TWICE:
		return scale_powers[scale->exponent / 2];
	default:
		return scale_powers[scale->exponent];
	}
}

void scale_doubles(const struct scale *scale, const uint64_t *integers, uint32_t n, double *v)
{
	double factor = scale_factor(scale);

	for (uint32_t i = 0; i < n; i++) {
		double plain = (double)(int64_t)integers[i];

		switch (scale_step(scale)) {
		case STEP_NONE:
			v[i] = plain;
			break;
		case STEP_DIVIDE:
			v[i] = plain / factor;
			break;
		case STEP_MULTIPLY:
			v[i] = plain * factor;
			break;
		default:
			v[i] = plain / factor / factor;
		}
	}
}

static double beside(double v, uint64_t ulps)
{
	return value_of_bits(value_bits(v) + ulps);
}

static bool add_ulps(struct cursor *in, uint32_t n, double *v)
{
	uint64_t count = take_varint(in), place = 0, z[VALUES_MOST];
	struct blocks blocks;

	if (count == 0) {
		if (in->bad || n > VALUES_MOST || !blocks_find(in, n, &blocks))
			return false;
		blocks_get(&blocks, z);
		for (uint32_t i = 0; i < n; i++)
			v[i] = beside(v[i], unzigzag(z[i]));
		return true;
	}
	for (uint64_t k = 0; k < count; k++, place++) {
		uint64_t gap = take_varint(in);

		if (in->bad || gap >= n - place)
			return false;
		place += gap;
		v[place] = beside(v[place], unzigzag(take_u8(in)));
	}
	return !in->bad;
}

static bool set_exceptions(struct cursor *in, uint32_t n, double *v)
{
	uint64_t count = take_varint(in), place = 0;

	for (uint64_t k = 0; k < count; k++, place++) {
		uint64_t gap = take_varint(in);

		if (in->bad || gap >= n - place)
			return false;
		place += gap;
		v[place] = value_of_bits(take_u64(in));
	}
	return !in->bad;
}

bool scale_rest(struct cursor *in, bool ulps, bool exceptions, uint32_t n, double *v)
{
	return (!ulps || add_ulps(in, n, v)) && (!exceptions || set_exceptions(in, n, v));
}

/* SPDX-License-Identifier: MIT */
/* values_get.c - a column of values back, from each form; see values.c for what they are. */
#include "codec/kernels.h"
#include "codec/split.h"
#include "codec/values.h"
#include "codec/xor.h"
#include "model/sample.h"

#include <errno.h>

static bool get_same(struct cursor *in, uint8_t tag, double *v)
{
	if ((tag & TAG_FORM) == FORM_SAME)
		*v = (double)(int64_t)take_zigzag(in) / scale_powers[tag / SAME_EXPONENT];
	else
		*v = value_of_bits(take_u64(in));
	return !in->bad && in->at == in->end;
}

bool values_are_same(const uint8_t *data, size_t size, double *v)
{
	struct cursor in = { data, data + size, false };
	uint8_t tag = size ? take_u8(&in) : FORM_RAW;

	return ((tag & TAG_FORM) == FORM_SAME || tag == FORM_BITS) && get_same(&in, tag, v);
}

/* ---- integers ---- */

static double first_double(const struct restore *restore)
{
	double v;

	scale_doubles(&restore->scale, &restore->first, 1, &v);
	return v;
}

static bool get_line(const struct restore *restore, double *v, uint32_t n)
{
	uint64_t integers[BLOCK];

	for (uint32_t i = 0; i < n; i += BLOCK) {
		uint32_t count = n - i < BLOCK ? n - i : BLOCK;

		for (uint32_t k = 0; k < count; k++)
			integers[k] = restore->first + (i + k) * restore->base;
		scale_doubles(&restore->scale, integers, count, v + i);
	}
	return true;
}

static bool get_blocks(struct cursor *in, const struct restore *restore, double *v, uint32_t n)
{
	struct blocks blocks;

	if (!blocks_find(in, n - 1, &blocks))
		return false;
	v[0] = first_double(restore);
	kernels_get()->blocks(restore, &blocks, v + 1);
	return true;
}

/* By way of the numbers, where nothing shorter is known. */
static bool get_numbers(struct cursor *in, enum form form, const struct restore *restore, double *v, uint32_t n)
{
	uint64_t z[VALUES_MOST];

	if (!numbers_body(in, form, n - 1, z))
		return false;
	v[0] = first_double(restore);
	kernels_get()->numbers(restore, z, n - 1, v + 1);
	return true;
}

/* The next changes[] values, each up to its place. */
static bool fill_places(struct cursor *places, const double *some, uint32_t changes, double *v, uint32_t n)
{
	const struct kernels *kernels = kernels_get();
	uint32_t from = 0;

	for (uint32_t k = 0; k < changes; k++) {
		uint64_t gap = take_varint(places);

		if (gap >= n - from)
			return false;
		kernels->fill(v + from, (uint32_t)gap, some[k]);
		from += (uint32_t)gap;
		v[from++] = some[k + 1];
		if (from == n)
			return k + 1 == changes;
	}
	kernels->fill(v + from, n - from, some[changes]);
	return true;
}

/* The usual difference is none: values stand until the next one, which is computed once. */
static bool get_standing(struct cursor *in, enum form form, struct restore *restore, double *v, uint32_t n)
{
	double some[VALUES_MOST + 1 + SPREAD_MORE];
	struct sparse sparse;

	if (!sparse_find(in, form, n - 1, &sparse))
		return false;
	restore->more = 1;
	some[0] = v[0] = first_double(restore);
	kernels_get()->blocks(restore, &sparse.blocks, some + 1);
	if (form == FORM_PLACES)
		return fill_places(&sparse.places, some, sparse.changes, v + 1, n - 1);
	return kernels_get()->spread(sparse.places.at, some, n - 1, v + 1) == sparse.changes;
}

static bool get_integers(struct cursor *in, uint8_t tag, const struct scale *scale, double *v, uint32_t n)
{
	struct numbers_head head;
	struct restore restore;

	if (!numbers_head(in, tag, n, &head))
		return false;
	restore = (struct restore){ head.order, 0, head.first, head.base, head.gcd, *scale, scale_factor(scale) };
	if (head.form == FORM_LINE)
		return get_line(&restore, v, n);
	if (n < 2)
		return false;
	if (head.form == FORM_BLOCKS)
		return get_blocks(in, &restore, v, n);
	if (head.form != FORM_CODED && head.base == 0)
		return get_standing(in, head.form, &restore, v, n);
	return get_numbers(in, head.form, &restore, v, n);
}

static bool get_decimals(struct cursor *in, uint8_t tag, double *v, uint32_t n)
{
	struct scale scale;
	bool exceptions;

	return scale_read(in, &scale, &exceptions) && get_integers(in, tag, &scale, v, n) &&
	       scale_rest(in, tag & TAG_ULPS, exceptions, n, v);
}

/* ---- all forms ---- */

static bool get_raw(struct cursor *in, double *v, uint32_t n)
{
	const uint8_t *at = take_bytes(in, 8 * (size_t)n);

	for (uint32_t i = 0; at && i < n; i++)
		v[i] = value_of_bits(load64(at + 8 * (size_t)i));
	return at != NULL;
}

static bool get_other(struct cursor *in, uint8_t tag, double *v, uint32_t n)
{
	switch (tag & TAG_FORM) {
	case FORM_LINE:
	case FORM_BLOCKS:
	case FORM_BITMAP:
	case FORM_PLACES:
	case FORM_CODED:
		return get_decimals(in, tag, v, n);
	case FORM_XOR:
		return tag == FORM_XOR && xor_get(in, n, v);
	case FORM_SPLIT:
		return tag == FORM_SPLIT && split_get(in, n, v);
	case FORM_RAW:
		return tag == FORM_RAW && get_raw(in, v, n);
	default:
		return false;
	}
}

int values_decode(const uint8_t *data, size_t size, double *v, uint32_t n)
{
	struct cursor in = { data, data + size, false };
	double one;

	if (n == 0 || size == 0)
		return -EBADMSG;
	if (values_are_same(data, size, &one)) {
		kernels_get()->fill(v, n, one);
		return 0;
	}
	if (n > VALUES_MOST || !get_other(&in, take_u8(&in), v, n) || in.bad || in.at != in.end)
		return -EBADMSG;
	return 0;
}

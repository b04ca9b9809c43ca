/* SPDX-License-Identifier: MIT */
/*
 * sketch_bytes.c - the serial form. Byte by byte in docs/format.md:
 *
 *	schema - SKETCH_SCHEMA_MIN, and bit 4 if zeros, bit 5 if nans follow
 *	[zeros varint] [nans varint] n varint
 *	first index zigzag, n - 1 gaps varint (index - the one before - 1)
 *	n counts varint (count - 1)
 */
#include "model/sketch.h"

#include <errno.h>
#include <float.h>

enum { SCHEMA_MASK = 15, HAS_ZEROS = 16, HAS_NANS = 32, ALL_BITS = 63 };

void sketch_encode(const struct sketch *sketch, struct buf *out)
{
	uint8_t head = (uint8_t)(sketch->schema - SKETCH_SCHEMA_MIN);

	head |= (uint8_t)((sketch->zeros ? HAS_ZEROS : 0) | (sketch->nans ? HAS_NANS : 0));
	buf_add_u8(out, head);
	if (sketch->zeros)
		buf_add_varint(out, sketch->zeros);
	if (sketch->nans)
		buf_add_varint(out, sketch->nans);
	buf_add_varint(out, sketch->n);
	for (uint32_t i = 0; i < sketch->n; i++)
		if (i == 0)
			buf_add_zigzag(out, sketch->index[0]);
		else
			buf_add_varint(out, (uint32_t)sketch->index[i] - (uint32_t)sketch->index[i - 1] - 1);
	for (uint32_t i = 0; i < sketch->n; i++)
		buf_add_varint(out, sketch->counts[i] - 1);
}

/* Can a double have this index? */
static bool index_sound(int64_t index, int32_t schema)
{
	int32_t by = SKETCH_SCHEMA_MAX - schema;
	int64_t i;

	if (index == INT32_MIN || index == INT32_MAX)
		return true;
	i = (index < 0 ? -index : index) - KYMO_BUCKET_BASE;
	return i >= sketch_coarser((DBL_MIN_EXP - DBL_MANT_DIG) * (1 << SKETCH_SCHEMA_MAX), by) &&
	       i <= sketch_coarser(DBL_MAX_EXP * (1 << SKETCH_SCHEMA_MAX), by);
}

static bool read_indexes(struct sketch *sketch, struct reader *in)
{
	int64_t index = 0;

	for (uint32_t i = 0; i < sketch->n; i++) {
		uint64_t gap;

		if (i == 0) {
			index = read_zigzag(in);
		} else {
			gap = read_varint(in);
			if (gap > UINT32_MAX)
				return false;
			index += (int64_t)gap + 1;
		}
		if (in->bad || !index_sound(index, sketch->schema))
			return false;
		sketch->index[i] = (int32_t)index;
	}
	return true;
}

static bool read_counts(struct sketch *sketch, struct reader *in)
{
	for (uint32_t i = 0; i < sketch->n; i++) {
		uint64_t less = read_varint(in);

		if (in->bad || less == UINT64_MAX)
			return false;
		sketch->counts[i] = less + 1;
	}
	return true;
}

int sketch_decode(struct sketch *sketch, struct reader *in)
{
	uint8_t head = read_u8(in);
	int32_t schema = (head & SCHEMA_MASK) + SKETCH_SCHEMA_MIN;
	uint64_t zeros = head & HAS_ZEROS ? read_varint(in) : 0;
	uint64_t nans = head & HAS_NANS ? read_varint(in) : 0;
	uint64_t n = read_varint(in);
	int r;

	sketch_clear(sketch);
	if (in->bad || head > ALL_BITS || schema > SKETCH_SCHEMA_MAX || n > SKETCH_BUCKETS || n > reader_left(in))
		return -EBADMSG;
	r = sketch_reserve(sketch, (uint32_t)n);
	if (r < 0)
		return r;
	sketch->schema = schema;
	sketch->zeros = zeros;
	sketch->nans = nans;
	sketch->n = (uint32_t)n;
	if (read_indexes(sketch, in) && read_counts(sketch, in))
		return 0;
	sketch_clear(sketch);
	return -EBADMSG;
}

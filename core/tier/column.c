/* SPDX-License-Identifier: MIT */
/*
 * column.c - integers have a first byte that says their form: all 0; one value; a
 * first value and a constant step; or differences. What goes through the codec has
 * its length in front, in pieces of at most VALUES_MOST.
 */
#include "tier/column.h"
#include "codec/values.h"

#include <math.h>

enum int_form { INTS_ZERO, INTS_SAME, INTS_STEP, INTS_DELTAS };

enum { WORTH_COMPACTING = 64 };

/* Differences may wrap around: what is taken away wraps back. */
static int64_t minus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }
static int64_t plus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

static enum int_form ints_form(const int64_t *v, uint32_t n)
{
	int64_t step = n > 1 ? minus(v[1], v[0]) : 0;

	for (uint32_t i = 1; i < n; i++)
		if (minus(v[i], v[i - 1]) != step)
			return INTS_DELTAS;
	if (step)
		return INTS_STEP;
	return n && v[0] ? INTS_SAME : INTS_ZERO;
}

void column_put_ints(const int64_t *v, uint32_t n, struct buf *out)
{
	enum int_form form = ints_form(v, n);

	buf_add_u8(out, (uint8_t)form);
	if (form == INTS_ZERO)
		return;
	buf_add_zigzag(out, v[0]);
	if (form == INTS_STEP)
		buf_add_zigzag(out, minus(v[1], v[0]));
	if (form == INTS_DELTAS)
		for (uint32_t i = 1; i < n; i++)
			buf_add_zigzag(out, minus(v[i], v[i - 1]));
}

static void get_deltas(struct reader *in, int64_t at, int64_t *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		v[i] = at;
		at = i + 1 < n ? plus(at, read_zigzag(in)) : at;
	}
}

void column_get_ints(struct reader *in, int64_t *v, uint32_t n)
{
	uint8_t form = read_u8(in);
	int64_t at = form == INTS_ZERO ? 0 : read_zigzag(in);
	int64_t step = form == INTS_STEP ? read_zigzag(in) : 0;

	if (form > INTS_DELTAS)
		in->bad = true;
	if (form == INTS_DELTAS) {
		get_deltas(in, at, v, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		v[i] = (int64_t)((uint64_t)at + i * (uint64_t)step);
}

bool column_get_constant(struct reader *in, int64_t *v)
{
	struct reader at = *in;
	uint8_t form = read_u8(&at);

	if (form > INTS_SAME)
		return false;
	*v = form == INTS_ZERO ? 0 : read_zigzag(&at);
	*in = at;
	return true;
}

void column_pass_ints(struct reader *in, uint32_t n)
{
	uint8_t form = read_u8(in);
	uint32_t numbers = form == INTS_ZERO ? 0 : form == INTS_SAME ? 1 : form == INTS_STEP ? 2 : n;

	if (form > INTS_DELTAS)
		in->bad = true;
	for (uint32_t i = 0; i < numbers && !in->bad; i++)
		read_zigzag(in);
}

/* ---- by the codec ---- */

static uint32_t piece_of(uint32_t n)
{
	return n < VALUES_MOST ? n : VALUES_MOST;
}

static enum values_effort effort_for(uint32_t n)
{
	return n >= WORTH_COMPACTING ? VALUES_COMPACT : VALUES_SEAL;
}

static void put_piece(struct buf *piece, int r, struct buf *out)
{
	if (r < 0 || buf_failed(piece))
		out->failed = true;
	buf_add_varint(out, piece->len);
	buf_add(out, piece->data, piece->len);
	buf_clear(piece);
}

void column_put_numbers(const int64_t *v, uint32_t n, struct buf *out)
{
	AUTO_BUF piece = { 0 };

	for (uint32_t from = 0, some; from < n; from += some) {
		some = piece_of(n - from);
		put_piece(&piece, values_encode_decimal(v + from, some, 0, effort_for(some), &piece), out);
	}
}

void column_put_values(const double *v, uint32_t n, struct buf *out)
{
	AUTO_BUF piece = { 0 };

	put_piece(&piece, values_encode(v, n, effort_for(n), NULL, &piece), out);
}

void column_get_values(struct reader *in, double *v, uint32_t n)
{
	size_t size = (size_t)read_varint(in);
	const uint8_t *data = read_bytes(in, size);

	if (in->bad || values_decode(data, size, v, n) < 0) {
		in->bad = true;
		memset(v, 0, n * sizeof *v);
	}
}

static void to_integers(struct reader *in, const double *v, int64_t *out, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		bool good = fabs(v[i]) <= (double)COLUMN_LARGEST;

		in->bad |= !good;
		out[i] = good ? (int64_t)v[i] : 0;
	}
}

void column_get_numbers(struct reader *in, int64_t *v, uint32_t n)
{
	double piece[VALUES_MOST];

	for (uint32_t from = 0, some; from < n; from += some) {
		some = piece_of(n - from);
		column_get_values(in, piece, some);
		to_integers(in, piece, v + from, some);
	}
}

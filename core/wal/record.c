/* SPDX-License-Identifier: MIT */
/*
 * tier/record.c - writing the parts. docs/format.md has the bytes.
 *
 * Who changes tends to be who changed before: the mask is written as what differs
 * from the one before it, and of that only the bytes that are not zero.
 */
#include "codec/token.h"
#include "wal/format.h"
#include "wal/record.h"

#include <endian.h>

/* ---- samples ---- */

static void distributions_put(const struct wal_batch *batch, struct buf *out)
{
	buf_add_varint(out, batch->n_distributions);
	for (uint32_t i = 0; i < batch->n_distributions; i++) {
		const struct wal_distribution *d = &batch->distributions[i];

		buf_add_varint(out, d->ref);
		buf_add_zigzag(out, d->at);
		buf_add_f64(out, d->mean);
		buf_add_string(out, (const char *)d->data, d->size);
	}
}

void wal_put_samples(const struct wal_batch *batch, struct buf *out)
{
	series_ref before = 0;
	kymo_ms at = batch->at;

	buf_add_u8(out, batch->times ? WAL_SAMPLES_TIMED : WAL_SAMPLES);
	buf_add_varint(out, batch->n);
	buf_add_zigzag(out, batch->at);
	for (uint32_t i = 0; i < batch->n; i++) {
		buf_add_zigzag(out, (int64_t)batch->refs[i] - before);
		before = batch->refs[i];
	}
	for (uint32_t i = 0; i < batch->n && batch->times; i++) {
		buf_add_zigzag(out, (int64_t)((uint64_t)batch->times[i] - (uint64_t)at));
		at = batch->times[i];
	}
	for (uint32_t i = 0; i < batch->n; i++)
		buf_add_f64(out, batch->values[i]);
	distributions_put(batch, out);
}

/* ---- groups ---- */

void wal_put_state(const struct wal_state *state, struct buf *out)
{
	series_ref before = 0;

	buf_add_u8(out, WAL_GROUP);
	buf_add_varint(out, state->number);
	buf_add_varint(out, state->n);
	for (uint32_t i = 0; i < state->n; i++) {
		buf_add_zigzag(out, (int64_t)state->refs[i] - before);
		before = state->refs[i];
	}
	for (uint32_t i = 0; i < state->n; i++) {
		uint8_t byte = state->state[i] & TOKEN_STATE;

		buf_add_u8(out, byte);
		if (byte & TOKEN_FOREIGN)
			buf_add_u64(out, state->last[i]);
		else
			buf_add_zigzag(out, token_units_of(state->last[i], byte));
	}
}

/* A byte that tells which of the eight are not zero, then those. */
static uint8_t *put_word(uint8_t *to, uint64_t word)
{
	uint8_t *which = to++;

	*which = 0;
	for (int i = 0; i < 8; i++, word >>= 8)
		if (word & 255) {
			*which |= (uint8_t)(1 << i);
			*to++ = (uint8_t)word;
		}
	return to;
}

static void put_changed(const struct wal_row *row, struct wal_pace *pace, struct buf *out)
{
	uint32_t words = (row->n + 63) / 64;
	uint8_t *begin = buf_reserve(out, (size_t)words * 9), *to = begin;

	if (!begin)
		return;
	for (uint32_t w = 0; w < words; w++) {
		uint64_t differs = row->changed[w] ^ pace->changed[w];

		pace->changed[w] = row->changed[w];
		if (differs)
			to = put_word(to, differs);
		else
			*to++ = 0;
	}
	out->len += (size_t)(to - begin);
}

static void put_present(const struct wal_row *row, struct buf *out)
{
	for (uint32_t w = 0; w * 64 < row->n; w++) {
		uint64_t word = htole64(row->present[w]);
		uint32_t left = row->n - w * 64;

		buf_add(out, &word, left < 64 ? (left + 7) / 8 : 8);
	}
}

void wal_put_row(const struct wal_row *row, struct wal_pace *pace, struct buf *out)
{
	uint64_t step = (uint64_t)row->at - (uint64_t)pace->at;

	buf_add_u8(out, row->present ? WAL_ROW_OF_SOME : WAL_ROW);
	buf_add_varint(out, row->number);
	buf_add_zigzag(out, (int64_t)(step - (uint64_t)pace->step));
	pace->at = row->at;
	pace->step = (kymo_ms)step;
	if (row->present)
		put_present(row, out);
	put_changed(row, pace, out);
	buf_add(out, row->tokens, row->size);
}

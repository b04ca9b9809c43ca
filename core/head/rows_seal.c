/* SPDX-License-Identifier: MIT */
/*
 * rows_seal.c - from rows to columns, and back.
 *
 * The bytes of a member: its form, with SOME added if it is missing in some rows,
 * then a bitmap of the rows it is in; then 8 bytes of value or a column of values. Behind all members: the times, the first as 8 bytes
 * and the differences of the differences as zigzags.
 */
#include "codec/values.h"
#include "head/rows_format.h"
#include "head/rows_turn.h"

#include <errno.h>
#include <stdlib.h>

enum { SOME = 128, BITMAP = (ROWS_MOST + 7) / 8 };

#define HEADER offsetof(struct sealed, begin)

/* ---- sealing ---- */

struct sealing {
	const struct rows *rows;
	struct buf *out;
	struct turned turned;
};

static void put_quiet(struct buf *out, uint64_t bits)
{
	buf_add_u8(out, SEALED_CONSTANT);
	buf_add_u64(out, bits);
}

/* Which rows it is in; its column without the others. How many. */
static uint32_t gather(struct sealing *sealing, uint32_t slot, uint8_t *in)
{
	const struct rows *rows = sealing->rows;
	int64_t *column = sealing->turned.column[slot % 64];
	uint32_t n = 0;

	memset(in, 0, BITMAP);
	for (uint32_t r = 0; r < rows->n_rows; r++) {
		if (!row_has(rows, &rows->row[r], slot))
			continue;			/* nor has it changed there */
		in[r / 8] |= (uint8_t)(1 << r % 8);
		column[n++] = column[r];
	}
	return n;
}

static int put_values(struct sealing *sealing, const int64_t *bits, uint32_t n)
{
	struct values_hint hint = { .dear = true };

	return values_encode((const double *)(const void *)bits, n, VALUES_SEAL, &hint, sealing->out);
}

static int put_units(struct sealing *sealing, uint32_t slot, uint32_t n)
{
	int64_t *steps = sealing->turned.column[slot % 64], first = sealing->turned.origin[slot % 64] + steps[0];
	unsigned unit = sealing->rows->base_state[slot] & TOKEN_UNIT;

	if (unit <= 15)
		return values_encode_steps(first, steps, n, unit, 0, VALUES_SEAL, sealing->out);
	return values_encode_steps(first, steps, n, 0, unit == 16 ? 10 : 12, VALUES_SEAL, sealing->out);
}

static int put_busy(struct sealing *sealing, uint32_t slot)
{
	const struct rows *rows = sealing->rows;
	uint32_t n = rows->n_rows;
	uint8_t in[BITMAP], some = 0;

	if (rows->partial) {
		n = gather(sealing, slot, in);
		some = n < rows->n_rows ? SOME : 0;
	}
	buf_add_u8(sealing->out, (uint8_t)((n ? SEALED_COLUMN : SEALED_NONE) | some));
	if (!n)
		return 0;
	if (some)
		buf_add(sealing->out, in, (rows->n_rows + 7) / 8);
	return sealing->turned.other >> slot % 64 & 1 ? put_values(sealing, sealing->turned.column[slot % 64], n) : put_units(sealing, slot, n);
}

static int seal_word(struct sealing *sealing, uint32_t word, uint32_t *begin)
{
	const struct rows *rows = sealing->rows;
	uint32_t first = word * 64, n = rows->n - first < 64 ? rows->n - first : 64;
	int r = 0;

	rows_turn(rows, word, rows->n_rows, &sealing->turned);
	for (uint32_t i = 0; i < n && r == 0; i++) {
		begin[first + i] = (uint32_t)sealing->out->len;
		if (sealing->turned.busy >> i & 1)
			r = put_busy(sealing, first + i);
		else
			put_quiet(sealing->out, turned_constant(rows, &sealing->turned, first + i));
	}
	return r;
}

static void put_times(const struct rows *rows, struct buf *out)
{
	uint64_t before = (uint64_t)rows->row[0].at, step = 0;

	buf_add_u64(out, before);
	for (uint32_t r = 1; r < rows->n_rows; r++) {
		uint64_t at = (uint64_t)rows->row[r].at;

		buf_add_zigzag(out, (int64_t)(at - before - step));
		step = at - before;
		before = at;
	}
}

static int seal_all(struct sealing *sealing, uint32_t *begin, uint32_t *times_at)
{
	const struct rows *rows = sealing->rows;
	int r = 0;

	for (uint32_t word = 0; word < rows->words && r == 0; word++)
		r = seal_word(sealing, word, begin);
	begin[rows->n] = *times_at = (uint32_t)sealing->out->len;
	put_times(rows, sealing->out);
	return r < 0 || buf_failed(sealing->out) ? -ENOMEM : 0;
}

/* Begins and bytes are made in the scratch first: how long they get shows at the end. */
struct sealed *rows_seal(const struct rows *rows, struct buf *scratch)
{
	size_t begins = (rows->n + 1) * sizeof(uint32_t);
	struct sealing *sealing = malloc(sizeof *sealing);
	uint32_t *begin = malloc(begins), times_at;
	struct sealed *sealed = NULL;

	buf_clear(scratch);
	if (sealing && begin) {
		sealing->rows = rows;
		sealing->out = scratch;
		if (seal_all(sealing, begin, &times_at) == 0)
			sealed = malloc(HEADER + begins + scratch->len);
	}
	if (sealed) {
		*sealed = (struct sealed){ .holders = 1, .n = rows->n, .n_rows = rows->n_rows, .first = rows_first(rows),
					   .last = rows_last(rows), .samples = rows->samples,
					   .size = HEADER + begins + scratch->len, .times_at = times_at };
		memcpy(sealed->begin, begin, begins);
		memcpy((uint8_t *)sealed->begin + begins, scratch->data, scratch->len);
	}
	free(sealing);
	free(begin);
	return sealed;
}

void sealed_release(struct sealed *sealed)
{
	if (sealed && atomic_fetch_sub(&sealed->holders, 1) == 1)
		free(sealed);
}

/* ---- reading ---- */

static const uint8_t *sealed_bytes(const struct sealed *sealed)
{
	return (const uint8_t *)(sealed->begin + sealed->n + 1);
}

static struct reader reader_of_slot(const struct sealed *sealed, uint32_t slot)
{
	return reader_of(sealed_bytes(sealed) + sealed->begin[slot], sealed->begin[slot + 1] - sealed->begin[slot]);
}

bool sealed_has(const struct sealed *sealed, uint32_t slot)
{
	struct reader in = reader_of_slot(sealed, slot);

	return (read_u8(&in) & ~SOME) != SEALED_NONE;
}

void sealed_times(const struct sealed *sealed, kymo_ms *at)
{
	const uint8_t *bytes = sealed_bytes(sealed) + sealed->times_at;
	struct reader in = reader_of(bytes, sealed->size - (size_t)(bytes - (const uint8_t *)sealed));
	uint64_t now = read_u64(&in), step = 0;

	at[0] = (kymo_ms)now;
	for (uint32_t i = 1; i < sealed->n_rows; i++) {
		uint64_t zigzag = in.at < in.end && *in.at < 0x80 ? *in.at++ : read_varint(&in);	/* nearly always a byte */

		step += zigzag >> 1 ^ -(zigzag & 1);
		now += step;
		at[i] = (kymo_ms)now;
	}
}

/* Of all times those at which the member is there. */
static uint32_t pick(const struct sealed *sealed, const uint8_t *in, kymo_ms *at)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < sealed->n_rows; i++)
		if (in[i / 8] >> i % 8 & 1)
			at[n++] = at[i];
	return n;
}

static uint32_t count_in(const uint8_t *in, uint32_t n)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++)
		count += in[i / 8] >> i % 8 & 1;
	return count;
}

static void fill(double *values, uint32_t n, uint64_t bits)
{
	for (uint32_t i = 0; i < n; i++)
		values[i] = value_of_bits(bits);
}

int64_t sealed_values(const struct sealed *sealed, uint32_t slot, double *values, struct sealed_shape *shape)
{
	struct reader in = reader_of_slot(sealed, slot);
	uint8_t form = read_u8(&in);
	uint32_t n = sealed->n_rows;
	int r;

	*shape = (struct sealed_shape){ 0 };
	if (in.bad)
		return -EBADMSG;
	if ((form & ~SOME) == SEALED_NONE)
		return 0;
	if (form == SEALED_CONSTANT) {
		shape->constant = true;
		values[0] = value_of_bits(read_u64(&in));
		return n;
	}
	if (form & SOME) {
		shape->in = read_bytes(&in, (n + 7) / 8);
		if (!shape->in)
			return -EBADMSG;
		n = count_in(shape->in, n);
	}
	r = values_decode(in.at, reader_left(&in), values, n);
	return r < 0 ? r : (int64_t)n;
}

int64_t sealed_read(const struct sealed *sealed, uint32_t slot, kymo_ms *at, double *values)
{
	struct sealed_shape shape;
	int64_t n = sealed_values(sealed, slot, values, &shape);

	if (n <= 0)
		return n;
	sealed_times(sealed, at);
	if (shape.constant)
		fill(values, (uint32_t)n, value_bits(values[0]));
	if (shape.in)
		pick(sealed, shape.in, at);
	return n;
}

kymo_ms sealed_first_of(const struct sealed *sealed, uint32_t slot)
{
	struct reader in = reader_of_slot(sealed, slot);
	uint8_t form = read_u8(&in);
	kymo_ms at[ROWS_MOST];

	if ((form & ~SOME) == SEALED_NONE)
		return INT64_MAX;
	if (!(form & SOME))
		return sealed->first;
	sealed_times(sealed, at);
	pick(sealed, read_bytes(&in, (sealed->n_rows + 7) / 8), at);
	return at[0];
}

void sealed_slice(const struct sealed *sealed, uint32_t from, uint32_t n, struct buf *out)
{
	size_t begins = (n + 1) * sizeof *sealed->begin, column = sealed->begin[from + n] - sealed->begin[from];
	const uint8_t *bytes = sealed_bytes(sealed), *times = bytes + sealed->times_at;
	size_t times_size = sealed->size - (size_t)(times - (const uint8_t *)sealed);
	struct sealed slice;

	memset(&slice, 0, sizeof slice);	/* padding too: it goes to a file */
	slice.n = n;
	slice.n_rows = sealed->n_rows;
	slice.first = sealed->first;
	slice.last = sealed->last;
	slice.size = HEADER + begins + column + times_size;
	slice.times_at = (uint32_t)column;
	buf_add(out, &slice, HEADER);
	for (uint32_t i = 0; i <= n; i++) {
		uint32_t begin = sealed->begin[from + i] - sealed->begin[from];

		buf_add(out, &begin, sizeof begin);
	}
	buf_add(out, bytes + sealed->begin[from], column);
	buf_add(out, times, times_size);
}

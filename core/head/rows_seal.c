/* SPDX-License-Identifier: MIT */
/*
 * rows_seal.c - from rows to columns, 64 members at a time, so that what is being
 * turned stays in the cache. Who never changed is not even turned.
 *
 * The bytes of a member: its form, with SOME added if it is missing in some rows,
 * then a bitmap of the rows it is in; then 8 bytes of value or a column of values. Behind all members: the times, the first as 8 bytes
 * and the differences of the differences as zigzags.
 */
#include "codec/values.h"
#include "head/row_tokens.h"
#include "head/rows_format.h"

#include <errno.h>
#include <stdlib.h>

enum { SOME = 128, BITMAP = (ROWS_MOST + 7) / 8 };

#define HEADER offsetof(struct sealed, begin)

/* ---- sealing ---- */

struct sealing {
	const struct rows *rows;
	struct buf *out;
	/* Of 64 members, as the rows are walked: */
	uint64_t other;			/* those of which a token was no difference */
	int64_t origin[64];		/* the value before the rows, in the unit of the member */
	uint64_t value[64];
	uint8_t state[64];
	/* How many units more than in the row before; the bits of the values of others. */
	int64_t column[64][ROWS_MOST];
};

/* Those of a word that change after the first row, or are missing in one. */
static uint64_t find_busy(const struct rows *rows, uint32_t word)
{
	uint64_t busy = 0;

	for (uint32_t r = 0; r < rows->n_rows; r++) {
		const uint64_t *changed = row_changed(rows, rows->row[r].offset) + word;

		busy |= r ? *changed : 0;
		if (rows->row[r].count != rows->n)
			busy |= ~changed[rows->words];
	}
	return word == rows->words - 1 && rows->n % 64 ? busy & ((UINT64_C(1) << rows->n % 64) - 1) : busy;
}

static const uint8_t *tokens_of(const struct rows *rows, uint32_t r, uint32_t word)
{
	bool partial = rows->row[r].count != rows->n;
	size_t offset = rows->row[r].offset;

	return row_tokens(rows, offset, partial) + row_begins(rows, offset, partial)[word];
}

static uint32_t list_bits(uint64_t word, uint8_t *bits)
{
	uint32_t n = 0;

	for (; word; word &= word - 1)
		bits[n++] = (uint8_t)__builtin_ctzll(word);
	return n;
}

static void put_column(struct sealing *sealing, uint32_t r, const uint8_t *slots, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		sealing->column[slots[i]][r] = (int64_t)sealing->value[slots[i]];
}

/* In units, as far as their tokens are differences. */
static void turn(struct sealing *sealing, uint32_t word)
{
	const struct rows *rows = sealing->rows;

	for (uint32_t r = 0; r < rows->n_rows; r++) {
		uint64_t changed = row_changed(rows, rows->row[r].offset)[word];

		if (changed)
			sealing->other |= row_tokens_get(changed, tokens_of(rows, r, word), &sealing->column[0][r], ROWS_MOST);
	}
}

/* Once more those whose tokens are not all differences: value by value. */
static void turn_others(struct sealing *sealing, uint32_t word)
{
	const struct rows *rows = sealing->rows;
	uint8_t slots[64];
	uint64_t others = sealing->other;
	uint32_t n = list_bits(others, slots);

	for (uint32_t r = 0; r < rows->n_rows; r++) {
		const uint8_t *token = tokens_of(rows, r, word);

		for (uint64_t left = row_changed(rows, rows->row[r].offset)[word]; left; left &= left - 1) {
			int slot = __builtin_ctzll(left);

			if (others >> slot & 1)
				token = token_get(token, &sealing->value[slot], &sealing->state[slot]);
			else
				token = token_skip(token);
		}
		put_column(sealing, r, slots, n);
	}
}

static void put_quiet(struct buf *out, uint64_t bits)
{
	buf_add_u8(out, SEALED_CONSTANT);
	buf_add_u64(out, bits);
}

/* Which rows it is in; its column without the others. How many. */
static uint32_t gather(struct sealing *sealing, uint32_t slot, uint8_t *in)
{
	const struct rows *rows = sealing->rows;
	int64_t *column = sealing->column[slot % 64];
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
	int64_t *steps = sealing->column[slot % 64], first = sealing->origin[slot % 64] + steps[0];
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
	return sealing->other >> slot % 64 & 1 ? put_values(sealing, sealing->column[slot % 64], n) : put_units(sealing, slot, n);
}

/* What a member without a change after the first row has all the time. */
static uint64_t constant_of(const struct sealing *sealing, uint32_t slot)
{
	const struct rows *rows = sealing->rows;

	if (!(row_changed(rows, rows->row[0].offset)[slot / 64] >> slot % 64 & 1))
		return rows->base[slot];
	if (sealing->other >> slot % 64 & 1)
		return sealing->value[slot % 64];
	return token_value(sealing->origin[slot % 64] + sealing->column[slot % 64][0], rows->base_state[slot] & TOKEN_UNIT);
}

/* In units only where the last value before the rows is in units. */
static void begin_word(struct sealing *sealing, uint64_t busy, uint32_t first, uint32_t n)
{
	const struct rows *rows = sealing->rows;

	sealing->other = 0;
	memcpy(sealing->value, rows->base + first, n * sizeof *sealing->value);
	memcpy(sealing->state, rows->base_state + first, n);
	for (uint32_t i = 0; i < n; i++) {
		sealing->origin[i] = token_last(rows->base[first + i], rows->base_state[first + i]);
		sealing->other |= (uint64_t)((rows->base_state[first + i] & TOKEN_FOREIGN) != 0) << i;
	}
	for (uint64_t left = busy; left; left &= left - 1)
		memset(sealing->column[__builtin_ctzll(left)], 0, rows->n_rows * sizeof *sealing->column[0]);
}

static int seal_word(struct sealing *sealing, uint32_t word, uint32_t *begin)
{
	const struct rows *rows = sealing->rows;
	uint32_t first = word * 64, n = rows->n - first < 64 ? rows->n - first : 64;
	uint64_t busy = find_busy(rows, word);
	int r = 0;

	begin_word(sealing, busy, first, n);
	turn(sealing, word);
	if (sealing->other)
		turn_others(sealing, word);
	for (uint32_t i = 0; i < n && r == 0; i++) {
		begin[first + i] = (uint32_t)sealing->out->len;
		if (busy >> i & 1)
			r = put_busy(sealing, first + i);
		else
			put_quiet(sealing->out, constant_of(sealing, first + i));
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

static void read_times(const struct sealed *sealed, kymo_ms *at)
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

static void fill(double *values, uint32_t n, uint64_t bits)
{
	for (uint32_t i = 0; i < n; i++)
		values[i] = value_of_bits(bits);
}

int64_t sealed_read(const struct sealed *sealed, uint32_t slot, kymo_ms *at, double *values)
{
	struct reader in = reader_of_slot(sealed, slot);
	uint8_t form = read_u8(&in);
	uint32_t n = sealed->n_rows;
	int r;

	if (in.bad)
		return -EBADMSG;
	if ((form & ~SOME) == SEALED_NONE)
		return 0;
	read_times(sealed, at);
	if (form == SEALED_CONSTANT) {
		fill(values, n, read_u64(&in));
		return n;
	}
	if (form & SOME)
		n = pick(sealed, read_bytes(&in, (n + 7) / 8), at);
	r = values_decode(in.at, reader_left(&in), values, n);
	return r < 0 ? r : (int64_t)n;
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
	read_times(sealed, at);
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

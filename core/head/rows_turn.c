/* SPDX-License-Identifier: MIT */
/* rows_turn.c - tokens that are differences are only spread; the few others are taken value by value. */
#include "head/rows_turn.h"
#include "head/row_tokens.h"
#include "head/rows_format.h"

static uint64_t find_busy(const struct rows *rows, uint32_t word, uint32_t n_rows)
{
	uint64_t busy = 0;

	for (uint32_t r = 0; r < n_rows; r++) {
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

/* In units, as far as their tokens are differences. */
static void turn_differences(const struct rows *rows, uint32_t word, struct turned *turned)
{
	for (uint32_t r = 0; r < turned->n_rows; r++) {
		uint64_t changed = row_changed(rows, rows->row[r].offset)[word];

		if (changed)
			turned->other |= row_tokens_get(changed, tokens_of(rows, r, word), &turned->column[0][r], ROWS_MOST);
	}
}

/* Once more those whose tokens are not all differences: value by value. */
static void turn_others(const struct rows *rows, uint32_t word, struct turned *turned)
{
	uint8_t slots[64];
	uint64_t others = turned->other;
	uint32_t n = list_bits(others, slots);

	for (uint32_t r = 0; r < turned->n_rows; r++) {
		const uint8_t *token = tokens_of(rows, r, word);

		for (uint64_t left = row_changed(rows, rows->row[r].offset)[word]; left; left &= left - 1) {
			int slot = __builtin_ctzll(left);

			if (others >> slot & 1)
				token = token_get(token, &turned->value[slot], &turned->state[slot]);
			else
				token = token_skip(token);
		}
		for (uint32_t i = 0; i < n; i++)
			turned->column[slots[i]][r] = (int64_t)turned->value[slots[i]];
	}
}

/* In units only where the last value before the rows is in units. */
static void begin(const struct rows *rows, uint32_t first, uint32_t n, struct turned *turned)
{
	turned->other = 0;
	memcpy(turned->value, rows->base + first, n * sizeof *turned->value);
	memcpy(turned->state, rows->base_state + first, n);
	for (uint32_t i = 0; i < n; i++) {
		turned->origin[i] = token_last(rows->base[first + i], rows->base_state[first + i]);
		turned->other |= (uint64_t)((rows->base_state[first + i] & TOKEN_FOREIGN) != 0) << i;
	}
	for (uint64_t left = turned->busy; left; left &= left - 1)
		memset(turned->column[__builtin_ctzll(left)], 0, turned->n_rows * sizeof *turned->column[0]);
}

void rows_turn(const struct rows *rows, uint32_t word, uint32_t n_rows, struct turned *out)
{
	uint32_t first = word * 64, n = rows->n - first < 64 ? rows->n - first : 64;

	out->n_rows = n_rows;
	out->busy = find_busy(rows, word, n_rows);
	begin(rows, first, n, out);
	turn_differences(rows, word, out);
	if (out->other)
		turn_others(rows, word, out);
}

uint64_t turned_constant(const struct rows *rows, const struct turned *turned, uint32_t slot)
{
	if (!(row_changed(rows, rows->row[0].offset)[slot / 64] >> slot % 64 & 1))
		return rows->base[slot];
	if (turned->other >> slot % 64 & 1)
		return turned->value[slot % 64];
	return token_value(turned->origin[slot % 64] + turned->column[slot % 64][0], rows->base_state[slot] & TOKEN_UNIT);
}

/* SPDX-License-Identifier: MIT */
/*
 * rows.c - putting rows and reading them back; rows_seal.c turns them into
 * columns.
 *
 * A row lies at a multiple of 8: words of `changed`, words of `present` if some are
 * missing, where the tokens of each word begin (u32), tokens.
 */
#include "head/changed.h"
#include "head/row_tokens.h"
#include "head/rows_format.h"

#include <errno.h>
#include <stdlib.h>

int rows_init(struct rows *rows, uint32_t n, struct rows_state now)
{
	*rows = (struct rows){ .n = n, .words = (n + 63) / 64 };
	rows->base = malloc(n * sizeof *rows->base);
	rows->base_state = malloc(n);
	if (!rows->base || !rows->base_state) {
		rows_fini(rows);
		return -ENOMEM;
	}
	rows_restart(rows, now);
	return 0;
}

void rows_fini(struct rows *rows)
{
	free(rows->base);
	free(rows->base_state);
	free(rows->row);
	free(rows->bytes);
	*rows = (struct rows){ 0 };
}

void rows_restart(struct rows *rows, struct rows_state now)
{
	memcpy(rows->base, now.last, rows->n * sizeof *rows->base);
	memcpy(rows->base_state, now.state, rows->n);
	rows->n_rows = 0;
	rows->len = 0;
	rows->samples = 0;
	rows->partial = false;
}

size_t rows_memory(const struct rows *rows)
{
	return rows->n * (sizeof *rows->base + 1) + rows->room * sizeof *rows->row + rows->room_bytes;
}

bool rows_full(const struct rows *rows)
{
	return rows->n_rows >= ROWS_MOST || (rows->n_rows >= ROWS_LEAST && rows->len > (size_t)ROWS_BYTES * rows->n);
}

/* ---- putting ---- */

static int reserve_rows(struct rows *rows)
{
	uint32_t room = rows->room ? rows->room * 2 : 2;
	struct row *more;

	if (rows->n_rows < rows->room)
		return 0;
	if (room > ROWS_MOST)
		room = ROWS_MOST;
	more = realloc(rows->row, room * sizeof *more);
	if (!more)
		return -ENOMEM;
	rows->row = more;
	rows->room = room;
	return 0;
}

/* It grows by a fifth: doubling would leave most of it empty. */
static int reserve_bytes(struct rows *rows, size_t n)
{
	size_t room = rows->room_bytes + rows->room_bytes / 5;
	uint8_t *more;

	if (n <= rows->room_bytes - rows->len)
		return 0;
	if (room < rows->len + n)
		room = rows->len + n;
	more = realloc(rows->bytes, room);
	if (!more)
		return -ENOMEM;
	rows->bytes = more;
	rows->room_bytes = room;
	return 0;
}

/* Who changed; how many those are. */
static uint32_t find_changed(const struct rows *rows, const uint64_t *last, const double *values, const uint64_t *present,
			     uint64_t *changed)
{
	uint32_t count = 0;

	changed_find(values, last, rows->n, changed);
	for (uint32_t w = 0; w < rows->words; w++) {
		if (present)
			changed[w] &= present[w];
		count += (uint32_t)__builtin_popcountll(changed[w]);
	}
	return count;
}

static size_t put_tokens(const struct rows *rows, struct rows_state now, const double *values, const uint64_t *changed,
			 uint32_t *begin, uint8_t *tokens)
{
	struct row_members members = { rows->n, values, now.last, now.state };
	size_t size = row_tokens_put(&members, changed, begin, tokens);

	memset(tokens + size, 0, 8);	/* tokens are read by words */
	return size;
}

int rows_put(struct rows *rows, struct rows_state now, kymo_ms at, const double *values, const uint64_t *present, uint32_t count,
	     struct row_view *view)
{
	size_t head = row_head(rows, present), size;
	uint64_t *changed;
	uint32_t n_changed;

	if (reserve_rows(rows) < 0 || reserve_bytes(rows, head) < 0)
		return -ENOMEM;
	n_changed = find_changed(rows, now.last, values, present, row_changed(rows, rows->len));
	if (reserve_bytes(rows, head + (size_t)n_changed * TOKEN_MOST + 16) < 0)
		return -ENOMEM;
	changed = row_changed(rows, rows->len);
	if (present)
		memcpy(changed + rows->words, present, rows->words * sizeof *present);
	size = put_tokens(rows, now, values, changed, row_begins(rows, rows->len, present), rows->bytes + rows->len + head);
	rows->row[rows->n_rows++] = (struct row){ at, (uint32_t)rows->len, count };
	rows->partial |= present != NULL;
	rows->samples += count;
	*view = (struct row_view){ changed, present ? changed + rows->words : NULL, rows->bytes + rows->len + head, size };
	rows->len += (head + size + 7) & ~(size_t)7;
	return 0;
}

/* ---- reading ---- */

static void read_changed(const struct rows *rows, const struct row *row, uint32_t slot, uint64_t changed, uint64_t *last,
			 uint8_t *state)
{
	bool whole = row->count == rows->n;
	const uint8_t *token = row_tokens(rows, row->offset, !whole) + row_begins(rows, row->offset, !whole)[slot / 64];
	int before = __builtin_popcountll(changed & ((UINT64_C(1) << slot % 64) - 1));

	while (before--)
		token = token_skip(token);
	token_get(token, last, state);
}

uint32_t rows_read(const struct rows *rows, uint32_t slot, kymo_ms *at, double *values)
{
	uint64_t last = rows->base[slot];
	uint8_t state = rows->base_state[slot];
	uint32_t n = 0;

	for (uint32_t r = 0; r < rows->n_rows; r++) {
		const struct row *row = &rows->row[r];
		uint64_t changed = row_changed(rows, row->offset)[slot / 64];

		if (!row_has(rows, row, slot))
			continue;
		if (changed >> slot % 64 & 1)
			read_changed(rows, row, slot, changed, &last, &state);
		at[n] = row->at;
		values[n++] = value_of_bits(last);
	}
	return n;
}

kymo_ms rows_first_of(const struct rows *rows, uint32_t slot)
{
	for (uint32_t r = 0; r < rows->n_rows; r++)
		if (row_has(rows, &rows->row[r], slot))
			return rows->row[r].at;
	return INT64_MAX;
}

/* SPDX-License-Identifier: MIT */
/*
 * group_columns.c - parts in order of time, the rows that still grow as the last.
 * Each adds what it has in the range to the columns; a member that stays the same
 * is a value and a number for as long as it does.
 */
#include "head/group_columns.h"
#include "codec/token.h"
#include "head/rows_format.h"
#include "head/rows_turn.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { PARTS_MOST = 16 };

static_assert(COLUMNS_MEMBERS == SPILL_SLICE, "a slice is read at once");

/* Sealed rows, in memory or in the file. */
struct part {
	kymo_ms first;
	struct sealed *sealed;		/* NULL: */
	struct spill_place place;
	uint32_t slot;			/* of the first member */
};

struct column {
	uint32_t n;
	bool same;			/* values[0] stands for n */
	bool missing;			/* it is not in all rows: `at` is its own */
};

struct group_columns {
	kymo_ms start, end;
	uint32_t members;
	uint32_t n_parts;
	struct part part[PARTS_MOST];
	struct buf scratch;

	/* Of the rows that grow, as they were at the beginning: those from `from` on are in the range. */
	uint32_t from, n_rows;
	uint64_t same;			/* members that do not change there behind the first of these */
	kymo_ms row_at[ROWS_MOST];
	uint64_t row_in[ROWS_MOST];	/* who is there */
	uint64_t constant[COLUMNS_MEMBERS];
	uint8_t unit[COLUMNS_MEMBERS];
	struct turned turned;

	uint32_t n;			/* rows in the range so far */
	kymo_ms at[COLUMNS_ROWS];
	struct column column[COLUMNS_MEMBERS];
	double values[COLUMNS_MEMBERS][COLUMNS_ROWS];
	kymo_ms own_at[COLUMNS_MEMBERS][COLUMNS_ROWS];
};

struct group_columns *group_columns_create(void)
{
	return calloc(1, sizeof(struct group_columns));
}

static void drop_parts(struct group_columns *columns)
{
	for (uint32_t i = 0; i < columns->n_parts; i++) {
		sealed_release(columns->part[i].sealed);
		spill_place_fini(&columns->part[i].place);
	}
	columns->n_parts = 0;
}

void group_columns_destroy(struct group_columns *columns)
{
	if (!columns)
		return;
	drop_parts(columns);
	buf_fini(&columns->scratch);
	free(columns);
}

/* ---- with the lock ---- */

static struct part *part_add(struct group_columns *columns, kymo_ms first)
{
	uint32_t at = columns->n_parts;

	if (at == PARTS_MOST)
		return NULL;
	columns->n_parts++;
	for (; at > 0 && columns->part[at - 1].first > first; at--)
		columns->part[at] = columns->part[at - 1];
	columns->part[at] = (struct part){ .first = first };
	return &columns->part[at];
}

static bool touches(const struct group_columns *columns, kymo_ms first, kymo_ms last)
{
	return last > columns->start && first <= columns->end;
}

static int add_sealed(struct group_columns *columns, const struct group *group, uint32_t slot)
{
	for (uint32_t i = 0; i < group->n_stretches; i++) {
		const struct stretch *stretch = &group->stretches[i];
		struct part *part;

		if (!stretch->sealed) {
			if (touches(columns, rows_first(stretch->rows), rows_last(stretch->rows)))
				return -E2BIG;
			continue;
		}
		if (!touches(columns, stretch->sealed->first, stretch->sealed->last))
			continue;
		part = part_add(columns, stretch->sealed->first);
		if (!part)
			return -E2BIG;
		part->sealed = sealed_hold(stretch->sealed);
		part->slot = slot;
	}
	return 0;
}

static int add_spilled(struct group_columns *columns, const struct group *group, uint32_t slot)
{
	/* From the newest on: of a long time few are wanted. */
	for (uint32_t i = group->spilled.n; i-- > 0;) {
		const struct spilled *spilled = group_spilled_at(group, i);
		struct part *part;

		if (spilled->last <= columns->start)
			break;
		if (!touches(columns, spilled->first, spilled->last))
			continue;
		part = part_add(columns, spilled->first);
		if (!part)
			return -E2BIG;
		part->place = spill_place(spilled, slot);
	}
	return 0;
}

/* Those of a word that change behind row `from`. */
static uint64_t changes_behind(const struct rows *rows, uint32_t word, uint32_t from, uint32_t n_rows)
{
	uint64_t changes = 0;

	for (uint32_t r = from + 1; r < n_rows; r++)
		changes |= row_changed(rows, rows->row[r].offset)[word];
	return changes;
}

static void take_rows(struct group_columns *columns, const struct rows *rows, uint32_t word)
{
	for (uint32_t r = columns->from; r < columns->n_rows; r++) {
		const struct row *row = &rows->row[r];

		columns->row_at[r] = row->at;
		columns->row_in[r] = row->count == rows->n ? UINT64_MAX : row_changed(rows, row->offset)[rows->words + word];
	}
	rows_turn(rows, word, columns->n_rows, &columns->turned);
	for (uint32_t i = 0; i < columns->members; i++) {
		columns->constant[i] = columns->turned.busy >> i & 1 ? 0 : turned_constant(rows, &columns->turned, word * 64 + i);
		columns->unit[i] = rows->base_state[word * 64 + i] & TOKEN_UNIT;
	}
	columns->same = ~changes_behind(rows, word, columns->from, columns->n_rows);
}

static void add_growing(struct group_columns *columns, const struct rows *rows, uint32_t word)
{
	columns->from = columns->n_rows = 0;
	if (!rows->n_rows || !touches(columns, rows_first(rows), rows_last(rows)))
		return;
	while (rows->row[columns->from].at <= columns->start)
		columns->from++;
	while (columns->n_rows < rows->n_rows && rows->row[columns->n_rows].at <= columns->end)
		columns->n_rows++;
	if (columns->from < columns->n_rows)
		take_rows(columns, rows, word);
	else
		columns->from = columns->n_rows = 0;
}

int group_columns_begin(struct group_columns *columns, const struct group *group, uint32_t word, kymo_ms start, kymo_ms end)
{
	uint32_t slot = word * COLUMNS_MEMBERS;
	int r;

	drop_parts(columns);
	columns->start = start;
	columns->end = end;
	columns->members = group->n - slot < COLUMNS_MEMBERS ? group->n - slot : COLUMNS_MEMBERS;
	columns->n = 0;
	memset(columns->column, 0, sizeof columns->column);
	r = add_spilled(columns, group, slot);
	if (r == 0)
		r = add_sealed(columns, group, slot);
	if (r == 0)
		add_growing(columns, &group->rows, word);
	return r;
}

/* ---- columns ---- */

static double *values_of(struct group_columns *columns, uint32_t i)
{
	struct column *column = &columns->column[i];
	double *values = columns->values[i];

	if (column->same)
		for (uint32_t k = 1; k < column->n; k++)
			values[k] = values[0];
	column->same = false;
	return values + column->n;
}

static void add_same(struct group_columns *columns, uint32_t i, uint64_t bits, uint32_t n)
{
	struct column *column = &columns->column[i];
	double *values;

	if (!column->n) {
		columns->values[i][0] = value_of_bits(bits);
		column->same = true;
	} else if (!column->same || value_bits(columns->values[i][0]) != bits) {
		values = values_of(columns, i);
		for (uint32_t k = 0; k < n; k++)
			values[k] = value_of_bits(bits);
	}
	column->n += n;
}

static void add_values(struct group_columns *columns, uint32_t i, const double *values, uint32_t n)
{
	memcpy(values_of(columns, i), values, n * sizeof *values);
	columns->column[i].n += n;
}

/* From now on it has times of its own. */
static kymo_ms *own_times(struct group_columns *columns, uint32_t i)
{
	struct column *column = &columns->column[i];

	if (!column->missing && column->n)
		memcpy(columns->own_at[i], columns->at, column->n * sizeof *columns->at);
	column->missing = true;
	return columns->own_at[i] + column->n;
}

/* n rows have come; who was in all of them and in all before needs no times of its own. */
static void keep_times(struct group_columns *columns, uint32_t i, const kymo_ms *at, uint32_t n)
{
	if (columns->column[i].missing)
		memcpy(own_times(columns, i), at, n * sizeof *at);
}

/* ---- sealed ---- */

static int add_sealed_member(struct group_columns *columns, const struct sealed *sealed, uint32_t slot, uint32_t i,
			     const kymo_ms *at, uint32_t from, uint32_t until)
{
	double values[ROWS_MOST];
	struct sealed_shape shape;
	int64_t n = sealed_values(sealed, slot, values, &shape);
	uint32_t skip = from, count = until - from;

	if (n < 0)
		return (int)n;
	if (n == 0 || shape.in) {
		kymo_ms *own = own_times(columns, i);

		skip = count = 0;
		for (uint32_t r = 0; r < until && shape.in; r++)
			if (shape.in[r / 8] >> r % 8 & 1) {
				if (r < from)
					skip++;
				else
					own[count++] = at[r];
			}
	} else {
		keep_times(columns, i, at + from, count);
	}
	if (!count)
		return 0;
	if (shape.constant)
		add_same(columns, i, value_bits(values[0]), count);
	else
		add_values(columns, i, values + skip, count);
	return 0;
}

static int add_sealed_part(struct group_columns *columns, const struct sealed *sealed, uint32_t slot)
{
	kymo_ms at[ROWS_MOST];
	uint32_t from = 0, until = 0;
	int r = 0;

	sealed_times(sealed, at);
	while (from < sealed->n_rows && at[from] <= columns->start)
		from++;
	while (until < sealed->n_rows && at[until] <= columns->end)
		until++;
	if (from >= until)
		return 0;
	if (until - from > COLUMNS_ROWS - columns->n || (columns->n && at[from] <= columns->at[columns->n - 1]))
		return -E2BIG;
	for (uint32_t i = 0; i < columns->members && r == 0; i++)
		r = add_sealed_member(columns, sealed, slot + i, i, at, from, until);
	memcpy(columns->at + columns->n, at + from, (until - from) * sizeof *at);
	columns->n += until - from;
	return r;
}

static int add_part(struct group_columns *columns, const struct part *part)
{
	const struct sealed *sealed;
	int r;

	if (part->sealed)
		return add_sealed_part(columns, part->sealed, part->slot);
	r = spill_read(&part->place, &columns->scratch, &sealed);
	return r < 0 ? r : add_sealed_part(columns, sealed, 0);
}

/* ---- rows that grow ---- */

/* The values of a member from row `from` on; as token_value, but in a form that goes into vectors. */
static void sum_up(const struct group_columns *columns, uint32_t i, double *values)
{
	const struct turned *turned = &columns->turned;
	double scale = token_scale[columns->unit[i]];
	uint32_t from = columns->from, n = columns->n_rows - from;
	int64_t units[ROWS_MOST], sum = turned->origin[i];

	for (uint32_t r = 0; r < from; r++)
		sum += turned->column[i][r];
	for (uint32_t r = 0; r < n; r++)
		units[r] = sum += turned->column[i][from + r];
	for (uint32_t r = 0; r < n; r++)
		values[r] = (value_of_bits((uint64_t)units[r] + TOKEN_ROUND_BITS) - TOKEN_ROUND) / scale;
}

static uint64_t first_bits(const struct group_columns *columns, uint32_t i)
{
	const struct turned *turned = &columns->turned;
	int64_t sum = turned->origin[i];

	if (!(turned->busy >> i & 1))
		return columns->constant[i];
	if (turned->other >> i & 1)
		return (uint64_t)turned->column[i][columns->from];
	for (uint32_t r = 0; r <= columns->from; r++)
		sum += turned->column[i][r];
	return token_value(sum, columns->unit[i]);
}

/* Of those rows only the ones that it is in. How many. */
static uint32_t pick(struct group_columns *columns, uint32_t i, double *values)
{
	kymo_ms *own = own_times(columns, i);
	uint32_t n = 0;

	for (uint32_t r = columns->from; r < columns->n_rows; r++)
		if (columns->row_in[r] >> i & 1) {
			own[n] = columns->row_at[r];
			values[n++] = values[r - columns->from];
		}
	return n;
}

static void add_growing_member(struct group_columns *columns, uint32_t i, bool all)
{
	const struct turned *turned = &columns->turned;
	uint32_t n = columns->n_rows - columns->from;
	double values[ROWS_MOST];

	if (all && columns->same >> i & 1) {
		keep_times(columns, i, columns->row_at + columns->from, n);
		add_same(columns, i, first_bits(columns, i), n);
		return;
	}
	if (turned->other >> i & 1)
		memcpy(values, &turned->column[i][columns->from], n * sizeof *values);
	else
		sum_up(columns, i, values);
	if (all)
		keep_times(columns, i, columns->row_at + columns->from, n);
	else
		n = pick(columns, i, values);
	add_values(columns, i, values, n);
}

static int add_rows(struct group_columns *columns)
{
	uint32_t from = columns->from, n = columns->n_rows - from;
	uint64_t all = UINT64_MAX;

	if (!n)
		return 0;
	if (n > COLUMNS_ROWS - columns->n || (columns->n && columns->row_at[from] <= columns->at[columns->n - 1]))
		return -E2BIG;
	for (uint32_t r = from; r < columns->n_rows; r++)
		all &= columns->row_in[r];
	for (uint32_t i = 0; i < columns->members; i++)
		add_growing_member(columns, i, all >> i & 1);
	memcpy(columns->at + columns->n, columns->row_at + from, n * sizeof *columns->at);
	columns->n += n;
	return 0;
}

int group_columns_read(struct group_columns *columns)
{
	int r = 0;

	for (uint32_t i = 0; i < columns->n_parts && r == 0; i++)
		r = add_part(columns, &columns->part[i]);
	if (r == 0)
		r = add_rows(columns);
	drop_parts(columns);
	return r;
}

const double *group_column_values(struct group_columns *columns, uint32_t i)
{
	values_of(columns, i);
	return columns->values[i];
}

struct group_column group_column_of(const struct group_columns *columns, uint32_t i)
{
	const struct column *column = &columns->column[i];

	return (struct group_column){ column->n, column->same && column->n, column->missing ? columns->own_at[i] : columns->at,
				      columns->values[i] };
}

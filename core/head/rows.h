/* SPDX-License-Identifier: MIT */
/*
 * rows.h - what a group of series took in lately: a row for each time, of the
 * values that changed and nothing else.
 *
 * A row is bitmaps (who changed; who is there at all, when some are not), where
 * the tokens of each 64 members begin, and the tokens. So the same mask serves
 * memory, WAL and the verdict that a series is constant, and one series is read
 * without the others. After so many rows or bytes they are sealed: a column for
 * each member.
 *
 * Nothing here locks: head.h.
 */
#ifndef HEAD_ROWS_H
#define HEAD_ROWS_H

#include "util/buf.h"

#include <kymo/abi.h>
#include <stdatomic.h>

#define ROWS_MOST 120
#define ROWS_BYTES 64			/* of a member, on average; more is sealed earlier */
#define ROWS_LEAST 8			/* never earlier than that */

struct row {
	kymo_ms at;
	uint32_t offset;		/* in `bytes` */
	uint32_t count;			/* members that are there */
};

struct rows {
	uint32_t n, words;		/* members, and words of a bitmap of them */
	uint32_t n_rows, room;
	bool partial;			/* a member is missing in some row */
	uint64_t samples;
	uint64_t *base;			/* last values and their states before the first row */
	uint8_t *base_state;
	struct row *row;
	uint8_t *bytes;
	size_t len, room_bytes;
};

/* The members' last values and token states now. */
struct rows_state {
	uint64_t *last;
	uint8_t *state;
};

int rows_init(struct rows *rows, uint32_t n, struct rows_state now);	/* 0 or -ENOMEM */
void rows_fini(struct rows *rows);
/* Empty, with the state as it is now. */
void rows_restart(struct rows *rows, struct rows_state now);
size_t rows_memory(const struct rows *rows);
bool rows_full(const struct rows *rows);
static inline kymo_ms rows_first(const struct rows *rows) { return rows->row[0].at; }
static inline kymo_ms rows_last(const struct rows *rows) { return rows->row[rows->n_rows - 1].at; }

/* A row where it lies, until the next change of its rows. */
struct row_view {
	const uint64_t *changed;
	const uint64_t *present;	/* NULL: all are there */
	const uint8_t *tokens;
	size_t size;			/* of the tokens */
};

/*
 * Put a row behind the others; `present` NULL: all are there, else `count` are. Values of those
 * that are not are passed over. 0; -ENOMEM: nothing has changed.
 */
int rows_put(struct rows *rows, struct rows_state now, kymo_ms at, const double *values, const uint64_t *present, uint32_t count,
	     struct row_view *view);

/* The samples of one member, rising; room for n_rows. How many. */
uint32_t rows_read(const struct rows *rows, uint32_t slot, kymo_ms *at, double *values);
/* When the member is there first; INT64_MAX: never. */
kymo_ms rows_first_of(const struct rows *rows, uint32_t slot);

/* ---- sealed ---- */

/* Rows as columns, never changed again. They tell all of it by themselves. */
struct sealed {
	_Atomic uint32_t holders;
	uint32_t n, n_rows;
	kymo_ms first, last;
	uint64_t samples;
	size_t size;			/* of all of it */
	uint32_t times_at;		/* in `bytes` */
	uint32_t begin[];		/* n + 1: of each member's bytes, which follow */
};

struct sealed *rows_seal(const struct rows *rows, struct buf *scratch);	/* NULL: out of memory */
void sealed_release(struct sealed *sealed);
static inline struct sealed *sealed_hold(struct sealed *sealed)
{
	atomic_fetch_add_explicit(&sealed->holders, 1, memory_order_relaxed);
	return sealed;
}

enum sealed_form { SEALED_CONSTANT, SEALED_NONE, SEALED_COLUMN };	/* of a member: its first byte */
bool sealed_has(const struct sealed *sealed, uint32_t slot);	/* anything of that member */
/* The samples of one member; room for n_rows. How many, or -EBADMSG, -ENOMEM. */
int64_t sealed_read(const struct sealed *sealed, uint32_t slot, kymo_ms *at, double *values);
/* The times of all rows; the values of a member without its times. */
struct sealed_shape {
	bool constant;			/* values[0] is all of them */
	const uint8_t *in;		/* a bit for each row that it is in; NULL: all */
};
void sealed_times(const struct sealed *sealed, kymo_ms *at);
int64_t sealed_values(const struct sealed *sealed, uint32_t slot, double *values, struct sealed_shape *shape);
kymo_ms sealed_first_of(const struct sealed *sealed, uint32_t slot);	/* INT64_MAX: it is never there */
/* Sealed rows of some of the members, from one on, as bytes behind those of *out. */
void sealed_slice(const struct sealed *sealed, uint32_t from, uint32_t n, struct buf *out);

#endif

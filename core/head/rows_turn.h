/* SPDX-License-Identifier: MIT */
/*
 * rows_turn.h - rows turned to columns, 64 members at a time, so that what is being
 * turned stays in the cache. Who never changed is not even turned.
 */
#ifndef HEAD_ROWS_TURN_H
#define HEAD_ROWS_TURN_H

#include "head/rows.h"

struct turned {
	uint32_t n_rows;		/* of the first rows */
	uint64_t busy;			/* those that change after the first row, or are missing in one */
	uint64_t other;			/* those of which a token was no difference */
	int64_t origin[64];		/* the value before the rows, in the unit of the member */
	uint64_t value[64];
	uint8_t state[64];
	/* Of the busy: how many units more than in the row before; the bits of the values of others. */
	int64_t column[64][ROWS_MOST];
};

/* The first n_rows (1 at least) of the members of one word. */
void rows_turn(const struct rows *rows, uint32_t word, uint32_t n_rows, struct turned *out);
/* What a member that is not busy has all the time. */
uint64_t turned_constant(const struct rows *rows, const struct turned *turned, uint32_t slot);

#endif

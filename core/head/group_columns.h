/* SPDX-License-Identifier: MIT */
/*
 * group_columns.h - what 64 members of a group have in a stretch of time, all at
 * once: rows and their file are gone through a single time, and times are shared.
 */
#ifndef HEAD_GROUP_COLUMNS_H
#define HEAD_GROUP_COLUMNS_H

#include "head/group.h"

#define COLUMNS_MEMBERS 64		/* a word of the rows, a slice of the spill */
#define COLUMNS_ROWS 256

struct group_columns;

struct group_columns *group_columns_create(void);	/* NULL: out of memory */
void group_columns_destroy(struct group_columns *columns);
DEFINE_AUTO(group_columns, group_columns_destroy)

/*
 * Begin with the members from word * 64 on in (start, end], with the head's lock;
 * group_columns_read() does the rest without it. 0, -ENOMEM; -E2BIG: there are too
 * many rows, or they are in the middle of a flush; as spill_read.
 */
int group_columns_begin(struct group_columns *columns, const struct group *group, uint32_t word, kymo_ms start, kymo_ms end);
int group_columns_read(struct group_columns *columns);

struct group_column {
	uint32_t n;			/* samples */
	bool same;			/* values[0] is all of them, to the bit */
	const kymo_ms *at;		/* rising */
	const double *values;
};
/* Of member i < 64 of that word, until the next begin. */
struct group_column group_column_of(const struct group_columns *columns, uint32_t i);
/* Its values written out, whether they are the same or not. */
const double *group_column_values(struct group_columns *columns, uint32_t i);

#endif

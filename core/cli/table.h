/* SPDX-License-Identifier: MIT */
/*
 * table.h - rows of text in columns that line up. Cells are filled one after the
 * other, row by row:
 *
 *	struct table table = table_of(columns);
 *	buf_add_text(table_cell(&table), "cpu");
 *	...
 *	table_print(&table, out);
 *
 * A failure to get memory sticks and reaches `out`. A column without any text is
 * left out; an empty cell in another one is shown as "-".
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "util/buf.h"

struct column {
	const char *title;		/* NULL in the first column: no line of titles */
	bool right;			/* for numbers */
};

struct table {
	const struct column *columns;
	uint32_t n_columns;
	struct buf text;		/* the cells, one behind the other */
	struct buf begins;		/* of each: size_t */
};

#define TABLE_COLUMNS 16

/* Of an array of at most TABLE_COLUMNS. */
#define table_of(array) ((struct table){ .columns = (array), .n_columns = sizeof(array) / sizeof *(array) })

/* Begin the next cell: add its text, without control characters, to what this gives. Valid until the next call. */
struct buf *table_cell(struct table *table);
static inline bool table_is_empty(const struct table *table) { return !table->begins.len; }

/* Print the whole rows, and empty the table. */
void table_print(struct table *table, struct buf *out);

#endif

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
 * left out; an empty cell in another one is shown as "-". On a terminal a line that
 * is too wide for it is cut, with "…" at its end; in a file or a pipe none is.
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
	size_t most;			/* columns of the terminal; 0: a line may be of any width */
	struct buf text;		/* the cells, one behind the other */
	struct buf begins;		/* of each: size_t */
};

#define TABLE_COLUMNS 16

/* Of an array of at most TABLE_COLUMNS. */
#define table_of(array) ((struct table){ .columns = (array), .n_columns = sizeof(array) / sizeof *(array), \
					  .most = table_terminal() })
size_t table_terminal(void);		/* columns of the terminal that stdout is, or 0 */

/* Begin the next cell: add its text, without control characters, to what this gives. Valid until the next call. */
struct buf *table_cell(struct table *table);
static inline bool table_is_empty(const struct table *table) { return !table->begins.len; }

/* Print the whole rows, and empty the table. */
void table_print(struct table *table, struct buf *out);

#endif

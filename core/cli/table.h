/* SPDX-License-Identifier: MIT */
/*
 * table.h - rows for people: columns as wide as what they hold, numbers to the
 * right. Printed at the end, when the widths are known.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "util/buf.h"

#include <kymo/abi.h>

#define TABLE_COLUMNS 16

struct table {
	const char *heads;		/* "NAME|>VALUE|UNIT": > to the right */
	uint32_t columns;
	uint32_t n, room;		/* cells */
	char **cells;
};

void table_init(struct table *table, const char *heads);
void table_cell(struct table *table, const char *text);		/* row by row; NULL: "-" */
void table_cellf(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_end(struct table *table);	/* prints and frees; nothing but the heads without a row: not even those */

#endif

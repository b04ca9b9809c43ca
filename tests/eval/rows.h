/* SPDX-License-Identifier: MIT */
/* rows.h - tables of queries over fake columns and what they give. */
#ifndef EVAL_ROWS_H
#define EVAL_ROWS_H

#include "eval/fake_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct row {
	const char *query;
	const char *gives;	/* lines */
};

/* Row by row, over the same columns. */
static inline void check_rows(const char *columns, uint32_t points, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		AUTO_BUF out = { 0 };

		fake_query(columns, rows[i].query, points, &out);
		if (strcmp((const char *)out.data, rows[i].gives))
			fail_msg("%s\ngives\n%snot\n%s", rows[i].query, (const char *)out.data, rows[i].gives);
	}
}

#endif

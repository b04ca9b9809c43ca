/* SPDX-License-Identifier: MIT */
/* print.h - the parts of a node's text that print.c and pretty.c share. */
#ifndef PROMQL_PRINT_H
#define PROMQL_PRINT_H

#include "promql/parse.h"

void print_subquery_suffix(const struct subquery *subquery, struct buf *out);	/* [5m:30s] offset 1m */
void print_operator(const struct binary *binary, struct buf *out);		/* > bool on (a) */
void print_aggregator(const struct aggregate *aggregate, struct buf *out);	/* "sum", "sum by (a) " */

#endif

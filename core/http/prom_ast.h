/* SPDX-License-Identifier: MIT */
/* prom_ast.h - the tree of an expression as JSON, with the words that parse_query of Prometheus has. */
#ifndef HTTP_PROM_AST_H
#define HTTP_PROM_AST_H

#include "promql/parse.h"

void prom_ast(const struct expr *expr, struct buf *out);
/* As Go writes it with %f and as few digits as tell it apart: never with an exponent. */
void prom_plain_number(double v, struct buf *out);

#endif

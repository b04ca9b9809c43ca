/* SPDX-License-Identifier: MIT */
/*
 * arithmetic.h - binary operators between two numbers, with the rules of Go's
 * math package, which PromQL inherited and which are those of C99 here.
 */
#ifndef EVAL_ARITHMETIC_H
#define EVAL_ARITHMETIC_H

#include "promql/ast.h"

static inline bool is_comparison(enum binary_op op) { return op >= BINARY_EQL && op <= BINARY_LTE; }
static inline bool is_set_operator(enum binary_op op) { return op >= BINARY_AND; }

/* + - * / % ^ atan2. Neither side is absent; nor is the result. */
double arithmetic_apply(enum binary_op op, double a, double b);
/* As Go has them: an infinity on its side wins, then NaN. */
double lesser_of(double a, double b);
double greater_of(double a, double b);
/* == != > < >= <=. With NaN only != holds. */
bool comparison_holds(enum binary_op op, double a, double b);
/* Any of both; a comparison gives 1 or 0, as with bool. */
static inline double operator_apply(enum binary_op op, double a, double b)
{
	return is_comparison(op) ? comparison_holds(op, a, b) : arithmetic_apply(op, a, b);
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * arithmetic.c - what C99 says of fmod, pow and atan2 at zeros, infinities and
 * NaN (annex F) is what Go says: x % 0 is NaN, x ^ 0 and 1 ^ x are 1 even for NaN,
 * % has the sign of the left side.
 */
#include "eval/arithmetic.h"

#include <math.h>

double arithmetic_apply(enum binary_op op, double a, double b)
{
	switch (op) {
	case BINARY_ADD:
		return a + b;
	case BINARY_SUB:
		return a - b;
	case BINARY_MUL:
		return a * b;
	case BINARY_DIV:
		return a / b;
	case BINARY_MOD:
		return fmod(a, b);
	case BINARY_POW:
		return pow(a, b);
	case BINARY_ATAN2:
		return atan2(a, b);
	default:
		return NAN;
	}
}

double lesser_of(double a, double b)
{
	if (a == -INFINITY || b == -INFINITY)
		return -INFINITY;
	return isnan(a) || isnan(b) ? (double)NAN : a < b || (a == b && signbit(a)) ? a : b;
}

double greater_of(double a, double b)
{
	if (a == INFINITY || b == INFINITY)
		return INFINITY;
	return isnan(a) || isnan(b) ? (double)NAN : a > b || (a == b && !signbit(a)) ? a : b;
}

bool comparison_holds(enum binary_op op, double a, double b)
{
	switch (op) {
	case BINARY_EQL:
		return a == b;
	case BINARY_NEQ:
		return a != b;
	case BINARY_GTR:
		return a > b;
	case BINARY_LSS:
		return a < b;
	case BINARY_GTE:
		return a >= b;
	case BINARY_LTE:
		return a <= b;
	default:
		return false;
	}
}

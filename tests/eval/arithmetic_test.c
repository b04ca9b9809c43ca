/* SPDX-License-Identifier: MIT */
#include "eval/arithmetic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>

static const struct {
	enum binary_op op;
	double a, b, result;
} rows[] = {
	{ BINARY_ADD, 0.1, 0.2, 0.30000000000000004 },
	{ BINARY_ADD, INFINITY, -INFINITY, NAN },
	{ BINARY_SUB, 1, 3, -2 },
	{ BINARY_MUL, 0, INFINITY, NAN },
	{ BINARY_DIV, 1, 0, INFINITY },
	{ BINARY_DIV, -1, 0, -INFINITY },
	{ BINARY_DIV, 1, -0.0, -INFINITY },
	{ BINARY_DIV, 0, 0, NAN },
	{ BINARY_MOD, 5, 3, 2 },
	{ BINARY_MOD, -5, 3, -2 },
	{ BINARY_MOD, 5, -3, 2 },
	{ BINARY_MOD, 5.5, 2, 1.5 },
	{ BINARY_MOD, -6, 3, -0.0 },
	{ BINARY_MOD, 5, 0, NAN },
	{ BINARY_MOD, 5, INFINITY, 5 },
	{ BINARY_MOD, INFINITY, 5, NAN },
	{ BINARY_POW, 2, 10, 1024 },
	{ BINARY_POW, 2, -1, 0.5 },
	{ BINARY_POW, NAN, 0, 1 },
	{ BINARY_POW, 1, NAN, 1 },
	{ BINARY_POW, -1, INFINITY, 1 },
	{ BINARY_POW, -8, 1.0 / 3, NAN },
	{ BINARY_POW, 0, -1, INFINITY },
	{ BINARY_POW, -0.0, -1, -INFINITY },
	{ BINARY_ATAN2, 1, 1, 0.78539816339744828 },
	{ BINARY_ATAN2, 0, -1, 3.1415926535897931 },
	{ BINARY_ATAN2, -0.0, -1, -3.1415926535897931 },
	{ BINARY_EQL, 0, -0.0, 1 },
	{ BINARY_EQL, NAN, NAN, 0 },
	{ BINARY_NEQ, NAN, NAN, 1 },
	{ BINARY_NEQ, 1, 1, 0 },
	{ BINARY_GTR, INFINITY, 1e308, 1 },
	{ BINARY_GTR, NAN, 1, 0 },
	{ BINARY_LSS, 1, 2, 1 },
	{ BINARY_LSS, 1, NAN, 0 },
	{ BINARY_GTE, 2, 2, 1 },
	{ BINARY_LTE, 3, 2, 0 },
};

static void gives_what_go_gives(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double got = operator_apply(rows[i].op, rows[i].a, rows[i].b), want = rows[i].result;

		if (isnan(want) ? !isnan(got) : got != want || signbit(got) != signbit(want))
			fail_msg("row %zu: %g with %g gives %.17g, not %.17g", i, rows[i].a, rows[i].b, got, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_what_go_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* promql_test.c - an expression without memory: told, nothing leaks. */
#include "fault/fault.h"
#include "promql/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>

static const char *const queries[] = {
	"1_0 + -5m",
	"sum by (a, \"b c\") (rate({\"x y\", d=~\"e|f.*\", g='\\n'}[5m] offset 1m @ start()))",
	"a * on (b) group_left (c, d, e, f, g, h, i, j, k) label_join(d, 'e', 'f', '1', '2', '3', '4', '5', '6', '7', '8', '9')",
	"max_over_time(system.load.1m{host.name!~\".+\"}[1h:30s])",
};

static void an_expression_says_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
		for (unsigned n = 1;; n++) {
			struct error err = { 0 };
			struct expr *expr = NULL;
			int r;

			fault_at(FAULT_MEMORY, n, ENOMEM);
			r = expr_parse(queries[i], strlen(queries[i]), &PARSE_LIMITS, &expr, &err);
			if (!fault_off()) {
				assert_int_equal(r, 0);
				assert_true(n > 2);
				expr_destroy(expr);
				break;
			}
			assert_int_equal(r, expr ? 0 : -ENOMEM);	/* a matcher may do with less */
			assert_int_equal(err.code, r);
			expr_destroy(expr);
			error_clear(&err);
		}
}

static void what_is_wrong_is_refused_anyhow(void **state)
{
	static const char query[] = "rate(foo{a=~\"b(\", c='d'})";

	(void)state;
	for (unsigned n = 1;; n++) {
		struct error err = { 0 };
		struct expr *expr = NULL;
		int r;

		fault_at(FAULT_MEMORY, n, ENOMEM);
		r = expr_parse(query, sizeof query - 1, &PARSE_LIMITS, &expr, &err);
		assert_true(r == -ENOMEM || r == -EINVAL);
		assert_null(expr);
		error_clear(&err);
		if (!fault_off())
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expression_says_so),
		cmocka_unit_test(what_is_wrong_is_refused_anyhow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* pretty_test.c - golden cases of long expressions over several lines. */
#include "promql/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define MORE "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct { const char *query, *pretty; } rows[] = {
	{ "sum(rate(foo[5m]))by(x)", "sum by (x) (rate(foo[5m]))" },
	{ LONG " + " MORE, "  " LONG "\n+\n  " MORE },
	{ "sum by (x) (" LONG " + on (y) group_left (z) " MORE ")",
	  "sum by (x) (\n    " LONG "\n  + on (y) group_left (z)\n    " MORE "\n)" },
	{ "topk(5, " LONG " + " MORE ")", "topk(\n  5,\n    " LONG "\n  +\n    " MORE "\n)" },
	{ "clamp(" LONG ", time() + 1, scalar(" MORE "))", "clamp(\n  " LONG ",\n  time() + 1,\n  scalar(" MORE ")\n)" },
	{ "(" LONG " > bool " MORE ")", "(\n    " LONG "\n  > bool\n    " MORE "\n)" },
	{ "max_over_time((" LONG " + " MORE ")[5m:30s] offset 1m)",
	  "max_over_time(\n  (\n      " LONG "\n    +\n      " MORE "\n  )[5m:30s] offset 1m\n)" },
	{ "-(" LONG " + " MORE ")", "-(\n    " LONG "\n  +\n    " MORE "\n)" },
	{ LONG "{a=\"" MORE "\"}", LONG "{a=\"" MORE "\"}" },
	{ LONG " + " MORE " * c", "  " LONG "\n+\n  " MORE " * c" },
	{ LONG " * c + " MORE " + d", "    " LONG " * c\n  +\n    " MORE "\n+\n  d" },
};

static void long_ones_are_opened(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error err = { 0 };
		AUTO(expr) expr = NULL;
		AUTO(expr) again = NULL;
		AUTO_BUF out = { 0 };

		assert_int_equal(expr_parse(rows[i].query, strlen(rows[i].query), &PARSE_LIMITS, &expr, &err), 0);
		node_pretty(expr_root(expr), &out);
		if (strcmp(buf_text(&out), rows[i].pretty) != 0)
			fail_msg("%s:\ngot\n%s\nwanted\n%s", rows[i].query, buf_text(&out), rows[i].pretty);
		assert_int_equal(expr_parse((const char *)out.data, out.len, &PARSE_LIMITS, &again, &err), 0);
		assert_true(node_equal(expr_root(expr), expr_root(again)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_ones_are_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

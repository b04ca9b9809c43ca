/* SPDX-License-Identifier: MIT */
/*
 * promql_fuzz.c - any bytes as an expression: refused with a place, or parsed; and
 * what was parsed is printed, on one line and over several, as the same tree.
 */
#include "driver.h"
#include "promql/parse.h"
#include "util/check.h"
#include "util/utf8.h"

static const struct parse_limits limits = { .size = 4096, .depth = 60, .nodes = 2000 };
/* The printed text may be longer. */
static const struct parse_limits wide = { .size = 1 << 20, .depth = 60, .nodes = 2000 };

static void is_same(const struct node *node, const char *text, size_t n)
{
	struct error err = { 0 };
	AUTO(expr) again = NULL;

	CHECK(expr_parse(text, n, &wide, &again, &err) == 0, "%s: %s", text, error_text(&err));
	CHECK(node_equal(node, expr_root(again)), "%s", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { 0 };
	AUTO(expr) expr = NULL;
	AUTO(expr) selector = NULL;
	AUTO_BUF line = { 0 }, lines = { 0 };

	expr_parse_selector((const char *)data, size, &limits, &selector, NULL);
	if (expr_parse((const char *)data, size, &limits, &expr, &err) < 0) {
		CHECK(err.len && utf8_valid(err.text, err.len), "%s", error_text(&err));
		error_clear(&err);
		return 0;
	}
	node_print(expr_root(expr), &line);
	node_pretty(expr_root(expr), &lines);
	is_same(expr_root(expr), buf_text(&line), line.len);
	is_same(expr_root(expr), buf_text(&lines), lines.len);
	return 0;
}

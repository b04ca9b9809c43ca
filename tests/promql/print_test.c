/* SPDX-License-Identifier: MIT */
/* print_test.c - every construct in its spellings, and the one spelling that it is printed in; which parses to the same tree. */
#include "promql/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct row {
	const char *query, *printed;	/* NULL: as it was written */
};

static const struct row literals[] = {
	{ "1", NULL }, { "+1", "1" }, { "-1", NULL }, { "--1", "1" }, { "- - -1", "-1" }, { "1.5", NULL }, { ".5", "0.5" }, { "5.", "5" },
	{ "-0", NULL }, { "1e3", "1000" }, { "1E+3", "1000" }, { "12.5e-3", "0.0125" }, { "1e300", "1e+300" }, { "1e-999", "0" },
	{ "0x1F", "31" }, { "0XfF", "255" }, { "0x_1_f", "31" }, { "017", "15" }, { "089", "89" }, { "01.5", "1.5" },
	{ "1_000_000", "1000000" }, { ".123_456", "0.123456" }, { "1_0e1_0", "100000000000" },
	{ "Inf", NULL }, { "inF", "Inf" }, { "+inf", "Inf" }, { "+Inf ^ 2", NULL }, { "-inf", "-Inf" }, { "NaN", NULL }, { "nan", "NaN" },
	{ "5m", NULL }, { "1h30m", NULL }, { "90m", "1h30m" }, { "-5m", NULL }, { "1d12h", NULL }, { "2y1w3d4h5m6s7ms", "740d4h5m6s7ms" },
	{ "0s", NULL }, { "1.5h", "1h30m" }, { "100ms", NULL }, { "5m + 1", NULL },
	{ "\"foo\"", NULL }, { "'foo'", "\"foo\"" }, { "`foo`", "\"foo\"" }, { "\"\"", NULL }, { "'\"'", "\"\\\"\"" }, { "`\\n`", "\"\\\\n\"" },
	{ "\"\\n\\t\\r\\\\\\\"\"", NULL }, { "'\\''", "\"'\"" }, { "\"\\a\\x41\\101\\u00e9\\U0001F600\"", "\"\\x07AA\xc3\xa9\xf0\x9f\x98\x80\"" },
	{ "`a\nb`", "\"a\\nb\"" }, { "(\"foo\")", NULL }, { "\"a b\" # comment", "\"a b\"" },
};

static const struct row selectors[] = {
	{ "foo", NULL }, { "foo{}", "foo" }, { "foo:bar", NULL }, { ":foo", NULL }, { "_", NULL }, { "foo { a = \"b\" }", "foo{a=\"b\"}" },
	{ "foo{a=\"b\",c!=\"d\",e=~\"f|g\",h!~\"i.*\"}", NULL }, { "foo{a='b',}", "foo{a=\"b\"}" }, { "{a=\"b\"}", NULL },
	{ "{__name__=\"foo\"}", NULL }, { "{__name__=~\"foo.*\",__name__!~\"b.*\"}", "{__name__!~\"b.*\",__name__=~\"foo.*\"}" },
	{ "{\"foo\"}", "foo" }, { "{a=\"b\",\"foo\"}", "foo{a=\"b\"}" }, { "{'foo bar'}", "{\"foo bar\"}" }, { "{\"foo bar\", a=\"b\"}", "{\"foo bar\",a=\"b\"}" },
	{ "{\"x\", \"a b\"=\"c\", 'd'=\"e\"}", "x{\"a b\"=\"c\",d=\"e\"}" },
	{ "system.load.1m", NULL }, { "system.cpu.usage{host.name=\"a\"}", "system.cpu.usage{\"host.name\"=\"a\"}" }, { "a.b[5m]", NULL },
	{ "a.b.c:d", NULL }, { "{\"a..b\"}", NULL }, { "{\"a.\"}", NULL }, { "{\".a\"}", NULL }, { "{\"offset.5\"}", NULL }, { "offset.x", NULL },
	{ "{\"temp-\xc2\xb0""C\"}", NULL },
	/* words of the language as names */
	{ "sum", NULL }, { "sum{a=\"b\"}", NULL }, { "by", NULL }, { "without", NULL }, { "offset", NULL }, { "and", NULL }, { "or", NULL }, { "unless", NULL },
	{ "start", NULL }, { "end", NULL }, { "count_values", NULL }, { "limitk + limit_ratio", NULL }, { "sum + sum", NULL }, { "and and and", NULL },
	{ "offset offset 5m", NULL }, { "{\"bool\"}", NULL }, { "{\"on\",a=\"b\"}", NULL }, { "{\"inf\"}", NULL }, { "{\"atan2\"}", NULL },
	{ "foo{sum=\"a\",by=\"b\",inf=\"c\",on=\"d\",bool=\"e\"}", "foo{bool=\"e\",by=\"b\",inf=\"c\",on=\"d\",sum=\"a\"}" }, { "rate", NULL }, { "step", NULL },
	{ "foo[5m]", NULL }, { "foo[300]", "foo[5m]" }, { "foo[0.5]", "foo[500ms]" }, { "foo[ 5m ]", "foo[5m]" }, { "foo[0x10]", "foo[16s]" },
	{ "foo [1h30m] ", "foo[1h30m]" }, { "foo[1e3]", "foo[16m40s]" },
	{ "foo offset 5m", NULL }, { "foo OFFSET -5m", "foo offset -5m" }, { "foo offset 300", "foo offset 5m" }, { "foo offset - 7", "foo offset -7s" },
	{ "foo offset 0s", "foo" }, { "foo[5m] offset 1w", "foo[5m] offset 1w" }, { "foo{a=\"b\"}[5m] offset 1d", NULL },
	{ "foo @ 1603774568", "foo @ 1603774568.000" }, { "foo @ 1.2345", "foo @ 1.235" }, { "foo @ -5.5", "foo @ -5.500" }, { "foo @ 0", "foo @ 0.000" },
	{ "foo @ 1m40s", "foo @ 100.000" }, { "foo @ +1", "foo @ 1.000" }, { "foo @ 1e3", "foo @ 1000.000" },
	{ "foo @ start()", NULL }, { "foo @ END ( )", "foo @ end()" }, { "foo[5m] @ end()", NULL },
	{ "foo @ 1 offset 5m", "foo @ 1.000 offset 5m" }, { "foo offset 5m @ 1", "foo @ 1.000 offset 5m" },
	{ "rate(foo[5m] anchored)", NULL }, { "rate(foo[5m] offset 1m SMOOTHED @ 7)", "rate(foo[5m] smoothed @ 7.000 offset 1m)" },
	{ "foo smoothed", NULL }, { "smoothed smoothed / anchored", NULL }, { "foo smoothed[5m:]", NULL },
	{ "foo[5m:30s]", NULL }, { "foo[5m:]", NULL }, { "foo[300:30]", "foo[5m:30s]" }, { "foo[5m : 30s ]", "foo[5m:30s]" },
	{ "foo[5m:] @ start() offset 1m", NULL }, { "sum(foo)[5m:] offset 1m @ 7", "sum(foo)[5m:] @ 7.000 offset 1m" }, { "(a + b)[5m:1m]", NULL },
	{ "foo offset 1m[5m:]", NULL }, { "foo @ 1 [5m:]", "foo @ 1.000[5m:]" }, { "max_over_time(rate(foo[5m])[1h:1m])", NULL },
};

static const struct row operators[] = {
	{ "1 + 2 - 3 * 4 / 5 % 6 ^ 7", NULL }, { "1+2", "1 + 2" }, { "a atan2 b", NULL }, { "a ATAN2 b", "a atan2 b" },
	{ "a + fill (0) b", NULL }, { "a+on(x)FILL_RIGHT(1)fill_left(-Inf)b", "a + on (x) fill_left (-Inf) fill_right (1) b" },
	{ "a > bool ignoring (x) group_left (y) fill_left (5m) b", "a > bool ignoring (x) group_left (y) fill_left (300) b" }, { "fill + fill", NULL },
	{ "a == b", NULL }, { "a != b", NULL }, { "a > b", NULL }, { "a < b", NULL }, { "a >= b", NULL }, { "a <= b", NULL },
	{ "1 == bool 1", NULL }, { "a >= BOOL 5", "a >= bool 5" }, { "1 ==bool.5", "1 == bool 0.5" }, { "1 atan2.5", "1 atan2 0.5" },
	{ "a AND b or c unless d", "a and b or c unless d" },
	{ "a + on (b) c", NULL }, { "a + on(b,c) d", "a + on (b, c) d" }, { "a + ignoring () c", NULL }, { "a + on() c", "a + on () c" },
	{ "a * on (b) group_left (d) c", NULL }, { "a * on (b) group_left c", "a * on (b) group_left () c" },
	{ "a * ignoring (b) group_right (d, e) c", NULL }, { "a == bool on (b) group_left () c", NULL }, { "a and ignoring (b) c", NULL },
	{ "a * on (b,) c", "a * on (b) c" }, { "a + on (\"x y\", on, by, sum, and, bool, offset) c", "a + on (\"x y\", on, by, sum, and, bool, offset) c" },
	{ "a + on (c, b, c) d", NULL }, { "1 + on () 2", "1 + 2" }, { "a * on() group_left 2", "a * 2" }, { "a + on (b.c, d:e) f", "a + on (\"b.c\", \"d:e\") f" },
	{ "-a", NULL }, { "+a", NULL }, { "- - -a", "---a" }, { "-(1)", NULL }, { "-a ^ b", NULL }, { "-a * b", NULL }, { "2 ^ -1", NULL }, { "1 - -1", NULL },
	{ "1--1", "1 - -1" }, { "-1 ^ 2", NULL }, { "2 ^ -a ^ b", NULL }, { "-max_over_time(foo[5m:] offset 5m)", NULL },
	{ "((a))", NULL }, { "(a + b) * c", NULL }, { "a # x\n + # y\n b", "a + b" },
};

static const struct row calls[] = {
	{ "sum(a)", NULL }, { "sum (a)", "sum(a)" }, { "SUM(a)", "sum(a)" }, { "sum by (b) (a)", NULL }, { "sum(a) by (b)", "sum by (b) (a)" },
	{ "sum without (b, c) (a)", NULL }, { "sum(a) WITHOUT(c,b,)", "sum without (c, b) (a)" }, { "sum by () (a)", NULL }, { "sum without () (a)", NULL },
	{ "sum by (\"x y\", sum, start, offset) (a)", NULL },
	{ "avg(a)", NULL }, { "min(a)", NULL }, { "max(a)", NULL }, { "count(a)", NULL }, { "group(a)", NULL }, { "stddev(a)", NULL }, { "stdvar(a)", NULL },
	{ "topk(5, a)", NULL }, { "bottomk by (b) (5, a)", NULL }, { "quantile(0.9, a)", NULL }, { "count_values(\"v\", a)", NULL }, { "count_values(\"a\\xc5z\", a)", NULL },
	{ "limitk(2, a)", NULL }, { "limit_ratio(-0.5, a)", NULL }, { "topk(scalar(b), a)", NULL }, { "sum(sum by (x) (sum(a) by (y)))", "sum(sum by (x) (sum by (y) (a)))" },
	{ "rate(foo[5m])", NULL }, { "time()", NULL }, { "hour()", NULL }, { "hour(foo)", NULL }, { "round(a, 5)", NULL }, { "round(a)", NULL },
	{ "label_replace(a, \"b\", \"$1\", \"c\", \"(.*)\")", NULL }, { "label_join(a, \"b\", \",\")", NULL }, { "label_join(a, \"b\", \",\", \"c\", \"d\", \"e\")", NULL },
	{ "sort_by_label(a)", NULL }, { "sort_by_label(a, \"b\", \"c\", \"d\")", NULL }, { "holt_winters(a[5m], 0.5, 0.5)", "double_exponential_smoothing(a[5m], 0.5, 0.5)" },
	{ "info(a)", NULL }, { "info(a, {b=\"c\"})", NULL }, { "info(a, {})", NULL }, { "increase_exact(a[1h])", NULL }, { "p99_over_time(a[1h])", NULL },
	{ "quantile_over_time(0.5, a[5m])", NULL }, { "histogram_quantile(0.9, sum by (le) (rate(b[5m])))", NULL }, { "clamp(a, 5m, pi())", NULL },
	{ "vector(1)", NULL }, { "vector((1))", NULL }, { "scalar(a) + 1", NULL }, { "absent(a{b=\"c\"})", NULL },
};

static struct expr *parsed(const char *text)
{
	struct error err = { 0 };
	struct expr *expr = NULL;

	if (expr_parse(text, strlen(text), &PARSE_LIMITS, &expr, &err) < 0)
		fail_msg("\"%s\": %s", text, error_text(&err));
	return expr;
}

static void prints(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		AUTO(expr) expr = parsed(rows[i].query);
		AUTO_BUF out = { 0 };
		const char *wanted = rows[i].printed ? rows[i].printed : rows[i].query, *text;

		node_print(expr_root(expr), &out);
		text = buf_text(&out);
		if (strcmp(text, wanted) != 0)
			fail_msg("\"%s\":\n   got %s\nwanted %s", rows[i].query, text, wanted);
		AUTO(expr) again = parsed(text);
		if (!node_equal(expr_root(expr), expr_root(again)))
			fail_msg("\"%s\": printed as %s it is another", rows[i].query, text);
	}
}

#define PRINTS(rows) \
	static void prints_##rows(void **state) \
	{ \
		(void)state; \
		prints(rows, sizeof rows / sizeof *rows); \
	}
PRINTS(literals)
PRINTS(selectors)
PRINTS(operators)
PRINTS(calls)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_literals),
		cmocka_unit_test(prints_selectors),
		cmocka_unit_test(prints_operators),
		cmocka_unit_test(prints_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

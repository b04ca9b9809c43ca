/* SPDX-License-Identifier: MIT */
/* refuse_test.c - what is no PromQL, and how that is said: place and reason. */
#include "promql/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>

struct row {
	const char *query, *error;
};

static const struct row words[] = {
	{ "", "1:1: parse error: no expression found in input" },
	{ "  ", "1:1: parse error: no expression found in input" },
	{ "# a comment alone\n\n", "1:1: parse error: no expression found in input" },
	{ "1+", "1:3: parse error: unexpected end of input" },
	{ "1 /", "1:4: parse error: unexpected end of input" },
	{ ".", "1:1: parse error: unexpected character: '.'" },
	{ "2.5.", "1:4: parse error: unexpected character: '.'" },
	{ "100..4", "1:5: parse error: unexpected number \".4\"" },
	{ "0deadbeef", "1:1: parse error: bad number or duration syntax: \"0de\"" },
	{ "0x", "1:1: parse error: error parsing number: \"0x\" is no number" },
	{ "0xg", "1:1: parse error: bad number or duration syntax: \"0xg\"" },
	{ "1e", "1:1: parse error: bad number or duration syntax: \"1e\"" },
	{ "1_", "1:1: parse error: error parsing number: \"1_\" is no number" },
	{ "1__0", "1:1: parse error: error parsing number: \"1__0\" is no number" },
	{ "1_.5", "1:1: parse error: error parsing number: \"1_.5\" is no number" },
	{ "1e999", "1:1: parse error: error parsing number: \"1e999\" is out of range" },
	{ "*1", "1:1: parse error: unexpected <op:*>" },
	{ "(1))", "1:4: parse error: unexpected right parenthesis ')'" },
	{ "((1)", "1:5: parse error: unclosed left parenthesis" },
	{ "(", "1:2: parse error: unclosed left parenthesis" },
	{ "()", "1:2: parse error: unexpected \")\"" },
	{ "(1 2)", "1:4: parse error: unexpected number \"2\"" },
	{ "foo bar", "1:5: parse error: unexpected identifier \"bar\"" },
	{ "foo 5m", "1:5: parse error: unexpected duration \"5m\"" },
	{ "foo a:b", "1:5: parse error: unexpected metric identifier \"a:b\"" },
	{ "foo \"x\"", "1:5: parse error: unexpected string \"\\\"x\\\"\"" },
	{ "foo \"a long string\"", "1:5: parse error: unexpected string \"\\\"a long st\"..." },
	{ "foo sum", "1:5: parse error: unexpected <aggr:sum>" },
	{ "foo BY", "1:5: parse error: unexpected <BY>" },
	{ "bool", "1:1: parse error: unexpected <bool>" },
	{ "on", "1:1: parse error: unexpected <on>" },
	{ "group_left", "1:1: parse error: unexpected <group_left>" },
	{ "atan2", "1:1: parse error: unexpected <op:atan2>" },
	{ "foo, bar", "1:4: parse error: unexpected \",\"" },
	{ "foo = bar", "1:5: parse error: unexpected \"=\"" },
	{ "foo =~ bar", "1:5: parse error: unexpected character after '=': '~'" },
	{ "foo !~ bar", "1:5: parse error: unexpected character after '!': '~'" },
	{ "foo ! bar", "1:5: parse error: unexpected character after '!': ' '" },
	{ "foo !", "1:5: parse error: unexpected character after '!': end of input" },
	{ "foo $ bar", "1:5: parse error: unexpected character: '$'" },
	{ "foo \x01", "1:5: parse error: unexpected character: '\\x01'" },
	{ "}", "1:1: parse error: unexpected character: '}'" },
	{ "foo]", "1:4: parse error: unexpected right bracket ']'" },
	{ "foo : 5", "1:5: parse error: unexpected metric identifier \":\"" },
	{ "\"", "1:1: parse error: unterminated quoted string" },
	{ "'", "1:1: parse error: unterminated quoted string" },
	{ "\"a\\", "1:1: parse error: escape sequence not terminated" },
	{ "\"a\nb\"", "1:1: parse error: unterminated quoted string" },
	{ "`", "1:1: parse error: unterminated raw string" },
	{ "\"\\\"", "1:1: parse error: unterminated quoted string" },
	{ "\"\\c\"", "1:1: parse error: unknown escape sequence U+0063 'c'" },
	{ "\"\\'\"", "1:1: parse error: unknown escape sequence U+0027 '''" },
	{ "\"\\x.\"", "1:1: parse error: illegal character U+002E '.' in escape sequence" },
	{ "\"\\x4\"", "1:1: parse error: illegal character U+0022 '\"' in escape sequence" },
	{ "\"\\400\"", "1:1: parse error: escape sequence is an invalid Unicode code point" },
	{ "\"\\ud800\"", "1:1: parse error: escape sequence is an invalid Unicode code point" },
	{ "\"\\U00110000\"", "1:1: parse error: escape sequence is an invalid Unicode code point" },
	{ "\"\\xff\"", "1:1: parse error: a string is not UTF-8" },
	{ "label_replace(foo, \"\\xff\", \"\", \"\", \"\")", "1:20: parse error: a string is not UTF-8" },
	{ "foo{a=\"\\xff\"}", "1:7: parse error: a string is not UTF-8" },
	{ "\"\\x00\"", "1:1: parse error: a string must not hold a NUL" },
	{ "foo{a=\"\xff\"}", "1:7: parse error: invalid UTF-8 rune" },
	{ "foo \xff", "1:5: parse error: invalid UTF-8 rune" },
	{ "1 +\n2 +\n\n  $", "4:3: parse error: unexpected character: '$'" },
	{ "\"\xc3\xa9\xe2\x82\xac\" + $", "1:8: parse error: unexpected character: '$'" },	/* columns are characters */
	{ "foo # a comment $\n$", "2:1: parse error: unexpected character: '$'" },
};

static const struct row selectors[] = {
	{ "{", "1:2: parse error: unexpected end of input inside braces" },
	{ "foo{", "1:5: parse error: unexpected end of input inside braces" },
	{ "foo}", "1:4: parse error: unexpected character: '}'" },
	{ "foo{a=b}", "1:7: parse error: unexpected identifier \"b\" in label matching, expected string" },
	{ "foo{a:b=\"b\"}", "1:6: parse error: unexpected character inside braces: ':'" },
	{ "foo{a*\"b\"}", "1:6: parse error: unexpected character inside braces: '*'" },
	{ "foo{a>=\"b\"}", "1:6: parse error: unexpected character inside braces: '>'" },
	{ "foo{a!\"b\"}", "1:6: parse error: unexpected character after '!' inside braces: '\"'" },
	{ "foo{{", "1:5: parse error: unexpected left brace '{'" },
	{ "foo{gibberish}", "1:14: parse error: unexpected \"}\" in label matching, expected label matching operator" },
	{ "foo{1}", "1:5: parse error: unexpected character inside braces: '1'" },
	{ "foo{,}", "1:5: parse error: unexpected \",\" in label matching, expected identifier or \"}\"" },
	{ "foo{a=\"1\",,}", "1:11: parse error: unexpected \",\" in label matching, expected identifier or \"}\"" },
	{ "foo{__name__== \"bar\"}", "1:14: parse error: unexpected \"=\" in label matching, expected string" },
	{ "foo{__name__=\"bar\" lol}", "1:20: parse error: unexpected identifier \"lol\" in label matching, expected \",\" or \"}\"" },
	{ "foo{a=~}", "1:8: parse error: unexpected \"}\" in label matching, expected string" },
	{ "foo{\"\"=\"b\"}", "1:5: parse error: a label name must not be empty" },
	{ "{}", "1:1: parse error: vector selector must contain at least one non-empty matcher" },
	{ "{x=\"\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher" },
	{ "{x=~\".*\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher" },
	{ "{x!~\".+\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher" },
	{ "{x!=\"a\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher" },
	{ "1 + {x=\"\"}", "1:5: parse error: vector selector must contain at least one non-empty matcher" },
	{ "foo{__name__=\"bar\"}", "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\"" },
	{ "foo{__name__=~\"bar\"}", "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\"" },
	{ "foo{\"bar\"}", "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\"" },
	{ "{\"foo\", \"bar\"}", "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\"" },
	{ "{\"foo\", __name__=\"bar\"}", "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\"" },
	{ "{__name__=\"foo\", __name__=\"bar\"}", "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\"" },
	{ "foo{a=~\"(\"}", NULL },
	{ "foo{a=~\"b(?=c)\"}", NULL },
};

static const struct row ranges[] = {
	{ "foo[]", "1:5: parse error: unexpected \"]\" in subquery or range selector, expected number or duration" },
	{ "foo[5m", "1:7: parse error: unclosed left bracket" },
	{ "foo[5mm]", "1:5: parse error: bad number or duration syntax: \"5mm\"" },
	{ "foo[5m1]", "1:5: parse error: bad number or duration syntax: \"5m1\"" },
	{ "foo[5m:1m1]", "1:8: parse error: bad number or duration syntax: \"1m1\"" },
	{ "foo[5m1h]", "1:5: parse error: not a valid duration string: \"5m1h\"" },
	{ "foo[5m1m]", "1:5: parse error: not a valid duration string: \"5m1m\"" },
	{ "foo[0m]", "1:5: parse error: duration must be greater than 0" },
	{ "foo[0]", "1:5: parse error: duration must be greater than 0" },
	{ "foo[-1]", "1:5: parse error: duration must be greater than 0" },
	{ "foo[1000y]", "1:5: parse error: duration out of range" },
	{ "foo[NaN]", "1:5: parse error: duration out of range" },
	{ "foo[\"5m\"]", "1:5: parse error: unexpected string \"\\\"5m\\\"\" in subquery or range selector, expected number or duration" },
	{ "foo[5m 5m]", "1:8: parse error: unexpected duration \"5m\" in subquery or range, expected \":\" or \"]\"" },
	{ "foo[5m:1m 5]", "1:11: parse error: unexpected number \"5\" in subquery selector, expected \"]\"" },
	{ "foo[5m:x]", "1:8: parse error: unexpected identifier \"x\" in subquery selector, expected number or duration or \"]\"" },
	{ "foo[5m:0s]", "1:8: parse error: duration must be greater than 0" },
	{ "foo[5m::]", "1:8: parse error: unexpected colon ':'" },
	{ "foo[[5m]]", "1:5: parse error: unexpected left bracket '['" },
	{ "foo[(5m)]", "1:5: parse error: experimental duration expression is not enabled" },
	{ "foo[5m * 2]", "1:8: parse error: experimental duration expression is not enabled" },
	{ "foo[-5m+10m]", "1:8: parse error: experimental duration expression is not enabled" },
	{ "foo[1h:min(5m,1m)]", "1:8: parse error: experimental duration expression is not enabled" },
	{ "foo[step()]", "1:5: parse error: experimental duration expression is not enabled" },
	{ "foo[5m][5m]", "1:8: parse error: ranges only allowed for vector selectors" },
	{ "(foo + bar)[5m]", "1:12: parse error: ranges only allowed for vector selectors" },
	{ "foo OFFSET 1m[5m]", "1:14: parse error: no offset modifiers allowed before range" },
	{ "foo @ 1234 [5m]", "1:12: parse error: no @ modifiers allowed before range" },
	{ "foo OFFSET", "1:11: parse error: unexpected end of input in offset, expected number or duration" },
	{ "foo[5m] OFFSET 1mm", "1:16: parse error: bad number or duration syntax: \"1mm\"" },
	{ "foo offset bar", "1:12: parse error: unexpected identifier \"bar\" in offset, expected number or duration" },
	{ "foo offset (5m)", "1:12: parse error: experimental duration expression is not enabled" },
	{ "foo offset 1s offset 2s", "1:1: parse error: offset may not be set multiple times" },
	{ "1 offset 1d",
	  "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery" },
	{ "2 + sum(foo) offset 1d",
	  "1:5: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery" },
	{ "rate(foo[5m]) @ 1234",
	  "1:1: parse error: @ modifier must be preceded by an instant vector selector or range vector selector or a subquery" },
	{ "foo @", "1:6: parse error: unexpected end of input in @, expected timestamp" },
	{ "foo @ bar", "1:7: parse error: unexpected identifier \"bar\" in @, expected timestamp" },
	{ "foo @ start", "1:12: parse error: unexpected end of input in @, expected timestamp" },
	{ "foo @ end(1)", "1:11: parse error: unexpected number \"1\" in @, expected timestamp" },
	{ "foo @ NaN", "1:1: parse error: timestamp out of bounds for @ modifier: NaN" },
	{ "foo @ -Inf", "1:1: parse error: timestamp out of bounds for @ modifier: -Inf" },
	{ "foo @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times" },
	{ "foo[5m][3m:5s]", "1:1: parse error: subquery is only allowed on instant vector, got matrix instead" },
	{ "1[5m:1m]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead" },
};

static const struct row operators[] = {
	{ "1 and 1", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression" },
	{ "foo or 1", "1:1: parse error: set operator \"or\" not allowed in binary scalar expression" },
	{ "1 unless foo", "1:1: parse error: set operator \"unless\" not allowed in binary scalar expression" },
	{ "1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier" },
	{ "foo + bool bar", "1:5: parse error: bool modifier can only be used on comparison operators" },
	{ "foo + bool 10", "1:5: parse error: bool modifier can only be used on comparison operators" },
	{ "foo and bool 10", "1:5: parse error: bool modifier can only be used on comparison operators" },
	{ "foo == bool", "1:12: parse error: unexpected end of input" },
	{ "1 + on(bar) foo", "1:1: parse error: vector matching only allowed between instant vectors" },
	{ "foo + ignoring(bar) 2", "1:1: parse error: vector matching only allowed between instant vectors" },
	{ "foo or on(bar) group_left(baz) bar", "1:1: parse error: no grouping allowed for \"or\" operation" },
	{ "foo and on(bar) group_right(baz) bar", "1:1: parse error: no grouping allowed for \"and\" operation" },
	{ "a + on(b) group_left(c,b) d", "1:3: parse error: label \"b\" must not occur in ON and GROUP clause at once" },
	{ "a - on(b) ignoring(c) d", "1:11: parse error: unexpected <ignoring>" },
	{ "a - group_left d", "1:5: parse error: unexpected <group_left>" },
	{ "a - on b", "1:8: parse error: unexpected identifier \"b\" in grouping opts, expected \"(\"" },
	{ "a - on(5) b", "1:8: parse error: unexpected number \"5\" in grouping opts, expected label" },
	{ "a - on(b c) d", "1:10: parse error: unexpected identifier \"c\" in grouping opts, expected \",\" or \")\"" },
	{ "a - on(,) d", "1:8: parse error: unexpected \",\" in grouping opts, expected label" },
	{ "a - on(\"\") d", "1:8: parse error: invalid label name for grouping: \"\"" },
	{ "foo + \"bar\"", "1:7: parse error: binary expression must contain only scalar and instant vector types" },
	{ "foo[5m] + 1", "1:1: parse error: binary expression must contain only scalar and instant vector types" },
	{ "-\"x\"",
	  "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"string\"" },
	{ "-foo[5m]",
	  "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"range vector\"" },
	{ "-", "1:2: parse error: unexpected end of input" },
	{ "1 + + * 2", "1:7: parse error: unexpected <op:*>" },
};

static const struct row calls[] = {
	{ "sum(", "1:5: parse error: unclosed left parenthesis" },
	{ "sum()", "1:1: parse error: no arguments for aggregate expression provided" },
	{ "sum(foo, bar)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2" },
	{ "topk(foo)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1" },
	{ "topk(foo,)", "1:9: parse error: trailing commas not allowed in function call args" },
	{ "topk(foo, bar)", "1:6: parse error: expected type scalar in aggregation parameter, got instant vector" },
	{ "count_values(5, bar)", "1:14: parse error: expected type string in aggregation parameter, got scalar" },
	{ "quantile(\"x\", bar)", "1:10: parse error: expected type scalar in aggregation parameter, got string" },
	{ "sum(5)", "1:5: parse error: expected type instant vector in aggregation expression, got scalar" },
	{ "sum(foo[5m])", "1:5: parse error: expected type instant vector in aggregation expression, got range vector" },
	{ "sum foo by (bar)", "1:5: parse error: unexpected identifier \"foo\"" },
	{ "MIN keep_common (foo)", "1:5: parse error: unexpected identifier \"keep_common\"" },
	{ "sum(foo) by bar", "1:13: parse error: unexpected identifier \"bar\" in grouping opts, expected \"(\"" },
	{ "sum by (a) foo", "1:12: parse error: unexpected identifier \"foo\" in aggregation" },
	{ "sum without(a) (foo) by (b)", "1:22: parse error: unexpected <by>" },
	{ "sum(foo) by (b) by (c)", "1:17: parse error: unexpected <by>" },
	{ "sum by (NaN) (foo)", "1:9: parse error: unexpected number \"NaN\" in grouping opts, expected label" },
	{ "floor()", "1:1: parse error: expected 1 argument(s) in call to \"floor\", got 0" },
	{ "floor(foo, bar)", "1:1: parse error: expected 1 argument(s) in call to \"floor\", got 2" },
	{ "floor(1)", "1:7: parse error: expected type instant vector in call to function \"floor\", got scalar" },
	{ "hour(foo, bar)", "1:1: parse error: expected at most 1 argument(s) in call to \"hour\", got 2" },
	{ "round()", "1:1: parse error: expected at least 1 argument(s) in call to \"round\", got 0" },
	{ "label_join(foo, \"a\")", "1:1: parse error: expected at least 3 argument(s) in call to \"label_join\", got 2" },
	{ "label_join(foo, \"a\", \"b\", \"c\", 5)", "1:32: parse error: expected type string in call to function \"label_join\", got scalar" },
	{ "sort_by_label(foo, \"a\", bar)",
	  "1:25: parse error: expected type string in call to function \"sort_by_label\", got instant vector" },
	{ "time(5)", "1:1: parse error: expected 0 argument(s) in call to \"time\", got 1" },
	{ "rate(foo)", "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector" },
	{ "sum(rate(foo))", "1:10: parse error: expected type range vector in call to function \"rate\", got instant vector" },
	{ "vector(foo)", "1:8: parse error: expected type scalar in call to function \"vector\", got instant vector" },
	{ "no_such_thing_at_all()", "1:1: parse error: unknown function with name \"no_such_thing_at_all\"" },
	{ "rates(foo[5m])", "1:1: parse error: unknown function with name \"rates\" (did you mean \"rate\"?)" },
	{ "RATE(foo[5m])", "1:1: parse error: unknown function with name \"RATE\"" },
	{ "a:b(foo)", "1:4: parse error: unexpected \"(\"" },
	{ "a.b(foo)", "1:4: parse error: unexpected \"(\"" },
	{ "foo()()", "1:1: parse error: unknown function with name \"foo\"" },
	{ "floor(foo,)", "1:10: parse error: trailing commas not allowed in function call args" },
	{ "floor(,foo)", "1:7: parse error: unexpected \",\"" },
	{ "floor(foo bar)", "1:11: parse error: unexpected identifier \"bar\"" },
	{ "histogram_avg(1)", "1:15: parse error: expected type instant vector in call to function \"histogram_avg\", got scalar" },
	{ "histogram_quantiles(foo, \"q\")", "1:1: parse error: expected at least 3 argument(s) in call to \"histogram_quantiles\", got 2" },
	{ "histogram_quantiles(foo, \"q\", 0,0,0,0,0,0,0,0,0,0,0)",
	  "1:1: parse error: expected at most 12 argument(s) in call to \"histogram_quantiles\", got 13" },
	{ "a + fill() b", "1:10: parse error: unexpected \")\" in fill modifier, expected number" },
	{ "a + fill(0) fill_left(1) b", "1:13: parse error: fill may not be set multiple times" },
	{ "a + fill(0 b", "1:12: parse error: unexpected identifier \"b\" in fill modifier, expected \")\"" },
	{ "start(1)", "1:1: parse error: expected 0 argument(s) in call to \"start\", got 1" },
	{ "min_of(1, foo)", "1:11: parse error: expected type scalar in call to function \"min_of\", got instant vector" },
	{ "info(foo, bar)", "1:1: parse error: expected label selectors only, got vector selector instead" },
	{ "info(foo, foo + bar)", "1:1: parse error: expected label selectors only, got vector selector instead" },
	{ "info(foo, 1)", "1:11: parse error: expected type instant vector in call to function \"info\", got scalar" },
	{ "info(foo, {}, {})", "1:1: parse error: expected at most 2 argument(s) in call to \"info\", got 3" },
};

static void refuses(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct error err = { 0 };
		struct expr *expr = NULL;
		int r = expr_parse(rows[i].query, strlen(rows[i].query), &PARSE_LIMITS, &expr, &err);

		if (r != -EINVAL)
			fail_msg("\"%s\": %d, wanted -EINVAL", rows[i].query, r);
		if (rows[i].error && strcmp(error_text(&err), rows[i].error) != 0)
			fail_msg("\"%s\":\n   got %s\nwanted %s", rows[i].query, error_text(&err), rows[i].error);
		expr_destroy(expr);
		error_clear(&err);
	}
}

#define REFUSES(rows) \
	static void refuses_##rows(void **state) \
	{ \
		(void)state; \
		refuses(rows, sizeof rows / sizeof *rows); \
	}
REFUSES(words)
REFUSES(selectors)
REFUSES(ranges)
REFUSES(operators)
REFUSES(calls)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_words),
		cmocka_unit_test(refuses_selectors),
		cmocka_unit_test(refuses_ranges),
		cmocka_unit_test(refuses_operators),
		cmocka_unit_test(refuses_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

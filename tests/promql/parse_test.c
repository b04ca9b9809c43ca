/* SPDX-License-Identifier: MIT */
/* parse_test.c - what binds to what, what a tree holds, where its nodes stand, and how large it may get. */
#include "promql/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>

static struct expr *parsed(const char *text)
{
	struct error err = { 0 };
	struct expr *expr = NULL;

	if (expr_parse(text, strlen(text), &PARSE_LIMITS, &expr, &err) < 0)
		fail_msg("\"%s\": %s", text, error_text(&err));
	return expr;
}

/* Every operator in brackets, numbers and selectors as they stand in the query. */
static void shape(const struct node *node, const char *text, struct buf *out)
{
	switch (node->kind) {
	case NODE_BINARY:
		buf_add_u8(out, '(');
		shape(node->binary.left, text, out);
		buf_add(out, text + node->binary.op_start, node->binary.op_end - node->binary.op_start);
		shape(node->binary.right, text, out);
		buf_add_u8(out, ')');
		return;
	case NODE_UNARY:
		buf_add_text(out, node->unary.op == UNARY_MINUS ? "(-" : "(+");
		shape(node->unary.inner, text, out);
		buf_add_u8(out, ')');
		return;
	case NODE_PAREN:
		shape(node->inner, text, out);
		return;
	default:
		buf_add(out, text + node->start, node->end - node->start);
	}
}

static const struct { const char *query, *shape; } shapes[] = {
	{ "a + b * c", "(a+(b*c))" }, { "a * b + c", "((a*b)+c)" }, { "a - b - c", "((a-b)-c)" }, { "a / b * c % d", "(((a/b)*c)%d)" },
	{ "a ^ b ^ c", "(a^(b^c))" }, { "a * b ^ c", "(a*(b^c))" }, { "a ^ b * c", "((a^b)*c)" }, { "a atan2 b * c", "((aatan2b)*c)" },
	{ "-1 ^ 2", "(-(1^2))" }, { "-a ^ b", "(-(a^b))" }, { "-a * b", "((-a)*b)" }, { "-a + b", "((-a)+b)" }, { "a ^ -b ^ c", "(a^(-(b^c)))" },
	{ "a ^ -b * c", "((a^(-b))*c)" }, { "2 ^ - - 1 * 3", "((2^- - 1)*3)" }, { "- - a", "(-(-a))" }, { "a + -b", "(a+(-b))" },
	{ "a > b + c", "(a>(b+c))" }, { "a > b == c", "((a>b)==c)" }, { "a and b > c", "(aand(b>c))" }, { "a or b and c", "(aor(bandc))" },
	{ "a and b or c", "((aandb)orc)" }, { "a and b unless c", "((aandb)unlessc)" }, { "a or b or c", "((aorb)orc)" },
	{ "a == b and c != d or e", "(((a==b)and(c!=d))ore)" }, { "(a + b) * c", "((a+b)*c)" }, { "a ^ (b ^ c) ^ d", "(a^((b^c)^d))" },
	{ "a + b offset 5m", "(a+b offset 5m)" }, { "-a @ 100", "(-a @ 100)" }, { "-5 ^ a", "(-(5^a))" },
	{ "(-5) ^ a", "(-5^a)" }, { "1 - -1", "(1--1)" },
};

static void operators_bind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		AUTO_BUF out = { 0 };

		AUTO(expr) expr = parsed(shapes[i].query);
		shape(expr_root(expr), expr_text(expr), &out);
		if (strcmp(buf_text(&out), shapes[i].shape) != 0)
			fail_msg("%s: got %s, wanted %s", shapes[i].query, buf_text(&out), shapes[i].shape);
	}
}

static void nodes_know_their_place(void **state)
{
	AUTO(expr) expr = parsed("  sum by (x) (rate(foo{a=\"b\"}[5m] offset 1m)) + -bar ");
	const struct node *root = expr_root(expr), *sum = root->binary.left, *minus = root->binary.right;
	const struct node *rate = sum->aggregate.inner, *foo = rate->call.args[0];

	(void)state;
	assert_int_equal(root->start, 2);
	assert_int_equal(root->end, 52);
	assert_int_equal(sum->start, 2);
	assert_int_equal(sum->end, 45);
	assert_int_equal(root->binary.op_start, 46);
	assert_int_equal(root->binary.op_end, 47);
	assert_int_equal(minus->start, 48);
	assert_int_equal(rate->start, 14);
	assert_int_equal(rate->end, 44);
	assert_int_equal(foo->start, 19);
	assert_int_equal(foo->end, 43);
	assert_int_equal(root->depth, 4);
}

static void a_selector_holds_all(void **state)
{
	AUTO(expr) expr = parsed("{b=\"c\", 'foo', d!~\"e\"}[5m] @ -1.5 offset -1h");
	const struct node *root = expr_root(expr);
	const struct selector *selector = &root->selector;

	(void)state;
	assert_int_equal(root->type, TYPE_MATRIX);
	assert_string_equal(selector->name, "foo");
	assert_int_equal(selector->n_matchers, 3);
	assert_string_equal(matcher_name(selector->matchers[0]), "__name__");
	assert_string_equal(matcher_name(selector->matchers[1]), "b");
	assert_int_equal(matcher_op(selector->matchers[2]), MATCH_NOT_REGEX);
	assert_int_equal(selector->range, 300000);
	assert_int_equal(selector->shift.offset, -3600000);
	assert_int_equal(selector->shift.at, AT_TIME);
	assert_int_equal(selector->shift.at_time, -1500);
}

static void matching_is_told(void **state)
{
	AUTO(expr) expr = parsed("a * on (c, b, c) group_left (e, d) f");
	AUTO(expr) set = parsed("a and b");
	AUTO(expr) plain = parsed("a + b");
	const struct matching *matching = &expr_root(expr)->binary.matching;

	(void)state;
	assert_int_equal(matching->card, MANY_TO_ONE);
	assert_true(matching->on);
	assert_int_equal(matching->n_labels, 2);
	assert_string_equal(matching->labels[0], "b");
	assert_string_equal(matching->labels[1], "c");
	assert_int_equal(matching->n_written, 3);
	assert_int_equal(matching->n_include, 2);
	assert_string_equal(matching->include[0], "e");
	assert_int_equal(expr_root(set)->binary.matching.card, MANY_TO_MANY);
	assert_int_equal(expr_root(plain)->binary.matching.card, ONE_TO_ONE);
	assert_null(expr_root(plain)->binary.matching.written);
}

static const struct { const char *query; enum value_type type; } types[] = {
	{ "1", TYPE_SCALAR }, { "\"a\"", TYPE_STRING }, { "(\"a\")", TYPE_STRING }, { "a", TYPE_VECTOR }, { "a[5m]", TYPE_MATRIX }, { "(a[5m])", TYPE_MATRIX },
	{ "a[5m:]", TYPE_MATRIX }, { "1 + 1", TYPE_SCALAR }, { "1 + a", TYPE_VECTOR }, { "a > 1", TYPE_VECTOR }, { "-1", TYPE_SCALAR }, { "-(1)", TYPE_SCALAR },
	{ "-a", TYPE_VECTOR }, { "time()", TYPE_SCALAR }, { "scalar(a)", TYPE_SCALAR }, { "vector(1)", TYPE_VECTOR }, { "sum(a)", TYPE_VECTOR },
	{ "rate(a[5m])", TYPE_VECTOR }, { "1 == bool 1", TYPE_SCALAR }, { "5m", TYPE_SCALAR },
};

static void types_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		AUTO(expr) expr = parsed(types[i].query);

		if (expr_root(expr)->type != types[i].type)
			fail_msg("%s: %s", types[i].query, value_type_name(expr_root(expr)->type));
	}
}

static void wants(const char *text, size_t n, const struct parse_limits *limits, int code, const char *message)
{
	struct error err = { 0 };
	struct expr *expr = NULL;

	assert_int_equal(expr_parse(text, n, limits, &expr, &err), code);
	assert_string_equal(error_text(&err), message);
	expr_destroy(expr);
	error_clear(&err);
}

static void trees_have_limits(void **state)
{
	const struct parse_limits limits = { .size = 1000, .depth = 10, .nodes = 50 };
	char text[2000];

	(void)state;
	wants("((((((((((1))))))))))", 21, &limits, -E2BIG, "1:11: parse error: the expression is more than 10 levels deep (query.depth)");
	wants("(((((((((1)))))))))", 19, &limits, 0, "");
	wants("1+1+1+1+1+1+1+1+1+1", 19, &limits, 0, "");
	wants("1+1+1+1+1+1+1+1+1+1+1", 21, &limits, -E2BIG, "1:1: parse error: the expression is more than 10 levels deep (query.depth)");
	wants("- - - - - - - - - - a", 21, &limits, -E2BIG, "1:21: parse error: the expression is more than 10 levels deep (query.depth)");
	wants("1^1^1^1^1^1^1^1^1^1^1", 21, &limits, -E2BIG, "1:21: parse error: the expression is more than 10 levels deep (query.depth)");
	wants("(1,", 3, &limits, -EINVAL, "1:3: parse error: unexpected \",\"");
	memset(text, '(', sizeof text);
	wants(text, 1000, &limits, -E2BIG, "1:11: parse error: the expression is more than 10 levels deep (query.depth)");
	wants(text, 1001, &limits, -E2BIG, "1:1: parse error: the expression has 1001 bytes, the limit is 1000");
	memset(text, ' ', sizeof text);
	memcpy(text, "label_join(a,", 13);
	for (int i = 0; i < 60; i++)
		memcpy(text + 13 + 3 * i, "'',", 3);
	wants(text, 500, &limits, -E2BIG, "1:158: parse error: the expression has more than 50 parts");
}

static void nothing_fits_in_no_stack(void **state)
{
	static char text[64 << 10];

	(void)state;
	memset(text, '-', sizeof text);
	wants(text, sizeof text, &PARSE_LIMITS, -E2BIG, "1:201: parse error: the expression is more than 200 levels deep (query.depth)");
}

static const struct { const char *text, *error; } selectors[] = {
	{ "foo", NULL }, { "{a=\"b\"}", NULL }, { "foo{a=\"b\"}", NULL }, { "system.load.1m", NULL }, { "sum", NULL }, { "{\"x y\"}", NULL },
	{ "", "1:1: parse error: no expression found in input" },
	{ "foo[5m]", "1:4: parse error: unexpected \"[\"" }, { "foo offset 5m", "1:5: parse error: unexpected <offset>" },
	{ "foo @ 1", "1:5: parse error: unexpected \"@\"" }, { "1", "1:1: parse error: unexpected number \"1\"" },
	{ "(foo)", "1:1: parse error: unexpected \"(\"" }, { "foo + bar", "1:5: parse error: unexpected <op:+>" },
	{ "{}", NULL }, { "{x=\"\"}", NULL },	/* whoever asks for it decides about that */
	{ "rate(foo)", "1:5: parse error: unexpected \"(\"" },
};

static void a_selector_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++) {
		struct error err = { 0 };
		struct expr *expr = NULL;
		int r = expr_parse_selector(selectors[i].text, strlen(selectors[i].text), &PARSE_LIMITS, &expr, &err);

		if (r != (selectors[i].error ? -EINVAL : 0) || (r < 0 && strcmp(error_text(&err), selectors[i].error) != 0))
			fail_msg("\"%s\": %s", selectors[i].text, error_text(&err));
		expr_destroy(expr);
		error_clear(&err);
	}
}

static const struct { const char *text; int result; kymo_ms ms; } durations[] = {
	{ "5m", 0, 300000 }, { "1h30m", 0, 5400000 }, { "300", 0, 300000 }, { "0.5", 0, 500 }, { "1.5h", 0, 5400000 }, { ".25", 0, 250 },
	{ "0", 0, 0 }, { "1e3", 0, 1000000 }, { "5mm", -EINVAL, 0 }, { "", -EINVAL, 0 }, { "-5", -EINVAL, 0 }, { "NaN", -EINVAL, 0 }, { "1e30", -ERANGE, 0 },
	{ "1000y", -ERANGE, 0 }, { "5 m", -EINVAL, 0 }, { "Inf", -EINVAL, 0 },
};

static void durations_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
		kymo_ms ms = 0;
		int r = promql_duration_parse(durations[i].text, &ms);

		if (r != durations[i].result || (r == 0 && ms != durations[i].ms))
			fail_msg("\"%s\": %d, %lld", durations[i].text, r, (long long)ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_bind),
		cmocka_unit_test(nodes_know_their_place),
		cmocka_unit_test(a_selector_holds_all),
		cmocka_unit_test(matching_is_told),
		cmocka_unit_test(types_are_known),
		cmocka_unit_test(trees_have_limits),
		cmocka_unit_test(nothing_fits_in_no_stack),
		cmocka_unit_test(a_selector_alone),
		cmocka_unit_test(durations_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

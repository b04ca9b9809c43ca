/* SPDX-License-Identifier: MIT */
/*
 * promql_property.c - random expressions in random spellings: parsed, printed on
 * one line or over several, and parsed again they are the same tree; and text with
 * a random change is refused or parsed, never worse.
 */
#include "promql/parse.h"
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { CASES = 4000, CHANGES = 8000, DEPTH = 6 };

struct made {
	struct random random;
	struct buf text;
};

static const char *any_of(struct made *m, const char *const *words, uint32_t n)
{
	return words[random_below(&m->random, n)];
}
#define ANY_OF(m, ...) \
	any_of(m, (const char *const[]){ __VA_ARGS__ }, sizeof (const char *const[]){ __VA_ARGS__ } / sizeof(const char *))

static void put(struct made *m, const char *text)
{
	buf_add_text(&m->text, text);
}

/* Space, or none, or a comment. */
static void gap(struct made *m)
{
	put(m, ANY_OF(m, "", "", " ", "\n\t", " # x ) \" }\n"));
}

static void word(struct made *m, const char *text)
{
	put(m, ANY_OF(m, " ", "  ", "\n"));
	for (bool up = random_below(&m->random, 4) == 0; *text; text++)
		buf_add_u8(&m->text, (uint8_t)(up && *text >= 'a' && *text <= 'z' ? *text - 32 : *text));
	put(m, " ");
}

static void name(struct made *m)
{
	put(m, ANY_OF(m, "foo", "b", "job:rate5m", "system.load.1m", "sum", "offset", "and", "by", "start", "_x", "limitk"));
}

static void number(struct made *m)
{
	put(m, ANY_OF(m, "0", "1", "3.25", ".5", "1e9", "1E-7", "0x2A", "017", "1_000", "Inf", "nan", "5m", "1h30m", "250ms", "1.7976931348623157e308",
		      "5e-324", "0.1"));
}

static void duration(struct made *m)
{
	put(m, ANY_OF(m, "5m", "1h30m", "300", "0.5", "1w", "7ms", "1e3"));
}

static void string(struct made *m)
{
	put(m, ANY_OF(m, "\"\"", "'a b'", "`\\d`", "\"\\n\\\"\\u00e9\"", "'\\''", "\"\\x01\"", "\"caf\xc3\xa9\"", "`\"`"));
}

static void labels(struct made *m)
{
	gap(m);
	put(m, "(");
	for (uint32_t n = random_below(&m->random, 4); n; n--) {
		gap(m);
		put(m, ANY_OF(m, "a", "b", "c", "on", "sum", "\"x y\"", "a.b", "bool", "'d'"));
		put(m, n > 1 || random_below(&m->random, 4) == 0 ? "," : "");
	}
	put(m, ")");
}

static void shifts(struct made *m)
{
	bool offset = random_below(&m->random, 4) == 0, at = random_below(&m->random, 4) == 0, first = random_below(&m->random, 2);

	for (int i = 0; i < 2; i++) {
		if ((i == 0) == first && offset) {
			word(m, "offset");
			put(m, ANY_OF(m, "", "-", "- "));
			duration(m);
		} else if ((i == 0) != first && at) {
			put(m, " @ ");
			put(m, ANY_OF(m, "start()", "end ( )", "1234.5", "-7", "1m40s", "+0"));
		}
	}
}

static void braces(struct made *m, bool named)
{
	put(m, "{");
	gap(m);
	if (!named)
		put(m, ANY_OF(m, "'a metric',", "\"foo\",", "z!='',", "__name__=~\"x.+\","));
	for (uint32_t n = random_below(&m->random, 3); n; n--) {
		put(m, ANY_OF(m, "a", "by", "'x y'", "host.name", "inf"));
		gap(m);
		put(m, ANY_OF(m, "=", "!="));
		gap(m);
		string(m);
		put(m, ",");
	}
	put(m, ANY_OF(m, "r=~'a|b.*'", "r!~\"[a-z]+\"", ""));
	put(m, "}");
}

static void selector(struct made *m)
{
	bool named = random_below(&m->random, 3) != 0;

	if (named)
		name(m);
	if (!named || random_below(&m->random, 2))
		braces(m, named);
}

static void vector(struct made *m, int depth);

static void matrix(struct made *m, int depth)
{
	if (random_below(&m->random, 2)) {
		selector(m);
		put(m, "[");
		duration(m);
	} else {
		put(m, "(");
		vector(m, depth - 1);
		put(m, ")[");
		duration(m);
		gap(m);
		put(m, ":");
		gap(m);
		if (random_below(&m->random, 2))
			duration(m);
	}
	put(m, "]");
	shifts(m);
}

static void scalar(struct made *m, int depth)
{
	switch (depth > 0 ? random_below(&m->random, 6) : 0) {
	case 1:
		put(m, "(");
		scalar(m, depth - 1);
		put(m, ")");
		return;
	case 2:
		put(m, ANY_OF(m, "-", "+", "- "));
		scalar(m, depth - 1);
		return;
	case 3:
		scalar(m, depth - 1);
		put(m, ANY_OF(m, " + ", "-", "*", "/", "%", " ^ ", " atan2 ", "== bool ", ">bool "));
		scalar(m, depth - 1);
		return;
	case 4:
		put(m, "scalar(");
		vector(m, depth - 1);
		put(m, ")");
		return;
	case 5:
		put(m, ANY_OF(m, "time()", "pi ()"));
		return;
	default:
		number(m);
	}
}

static void aggregate(struct made *m, int depth)
{
	const char *by = ANY_OF(m, "", "by", "without"), *param = ANY_OF(m, "", "", "topk", "quantile", "limit_ratio");
	bool before = random_below(&m->random, 2);

	put(m, *param ? param : ANY_OF(m, "sum", "AVG", "min", "max", "count", "group", "stddev", "stdvar"));
	if (*by && before) {
		word(m, by);
		labels(m);
	}
	gap(m);
	put(m, "(");
	if (*param) {
		scalar(m, depth - 1);
		put(m, ",");
	}
	vector(m, depth - 1);
	put(m, ")");
	if (*by && !before) {
		word(m, by);
		labels(m);
	}
}

static void call(struct made *m, int depth)
{
	const char *function = ANY_OF(m, "rate", "holt_winters", "abs", "label_replace", "round", "sort_by_label", "predict_linear");

	put(m, function);
	put(m, "(");
	if (!strcmp(function, "rate") || !strcmp(function, "holt_winters") || !strcmp(function, "predict_linear"))
		matrix(m, depth);
	else
		vector(m, depth - 1);
	for (uint32_t n = !strcmp(function, "holt_winters") ? 2 : !strcmp(function, "predict_linear") || !strcmp(function, "round"); n; n--) {
		put(m, ",");
		scalar(m, depth - 1);
	}
	for (uint32_t n = !strcmp(function, "label_replace") ? 4 : !strcmp(function, "sort_by_label") ? random_below(&m->random, 3) : 0; n; n--) {
		put(m, ",");
		string(m);
	}
	put(m, ")");
}

static void matching(struct made *m, bool may_group)
{
	if (random_below(&m->random, 2))
		return;
	word(m, ANY_OF(m, "on", "ignoring"));
	put(m, ANY_OF(m, "()", "(l, k)", "(\"m n\",)"));
	if (!may_group || random_below(&m->random, 2))
		return;
	word(m, ANY_OF(m, "group_left", "group_right"));
	if (random_below(&m->random, 2))
		labels(m);
	else
		put(m, "()");
}

static void binary(struct made *m, int depth)
{
	bool is_set = random_below(&m->random, 4) == 0, compares = !is_set && random_below(&m->random, 2);

	vector(m, depth - 1);
	if (is_set)
		word(m, ANY_OF(m, "and", "or", "unless"));
	else
		put(m, compares ? ANY_OF(m, " == ", "!=", ">", "<", ">=", "<=") : ANY_OF(m, " + ", "-", "*", "/", "%", "^", " atan2 "));
	if (compares && random_below(&m->random, 2))
		word(m, "bool");
	matching(m, !is_set);
	if (!is_set)
		put(m, ANY_OF(m, "", "", "", "", " fill(0)", " fill_left ( -1e9)", " Fill_Right(+Inf) # x\nfill_left(NaN)"));
	gap(m);
	vector(m, depth - 1);
}

static void vector(struct made *m, int depth)
{
	switch (depth > 0 ? random_below(&m->random, 7) : 0) {
	case 1:
		put(m, "(");
		vector(m, depth - 1);
		put(m, ")");
		return;
	case 2:
		put(m, ANY_OF(m, "-", "+", "- "));
		vector(m, depth - 1);
		return;
	case 3:
		aggregate(m, depth);
		return;
	case 4:
		call(m, depth);
		return;
	case 5:
		binary(m, depth);
		return;
	case 6:		/* in brackets, for a number must not meet on, ignoring or a set operator */
		put(m, "(");
		vector(m, depth - 1);
		put(m, ANY_OF(m, " + ", "-", "*", "/", "%", " ^ ", " atan2 ", "== bool ", "> "));
		scalar(m, depth - 1);
		put(m, ")");
		return;
	default:
		selector(m);
		put(m, ANY_OF(m, "", "", "", "", " smoothed", " Smoothed "));
		shifts(m);
	}
}

static void make(struct made *m)
{
	buf_clear(&m->text);
	switch (random_below(&m->random, 5)) {
	case 0: scalar(m, DEPTH); break;
	case 1: matrix(m, DEPTH); break;
	default: vector(m, DEPTH); break;
	}
}

static struct expr *parsed(const char *text, const char *from)
{
	struct error err = { 0 };
	struct expr *expr = NULL;

	if (expr_parse(text, strlen(text), &PARSE_LIMITS, &expr, &err) < 0)
		fail_msg("%s\n%s\nfrom %s", error_text(&err), text, from);
	return expr;
}

static void check_again(const struct expr *expr, struct buf *printed)
{
	const char *text = buf_text(printed);
	AUTO(expr) again = parsed(text, expr_text(expr));
	AUTO_BUF line = { 0 }, line_again = { 0 };

	if (!node_equal(expr_root(expr), expr_root(again)))
		fail_msg("not the same:\n%s\n%s", expr_text(expr), text);
	node_print(expr_root(expr), &line);
	node_print(expr_root(again), &line_again);
	assert_string_equal(buf_text(&line), buf_text(&line_again));
}

static void printed_and_parsed_it_is_the_same(void **state)
{
	struct made m = { random_seed(1) };
	uint32_t long_ones = 0;

	(void)state;
	for (int i = 0; i < CASES; i++) {
		AUTO_BUF line = { 0 }, lines = { 0 };

		make(&m);
		AUTO(expr) expr = parsed(buf_text(&m.text), "");
		node_print(expr_root(expr), &line);
		node_pretty(expr_root(expr), &lines);
		long_ones += memchr(lines.data, '\n', lines.len) != NULL;
		check_again(expr, &line);
		check_again(expr, &lines);
	}
	assert_in_range(long_ones, CASES / 20, CASES);	/* both ways were seen */
	buf_fini(&m.text);
}

static void change(struct made *m)
{
	uint32_t at = random_below(&m->random, (uint32_t)m->text.len);

	switch (random_below(&m->random, 3)) {
	case 0:
		m->text.data[at] = (uint8_t)random_below(&m->random, 128);
		return;
	case 1:
		m->text.len = at;
		return;
	default:
		memmove(m->text.data + at, m->text.data + at + 1, m->text.len - at - 1);
		m->text.len--;
	}
}

static void a_change_does_no_harm(void **state)
{
	struct made m = { random_seed(2) };
	uint32_t refused = 0;

	(void)state;
	for (int i = 0; i < CHANGES; i++) {
		struct error err = { 0 };
		AUTO(expr) expr = NULL;

		make(&m);
		change(&m);
		if (expr_parse((const char *)m.text.data, m.text.len, &PARSE_LIMITS, &expr, &err) < 0) {
			refused++;
			assert_non_null(strstr(error_text(&err), ": parse error: "));
		}
		error_clear(&err);
	}
	assert_in_range(refused, CHANGES / 4, CHANGES);
	buf_fini(&m.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printed_and_parsed_it_is_the_same),
		cmocka_unit_test(a_change_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "eval/rows.h"
#include "util/check.h"

static const char floats[] = "l 1 2 _ _ 3 _ 4 5 NaN +Inf -Inf\nr 4 _ _ 5 3 7 -1 20 NaN +Inf -Inf\n";

static void with_a_number(void **state)
{
	static const struct row rows[] = {
		{ "l + 1", "{} 2 3 _ _ 4 _ 5 6 NaN +Inf -Inf\n" },
		{ "1 - l", "{} 0 -1 _ _ -2 _ -3 -4 NaN -Inf +Inf\n" },
		{ "l / 0", "{} +Inf +Inf _ _ +Inf _ +Inf +Inf NaN +Inf -Inf\n" },
		{ "l * 2 % 3", "{} 2 1 _ _ 0 _ 2 1 NaN NaN NaN\n" },
		{ "2 ^ l", "{} 2 4 _ _ 8 _ 16 32 NaN +Inf 0\n" },
		{ "l == 3", "l _ _ _ _ 3 _ _ _ _ _ _\n" },
		{ "l != 3", "l 1 2 _ _ _ _ 4 5 NaN +Inf -Inf\n" },
		{ "l >= bool 3", "{} 0 0 _ _ 1 _ 1 1 0 1 0\n" },
		{ "3 < l", "l _ _ _ _ _ _ 4 5 _ +Inf _\n" },
		{ "3 >= l", "l 1 2 _ _ 3 _ _ _ _ _ -Inf\n" },
		{ "NaN == l", "" },
		{ "NaN == bool l", "{} 0 0 _ _ 0 _ 0 0 0 0 0\n" },
		{ "l > time()", "l 1 2 _ _ _ _ _ _ _ +Inf _\n" },
		{ "-l", "{} -1 -2 _ _ -3 _ -4 -5 NaN -Inf +Inf\n" },
		{ "+l", "l 1 2 _ _ 3 _ 4 5 NaN +Inf -Inf\n" },
	};

	(void)state;
	check_rows(floats, 11, rows, COUNT_OF(rows));
}

static void between_two_series(void **state)
{
	static const struct row rows[] = {
		{ "l + r", "{} 5 _ _ _ 6 _ 3 25 NaN +Inf -Inf\n" },
		{ "l == r", "l _ _ _ _ 3 _ _ _ _ +Inf -Inf\n" },
		{ "l == bool r", "{} 0 _ _ _ 1 _ 0 0 0 1 1\n" },
		{ "l != r", "l 1 _ _ _ _ _ 4 5 NaN _ _\n" },
		{ "l > r", "l _ _ _ _ _ _ 4 _ _ _ _\n" },
		{ "l <= r", "l 1 _ _ _ 3 _ _ 5 _ +Inf -Inf\n" },
		{ "l < on () r", "{} 1 _ _ _ _ _ _ 5 _ _ _\n" },
		{ "l < ignoring (__name__) r", "{} 1 _ _ _ _ _ _ 5 _ _ _\n" },
		{ "l atan2 r", "{} 0.24497866312686414 _ _ _ 0.7853981633974483 _ 1.8157749899217608 0.24497866312686414 NaN "
		  "0.7853981633974483 -2.356194490192345\n" },
		{ "l and r", "l 1 _ _ _ 3 _ 4 5 NaN +Inf -Inf\n" },
		{ "l unless r", "l _ 2 _ _ _ _ _ _ _ _ _\n" },
		{ "l or r", "l 1 2 _ _ 3 _ 4 5 NaN +Inf -Inf\nr _ _ _ 5 _ 7 _ _ _ _ _\n" },
		{ "-l or -r", "{} -1 -2 _ -5 -3 -7 -4 -5 NaN -Inf +Inf\n" },
		{ "l or nothing", "l 1 2 _ _ 3 _ 4 5 NaN +Inf -Inf\n" },
		{ "nothing or r", "r 4 _ _ 5 3 7 -1 20 NaN +Inf -Inf\n" },
		{ "l and nothing", "" },
		{ "l + nothing", "" },
	};

	(void)state;
	check_rows(floats, 11, rows, COUNT_OF(rows));
}

static void names_that_fall_off(void **state)
{
	static const char columns[] = "a{x=\"1\"} 1 _\nb{x=\"1\"} _ 2\na{x=\"2\"} 3 4\nb{x=\"2\"} _ 5\n";
	static const struct row rows[] = {
		{ "-{x=\"1\"}", "{x=\"1\"} -1 -2\n" },
		{ "{x=\"1\"} * 2", "{x=\"1\"} 2 4\n" },
		{ "-{x=\"2\"}", "error: vector cannot contain metrics with the same labelset\n" },
		{ "{x=\"2\"} > bool 1", "error: vector cannot contain metrics with the same labelset\n" },
		{ "{x=\"2\"} > 1", "a{x=\"2\"} 3 4\nb{x=\"2\"} _ 5\n" },
		{ "{x=\"1\"} + {x=\"1\"}", "{x=\"1\"} 2 4\n" },
		{ "{x=\"1\"} > bool on (x) a", "{x=\"1\"} 0 _\n" },
		{ "a + on (__name__, x) a", "{x=\"1\"} 2 _\n{x=\"2\"} 6 8\n" },
		{ "{x=\"2\"} + on (__name__, x) {x=\"2\"}", "error: vector cannot contain metrics with the same labelset\n" },
	};

	(void)state;
	check_rows(columns, 2, rows, COUNT_OF(rows));
}

static const char nodes[] =
	"var{i=\"abc\",j=\"node\"} 2\n"
	"role{i=\"abc\",j=\"node\",role=\"prometheus\"} 1\n"
	"cpu{i=\"abc\",j=\"node\",mode=\"idle\"} 3\n"
	"cpu{i=\"abc\",j=\"node\",mode=\"user\"} 1\n"
	"cpu{i=\"def\",j=\"node\",mode=\"idle\"} 8\n"
	"cpu{i=\"def\",j=\"node\",mode=\"user\"} 2\n"
	"random{foo=\"bar\"} 1\n"
	"threshold{i=\"abc\",j=\"node\",target=\"a@b.com\"} 0\n";

static void many_to_one(void **state)
{
	static const struct row rows[] = {
		{ "role * on (i) group_right (role) var", "{i=\"abc\",j=\"node\",role=\"prometheus\"} 2\n" },
		{ "var * on (i) group_left (role) role", "{i=\"abc\",j=\"node\",role=\"prometheus\"} 2\n" },
		{ "var * ignoring (role) group_left (role) role", "{i=\"abc\",j=\"node\",role=\"prometheus\"} 2\n" },
		{ "cpu * ignoring (role, mode) group_left (role) role",
		  "{i=\"abc\",j=\"node\",mode=\"idle\",role=\"prometheus\"} 3\n{i=\"abc\",j=\"node\",mode=\"user\",role=\"prometheus\"} 1\n" },
		{ "cpu / on (i) group_left sum by (i, j) (cpu)",
		  "{i=\"abc\",j=\"node\",mode=\"idle\"} 0.75\n{i=\"abc\",j=\"node\",mode=\"user\"} 0.25\n"
		  "{i=\"def\",j=\"node\",mode=\"idle\"} 0.8\n{i=\"def\",j=\"node\",mode=\"user\"} 0.2\n" },
		{ "cpu + on (dummy) group_left (foo) random * 0",
		  "{foo=\"bar\",i=\"abc\",j=\"node\",mode=\"idle\"} 3\n{foo=\"bar\",i=\"abc\",j=\"node\",mode=\"user\"} 1\n"
		  "{foo=\"bar\",i=\"def\",j=\"node\",mode=\"idle\"} 8\n{foo=\"bar\",i=\"def\",j=\"node\",mode=\"user\"} 2\n" },
		{ "cpu > on (j, i) group_left (target) threshold",
		  "cpu{i=\"abc\",j=\"node\",mode=\"idle\",target=\"a@b.com\"} 3\ncpu{i=\"abc\",j=\"node\",mode=\"user\",target=\"a@b.com\"} 1\n" },
		{ "cpu > on (j, i) group_left (target) (threshold or on (j, i) (sum by (j, i) (cpu) * 0 + 1))",
		  "cpu{i=\"abc\",j=\"node\",mode=\"idle\",target=\"a@b.com\"} 3\ncpu{i=\"abc\",j=\"node\",mode=\"user\",target=\"a@b.com\"} 1\n"
		  "cpu{i=\"def\",j=\"node\",mode=\"idle\"} 8\ncpu{i=\"def\",j=\"node\",mode=\"user\"} 2\n" },
		{ "threshold < on (i) group_right cpu", "cpu{i=\"abc\",j=\"node\",mode=\"idle\"} 0\ncpu{i=\"abc\",j=\"node\",mode=\"user\"} 0\n" },
		{ "random + on () var", "{} 3\n" },
	};

	(void)state;
	check_rows(nodes, 1, rows, COUNT_OF(rows));
}

#define TWICE(group, side, two) "error: found duplicate series for the match group " group " on the " side " hand-side of the operation: [" two "];" \
	"many-to-many matching not allowed: matching labels must be unique on one side\n"

static void partners_that_are_not_unique(void **state)
{
	static const char columns[] =
		"many{l=\"foo\",j=\"t\"} 0 _\nmany{l=\"bar\",j=\"t\"} 1 2\none{j=\"t\"} 1 1\ndup{label=\"beta\"} 2 _\ndup{label=\"alpha\"} 1 2\nscalar 3 3\n"
		"late _ 3\nother{j=\"t\",l=\"x\"} 1 2\n";
	static const struct row rows[] = {
		{ "many > on (j) one", "error: multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)\n" },
		{ "many <= on (j) one", "error: multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)\n" },
		{ "many{l=\"bar\"} + on (j) one", "{j=\"t\"} 2 3\n" },
		{ "scalar > on () dup", TWICE("{}", "right", "{__name__=\"dup\", label=\"alpha\"}, {__name__=\"dup\", label=\"beta\"}") },
		{ "dup > on () group_right scalar", TWICE("{}", "left", "{__name__=\"dup\", label=\"alpha\"}, {__name__=\"dup\", label=\"beta\"}") },
		{ "late > on () dup", "{} _ 3\n" },
		{ "one + on (j) many", TWICE("{j=\"t\"}", "right", "{__name__=\"many\", j=\"t\", l=\"bar\"}, {__name__=\"many\", j=\"t\", l=\"foo\"}") },
		{ "many + on (j) group_left (l) other", "error: multiple matches for labels: grouping labels must ensure unique matches\n" },
		{ "many > on (j) group_left (l) other", "error: multiple matches for labels: grouping labels must ensure unique matches\n" },
		{ "many + on (j) group_left (none) other", "{j=\"t\",l=\"foo\"} 1 _\n{j=\"t\",l=\"bar\"} 2 4\n" },
	};

	(void)state;
	check_rows(columns, 2, rows, COUNT_OF(rows));
}

/* One series ends and another begins: results join, or part where their labels do. */
static void partners_over_time(void **state)
{
	static const char columns[] =
		"a{p=\"1\"} 1 2 _ _\na{p=\"2\"} _ _ 3 4\nb{v=\"1\"} 10 _ 10 _\nb{v=\"2\"} _ 20 _ 20\nc{p=\"1\"} 5 5 _ _\nc{p=\"2\"} _ _ 6 6\n";
	static const struct row rows[] = {
		{ "a + on () b", "{} 11 22 13 24\n" },
		{ "a + ignoring (p, v) b", "{} 11 22 13 24\n" },
		{ "a + ignoring (p) c", "{} 6 7 9 10\n" },
		{ "a < ignoring (p, v) b", "a 1 2 3 4\n" },
		{ "a + on () group_left b", "{p=\"1\"} 11 22 _ _\n{p=\"2\"} _ _ 13 24\n" },
		{ "a + on () group_left (v) b", "{p=\"1\",v=\"1\"} 11 _ _ _\n{p=\"1\",v=\"2\"} _ 22 _ _\n{p=\"2\",v=\"1\"} _ _ 13 _\n{p=\"2\",v=\"2\"} _ _ _ 24\n" },
		{ "a and on () b{v=\"1\"}", "a{p=\"1\"} 1 _ _ _\na{p=\"2\"} _ _ 3 _\n" },
		{ "a unless on () b{v=\"1\"}", "a{p=\"1\"} _ 2 _ _\na{p=\"2\"} _ _ _ 4\n" },
		{ "a{p=\"1\"} or on () a", "a{p=\"2\"} _ _ 3 4\na{p=\"1\"} 1 2 _ _\n" },
		{ "sum(a{p=\"1\"}) or sum(a{p=\"2\"})", "{} 1 2 3 4\n" },
		{ "b{v=\"1\"} or on () b", "b{v=\"2\"} _ 20 _ 20\nb{v=\"1\"} 10 _ 10 _\n" },
	};

	(void)state;
	check_rows(columns, 4, rows, COUNT_OF(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_a_number),
		cmocka_unit_test(between_two_series),
		cmocka_unit_test(names_that_fall_off),
		cmocka_unit_test(many_to_one),
		cmocka_unit_test(partners_that_are_not_unique),
		cmocka_unit_test(partners_over_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

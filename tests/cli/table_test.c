/* SPDX-License-Identifier: MIT */
/* table_test.c - columns line up, whatever is in them. */
#include "cli/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault/fault.h"

#include <errno.h>

static const struct column columns[] = { { "NAME" }, { "VALUE", true }, { "UNIT" } };
static const struct column bare[] = { { NULL }, { NULL, true } };

static void fill(struct table *table, const char *const *cells, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add_text(table_cell(table), cells[i]);
}

#define FILL(table, ...) \
	fill(table, (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void expect(struct table *table, const char *text)
{
	AUTO_BUF out = { 0 };

	table_print(table, &out);
	assert_string_equal(buf_text(&out), text);
	assert_true(table_is_empty(table));
}

static void lines_up(void **state)
{
	struct table table = table_of(columns);

	(void)state;
	FILL(&table, "cpu", "1", "%", "memory", "12345.5", "bytes");
	expect(&table, "NAME      VALUE  UNIT\n"
		       "cpu           1  %\n"
		       "memory  12345.5  bytes\n");
}

static void counts_columns_and_not_bytes(void **state)
{
	struct table table = table_of(columns);

	(void)state;
	FILL(&table, "Ünïcöde", "1", "x", "日本", "22", "y", "e\xcc\x81", "333", "z");
	expect(&table, "NAME     VALUE  UNIT\n"
		       "Ünïcöde      1  x\n"
		       "日本        22  y\n"
		       "e\xcc\x81          333  z\n");
}

static void is_not_wider_than_a_terminal(void **state)
{
	struct table table = table_of(columns);

	(void)state;
	table.most = 14;
	FILL(&table, "cpu", "1", "%", "日本日本", "22", "bytes");
	expect(&table, "NAME      VAL…\n"
		       "cpu          …\n"
		       "日本日本     …\n");
	table.most = 9;
	FILL(&table, "日本日本日本", "22", "bytes");
	expect(&table, "NAME    …\n"
		       "日本日本…\n");
}

static void leaves_out_what_is_empty(void **state)
{
	struct table table = table_of(columns);

	(void)state;
	expect(&table, "");
	FILL(&table, "a", "1", "", "bc", "", "");
	expect(&table, "NAME  VALUE\n"
		       "a         1\n"
		       "bc        -\n");
	FILL(&table, "a", "1", "", "b", "2", "s");
	expect(&table, "NAME  VALUE  UNIT\n"
		       "a         1  -\n"
		       "b         2  s\n");
}

static void has_no_titles_if_the_first_is_none(void **state)
{
	struct table table = table_of(bare);

	(void)state;
	FILL(&table, "uptime", "1h", "series", "17");
	expect(&table, "uptime  1h\n"
		       "series  17\n");
}

static void prints_whole_rows(void **state)
{
	struct table table = table_of(columns);

	(void)state;
	FILL(&table, "a", "1", "x", "b");
	expect(&table, "NAME  VALUE  UNIT\n"
		       "a         1  x\n");
	FILL(&table, "", "", "");
	expect(&table, "");
}

static void is_all_there_or_failed(void **state)
{
	unsigned n = 1;

	(void)state;
	for (;; n++) {
		struct table table = table_of(columns);
		AUTO_BUF out = { 0 };

		fault_at(FAULT_MEMORY, n, ENOMEM);
		for (int i = 0; i < 20; i++)
			FILL(&table, "a name that is long", "1", "x");
		table_print(&table, &out);
		if (!fault_off())
			break;
		assert_true(buf_failed(&out));
	}
	assert_true(n > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_up),
		cmocka_unit_test(is_not_wider_than_a_terminal),
		cmocka_unit_test(counts_columns_and_not_bytes),
		cmocka_unit_test(leaves_out_what_is_empty),
		cmocka_unit_test(has_no_titles_if_the_first_is_none),
		cmocka_unit_test(prints_whole_rows),
		cmocka_unit_test(is_all_there_or_failed),
	};

	return cmocka_run_group_tests_name("cli/table", tests, NULL, NULL);
}

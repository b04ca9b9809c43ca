/* SPDX-License-Identifier: MIT */
/* show_test.c - members of an answer as text; what is missing or of another type does no harm. */
#include "cli/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static cJSON *tree;

static int parse(void **state)
{
	(void)state;
	tree = cJSON_Parse("{\"name\":\"a.b\",\"labels\":{\"x\":\"1\",\"y\":\"q\\\"\\u001b[2J\"},\"store\":{\"bytes\":2048,\"n\":7},"
			   "\"at\":1700000000123,\"never\":null,\"span\":5400000,\"nan\":\"NaN\",\"v\":0.1,\"bad\":[],\"minus\":-1}");
	return tree ? 0 : -1;
}

static int forget(void **state)
{
	(void)state;
	cJSON_Delete(tree);
	return 0;
}

static void members_as_text(void **state)
{
	char text[SHOW_TEXT];

	(void)state;
	assert_string_equal(show_text(tree, "name"), "a.b");
	assert_string_equal(show_count(tree, "store.n", text), "7");
	assert_string_equal(show_size(tree, "store.bytes", text), "2.00 KiB");
	assert_string_equal(show_time(tree, "at", text), "2023-11-14T22:13:20.123Z");
	assert_string_equal(show_span(tree, "span", text), "1h30m");
	assert_string_equal(show_value(tree, "nan", text), "NaN");
	assert_string_equal(show_value(tree, "v", text), "0.1");
	assert_string_equal(show_value(show_find(tree, "v"), "", text), "0.1");
}

static void what_is_not_there(void **state)
{
	char text[SHOW_TEXT];

	(void)state;
	assert_string_equal(show_text(tree, "store.name.first"), "-");
	assert_string_equal(show_text(tree, "bad"), "-");
	assert_string_equal(show_text(NULL, "name"), "-");
	assert_string_equal(show_count(tree, "bad", text), "0");
	assert_string_equal(show_time(tree, "never", text), "-");
	assert_string_equal(show_span(tree, "minus", text), "-");
	assert_string_equal(show_size(tree, "name", text), "-");
	assert_string_equal(show_value(tree, "bad", text), "-");
}

static void a_series_is_a_selector_and_steers_no_terminal(void **state)
{
	AUTO_BUF out = { 0 };

	(void)state;
	show_series(tree, &out);
	assert_string_equal(buf_text(&out), "a.b{x=\"1\",y=\"q\\\"\\x1b[2J\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_as_text),
		cmocka_unit_test(what_is_not_there),
		cmocka_unit_test(a_series_is_a_selector_and_steers_no_terminal),
	};

	return cmocka_run_group_tests(tests, parse, forget);
}

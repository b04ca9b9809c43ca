/* SPDX-License-Identifier: MIT */
/* show_test.c - what the daemon says as text, also what it should not say. */
#include "cli/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

static const struct { show_add *add; const char *json, *text; } rows[] = {
	{ show_text, "\"a\\u0007\"", "a\\x07" },
	{ show_text, "7", "" },
	{ show_value, "0.1", "0.1" },
	{ show_value, "\"NaN\"", "NaN" },
	{ show_value, "null", "" },
	{ show_value, "[1]", "" },
	{ show_time, "1769860800250", "2026-01-31T12:00:00.250+00:00" },
	{ show_time, "null", "" },
	{ show_time, "1e300", "" },
	{ show_time, "-1e300", "" },
	{ show_span, "5400000", "1h30m" },
	{ show_span, "\"1h\"", "" },
	{ show_ns, "1240000", "1.24 ms" },
	{ show_size, "1489000", "1.42 MiB" },
	{ show_list, "[]", "" },
	{ show_list, "[\"a\", 5, \"b\\n\"]", "a,,b\\n" },
	{ show_series, "{\"name\": \"up\", \"labels\": {}}", "up" },
	{ show_series, "{\"name\": \"up\", \"labels\": {\"a\": \"x\\\"y\", \"b\": \"\\\\\\n\", \"c\": 5}}",
	  "up{a=\"x\\\"y\",b=\"\\\\\\n\"}" },
	{ show_series, "{\"labels\": [\"a\"]}", "" },
	{ show_series, "5", "" },
	{ show_unit, "{\"unit\": \"bytes\", \"value\": 1489000}", "bytes (1.42 MiB)" },
	{ show_unit, "{\"unit\": \"bytes\", \"value\": 1023}", "bytes" },
	{ show_unit, "{\"unit\": \"seconds\", \"value\": 5400.5}", "seconds (1h30m)" },
	{ show_unit, "{\"unit\": \"seconds\", \"value\": \"NaN\"}", "seconds" },
	{ show_unit, "{\"unit\": \"seconds\", \"value\": 1e300}", "seconds" },
	{ show_unit, "{\"unit\": \"\", \"value\": 5}", "" },
};

static void says_what_is_there(void **state)
{
	AUTO_BUF out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cJSON *tree = cJSON_Parse(rows[i].json);

		assert_non_null(tree);
		rows[i].add(&out, tree);
		if (strcmp(buf_text(&out), rows[i].text) != 0)
			fail_msg("%s: \"%s\" instead of \"%s\"", rows[i].json, buf_text(&out), rows[i].text);
		buf_clear(&out);
		cJSON_Delete(tree);
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		rows[i].add(&out, NULL);
	assert_int_equal(out.len, 0);
}

static void finds_by_path(void **state)
{
	cJSON *tree = cJSON_Parse("{\"a\": {\"b\": {\"c\": 5, \"d\": \"x\"}}, \"n\": null}");

	(void)state;
	assert_true(show_number(tree, "a.b.c") == 5);
	assert_true(show_number(tree, "a.b.d") == 0);
	assert_true(show_number(tree, "a.x.c") == 0);
	assert_true(show_number(tree, "n.b") == 0);
	assert_string_equal(show_word(tree, "a.b.d"), "x");
	assert_string_equal(show_word(tree, "a.b.c"), "");
	assert_string_equal(show_word(NULL, "a"), "");
	assert_null(show_find(tree, "A"));
	cJSON_Delete(tree);
}

static void tells_the_tiers_and_warnings(void **state)
{
	cJSON *tree = cJSON_Parse("{\"parts\": [{\"tier\": \"1m\", \"start\": 0, \"end\": 60000, \"missing\": false, \"reason\": \"\"},"
				  "{\"tier\": \"raw\", \"start\": 60000, \"end\": 61000, \"missing\": true, \"reason\": \"gone\"}, 7,"
				  "{\"tier\": \"raw\", \"start\": 61000, \"end\": 62000, \"missing\": false, \"empty\": true, \"reason\": \"in the future\"}],"
				  "\"error\": 0.011, \"warnings\": [\"mind the gap\"]}");
	AUTO_BUF out = { 0 };

	(void)state;
	show_remarks(tree, &out);
	assert_string_equal(buf_text(&out), "1m: 1970-01-01T00:00:00+00:00 to 1970-01-01T00:01:00+00:00\n"
					    "missing: 1970-01-01T00:01:00+00:00 to 1970-01-01T00:01:01+00:00, gone\n"
					    "nothing: 1970-01-01T00:01:01+00:00 to 1970-01-01T00:01:02+00:00, in the future\n"
					    "percentiles are within 1.1 %\n"
					    "warning: mind the gap\n");
	cJSON_Delete(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_there),
		cmocka_unit_test(finds_by_path),
		cmocka_unit_test(tells_the_tiers_and_warnings),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests_name("cli/show", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* json_test.c - commas by themselves, and strings that are always valid. */
#include "util/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

static void writes_a_document(void **state)
{
	AUTO_BUF buf = { 0 };
	struct json json = json_to(&buf);

	(void)state;
	json_object(&json);
	json_key(&json, "list");
	json_array(&json);
	json_integer(&json, INT64_MIN);
	json_unsigned(&json, UINT64_MAX);
	json_array(&json);
	json_end(&json);
	json_object(&json);
	json_end(&json);
	json_bool(&json, true);
	json_bool(&json, false);
	json_null(&json);
	json_end(&json);
	json_put_text(&json, "t", "x");
	json_put_text(&json, "none", NULL);
	json_put_number(&json, "n", 0.1);
	json_put_integer(&json, "i", -1);
	json_put_unsigned(&json, "u", 1);
	json_put_bool(&json, "b", true);
	json_end(&json);
	assert_string_equal(buf_text(&buf),
		"{\"list\":[-9223372036854775808,18446744073709551615,[],{},true,false,null],"
		"\"t\":\"x\",\"none\":null,\"n\":0.1,\"i\":-1,\"u\":1,\"b\":true}");
}

static void knows_no_nan(void **state)
{
	AUTO_BUF buf = { 0 };
	struct json json = json_to(&buf);

	(void)state;
	json_array(&json);
	json_number(&json, NAN);
	json_number(&json, INFINITY);
	json_number(&json, -INFINITY);
	json_number(&json, -2.5);
	json_end(&json);
	assert_string_equal(buf_text(&buf), "[null,null,null,-2.5]");
}

#define TEXT(text) text, sizeof text - 1
static const struct { const char *text; size_t n; const char *json; } strings[] = {
	{ TEXT(""), "\"\"" },
	{ TEXT("plain /text"), "\"plain /text\"" },
	{ TEXT("\"\\\n\r\t\b\f"), "\"\\\"\\\\\\n\\r\\t\\b\\f\"" },
	{ TEXT("\0\x01\x1f\x7f"), "\"\\u0000\\u0001\\u001f\x7f\"" },
	{ TEXT("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"), "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\"" },
	{ TEXT("a\xff\xc3z"), "\"a\xef\xbf\xbd\xef\xbf\xbdz\"" },
	{ TEXT("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ TEXT("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
};

static void escapes_strings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
		AUTO_BUF buf = { 0 };
		struct json json = json_to(&buf);

		json_string(&json, strings[i].text, strings[i].n);
		assert_string_equal(buf_text(&buf), strings[i].json);
	}
}

static void goes_deep(void **state)
{
	AUTO_BUF buf = { 0 };
	struct json json = json_to(&buf);

	(void)state;
	for (int i = 0; i < JSON_DEPTH; i++)
		json_array(&json);
	for (int i = 0; i < JSON_DEPTH; i++)
		json_end(&json);
	assert_int_equal(buf.len, 2 * JSON_DEPTH);
	assert_int_equal(json.depth, 0);
}

static void a_failure_sticks_in_the_buf(void **state)
{
	AUTO_BUF buf = { .limit = 10 };
	struct json json = json_to(&buf);

	(void)state;
	json_array(&json);
	json_text(&json, "much too long");
	json_end(&json);
	assert_null(buf_text(&buf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_a_document),
		cmocka_unit_test(knows_no_nan),
		cmocka_unit_test(escapes_strings),
		cmocka_unit_test(goes_deep),
		cmocka_unit_test(a_failure_sticks_in_the_buf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* form_test.c - the same query from parameters and from JSON; and every way to get one wrong. */
#include "http/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#define NOW INT64_C(1700000000000)

static int read_body(struct form *form, const char *text, cJSON **tree, struct error *err)
{
	AUTO_BUF body = { 0 };

	form_init(form, NOW);
	buf_add_text(&body, text);
	*tree = body_parse(&body, err);
	return *tree ? form_read_body(form, *tree, err) : err->code;
}

static void a_whole_body(void **state)
{
	static struct form form;
	struct kymo_query query;
	struct error err = { 0 };
	cJSON *tree = NULL;
	int r = read_body(&form,
			  "{\"names\": [\"a.*\", \"b\"], \"labels\": {\"host\": \"x\"}, \"filters\": [\"job=~y.*\", "
			  "{\"label\": \"z\", \"op\": \"!=\", \"value\": \"\"}, {\"value\": \"v\", \"label\": \"w\"}, \"p like /a=*\"],"
			  "\"start\": 1699990000.5, \"end\": \"now\", \"function\": \"p95\", \"step\": \"30s\", \"window\": 60,"
			  "\"points\": 100, \"granularity\": \"5m\"}",
			  &tree, &err);

	(void)state;
	assert_string_equal(error_text(&err), "");
	assert_int_equal(r, 0);
	assert_int_equal(form_query(&form, &query, &err), 0);
	assert_int_equal(query.n_names, 2);
	assert_string_equal(query.names[0], "a.*");
	assert_int_equal(query.n_filters, 5);
	assert_string_equal(query.filters[0].label, "host");
	assert_int_equal(query.filters[0].op, KYMO_EQUAL);
	assert_string_equal(query.filters[1].label, "job");
	assert_int_equal(query.filters[1].op, KYMO_REGEX);
	assert_string_equal(query.filters[1].value, "y.*");
	assert_int_equal(query.filters[2].op, KYMO_NOT_EQUAL);
	assert_string_equal(query.filters[2].value, "");
	assert_int_equal(query.filters[3].op, KYMO_EQUAL);
	assert_string_equal(query.filters[4].label, "p");
	assert_int_equal(query.filters[4].op, KYMO_LIKE);
	assert_string_equal(query.filters[4].value, "/a=*");
	assert_int_equal(query.start, INT64_C(1699990000500));
	assert_int_equal(query.end, NOW);
	assert_int_equal(query.function, KYMO_P95);
	assert_int_equal(query.step, 30000);
	assert_int_equal(query.window, 60000);
	assert_int_equal(query.points, 100);
	assert_int_equal(query.granularity, KYMO_5M);
	cJSON_Delete(tree);
	form_fini(&form);
}

static const struct { const char *body; kymo_ms start, end; } ranges[] = {
	{ "{\"names\":\"a\"}", 0, 0 },
	{ "{\"names\":\"a\",\"last\":\"6h\"}", NOW - 21600000, NOW },
	{ "{\"names\":\"a\",\"last\":90}", NOW - 90000, NOW },
	{ "{\"names\":\"a\",\"last\":\"1h\",\"end\":\"-1h\"}", NOW - 7200000, NOW - 3600000 },
	{ "{\"names\":\"a\",\"start\":\"-2h\"}", NOW - 7200000, NOW },
	{ "{\"names\":\"a\",\"end\":\"-2h\"}", NOW - 3 * 3600000, NOW - 7200000 },
	{ "{\"names\":\"a\",\"start\":0,\"end\":10}", 0, 10000 },
};

static void ranges_of_each_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		static struct form form;
		struct kymo_query query = { 0 };
		struct error err = { 0 };
		cJSON *tree = NULL;
		int r = read_body(&form, ranges[i].body, &tree, &err);

		if (r == 0)
			r = form_query(&form, &query, &err);
		if (r < 0 || query.start != ranges[i].start || query.end != ranges[i].end)
			fail_msg("%s: %lld %lld %s", ranges[i].body, (long long)query.start, (long long)query.end,
				 error_text(&err));
		cJSON_Delete(tree);
		form_fini(&form);
	}
}

static const struct { const char *body, *words; } bad[] = {
	{ "", "the request has no body; JSON is wanted" },
	{ "  \n", "the request has no body; JSON is wanted" },
	{ "[]", "the body: an object is wanted, not a list" },
	{ "5", "the body: an object is wanted, not a number" },
	{ "{\"names\":[\"a\"]} x", "line 1, column 17: something stands behind the end" },
	{ "{}", "no name is given (names: [\"system.*\"])" },
	{ "{\"names\":[]}", "no name is given" },
	{ "{\"names\":[\"\"]}", "a name is empty" },
	{ "{\"names\":5}", "names: a list of texts is wanted, not a number" },
	{ "{\"names\":[null]}", "names: a list of texts is wanted, not null" },
	{ "{\"name\":\"a\"}", "the body: unknown key \"name\" (did you mean \"names\"?); allowed are names, labels, filters" },
	{ "{\"names\":\"a\",\"names\":\"b\"}", "the body: the key \"names\" stands twice" },
	{ "{\"names\":\"a\",\"labels\":[]}", "labels: an object of texts is wanted, not a list" },
	{ "{\"names\":\"a\",\"labels\":{\"x\":1}}", "labels: an object of texts is wanted, not a number" },
	{ "{\"names\":\"a\",\"labels\":{\"\":\"1\"}}", "the name of a label is empty" },
	{ "{\"names\":\"a\",\"filters\":\"x=1\"}", "filters: a list is wanted, not a text" },
	{ "{\"names\":\"a\",\"filters\":[\"x\"]}", "\"x\" is not a filter" },
	{ "{\"names\":\"a\",\"filters\":[\"=x\"]}", "\"=x\" is not a filter" },
	{ "{\"names\":\"a\",\"filters\":[{\"label\":\"x\"}]}", "filters: a filter has label and value" },
	{ "{\"names\":\"a\",\"filters\":[{\"label\":\"x\",\"value\":\"y\",\"op\":\">\"}]}", "\">\"" },
	{ "{\"names\":\"a\",\"filters\":[{\"lable\":\"x\"}]}", "filters: unknown key \"lable\" (did you mean \"label\"?)" },
	{ "{\"names\":\"a\",\"filters\":[7]}", "filters: an object is wanted, not a number" },
	{ "{\"names\":\"a\",\"start\":\"x\"}", "start: \"x\" is not a time" },
	{ "{\"names\":\"a\",\"start\":true}", "start: a text or a number is wanted, not true or false" },
	{ "{\"names\":\"a\",\"end\":{}}", "end: a text or a number is wanted, not an object" },
	{ "{\"names\":\"a\",\"last\":\"0\"}", "last: \"0\" is not a span of time" },
	{ "{\"names\":\"a\",\"last\":-5}", "last: \"-5\" is not a span of time" },
	{ "{\"names\":\"a\",\"last\":1e300}", "last: \"1e+300\" is not a span of time" },
	{ "{\"names\":\"a\",\"last\":\"1h\",\"start\":\"-2h\"}", "start and last: only one of them can be given" },
	{ "{\"names\":\"a\",\"step\":\"5x\"}", "step: \"5x\" is not a span of time (write 30s, 5m or 1h30m)" },
	{ "{\"names\":\"a\",\"window\":\"\"}", "window: \"\" is not a span of time" },
	{ "{\"names\":\"a\",\"points\":0}", "points: \"0\" is not a number of points" },
	{ "{\"names\":\"a\",\"points\":1.5}", "points: \"1.5\" is not a number of points" },
	{ "{\"names\":\"a\",\"points\":5000000000}", "is not a number of points" },
	{ "{\"names\":\"a\",\"function\":\"median\"}", "median" },
	{ "{\"names\":\"a\",\"granularity\":\"2m\"}", "2m" },
	{ "{\"names\":[[[[[[[[[[[[[[[[\"a\"]]]]]]]]]]]]]]]]}", "nested too deep" },
};

static void each_mistake_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		static struct form form;
		struct kymo_query query;
		struct error err = { 0 };
		cJSON *tree = NULL;
		int r = read_body(&form, bad[i].body, &tree, &err);

		if (r == 0)
			r = form_query(&form, &query, &err);
		if (r != -EINVAL || !strstr(error_text(&err), bad[i].words))
			fail_msg("%s: %d, \"%s\" instead of \"%s\"", bad[i].body, r, error_text(&err), bad[i].words);
		error_clear(&err);
		cJSON_Delete(tree);
		form_fini(&form);
	}
}

static void too_many_of_everything(void **state)
{
	static struct form form;
	struct error err = { 0 };
	int r = 0;

	(void)state;
	form_init(&form, NOW);
	for (int i = 0; i < FORM_NAMES && r == 0; i++)
		r = form_add_name(&form, "a", &err);
	assert_int_equal(r, 0);
	assert_int_equal(form_add_name(&form, "a", &err), -EINVAL);
	for (int i = 0; i < FORM_FILTERS && r == 0; i++)
		r = form_add_filter_text(&form, "a=b", &err);
	assert_int_equal(r, 0);
	assert_int_equal(form_add_filter_text(&form, "a=b", &err), -EINVAL);
	error_clear(&err);
	form_fini(&form);
}

static void parameters_mean_the_same(void **state)
{
	static struct form form;
	struct request request = { .n_parameters = 6, .parameters = { { "name", "a" }, { "label", "x!~y" }, { "name", "b" },
								      { "last", "6h" }, { "step", "60" }, { "function", "max" } } };
	struct kymo_query query;
	struct error err = { 0 };

	(void)state;
	form_init(&form, NOW);
	assert_int_equal(form_read_parameters(&form, &request, NULL, &err), 0);
	assert_int_equal(form_query(&form, &query, &err), 0);
	assert_int_equal(query.n_names, 2);
	assert_int_equal(query.filters[0].op, KYMO_NOT_REGEX);
	assert_int_equal(query.end - query.start, 21600000);
	assert_int_equal(query.step, 60000);
	assert_int_equal(query.function, KYMO_MAX);
	form_fini(&form);
	form_init(&form, NOW);
	request.parameters[3].name = "first";
	assert_int_equal(form_read_parameters(&form, &request, NULL, &err), -EINVAL);
	assert_non_null(strstr(error_text(&err), "unknown parameter \"first\""));
	error_clear(&err);
	form_fini(&form);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_body),
		cmocka_unit_test(ranges_of_each_kind),
		cmocka_unit_test(each_mistake_is_named),
		cmocka_unit_test(too_many_of_everything),
		cmocka_unit_test(parameters_mean_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

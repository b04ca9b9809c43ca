/* SPDX-License-Identifier: MIT */
/* request_test.c - times, parameters, and errors as JSON. */
#include "http/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#define NOW INT64_C(1700000000000)

static const struct { const char *text; int result; kymo_ms at; } times[] = {
	{ "now", 0, NOW },
	{ "-1h", 0, NOW - 3600000 },
	{ "-1h30m", 0, NOW - 5400000 },
	{ "now-90s", 0, NOW - 90000 },
	{ "1700000000", 0, NOW },
	{ "1700000000.5", 0, NOW + 500 },
	{ "2023-11-14T22:13:20Z", 0, NOW },
	{ "2023-11-14T23:13:20.250+01:00", 0, NOW + 250 },
	{ "-1", 0, -1000 },
	{ "", -EINVAL, 0 },
	{ "yesterday", -EINVAL, 0 },
	{ "now+1h", -EINVAL, 0 },
	{ "now-", -EINVAL, 0 },
	{ "now - 1h", -EINVAL, 0 },
	{ "-1x", -EINVAL, 0 },
	{ "1e300", -EINVAL, 0 },
	{ "NaN", -EINVAL, 0 },
	{ "2023-02-30T00:00:00Z", -EINVAL, 0 },
};

static void reads_each_spelling_of_a_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct error err = { 0 };
		kymo_ms at = 0;
		int r = request_time(times[i].text, NOW, "start", &at, &err);

		if (r != times[i].result || (r == 0 && at != times[i].at))
			fail_msg("\"%s\": %d, %lld (%s)", times[i].text, r, (long long)at, error_text(&err));
		error_clear(&err);
	}
}

static void says_what_a_time_is(void **state)
{
	struct error err = { 0 };
	kymo_ms at;

	(void)state;
	request_time("so\non", NOW, "end", &at, &err);
	assert_string_equal(error_text(&err),
			    "end: \"so\\x0aon\" is not a time (write 2026-01-31T12:00:00Z, unix seconds, now, or -1h)");
	error_clear(&err);
}

static void refuses_parameters_it_does_not_know(void **state)
{
	static const char *const allowed[] = { "name", "last", NULL }, *const repeated[] = { "name", NULL };
	struct request request = { .n_parameters = 3, .parameters = { { "name", "a" }, { "name", "b" }, { "last", "1h" } } };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(request_check_parameters(&request, allowed, repeated, &err), 0);
	request.parameters[0].name = "nmae";
	assert_int_equal(request_check_parameters(&request, allowed, repeated, &err), -EINVAL);
	assert_string_equal(error_text(&err), "unknown parameter \"nmae\" (did you mean \"name\"?); allowed: name and last");
	error_clear(&err);
	request.parameters[0].name = "last";
	assert_int_equal(request_check_parameters(&request, allowed, repeated, &err), -EINVAL);
	assert_string_equal(error_text(&err), "the parameter \"last\" stands twice");
	error_clear(&err);
	assert_int_equal(request_check_parameters(&request, (const char *const[]){ NULL }, NULL, &err), -EINVAL);
	error_clear(&err);
}

static const struct { int code; unsigned status; } codes[] = {
	{ -EINVAL, 400 }, { -EPERM, 403 }, { -ENOENT, 404 }, { -EEXIST, 409 }, { -EADDRINUSE, 409 }, { -E2BIG, 422 },
	{ -ENOTSUP, 422 }, { -ENOMEM, 503 }, { -ENOSPC, 507 }, { -EIO, 500 },
};

static void a_code_becomes_a_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		struct response response = { .status = 200 };
		struct error err = { 0 };

		response_failure(&response, codes[i].code, &err);
		if (response.status != codes[i].status)
			fail_msg("%s: %u", error_name(codes[i].code), response.status);
		buf_fini(&response.body);
	}
}

static void an_error_takes_the_place_of_half_an_answer(void **state)
{
	struct response response = { .status = 200, .content_type = "text/plain" };
	struct error err = { 0 };

	(void)state;
	buf_add_text(&response.body, "{\"series\":[");
	error_set(&err, -EINVAL, "first");
	error_set(&err, -EINVAL, "say \"second\"");
	response_failure(&response, -EINVAL, &err);
	assert_string_equal(buf_text(&response.body), "{\"error\":\"first\\nsay \\\"second\\\"\",\"status\":400}");
	assert_string_equal(response.content_type, "application/json");
	buf_fini(&response.body);
	error_clear(&err);
}

static void the_rest_of_a_path(void **state)
{
	struct request request = { .rest = "caf\xc3\xa9/stats", .rest_len = 5 };
	struct error err = { 0 };
	AUTO_FREE char *rest = request_rest(&request, &err);

	(void)state;
	assert_string_equal(rest, "caf\xc3\xa9");
	request.rest_len = 4;
	assert_null(request_rest(&request, &err));
	assert_string_equal(error_text(&err), "the path is not UTF-8");
	error_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_spelling_of_a_time),
		cmocka_unit_test(says_what_a_time_is),
		cmocka_unit_test(refuses_parameters_it_does_not_know),
		cmocka_unit_test(a_code_becomes_a_status),
		cmocka_unit_test(an_error_takes_the_place_of_half_an_answer),
		cmocka_unit_test(the_rest_of_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

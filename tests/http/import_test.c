/* SPDX-License-Identifier: MIT */
/* import_test.c - headers and parameters of text that is sent in. */
#include "fake_service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#define PATH "/api/v1/import/prometheus"

/* Asked: format, packing. NULL: 415. */
static const struct { const char *type, *encoding, *asked; } headers[] = {
	{ NULL, NULL, "0 0 " },
	{ "text/plain", NULL, "0 0 " },
	{ "Text/Plain; Version=0.0.4; charset=UTF-8", NULL, "0 0 " },
	{ "text/plain;version=\"0.0.4\";escaping=values", "identity", "0 0 " },
	{ "text/plain; version=1.0.0; escaping=allow-utf-8", NULL, "0 0 " },
	{ "text/plain ; charset=utf-8", "gzip", "0 1 " },
	{ NULL, "X-Gzip", "0 1 " },
	{ NULL, " zstd ", "0 2 " },
	{ NULL, "", "0 0 " },
	{ "application/openmetrics-text; version=1.0.0; charset=utf-8", NULL, "1 0 " },
	{ "application/openmetrics-text;version=0.0.1", NULL, "1 0 " },
	{ "application/openmetrics-text", "zstd", "1 2 " },
	{ "application/openmetrics-text; version=2.0.0", NULL, NULL },
	{ "application/openmetrics-text; version", NULL, NULL },
	{ "text/plain; version=0.0.3", NULL, NULL },
	{ "text/plain; charset=latin1", NULL, NULL },
	{ "text/html", NULL, NULL },
	{ "text/plainer", NULL, NULL },
	{ "", NULL, NULL },
	{ "application/json", NULL, NULL },
	{ "application/x-www-form-urlencoded", NULL, NULL },
	{ "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily", NULL, NULL },
	{ NULL, "snappy", NULL },
	{ NULL, "gzip, zstd", NULL },
};

static void the_headers_say_how_it_is_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct kymo fake = { .content_type = headers[i].type, .content_encoding = headers[i].encoding };
		struct response response = fake_request(&fake, "POST", PATH, NULL, "a 1", false);
		const char *wanted = headers[i].asked, *text = buf_text(&response.body);

		if (response.status != (wanted ? 204 : 415) || strncmp(fake.asked, wanted ? wanted : "", wanted ? 4 : 1) != 0)
			fail_msg("row %zu: %u %s %s", i, response.status, fake.asked, text);
		if (!wanted && !strstr(text, "openmetrics-text; version=1.0.0"))
			fail_msg("row %zu: %s", i, text);
		buf_fini(&response.body);
	}
}

static void a_form_of_curl_is_told_how_to(void **state)
{
	struct kymo fake = { .content_type = "application/x-www-form-urlencoded" };
	struct response response = fake_request(&fake, "POST", PATH, NULL, "a 1", false);

	(void)state;
	assert_non_null(strstr(buf_text(&response.body), "--data-binary"));
	buf_fini(&response.body);
}

static const struct { const char *query; const char *asked, *says; } queries[] = {
	{ "timestamp=1700000000123", "0 0 1700000000123 a 1", NULL },
	{ "timestamp=-5", "0 0 -5 a 1", NULL },
	{ "extra_label=job=x&extra_label=b=c=d&extra_label=e=&timestamp=5", "0 0 5 job=x b=c=d e= a 1", NULL },
	{ "timestamp=1.5", NULL, "milliseconds" },
	{ "timestamp=", NULL, "milliseconds" },
	{ "timestamp= 5", NULL, "milliseconds" },
	{ "timestamp=99999999999999999999", NULL, "milliseconds" },
	{ "timestamp=1&timestamp=2", NULL, "stands twice" },
	{ "extra_label=job", NULL, "is not name=value" },
	{ "extra_label==x", NULL, "is not name=value" },
	{ "extra_label=a=1&extra_label=a=2", NULL, "a stands twice" },
	{ "extra_label=__name__=x", NULL, "name of the metric" },
	{ "extra_lable=a=1", NULL, "extra_label" },
};

static void the_parameters_are_those_of_victoria_metrics(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		struct kymo fake = { 0 };
		struct response response = fake_request(&fake, "POST", PATH, queries[i].query, "a 1", false);
		const char *text = buf_text(&response.body);

		if (queries[i].asked && (response.status != 204 || strcmp(fake.asked, queries[i].asked) != 0))
			fail_msg("%s: %u %s %s", queries[i].query, response.status, fake.asked, text);
		if (queries[i].says && (response.status != 400 || !strstr(text, queries[i].says) || *fake.asked))
			fail_msg("%s: %u %s", queries[i].query, response.status, text);
		buf_fini(&response.body);
	}
}

static const struct { int result; unsigned status; bool again; } results[] = {
	{ -EBADMSG, 400, false }, { -EINVAL, 400, false }, { -EFBIG, 413, false }, { -E2BIG, 413, false },
	{ -EDQUOT, 429, true }, { -ENOSPC, 507, false }, { -EIO, 500, false }, { -ENOMEM, 503, false },
};

static void a_failure_has_its_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
		struct kymo fake = { .fails = results[i].result, .reason = "the reason" };
		struct response response = fake_request(&fake, "POST", PATH, NULL, "a 1", false);
		const char *text = buf_text(&response.body);

		if (response.status != results[i].status || !strstr(text, "the reason") || !response.retry_after == results[i].again)
			fail_msg("%d: %u %s", results[i].result, response.status, text);
		buf_fini(&response.body);
	}
}

static void can_be_off(void **state)
{
	struct kymo fake = { .write_off = true };
	struct response response = fake_request(&fake, "POST", PATH, NULL, "a 1", true);

	(void)state;
	assert_int_equal(response.status, 403);
	assert_string_equal(fake.asked, "");
	buf_fini(&response.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_headers_say_how_it_is_written),
		cmocka_unit_test(a_form_of_curl_is_told_how_to),
		cmocka_unit_test(the_parameters_are_those_of_victoria_metrics),
		cmocka_unit_test(a_failure_has_its_status),
		cmocka_unit_test(can_be_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

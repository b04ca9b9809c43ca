/* SPDX-License-Identifier: MIT */
/* write_test.c - the headers of remote write, and the status that a sender goes by. */
#include "fake_service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

static const struct { const char *type, *encoding, *version; unsigned status; } headers[] = {
	{ "application/x-protobuf", "snappy", "0.1.0", 204 },
	{ "application/x-protobuf", "snappy", NULL, 204 },
	{ NULL, NULL, NULL, 204 },
	{ "application/x-protobuf;proto=prometheus.WriteRequest", "snappy", "0.1.0", 204 },
	{ "Application/X-Protobuf ; proto=prometheus.WriteRequest", "Snappy", "1.0.0", 204 },
	{ "application/x-protobuf;proto=io.prometheus.write.v2.Request", "snappy", "2.0.0", 415 },
	{ "application/x-protobuf;proto=io.prometheus.write.v2.Request", "snappy", NULL, 415 },
	{ "application/x-protobuf", "snappy", "2.0.0", 415 },
	{ "application/x-protobuf", "snappy", "10.0", 415 },
	{ "application/x-protobuf", "snappy", "", 415 },
	{ "application/x-protobuf", "zstd", "0.1.0", 415 },
	{ "application/x-protobuf", "gzip", NULL, 415 },
	{ "application/x-protobuf", "snappyish", NULL, 415 },
	{ "application/x-protobuffer", "snappy", NULL, 415 },
	{ "application/json", NULL, NULL, 415 },
	{ "text/plain", "snappy", NULL, 415 },
	{ "", NULL, NULL, 415 },
};

static void other_formats_are_refused_with_what_is_spoken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct kymo fake = { .content_type = headers[i].type, .content_encoding = headers[i].encoding,
				     .write_version = headers[i].version };
		struct response response = fake_request(&fake, "POST", "/api/v1/write", NULL, "body", false);
		const char *text = buf_text(&response.body);

		if (response.status != headers[i].status || (response.status == 415 && !strstr(text, "remote write 1.0")))
			fail_msg("row %zu: %u %s", i, response.status, text);
		assert_string_equal(fake.asked, response.status == 204 ? "body" : "");
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
		struct response response = fake_request(&fake, "POST", "/api/v1/write", NULL, "body", false);
		const char *text = buf_text(&response.body);

		if (response.status != results[i].status || !strstr(text, "the reason") || !response.retry_after == results[i].again)
			fail_msg("%d: %u %s", results[i].result, response.status, text);
		buf_fini(&response.body);
	}
}

static void can_be_off(void **state)
{
	struct kymo fake = { .write_off = true };
	struct response response = fake_request(&fake, "POST", "/api/v1/write", NULL, "body", true);

	(void)state;
	assert_int_equal(response.status, 403);
	assert_non_null(strstr((const char *)response.body.data, "write: true"));
	assert_string_equal(fake.asked, "");
	buf_fini(&response.body);
}

static void get_is_no_method_of_it(void **state)
{
	struct kymo fake = { 0 };
	struct response response = fake_request(&fake, "GET", "/api/v1/write", NULL, NULL, true);

	(void)state;
	assert_int_equal(response.status, 405);
	assert_string_equal(response.allow, "POST, OPTIONS");
	buf_fini(&response.body);
}

/* What others sent is in queries, not among what this host offers of itself. */
static void series_of_others_are_not_in_the_exposition(void **state)
{
	static const struct metric metric = { .name = (char *)"", .unit = (char *)"", .help = (char *)"", .type = KYMO_GAUGE };
	struct kymo_label pairs[2] = { { LABEL_NAME, "mine" }, { LABEL_NAME, "theirs" } };
	struct buf bytes[2] = { 0 };
	struct series_view series[2];
	struct kymo fake = { .series = series, .n_series = 2, .foreign = 2 };
	struct response response;

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct label label = { pairs[i].name, pairs[i].value, sizeof LABEL_NAME - 1, (uint32_t)strlen(pairs[i].value) };

		assert_int_equal(labels_encode(&label, 1, &bytes[i]), 0);
		series[i] = (struct series_view){ .ref = i + 1, .labels = { bytes[i].data, (uint32_t)bytes[i].len },
						  .metric = &metric, .last_at = FAKE_NOW, .last = 7 };
	}
	response = fake_request(&fake, "GET", "/metrics", NULL, NULL, false);
	assert_non_null(strstr(buf_text(&response.body), "mine 7\n"));
	assert_null(strstr(buf_text(&response.body), "theirs"));
	buf_fini(&response.body);
	buf_fini(&bytes[0]);
	buf_fini(&bytes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_formats_are_refused_with_what_is_spoken),
		cmocka_unit_test(a_failure_has_its_status),
		cmocka_unit_test(can_be_off),
		cmocka_unit_test(get_is_no_method_of_it),
		cmocka_unit_test(series_of_others_are_not_in_the_exposition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

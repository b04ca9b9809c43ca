/* SPDX-License-Identifier: MIT */
/*
 * prom_query_test.c - query, query_range and explain over an engine that is not
 * there: what is refused before it is asked, what it is asked, the status and the
 * words of its errors, the bytes of its answers.
 */
#include "fake_service.h"

#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

static struct kymo fake;

static int fresh(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof fake);
	fake.type = TYPE_VECTOR;
	return 0;
}

#define Q "/api/v1/query"
#define R "/api/v1/query_range"
#define ERROR(type, text) "{\"status\":\"error\",\"errorType\":\"" type "\",\"error\":\"" text "\"}"
#define BAD(name, text) ERROR("bad_data", "invalid parameter \\\"" name "\\\": " text)

static void expect(const char *path, const char *parameters, unsigned status, const char *answer)
{
	struct response response = fake_request(&fake, "GET", path, parameters, NULL, false);
	const char *text = buf_text(&response.body), *dots = strstr(answer, "...");

	if (response.status != status || (dots ? strncmp(text, answer, (size_t)(dots - answer)) : strcmp(text, answer)) != 0)
		fail_msg("%s?%s: %u %s\ninstead of %u %s", path, parameters, response.status, text, status, answer);
	buf_fini(&response.body);
	assert_int_equal(fake.n_runs, 0);
}

static const struct { const char *path, *parameters, *answer; } refused[] = {
	{ Q, "query=a&limit=x", BAD("limit", "strconv.Atoi: parsing \\\"x\\\": invalid syntax") },
	{ Q, "query=a&limit=-5", BAD("limit", "limit must be non-negative") },
	{ Q, "query=a&time=x", BAD("time", "invalid time value for 'time': cannot parse \\\"x\\\" to a valid timestamp") },
	{ Q, "query=a&timeout=x", BAD("timeout", "cannot parse \\\"x\\\" to a valid duration") },
	{ Q, "query=a&timeout=1e300", BAD("timeout", "cannot parse \\\"1e300\\\" to a valid duration. It overflows int64") },
	{ Q, "query=a&timeout=1e400", BAD("timeout", "cannot parse \\\"1e400\\\" to a valid duration") },
	{ Q, "query=a&timeout=Inf", BAD("timeout", "cannot parse \\\"Inf\\\" to a valid duration. It overflows int64") },
	{ Q, "query=a&timeout=300y", BAD("timeout", "cannot parse \\\"300y\\\" to a valid duration") },
	{ Q, "query=a&time=0x10", BAD("time", "invalid time value for 'time': cannot parse \\\"0x10\\\" to a valid timestamp") },
	{ Q, "query=a&time=1_", BAD("time", "invalid time value for 'time': cannot parse \\\"1_\\\" to a valid timestamp") },
	{ Q, "query=a&time=nan(1)", BAD("time", "invalid time value for 'time': cannot parse \\\"nan(1)\\\" to a valid timestamp") },
	{ Q, "query=a&time=2023-12-31T23:59:60Z",
	  BAD("time", "invalid time value for 'time': cannot parse \\\"2023-12-31T23:59:60Z\\\" to a valid timestamp") },
	{ R, "query=a&start=1&end=2&step=1.5m", BAD("step", "cannot parse \\\"1.5m\\\" to a valid duration") },
	{ R, "query=a&start=1&end=2&step=NaN",
	  BAD("step", "zero or negative query resolution step widths are not accepted. Try a positive integer") },
	{ Q, "query=a&lookback_delta=x",
	  ERROR("bad_data", "error parsing lookback delta duration: cannot parse \\\"x\\\" to a valid duration") },
	{ Q, "query=a&tier=2m", BAD("tier", "\\\"2m\\\" is no tier (write raw, 1m, 5m or 1h)") },
	{ R, "query=a", BAD("start", "cannot parse \\\"\\\" to a valid timestamp") },
	{ R, "query=a&start=1", BAD("end", "cannot parse \\\"\\\" to a valid timestamp") },
	{ R, "query=a&start=2&end=1&step=1", BAD("end", "end timestamp must not be before start time") },
	{ R, "query=a&start=1&end=2", BAD("step", "cannot parse \\\"\\\" to a valid duration") },
	{ R, "query=a&start=1&end=2&step=0",
	  BAD("step", "zero or negative query resolution step widths are not accepted. Try a positive integer") },
	{ R, "query=a&start=1&end=2&step=-1m", BAD("step", "cannot parse \\\"-1m\\\" to a valid duration") },
	{ R, "query=a&start=1&end=2&step=-1",
	  BAD("step", "zero or negative query resolution step widths are not accepted. Try a positive integer") },
	{ R, "query=a&start=1&end=x&step=1", BAD("end", "cannot parse \\\"x\\\" to a valid timestamp") },
	{ R, "query=a&start=1&end=2&step=1&limit=x", BAD("limit", "strconv.Atoi: parsing \\\"x\\\": invalid syntax") },
};

static void what_makes_no_sense_is_not_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		fake.asked[0] = '\0';
		expect(refused[i].path, refused[i].parameters, 400, refused[i].answer);
		assert_string_equal(fake.asked, "");
	}
}

static const struct { int fails; bool is_execution; unsigned status; const char *answer; } failures[] = {
	{ -EINVAL, false, 400, BAD("query", "why") },
	{ -E2BIG, false, 422, ERROR("execution", "invalid parameter \\\"query\\\": why") },
	{ -EINVAL, true, 422, ERROR("execution", "why") },
	{ -E2BIG, true, 422, ERROR("execution", "why") },
	{ -ETIMEDOUT, true, 503, ERROR("timeout", "why") },
	{ -ECANCELED, true, 503, ERROR("canceled", "why") },
	{ -EBUSY, true, 503, ERROR("unavailable", "why") },
	{ -ENOMEM, true, 503, ERROR("unavailable", "why") },
	{ -EIO, true, 500, ERROR("internal", "why") },
};

static void each_failure_has_its_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(failures); i++) {
		fresh(NULL);
		fake.fails = failures[i].fails;
		fake.is_execution = failures[i].is_execution;
		fake.reason = "why";
		expect(Q, "query=a", failures[i].status, failures[i].answer);
		if (!failures[i].is_execution)
			continue;
		fresh(NULL);		/* the same while series come */
		fake.fails_then = failures[i].fails;
		fake.fails_after = 2;
		fake.n_answer = 5;
		fake.reason = "why";
		expect(Q, "query=a", failures[i].status, failures[i].answer);
	}
}

static void asks_what_was_asked(void **state)
{
	(void)state;
	expect(Q, "query=sum(a)", 200, "{\"status\":\"success\"...");
	assert_string_equal(fake.asked, "sum(a)");
	assert_true(fake.promql.instant);
	assert_int_equal(fake.promql.end, FAKE_NOW);
	assert_int_equal(fake.promql.now, FAKE_NOW);
	assert_int_equal(fake.promql.tier, KYMO_AUTO);
	assert_int_equal(fake.promql.timeout, 0);
	assert_int_equal(fake.promql.lookback, 0);
	expect(Q, "query=a&time=1700000000.1234&timeout=1m30s&lookback_delta=0.5&tier=5m&nocache=1", 200, "{\"status\":\"success\"...");
	assert_int_equal(fake.promql.end, 1700000000123);
	assert_int_equal(fake.promql.timeout, 90000);
	assert_int_equal(fake.promql.lookback, 500);
	assert_int_equal(fake.promql.tier, KYMO_5M);
	assert_true(fake.promql.no_cache);
	expect(Q, "query=a&time=2023-11-14T22:13:20.5%2B01:00&timeout=0", 400, "{\"status\":\"error\"...");	/* the fake decodes nothing */
	expect(Q, "query=a&time=2023-11-14T22:13:20.5+01:00&timeout=0&lookback_delta=-1", 200, "{\"status\":\"success\"...");
	assert_int_equal(fake.promql.end, 1700000000500 - 3600000);
	assert_int_equal(fake.promql.timeout, -1);	/* it has run out */
	expect(Q, "query=a&time=1_700_000_000&timeout=NaN", 200, "{\"status\":\"success\"...");
	assert_int_equal(fake.promql.end, 1700000000000);
	assert_int_equal(fake.promql.timeout, -1);
	expect(Q, "query=a&time=0x1p4", 200, "{\"status\":\"success\"...");
	assert_int_equal(fake.promql.end, 16000);
	fake.type = TYPE_MATRIX;
	expect(R, "query=a&start=1e3&end=2000.5&step=15s", 200, "{\"status\":\"success\"...");
	assert_false(fake.promql.instant);
	assert_int_equal(fake.promql.start, 1000000);
	assert_int_equal(fake.promql.end, 2000500);
	assert_int_equal(fake.promql.step, 15000);
	assert_false(fake.promql.no_cache);
}

#define KYMO ",\"kymo\":{\"spans\":[],\"quarantined\":3,\"percentile_error\":0.011,\"cached\":false}}"
#define UP "{\"metric\":{\"__name__\":\"up\",\"job\":\"a\\\"b\"},"

static void answers_byte_by_byte(void **state)
{
	(void)state;
	expect(Q, "query=a", 200, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}" KYMO);
	fake.n_answer = 2;
	expect(Q, "query=a", 200, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
	       UP "\"value\":[1700000000,\"0.5\"]}," UP "\"value\":[1700000000,\"0.5\"]}]}" KYMO);
	fake.n_points = 2;
	fake.n_answer = 1;
	fake.type = TYPE_MATRIX;
	expect(R, "query=a&start=1&end=2&step=1", 200, "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":["
	       UP "\"values\":[[1700000000,\"0.5\"],[1700000000.250,\"1.5\"]]}]}" KYMO);
	fake.type = TYPE_SCALAR;
	expect(Q, "query=1", 200, "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1700000000,\"0.5\"]}" KYMO);
	fake.type = TYPE_STRING;
	expect(Q, "query='a'&time=1.5", 200, "{\"status\":\"success\",\"data\":{\"resultType\":\"string\",\"result\":[1.500,\"a\\\"text\"]}" KYMO);
}

static void what_is_beside_the_data(void **state)
{
	(void)state;
	fake.n_answer = 3;
	expect(Q, "query=a&limit=3", 200, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
	       UP "\"value\":[1700000000,\"0.5\"]}," UP "\"value\":[1700000000,\"0.5\"]}," UP "\"value\":[1700000000,\"0.5\"]}]}" KYMO);
	expect(Q, "query=a&limit=1", 200, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
	       UP "\"value\":[1700000000,\"0.5\"]}]},\"warnings\":[\"results truncated due to limit\"]" KYMO);
	fake.n_notes = 2;
	fake.n_answer = 1;
	fake.type = TYPE_SCALAR;	/* of which no limit takes anything away */
	expect(Q, "query=a&limit=1", 200, "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1700000000,\"0.5\"]},"
	       "\"warnings\":[\"note 1\",\"note 2\"],\"infos\":[\"note 1\",\"note 2\"],\"kymo\":{\"spans\":["
	       "{\"start\":1699999940,\"end\":1700000000,\"tier\":\"raw\",\"resolution\":0,\"missing\":false,\"empty\":false},"
	       "{\"start\":0,\"end\":3600,\"tier\":null,\"resolution\":null,\"missing\":true,\"empty\":false},"
	       "{\"start\":3600,\"end\":7200,\"tier\":null,\"resolution\":null,\"missing\":false,\"empty\":true}],\"quarantined\":3,\"percentile_error\":0.011,"
	       "\"cached\":false}}");
	expect(Q, "query=a&stats=all", 200, "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1700000000,\"0.5\"],"
	       "\"stats\":{\"timings\":{\"evalTotalTime\":...");
}

/* Answers of more than the first part are as whole as others. */
static void long_answers_come_in_pieces(void **state)
{
	struct response response;
	const char *text;
	size_t n = 0;

	(void)state;
	fake.type = TYPE_MATRIX;
	fake.n_points = 100;
	fake.n_answer = 1000;
	response = fake_request(&fake, "GET", R, "query=a&start=1&end=2&step=1", NULL, false);
	text = buf_text(&response.body);
	assert_int_equal(response.status, 200);
	for (const char *at = text; (at = strstr(at, "{\"metric\"")); at++)
		n++;
	assert_int_equal(n, 1000);
	assert_string_equal(text + strlen(text) - strlen("]]}]}" KYMO), "]]}]}" KYMO);
	assert_int_equal(fake.n_runs, 0);
	buf_fini(&response.body);
	fake.fails_then = -EIO;		/* after what has been sent: it breaks off */
	fake.fails_after = 900;
	fake.reason = "why";
	response = fake_request(&fake, "GET", R, "query=a&start=1&end=2&step=1", NULL, false);
	assert_true(buf_failed(&response.body));
	assert_int_equal(fake.n_runs, 0);
	buf_fini(&response.body);
}

static void explains(void **state)
{
	(void)state;
	expect("/kymo/v1/explain", "query=a", 200, "{\"explained\":true}");
	assert_true(fake.promql.instant && fake.promql.explain && fake.promql.no_cache);
	expect("/kymo/v1/explain", "query=a&start=1&end=2&step=1", 200, "{\"explained\":true}");
	assert_false(fake.promql.instant);
	expect("/kymo/v1/explain", "query=a&start=1&step=1", 400,
	       "{\"error\":\"invalid parameter \\\"end\\\": cannot parse \\\"\\\" to a valid timestamp\",\"status\":400}");
	fake.fails = -EINVAL;
	fake.reason = "1:1: parse error: why";
	expect("/kymo/v1/explain", "query=a", 400, "{\"error\":\"invalid parameter \\\"query\\\": 1:1: parse error: why\",\"status\":400}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_makes_no_sense_is_not_asked, fresh),
		cmocka_unit_test_setup(each_failure_has_its_status, fresh),
		cmocka_unit_test_setup(asks_what_was_asked, fresh),
		cmocka_unit_test_setup(answers_byte_by_byte, fresh),
		cmocka_unit_test_setup(what_is_beside_the_data, fresh),
		cmocka_unit_test_setup(long_answers_come_in_pieces, fresh),
		cmocka_unit_test_setup(explains, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

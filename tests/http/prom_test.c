/* SPDX-License-Identifier: MIT */
/*
 * prom_test.c - the Prometheus API but for queries, over a service that is not
 * there: what is refused, with which words; and the bytes of what is answered.
 */
#include "fake_service.h"
#include "http/prom_ast.h"
#include "http/prom_json.h"
#include "http/text_set.h"

#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

static struct kymo fake;

struct row {
	const char *method, *path, *parameters, *body;
	unsigned status;
	const char *answer;		/* whole; or what it begins with, before "..." */
};

static void run(const struct row *row)
{
	struct response response = fake_request(&fake, row->method, row->path, row->parameters, row->body, false);
	const char *text = buf_text(&response.body), *dots = strstr(row->answer, "...");
	bool fits = dots ? !strncmp(text, row->answer, (size_t)(dots - row->answer)) : !strcmp(text, row->answer);

	if (response.status != row->status || !fits)
		fail_msg("%s %s?%s %s: %u %s\ninstead of %u %s", row->method, row->path, row->parameters ? row->parameters : "",
			 row->body ? row->body : "", response.status, text, row->status, row->answer);
	buf_fini(&response.body);
}

#define A "/api/v1/"
#define BAD(text) "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"" text "\"}"
#define GOOD(data) "{\"status\":\"success\",\"data\":" data "}"

static const struct row refused[] = {
	{ "GET", A "series", NULL, NULL, 400, BAD("no match[] parameter provided") },
	{ "GET", A "series", "match[]={}", NULL, 400,
	  BAD("invalid parameter \\\"match[]\\\": match[] must contain at least one non-empty matcher") },
	{ "GET", A "series", "match[]={a=\"\"}", NULL, 400,
	  BAD("invalid parameter \\\"match[]\\\": match[] must contain at least one non-empty matcher") },
	{ "GET", A "series", "match[]=a&match[]={b=~\".*\"}", NULL, 400,
	  BAD("invalid parameter \\\"match[]\\\": match[] must contain at least one non-empty matcher") },
	{ "GET", A "series", "match[]=a[", NULL, 400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"invalid parameter \\\"match[]\\\": 1:..." },
	{ "GET", A "series", "match[]=a&limit=x", NULL, 400,
	  BAD("invalid parameter \\\"limit\\\": strconv.Atoi: parsing \\\"x\\\": invalid syntax") },
	{ "GET", A "series", "match[]=a&limit=99999999999999999999", NULL, 400,
	  BAD("invalid parameter \\\"limit\\\": strconv.Atoi: parsing \\\"99999999999999999999\\\": value out of range") },
	{ "GET", A "series", "match[]=a&limit=-1", NULL, 400, BAD("invalid parameter \\\"limit\\\": limit must be non-negative") },
	{ "GET", A "series", "match[]=a&start=yesterday", NULL, 400,
	  BAD("invalid parameter \\\"start\\\": invalid time value for 'start': cannot parse \\\"yesterday\\\" to a valid timestamp") },
	{ "GET", A "series", "match[]=a&end=2026-13-01T00:00:00Z", NULL, 400,
	  BAD("invalid parameter \\\"end\\\": invalid time value for 'end': cannot parse \\\"2026-13-01T00:00:00Z\\\" to a valid timestamp") },
	{ "GET", A "series", "match[]=a&end=NaN", NULL, 400, "{\"status\":\"error\"..." },
	{ "GET", A "labels", "limit=1.5", NULL, 400, "{\"status\":\"error\",\"errorType\":\"bad_data\"..." },
	{ "GET", A "labels", "match[]={}", NULL, 400, "{\"status\":\"error\",\"errorType\":\"bad_data\"..." },
	{ "GET", A "labels", "match[]={a=\"\"}", NULL, 400, BAD("match[] must contain at least one non-empty matcher") },
	{ "GET", A "label/a/values", "start=x", NULL, 400, "{\"status\":\"error\",\"errorType\":\"bad_data\"..." },
	{ "POST", A "label/a/values", NULL, NULL, 405, "{\"status\":\"error\",\"errorType\":\"bad_data\"..." },
	{ "GET", A "label//values", NULL, NULL, 404, "{\"status\":\"error\",\"errorType\":\"not_found\"..." },
	{ "GET", A "metadata", "limit=x", NULL, 400, BAD("limit must be a number") },
	{ "GET", A "metadata", "limit_per_metric=x", NULL, 400, BAD("limit_per_metric must be a number") },
	{ "GET", A "status/tsdb", "limit=0", NULL, 400, BAD("limit must be a positive number") },
	{ "GET", A "status/tsdb", "limit=x", NULL, 400, BAD("limit must be a positive number") },
	{ "GET", A "rules", "type=x", NULL, 400, BAD("invalid parameter \\\"type\\\": not supported value \\\"x\\\"") },
	{ "GET", A "rules", "exclude_alerts=x", NULL, 400,
	  BAD("invalid parameter \\\"exclude_alerts\\\": error converting exclude_alerts: strconv.ParseBool: parsing \\\"x\\\": invalid syntax") },
	{ "GET", A "rules", "group_next_token=x", NULL, 400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"invalid parameter \\\"group_next_token\\\": group_limit ..." },
	{ "GET", A "rules", "group_limit=x", NULL, 400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"invalid parameter \\\"group_limit\\\": ..." },
	{ "GET", A "rules", "group_limit=0", NULL, 400, BAD("invalid parameter \\\"group_limit\\\": group_limit needs to be greater than 0") },
	{ "GET", A "rules", "group_limit=5&group_next_token=x", NULL, 400,
	  BAD("invalid parameter \\\"group_next_token\\\": invalid group_next_token 'x'. were rule groups changed?") },
	{ "GET", A "targets/metadata", "match_target={", NULL, 400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"invalid parameter \\\"match_target\\\": ..." },
	{ "GET", A "query_exemplars", "query=a&start=2&end=1", NULL, 400, BAD("end timestamp must not be before start timestamp") },
	{ "GET", A "query_exemplars", "query=)", NULL, 400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"1:1: parse error: ..." },
	{ "GET", A "format_query", NULL, NULL, 400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"invalid parameter \\\"query\\\": ..." },
	{ "GET", A "parse_query", "query=a[", NULL, 400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"invalid parameter \\\"query\\\": 1:..." },
	{ "DELETE", A "series", "match[]=a", NULL, 405, "{\"status\":\"error\",\"errorType\":\"bad_data\"..." },
	{ "GET", A "nonesuch", NULL, NULL, 404, "{\"status\":\"error\",\"errorType\":\"not_found\"..." },
};

static int bare(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof fake);
	fake.content_type = "application/x-www-form-urlencoded; charset=utf-8";
	return 0;
}

static void what_is_wrong_is_said_as_prometheus_says_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		run(&refused[i]);
}

static const struct row bodies[] = {
	{ "POST", A "series", NULL, "match[]=%zz", 400, BAD("error parsing form values: invalid URL escape \\\"%zz\\\"") },
	{ "POST", A "series", NULL, "match[]=a&%4", 400, BAD("error parsing form values: invalid URL escape \\\"%4\\\"") },
	{ "POST", A "series", NULL, "match[]=%FF", 400, BAD("a parameter is not UTF-8") },
	{ "POST", A "series", NULL, "match[]=a%00b", 400, BAD("a parameter is not UTF-8") },
	{ "POST", A "series", NULL, "match=a", 400, BAD("no match[] parameter provided") },
	{ "POST", A "series", NULL, "&&match%5B%5D=%7B__name__%3D%22down%22%7D&", 200,
	  GOOD("[{\"__name__\":\"down\",\"job\":\"x\"}]") },
	{ "POST", A "series", "match[]=up", "match[]=down", 200,
	  GOOD("[{\"__name__\":\"down\",\"job\":\"x\"},{\"__name__\":\"up\",\"job\":\"a\\\"b\"},{\"__name__\":\"up\",\"job\":\"c\"}]") },
	{ "POST", A "series", "limit=x", "match[]=up&limit=1", 200,	/* the body comes first */
	  "{\"status\":\"success\",\"data\":[{\"__name__\":\"up\",\"job\":\"a\\\"b\"}],\"warnings\":[\"results truncated due to limit\"]}" },
	{ "POST", A "format_query", NULL, "query=sum++(+a+)", 200, GOOD("\"sum(a)\"") },
};

static void expect_admin(const char *method, const char *what, const char *parameters, const char *body, bool trusted, unsigned status,
			 const char *answer)
{
	char path[64];
	struct response response;

	snprintf(path, sizeof path, A "admin/tsdb/%s", what);
	response = fake_request(&fake, method, path, parameters, body, trusted);
	if (response.status != status || strcmp(buf_text(&response.body), answer) != 0)
		fail_msg("%s %s?%s: %u %s\ninstead of %u %s", method, path, parameters ? parameters : "", response.status, buf_text(&response.body),
			 status, answer);
	buf_fini(&response.body);
}

static void remote_read_is_packed_by_itself(void **state)
{
	struct response response = fake_request(&fake, "POST", A "read", NULL, "block", false);

	(void)state;
	assert_int_equal(response.status, 200);
	assert_string_equal(response.content_type, "application/x-protobuf");
	assert_int_equal(response.coding, CODING_SNAPPY);
	assert_string_equal(buf_text(&response.body), "block");
	buf_fini(&response.body);
	fake.fails = -E2BIG;
	fake.reason = "why";
	run(&(struct row){ "POST", A "read", NULL, "block", 422, "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"why\"}" });
	bare(NULL);
}

static void who_may_deletes(void **state)
{
	(void)state;
	expect_admin("POST", "delete_series", "match[]=a", NULL, false, 503, "{\"status\":\"error\",\"errorType\":\"unavailable\",\"error\":"
		     "\"admin APIs disabled (`http: {admin: true}` in the configuration enables them)\"}");
	expect_admin("POST", "delete_series", NULL, NULL, true, 400, BAD("no match[] parameter provided"));
	expect_admin("POST", "delete_series", "match[]={}", NULL, true, 400,
		     BAD("invalid parameter \\\"match[]\\\": match[] must contain at least one non-empty matcher"));
	expect_admin("POST", "delete_series", "match[]=a&start=2&end=1", NULL, true, 400,
		     BAD("invalid parameter \\\"end\\\": end timestamp must not be before start time"));
	expect_admin("GET", "delete_series", "match[]=a", NULL, true, 405,
		     BAD("GET is not a method of /api/v1/admin/tsdb/delete_series (allowed: POST, PUT, OPTIONS)"));
	assert_int_equal(fake.n_deletions, 0);
	expect_admin("POST", "delete_series", "match[]=a&match[]=b&start=1&end=2", NULL, true, 204, "");
	assert_int_equal(fake.n_deletions, 2);
	assert_int_equal(fake.start, 999);
	assert_int_equal(fake.end, 2000);
	expect_admin("PUT", "delete_series", NULL, "match[]=a", true, 204, "");
	assert_int_equal(fake.n_deletions, 3);
	expect_admin("POST", "clean_tombstones", NULL, NULL, true, 204, "");
	assert_int_equal(fake.maintain, MAINTAIN_MERGE);
}

/* Some series; sorted otherwise than the answers are. */
static int some(void **state)
{
	static const uint8_t up[] = "\x08__name__\x02up\x03job\x03" "a\"b", second[] = "\x08__name__\x02up\x03job\x01" "c",
			     down[] = "\x08__name__\x04" "down\x03job\x01x", only[] = "\x08__name__\x04only\x04host\x01h";
	static const struct metric gauge = { .name = (char *)"", .unit = (char *)"", .help = (char *)"Is it?", .type = KYMO_GAUGE },
				   none = { .name = (char *)"", .unit = (char *)"", .help = (char *)"" };
	static const struct series_view views[] = {
		{ .ref = 1, .labels = { second, sizeof second - 1 }, .metric = &gauge, .first_at = 1000, .last_at = 9000 },
		{ .ref = 2, .labels = { up, sizeof up - 1 }, .metric = &gauge, .first_at = 1000, .last_at = 5000 },
		{ .ref = 3, .labels = { down, sizeof down - 1 }, .metric = &none, .first_at = 8000, .last_at = 9000 },
		{ .ref = 4, .labels = { only, sizeof only - 1 }, .metric = &gauge, .first_at = 1000, .last_at = 9000 },
	};

	bare(state);
	fake.series = views;
	fake.n_series = COUNT_OF(views);
	return 0;
}

static void forms_are_read_before_the_url(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		run(&bodies[i]);
	fake.content_type = "application/json";
	run(&(struct row){ "POST", A "series", NULL, "match[]=up", 400, BAD("no match[] parameter provided") });
	fake.content_type = NULL;
	run(&(struct row){ "POST", A "series", NULL, "match[]=up", 400, BAD("no match[] parameter provided") });
}

static void many_values_in_a_body(void **state)
{
	AUTO_BUF body = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_add_text(&body, "match[]=down&");
	run(&(struct row){ "POST", A "series", NULL, buf_text(&body), 200, GOOD("[{\"__name__\":\"down\",\"job\":\"x\"}]") });
	for (int i = 0; i < 70000; i++)
		buf_add_u8(&body, '&');
	run(&(struct row){ "POST", A "series", NULL, buf_text(&body), 400, BAD("more than 65536 parameters in the body") });
}

static const struct row answered[] = {
	{ "GET", A "series", "match[]=only&match[]=up&match[]={job=\"c\"}", NULL, 200,
	  GOOD("[{\"__name__\":\"only\",\"host\":\"h\"},{\"__name__\":\"up\",\"job\":\"a\\\"b\"},{\"__name__\":\"up\",\"job\":\"c\"}]") },
	{ "GET", A "series", "match[]=nonesuch", NULL, 200, GOOD("[]") },
	{ "GET", A "series", "match[]=up&start=6", NULL, 200, GOOD("[{\"__name__\":\"up\",\"job\":\"c\"}]") },
	{ "GET", A "series", "match[]=up&start=5.001&end=1970-01-01T00:00:10Z", NULL, 200, GOOD("[{\"__name__\":\"up\",\"job\":\"c\"}]") },
	{ "GET", A "series", "match[]=up&start=5.0004&end=1e1", NULL, 200, GOOD("[{\"__name__\":\"up\",\"job\":\"a\\\"b\"},{\"__name__\":\"up\",\"job\":\"c\"}]") },
	{ "GET", A "series", "match[]=up&end=0.999", NULL, 200, GOOD("[]") },
	{ "GET", A "series", "match[]=down&start=-9223372036854775&end=9223372036854775", NULL, 200, GOOD("[{\"__name__\":\"down\",\"job\":\"x\"}]") },
	{ "GET", A "series", "match[]=down&start=-292273086-05-16T16:47:06Z&end=292277025-08-18T07:12:54.999999999Z", NULL, 200,
	  GOOD("[{\"__name__\":\"down\",\"job\":\"x\"}]") },
	{ "GET", A "series", "match[]=up&limit=2", NULL, 200, GOOD("[{\"__name__\":\"up\",\"job\":\"a\\\"b\"},{\"__name__\":\"up\",\"job\":\"c\"}]") },
	{ "GET", A "series", "match[]=up&limit=0", NULL, 200, GOOD("[{\"__name__\":\"up\",\"job\":\"a\\\"b\"},{\"__name__\":\"up\",\"job\":\"c\"}]") },
	{ "GET", A "labels", NULL, NULL, 200, GOOD("[\"__name__\",\"host\",\"job\"]") },
	{ "GET", A "labels", "limit=2", NULL, 200,
	  "{\"status\":\"success\",\"data\":[\"__name__\",\"host\"],\"warnings\":[\"results truncated due to limit\"]}" },
	{ "GET", A "labels", "match[]=up", NULL, 200, GOOD("[\"__name__\",\"job\"]") },
	{ "GET", A "labels", "match[]=up&match[]=only", NULL, 200, GOOD("[\"__name__\",\"host\",\"job\"]") },
	{ "GET", A "labels", "start=100", NULL, 200, GOOD("[]") },
	{ "POST", A "labels", NULL, "match[]=only", 200, GOOD("[\"__name__\",\"host\"]") },
	{ "GET", A "label/__name__/values", NULL, NULL, 200, GOOD("[\"down\",\"only\",\"up\"]") },
	{ "GET", A "label/job/values", "match[]=up", NULL, 200, GOOD("[\"a\\\"b\",\"c\"]") },
	{ "GET", A "label/job/values", "limit=1", NULL, 200,
	  "{\"status\":\"success\",\"data\":[\"a\\\"b\"],\"warnings\":[\"results truncated due to limit\"]}" },
	{ "GET", A "label/nonesuch/values", NULL, NULL, 200, GOOD("[]") },
	{ "GET", A "metadata", NULL, NULL, 200,
	  GOOD("{\"up\":[{\"type\":\"gauge\",\"help\":\"Is it?\",\"unit\":\"\"}],\"only\":[{\"type\":\"gauge\",\"help\":\"Is it?\",\"unit\":\"\"}]}") },
	{ "GET", A "metadata", "metric=only", NULL, 200, GOOD("{\"only\":[{\"type\":\"gauge\",\"help\":\"Is it?\",\"unit\":\"\"}]}") },
	{ "GET", A "metadata", "limit=1", NULL, 200, GOOD("{\"up\":[{\"type\":\"gauge\",\"help\":\"Is it?\",\"unit\":\"\"}]}") },
	{ "GET", A "metadata", "limit=0", NULL, 200, GOOD("{}") },
	{ "GET", A "metadata", "metric=down", NULL, 200, GOOD("{}") },
	{ "GET", A "targets/metadata", "metric=only", NULL, 200,
	  GOOD("[{\"target\":{\"instance\":\"kymo\",\"job\":\"kymo\"},\"type\":\"gauge\",\"help\":\"Is it?\",\"unit\":\"\"}]") },
	{ "GET", A "targets/metadata", "match_target={job=\"other\"}", NULL, 200, GOOD("[]") },
	{ "GET", A "targets/metadata", "match_target={job=\"kymo\"}&limit=1", NULL, 200,
	  GOOD("[{\"target\":{\"instance\":\"kymo\",\"job\":\"kymo\"},\"metric\":\"up\",\"type\":\"gauge\",\"help\":\"Is it?\",\"unit\":\"\"}]") },
	{ "GET", A "targets", NULL, NULL, 200,
	  GOOD("{\"activeTargets\":[{\"discoveredLabels\":{\"__address__\":\"web\",\"__metrics_path__\":\"\",\"__scrape_interval__\":\"1s\",\"job\":\"process\"},"
	       "\"labels\":{\"instance\":\"web\",\"job\":\"process\"},\"scrapePool\":\"process\",\"scrapeUrl\":\"web\",\"globalUrl\":\"\",\"lastError\":\"\","
	       "\"lastScrape\":\"0001-01-01T00:00:00Z\",\"lastScrapeDuration\":0,\"health\":\"unknown\",\"scrapeInterval\":\"1s\",\"scrapeTimeout\":\"1s\"}],"
	       "\"droppedTargets\":[],\"droppedTargetCounts\":{}}") },
	{ "GET", A "targets", "state=dropped", NULL, 200, GOOD("{\"activeTargets\":[],\"droppedTargets\":[],\"droppedTargetCounts\":{}}") },
	{ "GET", A "targets", "state=active&scrapePool=x", NULL, 200, GOOD("{\"activeTargets\":[],\"droppedTargets\":[],\"droppedTargetCounts\":null}") },
	{ "GET", A "scrape_pools", NULL, NULL, 200, GOOD("{\"scrapePools\":[\"process\"]}") },
	{ "GET", A "rules", "type=alert", NULL, 200, GOOD("{\"groups\":[]}") },
	{ "GET", A "alerts", NULL, NULL, 200, GOOD("{\"alerts\":[]}") },
	{ "GET", A "alertmanagers", NULL, NULL, 200, GOOD("{\"activeAlertmanagers\":[],\"droppedAlertmanagers\":[]}") },
	{ "GET", A "notifications", NULL, NULL, 200, GOOD("[]") },
	{ "GET", A "query_exemplars", "query=a&start=1&end=2", NULL, 200, GOOD("[]") },
	{ "GET", A "query_exemplars", "query=sum(1-a)", NULL, 200, GOOD("[]") },
	{ "GET", A "query_exemplars", "query=vector(1)", NULL, 204, "" },
	{ "GET", A "rules", "exclude_alerts=true&group_limit=5", NULL, 200, GOOD("{\"groups\":[]}") },
	{ "GET", A "status/buildinfo", NULL, NULL, 200, "{\"status\":\"success\",\"data\":{\"version\":\"3...." },
	{ "GET", A "status/runtimeinfo", NULL, NULL, 200, "{\"status\":\"success\",\"data\":{\"startTime\":\"2023-11-14T22:12:20.000Z\",\"CWD\":..." },
	{ "GET", A "status/flags", NULL, NULL, 200, GOOD("{}") },
	{ "GET", A "status/config", NULL, NULL, 200, GOOD("{\"yaml\":\"\"}") },
	{ "GET", A "status/walreplay", NULL, NULL, 200, GOOD("{\"min\":0,\"max\":0,\"current\":0}") },
	{ "GET", A "status/tsdb", "limit=1", NULL, 200,
	  GOOD("{\"headStats\":{\"numSeries\":3,\"numLabelPairs\":8,\"chunkCount\":3,\"minTime\":0,\"maxTime\":2},"
	       "\"seriesCountByMetricName\":[{\"name\":\"only\",\"value\":4}],\"labelValueCountByLabelName\":[{\"name\":\"__name__\",\"value\":1}],"
	       "\"memoryInBytesByLabelName\":[{\"name\":\"__name__\",\"value\":16}],\"seriesCountByLabelValuePair\":[{\"name\":\"__name__=only\",\"value\":4}]}") },
	{ "HEAD", A "labels", NULL, NULL, 200, GOOD("[\"__name__\",\"host\",\"job\"]") },
};

static void what_is_asked_is_answered_byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(answered); i++)
		run(&answered[i]);
}

static const struct { const char *path, *asked; unsigned status; } names[] = {
	{ "U__a_2e_b__c", "a.b_c", 200 },
	{ "U___e9_", "\xc3\xa9", 200 },
	{ "U___1f600_x", "\xf0\x9f\x98\x80x", 200 },
	{ "U__", "", 400 },
	{ "U__a_zz_b", "U__a_zz_b", 200 },	/* no escape, so it is itself */
	{ "U__a_", "U__a_", 200 },
	{ "U__a_d800_", "U__a_d800_", 200 },
	{ "U__a_0_", "U__a_0_", 200 },
	{ "a.b", "a.b", 200 },
	{ "\xff", "", 400 },
};

static void names_of_labels_are_unescaped(void **state)
{
	char path[128];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct response response;

		snprintf(path, sizeof path, A "label/%s/values", names[i].path);
		response = fake_request(&fake, "GET", path, NULL, NULL, false);
		if (response.status != names[i].status || (response.status == 200 && strcmp(fake.asked, names[i].asked) != 0))
			fail_msg("%s: %u, asked \"%s\" instead of %u, \"%s\"", names[i].path, response.status, fake.asked, names[i].status,
				 names[i].asked);
		buf_fini(&response.body);
	}
}

static const struct { const char *query, *tree; } trees[] = {
	{ "up", "{\"matchers\":[{\"name\":\"__name__\",\"type\":\"=\",\"value\":\"up\"}],\"name\":\"up\",\"offset\":0,\"startOrEnd\":null,"
		"\"timestamp\":null,\"type\":\"vectorSelector\"}" },
	{ "{\"up\"} offset -5m @ end()",
	  "{\"matchers\":[{\"name\":\"__name__\",\"type\":\"=\",\"value\":\"up\"}],\"name\":\"\",\"offset\":-300000,\"startOrEnd\":\"end\","
	  "\"timestamp\":null,\"type\":\"vectorSelector\"}" },
	{ "up{job=~\"a.*\"}[5m] @ 1.5",
	  "{\"matchers\":[{\"name\":\"job\",\"type\":\"=~\",\"value\":\"a.*\"},{\"name\":\"__name__\",\"type\":\"=\",\"value\":\"up\"}],\"name\":\"up\","
	  "\"offset\":0,\"range\":300000,\"startOrEnd\":null,\"timestamp\":1500,\"type\":\"matrixSelector\"}" },
	{ "1", "{\"type\":\"numberLiteral\",\"val\":\"1\"}" },
	{ "'a\"b'", "{\"type\":\"stringLiteral\",\"val\":\"a\\\"b\"}" },
	{ "(1)", "{\"expr\":{\"type\":\"numberLiteral\",\"val\":\"1\"},\"type\":\"parenExpr\"}" },
	{ "1 > bool 2", "{\"bool\":true,\"lhs\":{\"type\":\"numberLiteral\",\"val\":\"1\"},\"matching\":null,\"op\":\">\",\"rhs\":{\"type\":"
			"\"numberLiteral\",\"val\":\"2\"},\"type\":\"binaryExpr\"}" },
	{ "time()", "{\"args\":[],\"func\":{\"argTypes\":[],\"name\":\"time\",\"returnType\":\"scalar\",\"variadic\":0},\"type\":\"call\"}" },
};

static void trees_are_those_of_prometheus(void **state)
{
	const struct parse_limits limits = PARSE_LIMITS;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(trees); i++) {
		AUTO(expr) expr = NULL;
		AUTO_BUF text = { 0 };
		struct error err = { 0 };

		if (expr_parse(trees[i].query, strlen(trees[i].query), &limits, &expr, &err) < 0)
			fail_msg("%s: %s", trees[i].query, error_text(&err));
		prom_ast(expr, &text);
		if (strcmp(buf_text(&text), trees[i].tree) != 0)
			fail_msg("%s: %s\ninstead of %s", trees[i].query, buf_text(&text), trees[i].tree);
	}
}

static void deep_trees_and_operators(void **state)
{
	AUTO_BUF query = { 0 };

	(void)state;
	for (int i = 0; i < 150; i++)
		buf_add_text(&query, "(");
	buf_add_text(&query, "1");
	for (int i = 0; i < 150; i++)
		buf_add_text(&query, ")");
	run(&(struct row){ "POST", A "parse_query", NULL, "query=sum+by(b,a)(rate(x[1m]))/on(j)group_left(k)y", 200,
			   "{\"status\":\"success\",\"data\":{\"bool\":false,\"lhs\":{\"expr\":{\"args\":[{\"matchers\":[..." });
	{
		AUTO_BUF body = { 0 };

		buf_printf(&body, "query=%s", buf_text(&query));
		run(&(struct row){ "POST", A "parse_query", NULL, buf_text(&body), 200, "{\"status\":\"success\",\"data\":{\"expr\":{\"expr\":..." });
	}
}

static const struct { double number; const char *text; } numbers[] = {
	{ 0, "0" }, { -0.0, "-0" }, { 1.5, "1.5" }, { 1e21, "1000000000000000000000" }, { 1.25e-7, "0.000000125" }, { -1.5e300, "-15..." },
	{ 5e-324, "0.000..." }, { 1.7976931348623158e22, "17976931348623158000000" }, { 1.0 / 0.0, "+Inf" }, { 1e-6, "0.000001" },
};

static void numbers_without_exponents(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		AUTO_BUF text = { 0 };
		const char *dots = strstr(numbers[i].text, "...");

		prom_plain_number(numbers[i].number, &text);
		if (dots ? strncmp(buf_text(&text), numbers[i].text, (size_t)(dots - numbers[i].text)) || strchr(buf_text(&text), 'e') :
			   strcmp(buf_text(&text), numbers[i].text))
			fail_msg("%s instead of %s", buf_text(&text), numbers[i].text);
	}
}

static const struct { kymo_ms at; double value; const char *text; } points[] = {
	{ 0, 0, "[0,\"0\"]" },
	{ 1700000000000, 1.5, "[1700000000,\"1.5\"]" },
	{ 1700000000250, -0.0, "[1700000000.250,\"-0\"]" },
	{ 1700000000005, 1e21, "[1700000000.005,\"1e+21\"]" },
	{ -1500, 1e-7, "[-1.500,\"1e-07\"]" },
	{ -1, 123456789, "[-0.001,\"123456789\"]" },
	{ 60, 1.0 / 0.0, "[0.060,\"+Inf\"]" },
	{ 600, -1.0 / 0.0, "[0.600,\"-Inf\"]" },
	{ 1, 0.0 / 0.0, "[0.001,\"NaN\"]" },
	{ INT64_MIN, 1, "[-9223372036854775.808,\"1\"]" },
};

static void points_are_written_as_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(points); i++) {
		AUTO_BUF text = { 0 };

		prom_point(&text, points[i].at, points[i].value);
		assert_string_equal(buf_text(&text), points[i].text);
	}
}

static void notes_are_ten_at_most(void **state)
{
	const char *notes[12];
	AUTO_BUF text = { 0 };

	(void)state;
	for (int i = 0; i < 12; i++)
		notes[i] = "\"x\"";
	prom_notes(&text, "info", NULL, notes, 0);
	prom_notes(&text, "info", "\"x\"", notes, 1);
	assert_string_equal(buf_text(&text), ",\"infos\":[\"\\\"x\\\"\",\"\\\"x\\\"\"]");
	prom_notes(&text, "warning", NULL, notes, 12);
	assert_non_null(strstr(buf_text(&text), ",\"2 more warning annotations omitted\"]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(who_may_deletes, bare), cmocka_unit_test_setup(remote_read_is_packed_by_itself, bare),
		cmocka_unit_test_setup(what_is_wrong_is_said_as_prometheus_says_it, some),
		cmocka_unit_test_setup(forms_are_read_before_the_url, some),
		cmocka_unit_test_setup(many_values_in_a_body, some),
		cmocka_unit_test_setup(what_is_asked_is_answered_byte_by_byte, some),
		cmocka_unit_test_setup(names_of_labels_are_unescaped, bare),
		cmocka_unit_test_setup(trees_are_those_of_prometheus, bare),
		cmocka_unit_test_setup(deep_trees_and_operators, bare),
		cmocka_unit_test(numbers_without_exponents),
		cmocka_unit_test(points_are_written_as_there),
		cmocka_unit_test(notes_are_ten_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

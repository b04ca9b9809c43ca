/* SPDX-License-Identifier: MIT */
/*
 * api_test.c - every route over a service that is not there: what it is asked, and
 * the bytes that come out. The routes themselves: which method, which path, who may.
 */
#include "fake_service.h"

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
	return 0;
}

struct row {
	const char *method, *path, *parameters, *body;
	unsigned status;
	const char *answer;		/* whole; or what it begins with, before "..." */
	const char *asked;		/* NULL: not looked at */
};

static bool begins(const char *text, const char *wanted)
{
	const char *dots = strstr(wanted, "...");

	return dots ? !strncmp(text, wanted, (size_t)(dots - wanted)) : !strcmp(text, wanted);
}

static void run(const struct row *row, bool trusted)
{
	struct response response = fake_request(&fake, row->method, row->path, row->parameters, row->body, trusted);
	const char *text = buf_text(&response.body);

	if (response.status != row->status || !begins(text, row->answer))
		fail_msg("%s %s?%s: %u %s\ninstead of %u %s", row->method, row->path, row->parameters ? row->parameters : "",
			 response.status, text, row->status, row->answer);
	if (row->asked && strcmp(fake.asked, row->asked) != 0)
		fail_msg("%s %s: asked \"%s\" instead of \"%s\"", row->method, row->path, fake.asked, row->asked);
	buf_fini(&response.body);
}

#define ITEM "{\"name\":\"a.b\",\"labels\":{\"host\":\"a\\\"b\"},\"type\":\"gauge\",\"unit\":\"bytes\",\"at\":1700000000000,\"value\":7}"

static const struct row answers[] = {
	{ "GET", "/kymo/v1/snapshot", NULL, NULL, 200,
	  "{\"at\":1700000000000,\"groups\":{\"system\":[],\"process\":[],\"api\":[],\"websocket\":[],\"business\":[],\"data\":[],"
	  "\"custom\":[" ITEM "]}}", NULL },
	{ "GET", "/kymo/v1/latest", NULL, NULL, 200, "{\"series\":[" ITEM "]}", "" },
	{ "GET", "/kymo/v1/latest", "name=a.*&name=b", NULL, 200, "{\"series\":[...", "a.*,b" },
	{ "GET", "/kymo/v1/metrics", NULL, NULL, 200,
	  "{\"metrics\":[{\"name\":\"a.b\",\"type\":\"gauge\",\"unit\":\"bytes\",\"help\":\"Help.\",\"labels\":[\"host\"],\"series\":3,"
	  "\"first_at\":null,\"last_at\":20}]}", "(all)" },
	{ "GET", "/kymo/v1/metrics", "name=x*", NULL, 200, "{\"metrics\":...", "x*" },
	{ "GET", "/kymo/v1/metrics/a.b/stats", "label=host=~a.*&last=1h", NULL, 200,
	  "{\"all\":{\"name\":\"a.b\",\"labels\":{},\"count\":2,\"sum\":3,\"min\":1,\"max\":2,\"avg\":1.5,\"stddev\":0.5,\"p50\":1,"
	  "\"p95\":2,\"p99\":2,\"estimated\":true,\"first_at\":10,\"last_at\":20},\"series\":[{\"name\":\"a.b\",\"labels\":"
	  "{\"host\":\"a\\\"b\"},...", "a.b,host/2/a.*" },
	{ "GET", "/kymo/v1/metrics/a/b/stats", NULL, NULL, 200, "{\"all\":...", "a/b" },
	{ "GET", "/kymo/v1/query", "name=a&name=b&label=x!=y", NULL, 200,
	  "{\"series\":[{\"name\":\"a.b\",\"labels\":{\"host\":\"a\\\"b\"},\"points\":[[1699999999000,1.5],[1700000000000,\"+Inf\"]]}],"
	  "\"parts\":[{\"tier\":\"1m\",\"start\":1,\"end\":2,\"missing\":true,\"empty\":false,\"reason\":\"gone\"}],\"warnings\":[\"mind the gap\"],"
	  "\"start\":1,\"end\":2,\"step\":3,\"window\":4,\"samples_read\":5,\"error\":\"NaN\"}", "a,b,x/1/y" },
	{ "POST", "/kymo/v1/query", NULL, "{\"names\":[\"a\"],\"labels\":{\"x\":\"y\"}}", 200, "{\"series\":...", "a,x/0/y" },
	{ "GET", "/kymo/v1/stats", NULL, NULL, 200, "{\"version\":\"...", NULL },
	{ "GET", "/kymo/v1/instances", NULL, NULL, 200,
	  "{\"instances\":[{\"name\":\"web\",\"plugin\":\"process\",\"version\":\"1.0\",\"file\":\"\",\"kind\":\"collector\",\"added\":false,"
	  "\"interval\":1000,\"collections\":0,\"errors\":0,\"missed\":2,...", NULL },
	{ "GET", "/kymo/v1/tiers", NULL, NULL, 200,
	  "{\"tiers\":[{\"tier\":\"raw\",\"width\":0,\"retention\":7200000,\"oldest\":1,\"newest\":2,\"bytes\":10,\"samples\":0,\"files\":0},"
	  "{\"tier\":\"1m\",\"width\":60000,\"retention\":7200000,\"oldest\":null,\"newest\":null,...", NULL },
	{ "GET", "/kymo/v1/sizes", NULL, NULL, 200,
	  "{\"metrics\":[{\"name\":\"large\",\"series\":3,\"bytes\":15,\"tiers\":[{\"tier\":\"raw\",\"bytes\":10,\"samples\":20},"
	  "{\"tier\":\"1m\",\"bytes\":5,\"samples\":2},{\"tier\":\"5m\",\"bytes\":0,\"samples\":0},{\"tier\":\"1h\",\"bytes\":0,"
	  "\"samples\":0}]},{\"name\":\"small\",\"series\":1,\"bytes\":1,...", NULL },
	{ "POST", "/kymo/v1/maintain", NULL, NULL, 200, "{\"flushed_samples\":0,\"closed_windows\":4,...", NULL },
	{ "POST", "/kymo/v1/events", NULL, "[{\"name\":\"a\"},{\"name\":\"nobody\"}]", 202, "{\"accepted\":1,\"unclaimed\":1}", "a,nobody" },
	{ "GET", "/-/healthy", NULL, NULL, 200, "{\"status\":\"healthy\"}", NULL },
	{ "GET", "/-/ready", NULL, NULL, 200, "{\"status\":\"ready\"}", NULL },
	{ "GET", "/metrics", NULL, NULL, 200, "# HELP kymo_exposition_left_out ...", NULL },
	{ "HEAD", "/-/healthy", NULL, NULL, 200, "{\"status\":\"healthy\"}", NULL },
};

static void every_route_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		run(&answers[i], false);
}

static const struct row admin[] = {
	{ "POST", "/-/reload", NULL, NULL, 200,
	  "{\"changes\":[{\"action\":\"start\",\"name\":\"web\",\"plugin\":\"process\",\"why\":\"new\"}]}", NULL },
	{ "POST", "/kymo/v1/instances", NULL, "{\"plugin\": \"/opt/queue.so\"}", 201, "{\"added\":\"queue\"}",
	  "add {\"plugin\": \"/opt/queue.so\"}" },
	{ "POST", "/kymo/v1/instances", NULL, "plugin: process\nname: web\n", 201, "{\"added\":\"web\"}", NULL },
	{ "POST", "/kymo/v1/instances", NULL, "plugin: process\n", 201, "{\"added\":\"process\"}", NULL },
	{ "DELETE", "/kymo/v1/instances/web", NULL, NULL, 200, "{\"removed\":\"web\"}", "remove web" },
	{ "POST", "/kymo/v1/instances/web/reset", NULL, NULL, 200, "{\"reset\":\"web\"}", "reset web" },
};

static void admin_routes_are_for_the_trusted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof admin / sizeof *admin; i++) {
		struct response response;

		run(&admin[i], true);
		response = fake_request(&fake, admin[i].method, admin[i].path, NULL, admin[i].body, false);
		assert_int_equal(response.status, 403);
		assert_non_null(strstr(buf_text(&response.body), "http: {admin: true}"));
		buf_fini(&response.body);
	}
}

static const struct row wrong[] = {
	{ "GET", "/", NULL, NULL, 404, "{\"error\":\"there is no / (docs/http.md lists what there is)\",\"status\":404}", NULL },
	{ "GET", "/kymo/v1/metrics//stats", NULL, NULL, 404, "{...", NULL },
	{ "GET", "/kymo/v1/metrics/stats", NULL, NULL, 404, "{...", NULL },
	{ "GET", "/kymo/v1/Stats", NULL, NULL, 404, "{...", NULL },
	{ "PUT", "/kymo/v1/query", NULL, NULL, 405,
	  "{\"error\":\"PUT is not a method of /kymo/v1/query (allowed: GET, HEAD, POST, OPTIONS)\",\"status\":405}", NULL },
	{ "GET", "/kymo/v1/events", NULL, NULL, 405, "{...", NULL },
	{ "GET", "/kymo/v1/instances/web", NULL, NULL, 405, "{...", NULL },
	{ "OPTIONS", "/kymo/v1/query", NULL, NULL, 204, "", NULL },
	{ "OPTIONS", "/nonesuch", NULL, NULL, 404, "{...", NULL },
	{ "GET", "/kymo/v1/stats", "a=1", NULL, 400, "{\"error\":\"unknown parameter \\\"a\\\"; allowed: none\",\"status\":400}", NULL },
	{ "GET", "/kymo/v1/latest", "names=1", NULL, 400, "{\"error\":\"unknown parameter \\\"names\\\" (did you mean \\\"name\\\"?)...", NULL },
	{ "GET", "/kymo/v1/metrics", "name=a&name=b", NULL, 400, "{\"error\":\"the parameter \\\"name\\\" stands twice\"...", NULL },
	{ "GET", "/kymo/v1/query", NULL, NULL, 400, "{\"error\":\"no name is given...", NULL },
	{ "GET", "/kymo/v1/metrics/a/stats", "function=max", NULL, 400, "{\"error\":\"unknown parameter \\\"function\\\"...", NULL },
	{ "GET", "/kymo/v1/metrics/a/stats", "last=soon", NULL, 400, "{\"error\":\"last: \\\"soon\\\" is not a span of time...", NULL },
	{ "POST", "/kymo/v1/query", NULL, NULL, 400, "{\"error\":\"the request has no body; JSON is wanted\"...", NULL },
	{ "POST", "/kymo/v1/query", "name=a", "{}", 400, "{\"error\":\"unknown parameter...", NULL },
	{ "POST", "/kymo/v1/maintain", NULL, "{\"do\":[\"clean\"]}", 400,
	  "{\"error\":\"do: there is no \\\"clean\\\"; allowed are flush, close, merge and expire\"...", NULL },
	{ "POST", "/kymo/v1/maintain", NULL, "{\"do\":\"flush\"}", 400, "{\"error\":\"do: a list of texts is wanted, not a text\"...", NULL },
	{ "POST", "/kymo/v1/maintain", NULL, "{\"dont\":[]}", 400, "{\"error\":\"the body: unknown key \\\"dont\\\"...", NULL },
	{ "POST", "/kymo/v1/events", NULL, NULL, 400, "{\"error\":\"the request has no body; one event or a list...", NULL },
	{ "POST", "/kymo/v1/events", NULL, " ", 400, "{\"error\":\"the request has no body; one event or a list...", NULL },
};

static void each_mistake_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		run(&wrong[i], false);
}

static const struct row wrong_admin[] = {
	{ "POST", "/kymo/v1/plan", NULL, NULL, 400, "{\"error\":\"the request has no body...", NULL },
	{ "POST", "/kymo/v1/plan", NULL, "{}", 400, "{\"error\":\"file: the absolute path...", NULL },
	{ "POST", "/kymo/v1/plan", NULL, "{\"file\":5}", 400, "{\"error\":\"file: a path is wanted, not a number\"...", NULL },
	{ "POST", "/kymo/v1/plan", NULL, "{\"file\":\"kymo.yaml\"}", 400, "{\"error\":\"file: the absolute path...", NULL },
	{ "POST", "/kymo/v1/plan", NULL, "{\"file\":\"/nonesuch.yaml\"}", 404, "{\"error\":\"/nonesuch.yaml...", NULL },
	{ "POST", "/kymo/v1/instances", NULL, NULL, 400, "{\"error\":\"the request has no body...", NULL },
	{ "POST", "/kymo/v1/instances", NULL, "[1]", 400, "{\"error\":\"request:1:1: is a list...", NULL },
	{ "POST", "/kymo/v1/instances", NULL, "a: b: c", 400, "{\"error\":\"request:1:...", NULL },
};

static void each_mistake_of_an_admin_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong_admin / sizeof *wrong_admin; i++)
		run(&wrong_admin[i], true);
}

static void failures_of_the_service_become_errors(void **state)
{
	static const struct { const char *method, *path, *body; int code; unsigned status; } rows[] = {
		{ "POST", "/kymo/v1/query", "{\"names\":\"a\"}", -E2BIG, 422 },
		{ "GET", "/kymo/v1/latest", NULL, -ENOMEM, 503 },
		{ "GET", "/kymo/v1/snapshot", NULL, -ENOMEM, 503 },
		{ "GET", "/kymo/v1/metrics", NULL, -EINVAL, 400 },
		{ "GET", "/kymo/v1/metrics/a/stats", NULL, -EINVAL, 400 },
		{ "POST", "/kymo/v1/maintain", NULL, -ENOSPC, 507 },
		{ "POST", "/-/reload", NULL, -EINVAL, 400 },
		{ "POST", "/kymo/v1/instances", "plugin: a", -EEXIST, 409 },
		{ "DELETE", "/kymo/v1/instances/web", NULL, -ENOENT, 404 },
		{ "POST", "/kymo/v1/instances/web/reset", NULL, -ENOTSUP, 422 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char wanted[128];

		fake.fails = rows[i].code;
		fake.reason = "kymo.yaml:3:5: so it is";
		snprintf(wanted, sizeof wanted, "{\"error\":\"kymo.yaml:3:5: so it is\",\"status\":%u}", rows[i].status);
		run(&(struct row){ rows[i].method, rows[i].path, NULL, rows[i].body, rows[i].status, wanted, NULL }, true);
	}
}

static void maintenance_by_name(void **state)
{
	static const struct { const char *body; unsigned what; } rows[] = {
		{ NULL, 0 }, { "{}", 0 }, { "{\"do\":[]}", 0 }, { "{\"do\":[\"flush\",\"expire\"]}", MAINTAIN_FLUSH | MAINTAIN_EXPIRE },
		{ "{\"do\":[\"close\",\"merge\"]}", MAINTAIN_CLOSE | MAINTAIN_MERGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		run(&(struct row){ "POST", "/kymo/v1/maintain", NULL, rows[i].body, 200, "{...", NULL }, false);
		assert_int_equal(fake.maintain, rows[i].what);
	}
}

static void not_ready_before_the_first_collect(void **state)
{
	(void)state;
	fake.host.collectors = 2;
	run(&(struct row){ "GET", "/-/ready", NULL, NULL, 503, "{\"error\":\"nothing has been collected yet\",\"status\":503}", NULL },
	    false);
	fake.host.errors = 1;
	run(&(struct row){ "GET", "/-/ready", NULL, NULL, 200, "{\"status\":\"ready\"}", NULL }, false);
}

static void stats_hold_what_the_layers_know(void **state)
{
	static const char *const words[] = {
		"\"uptime\":5,", "\"events\":{\"taken\":1,\"unclaimed\":2,\"dropped\":3,\"socket\":{\"datagrams\":11,",
		"\"event_queue\":6,\"sink_queue\":7}", "\"store\":{\"series\":3,", "\"last_flush\":null,",
		"{\"tier\":\"raw\",\"bytes\":10,\"samples\":0,\"files\":0,\"oldest\":1,\"newest\":2}",
		"{\"tier\":\"1m\",\"bytes\":0,\"samples\":0,\"files\":0,\"oldest\":null,\"newest\":null}",
	};
	struct response response;

	(void)state;
	fake.host = (struct host_stats){ .events = 1, .events_unclaimed = 2, .events_dropped = 3 };
	response = fake_request(&fake, "GET", "/kymo/v1/stats", NULL, NULL, false);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strstr(buf_text(&response.body), words[i]))
			fail_msg("%s is not in %s", words[i], buf_text(&response.body));
	buf_fini(&response.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_route_answers, fresh),
		cmocka_unit_test_setup(admin_routes_are_for_the_trusted, fresh),
		cmocka_unit_test_setup(each_mistake_is_named, fresh),
		cmocka_unit_test_setup(each_mistake_of_an_admin_too, fresh),
		cmocka_unit_test_setup(failures_of_the_service_become_errors, fresh),
		cmocka_unit_test_setup(maintenance_by_name, fresh),
		cmocka_unit_test_setup(not_ready_before_the_first_collect, fresh),
		cmocka_unit_test_setup(stats_hold_what_the_layers_know, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * form_fuzz.c - any bytes as a form sent to the Prometheus API: the first byte
 * chooses the route, over a service that is not there. Whatever comes, the answer
 * is JSON. The same bytes as an Accept-Encoding.
 */
#include "../http/fake_service.h"
#include "driver.h"
#include "http/json_check.h"
#include "util/check.h"

static const char *const paths[] = {
	"/api/v1/query", "/api/v1/query_range", "/api/v1/series", "/api/v1/labels", "/api/v1/format_query", "/api/v1/parse_query",
	"/api/v1/query_exemplars", "/kymo/v1/explain",
};

static void check_answer(const struct response *response)
{
	static const struct json_limits limits = { .depth = 1000, .values = 1000000 };
	struct error err = { 0 };

	CHECK(json_check((const char *)response->body.data, response->body.len, &limits, &err) == 0, "%u %.200s: %s", response->status,
	      (const char *)response->body.data, error_text(&err));
	CHECK(response->status == 200 || response->status == 400 || response->status == 422, "status=%u", response->status);
}

static void ask(const char *path, const char *body)
{
	static const uint8_t bytes[] = "\x08__name__\x02up\x03job\x01x";
	static const struct metric metric = { .name = (char *)"", .unit = (char *)"", .help = (char *)"" };
	static const struct series_view view = { .ref = 1, .labels = { bytes, sizeof bytes - 1 }, .metric = &metric, .last_at = 1000 };
	struct kymo kymo = { .series = &view, .n_series = 1, .type = TYPE_VECTOR, .n_answer = 1,
			     .content_type = "application/x-www-form-urlencoded" };
	struct response response = fake_request(&kymo, "POST", path, NULL, body, false);

	check_answer(&response);
	CHECK(!kymo.n_runs, "n_runs=%u", kymo.n_runs);
	buf_fini(&response.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	CHECK(text, "size=%zu", size);
	ask(paths[data[0] % COUNT_OF(paths)], text);
	coding_choose(text);
	free(text);
	return 0;
}

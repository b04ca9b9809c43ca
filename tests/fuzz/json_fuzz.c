/* SPDX-License-Identifier: MIT */
/*
 * json_fuzz.c - any bytes as the body of a request: the first byte chooses the
 * route, over a service that is not there. Whatever comes, the answer is JSON.
 */
#include "../http/fake_service.h"
#include "driver.h"
#include "http/body.h"
#include "http/json_check.h"
#include "util/check.h"

static const char *const paths[] = { "/kymo/v1/query", "/kymo/v1/events", "/kymo/v1/maintain" };

/* What has passed the check makes a tree, and the tree prints as what passes it again. */
static void check_tree(const struct buf *body)
{
	struct error err = { 0 };
	AUTO_BODY *tree = body_parse(body, &err), *again = NULL;
	AUTO_BUF printed = { 0 };
	char *text;

	CHECK(!tree == (err.count > 0), "count=%u", err.count);
	error_clear(&err);
	if (!tree)
		return;
	text = cJSON_PrintUnformatted(tree);
	CHECK(text, "len=%zu", body->len);
	buf_add_text(&printed, text);
	cJSON_free(text);
	again = body_parse(&printed, &err);
	CHECK(again, "%s", error_text(&err));
}

static void check_answer(const struct response *response)
{
	const struct json_limits limits = { .depth = 32, .values = 1000000 };
	struct error err = { 0 };
	bool good = response->status == 200 || response->status == 202 || response->status == 400;

	CHECK(good, "status=%u", response->status);
	CHECK(json_check((const char *)response->body.data, response->body.len, &limits, &err) == 0, "%s", error_text(&err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_input_of(data, size);
	static struct kymo fake;
	struct request request = { .kymo = &fake, .method = "POST", .path = paths[fuzz_u8(&in) % COUNT_OF(paths)] };
	const struct route *route;
	struct response response = { .status = 200 };

	buf_add(&request.body, in.at, fuzz_left(&in));
	check_tree(&request.body);
	if ((route = route_find(&request, &response)))
		route_run(route, &request, &response);
	check_answer(&response);
	buf_fini(&response.body);
	buf_fini(&request.body);
	return 0;
}

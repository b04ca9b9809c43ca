/* SPDX-License-Identifier: MIT */
/*
 * api_event.c - POST /kymo/v1/events: one event or a list of them. Accepted means
 * counted in memory; it is durable from the next collect on.
 */
#include "http/route.h"

#include "host/event.h"

#include <errno.h>

static bool is_blank(const struct buf *body)
{
	for (size_t i = 0; i < body->len; i++)
		if (!memchr(" \t\r\n", body->data[i], 4))
			return false;
	return true;
}

int api_events(const struct request *request, struct response *response, struct error *err)
{
	static const char *const none[] = { NULL };
	struct events events = { 0 };
	struct json json = json_to(&response->body);
	uint32_t accepted;
	int r = request_check_parameters(request, none, NULL, err);

	if (r < 0)
		return r;
	if (is_blank(&request->body))
		return error_set(err, -EINVAL, "the request has no body; one event or a list of them is wanted");
	r = events_parse(&events, (const char *)request->body.data, request->body.len, service_now(request->kymo), err);
	if (r == 0) {
		accepted = host_events(service_host(request->kymo), events.items, events.n);
		json_object(&json);
		json_put_unsigned(&json, "accepted", accepted);
		json_put_unsigned(&json, "unclaimed", events.n - accepted);
		json_end(&json);
		response->status = 202;
	}
	events_fini(&events);
	return r;
}

/* SPDX-License-Identifier: MIT */
/* api_read.c - POST /api/v1/read: Prometheus remote read. What a body means is the service's. */
#include "http/route.h"

int api_read(const struct request *request, struct response *response, struct error *err)
{
	int client = request->client, r;
	struct service_read read = { .body = request->body.data, .n = request->body.len, .memory = request->rules ? request->rules->memory : 0,
				     .is_cancelled = request_is_gone, .cancel_data = &client };

	r = service_remote_read(request->kymo, &read, &response->body, err);
	if (r < 0)
		return r;
	response->content_type = "application/x-protobuf";
	response->coding = CODING_SNAPPY;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * api_exposition.c - GET /metrics: what this daemon's instances have collected
 * since it started; a series that only an earlier run knew, or that came from
 * outside, is left to queries.
 */
#include "http/exposition.h"
#include "http/route.h"

#include <errno.h>

struct filling {
	struct exposition *exposition;
	struct host *host;
	kymo_ms since;
};

static int add_series(void *data, const struct series_view *view)
{
	struct filling *filling = data;

	if (!host_owns(filling->host, view->ref))
		return 0;
	return exposition_add(filling->exposition, view, filling->since);
}

static void write_left_out(const struct exposition *exposition, struct buf *out)
{
	buf_printf(out,
		   "# HELP kymo_exposition_left_out Series that are not here because another name escapes alike.\n"
		   "# TYPE kymo_exposition_left_out gauge\nkymo_exposition_left_out %u\n",
		   exposition_left_out(exposition));
}

int api_exposition(const struct request *request, struct response *response, struct error *err)
{
	AUTO(exposition) exposition = exposition_create(request->left_out);
	struct filling filling = { exposition, service_host(request->kymo), service_started_at(request->kymo) };

	if (!exposition ||
	    store_each_series(service_store(request->kymo), NULL, 0, add_series, &filling) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	exposition_write(exposition, &response->body);
	write_left_out(exposition, &response->body);
	response->content_type = "text/plain; version=0.0.4; charset=utf-8";
	return 0;
}

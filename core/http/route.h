/* SPDX-License-Identifier: MIT */
/*
 * route.h - from method and path to a handler: one table, the whole HTTP
 * interface at a glance (route.c). docs/http.md describes it request by request.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/request.h"

/* Fills the response, or gives a negative errno with the reason: run() makes the error of it. */
typedef int handler(const struct request *request, struct response *response, struct error *err);

struct route {
	const char *method;
	const char *path;		/* one * stands for any part that is not empty */
	handler *handle;
	bool admin;			/* only for trusted requests */
};

/*
 * Find the route and call it; or answer 404, 405 with Allow, 403 where admin is
 * needed, HEAD as GET (the server leaves the body out), OPTIONS.
 */
void route_request(struct request *request, struct response *response);

/* api_query.c */
handler api_query;

/* api_series.c */
handler api_snapshot;
handler api_latest;
handler api_metrics;
handler api_metric_stats;

/* api_service.c */
handler api_stats;
handler api_instances;
handler api_tiers;
handler api_maintain;
handler api_healthy;
handler api_ready;

/* api_event.c */
handler api_events;

/* api_admin.c */
handler api_reload;
handler api_plan;
handler api_instance_add;
handler api_instance_remove;
handler api_instance_reset;

/* api_write.c */
handler api_write;

/* api_exposition.c */
handler api_exposition;

#endif

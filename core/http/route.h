/* SPDX-License-Identifier: MIT */
/*
 * route.h - from method and path to a handler: one table, the whole HTTP
 * interface at a glance (route.c). docs/http.md describes it request by request.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/request.h"

struct route {
	const char *method;
	const char *path;		/* one * stands for any part that is not empty */
	void (*handle)(const struct request *request, struct response *response);
	bool admin;			/* only for trusted requests */
};

/*
 * Find the route and call it; or answer 404, 405 with Allow, 403 where admin is
 * needed, HEAD as GET (the server leaves the body out), OPTIONS.
 */
void route_request(struct request *request, struct response *response);

/* api_query.c */
void api_query(const struct request *request, struct response *response);
/* api_series.c */
void api_snapshot(const struct request *request, struct response *response);
void api_latest(const struct request *request, struct response *response);
void api_metrics(const struct request *request, struct response *response);
void api_metric_stats(const struct request *request, struct response *response);
/* api_service.c */
void api_stats(const struct request *request, struct response *response);
void api_instances(const struct request *request, struct response *response);
void api_tiers(const struct request *request, struct response *response);
void api_maintain(const struct request *request, struct response *response);
void api_healthy(const struct request *request, struct response *response);
void api_ready(const struct request *request, struct response *response);
/* api_event.c */
void api_events(const struct request *request, struct response *response);
/* api_admin.c */
void api_reload(const struct request *request, struct response *response);
void api_plan(const struct request *request, struct response *response);
void api_instance_add(const struct request *request, struct response *response);
void api_instance_remove(const struct request *request, struct response *response);
void api_instance_reset(const struct request *request, struct response *response);
/* exposition.c */
void api_exposition(const struct request *request, struct response *response);

#endif

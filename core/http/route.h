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

/* Who runs a handler: what is short never waits for what may take long. */
enum lane {
	LANE_AT_ONCE,			/* the thread of the connection */
	LANE_QUERIES, LANE_WRITES, LANE_CHANGES,	/* threads of their own, each with a queue */
	LANES
};

struct route {
	const char *method;
	const char *path;		/* one * stands for any part that is not empty */
	handler *handle;
	bool admin;			/* only for trusted requests */
	enum lane lane;
};

/*
 * The route of a request, HEAD as GET (the server leaves the body out). NULL: it is
 * answered: 404, 405 with Allow, 403 where admin is needed, OPTIONS.
 */
const struct route *route_find(struct request *request, struct response *response);
/* Is this path one of the Prometheus API whose errors are JSON of that kind? And does it only read: web pages may read it? */
bool route_is_prometheus(const char *path);
bool route_is_shared(const char *path);
/* Call its handler. */
void route_run(const struct route *route, const struct request *request, struct response *response);

/* api_query.c */
handler api_query;

/* api_prom_query.c */
handler api_prom_query;
handler api_prom_query_range;
handler api_explain;

/* api_prom_parse.c */
handler api_prom_format_query;
handler api_prom_parse_query;

/* api_prom_series.c, api_prom_labels.c */
handler api_prom_series;
handler api_prom_labels;
handler api_prom_label_values;

/* api_prom_metadata.c */
handler api_prom_metadata;
handler api_prom_targets;
handler api_prom_targets_metadata;
handler api_prom_scrape_pools;

/* api_prom_status.c, api_prom_tsdb.c */
handler api_prom_buildinfo;
handler api_prom_runtimeinfo;
handler api_prom_config;
handler api_prom_flags;
handler api_prom_tsdb;
handler api_prom_walreplay;
handler api_prom_rules;
handler api_prom_alerts;
handler api_prom_alertmanagers;
handler api_prom_notifications;
handler api_prom_exemplars;

/* api_prom_admin.c */
handler api_prom_delete_series;
handler api_prom_clean_tombstones;

/* api_series.c */
handler api_snapshot;
handler api_latest;
handler api_metrics;
handler api_metric_stats;

/* api_service.c */
handler api_stats;
handler api_instances;
handler api_tiers;
handler api_sizes;
handler api_maintain;
handler api_healthy;
handler api_ready;

/* api_event.c */
handler api_events;

/* api_admin.c */
handler api_reload;
handler api_delete;
handler api_plan;
handler api_instance_add;
handler api_instance_remove;
handler api_instance_reset;

/* api_write.c */
handler api_write;
/* What a failure of the receiver is to a sender: may it send the same again? Fills the answer, or gives r. */
int write_refused(struct response *response, int r, const struct error *err);

/* api_read.c */
handler api_read;

/* api_import.c */
handler api_import;

/* api_exposition.c */
handler api_exposition;

#endif

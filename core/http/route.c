/* SPDX-License-Identifier: MIT */
/* route.c - the table, and finding a row in it. */
#include "http/route.h"

#include "util/check.h"

static const struct route routes[] = {
	{ "GET",    "/-/healthy",                 api_healthy,         false, LANE_AT_ONCE },
	{ "GET",    "/-/ready",                   api_ready,           false, LANE_AT_ONCE },
	{ "POST",   "/-/reload",                  api_reload,          true,  LANE_CHANGES },
	{ "GET",    "/metrics",                   api_exposition,      false, LANE_AT_ONCE },
	{ "POST",   "/api/v1/write",              api_write,           false, LANE_WRITES },
	{ "POST",   "/api/v1/read",                   api_read,                  false, LANE_QUERIES },
	{ "POST",   "/api/v1/import/prometheus",      api_import,                false, LANE_WRITES },
	{ "GET",    "/api/v1/query",                  api_prom_query,            false, LANE_QUERIES },
	{ "POST",   "/api/v1/query",                  api_prom_query,            false, LANE_QUERIES },
	{ "GET",    "/api/v1/query_range",            api_prom_query_range,      false, LANE_QUERIES },
	{ "POST",   "/api/v1/query_range",            api_prom_query_range,      false, LANE_QUERIES },
	{ "GET",    "/api/v1/format_query",           api_prom_format_query,     false, LANE_AT_ONCE },
	{ "POST",   "/api/v1/format_query",           api_prom_format_query,     false, LANE_AT_ONCE },
	{ "GET",    "/api/v1/parse_query",            api_prom_parse_query,      false, LANE_AT_ONCE },
	{ "POST",   "/api/v1/parse_query",            api_prom_parse_query,      false, LANE_AT_ONCE },
	{ "GET",    "/api/v1/series",                 api_prom_series,           false, LANE_QUERIES },
	{ "POST",   "/api/v1/series",                 api_prom_series,           false, LANE_QUERIES },
	{ "GET",    "/api/v1/labels",                 api_prom_labels,           false, LANE_QUERIES },
	{ "POST",   "/api/v1/labels",                 api_prom_labels,           false, LANE_QUERIES },
	{ "GET",    "/api/v1/label/*/values",         api_prom_label_values,     false, LANE_QUERIES },
	{ "GET",    "/api/v1/metadata",               api_prom_metadata,         false, LANE_QUERIES },
	{ "GET",    "/api/v1/query_exemplars",        api_prom_exemplars,        false, LANE_AT_ONCE },
	{ "POST",   "/api/v1/query_exemplars",        api_prom_exemplars,        false, LANE_AT_ONCE },
	{ "GET",    "/api/v1/rules",                  api_prom_rules,            false, LANE_AT_ONCE },
	{ "GET",    "/api/v1/alerts",                 api_prom_alerts,           false, LANE_AT_ONCE },
	{ "GET",    "/api/v1/alertmanagers",          api_prom_alertmanagers,    false, LANE_AT_ONCE },
	{ "GET",    "/api/v1/notifications",          api_prom_notifications,    false, LANE_AT_ONCE },
	{ "GET",    "/api/v1/targets",                api_prom_targets,          false, LANE_AT_ONCE },
	{ "GET",    "/api/v1/targets/metadata",       api_prom_targets_metadata, false, LANE_QUERIES },
	{ "GET",    "/api/v1/scrape_pools",           api_prom_scrape_pools,     false, LANE_AT_ONCE },
	{ "GET",    "/api/v1/status/buildinfo",       api_prom_buildinfo,        false, LANE_AT_ONCE },
	{ "GET",    "/api/v1/status/runtimeinfo",     api_prom_runtimeinfo,      false, LANE_AT_ONCE },
	{ "GET",    "/api/v1/status/config",          api_prom_config,           false, LANE_AT_ONCE },
	{ "GET",    "/api/v1/status/flags",           api_prom_flags,            false, LANE_AT_ONCE },
	{ "GET",    "/api/v1/status/tsdb",            api_prom_tsdb,             false, LANE_QUERIES },
	{ "GET",    "/api/v1/status/walreplay",       api_prom_walreplay,        false, LANE_AT_ONCE },
	{ "POST",   "/api/v1/admin/tsdb/delete_series",    api_prom_delete_series,    true, LANE_CHANGES },
	{ "PUT",    "/api/v1/admin/tsdb/delete_series",    api_prom_delete_series,    true, LANE_CHANGES },
	{ "POST",   "/api/v1/admin/tsdb/clean_tombstones", api_prom_clean_tombstones, true, LANE_CHANGES },
	{ "PUT",    "/api/v1/admin/tsdb/clean_tombstones", api_prom_clean_tombstones, true, LANE_CHANGES },
	{ "GET",    "/kymo/v1/snapshot",          api_snapshot,        false, LANE_AT_ONCE },
	{ "GET",    "/kymo/v1/latest",            api_latest,          false, LANE_QUERIES },
	{ "GET",    "/kymo/v1/metrics",           api_metrics,         false, LANE_QUERIES },
	{ "GET",    "/kymo/v1/metrics/*/stats",   api_metric_stats,    false, LANE_QUERIES },
	{ "GET",    "/kymo/v1/query",             api_query,           false, LANE_QUERIES },
	{ "POST",   "/kymo/v1/query",             api_query,           false, LANE_QUERIES },
	{ "GET",    "/kymo/v1/explain",           api_explain,         false, LANE_QUERIES },
	{ "POST",   "/kymo/v1/explain",           api_explain,         false, LANE_QUERIES },
	{ "GET",    "/kymo/v1/stats",             api_stats,           false, LANE_AT_ONCE },
	{ "GET",    "/kymo/v1/tiers",             api_tiers,           false, LANE_AT_ONCE },
	{ "GET",    "/kymo/v1/sizes",             api_sizes,           false, LANE_QUERIES },
	{ "GET",    "/kymo/v1/instances",         api_instances,       false, LANE_AT_ONCE },
	{ "POST",   "/kymo/v1/instances",         api_instance_add,    true,  LANE_CHANGES },
	{ "DELETE", "/kymo/v1/instances/*",       api_instance_remove, true,  LANE_CHANGES },
	{ "POST",   "/kymo/v1/instances/*/reset", api_instance_reset,  true,  LANE_CHANGES },
	{ "POST",   "/kymo/v1/delete",            api_delete,          true,  LANE_CHANGES },
	{ "POST",   "/kymo/v1/plan",              api_plan,            true,  LANE_CHANGES },
	{ "POST",   "/kymo/v1/events",            api_events,          false, LANE_AT_ONCE },
	{ "POST",   "/kymo/v1/maintain",          api_maintain,        false, LANE_CHANGES },
};

#define ROOT "/api/v1/"

static bool begins_with(const char *path, const char *root)
{
	return !strncmp(path, root, strlen(root));
}

bool route_is_prometheus(const char *path)
{
	static const char *const writing[] = { ROOT "write", ROOT "import/" };

	if (!begins_with(path, ROOT))
		return false;
	for (size_t i = 0; i < COUNT_OF(writing); i++)
		if (begins_with(path, writing[i]))
			return false;
	return true;
}

bool route_is_shared(const char *path)
{
	return route_is_prometheus(path) && !begins_with(path, ROOT "admin/");
}

/* Does the path fit; and which part of it stands for the *? */
static bool path_fits(const char *pattern, const char *path, const char **rest, uint32_t *n)
{
	const char *star = strchr(pattern, '*');
	size_t head = star ? (size_t)(star - pattern) : 0, tail, len = strlen(path);

	if (!star)
		return !strcmp(pattern, path);
	tail = strlen(star + 1);
	if (len <= head + tail || memcmp(path, pattern, head) != 0 || strcmp(path + len - tail, star + 1) != 0)
		return false;
	*rest = path + head;
	*n = (uint32_t)(len - head - tail);
	return true;
}

/* The methods of a path, for Allow: a set of strings is enough, there are few. */
static const char *allow_text(bool get, bool post, bool put, bool erase)
{
	if (post && put)
		return "POST, PUT, OPTIONS";
	if (get && post)
		return "GET, HEAD, POST, OPTIONS";
	if (get)
		return "GET, HEAD, OPTIONS";
	if (erase)
		return "DELETE, OPTIONS";
	return post ? "POST, OPTIONS" : NULL;
}

static void refuse(const struct request *request, struct response *response, const char *allow)
{
	if (!allow && response->prometheus && !strcmp(request->method, "OPTIONS"))
		allow = "GET, HEAD, POST, OPTIONS";	/* as Prometheus: of any path */
	if (!allow) {
		response_error(response, 404, "there is no %.200s (docs/http.md lists what there is)", request->path);
		return;
	}
	response->allow = allow;
	if (!strcmp(request->method, "OPTIONS"))
		response->status = 204;
	else
		response_error(response, 405, "%.16s is not a method of %.200s (allowed: %s)", request->method, request->path,
			       allow);
}

static bool admit(const struct route *route, const struct request *request, struct response *response)
{
	if (!route->admin || request->trusted)
		return true;
	if (response->prometheus)
		response_error(response, 503, "admin APIs disabled (`http: {admin: true}` in the configuration enables them)");
	else
		response_error(response, 403, "%s %s is for the control socket; `http: {admin: true}` in the configuration opens it here",
		       route->method, route->path);
	return false;
}

void route_run(const struct route *route, const struct request *request, struct response *response)
{
	struct error err = { 0 };
	int r;

	r = route->handle(request, response, &err);
	if (r < 0)
		response_failure(response, r, &err);
	error_clear(&err);
}

const struct route *route_find(struct request *request, struct response *response)
{
	const char *method = !strcmp(request->method, "HEAD") ? "GET" : request->method;
	bool get = false, post = false, put = false, erase = false;

	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		const struct route *route = &routes[i];

		if (!path_fits(route->path, request->path, &request->rest, &request->rest_len))
			continue;
		if (!strcmp(route->method, method))
			return admit(route, request, response) ? route : NULL;
		get |= !strcmp(route->method, "GET");
		post |= !strcmp(route->method, "POST");
		put |= !strcmp(route->method, "PUT");
		erase |= !strcmp(route->method, "DELETE");
	}
	refuse(request, response, allow_text(get, post, put, erase));
	return NULL;
}

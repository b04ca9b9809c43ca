/* SPDX-License-Identifier: MIT */
/*
 * api_prom_status.c - /api/v1/status/... of the Prometheus API, and what of it is
 * empty here: rules, alerts, exemplars, alertmanagers, notifications.
 */
#include "http/prom_json.h"
#include "http/prom_param.h"
#include "http/rules.h"
#include "http/route.h"

#include "util/duration.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

/* What clients go by when they ask for a version: the Prometheus whose API this is. */
#define SPOKEN_VERSION "3.5.0"

static int fixed(struct response *response, const char *data)
{
	prom_begin(&response->body);
	buf_add_text(&response->body, data);
	prom_end(&response->body, NULL);
	return 0;
}

int api_prom_buildinfo(const struct request *request, struct response *response, struct error *err)
{
	(void)request, (void)err;
	return fixed(response, "{\"version\":\"" SPOKEN_VERSION "\",\"revision\":\"kymo-" KYMO_VERSION "\",\"branch\":\"kymo\",\"buildUser\":\"\","
			       "\"buildDate\":\"\",\"goVersion\":\"\",\"application\":\"kymo\",\"kymoVersion\":\"" KYMO_VERSION "\"}");
}

int api_prom_walreplay(const struct request *request, struct response *response, struct error *err)
{
	(void)request, (void)err;	/* who answers has it behind him */
	return fixed(response, "{\"min\":0,\"max\":0,\"current\":0}");
}

int api_prom_alerts(const struct request *request, struct response *response, struct error *err)
{
	(void)request, (void)err;
	return fixed(response, "{\"alerts\":[]}");
}

int api_prom_alertmanagers(const struct request *request, struct response *response, struct error *err)
{
	(void)request, (void)err;
	return fixed(response, "{\"activeAlertmanagers\":[],\"droppedAlertmanagers\":[]}");
}

int api_prom_notifications(const struct request *request, struct response *response, struct error *err)
{
	(void)request, (void)err;
	return fixed(response, "[]");
}

int api_prom_rules(const struct request *request, struct response *response, struct error *err)
{
	AUTO_PARAMS params = { 0 };
	AUTO_MATCHES matches = { 0 };
	const char *type;
	int r = params_read(&params, request, err);

	if (r == 0)
		r = prom_matches_read(&matches, &params, false, err);
	if (r < 0)
		return r;
	type = params_get(&params, "type");
	if (*type && strcasecmp(type, "alert") != 0 && strcasecmp(type, "record") != 0)
		return prom_invalid(err, "type", "not supported value \"%.100s\"", type);
	return fixed(response, "{\"groups\":[]}");
}

int api_prom_exemplars(const struct request *request, struct response *response, struct error *err)
{
	const struct parse_limits limits = PARSE_LIMITS;
	AUTO_PARAMS params = { 0 };
	AUTO(expr) expr = NULL;
	kymo_ms start = 0, end = 0;
	const char *query;
	int r = params_read(&params, request, err);

	if (r == 0)
		r = prom_time_or(&params, "start", PROM_EARLIEST, &start, err);
	if (r == 0)
		r = prom_time_or(&params, "end", PROM_LATEST, &end, err);
	if (r == 0 && end < start)
		r = error_set(err, -EINVAL, "end timestamp must not be before start timestamp");
	query = params_get(&params, "query");
	if (r == 0)
		r = expr_parse(query, strlen(query), &limits, &expr, err);
	return r < 0 ? r : fixed(response, "[]");
}

/* ---- configuration ---- */

int api_prom_config(const struct request *request, struct response *response, struct error *err)
{
	const char *yaml = request->rules ? request->rules->yaml : "";
	struct buf *out = &response->body;

	(void)err;
	prom_begin(out);
	buf_add_text(out, "{\"yaml\":");
	prom_text(out, yaml, strlen(yaml));
	buf_add_u8(out, '}');
	prom_end(out, NULL);
	return 0;
}

int api_prom_flags(const struct request *request, struct response *response, struct error *err)
{
	(void)err;
	return fixed(response, request->rules ? request->rules->flags : "{}");
}

/* ---- how it runs ---- */

static void put_time(struct json *json, const char *key, kymo_ms at)
{
	char text[TIME_TEXT];

	json_put_text(json, key, time_format(at, text));
}

static uint32_t count_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *entry;
	uint32_t n = 0;

	while (tasks && (entry = readdir(tasks)))
		n += entry->d_name[0] != '.';
	if (tasks)
		closedir(tasks);
	return n;
}

static void put_retention(struct json *json, struct kymo *kymo)
{
	char span[DURATION_TEXT];
	kymo_ms retention[TIERS];
	AUTO_BUF all = { 0 };

	service_retention(kymo, retention);
	for (int tier = 0; tier < TIERS; tier++)
		buf_printf(&all, "%s%s %s", tier ? ", " : "", tier_name((enum kymo_tier)tier),
			   retention[tier] == FOREVER ? "forever" : duration_format(retention[tier], span));
	json_put_text(json, "storageRetention", buf_text(&all) ? buf_text(&all) : "");
}

static void put_host(struct json *json)
{
	char text[4096];

	json_put_text(json, "CWD", getcwd(text, sizeof text) ? text : "");
	json_put_text(json, "hostname", gethostname(text, 256) == 0 ? text : "");
}

static void put_reload(struct json *json, const struct request *request)
{
	struct host_stats stats;

	host_stats(service_host(request->kymo), &stats);
	json_put_bool(json, "reloadConfigSuccess", !request->rules || stats.reload_failures == request->rules->failures_before);
	put_time(json, "lastConfigTime", request->rules ? request->rules->loaded_at : service_started_at(request->kymo));
}

static void put_process(struct json *json, struct kymo *kymo)
{
	struct store_stats stats;

	store_stats(service_store(kymo), &stats);
	json_put_unsigned(json, "corruptionCount", stats.quarantined);
	json_put_unsigned(json, "goroutineCount", count_threads());
	json_put_integer(json, "GOMAXPROCS", sysconf(_SC_NPROCESSORS_ONLN));
	json_put_integer(json, "GOMEMLIMIT", INT64_MAX);	/* none */
	json_put_text(json, "GOGC", "");
	json_put_text(json, "GODEBUG", "");
}

int api_prom_runtimeinfo(const struct request *request, struct response *response, struct error *err)
{
	struct json json = json_to(&response->body);

	(void)err;
	prom_begin(&response->body);
	json_object(&json);
	put_time(&json, "startTime", service_started_at(request->kymo));
	put_host(&json);
	put_time(&json, "serverTime", service_now(request->kymo));
	put_reload(&json, request);
	put_process(&json, request->kymo);
	put_retention(&json, request->kymo);
	json_end(&json);
	prom_end(&response->body, NULL);
	return 0;
}

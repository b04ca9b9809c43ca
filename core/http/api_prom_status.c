/* SPDX-License-Identifier: MIT */
/*
 * api_prom_status.c - /api/v1/status/... of the Prometheus API, and what of it is
 * empty here: rules, alerts, exemplars, alertmanagers, notifications.
 */
#include "http/prom_json.h"
#include "http/prom_param.h"
#include "http/rules.h"
#include "http/route.h"

#include "util/check.h"
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

/* As Go reads a truth. */
static bool is_bool(const char *text)
{
	static const char *const words[] = { "1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False" };

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (!strcmp(words[i], text))
			return true;
	return false;
}

/* One page after the other, of groups that there are not. */
static int check_page(const struct params *params, struct error *err)
{
	const char *next = params_get(params, "group_next_token"), *limit = params_get(params, "group_limit");
	int64_t n = 1;

	if (*next && !*limit)
		return prom_invalid(err, "group_next_token", "group_limit needs to be present in order to paginate over the groups");
	if (*limit && prom_number(params, "group_limit", &n, NULL) < 0)
		return prom_invalid(err, "group_limit", "group_limit needs to be a valid number: \"%.100s\"", limit);
	if (n <= 0)
		return prom_invalid(err, "group_limit", "group_limit needs to be greater than 0");
	if (*next)
		return prom_invalid(err, "group_next_token", "invalid group_next_token '%.100s'. were rule groups changed?", next);
	return 0;
}

static int check_rules(const struct params *params, struct error *err)
{
	const char *type = params_get(params, "type"), *exclude = params_get(params, "exclude_alerts");

	if (*type && strcasecmp(type, "alert") != 0 && strcasecmp(type, "record") != 0)
		return prom_invalid(err, "type", "not supported value \"%.100s\"", type);
	if (*exclude && !is_bool(exclude))
		return prom_invalid(err, "exclude_alerts", "error converting exclude_alerts: strconv.ParseBool: parsing \"%.100s\": invalid syntax",
				    exclude);
	return check_page(params, err);
}

int api_prom_rules(const struct request *request, struct response *response, struct error *err)
{
	AUTO_PARAMS params = { 0 };
	AUTO_MATCHES matches = { 0 };
	int r = params_read(&params, request, err);

	if (r == 0)
		r = prom_matches_read(&matches, &params, false, err);
	if (r == 0)
		r = check_rules(&params, err);
	return r < 0 ? r : fixed(response, "{\"groups\":[]}");
}

static bool any_selects(const struct node *const *nodes, uint32_t n);

/* Is there a selector in it? Depth: that of the tree, which the parser limits. */
static bool selects(const struct node *node)
{
	switch (node->kind) {
	case NODE_SELECTOR:
		return true;
	case NODE_PAREN:
		return selects(node->inner);
	case NODE_SUBQUERY:
		return selects(node->subquery.inner);
	case NODE_UNARY:
		return selects(node->unary.inner);
	case NODE_BINARY:
		return selects(node->binary.left) || selects(node->binary.right);
	case NODE_AGGREGATE:
		return selects(node->aggregate.inner) || (node->aggregate.param && selects(node->aggregate.param));
	case NODE_CALL:
		return any_selects(node->call.args, node->call.n_args);
	default:
		return false;
	}
}

static bool any_selects(const struct node *const *nodes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (selects(nodes[i]))
			return true;
	return false;
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
	if (r < 0 || selects(expr_root(expr)))
		return r < 0 ? r : fixed(response, "[]");
	response->status = 204;			/* as there */
	return 0;
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

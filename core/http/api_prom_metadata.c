/* SPDX-License-Identifier: MIT */
/*
 * api_prom_metadata.c - of the Prometheus API what is about metrics and who
 * collects them: /api/v1/metadata, targets, targets/metadata, scrape_pools.
 */
#include "http/prom_json.h"
#include "http/prom_param.h"
#include "http/route.h"
#include "http/text_set.h"

#include "util/duration.h"

#include <errno.h>
#include <strings.h>

#define NEVER "0001-01-01T00:00:00Z"	/* as Go writes a time that was never */

static void put(struct buf *out, const char *before, const char *text)
{
	buf_add_text(out, before);
	prom_text(out, text, strlen(text));
}

/* ---- metadata ---- */

static const char *type_word(uint32_t type)
{
	switch (type) {
	case KYMO_GAUGE:
		return "gauge";
	case KYMO_COUNTER:
		return "counter";
	case KYMO_HISTOGRAM:
		return "histogram";
	case KYMO_SUMMARY:
		return "summary";
	default:
		return "unknown";
	}
}

struct listing {
	struct buf *out;
	const char *metric;		/* "": all */
	int64_t most, n;		/* most < 0: no limit */
	bool of_targets;
};

/* Nobody has ever said anything of it: then Prometheus would not know it either. */
static bool is_unknown(const struct metric *metric)
{
	return metric->type == KYMO_UNTYPED && !*metric->help && !*metric->unit;
}

static void put_metadata(const struct listing *listing, const struct metric *metric)
{
	struct buf *out = listing->out;

	if (listing->of_targets) {
		buf_add_text(out, "{\"target\":{\"instance\":\"kymo\",\"job\":\"kymo\"}");
		if (!*listing->metric)
			put(out, ",\"metric\":", metric->name);
	} else {
		put(out, "", metric->name);
		buf_add_text(out, ":[{");
	}
	put(out, listing->of_targets ? ",\"type\":" : "\"type\":", type_word(metric->type));
	put(out, ",\"help\":", metric->help);
	put(out, ",\"unit\":", metric->unit);
	buf_add_text(out, listing->of_targets ? "}" : "}]");
}

static int list_metric(void *data, const struct metric *metric, uint32_t n_series, kymo_ms first_at, kymo_ms last_at)
{
	struct listing *listing = data;

	(void)n_series, (void)first_at, (void)last_at;
	if (listing->most >= 0 && listing->n >= listing->most)
		return 1;
	if (is_unknown(metric) || (*listing->metric && strcmp(listing->metric, metric->name) != 0))
		return 0;
	if (listing->n++)
		buf_add_u8(listing->out, ',');
	put_metadata(listing, metric);
	return 0;
}

static int list(const struct request *request, struct listing *listing)
{
	int r;

	prom_begin(listing->out);
	buf_add_u8(listing->out, listing->of_targets ? '[' : '{');
	r = store_each_metric(service_store(request->kymo), list_metric, listing);
	buf_add_u8(listing->out, listing->of_targets ? ']' : '}');
	prom_end(listing->out, NULL);
	return r < 0 ? r : 0;
}

int api_prom_metadata(const struct request *request, struct response *response, struct error *err)
{
	struct listing listing = { .out = &response->body };
	AUTO_PARAMS params = { 0 };
	int64_t per_metric;
	int r = params_read(&params, request, err);

	if (r == 0)
		r = prom_number(&params, "limit", &listing.most, err);
	if (r == 0)
		r = prom_number(&params, "limit_per_metric", &per_metric, err);	/* there is never more than one */
	listing.metric = params_get(&params, "metric");
	return r < 0 ? r : list(request, &listing);
}

/* kymo is the one target of all it collects; true if that is what the selector is about. */
static int matches_target(const char *text, bool *matches, struct error *err)
{
	static const uint8_t bytes[] = "\x08instance\x04kymo\x03job\x04kymo";
	const struct labels labels = { bytes, sizeof bytes - 1 };
	const struct parse_limits limits = PARSE_LIMITS;
	struct error why = { 0 };
	AUTO(expr) expr = NULL;
	int r;

	*matches = true;
	if (!*text)
		return 0;
	r = expr_parse_selector(text, strlen(text), &limits, &expr, &why);
	if (r < 0)
		return prom_invalid_why(err, r, "match_target", &why);
	*matches = matchers_test(expr_root(expr)->selector.matchers, expr_root(expr)->selector.n_matchers, labels);
	return 0;
}

int api_prom_targets_metadata(const struct request *request, struct response *response, struct error *err)
{
	struct listing listing = { .out = &response->body, .of_targets = true };
	AUTO_PARAMS params = { 0 };
	bool matches = true;
	int r = params_read(&params, request, err);

	if (r == 0)
		r = prom_number(&params, "limit", &listing.most, err);
	if (r == 0)
		r = matches_target(params_get(&params, "match_target"), &matches, err);
	listing.metric = params_get(&params, "metric");
	if (!matches)
		listing.most = 0;
	return r < 0 ? r : list(request, &listing);
}

/* ---- targets: the collectors ---- */

struct targets {
	struct buf *out;
	const char *pool;		/* "": all */
	uint32_t n;
};

static const char *health_of(const struct instance_stats *stats)
{
	if (stats->last_at == INT64_MIN)
		return "unknown";
	return *stats->last_error && stats->last_error_at >= stats->last_at ? "down" : "up";
}

static void put_span(struct buf *out, const char *before, kymo_ms span)
{
	char text[DURATION_TEXT];

	put(out, before, duration_format(span, text));
}

static void put_labels(struct buf *out, const struct instance_stats *stats)
{
	put(out, "{\"discoveredLabels\":{\"__address__\":", stats->name);
	put(out, ",\"__metrics_path__\":", stats->file);
	put_span(out, ",\"__scrape_interval__\":", stats->interval);
	put(out, ",\"job\":", stats->plugin);
	put(out, "},\"labels\":{\"instance\":", stats->name);
	put(out, ",\"job\":", stats->plugin);
	put(out, "},\"scrapePool\":", stats->plugin);
	put(out, ",\"scrapeUrl\":", stats->name);	/* it has no address but its name */
	buf_add_text(out, ",\"globalUrl\":\"\"");
}

static int put_target(void *data, const struct instance_stats *stats)
{
	struct targets *targets = data;
	struct buf *out = targets->out;
	const char *health = health_of(stats);
	char text[TIME_TEXT];

	if (stats->sink || (*targets->pool && strcmp(targets->pool, stats->plugin) != 0))
		return 0;
	if (targets->n++)
		buf_add_u8(out, ',');
	put_labels(out, stats);
	put(out, ",\"lastError\":", *health == 'd' ? stats->last_error : "");
	put(out, ",\"lastScrape\":", stats->last_at == INT64_MIN ? NEVER : time_format(stats->last_at, text));
	buf_add_text(out, ",\"lastScrapeDuration\":");
	json_number(&(struct json){ .out = out }, (double)stats->last_ns / 1e9);
	put(out, ",\"health\":", health);
	put_span(out, ",\"scrapeInterval\":", stats->interval);
	put_span(out, ",\"scrapeTimeout\":", stats->interval);
	buf_add_u8(out, '}');
	return buf_failed(out) ? -ENOMEM : 0;
}

int api_prom_targets(const struct request *request, struct response *response, struct error *err)
{
	struct targets targets = { .out = &response->body };
	AUTO_PARAMS params = { 0 };
	const char *state;
	int r = params_read(&params, request, err);

	if (r < 0)
		return r;
	state = params_get(&params, "state");
	targets.pool = params_get(&params, "scrapePool");
	prom_begin(targets.out);
	buf_add_text(targets.out, "{\"activeTargets\":[");
	if (!*state || !strcasecmp(state, "any") || !strcasecmp(state, "active"))
		r = host_each_instance(service_host(request->kymo), put_target, &targets);
	buf_add_text(targets.out, !*state || !strcasecmp(state, "any") || !strcasecmp(state, "dropped") ?
					  "],\"droppedTargets\":[],\"droppedTargetCounts\":{}}" :
					  "],\"droppedTargets\":[],\"droppedTargetCounts\":null}");
	prom_end(targets.out, NULL);
	return r;
}

static int add_pool(void *data, const struct instance_stats *stats)
{
	return stats->sink ? 0 : text_set_add(data, stats->plugin, (uint32_t)strlen(stats->plugin));
}

int api_prom_scrape_pools(const struct request *request, struct response *response, struct error *err)
{
	AUTO_TEXT_SET pools = { 0 };
	struct buf *out = &response->body;
	uint32_t n;

	(void)err;
	if (host_each_instance(service_host(request->kymo), add_pool, &pools) < 0)
		return -ENOMEM;
	text_set_sort(&pools);
	prom_begin(out);
	for (uint32_t i = 0; i < pools.n; i++)
		put(out, i ? "," : "{\"scrapePools\":[", text_set_at(&pools, i, &n));
	buf_add_text(out, pools.n ? "]}" : "{\"scrapePools\":[]}");
	prom_end(out, NULL);
	return 0;
}

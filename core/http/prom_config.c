/* SPDX-License-Identifier: MIT */
/* prom_config.c - see prom_config.h. Texts in YAML are JSON's, which YAML takes. */
#include "http/prom_config.h"

#include "http/prom_json.h"
#include "model/tier.h"
#include "util/duration.h"

#include <inttypes.h>

static void put_text(struct buf *out, const char *before, const char *text)
{
	buf_add_text(out, before);
	prom_text(out, text, strlen(text));
}

static const char *span_text(kymo_ms span, char text[DURATION_TEXT])
{
	return span == FOREVER ? "forever" : duration_format(span, text);
}

static void put_span(struct buf *out, const char *before, kymo_ms span)
{
	char text[DURATION_TEXT];

	buf_printf(out, "%s%s", before, span_text(span, text));
}

static void put_texts(struct buf *out, const char *before, const char *const *texts, uint32_t n)
{
	buf_add_text(out, before);
	buf_add_u8(out, '[');
	for (uint32_t i = 0; i < n; i++)
		put_text(out, i ? ", " : "", texts[i]);
	buf_add_text(out, "]");
}

static void put_retention(const struct settings *settings, const char *between, struct buf *out)
{
	for (int tier = 0; tier < TIERS; tier++) {
		buf_printf(out, "%s%s%s", tier ? ", " : "", tier_name((enum kymo_tier)tier), between);
		put_span(out, "", settings->store.retention[tier]);
	}
}

/* ---- config ---- */

static void put_store(const struct settings *settings, struct buf *out)
{
	put_text(out, "store:\n  path: ", settings->store.path);
	buf_add_text(out, "\n  retention: {");
	put_retention(settings, ": ", out);
	buf_printf(out, "}\n  size: %" PRIu64 "B", settings->store.size);
	put_span(out, "\n  out_of_order: ", settings->store.out_of_order);
	put_span(out, "\n  cleanup: ", settings->store.cleanup);
	put_span(out, "\n  sync: ", settings->store.sync);
	buf_printf(out, "\n  durability: %s", settings->store.strict ? "strict" : "normal");
	put_span(out, "\n  flush: ", settings->store.flush);
	put_span(out, "\ndefaults:\n  interval: ", settings->interval);
}

static void put_http(const struct settings *settings, struct buf *out)
{
	put_texts(out, "\nhttp:\n  listen: ", settings->http.listen, settings->http.n_listen);
	buf_printf(out, "\n  admin: %s", settings->http.admin ? "true" : "false");
	put_texts(out, "\n  hosts: ", settings->http.hosts, settings->http.n_hosts);
	put_texts(out, "\n  origins: ", settings->http.origins, settings->http.n_origins);
	buf_printf(out, "\n  connections: %u\n  body: %" PRIu64 "B\n  in_flight: %" PRIu64 "B\n  write: %s", settings->http.connections,
		   settings->http.body, settings->http.in_flight, settings->http.write ? "true" : "false");
}

static void put_query(const struct settings *settings, struct buf *out)
{
	put_span(out, "\nquery:\n  lookback: ", settings->query.lookback);
	put_span(out, "\n  timeout: ", settings->query.timeout);
	buf_printf(out, "\n  concurrent: %u\n  queue: %u\n  samples: %" PRIu64 "\n  series: %u\n  points: %u\n  depth: %u\n  memory: %"
		   PRIu64 "B\n  cache: %" PRIu64 "B", settings->query.concurrent, settings->query.queue, settings->query.samples,
		   settings->query.series, settings->query.points, settings->query.depth, settings->query.memory, settings->query.cache);
}

static void put_limits(const struct settings *settings, struct buf *out)
{
	buf_printf(out, "\nlimits:\n  series: %u\n  series_per_metric: %u\n  labels: %u\n  name: %" PRIu64 "B\n  value: %" PRIu64
		   "B\n  points: %u\n  samples: %" PRIu64, settings->limits.series, settings->limits.series_per_metric,
		   settings->limits.labels, settings->limits.name, settings->limits.value, settings->limits.points,
		   settings->limits.samples);
	put_text(out, "\nsockets: ", settings->run_dir);
}

static void put_labels(struct buf *out, const char *before, const struct setting_label *labels, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		put_text(out, i ? ", " : before, labels[i].name);
		put_text(out, ": ", labels[i].value);
	}
	buf_add_text(out, n ? "}" : "");
}

/* What stands under `with` is the plugin's, and may be secret. */
static void put_instances(const struct settings *settings, bool sinks, struct buf *out)
{
	bool any = false;

	buf_add_text(out, sinks ? "\nsinks:" : "\nplugins:");
	for (uint32_t i = 0; i < settings->n_instances; i++) {
		const struct instance_setting *instance = &settings->instances[i];

		if (instance->sink != sinks)
			continue;
		any = true;
		put_text(out, "\n  - plugin: ", instance->plugin);
		if (instance->named)
			put_text(out, "\n    name: ", instance->name);
		if (!instance->enabled)
			buf_add_text(out, "\n    enabled: false");
		if (instance->interval)
			put_span(out, "\n    interval: ", instance->interval);
		put_labels(out, "\n    labels: {", instance->labels, instance->n_labels);
	}
	buf_add_text(out, any ? "" : " []");
}

void prom_config_yaml(const struct settings *settings, struct buf *out)
{
	put_store(settings, out);
	put_labels(out, "\nlabels: {", settings->labels, settings->n_labels);
	put_http(settings, out);
	put_query(settings, out);
	put_limits(settings, out);
	put_instances(settings, false, out);
	put_instances(settings, true, out);
	buf_add_u8(out, '\n');
}

/* ---- flags ---- */

static void put_listen(const struct settings *settings, struct buf *out)
{
	AUTO_BUF all = { 0 };

	for (uint32_t i = 0; i < settings->http.n_listen; i++)
		buf_printf(&all, "%s%s", i ? "," : "", settings->http.listen[i]);
	put_text(out, ",\"web.listen-address\":", buf_text(&all) ? buf_text(&all) : "");
}

static void put_origins(const struct settings *settings, struct buf *out)
{
	AUTO_BUF all = { 0 };

	for (uint32_t i = 0; i < settings->http.n_origins; i++)
		buf_printf(&all, "%s%s", i ? "|" : "", !strcmp(settings->http.origins[i], "*") ? ".*" : settings->http.origins[i]);
	put_text(out, ",\"web.cors.origin\":", buf_text(&all) ? buf_text(&all) : "");
}

/* Those of Prometheus that have something like them here. */
void prom_config_flags(const struct settings *settings, struct buf *out)
{
	put_text(out, "{\"config.file\":", settings->file);
	put_span(out, ",\"query.lookback-delta\":\"", settings->query.lookback);
	buf_printf(out, "\",\"query.max-concurrency\":\"%u\",\"query.max-samples\":\"%" PRIu64 "\"", settings->query.concurrent,
		   settings->query.samples);
	put_span(out, ",\"query.timeout\":\"", settings->query.timeout);
	put_text(out, "\",\"storage.tsdb.path\":", settings->store.path);
	buf_printf(out, ",\"storage.tsdb.retention.size\":\"%" PRIu64 "B\"", settings->store.size);
	put_span(out, ",\"storage.tsdb.retention.time\":\"", settings->store.retention[KYMO_1H]);
	buf_add_u8(out, '"');
	put_origins(settings, out);
	buf_printf(out, ",\"web.enable-admin-api\":\"%s\",\"web.enable-lifecycle\":\"%s\",\"web.enable-remote-write-receiver\":\"%s\"",
		   settings->http.admin ? "true" : "false", settings->http.admin ? "true" : "false", settings->http.write ? "true" : "false");
	put_listen(settings, out);
	buf_printf(out, ",\"web.max-connections\":\"%u\"}", settings->http.connections);
}

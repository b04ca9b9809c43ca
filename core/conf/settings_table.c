/* SPDX-License-Identifier: MIT */
/*
 * settings_table.c - the tables. Every key here stands in docs/configuration.md
 * too; a test compares them.
 */
#include "conf/settings_table.h"
#include "util/check.h"
#include "util/log.h"

#include <kymo/metric.h>

#include <math.h>

#define SECOND 1000.0
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define KIB 1024.0
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

static const char *const tiers[] = { "raw", "1m", "5m", "1h", NULL };
static const char *const durabilities[] = { "normal", "strict", NULL };
static const char *const levels[] = { "error", "warn", "info", "debug", NULL };

/*
 * A tier is made of the one before it, window by window. Kept for less than
 * three windows of the next, it could expire before it was used, and nobody
 * would notice: hence these minima. A coarse tier that is kept shorter than a
 * fine one loses nothing.
 */
static const struct kymo_option retention[] = {
	[KYMO_RAW] = { .key = "raw", .type = OPTION_LIFETIME, .preset = "24h", .min = 3 * MINUTE, .max = INFINITY,
		       .help = "The samples as they were collected." },
	[KYMO_1M] = { .key = "1m", .type = OPTION_LIFETIME, .preset = "7d", .min = 15 * MINUTE, .max = INFINITY,
		      .help = "One record a minute." },
	[KYMO_5M] = { .key = "5m", .type = OPTION_LIFETIME, .preset = "30d", .min = 3 * HOUR, .max = INFINITY,
		      .help = "One record in five minutes." },
	[KYMO_1H] = { .key = "1h", .type = OPTION_LIFETIME, .preset = "365d", .min = HOUR, .max = INFINITY,
		      .help = "One record an hour." },
};

/* The same bounds, and no presets: what is not given is as for everything. */
static const struct kymo_option policy_retention[] = {
	[KYMO_RAW] = { .key = "raw", .type = OPTION_LIFETIME, .min = 3 * MINUTE, .max = INFINITY,
		       .help = "The samples as they were collected." },
	[KYMO_1M] = { .key = "1m", .type = OPTION_LIFETIME, .min = 15 * MINUTE, .max = INFINITY, .help = "One record a minute." },
	[KYMO_5M] = { .key = "5m", .type = OPTION_LIFETIME, .min = 3 * HOUR, .max = INFINITY,
		      .help = "One record in five minutes." },
	[KYMO_1H] = { .key = "1h", .type = OPTION_LIFETIME, .min = HOUR, .max = INFINITY, .help = "One record an hour." },
};

static const struct kymo_option policy[POLICY_OPTIONS] = {
	[POLICY_MATCH] = { .key = "match", .type = KYMO_STRINGS, .flags = KYMO_REQUIRED,
			   .help = "Names of metrics: * is any run of characters, ? is one. The first policy that "
				   "matches holds, and it alone." },
	[POLICY_RETENTION] = { .key = "retention", .type = OPTION_SECTION, .fields = policy_retention,
			       .n_fields = COUNT_OF(policy_retention),
			       .help = "How long each tier is kept; what is left out is as for everything." },
	[POLICY_SKETCH] = { .key = "sketch", .type = OPTION_NODE,
			    .help = "none, a schema (3, 4 or 5: 4.3, 2.2 or 1.1 % error), or {1m: 5, 5m: 4, 1h: 3}; left "
				    "out: as the metric says." },
	[POLICY_RESOLUTION] = { .key = "resolution", .type = KYMO_DURATION, .min = SECOND, .max = HOUR,
				.help = "At most one sample in each such span is taken, the first; left out: all." },
	[POLICY_DROP] = { .key = "drop", .type = KYMO_FLAG, .preset = "false", .help = "true: nothing of them is stored." },
};

static const struct kymo_option store[STORE_OPTIONS] = {
	[STORE_PATH] = { .key = "path", .type = KYMO_STRING, .preset = "/var/lib/kymo", .flags = KYMO_WRITES,
			 .help = "The data folder. It holds wal, raw, 1m, 5m, 1h, index, manifest, deleted and lock." },
	[STORE_RETENTION] = { .key = "retention", .type = OPTION_SECTION, .fields = retention,
			      .n_fields = COUNT_OF(retention), .help = "How long each tier is kept." },
	[STORE_SIZE] = { .key = "size", .type = KYMO_SIZE, .preset = "0B",
			 .help = "Over it the oldest files go, in proportion to how long their tier is kept. 0B: no limit." },
	[STORE_OUT_OF_ORDER] = { .key = "out_of_order", .type = OPTION_LIFETIME, .preset = "10m",
				 .help = "How much older than the newest sample of its series a sample may be." },
	[STORE_CLEANUP] = { .key = "cleanup", .type = KYMO_DURATION, .preset = "1h", .min = SECOND, .max = 7 * DAY,
			    .help = "How often what is older than its retention is removed." },
	[STORE_SYNC] = { .key = "sync", .type = KYMO_DURATION, .preset = "1s", .min = 10, .max = MINUTE,
			 .help = "How much a loss of power may cost: the time between two syncs of the log." },
	[STORE_DURABILITY] = { .key = "durability", .type = KYMO_STRING, .preset = "normal",
			       .choices = durabilities,
			       .help = "strict: a write over HTTP is answered only when it is on the disk." },
	[STORE_FLUSH] = { .key = "flush", .type = KYMO_DURATION, .preset = "2h", .min = MINUTE, .max = DAY,
			  .help = "How long samples stay in memory and in the log before they become a block." },
	[STORE_POLICIES] = { .key = "policies", .type = KYMO_ROWS, .fields = policy, .n_fields = POLICY_OPTIONS, .preset = "[]",
			     .help = "What is done otherwise with some metrics." },
};

static const struct kymo_option defaults[DEFAULTS_OPTIONS] = {
	[DEFAULTS_INTERVAL] = { .key = "interval", .type = KYMO_DURATION, .preset = "1s", .min = 100, .max = DAY,
				.help = "How often a collector runs that says nothing else." },
};

#define ROW_OF(kind, queued, queue_preset, queue_max) \
	[ROW_PLUGIN] = { .key = "plugin", .type = KYMO_STRING, .flags = KYMO_REQUIRED, \
			 .help = "The name of a plugin, or the path of a shared object." }, \
	[ROW_NAME] = { .key = "name", .type = KYMO_STRING, \
		       .help = "What this instance is called; else the plugin's name. Unique." }, \
	[ROW_ENABLED] = { .key = "enabled", .type = KYMO_FLAG, .preset = "true", \
			  .help = "false: checked, but not run." }, \
	[ROW_ISOLATE] = { .key = "isolate", .type = KYMO_FLAG, .preset = "false", \
			  .help = "Run it in a process of its own. Comes in a later version." }, \
	[ROW_TIMEOUT] = { .key = "timeout", .type = KYMO_DURATION, .preset = "10s", .min = 1, .max = HOUR, \
			  .help = "A " kind " that takes longer is logged and counted." }, \
	[ROW_QUEUE] = { .key = "queue", .type = KYMO_INTEGER, .preset = queue_preset, .min = 1, .max = queue_max, \
			.help = "How many " queued " may wait for it; more are dropped and counted." }, \
	[ROW_WITH] = { .key = "with", .type = OPTION_NODE, \
		       .help = "The plugin's own options: kymo describe PLUGIN." }

static const struct kymo_option plugin[PLUGIN_OPTIONS] = {
	ROW_OF("collection", "events", "65536", 16777216),
	[PLUGIN_INTERVAL] = { .key = "interval", .type = KYMO_DURATION, .min = 100, .max = DAY,
			      .help = "How often it runs; else as the plugin says, else defaults.interval." },
	[PLUGIN_LABELS] = { .key = "labels", .type = OPTION_LABELS,
			    .help = "Labels on every series of this instance; they win over the common ones." },
};

static const struct kymo_option sink[SINK_OPTIONS] = {
	ROW_OF("write", "batches", "1024", 1048576),
	[SINK_TIERS] = { .key = "tiers", .type = KYMO_STRINGS, .preset = "[raw]", .choices = tiers,
			 .help = "What it gets: the samples, or the records of windows as they close." },
};

static const struct kymo_option http[HTTP_OPTIONS] = {
	[HTTP_LISTEN] = { .key = "listen", .type = KYMO_STRINGS, .preset = "\"127.0.0.1:9465\"",
			  .help = "Addresses as host:port or [v6]:port; port 0: any. []: none." },
	[HTTP_ADMIN] = { .key = "admin", .type = KYMO_FLAG, .preset = "false",
			 .help = "Reload and changes of instances over TCP too, not only over the control socket." },
	[HTTP_HOSTS] = { .key = "hosts", .type = KYMO_STRINGS, .preset = "[]",
			 .help = "Host names by which kymo may be asked, beside addresses and localhost." },
	[HTTP_ORIGINS] = { .key = "origins", .type = KYMO_STRINGS, .preset = "[\"*\"]",
			   .help = "Web pages that may read the Prometheus API from a browser (CORS): https://host:port, or * "
				   "for any. []: none." },
	[HTTP_CONNECTIONS] = { .key = "connections", .type = KYMO_INTEGER, .preset = "256", .min = 1, .max = 65536,
			       .help = "Connections at a time." },
	[HTTP_BODY] = { .key = "body", .type = KYMO_SIZE, .preset = "10MiB", .min = KIB, .max = GIB,
			.help = "The largest body of a request." },
	[HTTP_IN_FLIGHT] = { .key = "in_flight", .type = KYMO_SIZE, .preset = "64MiB", .min = KIB, .max = GIB,
			     .help = "Bodies of all requests that are being received or worked on, together." },
	[HTTP_WRITE] = { .key = "write", .type = KYMO_FLAG, .preset = "true",
			 .help = "Take samples of others: Prometheus remote write." },
};

static const struct kymo_option query[QUERY_OPTIONS] = {
	[QUERY_LOOKBACK] = { .key = "lookback", .type = KYMO_DURATION, .preset = "5m", .min = 1, .max = 365 * DAY,
			     .help = "How old the newest sample of a series may be and still count." },
	[QUERY_TIMEOUT] = { .key = "timeout", .type = KYMO_DURATION, .preset = "2m", .min = 1, .max = DAY,
			    .help = "How long one query may take; a request may ask for less." },
	[QUERY_CONCURRENT] = { .key = "concurrent", .type = KYMO_INTEGER, .preset = "8", .min = 1, .max = 256,
			       .help = "Queries that are worked on at a time." },
	[QUERY_QUEUE] = { .key = "queue", .type = KYMO_INTEGER, .preset = "64", .min = 0, .max = 65536,
			  .help = "Queries that may wait for their turn; one more is answered 503." },
	[QUERY_SAMPLES] = { .key = "samples", .type = KYMO_INTEGER, .preset = "1000000000", .min = 1000, .max = 1e12,
			    .help = "Samples and records of tiers that one query may read." },
	[QUERY_SERIES] = { .key = "series", .type = KYMO_INTEGER, .preset = "500000", .min = 1, .max = 100e6,
			   .help = "Series that one selector may match." },
	[QUERY_POINTS] = { .key = "points", .type = KYMO_INTEGER, .preset = "11000", .min = 1, .max = 1e6,
			   .help = "Steps of a range query." },
	[QUERY_DEPTH] = { .key = "depth", .type = KYMO_INTEGER, .preset = "200", .min = 10, .max = 200,
			  .help = "Levels of an expression, one within the other." },
	[QUERY_MEMORY] = { .key = "memory", .type = KYMO_SIZE, .preset = "256MiB", .min = MIB, .max = 1024 * GIB,
			   .help = "What one query may hold in memory." },
	[QUERY_CACHE] = { .key = "cache", .type = KYMO_SIZE, .preset = "64MiB", .min = 0, .max = 1024 * GIB,
			  .help = "Memory for results of range queries that are asked again. 0B: none." },
};

static const struct kymo_option limits[LIMIT_OPTIONS] = {
	[LIMIT_SERIES] = { .key = "series", .type = KYMO_INTEGER, .preset = "1000000", .min = 1, .max = 100e6,
			   .help = "Series at a time." },
	[LIMIT_SERIES_PER_METRIC] = { .key = "series_per_metric", .type = KYMO_INTEGER, .preset = "20000",
				      .min = 1, .max = 100e6, .help = "Series of one metric at a time." },
	[LIMIT_LABELS] = { .key = "labels", .type = KYMO_INTEGER, .preset = "64", .min = 1, .max = 1000,
			   .help = "Labels of a series." },
	[LIMIT_NAME] = { .key = "name", .type = KYMO_SIZE, .preset = "256B", .min = 16, .max = 64 * KIB,
			 .help = "The length of a metric's or a label's name." },
	[LIMIT_VALUE] = { .key = "value", .type = KYMO_SIZE, .preset = "4KiB", .min = 16, .max = MIB,
			  .help = "The length of a label's value." },
	[LIMIT_POINTS] = { .key = "points", .type = KYMO_INTEGER, .preset = "11000", .min = 1, .max = 1e6,
			   .help = "Points of one series in an answer." },
	[LIMIT_SAMPLES] = { .key = "samples", .type = KYMO_INTEGER, .preset = "50000000", .min = 1000, .max = 1e12,
			    .help = "Samples that one query may read." },
};

#define TOPIC(topic, name, text) \
	[1 + (topic)] = { .key = name, .type = KYMO_STRING, .choices = levels, .help = text }

static const struct kymo_option log_levels[1 + LOG_TOPICS] = {
	[LOG_OPTION_LEVEL] = { .key = "level", .type = KYMO_STRING, .preset = "info", .choices = levels,
			       .help = "What is logged of everything that has no level of its own." },
	TOPIC(LOG_MAIN, "main", "Start and end."),
	TOPIC(LOG_CONF, "conf", "This file."),
	TOPIC(LOG_STORE, "store", "The store."),
	TOPIC(LOG_QUERY, "query", "Queries."),
	TOPIC(LOG_HOST, "host", "Instances, schedule, reload."),
	TOPIC(LOG_PLUGIN, "plugin", "What plugins say."),
	TOPIC(LOG_HTTP, "http", "Requests."),
};

static const struct kymo_option root[ROOT_OPTIONS] = {
	[ROOT_STORE] = { .key = "store", .type = OPTION_SECTION, .fields = store, .n_fields = STORE_OPTIONS,
			 .help = "Where and how long samples are kept." },
	[ROOT_DEFAULTS] = { .key = "defaults", .type = OPTION_SECTION, .fields = defaults,
			    .n_fields = DEFAULTS_OPTIONS, .help = "What instances do that say nothing else." },
	[ROOT_LABELS] = { .key = "labels", .type = OPTION_LABELS, .help = "Labels on everything that is collected." },
	[ROOT_PLUGIN_PATH] = { .key = "plugin_path", .type = KYMO_STRINGS, .preset = "[]",
			       .help = "Folders in which plugins are looked for first." },
	[ROOT_PLUGINS] = { .key = "plugins", .type = KYMO_ROWS, .fields = plugin, .n_fields = PLUGIN_OPTIONS,
			   .preset = "[{plugin: system}, {plugin: process}, {plugin: api}, {plugin: websocket}, "
				     "{plugin: business}, {plugin: data}]",
			   .help = "The collectors. []: none." },
	[ROOT_SINKS] = { .key = "sinks", .type = KYMO_ROWS, .fields = sink, .n_fields = SINK_OPTIONS,
			 .preset = "[]", .help = "Where batches go beside the store." },
	[ROOT_HTTP] = { .key = "http", .type = OPTION_SECTION, .flags = OPTION_OFF, .fields = http,
			.n_fields = HTTP_OPTIONS, .help = "Queries and pushes over HTTP." },
	[ROOT_QUERY] = { .key = "query", .type = OPTION_SECTION, .fields = query, .n_fields = QUERY_OPTIONS,
			 .help = "PromQL: what a query means that says nothing else, and what it may cost." },
	[ROOT_LIMITS] = { .key = "limits", .type = OPTION_SECTION, .fields = limits, .n_fields = LIMIT_OPTIONS,
			  .help = "What is over a limit is refused alone, and counted." },
	[ROOT_SOCKETS] = { .key = "sockets", .type = KYMO_STRING, .flags = KYMO_WRITES,
			   .help = "The folder of the sockets events and control; else $XDG_RUNTIME_DIR/kymo, "
				   "for root /run/kymo, else /tmp/kymo-UID." },
	[ROOT_LOG] = { .key = "log", .type = OPTION_SECTION, .fields = log_levels, .n_fields = COUNT_OF(log_levels),
		       .help = "What is written to stderr." },
	[ROOT_INCLUDE] = { .key = "include", .type = KYMO_STRINGS, .preset = "[]",
			   .help = "Files or patterns, seen from this file's folder, that are read as if they "
				   "stood here: lists are joined, mappings merged." },
};

const struct schema settings_schema = { "the configuration", root, ROOT_OPTIONS };

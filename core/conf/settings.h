/* SPDX-License-Identifier: MIT */
/*
 * settings.h - the configuration file as checked values: all that the core
 * itself understands. What stands under `with:` of a plugin stays a node of
 * the tree until the plugin's own table is known (host/instance).
 */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include "conf/schema.h"
#include "model/policy.h"
#include "util/log.h"

struct setting_label {
	const char *name, *value;
};

/* One entry of `plugins:` or `sinks:`. */
struct instance_setting {
	struct place at;
	bool sink;
	const char *plugin;		/* a name, or a path with a slash */
	const char *name;		/* unique; preset: the plugin's name (without .so) */
	bool named;			/* `name:` is given: adds the label instance=NAME */
	bool enabled;
	bool isolate;			/* refused for now, with a clear error */
	kymo_ms interval;		/* 0: the plugin's preset, else defaults.interval */
	kymo_ms timeout;		/* preset 10 s: a longer collect is logged and counted */
	uint32_t tiers;			/* sink: bit set of 1 << enum kymo_tier; preset raw */
	uint32_t queue;			/* sink: batches; preset 1024. collector: events; preset 65536 */
	uint32_t n_labels;
	const struct setting_label *labels;	/* sorted by name */
	const struct yaml_node *with;	/* NULL: nothing given */
};

struct settings {
	struct yaml *tree;		/* what `with` points into; may hold several files */
	struct settings_memory *memory;
	const char *file;		/* as it was named, for messages; "" when from text */

	struct {
		const char *path;	/* preset /var/lib/kymo */
		kymo_ms retention[TIERS];	/* 24h 7d 30d 365d */
		uint64_t size;		/* 0: no limit */
		kymo_ms out_of_order;	/* 10m; FOREVER */
		kymo_ms cleanup;	/* 1h: how often retention is enforced */
		kymo_ms sync;		/* 1s: fdatasync of the WAL */
		bool strict;		/* durability: strict */
		kymo_ms flush;		/* 2h: how long the head may hold samples before they become a block */
		uint32_t n_policies;
		const struct policy *policies;	/* in order; the first that matches a metric holds */
	} store;
	kymo_ms interval;		/* defaults.interval, 1s; at least 100ms */
	uint32_t n_labels;
	const struct setting_label *labels;	/* on everything that is collected */
	uint32_t n_plugin_path;
	const char *const *plugin_path;	/* folders looked in first */
	bool plugins_given;		/* the key `plugins:` is there */
	uint32_t n_instances;
	const struct instance_setting *instances;	/* collectors, then sinks */
	struct {
		uint32_t n_listen;	/* 0: `listen: []` or "off": no TCP */
		const char *const *listen;	/* "127.0.0.1:9465" preset; "[::1]:9465" */
		bool admin;		/* admin routes over TCP too */
		uint32_t n_hosts;
		const char *const *hosts;	/* names allowed in Host beside addresses and localhost */
		uint32_t n_origins;
		const char *const *origins;	/* of web pages that may read; "*": any */
		uint32_t connections;	/* 256 */
		uint64_t body;		/* largest request body, 10 MiB */
		uint64_t in_flight;	/* all bodies at a time, 64 MiB */
		bool write;		/* samples of others are taken */
	} http;
	struct {
		kymo_ms lookback, timeout;	/* 5m 2m */
		uint32_t concurrent, queue;	/* at work, and waiting: 8 64 */
		uint64_t samples;		/* 1,000,000,000 */
		uint32_t series, points;	/* of a selector, of a range query: 500,000 11,000 */
		uint32_t depth;			/* of an expression: 200 */
		uint64_t memory, cache;		/* bytes of one query, of the result cache: 256 MiB 64 MiB */
	} query;
	struct {
		uint32_t series, series_per_metric, labels;	/* 1000000 20000 64 */
		uint64_t name, value;	/* bytes: 256, 4 KiB */
		uint32_t points;	/* of an answer: 11000 a series */
		uint64_t samples;	/* that one query may read: 50,000,000 */
	} limits;
	const char *run_dir;		/* `sockets:`, folder of `events` and `control`; preset
					   $XDG_RUNTIME_DIR/kymo, as root /run/kymo, else /tmp/kymo-UID */
	enum log_level log[LOG_TOPICS];	/* `log: {level: info, store: debug}` */
};

/*
 * Everything that is wrong goes to *err, one message a line; then NULL.
 * Without the key `plugins:` the six shipped collectors that need no options
 * run: system process api websocket business data.
 */
struct settings *settings_load(const char *path, struct error *err);
struct settings *settings_parse(const char *name, const char *text, size_t n, struct error *err);
/*
 * For who wants to hear everything that is wrong, also what only plugins know: settings with
 * what could be read, beside errors. NULL: nothing could. Not to be run.
 */
struct settings *settings_read(const char *path, struct error *err);
void settings_free(struct settings *settings);
DEFINE_AUTO(settings, settings_free)

/* The runtime folder that a daemon uses when nothing is configured; a client looks there. */
const char *settings_run_dir_preset(char *room, size_t size);

/* What can stand in the file, section by section, for `kymo describe`. */
void settings_describe(struct buf *out);

#endif

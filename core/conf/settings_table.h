/* SPDX-License-Identifier: MIT */
/*
 * settings_table.h - the core's own options, as tables: what the file may hold,
 * what `kymo describe` prints, and the order in which values come. Inside of
 * conf only.
 */
#ifndef CONF_SETTINGS_TABLE_H
#define CONF_SETTINGS_TABLE_H

#include "conf/option.h"
#include "conf/schema.h"

enum { ROOT_STORE, ROOT_DEFAULTS, ROOT_LABELS, ROOT_PLUGIN_PATH, ROOT_PLUGINS, ROOT_SINKS, ROOT_HTTP, ROOT_LIMITS,
       ROOT_SOCKETS, ROOT_LOG, ROOT_INCLUDE, ROOT_OPTIONS };

enum { STORE_PATH, STORE_RETENTION, STORE_OUT_OF_ORDER, STORE_CLEANUP, STORE_SYNC, STORE_DURABILITY, STORE_FLUSH,
       STORE_POLICIES, STORE_OPTIONS };

enum { POLICY_MATCH, POLICY_RETENTION, POLICY_SKETCH, POLICY_RESOLUTION, POLICY_DROP, POLICY_OPTIONS };

enum { DEFAULTS_INTERVAL, DEFAULTS_OPTIONS };

/* Both kinds of rows begin alike. */
enum { ROW_PLUGIN, ROW_NAME, ROW_ENABLED, ROW_ISOLATE, ROW_TIMEOUT, ROW_QUEUE, ROW_WITH, ROW_COMMON,
       PLUGIN_INTERVAL = ROW_COMMON, PLUGIN_LABELS, PLUGIN_OPTIONS,
       SINK_TIERS = ROW_COMMON, SINK_OPTIONS };

enum { HTTP_LISTEN, HTTP_ADMIN, HTTP_HOSTS, HTTP_CONNECTIONS, HTTP_BODY, HTTP_IN_FLIGHT, HTTP_WRITE, HTTP_OPTIONS };

enum { LIMIT_SERIES, LIMIT_SERIES_PER_METRIC, LIMIT_LABELS, LIMIT_NAME, LIMIT_VALUE, LIMIT_POINTS, LIMIT_SAMPLES,
       LIMIT_OPTIONS };

/* Behind the level for everything, one for each enum log_topic. */
enum { LOG_OPTION_LEVEL, LOG_OPTION_TOPICS };

extern const struct schema settings_schema;

#endif

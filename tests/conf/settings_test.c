/* SPDX-License-Identifier: MIT */
/* settings_test.c - the whole file: presets, every key, and what does not fit. */
#include "conf/settings.h"
#include "conf/settings_table.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY ((kymo_ms)86400000)

static struct settings *parse(const char *text)
{
	struct error err = { 0 };
	struct settings *settings = settings_parse("t", text, strlen(text), &err);

	if (!settings)
		fail_msg("%s", error_text(&err));
	return settings;
}

static void nothing_gives_all_presets(void **state)
{
	static const char *const names[] = { "system", "process", "api", "websocket", "business", "data" };
	AUTO(settings) s = parse("");

	(void)state;
	assert_string_equal(s->file, "");
	assert_string_equal(s->store.path, "/var/lib/kymo");
	assert_int_equal(s->store.retention[KYMO_RAW], DAY);
	assert_int_equal(s->store.retention[KYMO_1M], 7 * DAY);
	assert_int_equal(s->store.retention[KYMO_5M], 30 * DAY);
	assert_int_equal(s->store.retention[KYMO_1H], 365 * DAY);
	assert_int_equal(s->store.out_of_order, 600000);
	assert_int_equal(s->store.cleanup, 3600000);
	assert_int_equal(s->store.sync, 1000);
	assert_int_equal(s->store.flush, 7200000);
	assert_false(s->store.strict);
	assert_int_equal(s->interval, 1000);
	assert_int_equal(s->n_labels, 0);
	assert_int_equal(s->n_plugin_path, 0);
	assert_false(s->plugins_given);
	assert_int_equal(s->n_instances, COUNT_OF(names));
	for (uint32_t i = 0; i < s->n_instances; i++) {
		const struct instance_setting *instance = &s->instances[i];

		assert_string_equal(instance->plugin, names[i]);
		assert_string_equal(instance->name, names[i]);
		assert_false(instance->named || instance->sink || instance->isolate);
		assert_true(instance->enabled);
		assert_int_equal(instance->interval, 0);
		assert_int_equal(instance->timeout, 10000);
		assert_int_equal(instance->queue, 65536);
		assert_null(instance->with);
		assert_string_equal(instance->at.file, "t");
		assert_int_equal(instance->at.line, 0);
	}
	assert_int_equal(s->http.n_listen, 1);
	assert_string_equal(s->http.listen[0], "127.0.0.1:9465");
	assert_false(s->http.admin);
	assert_int_equal(s->http.n_hosts, 0);
	assert_int_equal(s->http.connections, 256);
	assert_int_equal(s->http.body, 10 << 20);
	assert_int_equal(s->http.n_origins, 1);
	assert_string_equal(s->http.origins[0], "*");
	assert_int_equal(s->query.lookback, 300000);
	assert_int_equal(s->query.timeout, 120000);
	assert_int_equal(s->query.concurrent, 8);
	assert_int_equal(s->query.queue, 64);
	assert_int_equal(s->query.samples, 1000000000);
	assert_int_equal(s->query.series, 500000);
	assert_int_equal(s->query.points, 11000);
	assert_int_equal(s->query.depth, 200);
	assert_int_equal(s->query.memory, 256 << 20);
	assert_int_equal(s->query.cache, 64 << 20);
	assert_int_equal(s->limits.series, 1000000);
	assert_int_equal(s->limits.series_per_metric, 20000);
	assert_int_equal(s->limits.labels, 64);
	assert_int_equal(s->limits.name, 256);
	assert_int_equal(s->limits.value, 4096);
	assert_int_equal(s->limits.points, 11000);
	assert_int_equal(s->limits.samples, 50000000);
	for (int topic = 0; topic < LOG_TOPICS; topic++)
		assert_int_equal(s->log[topic], LOG_LEVEL_INFO);
}

static const char full[] =
	"store:\n"
	"  path: /data\n"
	"  retention: {raw: 1h, 1m: 2d, 5m: forever, 1h: 1y}\n"
	"  out_of_order: forever\n"
	"  cleanup: 5m\n"
	"  sync: 100ms\n"
	"  durability: strict\n"
	"  flush: 10m\n"
	"  policies:\n"
	"    - {match: \"debug.*\", drop: true}\n"
	"    - match: [a, \"b?\"]\n"
	"      retention: {raw: 1h, 1m: forever}\n"
	"      sketch: none\n"
	"      resolution: 10s\n"
	"    - {match: c, sketch: {1m: 5, 5m: 3}}\n"
	"    - {match: d, sketch: 4}\n"
	"defaults: {interval: 250ms}\n"
	"labels: {site: a, \"host name\": b}\n"
	"plugin_path: [/opt/a, /opt/b]\n"
	"plugins:\n"
	"  - plugin: system\n"
	"  - plugin: process\n"
	"    name: web\n"
	"    enabled: no\n"
	"    interval: 5s\n"
	"    timeout: 2s\n"
	"    queue: 10\n"
	"    labels: {tier: front, app: x}\n"
	"    with: {match: [nginx]}\n"
	"  - plugin: /opt/acme/queue.so\n"
	"    isolate: false\n"
	"sinks:\n"
	"  - plugin: jsonl\n"
	"    tiers: [raw, 5m]\n"
	"    queue: 7\n"
	"    with: {path: /var/log/kymo}\n"
	"http:\n"
	"  listen: [\"0.0.0.0:80\", \"[::1]:0\", localhost:9465]\n"
	"  admin: true\n"
	"  hosts: [metrics.example]\n"
	"  connections: 10\n"
	"  body: 1MiB\n"
	"query: {lookback: 1m, timeout: 3s, concurrent: 4, queue: 5, samples: 6000, series: 7, points: 8, memory: 9MiB, cache: 0B}\n"
	"limits: {series: 10, series_per_metric: 5, labels: 8, name: 64B, value: 1KiB, points: 100, samples: 1000}\n"
	"sockets: /run/test\n"
	"log: {level: warn, store: debug, http: error}\n";

static void check_policies(const struct settings *s)
{
	const struct policy *policies = s->store.policies;

	assert_int_equal(s->store.n_policies, 4);
	assert_true(policies[0].drop && policies[0].n_match == 1);
	assert_string_equal(policies[0].match[0], "debug.*");
	assert_int_equal(policies[0].schema[KYMO_1M], SKETCH_USUAL);
	assert_int_equal(policies[1].n_match, 2);
	assert_string_equal(policies[1].match[1], "b?");
	assert_int_equal(policies[1].retention[KYMO_RAW], 3600000);
	assert_true(policies[1].retention[KYMO_1M] == FOREVER);
	assert_int_equal(policies[1].retention[KYMO_5M], 0);
	assert_int_equal(policies[1].schema[KYMO_1H], SKETCH_NONE);
	assert_int_equal(policies[1].resolution, 10000);
	assert_false(policies[1].drop);
	assert_int_equal(policies[2].schema[KYMO_1M], 5);
	assert_int_equal(policies[2].schema[KYMO_5M], 3);
	assert_int_equal(policies[2].schema[KYMO_1H], SKETCH_USUAL);
	assert_int_equal(policies[3].schema[KYMO_1H], 4);
}

static void every_key_arrives(void **state)
{
	AUTO(settings) s = parse(full);
	const struct instance_setting *web = &s->instances[1], *sink = &s->instances[3];

	(void)state;
	assert_string_equal(s->store.path, "/data");
	check_policies(s);
	assert_int_equal(s->store.retention[KYMO_RAW], 3600000);
	assert_int_equal(s->store.retention[KYMO_1M], 2 * DAY);
	assert_true(s->store.retention[KYMO_5M] == FOREVER);
	assert_int_equal(s->store.retention[KYMO_1H], 365 * DAY);
	assert_true(s->store.out_of_order == FOREVER);
	assert_int_equal(s->store.cleanup, 300000);
	assert_int_equal(s->store.sync, 100);
	assert_int_equal(s->store.flush, 600000);
	assert_true(s->store.strict);
	assert_int_equal(s->interval, 250);
	assert_int_equal(s->n_labels, 2);
	assert_string_equal(s->labels[0].name, "host name");	/* sorted */
	assert_string_equal(s->labels[0].value, "b");
	assert_int_equal(s->n_plugin_path, 2);
	assert_string_equal(s->plugin_path[1], "/opt/b");

	assert_true(s->plugins_given);
	assert_int_equal(s->n_instances, 4);
	assert_int_equal(web->at.line, 22);
	assert_int_equal(web->at.column, 5);
	assert_string_equal(web->plugin, "process");
	assert_string_equal(web->name, "web");
	assert_true(web->named);
	assert_false(web->enabled);
	assert_int_equal(web->interval, 5000);
	assert_int_equal(web->timeout, 2000);
	assert_int_equal(web->queue, 10);
	assert_int_equal(web->n_labels, 2);
	assert_string_equal(web->labels[0].name, "app");
	assert_string_equal(yaml_find(web->with, "match")->items[0]->text, "nginx");
	assert_string_equal(s->instances[2].name, "queue");
	assert_string_equal(s->instances[2].plugin, "/opt/acme/queue.so");
	assert_true(sink->sink);
	assert_int_equal(sink->tiers, 1 << KYMO_RAW | 1 << KYMO_5M);
	assert_int_equal(sink->queue, 7);

	assert_int_equal(s->http.n_listen, 3);
	assert_string_equal(s->http.listen[1], "[::1]:0");
	assert_true(s->http.admin);
	assert_string_equal(s->http.hosts[0], "metrics.example");
	assert_int_equal(s->http.connections, 10);
	assert_int_equal(s->http.body, 1 << 20);
	assert_int_equal(s->query.lookback, 60000);
	assert_int_equal(s->query.timeout, 3000);
	assert_int_equal(s->query.concurrent, 4);
	assert_int_equal(s->query.queue, 5);
	assert_int_equal(s->query.samples, 6000);
	assert_int_equal(s->query.series, 7);
	assert_int_equal(s->query.points, 8);
	assert_int_equal(s->query.memory, 9 << 20);
	assert_int_equal(s->query.cache, 0);
	assert_int_equal(s->limits.series, 10);
	assert_int_equal(s->limits.series_per_metric, 5);
	assert_int_equal(s->limits.labels, 8);
	assert_int_equal(s->limits.name, 64);
	assert_int_equal(s->limits.value, 1024);
	assert_int_equal(s->limits.points, 100);
	assert_int_equal(s->limits.samples, 1000);
	assert_string_equal(s->run_dir, "/run/test");
	assert_int_equal(s->log[LOG_STORE], LOG_LEVEL_DEBUG);
	assert_int_equal(s->log[LOG_HTTP], LOG_LEVEL_ERROR);
	assert_int_equal(s->log[LOG_MAIN], LOG_LEVEL_WARN);
}

static void each_way_to_say_no(void **state)
{
	static const struct { const char *text; uint32_t listen, instances; } rows[] = {
		{ "http: off", 0, 6 }, { "http: false", 0, 6 }, { "http: {listen: []}", 0, 6 },
		{ "http: {listen: off}", 0, 6 }, { "http: {listen: \"off\"}", 0, 6 },
		{ "http:", 1, 6 }, { "http: {listen: \"h:1\"}", 1, 6 }, { "plugins: []", 1, 0 },
		{ "store: {}\nlabels:\ndefaults:\n# interval: 1s\n", 1, 6 }, { "sinks: []", 1, 6 },
		{ "plugins: [{plugin: a, with: }]", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(settings) s = parse(rows[i].text);

		if (s->http.n_listen != rows[i].listen || s->n_instances != rows[i].instances)
			fail_msg("%s: %u addresses, %u instances", rows[i].text, s->http.n_listen,
				 s->n_instances);
	}
}

#define PORT_ALONE "is a port alone (write 127.0.0.1:PORT, or 0.0.0.0:PORT for every interface)"
#define IS_NAME "is not a name (A-Z, a-z, 0-9, _, . and -, at most 63)"

static const struct { const char *text, *result; } wrong[] = {
	{ "stroe: {}", "t:1:1: unknown key \"stroe\" in the configuration (did you mean store?)" },
	{ "store: {pathh: x}", "t:1:9: unknown key \"pathh\" in store (did you mean path?)" },
	{ "store: []", "t:1:8: store: is a list, not a mapping (write {key: value})" },
	{ "store: off", "t:1:8: store: is text, not a mapping (write {key: value})" },
	{ "store: {path: ''}", "t:1:15: path: is empty (write the path of a folder)" },
	{ "store: {retention: {raw: 1m}}", "t:1:26: raw: \"1m\" is out of range (at least 3m)" },
	{ "store: {retention: {2m: 1d}}", "t:1:21: unknown key \"2m\" in retention (did you mean 1m?)" },
	{ "store: {retention: {5m: never}}",
	  "t:1:25: 5m: \"never\" is not a duration (write 24h, 30d or forever)" },
	{ "store: {durability: fast}", "t:1:21: durability: \"fast\" is not allowed (normal or strict)" },
	{ "store: {policies: [{drop: true}]}", "t:1:20: policies: \"match\" is missing (it must be given)" },
	{ "store: {policies: [{match: a}]}", "t:1:28: a policy of nothing (retention, sketch, resolution or drop is missing)" },
	{ "store: {policies: [{match: [], drop: true}]}", "t:1:28: match: is empty (write a pattern of names, as \"system.*\")" },
	{ "store: {policies: [{match: [a, ''], drop: true}]}",
	  "t:1:32: match: \"\" matches no name (write a pattern, as \"system.*\")" },
	{ "store: {policies: [{match: a, retention: {raw: 1s}}]}", "t:1:48: raw: \"1s\" is out of range (at least 3m)" },
	{ "store: {policies: [{match: a, resolution: 1d}]}", "t:1:43: resolution: \"1d\" is out of range (1s to 1h)" },
	{ "store: {policies: [{match: a, sketch: 6}]}", "t:1:39: sketch: \"6\" is not a schema (write none, 3, 4 or 5)" },
	{ "store: {policies: [{match: a, sketch: [4]}]}", "t:1:39: sketch: a list is not a schema (write none, 3, 4 or 5)" },
	{ "store: {policies: [{match: a, sketch: {raw: 4, 5m: x}}]}",
	  "t:1:40: unknown key \"raw\" in sketch (1m, 5m or 1h)\n"
	  "t:1:52: 5m: \"x\" is not a schema (write none, 3, 4 or 5)" },
	{ "store: {policies: [{match: a, sketch: {1m: 3, 5m: 4}}]}",
	  "t:1:51: 5m: a tier is made of the one before it, and 1m has a coarser one" },
	{ "store: {policies: [{match: a, sketch: {5m: none, 1h: 3}}]}",
	  "t:1:54: 1h: a tier is made of the one before it, and 5m has no sketch" },
	{ "store: {policies: [{match: a, keep: 1d, drop: true}]}",
	  "t:1:31: unknown key \"keep\" in policies (it has match, retention, sketch, resolution and drop)" },
	{ "store: {flush: 2d}", "t:1:16: flush: \"2d\" is out of range (1m to 1d)" },
	{ "defaults: {interval: \"10x\"}",
	  "t:1:22: interval: \"10x\" is not a duration (write 500ms, 10s or 5m)" },
	{ "defaults: {interval: 50ms}", "t:1:22: interval: \"50ms\" is out of range (100ms to 1d)" },

	{ "labels: {__name__: x}",
	  "t:1:10: labels: \"__name__\" begins with __, which is reserved (choose another name)" },
	{ "labels: {\"\": x}", "t:1:10: labels: a label name is empty" },
	{ "labels: {a: [x]}", "t:1:13: a: is a list, not text (write text)" },
	{ "labels: {a: }", "t:1:13: a: has no value (write text)" },
	{ "labels: [a]", "t:1:9: labels: is a list, not a mapping (write {name: value})" },
	{ "labels: {a: 1, b: 2}\nlimits: {labels: 1}", "t:1:9: labels: more than limits.labels allows (1)" },
	{ "labels: {aaaaaaaaaaaaaaaaa: 1}\nlimits: {name: 16}",
	  "t:1:29: labels: a name is longer than limits.name allows" },
	{ "plugins: [{plugin: a, labels: {a: aaaaaaaaaaaaaaaaa}}]\nlimits: {value: 16}",
	  "t:1:35: labels: a value is longer than limits.value allows" },
	{ "plugin_path: [/a, '']", "t:1:19: plugin_path: is empty (write the path of a folder)" },

	{ "plugins:", "t:1:9: plugins: has no value (write [{key: value}, ...], or [] for none)" },
	{ "plugins: [system]", "t:1:11: plugins: is text, not a mapping (write {key: value})" },
	{ "plugins: [{name: x}]", "t:1:11: plugins: \"plugin\" is missing (it must be given)" },
	{ "plugins: [{plugin: x.so}]",
	  "t:1:20: plugin: \"x.so\" is not a name (write ./x.so for the file in this folder, or its whole path)" },
	{ "plugins: [{plugin: X}]",
	  "t:1:20: plugin: \"X\" is not a name (a-z, 0-9, _ and -, at most 63), nor a path with a slash" },
	{ "plugins: [{plugin: ''}]",
	  "t:1:20: plugin: \"\" is not a name (a-z, 0-9, _ and -, at most 63), nor a path with a slash" },
	{ "plugins: [{plugin: '/x/a b.so'}]", "t:1:20: plugin: \"/x/a b.so\" gives no name for the instance (set name:)" },
	{ "plugins: [{plugin: x, name: 'a b'}]", "t:1:29: name: \"a b\" " IS_NAME },
	{ "plugins: [{plugin: x, name: ''}]", "t:1:29: name: \"\" " IS_NAME },
	{ "plugins: [{plugin: x, tiers: raw}]", "t:1:23: unknown key \"tiers\" in plugins (it has plugin, name, enabled, isolate, timeout, "
	  "queue, with, interval and labels)" },
	{ "plugins: [{plugin: x, isolate: true}]",
	  "t:1:32: isolate: processes of their own for plugins come in a later version (leave isolate out, "
	  "and the plugin runs inside of the daemon)" },
	{ "plugins: [{plugin: x, queue: 0}]", "t:1:30: queue: \"0\" is out of range (1 to 16777216)" },
	{ "plugins: [{plugin: x, name: y, labels: {instance: z}}]",
	  "t:1:51: labels: \"instance\" is set by name: already (leave one of them out)" },
	{ "plugins:\n- plugin: x\n- plugin: x\n",
	  "t:3:3: a second instance is named \"x\" (the first at t:2:3; set name: on one of them)" },
	{ "plugins:\n- plugin: x\nsinks:\n- {plugin: y, name: x}\n",
	  "t:4:3: a second instance is named \"x\" (the first at t:2:3; choose another name)" },
	{ "sinks: [{plugin: x, interval: 1s}]",
	  "t:1:21: unknown key \"interval\" in sinks (it has plugin, name, enabled, isolate, timeout, queue, with and tiers)" },
	{ "sinks: [{plugin: x, tiers: [raw, 2m]}]", "t:1:34: tiers: \"2m\" is not allowed (raw, 1m, 5m or 1h)" },
	{ "sinks: [{plugin: x, tiers: []}]", "t:1:28: tiers: is empty (raw, 1m, 5m or 1h)" },

	{ "http: maybe", "t:1:7: http: is text, not a mapping (write {key: value})" },
	{ "http: {listen: 9465}", "t:1:16: listen: \"9465\" " PORT_ALONE },
	{ "http: {listen: \":9465\"}",
	  "t:1:16: listen: \":9465\" has no host (write 127.0.0.1:PORT, or 0.0.0.0:PORT for every interface)" },
	{ "http: {listen: localhost}", "t:1:16: listen: \"localhost\" has no port (write host:port or [v6]:port)" },
	{ "http: {listen: \"::1\"}", "t:1:16: listen: \"::1\" is an IPv6 address without brackets (write [::1]:9465)" },
	{ "http: {listen: \"::1:80\"}",
	  "t:1:16: listen: \"::1:80\" is an IPv6 address without brackets (write [::1]:9465)" },
	{ "http: {listen: \"[::1]\"}",
	  "t:1:16: listen: \"[::1]\" is not an IPv6 address with a port (write [::1]:9465)" },
	{ "http: {listen: \"[1.2.3.4]:80\"}",
	  "t:1:16: listen: \"[1.2.3.4]:80\" is not an IPv6 address with a port (write [::1]:9465)" },
	{ "http: {listen: \"a b:80\"}", "t:1:16: listen: \"a b:80\" is not host:port" },
	{ "http: {listen: [\"a:65536\", \"a:-1\", \"a:\", \"a:080\"]}",
	  "t:1:17: listen: \"a:65536\" has no good port (0 to 65535)\n"
	  "t:1:28: listen: \"a:-1\" has no good port (0 to 65535)\n"
	  "t:1:36: listen: \"a:\" has no good port (0 to 65535)\n"
	  "t:1:42: listen: \"a:080\" has no good port (0 to 65535)" },
	{ "http: {listen: [\"a:1\", \"a:0\", \"a:0\", \"a:1\"]}", "t:1:38: listen: \"a:1\" stands twice" },
	{ "http: {hosts: [\"a:80\", ok, \"\"]}", "t:1:16: hosts: \"a:80\" is not a host name (write it without port)\n"
	  "t:1:28: hosts: \"\" is not a host name (write it without port)" },
	{ "http: {body: 1}", "t:1:14: body: \"1\" is out of range (1KiB to 1GiB)" },
	{ "limits: {samples: 10}", "t:1:19: samples: \"10\" is out of range (1000 to 1000000000000)" },
	{ "log: {level: loud}", "t:1:14: level: \"loud\" is not allowed (error, warn, info or debug)" },
	{ "sockets: ''", "t:1:10: sockets: is empty (write the path of a folder)" },
	{ "sockets: /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "t:1:10: sockets: \"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\" is too long for the path "
	  "of a socket (at most 99 bytes)" },

	/* everything at once, also what the tree itself finds */
	{ "labels: {a: ${SETTINGS_NONE}}\nstore: {sync: 1x, sync: 1s}\n", "t:1:14: did not find expected ',' or '}', while "
	  "parsing a flow mapping (inside of {} and [] a variable stands in quotes: \"${SETTINGS_NONE}\")" },
	{ "sockets: ${SETTINGS_NONE}\nstore: {sync: 1x, sync: 1s}\nfoo: 1\nplugins:\n- plugin: a\n- plugin: a\n"
	  "http: {listen: 1, admin: 2}\n",
	  "t:1:10: ${SETTINGS_NONE}: the environment variable is not set (${SETTINGS_NONE:-text} gives a preset)\n"
	  "t:2:19: \"sync\" stands twice (the first at t:2:9)\n"
	  "t:2:15: sync: \"1x\" is not a duration (write 500ms, 10s or 5m)\n"
	  "t:3:1: unknown key \"foo\" in the configuration (it has store, defaults, labels, plugin_path, plugins, sinks, "
	  "http, query, limits, sockets, log and include)\n"
	  "t:7:26: admin: \"2\" is not a boolean (write true or false; yes, no, on and off do too)\n"
	  "t:6:3: a second instance is named \"a\" (the first at t:5:3; set name: on one of them)\n"
	  "t:7:16: listen: \"1\" " PORT_ALONE },
};

static void says_what_is_wrong(void **state)
{
	(void)state;
	unsetenv("SETTINGS_NONE");
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct error err = { 0 };
		AUTO(settings) s = settings_parse("t", wrong[i].text, strlen(wrong[i].text), &err);

		if (s || strcmp(error_text(&err), wrong[i].result) != 0)
			fail_msg("%s\ngot  %s\nwant %s", wrong[i].text, error_text(&err), wrong[i].result);
		error_clear(&err);
	}
}

static void a_file_full_of_errors_is_no_bomb(void **state)
{
	struct error err = { 0 };
	AUTO_BUF text = { 0 };

	(void)state;
	for (int i = 0; i < 30000; i++)
		buf_printf(&text, "unknown%d: x\n", i);
	assert_null(settings_parse("t", (const char *)text.data, text.len, &err));
	assert_int_equal(err.count, 30000);
	assert_true(err.len < 100 * 300);
	error_clear(&err);
}

static void a_missing_file_is_named(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_null(settings_load("/none/kymo.yaml", &err));
	assert_string_equal(error_text(&err), "/none/kymo.yaml: No such file or directory");
	error_clear(&err);
	assert_null(settings_load("/none/kymo.yaml", NULL));
}

static void the_run_folder_follows_the_session(void **state)
{
	char room[100], want[100];

	(void)state;
	setenv("XDG_RUNTIME_DIR", "/run/user/1", 1);
	assert_string_equal(settings_run_dir_preset(room, sizeof room), "/run/user/1/kymo");
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	snprintf(want, sizeof want, geteuid() ? "/tmp/kymo-%u" : "/run/kymo", (unsigned)geteuid());
	assert_string_equal(settings_run_dir_preset(room, sizeof room), want);
	unsetenv("XDG_RUNTIME_DIR");
	assert_string_equal(settings_run_dir_preset(room, sizeof room), want);
	{
		AUTO(settings) s = parse("");

		assert_string_equal(s->run_dir, want);
	}
}

/* The tables write out what other enums and names give. */
static void tables_agree_with_the_names_of_others(void **state)
{
	const struct kymo_option *log = &settings_schema.options[ROOT_LOG];

	(void)state;
	assert_int_equal(log->n_fields, 1 + LOG_TOPICS);
	for (int topic = 0; topic < LOG_TOPICS; topic++)
		assert_string_equal(log->fields[1 + topic].key, log_topic_name((enum log_topic)topic));
	for (int level = 0; level <= LOG_LEVEL_DEBUG; level++)
		assert_string_equal(log->fields[0].choices[level], log_level_name((enum log_level)level));
}

static void describes_all_sections(void **state)
{
	AUTO_BUF out = { 0 };

	(void)state;
	settings_describe(&out);
	assert_non_null(buf_text(&out));
	assert_non_null(strstr(buf_text(&out), "http: mapping, or off\n"));
	assert_non_null(strstr(buf_text(&out), "        1m: duration or forever, preset 7d, at least 15m\n"));
	assert_non_null(strstr(buf_text(&out), "    tiers: list of texts, preset [raw], one of raw, 1m, 5m or 1h\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_gives_all_presets),
		cmocka_unit_test(every_key_arrives),
		cmocka_unit_test(each_way_to_say_no),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(a_file_full_of_errors_is_no_bomb),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(the_run_folder_follows_the_session),
		cmocka_unit_test(tables_agree_with_the_names_of_others),
		cmocka_unit_test(describes_all_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* wanted_test.c - what a new configuration means for the instance there is: the decision alone, nothing runs. */
#include "host/state.h"

#include "test.h"

#include <errno.h>

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	(void)host, (void)config, (void)instance;
	return -ENOTSUP;
}

static void destroy(void *instance) { (void)instance; }

static int collect(void *instance, struct kymo_batch *batch)
{
	(void)instance, (void)batch;
	return -ENOTSUP;
}

static int reconfigure(void *instance, const struct kymo_value *config)
{
	(void)instance, (void)config;
	return -ENOTSUP;
}

static const struct kymo_metric metrics[] = { { "m", KYMO_GAUGE, 0, "", "", NULL } };
static const struct kymo_option options[] = { { "depth", KYMO_INTEGER, 0, "1", "", NULL, 0, 0, NULL, 0 } };

#define PLUGIN(its_name) \
	KYMO_PLUGIN_HEAD, .name = its_name, .version = "1", .summary = "", KYMO_METRICS(metrics), KYMO_OPTIONS(options), \
	.create = create, .destroy = destroy, .collect = collect

static const struct kymo_plugin rigid = { PLUGIN("rigid") }, supple = { PLUGIN("supple"), .reconfigure = reconfigure };

static struct library *load(const struct kymo_plugin *plugin)
{
	struct library *library = NULL;
	struct error err = { 0 };

	if (loader_compiled_in(plugin, plugin->name, &library, &err) < 0)
		fail_msg("%s", error_text(&err));
	return library;
}

/* The one instance of that configuration, as if its plugin were this one. */
static void make(struct blueprint *blueprint, struct library *library, const char *yaml)
{
	struct schema schema = { "plugin", options, 1 };
	struct error err = { 0 };
	AUTO(settings) settings = settings_parse("t", yaml, strlen(yaml), &err);

	if (!settings)
		fail_msg("%s", error_text(&err));
	assert_int_equal(blueprint_init(blueprint, settings, &settings->instances[0], library), 0);
	blueprint->values = schema_apply(&schema, settings->instances[0].with, settings->instances[0].at, &err);
	assert_non_null(blueprint->values);
}

#define ONE "plugins:\n  - {plugin: p, name: a, interval: 1s"

static const struct {
	const char *old, *next;
	enum host_action rigid, supple;
	const char *why;
} rows[] = {
	{ ONE "}", ONE "}", HOST_KEEP, HOST_KEEP, "" },
	{ ONE ", with: {depth: 1}}", ONE "}", HOST_KEEP, HOST_KEEP, "" },	/* what the preset says anyway */
	{ ONE "}", "defaults: {interval: 7s}\n" ONE "}", HOST_KEEP, HOST_KEEP, "" },
	{ ONE "}", "plugins:\n  - {plugin: p, name: a, interval: 5s}", HOST_RECONFIGURE, HOST_RECONFIGURE, "interval: 1s to 5s" },
	{ ONE "}", ONE ", timeout: 3s}", HOST_RECONFIGURE, HOST_RECONFIGURE, "timeout: 10s to 3s" },
	{ ONE "}", ONE ", with: {depth: 2}}", HOST_REPLACE, HOST_RECONFIGURE, "with.depth changed" },
	{ ONE "}", ONE ", labels: {x: y}}", HOST_REPLACE, HOST_REPLACE, "labels changed" },
	{ ONE "}", "labels: {site: b}\n" ONE "}", HOST_REPLACE, HOST_REPLACE, "labels changed" },
	{ ONE "}", "plugins:\n  - {plugin: q, name: a, interval: 1s}", HOST_REPLACE, HOST_REPLACE, "plugin: p to q" },
	{ "plugins: []\nsinks:\n  - {plugin: p, name: a}", "plugins: []\nsinks:\n  - {plugin: p, name: a, tiers: [1m]}",
	  HOST_RECONFIGURE, HOST_RECONFIGURE, "tiers changed" },
	{ "plugins: []\nsinks:\n  - {plugin: p, name: a}", "plugins: []\nsinks:\n  - {plugin: p, name: a, queue: 7}",
	  HOST_RECONFIGURE, HOST_RECONFIGURE, "queue: 1024 to 7" },
};

static void decides(const char *old_yaml, const char *next_yaml, const struct kymo_plugin *plugin, enum host_action expected,
		    const char *expected_why)
{
	struct library *library = load(plugin);
	struct blueprint old, next;
	enum host_action action;
	char why[128];

	make(&old, library, old_yaml);
	make(&next, library, next_yaml);
	action = wanted_action(&old, &next, why);
	if (action != expected || strcmp(why, expected_why) != 0)
		fail_msg("%s\n\nto\n\n%s\n\n%s: got %s, \"%s\"", old_yaml, next_yaml, plugin->name, host_action_name(action), why);
	blueprint_fini(&old);
	blueprint_fini(&next);
	library_release(library);
}

static void decides_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		decides(rows[i].old, rows[i].next, &rigid, rows[i].rigid, rows[i].why);
		decides(rows[i].old, rows[i].next, &supple, rows[i].supple, rows[i].why);
	}
}

static void starts_what_is_new(void **state)
{
	struct library *library = load(&rigid);
	struct blueprint next;
	char why[128];

	(void)state;
	make(&next, library, ONE "}");
	assert_int_equal(wanted_action(NULL, &next, why), HOST_START);
	assert_string_equal(why, "");
	blueprint_fini(&next);
	library_release(library);
}

static void another_version_of_the_file_replaces(void **state)
{
	struct library *before = load(&supple), *after = load(&supple);
	struct blueprint old, next;
	char why[128];

	(void)state;
	make(&old, before, ONE "}");
	make(&next, after, ONE "}");
	assert_int_equal(wanted_action(&old, &next, why), HOST_REPLACE);
	assert_string_equal(why, "plugin file changed");
	blueprint_fini(&old);
	blueprint_fini(&next);
	library_release(before);
	library_release(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_each), cmocka_unit_test(starts_what_is_new),
		cmocka_unit_test(another_version_of_the_file_replaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

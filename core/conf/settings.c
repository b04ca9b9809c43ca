/* SPDX-License-Identifier: MIT */
/*
 * settings.c - reads the tree against the tables of settings_table.c and puts
 * the values where the rest of the core looks for them.
 *
 * Values that are wrong were replaced by their presets, so that everything can
 * be looked at and all errors are said at once; no settings come out then.
 */
#include "conf/settings_fill.h"
#include "conf/schema_read.h"
#include "conf/tree.h"
#include "util/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int fill_texts(struct bump *bump, const struct kymo_value *value, const char *const **texts, uint32_t *n)
{
	const char **copy = bump_array(bump, value->n, sizeof *copy);

	if (!copy)
		return -ENOMEM;
	for (uint32_t i = 0; i < value->n; i++)
		copy[i] = value->items[i].string;
	*texts = copy;
	*n = value->n;
	return 0;
}

int fill_labels(struct bump *bump, const struct kymo_value *value, const struct setting_label **labels,
		uint32_t *n)
{
	struct setting_label *copy = bump_array(bump, value->n, sizeof *copy);

	if (!copy)
		return -ENOMEM;
	for (uint32_t i = 0; i < value->n; i++)
		copy[i] = (struct setting_label){ value->items[i].items[LABEL_NAME].string,
						  value->items[i].items[LABEL_VALUE].string };
	*labels = copy;
	*n = value->n;
	return 0;
}

static void fill_store(struct settings *settings, const struct kymo_value *store)
{
	settings->store.path = store[STORE_PATH].string;
	for (size_t tier = 0; tier < TIERS; tier++)
		settings->store.retention[tier] = store[STORE_RETENTION].items[tier].duration;
	settings->store.size = store[STORE_SIZE].size;
	settings->store.out_of_order = store[STORE_OUT_OF_ORDER].duration;
	settings->store.cleanup = store[STORE_CLEANUP].duration;
	settings->store.sync = store[STORE_SYNC].duration;
	settings->store.strict = !strcmp(store[STORE_DURABILITY].string, "strict");
	settings->store.flush = store[STORE_FLUSH].duration;
}

static void fill_limits(struct settings *settings, const struct kymo_value *limits)
{
	settings->limits.series = (uint32_t)limits[LIMIT_SERIES].integer;
	settings->limits.series_per_metric = (uint32_t)limits[LIMIT_SERIES_PER_METRIC].integer;
	settings->limits.labels = (uint32_t)limits[LIMIT_LABELS].integer;
	settings->limits.name = limits[LIMIT_NAME].size;
	settings->limits.value = limits[LIMIT_VALUE].size;
	settings->limits.points = (uint32_t)limits[LIMIT_POINTS].integer;
	settings->limits.samples = (uint64_t)limits[LIMIT_SAMPLES].integer;
}

static void fill_query(struct settings *settings, const struct kymo_value *query)
{
	settings->query.lookback = query[QUERY_LOOKBACK].duration;
	settings->query.timeout = query[QUERY_TIMEOUT].duration;
	settings->query.concurrent = (uint32_t)query[QUERY_CONCURRENT].integer;
	settings->query.queue = (uint32_t)query[QUERY_QUEUE].integer;
	settings->query.samples = (uint64_t)query[QUERY_SAMPLES].integer;
	settings->query.series = (uint32_t)query[QUERY_SERIES].integer;
	settings->query.points = (uint32_t)query[QUERY_POINTS].integer;
	settings->query.depth = (uint32_t)query[QUERY_DEPTH].integer;
	settings->query.memory = query[QUERY_MEMORY].size;
	settings->query.cache = query[QUERY_CACHE].size;
}

static enum log_level level_of(const char *name)
{
	for (int level = LOG_LEVEL_ERROR; level < LOG_LEVEL_DEBUG; level++)
		if (!strcmp(name, log_level_name((enum log_level)level)))
			return (enum log_level)level;
	return LOG_LEVEL_DEBUG;
}

static void fill_log(struct settings *settings, const struct kymo_value *log)
{
	for (size_t topic = 0; topic < LOG_TOPICS; topic++) {
		const char *own = log[LOG_OPTION_TOPICS + topic].string;

		settings->log[topic] = level_of(own ? own : log[LOG_OPTION_LEVEL].string);
	}
}

/* `http: off`, `listen: off` and `listen: []` are the same. */
static int fill_http(struct settings *settings, const struct kymo_value *section)
{
	struct bump *bump = &settings->memory->bump;
	const struct kymo_value *http = section->items, *listen = &http[HTTP_LISTEN];

	settings->http.admin = http[HTTP_ADMIN].flag;
	settings->http.connections = (uint32_t)http[HTTP_CONNECTIONS].integer;
	settings->http.body = http[HTTP_BODY].size;
	settings->http.in_flight = http[HTTP_IN_FLIGHT].size;
	settings->http.write = http[HTTP_WRITE].flag;
	if (fill_texts(bump, listen, &settings->http.listen, &settings->http.n_listen) < 0)
		return -ENOMEM;
	if ((section->flags & OPTION_OFF) ||
	    (listen->n == 1 && listen->items[0].string && !strcmp(listen->items[0].string, "off")))
		settings->http.n_listen = 0;
	if (fill_texts(bump, &http[HTTP_ORIGINS], &settings->http.origins, &settings->http.n_origins) < 0)
		return -ENOMEM;
	return fill_texts(bump, &http[HTTP_HOSTS], &settings->http.hosts, &settings->http.n_hosts);
}

const char *settings_run_dir_preset(char *room, size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int n = -1;

	if (runtime && runtime[0] == '/')
		n = snprintf(room, size, "%s/kymo", runtime);
	if (n >= 0 && (size_t)n < size)
		return room;
	if (geteuid() == 0)
		snprintf(room, size, "/run/kymo");
	else
		snprintf(room, size, "/tmp/kymo-%u", (unsigned)geteuid());
	return room;
}

static int fill_sockets(struct settings *settings, const struct kymo_value *sockets)
{
	char room[4096];
	const char *dir = sockets->string ? sockets->string : settings_run_dir_preset(room, sizeof room);

	settings->run_dir = bump_copy(&settings->memory->bump, dir, strlen(dir));
	return settings->run_dir ? 0 : -ENOMEM;
}

static int fill(struct settings *settings, struct error *err)
{
	const struct kymo_value *root = settings->memory->values->values;
	struct bump *bump = &settings->memory->bump;
	int r;

	fill_store(settings, root[ROOT_STORE].items);
	fill_limits(settings, root[ROOT_LIMITS].items);
	fill_query(settings, root[ROOT_QUERY].items);
	fill_log(settings, root[ROOT_LOG].items);
	settings->interval = root[ROOT_DEFAULTS].items[DEFAULTS_INTERVAL].duration;
	settings->plugins_given = root[ROOT_PLUGINS].flags & KYMO_GIVEN;
	r = fill_policies(settings, &root[ROOT_STORE].items[STORE_POLICIES], err);
	if (r == 0)
		r = fill_http(settings, &root[ROOT_HTTP]);
	if (r == 0)
		r = fill_sockets(settings, &root[ROOT_SOCKETS]);
	if (r == 0)
		r = fill_labels(bump, &root[ROOT_LABELS], &settings->labels, &settings->n_labels);
	if (r == 0)
		r = fill_texts(bump, &root[ROOT_PLUGIN_PATH], &settings->plugin_path, &settings->n_plugin_path);
	return r < 0 ? r : fill_instances(settings, err);
}

/* ---- the whole ---- */

static struct settings *settings_create(const char *file)
{
	struct settings *settings = calloc(1, sizeof *settings);

	if (!settings)
		return NULL;
	settings->memory = calloc(1, sizeof *settings->memory);
	if (settings->memory)
		settings->file = bump_copy(&settings->memory->bump, file, strlen(file));
	if (settings->file)
		return settings;
	settings_free(settings);
	return NULL;
}

void settings_free(struct settings *settings)
{
	if (!settings)
		return;
	yaml_release(settings->tree);
	if (settings->memory) {
		schema_values_free(settings->memory->values);
		bump_fini(&settings->memory->bump);
	}
	free(settings->memory);
	free(settings);
}

static int read_tree(struct settings *settings, struct error *err)
{
	const struct yaml_node *root = settings->tree->root;
	struct place whole = { root->at.file, 0, 0 };
	int r;

	settings->memory->values = schema_read(&settings_schema, root, whole, err);
	r = settings->memory->values ? fill(settings, err) : -ENOMEM;
	if (r == 0)
		r = check_instances(settings, err);
	if (r == 0)
		check_rest(settings, err);
	return r;
}

/* Settings that may have errors with them. */
static struct settings *load_all(const char *file, const char *name, const char *text, size_t n,
				 struct error *err)
{
	AUTO(settings) settings = settings_create(file);
	unsigned before = err->count;

	if (!settings) {
		error_set(err, -ENOMEM, "%s: out of memory", name);
		return NULL;
	}
	settings->tree = tree_load(name, text, n, err);
	if (!settings->tree)
		return NULL;
	if (read_tree(settings, err) < 0 && err->count == before)
		error_set(err, -ENOMEM, "%s: out of memory", name);
	return TAKE(settings);
}

/* The text, or without one the file of that name. */
static struct settings *load(const char *file, const char *name, const char *text, size_t n, struct error *err)
{
	struct error ours = { 0 }, *to = err ? err : &ours;	/* errors are counted even if nobody reads them */
	unsigned before = to->count;
	AUTO(settings) settings = load_all(file, name, text, n, to);
	bool good = to->count == before;

	error_clear(&ours);
	return good ? TAKE(settings) : NULL;
}

struct settings *settings_read(const char *path, struct error *err)
{
	return load_all(path, path, NULL, 0, err);
}

struct settings *settings_load(const char *path, struct error *err)
{
	return load(path, path, NULL, 0, err);
}

struct settings *settings_parse(const char *name, const char *text, size_t n, struct error *err)
{
	return load("", name, text ? text : "", text ? n : 0, err);
}

void settings_describe(struct buf *out)
{
	schema_describe(&settings_schema, out);
}

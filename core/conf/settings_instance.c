/* SPDX-License-Identifier: MIT */
/* settings_instance.c - rows of plugins and sinks become instances; what is wrong with each, and with all. */
#include "conf/settings_fill.h"
#include "conf/words.h"
#include "util/check.h"
#include "util/hash.h"
#include "util/map.h"

#include <errno.h>
#include <string.h>

#define NAME_MOST 63u
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
#define PLUGIN_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_-"

/* A row while it becomes an instance. */
struct row {
	struct settings *settings;
	const struct kymo_value *values;
	struct error *err;
};

static struct place place(const struct row *row, unsigned option)
{
	return schema_place(row->settings->memory->values, &row->values[option]);
}

static bool is_word(const char *text, const char *characters)
{
	size_t n = strnlen(text, NAME_MOST + 1);

	return n > 0 && n <= NAME_MOST && strspn(text, characters) == n;
}

/* ---- plugin and name ---- */

static bool check_plugin(const struct row *row, const char *plugin)
{
	size_t n = strlen(plugin);
	char room[SHOWN];

	if (strchr(plugin, '/') || is_word(plugin, PLUGIN_CHARACTERS))
		return true;
	if (n > 3 && !strcmp(plugin + n - 3, ".so"))
		error_at(row->err, place(row, ROW_PLUGIN), "plugin: \"%s\" is not a name (write ./%s for the file in this folder, or its whole path)",
			 shown(plugin, room), room);
	else
		error_at(row->err, place(row, ROW_PLUGIN), "plugin: \"%s\" is not a name (a-z, 0-9, _ and -, at most 63), nor a path with a slash",
			 shown(plugin, room));
	return false;
}

/* "queue" of "/opt/acme/queue.so". NULL: out of memory. */
static const char *name_of(struct bump *bump, const char *plugin)
{
	const char *slash = strrchr(plugin, '/'), *base = slash ? slash + 1 : plugin;
	size_t n = strlen(base);

	if (n > 3 && !strcmp(base + n - 3, ".so"))
		n -= 3;
	return bump_copy(bump, base, n);
}

static int fill_name(const struct row *row, struct instance_setting *instance)
{
	const struct kymo_value *name = &row->values[ROW_NAME];
	char room[SHOWN];

	instance->named = name->flags & KYMO_GIVEN;
	if (name->string)
		instance->name = name->string;
	else
		instance->name = name_of(&row->settings->memory->bump, instance->plugin);
	if (!instance->name)
		return -ENOMEM;
	if (is_word(instance->name, NAME_CHARACTERS))
		return 0;
	if (name->string)
		error_at(row->err, place(row, ROW_NAME), "name: \"%s\" is not a name (A-Z, a-z, 0-9, _, . and -, at most 63)",
			 shown(instance->name, room));
	else if (strchr(instance->plugin, '/'))	/* else the plugin was refused already */
		error_at(row->err, place(row, ROW_PLUGIN), "plugin: \"%s\" gives no name for the instance (set name:)",
			 shown(instance->plugin, room));
	return 0;
}

/* ---- one instance ---- */

static void check_isolate(const struct row *row)
{
	if (row->values[ROW_ISOLATE].flag)
		error_at(row->err, place(row, ROW_ISOLATE), "isolate: processes of their own for plugins come in a later version "
			 "(leave isolate out, and the plugin runs inside of the daemon)");
}

/* `name` makes the label instance; it cannot be set beside it. */
static void check_labels(const struct row *row, const struct instance_setting *instance)
{
	const struct kymo_value *labels = &row->values[PLUGIN_LABELS];

	for (uint32_t i = 0; instance->named && i < instance->n_labels; i++)
		if (!strcmp(instance->labels[i].name, "instance"))
			error_at(row->err, schema_place(row->settings->memory->values, &labels->items[i]),
				 "labels: \"instance\" is set by name: already (leave one of them out)");
}

static int fill_common(const struct row *row, struct instance_setting *instance)
{
	bool good;
	int r;

	instance->plugin = row->values[ROW_PLUGIN].string;
	good = instance->plugin && check_plugin(row, instance->plugin);
	if (!instance->plugin)		/* said already */
		instance->plugin = "";
	instance->enabled = row->values[ROW_ENABLED].flag;
	instance->isolate = row->values[ROW_ISOLATE].flag;
	instance->timeout = row->values[ROW_TIMEOUT].duration;
	instance->queue = (uint32_t)row->values[ROW_QUEUE].integer;
	instance->with = option_node(&row->values[ROW_WITH]);
	check_isolate(row);
	r = fill_name(row, instance);
	if (!good)
		instance->plugin = "";	/* nobody looks for it */
	return r;
}

static int fill_collector(const struct row *row, struct instance_setting *instance)
{
	int r = fill_common(row, instance);

	if (r == 0)
		r = fill_labels(&row->settings->memory->bump, &row->values[PLUGIN_LABELS], &instance->labels,
				&instance->n_labels);
	if (r < 0)
		return r;
	instance->interval = row->values[PLUGIN_INTERVAL].duration;
	check_labels(row, instance);
	return 0;
}

static int fill_sink(const struct row *row, struct instance_setting *instance)
{
	static const char *const names[TIERS] = { "raw", "1m", "5m", "1h" };
	const struct kymo_value *tiers = &row->values[SINK_TIERS];

	instance->sink = true;
	for (uint32_t i = 0; i < tiers->n; i++)
		for (unsigned tier = 0; tier < TIERS; tier++)
			if (!strcmp(tiers->items[i].string, names[tier]))
				instance->tiers |= 1u << tier;
	if (!instance->tiers)
		error_at(row->err, place(row, SINK_TIERS), "tiers: is empty (raw, 1m, 5m or 1h)");
	return fill_common(row, instance);
}

/* ---- all of them ---- */

int fill_instances(struct settings *settings, struct error *err)
{
	const struct schema_values *values = settings->memory->values;
	const struct kymo_value *plugins = &values->values[ROOT_PLUGINS], *sinks = &values->values[ROOT_SINKS];
	struct instance_setting *instances;
	int r = 0;

	settings->n_instances = plugins->n + sinks->n;
	instances = bump_array(&settings->memory->bump, settings->n_instances, sizeof *instances);
	if (!instances)
		return -ENOMEM;
	for (uint32_t i = 0; i < settings->n_instances && r == 0; i++) {
		bool sink = i >= plugins->n;
		const struct kymo_value *value = sink ? &sinks->items[i - plugins->n] : &plugins->items[i];
		struct row row = { settings, value->items, err };

		instances[i].at = schema_place(values, value);
		r = sink ? fill_sink(&row, &instances[i]) : fill_collector(&row, &instances[i]);
	}
	settings->instances = instances;
	return r;
}

static bool same_name(const void *owner, uint32_t item, const void *key)
{
	const struct settings *settings = owner;

	return !strcmp(settings->instances[item].name, key);
}

static void refuse_second(const struct instance_setting *first, const struct instance_setting *second,
			  struct error *err)
{
	char room[SHOWN], at[SHOWN_PLACE];

	error_at(err, second->at, "a second instance is named \"%s\" (the first at %s; %s)",
		 shown(second->name, room), shown_place(first->at, at),
		 second->named ? "choose another name" : "set name: on one of them");
}

int check_instances(const struct settings *settings, struct error *err)
{
	struct map names = { 0 };
	int r = 0;

	for (uint32_t i = 0; i < settings->n_instances && r == 0; i++) {
		const struct instance_setting *instance = &settings->instances[i];
		uint64_t hash = hash_bytes(instance->name, strlen(instance->name));
		uint32_t first;

		if (!*instance->name)
			continue;
		first = map_find(&names, hash, instance->name, same_name, settings);
		if (first == MAP_NONE)
			r = map_add(&names, hash, i);
		else
			refuse_second(&settings->instances[first], instance, err);
	}
	map_fini(&names);
	return r;
}

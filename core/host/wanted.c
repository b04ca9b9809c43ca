/* SPDX-License-Identifier: MIT */
/* wanted.c - from the rows of the settings to blueprints, and what each means for the instance there is. */
#include "host/state.h"

#include "host/plugin_file.h"
#include "util/duration.h"

#include <errno.h>
#include <stdio.h>

static int load(struct host *host, const struct settings *settings, const struct instance_setting *setting,
		struct library **out, struct error *err)
{
	struct error why = { 0 };
	AUTO_FREE char *path = NULL;
	int r = plugin_file_find(settings, setting->plugin, &path, &why);

	if (r == 0)
		r = loader_load(host->loader, path, out, &why);
	if (r < 0)
		error_at(err, setting->at, "%s", error_text(&why));
	error_clear(&why);
	return r;
}

static int check_kind(const struct instance_setting *setting, const struct kymo_plugin *plugin, struct error *err)
{
	if (setting->sink && !plugin->write)
		return error_at(err, setting->at, "%s: the plugin %s is no sink; it belongs under `plugins:`", setting->name,
				plugin->name);
	if (!setting->sink && !plugin->collect)
		return error_at(err, setting->at, "%s: the plugin %s is no collector; it belongs under `sinks:`", setting->name,
				plugin->name);
	return 0;
}

static int fill(struct blueprint *blueprint, const struct settings *settings, const struct instance_setting *setting,
		struct library *library, struct error *err)
{
	const struct kymo_plugin *plugin = library_plugin(library);
	char what[96];
	struct schema schema = { what, plugin->options, plugin->n_options };

	if (blueprint_init(blueprint, settings, setting, library) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	snprintf(what, sizeof what, "plugin %s", plugin->name);
	blueprint->values = schema_apply(&schema, setting->with, setting->at, err);
	if (!blueprint->values) {
		blueprint_fini(blueprint);
		return -EINVAL;
	}
	return 0;
}

int wanted_make_one(struct host *host, const struct settings *settings, const struct instance_setting *setting,
		    struct library *code, struct blueprint *blueprint, struct error *err)
{
	AUTO(library) library = code ? library_hold(code) : NULL;
	int r;

	if (!strcmp(setting->name, SELF_NAME))
		return error_at(err, setting->at, "name: \"%s\" is the daemon's own instance; choose another name", SELF_NAME);
	r = library ? 0 : load(host, settings, setting, &library, err);
	if (r == 0)
		r = check_kind(setting, library_plugin(library), err);
	return r < 0 ? r : fill(blueprint, settings, setting, library, err);
}

static bool labels_equal_all(const struct blueprint *a, const struct blueprint *b)
{
	if (a->n_labels != b->n_labels)
		return false;
	for (uint32_t i = 0; i < a->n_labels; i++)
		if (strcmp(a->labels[i].name, b->labels[i].name) != 0 || strcmp(a->labels[i].value, b->labels[i].value) != 0)
			return false;
	return true;
}

static bool numbers_equal(const struct blueprint *a, const struct blueprint *b)
{
	return a->interval == b->interval && a->timeout == b->timeout && a->tiers == b->tiers && a->queue == b->queue;
}

static void say_numbers(const struct blueprint *a, const struct blueprint *b, char why[128])
{
	char from[DURATION_TEXT], to[DURATION_TEXT];

	if (a->interval != b->interval)
		snprintf(why, 128, "interval: %s to %s", duration_format(a->interval, from), duration_format(b->interval, to));
	else if (a->timeout != b->timeout)
		snprintf(why, 128, "timeout: %s to %s", duration_format(a->timeout, from), duration_format(b->timeout, to));
	else if (a->queue != b->queue)
		snprintf(why, 128, "queue: %u to %u", a->queue, b->queue);
	else
		snprintf(why, 128, "tiers changed");
}

enum host_action wanted_action(const struct blueprint *old, const struct blueprint *next, char why[128])
{
	const struct kymo_plugin *plugin = library_plugin(next->code);
	struct schema schema = { next->name, plugin->options, plugin->n_options };
	const char *key;

	why[0] = '\0';
	if (!old)
		return HOST_START;
	if (strcmp(old->plugin, next->plugin) != 0 || old->sink != next->sink)
		return snprintf(why, 128, "plugin: %.48s to %.48s", old->plugin, next->plugin), HOST_REPLACE;
	if (old->code != next->code)
		return snprintf(why, 128, "plugin file changed"), HOST_REPLACE;
	if (!labels_equal_all(old, next))
		return snprintf(why, 128, "labels changed"), HOST_REPLACE;
	key = schema_difference(&schema, old->values, next->values);
	if (key)
		return snprintf(why, 128, "with.%.100s changed", key), plugin->reconfigure ? HOST_RECONFIGURE : HOST_REPLACE;
	if (numbers_equal(old, next))
		return HOST_KEEP;
	return say_numbers(old, next, why), HOST_RECONFIGURE;
}

static void plan_one(struct host *host, struct wanted *wanted, struct error *err)
{
	wanted->old = host_find(host, wanted->is.name);
	if (wanted->old && wanted->old->is.entry)
		error_at(err, wanted->is.at, "name: \"%s\" was added at run time; remove it first, or choose another name",
			 wanted->is.name);
	wanted->action = wanted_action(wanted->old ? &wanted->old->is : NULL, &wanted->is, wanted->why);
}

static void make_configured(struct host *host, const struct settings *settings, struct wanted_list *list, struct error *err)
{
	for (uint32_t i = 0; i < settings->n_instances; i++) {
		const struct instance_setting *setting = &settings->instances[i];
		struct wanted *wanted = &list->items[list->n];

		if (setting->enabled && *setting->plugin && wanted_make_one(host, settings, setting, NULL, &wanted->is, err) == 0) {
			list->n++;
			plan_one(host, wanted, err);
		}
	}
}

static void make_added(struct host *host, const struct settings *settings, struct wanted_list *list, struct error *err)
{
	for (uint32_t i = 0; i < host->n; i++) {
		struct wanted *wanted = &list->items[list->n];

		if (!host->instances[i]->is.entry || added_make(host, settings, host->instances[i], wanted, err) < 0)
			continue;
		list->n++;
		wanted->old = host->instances[i];
		wanted->action = wanted_action(&wanted->old->is, &wanted->is, wanted->why);
		if (wanted->action == HOST_KEEP)
			strcpy(wanted->why, "added at run time");
	}
}

static void make_self(struct host *host, const struct settings *settings, struct wanted_list *list, struct error *err)
{
	struct wanted *wanted = &list->items[list->n];

	if (self_make(host, settings, &wanted->is, err) < 0)
		return;
	list->n++;
	wanted->old = host->self;
	wanted->action = wanted_action(wanted->old ? &wanted->old->is : NULL, &wanted->is, wanted->why);
}

int wanted_make(struct host *host, const struct settings *settings, struct wanted_list *list, struct error *err)
{
	unsigned before = err->count;

	list->n = 0;
	list->items = calloc(settings->n_instances + host->n + 1, sizeof *list->items);
	if (!list->items)
		return error_set(err, -ENOMEM, "out of memory");
	make_configured(host, settings, list, err);
	make_added(host, settings, list, err);
	make_self(host, settings, list, err);
	return err->count == before ? 0 : err->code;
}

void wanted_fini(struct wanted_list *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		blueprint_fini(&list->items[i].is);
		settings_free(list->items[i].entry);
	}
	free(list->items);
	*list = (struct wanted_list){ 0 };
}

void wanted_abandon(struct wanted_list *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		struct instance *made = list->items[i].made;

		list->items[i].made = NULL;
		if (made)
			instance_end(made, instance_patience(made));
	}
}

/* Creating checks the values; an instance that is made only for that is ended at once. */
static bool is_created(const struct wanted *wanted, bool try_values)
{
	return wanted->action == HOST_START || wanted->action == HOST_REPLACE ||
	       (try_values && wanted->action == HOST_RECONFIGURE);
}

int wanted_create(struct host *host, struct wanted_list *list, bool try_values, struct error *err)
{
	unsigned before = err->count;

	for (uint32_t i = 0; i < list->n; i++)
		if (is_created(&list->items[i], try_values))
			instance_create(&host->shared, &list->items[i].is, &list->items[i].made, err);
	if (err->count == before)
		return 0;
	wanted_abandon(list);
	return err->code;
}

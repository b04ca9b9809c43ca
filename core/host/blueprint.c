/* SPDX-License-Identifier: MIT */
/* blueprint.c - what an instance is to be, out of the settings and the plugin's own presets. */
#include "host/instance.h"

#include <errno.h>

#define INTERVAL_LEAST 100

static kymo_ms interval_of(const struct settings *settings, const struct instance_setting *setting,
			   const struct kymo_plugin *plugin)
{
	kymo_ms interval = setting->interval ? setting->interval : plugin->interval ? plugin->interval : settings->interval;

	return interval < INTERVAL_LEAST ? INTERVAL_LEAST : interval;
}

/* Those that came earlier win. */
static int add_label(struct blueprint *blueprint, const char *name, const char *value)
{
	struct setting_label *label = &blueprint->labels[blueprint->n_labels];

	for (uint32_t i = 0; i < blueprint->n_labels; i++)
		if (!strcmp(blueprint->labels[i].name, name))
			return 0;
	label->name = strdup(name);
	label->value = strdup(value);
	blueprint->n_labels++;
	return label->name && label->value ? 0 : -ENOMEM;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct setting_label *)a)->name, ((const struct setting_label *)b)->name);
}

static int add_labels(struct blueprint *blueprint, const struct settings *settings, const struct instance_setting *setting)
{
	int r = 0;

	blueprint->labels = calloc(settings->n_labels + setting->n_labels + 1, sizeof *blueprint->labels);
	if (!blueprint->labels)
		return -ENOMEM;
	for (uint32_t i = 0; i < setting->n_labels && r == 0; i++)
		r = add_label(blueprint, setting->labels[i].name, setting->labels[i].value);
	if (r == 0 && setting->named)
		r = add_label(blueprint, "instance", setting->name);
	for (uint32_t i = 0; i < settings->n_labels && r == 0; i++)
		r = add_label(blueprint, settings->labels[i].name, settings->labels[i].value);
	if (r == 0)
		qsort(blueprint->labels, blueprint->n_labels, sizeof *blueprint->labels, by_name);
	return r;
}

int blueprint_init(struct blueprint *blueprint, const struct settings *settings, const struct instance_setting *setting,
		   struct library *library)
{
	*blueprint = (struct blueprint){
		.at = setting->at, .sink = setting->sink, .timeout = setting->timeout, .tiers = setting->tiers,
		.queue = setting->queue, .interval = interval_of(settings, setting, library_plugin(library)),
	};
	strncpy(blueprint->name, setting->name, sizeof blueprint->name - 1);
	blueprint->plugin = strdup(setting->plugin);
	blueprint->at.file = setting->at.file ? strdup(setting->at.file) : NULL;
	blueprint->code = library_hold(library);
	if (!blueprint->plugin || (setting->at.file && !blueprint->at.file) || add_labels(blueprint, settings, setting) < 0) {
		blueprint_fini(blueprint);
		return -ENOMEM;
	}
	return 0;
}

void blueprint_fini(struct blueprint *blueprint)
{
	for (uint32_t i = 0; i < blueprint->n_labels; i++) {
		free((char *)(uintptr_t)blueprint->labels[i].name);
		free((char *)(uintptr_t)blueprint->labels[i].value);
	}
	free(blueprint->labels);
	free(blueprint->plugin);
	free(blueprint->entry);
	free((char *)(uintptr_t)blueprint->at.file);
	schema_values_free(blueprint->values);
	library_release(blueprint->code);
	*blueprint = (struct blueprint){ .n_labels = 0 };
}

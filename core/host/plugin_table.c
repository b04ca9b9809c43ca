/* SPDX-License-Identifier: MIT */
/*
 * plugin_table.c - first the head, which says how large everything is; then the
 * struct, then the tables with the plugin's strides; then the checks, on the copy.
 */
#include "host/plugin_table.h"
#include "conf/schema.h"
#include "host/plugin_file.h"
#include "model/metric.h"
#include "util/hash.h"
#include "util/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What version 1.0 had; a later one only adds. */
#define PLUGIN_SIZE_LEAST (offsetof(struct kymo_plugin, extension) + sizeof(void *))
#define METRIC_SIZE_LEAST (offsetof(struct kymo_metric, labels) + sizeof(void *))
#define OPTION_SIZE_LEAST (offsetof(struct kymo_option, n_fields) + sizeof(uint32_t))
#define SIZE_MOST 65536u	/* of one entry: more is not a size */
#define FIELDS_DEEP 8		/* rows in rows */

static int check_head(const struct kymo_plugin *theirs, const char *path, struct error *err)
{
	if (theirs->abi >> 16 != KYMO_ABI_MAJOR)
		return error_set(err, -EPROTONOSUPPORT, "%s: made for plugin ABI %u.%u, this kymo has %u.%u", path,
				 theirs->abi >> 16, theirs->abi & 0xffff, KYMO_ABI_MAJOR, KYMO_ABI_MINOR);
	if (theirs->size < PLUGIN_SIZE_LEAST || theirs->size > SIZE_MOST ||
	    theirs->metric_size < METRIC_SIZE_LEAST || theirs->metric_size > SIZE_MOST ||
	    theirs->option_size < OPTION_SIZE_LEAST || theirs->option_size > SIZE_MOST)
		return error_set(err, -EINVAL, "%s: sizes %u, %u and %u of its struct and tables cannot be "
				 "(KYMO_PLUGIN_HEAD fills them in)", path, theirs->size, theirs->metric_size, theirs->option_size);
	return 0;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static struct kymo_metric *copy_metrics(const struct kymo_plugin *theirs)
{
	size_t stride = theirs->metric_size, size = smaller(stride, sizeof(struct kymo_metric));
	struct kymo_metric *copy = calloc(theirs->n_metrics + 1, sizeof *copy);

	for (uint32_t i = 0; copy && i < theirs->n_metrics; i++)
		memcpy(&copy[i], (const char *)theirs->metrics + i * stride, size);
	return copy;
}

static void free_options(const struct kymo_option *options, uint32_t n)
{
	for (uint32_t i = 0; options && i < n; i++)
		free_options(options[i].fields, options[i].n_fields);
	free((void *)(uintptr_t)options);
}

/* NULL: out of memory, or -EINVAL in *bad: too many or too deep. */
static struct kymo_option *copy_options(const struct kymo_option *theirs, uint32_t n, size_t stride, int depth, bool *bad)
{
	size_t size = smaller(stride, sizeof *theirs);
	struct kymo_option *copy;

	*bad |= depth > FIELDS_DEEP || n > PLUGIN_OPTIONS_MOST || (n && !theirs);
	copy = *bad ? NULL : calloc(n + 1, sizeof *copy);
	for (uint32_t i = 0; copy && i < n; i++) {
		const struct kymo_option *fields;

		memcpy(&copy[i], (const char *)theirs + i * stride, size);
		fields = copy[i].fields;
		copy[i].fields = NULL;
		if (fields && !(copy[i].fields = copy_options(fields, copy[i].n_fields, stride, depth + 1, bad))) {
			free_options(copy, i);
			return NULL;
		}
		if (!fields)
			copy[i].n_fields = 0;
	}
	return copy;
}

static int copy_tables(const struct kymo_plugin *theirs, struct kymo_plugin *plugin, const char *path, struct error *err)
{
	bool bad = false;

	plugin->metrics = NULL;
	plugin->options = NULL;
	if (theirs->n_metrics > PLUGIN_METRICS_MOST || (theirs->n_metrics && !theirs->metrics))
		return error_set(err, -EINVAL, "%s: a table of %u metrics %s", path, theirs->n_metrics,
				 theirs->metrics ? "is more than kymo takes" : "that is not there");
	plugin->metrics = copy_metrics(theirs);
	plugin->options = copy_options(theirs->options, theirs->n_options, theirs->option_size, 0, &bad);
	if (bad)
		return error_set(err, -EINVAL, "%s: its table of options is missing, too long or too deep", path);
	if (!plugin->metrics || !plugin->options)
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	plugin->size = sizeof *plugin;
	plugin->metric_size = sizeof *plugin->metrics;
	plugin->option_size = sizeof *plugin->options;
	return 0;
}

/* ---- what must be in it ---- */

static bool metric_named(const void *owner, uint32_t item, const void *key)
{
	return !strcmp(((const struct kymo_metric *)owner)[item].name, key);
}

/* The reason behind the path and the place in the table. */
static void check_metric(const struct kymo_plugin *plugin, uint32_t i, const char *path, struct error *err)
{
	static const struct label_limits wide = { LABELS_MOST, 1 << 16, 1 << 16 };
	const struct kymo_metric *metric = &plugin->metrics[i];
	struct error why = { 0 };

	if (metric_check(metric, &wide, &why) < 0)
		error_set(err, why.code, "%s: entry %u of its metrics: %s", path, i, error_text(&why));
	error_clear(&why);
}

static void check_metrics(const struct kymo_plugin *plugin, const char *path, struct error *err)
{
	struct map names = { 0 };

	for (uint32_t i = 0; i < plugin->n_metrics; i++) {
		const char *name = plugin->metrics[i].name;

		check_metric(plugin, i, path, err);
		if (!name)
			continue;
		if (map_find(&names, hash_bytes(name, strlen(name)), name, metric_named, plugin->metrics) != MAP_NONE)
			error_set(err, -EINVAL, "%s: metric %s is in its table twice", path, name);
		else if (map_add(&names, hash_bytes(name, strlen(name)), i) < 0)
			error_set(err, -ENOMEM, "%s: out of memory", path);
	}
	map_fini(&names);
}

static void check_calls(const struct kymo_plugin *plugin, const char *path, struct error *err)
{
	if (!plugin->create || !plugin->destroy)
		error_set(err, -EINVAL, "%s: lacks %s", path, !plugin->create ? "create" : "destroy");
	if (!plugin->collect && !plugin->write)
		error_set(err, -EINVAL, "%s: has neither collect nor write: it is no collector and no sink", path);
	if (plugin->interval < 0)
		error_set(err, -EINVAL, "%s: interval %lld is negative", path, (long long)plugin->interval);
}

/* *err has nothing in it yet; its code is that of the first reason. */
static int check_plugin(const struct kymo_plugin *plugin, const char *path, struct error *err)
{
	struct error why = { 0 };

	if (!plugin->name || !plugin_name_is_good(plugin->name))
		return error_set(err, -EINVAL, "%s: \"%.80s\" is no name of a plugin (a-z, 0-9, _ and -, at most 63)",
				 path, plugin->name ? plugin->name : "");
	check_calls(plugin, path, err);
	check_metrics(plugin, path, err);
	if (schema_check_table(&(struct schema){ plugin->name, plugin->options, plugin->n_options }, &why) < 0)
		error_set(err, why.code, "%s: its options: %s", path, error_text(&why));
	error_clear(&why);
	return err->code;
}

int plugin_table_copy(const struct kymo_plugin *theirs, const char *path, struct kymo_plugin **out, struct error *err)
{
	struct error why = { 0 };
	struct kymo_plugin *plugin;
	int r = check_head(theirs, path, err);

	if (r < 0)
		return r;
	plugin = calloc(1, sizeof *plugin);
	if (!plugin)
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	memcpy(plugin, theirs, smaller(theirs->size, sizeof *plugin));
	if (!plugin->version)
		plugin->version = "";
	if (!plugin->summary)
		plugin->summary = "";
	if ((r = copy_tables(theirs, plugin, path, &why)) == 0)
		r = check_plugin(plugin, path, &why);
	if (r < 0) {
		error_set(err, r, "%s", error_text(&why));
		plugin_table_free(plugin);
	} else {
		*out = plugin;
	}
	error_clear(&why);
	return r;
}

void plugin_table_free(struct kymo_plugin *plugin)
{
	if (!plugin)
		return;
	free((void *)(uintptr_t)plugin->metrics);
	free_options(plugin->options, plugin->n_options);
	free(plugin);
}

/* SPDX-License-Identifier: MIT */
/*
 * added.c - one instance more or less at run time, without a file. An entry is
 * read as the settings would read it: put under its key in a document of its own.
 */
#include "host/state.h"

#include "host/plugin_file.h"

#include <errno.h>

#define ENTRY_MOST (64 << 10)

/* "plugins:\n  -\n" and the entry, further in. */
static int compose(const char *section, const char *yaml, size_t n, struct buf *out)
{
	if (strcmp(section, "plugins") != 0)
		buf_add_text(out, "plugins: []\n");	/* not the preset ones */
	buf_printf(out, "%s:\n  -\n", section);
	while (n) {
		const char *line_end = memchr(yaml, '\n', n);
		size_t line = line_end ? (size_t)(line_end - yaml) + 1 : n;

		buf_add_text(out, "    ");
		buf_add(out, yaml, line);
		yaml += line;
		n -= line;
	}
	return buf_failed(out) ? -ENOMEM : 0;
}

static struct settings *read_entry(const char *section, const char *yaml, size_t n, struct error *err)
{
	AUTO_BUF text = { 0 };

	if (n > ENTRY_MOST) {
		error_set(err, -E2BIG, "an entry has at most %d bytes", ENTRY_MOST);
		return NULL;
	}
	if (compose(section, yaml, n, &text) < 0) {
		error_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	return settings_parse("entry", (const char *)text.data, text.len, err);
}

/* Which key it belongs under, only the plugin knows. */
static bool is_sink(struct host *host, const char *yaml, size_t n, const struct kymo_plugin *compiled_in)
{
	struct error ignored = { 0 };
	AUTO(yaml) tree = yaml_parse("entry", yaml, n, &ignored);
	const struct yaml_node *name = tree && tree->root->kind == YAML_MAPPING ? yaml_find(tree->root, "plugin") : NULL;
	AUTO_FREE char *path = NULL;
	AUTO(library) library = NULL;
	const struct kymo_plugin *plugin = compiled_in;

	if (!plugin && name && name->kind == YAML_SCALAR &&
	    plugin_file_find(host->settings, name->text, &path, &ignored) == 0 &&
	    loader_load(host->loader, path, &library, &ignored) == 0)
		plugin = library_plugin(library);
	error_clear(&ignored);
	return plugin && plugin->write && !plugin->collect;
}

static int insert(struct host *host, struct instance *instance)
{
	struct instance **list = calloc(host->n + 2, sizeof(struct instance *));
	uint32_t at = 0;

	if (!list)
		return -ENOMEM;
	while (at < host->n && strcmp(host->instances[at]->is.name, instance->is.name) < 0)
		at++;
	for (uint32_t i = 0; i < host->n; i++)
		list[i < at ? i : i + 1] = host->instances[i];
	list[at] = instance;
	host_set_list(host, list, host->n + 1);
	return 0;
}

static int launch(struct host *host, struct blueprint *blueprint, struct error *err)
{
	struct instance *instance = NULL;
	int r = instance_create(&host->shared, blueprint, &instance, err);

	if (r == 0)
		r = instance_start(instance, err);
	if (r == 0 && (r = insert(host, instance)) < 0)
		error_set(err, r, "out of memory");
	if (r < 0) {
		instance_end(instance, 2000);
		return r;
	}
	return instance_begin(instance, err);
}

/* The place in a document nobody has seen helps nobody: only the entry's own errors have one. */
static int add(struct host *host, const struct settings *entry, const struct kymo_plugin *compiled_in, struct error *err)
{
	const struct instance_setting *setting = entry->instances;
	struct blueprint blueprint = { .n_labels = 0 };
	int r;

	if (entry->n_instances != 1)
		return error_set(err, -EINVAL, "one entry is wanted: {plugin: NAME, ...}");
	if (host_find(host, setting->name))
		return error_set(err, -EEXIST, "%s: there is an instance of that name (`name:` gives this one another)",
				 setting->name);
	r = wanted_make_one(host, host->settings, setting, compiled_in, &blueprint, err);
	if (r < 0)
		return r;
	blueprint.added = true;
	return launch(host, &blueprint, err);
}

int host_add(struct host *host, const char *yaml, size_t n, const struct kymo_plugin *compiled_in, struct error *err)
{
	int r;
	LOCK(&host->change);

	if (!host->settings)
		return error_set(err, -EAGAIN, "the host has no configuration yet");
	AUTO(settings) entry = read_entry(is_sink(host, yaml, n, compiled_in) ? "sinks" : "plugins", yaml, n, err);

	if (!entry)
		return err->code;
	r = add(host, entry, compiled_in, err);
	if (r == 0)
		log_info(LOG_HOST, "%s: added at run time", entry->instances[0].name);
	return r;
}

int host_remove(struct host *host, const char *name, struct error *err)
{
	struct instance *instance;
	struct instance **list;
	uint32_t n = 0;
	LOCK(&host->change);

	instance = host_find(host, name);
	if (!instance)
		return error_set(err, -ENOENT, "%.64s: there is no such instance", name);
	list = calloc(host->n, sizeof(struct instance *));
	if (!list)
		return error_set(err, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < host->n; i++)
		if (host->instances[i] != instance)
			list[n++] = host->instances[i];
	host_set_list(host, list, n);
	instance_halt(instance, true, true);
	log_info(LOG_HOST, "%s: removed", instance->is.name);
	instance_end(instance, instance->halted ? instance_patience(instance) : 0);
	return 0;
}

int host_reset(struct host *host, const char *name, struct error *err)
{
	struct instance *instance;
	int r;
	LOCK(&host->change);

	instance = host_find(host, name);
	if (!instance)
		return error_set(err, -ENOENT, "%.64s: there is no such instance", name);
	r = instance_reset(instance);
	if (r == -ENOTSUP)
		return error_set(err, r, "%s: its plugin has nothing to reset", name);
	return r < 0 ? error_set(err, r, "%s: %s", name, error_name(r)) : 0;
}

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

/* The entry as a document; NULL with the reason. */
static char *read_entry(const char *section, const char *yaml, size_t n, struct settings **entry, struct error *err)
{
	AUTO_BUF text = { 0 };
	char *document;

	if (n > ENTRY_MOST) {
		error_set(err, -E2BIG, "an entry has at most %d bytes", ENTRY_MOST);
		return NULL;
	}
	if (compose(section, yaml, n, &text) < 0) {
		error_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	*entry = settings_parse("entry", (const char *)text.data, text.len, err);
	document = *entry ? strndup((const char *)text.data, text.len) : NULL;
	if (*entry && !document)
		error_set(err, -ENOMEM, "out of memory");
	return document;
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
static int add(struct host *host, const struct settings *entry, const char *document, const struct kymo_plugin *compiled_in,
	       struct error *err)
{
	const struct instance_setting *setting = entry->instances;
	struct blueprint blueprint = { .n_labels = 0 };
	AUTO(library) code = NULL;
	int r;

	if (entry->n_instances != 1)
		return error_set(err, -EINVAL, "one entry is wanted: {plugin: NAME, ...}");
	if (host_find(host, setting->name))
		return error_set(err, -EEXIST, "%s: there is an instance of that name (`name:` gives this one another)",
				 setting->name);
	r = compiled_in ? loader_compiled_in(compiled_in, setting->name, &code, err) : 0;
	if (r == 0)
		r = wanted_make_one(host, host->settings, setting, code, &blueprint, err);
	if (r < 0)
		return r;
	blueprint.entry = strdup(document);
	if (!blueprint.entry) {
		blueprint_fini(&blueprint);
		return error_set(err, -ENOMEM, "out of memory");
	}
	return launch(host, &blueprint, err);
}

int host_add(struct host *host, const char *yaml, size_t n, const struct kymo_plugin *compiled_in, struct error *err)
{
	AUTO(settings) entry = NULL;
	AUTO_FREE char *document = NULL;
	int r;
	LOCK(&host->change);

	if (!host->settings)
		return error_set(err, -EAGAIN, "the host has no configuration yet");
	document = read_entry(is_sink(host, yaml, n, compiled_in) ? "sinks" : "plugins", yaml, n, &entry, err);
	if (!document)
		return err->code;
	r = add(host, entry, document, compiled_in, err);
	if (r == 0)
		log_info(LOG_HOST, "%s: added at run time", entry->instances[0].name);
	return r;
}

/* ---- at a reload ---- */

static int make_again(struct host *host, const struct settings *settings, struct library *code, const char *document,
		      struct wanted *wanted, struct error *err)
{
	wanted->entry = settings_parse("entry", document, strlen(document), err);
	return wanted->entry ? wanted_make_one(host, settings, wanted->entry->instances, code, &wanted->is, err) : err->code;
}

/* A changed file is taken up; one that is gone or broken is no reason to lose what runs. */
int added_make(struct host *host, const struct settings *settings, const struct instance *old, struct wanted *wanted,
	       struct error *err)
{
	bool compiled_in = !library_path(old->is.code)[0];
	struct error why = { 0 };
	int r = make_again(host, settings, compiled_in ? old->is.code : NULL, old->is.entry, wanted, &why);

	if (r < 0 && !compiled_in) {
		log_warn(LOG_HOST, "%s, added at run time, keeps the plugin that it has: %s", old->is.name, error_text(&why));
		error_clear(&why);
		settings_free(TAKE(wanted->entry));
		r = make_again(host, settings, old->is.code, old->is.entry, wanted, &why);
	}
	if (r == 0 && !(wanted->is.entry = strdup(old->is.entry)))
		r = error_set(&why, -ENOMEM, "out of memory");
	if (r < 0) {
		error_set(err, r, "%s, added at run time: %s", old->is.name, error_text(&why));
		blueprint_fini(&wanted->is);
		settings_free(TAKE(wanted->entry));
	}
	error_clear(&why);
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

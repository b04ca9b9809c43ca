/* SPDX-License-Identifier: MIT */
/* describe.c - plugins and configurations looked at without running anything: check, describe, list. */
#include "host/state.h"

#include "host/plugin_file.h"

#include <errno.h>

int host_check(const struct settings *settings, struct error *err)
{
	const struct host_options options = { 0 };
	struct host *host = calloc(1, sizeof *host);
	struct wanted_list list = { 0 };
	int r;

	if (!host)
		return error_set(err, -ENOMEM, "out of memory");
	r = host_init(host, &options, settings->store.path);
	if (r < 0) {
		error_set(err, r, "out of memory");
	} else {
		host_take_limits(host, settings);
		r = wanted_make(host, settings, &list, err);
		/* Also those that are good are created when others are not: everything wrong is said at once. */
		if (wanted_create(host, &list, false, err) < 0)
			r = err->code;
	}
	wanted_abandon(&list);
	wanted_fini(&list);
	host_fini(host);
	free(host);
	return r;
}

struct settings *host_settings(const char *path, struct error *err)
{
	struct error ours = { 0 }, *to = err ? err : &ours;	/* errors are counted even if nobody reads them */
	unsigned before = to->count;
	AUTO(settings) settings = settings_read(path, to);
	bool good = to->count == before;

	if (settings && !good)
		host_check(settings, to);
	error_clear(&ours);
	return good ? TAKE(settings) : NULL;
}

static void describe_metrics(const struct kymo_plugin *plugin, struct buf *out)
{
	if (!plugin->collect)
		return;
	buf_add_text(out, plugin->n_metrics ? "\nmetrics:\n" : "\nmetrics: those that it finds, or is told of, as it runs\n");
	for (uint32_t i = 0; i < plugin->n_metrics; i++) {
		const struct kymo_metric *metric = &plugin->metrics[i];

		buf_printf(out, "  %s  %s%s%s", metric->name, metric_type_name(metric->type),
			   metric->unit && *metric->unit ? ", " : "", metric->unit ? metric->unit : "");
		for (const char *const *label = metric->labels; label && *label; label++)
			buf_printf(out, "%s%s", label == metric->labels ? "  by " : ", ", *label);
		buf_printf(out, "\n      %s\n", metric->help ? metric->help : "");
	}
}

static void describe_events(const struct kymo_plugin *plugin, struct buf *out)
{
	if (!plugin->events)
		return;
	buf_add_text(out, "\nevents:");
	for (const char *const *pattern = plugin->events; *pattern; pattern++)
		buf_printf(out, " %s", *pattern);
	buf_add_text(out, "\n");
}

static void describe_plugin(const struct library *library, struct buf *out)
{
	const struct kymo_plugin *plugin = library_plugin(library);
	struct schema schema = { plugin->name, plugin->options, plugin->n_options };

	buf_printf(out, "%s %s (%s)\n%s\n", plugin->name, plugin->version ? plugin->version : "", library_path(library),
		   plugin->summary ? plugin->summary : "");
	buf_printf(out, "\noptions%s:\n", plugin->n_options ? " (under `with:`)" : ": none");
	if (plugin->n_options)
		schema_describe(&schema, out);
	describe_metrics(plugin, out);
	describe_events(plugin, out);
}

int host_describe(const struct settings *settings_or_null, const char *name, struct buf *out, struct error *err)
{
	AUTO(loader) loader = loader_create();
	AUTO(library) library = NULL;
	AUTO_FREE char *path = NULL;
	int r;

	if (!loader)
		return error_set(err, -ENOMEM, "out of memory");
	r = plugin_file_find(settings_or_null, name, &path, err);
	if (r == 0)
		r = loader_load(loader, path, &library, err);
	if (r < 0)
		return r;
	describe_plugin(library, out);
	return buf_failed(out) ? error_set(err, -ENOMEM, "out of memory") : 0;
}

struct listing {
	struct loader *loader;
	int (*each)(void *data, const char *name, const char *file, const struct kymo_plugin *plugin, const char *problem);
	void *data;
};

static int list_one(void *data, const char *name, const char *path)
{
	struct listing *listing = data;
	struct error err = { 0 };
	AUTO(library) library = NULL;
	int r = loader_load(listing->loader, path, &library, &err);

	r = listing->each(listing->data, name, path, r == 0 ? library_plugin(library) : NULL, r == 0 ? NULL : error_text(&err));
	error_clear(&err);
	return r;
}

int host_list_plugins(const struct settings *settings_or_null,
		      int (*each)(void *data, const char *name, const char *file, const struct kymo_plugin *plugin,
				  const char *problem), void *data)
{
	AUTO(loader) loader = loader_create();
	struct listing listing = { loader, each, data };

	return loader ? plugin_file_each(settings_or_null, list_one, &listing) : -ENOMEM;
}

/* SPDX-License-Identifier: MIT */
/*
 * plugin.c - `kymo plugin list`, `kymo plugin show NAME` and `kymo describe`: what
 * plugins say of themselves. Without a daemon; --config names folders to look in.
 */
#include "cli/cli.h"
#include "cli/plugin_json.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/words.h"

#include <errno.h>
#include <stdio.h>

static const struct option_row options[] = {
	{ "config", "FILE", "Look in its plugin_path too.", false },
	{ 0 },
};

static const struct command plugin_command = {
	.name = "plugin", .arguments = "list|show [NAME]", .options = options, .least = 1, .most = 2, .client = true, .json = true,
	.summary = "list: the plugins that a name can find. show NAME: options, metrics and events of one (or of a .so file).",
};

static const struct command describe_command = {
	.name = "describe", .arguments = "[PLUGIN]", .options = options, .most = 1, .client = true, .json = true,
	.summary = "What can stand in the configuration, with presets; or in the `with:` of a plugin (a name, or a .so file).",
};

/* NULL without --config. */
static int read_config(const struct words *words, struct settings **settings, struct error *err)
{
	const char *file = words_get(words, "config");

	*settings = file ? settings_load(file, err) : NULL;
	return file && !*settings ? -EINVAL : 0;
}

static int finish(int r, struct error *err)
{
	if (r < 0)
		fprintf(stderr, "%s\n", error_text(err));
	error_clear(err);
	return r < 0 ? 1 : 0;
}

static void print(struct buf *out, bool newline)
{
	if (out->len)
		fwrite(out->data, 1, out->len, stdout);
	if (newline)
		putchar('\n');
}

static const struct column columns[] = { { "PLUGIN" }, { "VERSION" }, { "KIND" }, { "WHAT" }, { "FILE" } };

static int add_row(void *data, const char *name, const char *file, const struct kymo_plugin *plugin, const char *problem)
{
	struct table *table = data;

	text_add_safe(table_cell(table), name, "");
	text_add_safe(table_cell(table), plugin ? plugin->version : "", "");
	buf_add_text(table_cell(table), plugin ? plugin->write ? "sink" : "collector" : "");
	text_add_safe(table_cell(table), plugin ? plugin->summary : problem, "");
	text_add_safe(table_cell(table), file, "");
	return 0;
}

static int add_json(void *data, const char *name, const char *file, const struct kymo_plugin *plugin, const char *problem)
{
	struct json *json = data;

	json_object(json);
	json_put_text(json, "name", name);
	json_put_text(json, "file", file);
	if (plugin)
		plugin_json(json, plugin);
	json_put_text(json, "problem", problem);
	json_end(json);
	return 0;
}

static void list_json(const struct settings *settings)
{
	AUTO_BUF out = { 0 };
	struct json json = json_to(&out);

	json_object(&json);
	json_key(&json, "plugins");
	json_array(&json);
	host_list_plugins(settings, add_json, &json);
	json_end(&json);
	json_end(&json);
	print(&out, true);
}

static void list_table(const struct settings *settings)
{
	struct table table = table_of(columns);
	AUTO_BUF out = { 0 };

	host_list_plugins(settings, add_row, &table);
	table_print(&table, &out);
	print(&out, false);
}

static int describe_all(bool as_json)
{
	AUTO_BUF text = { 0 }, out = { 0 };
	struct json json = json_to(&out);

	settings_describe(&text);
	if (!as_json) {
		print(&text, false);
		return 0;
	}
	json_object(&json);
	json_key(&json, "text");
	json_string(&json, (const char *)text.data, text.len);
	json_end(&json);
	print(&out, true);
	return 0;
}

struct wanted {
	struct json *json;
	const char *name;
};

static int add_wanted(void *data, const char *name, const char *file, const struct kymo_plugin *plugin, const char *problem)
{
	struct wanted *wanted = data;

	if (!plugin || strcmp(name, wanted->name) != 0)
		return 0;
	add_json(wanted->json, name, file, plugin, problem);
	return 1;
}

/* The tables where the name finds one; of a file there is the text. */
static void describe_json(const struct settings *settings, const char *plugin, const struct buf *text)
{
	AUTO_BUF out = { 0 };
	struct json json = json_to(&out);

	if (!host_list_plugins(settings, add_wanted, &(struct wanted){ &json, plugin })) {
		json_object(&json);
		json_put_text(&json, "name", plugin);
		json_key(&json, "text");
		json_string(&json, (const char *)text->data, text->len);
		json_end(&json);
	}
	print(&out, true);
}

static int describe_one(const struct settings *settings, const char *plugin, bool as_json, struct error *err)
{
	AUTO_BUF text = { 0 };
	int r = host_describe(settings, plugin, &text, err);

	if (r < 0)
		return r;
	if (as_json)
		describe_json(settings, plugin, &text);
	else
		print(&text, false);
	return 0;
}

static int show_plugin(const struct words *words, const struct settings *settings, struct error *err)
{
	return describe_one(settings, words->arguments[1], words_json(words), err);
}

static int list_plugins(const struct words *words, const struct settings *settings, struct error *err)
{
	(void)err;
	if (words_json(words))
		list_json(settings);
	else
		list_table(settings);
	return 0;
}

static int with_config(const struct words *words,
		       int (*act)(const struct words *words, const struct settings *settings, struct error *err))
{
	struct error err = { 0 };
	AUTO(settings) settings = NULL;
	int r = read_config(words, &settings, &err);

	if (r == 0)
		r = act(words, settings, &err);
	return finish(r, &err);
}

int cli_plugin(int argc, char **argv)
{
	struct words words;
	int r = words_read(&plugin_command, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	if (!strcmp(words.arguments[0], "list") && words.n_arguments == 1)
		return with_config(&words, list_plugins);
	if (!strcmp(words.arguments[0], "show") && words.n_arguments == 2)
		return with_config(&words, show_plugin);
	return words_wrong(&plugin_command, "it is `plugin list` or `plugin show NAME`");
}

static int describe(const struct words *words, const struct settings *settings, struct error *err)
{
	if (words->n_arguments)
		return describe_one(settings, words->arguments[0], words_json(words), err);
	return describe_all(words_json(words));
}

int cli_describe(int argc, char **argv)
{
	struct words words;
	int r = words_read(&describe_command, argc, argv, &words);

	return r != WORDS_GO ? r : with_config(&words, describe);
}

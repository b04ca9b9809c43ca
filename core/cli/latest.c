/* SPDX-License-Identifier: MIT */
/* latest.c - `kymo latest` and `kymo snapshot`: newest values. */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show.h"
#include "cli/table.h"

static const struct command latest = {
	.name = "latest", .arguments = "[NAME...]", .most = 60, .client = true, .json = true,
	.summary = "The newest value of every series that matches one of the names (\"system.*\"); without a name, of all.",
};

static const struct command snapshot = {
	.name = "snapshot", .arguments = "", .client = true, .json = true,
	.summary = "The newest value of everything, in groups.",
};

static const struct column columns[] = { { "SERIES" }, { "VALUE", .right = true }, { "UNIT" }, { "AT" } };

static void show_items(const cJSON *items, struct buf *out)
{
	struct table table = table_of(columns);
	const cJSON *item;

	cJSON_ArrayForEach(item, items) {
		show_series(table_cell(&table), item);
		show_value(table_cell(&table), show_find(item, "value"));
		show_unit(table_cell(&table), item);
		show_time(table_cell(&table), show_find(item, "at"));
	}
	table_print(&table, out);
}

static void show_latest(const cJSON *answer, struct output *output)
{
	show_items(show_find(answer, "series"), &output->text);
	if (!output->text.len)
		buf_add_text(&output->remarks, "there is no such series\n");
}

static void show_snapshot(const cJSON *answer, struct output *output)
{
	struct buf *out = &output->text;
	const cJSON *group;

	buf_add_text(out, "at ");
	show_time(out, show_find(answer, "at"));
	buf_add_text(out, "\n");
	cJSON_ArrayForEach(group, show_find(answer, "groups")) {
		if (!cJSON_GetArraySize(group))
			continue;
		buf_add_text(out, "\n");
		text_add_safe(out, group->string, "");
		buf_add_text(out, "\n");
		show_items(group, out);
	}
}

int cli_latest(int argc, char **argv)
{
	AUTO_BUF path = { 0 };
	struct words words;
	int r = words_read(&latest, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	buf_add_text(&path, "/kymo/v1/latest");
	for (uint32_t i = 0; i < words.n_arguments; i++)
		client_parameter(&path, "name", words.arguments[i]);
	return client_run(&words, "GET", buf_text(&path), NULL, show_latest);
}

int cli_snapshot(int argc, char **argv)
{
	struct words words;
	int r = words_read(&snapshot, argc, argv, &words);

	return r != WORDS_GO ? r : client_run(&words, "GET", "/kymo/v1/snapshot", NULL, show_snapshot);
}

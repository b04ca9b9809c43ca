/* SPDX-License-Identifier: MIT */
/* latest.c - `kymo latest` and `kymo snapshot`: newest values. */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show.h"
#include "cli/table.h"

#include <stdio.h>

#define HEADS "SERIES|>VALUE|UNIT|AT"

static const struct command latest = {
	.name = "latest", .arguments = "[NAME...]", .most = 60, .client = true, .json = true,
	.summary = "The newest value of every series that matches one of the names (\"system.*\"); without a name, of all.",
};

static const struct command snapshot = {
	.name = "snapshot", .arguments = "", .client = true, .json = true,
	.summary = "The newest value of everything, in groups.",
};

static void add_row(struct table *table, const cJSON *item)
{
	AUTO_BUF series = { 0 };
	char text[SHOW_TEXT];
	const char *unit = show_text(item, "unit");

	show_series(item, &series);
	table_cell(table, buf_text(&series));
	table_cell(table, show_value(item, "value", text));
	table_cell(table, *unit ? unit : "-");
	table_cell(table, show_time(item, "at", text));
}

static void show_items(const cJSON *items)
{
	struct table table;
	const cJSON *item;

	table_init(&table, HEADS);
	cJSON_ArrayForEach(item, items)
		add_row(&table, item);
	table_end(&table);
}

static void show_latest(const cJSON *answer)
{
	if (!cJSON_GetArraySize(show_find(answer, "series")))
		fputs("there is no such series\n", stderr);
	show_items(show_find(answer, "series"));
}

static void show_snapshot(const cJSON *answer)
{
	const cJSON *group;
	char text[SHOW_TEXT];

	printf("at %s\n", show_time(answer, "at", text));
	cJSON_ArrayForEach(group, show_find(answer, "groups")) {
		if (!cJSON_GetArraySize(group))
			continue;
		printf("\n%s\n", group->string);
		show_items(group);
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

/* SPDX-License-Identifier: MIT */
/* list.c - `kymo list`: the metrics that there are. */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show.h"
#include "cli/table.h"

static const struct command command = {
	.name = "list", .arguments = "[PATTERN]", .most = 1, .client = true, .json = true,
	.summary = "The metrics that match (\"api.*\"): type, unit, number of series, labels, since when, and what they are.",
};

static const struct column columns[] = {
	{ "METRIC" }, { "TYPE" }, { "UNIT" }, { "SERIES", .right = true }, { "LABELS" }, { "FIRST" }, { "LAST" }, { "HELP" },
};

static void add_row(struct table *table, const cJSON *metric)
{
	show_text(table_cell(table), show_find(metric, "name"));
	show_text(table_cell(table), show_find(metric, "type"));
	show_text(table_cell(table), show_find(metric, "unit"));
	show_value(table_cell(table), show_find(metric, "series"));
	show_list(table_cell(table), show_find(metric, "labels"));
	show_time(table_cell(table), show_find(metric, "first_at"));
	show_time(table_cell(table), show_find(metric, "last_at"));
	show_text(table_cell(table), show_find(metric, "help"));
}

static void show(const cJSON *answer, struct output *output)
{
	struct table table = table_of(columns);
	const cJSON *metric;

	cJSON_ArrayForEach(metric, show_find(answer, "metrics"))
		add_row(&table, metric);
	if (table_is_empty(&table))
		buf_add_text(&output->remarks, "there is no such metric\n");
	table_print(&table, &output->text);
}

int cli_list(int argc, char **argv)
{
	AUTO_BUF path = { 0 };
	struct words words;
	int r = words_read(&command, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	buf_add_text(&path, "/kymo/v1/metrics");
	if (words.n_arguments)
		client_parameter(&path, "name", words.arguments[0]);
	return client_run(&words, "GET", buf_text(&path), NULL, show);
}

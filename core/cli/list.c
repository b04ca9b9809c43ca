/* SPDX-License-Identifier: MIT */
/* list.c - `kymo list`: the metrics that there are. */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show.h"
#include "cli/table.h"

#include <stdio.h>

static const struct command command = {
	.name = "list", .arguments = "[PATTERN]", .most = 1, .client = true, .json = true,
	.summary = "The metrics that match (\"api.*\"): type, unit, number of series, labels, since when, and what they are.",
};

static const char *label_names(const cJSON *labels, struct buf *out)
{
	const cJSON *label;

	cJSON_ArrayForEach(label, labels)
		buf_printf(out, "%s%s", out->len ? "," : "", cJSON_IsString(label) ? label->valuestring : "");
	return out->len ? buf_text(out) : "-";
}

static void add_row(struct table *table, const cJSON *metric)
{
	AUTO_BUF labels = { 0 };
	char text[SHOW_TEXT];
	const char *unit = show_text(metric, "unit");

	table_cell(table, show_text(metric, "name"));
	table_cell(table, show_text(metric, "type"));
	table_cell(table, *unit ? unit : "-");
	table_cell(table, show_count(metric, "series", text));
	table_cell(table, label_names(show_find(metric, "labels"), &labels));
	table_cell(table, show_time(metric, "first_at", text));
	table_cell(table, show_time(metric, "last_at", text));
	table_cell(table, show_text(metric, "help"));
}

static void show(const cJSON *answer)
{
	struct table table;
	const cJSON *metric;

	if (!cJSON_GetArraySize(show_find(answer, "metrics")))
		fputs("there is no such metric\n", stderr);
	table_init(&table, "METRIC|TYPE|UNIT|>SERIES|LABELS|FIRST|LAST|HELP");
	cJSON_ArrayForEach(metric, show_find(answer, "metrics"))
		add_row(&table, metric);
	table_end(&table);
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

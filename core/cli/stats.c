/* SPDX-License-Identifier: MIT */
/* stats.c - `kymo stats`: the daemon itself; `kymo stats METRIC`: a metric over a range. */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/service_stats.h"
#include "cli/show.h"
#include "cli/table.h"

#include "util/check.h"

static const struct option_row options[] = {
	{ "label", "FILTER", "a=b, a!=b, a=~regex, a!~regex, or \"a like b*\". May be repeated: all must hold.", true },
	{ "last", "SPAN", "So long until now or --end: 30m, 6h, 7d. Preset 1h.", false },
	{ "start", "TIME", "2026-01-31T12:00:00Z, unix seconds, now or -1h.", false },
	{ "end", "TIME", "The same; preset now.", false },
	{ "instances", NULL, "Collectors and sinks one by one.", false },
	{ "sizes", NULL, "What each metric takes on disk, the largest first.", false },
	{ 0 },
};

static const struct command command = {
	.name = "stats", .arguments = "[METRIC]", .options = options, .most = 1, .client = true, .json = true,
	.summary = "How the daemon and its store are doing; or a metric over a range: count, extremes, mean, percentiles.",
};

static const char *const summary_keys[] = { "count", "min", "max", "avg", "sum", "stddev", "p50", "p95", "p99" };

static const struct column summary_columns[] = {
	{ "SERIES" }, { "COUNT", true }, { "MIN", true }, { "MAX", true }, { "AVG", true }, { "SUM", true },
	{ "STDDEV", true }, { "P50", true }, { "P95", true }, { "P99", true }, { "FIRST" }, { "LAST" },
};

/* In the cells behind the series. */
static void add_summary(struct table *table, const cJSON *summary)
{
	for (size_t i = 0; i < COUNT_OF(summary_keys); i++)
		show_value(table_cell(table), show_find(summary, summary_keys[i]));
	show_time(table_cell(table), show_find(summary, "first_at"));
	show_time(table_cell(table), show_find(summary, "last_at"));
}

static void show_metric(const cJSON *answer, struct output *output)
{
	const cJSON *all = show_find(answer, "all"), *series;
	struct table table = table_of(summary_columns);

	cJSON_ArrayForEach(series, show_find(answer, "series")) {
		show_series(table_cell(&table), series);
		add_summary(&table, series);
	}
	if (table_is_empty(&table))
		buf_add_text(&output->remarks, "nothing in this range\n");
	if (cJSON_GetArraySize(show_find(answer, "series")) > 1) {
		buf_add_text(table_cell(&table), "all together");
		add_summary(&table, all);
	}
	table_print(&table, &output->text);
	if (cJSON_IsTrue(show_find(all, "estimated")))
		buf_add_text(&output->remarks, "stddev and percentiles are estimates\n");
	show_remarks(answer, &output->remarks);
}

/* One of those that narrow a metric down: they have a value and are not common to all commands. */
static bool is_for_metric(const struct option_row *row)
{
	for (const struct option_row *own = options; own->name; own++)
		if (own == row)
			return row->value;
	return false;
}

static int metric_stats(const struct words *words)
{
	AUTO_BUF path = { 0 };

	buf_add_text(&path, "/kymo/v1/metrics/");
	client_escape(&path, words->arguments[0]);
	buf_add_text(&path, "/stats");
	for (uint32_t i = 0; i < words->n_given; i++)
		if (is_for_metric(words->given[i].row))
			client_parameter(&path, words->given[i].row->name, words->given[i].value);
	return client_run(words, "GET", buf_text(&path), NULL, show_metric);
}

int cli_stats(int argc, char **argv)
{
	struct words words;
	int r = words_read(&command, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	if (words.n_arguments && words_get(&words, "instances"))
		return words_wrong(&command, "--instances is not for a METRIC");
	if (words.n_arguments && words_get(&words, "sizes"))
		return words_wrong(&command, "--sizes is not for a METRIC");
	if (words.n_arguments)
		return metric_stats(&words);
	for (uint32_t i = 0; i < words.n_given; i++)
		if (is_for_metric(words.given[i].row))
			return words_wrong(&command, "--%s is for a METRIC", words.given[i].row->name);
	if (words_get(&words, "instances"))
		return client_run(&words, "GET", "/kymo/v1/instances", NULL, service_stats_show_instances);
	if (words_get(&words, "sizes"))
		return client_run(&words, "GET", "/kymo/v1/sizes", NULL, service_stats_show_sizes);
	return client_run(&words, "GET", "/kymo/v1/stats", NULL, service_stats_show);
}

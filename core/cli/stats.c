/* SPDX-License-Identifier: MIT */
/* stats.c - `kymo stats`: the daemon itself; `kymo stats METRIC`: a metric over a range. */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show.h"
#include "cli/table.h"

#include <stdio.h>

static const struct option_row options[] = {
	{ "label", "FILTER", "a=b, a!=b, a=~regex, a!~regex, or \"a like b*\". May be repeated: all must hold.", true },
	{ "last", "SPAN", "So long until now or --end: 30m, 6h, 7d. Preset 1h.", false },
	{ "start", "TIME", "2026-01-31T12:00:00Z, unix seconds, now or -1h.", false },
	{ "end", "TIME", "The same; preset now.", false },
	{ 0 },
};

static const struct command command = {
	.name = "stats", .arguments = "[METRIC]", .options = options, .most = 1, .client = true, .json = true,
	.summary = "How the daemon and its store are doing; or a metric over a range: count, extremes, mean, percentiles.",
};

static void show_summary_row(struct table *table, const char *name, const cJSON *summary)
{
	static const char *const keys[] = { "count", "min", "max", "avg", "sum", "stddev", "p50", "p95", "p99" };
	char text[SHOW_TEXT];

	table_cell(table, name);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		table_cell(table, show_value(summary, keys[i], text));
}

static void show_metric(const cJSON *answer)
{
	struct table table;
	const cJSON *series;

	table_init(&table, "SERIES|>COUNT|>MIN|>MAX|>AVG|>SUM|>STDDEV|>P50|>P95|>P99");
	cJSON_ArrayForEach(series, show_find(answer, "series")) {
		AUTO_BUF name = { 0 };

		show_series(series, &name);
		show_summary_row(&table, buf_text(&name), series);
	}
	if (cJSON_GetArraySize(show_find(answer, "series")) != 1)
		show_summary_row(&table, "all together", show_find(answer, "all"));
	table_end(&table);
	fflush(stdout);
	show_remarks(answer);
}

struct fact {
	const char *text, *path;
	const char *(*show)(const cJSON *object, const char *path, char text[SHOW_TEXT]);
};

static const struct fact facts[] = {
	{ "uptime", "uptime", show_span },
	{ "collectors", "host.collectors", show_count },
	{ "sinks", "host.sinks", show_count },
	{ "collections", "host.collections", show_count },
	{ "errors", "host.errors", show_count },
	{ "missed ticks", "host.missed", show_count },
	{ "samples collected", "host.samples", show_count },
	{ "samples stored", "store.appended", show_count },
	{ "samples stored late", "store.late", show_count },
	{ "samples refused as too late", "store.refused.late", show_count },
	{ "samples refused by a limit", "host.refused.limit", show_count },
	{ "samples refused as invalid", "host.refused.invalid", show_count },
	{ "samples not logged (disk)", "store.unlogged", show_count },
	{ "events taken", "events.taken", show_count },
	{ "events unclaimed", "events.unclaimed", show_count },
	{ "events dropped", "events.dropped", show_count },
	{ "events waiting", "host.event_queue", show_count },
	{ "batches waiting for sinks", "host.sink_queue", show_count },
	{ "reloads", "host.reloads", show_count },
	{ "reloads that failed", "host.reload_failures", show_count },
	{ "series", "store.series", show_count },
	{ "metrics", "store.metrics", show_count },
	{ "samples in memory", "store.head.samples", show_count },
	{ "memory for them", "store.head.bytes", show_size },
	{ "log on disk", "store.wal.bytes", show_size },
	{ "index on disk", "store.index.bytes", show_size },
};

static void show_tiers(const cJSON *tiers)
{
	struct table table;
	const cJSON *tier;
	char text[SHOW_TEXT];

	table_init(&table, "TIER|>SIZE|>FILES|>SAMPLES|OLDEST|NEWEST");
	cJSON_ArrayForEach(tier, tiers) {
		table_cell(&table, show_text(tier, "tier"));
		table_cell(&table, show_size(tier, "bytes", text));
		table_cell(&table, show_count(tier, "files", text));
		table_cell(&table, show_count(tier, "samples", text));
		table_cell(&table, show_time(tier, "oldest", text));
		table_cell(&table, show_time(tier, "newest", text));
	}
	table_end(&table);
}

static void show_service(const cJSON *answer)
{
	struct table table;
	char text[SHOW_TEXT];

	printf("kymo %s\n\n", show_text(answer, "version"));
	table_init(&table, "WHAT|>NOW");
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		table_cell(&table, facts[i].text);
		table_cell(&table, facts[i].show(answer, facts[i].path, text));
	}
	table_end(&table);
	putchar('\n');
	show_tiers(show_find(answer, "store.tiers"));
}

static int metric_stats(const struct words *words)
{
	AUTO_BUF path = { 0 };

	buf_add_text(&path, "/kymo/v1/metrics/");
	client_escape(&path, words->arguments[0]);
	buf_add_text(&path, "/stats");
	for (uint32_t i = 0; i < words->n_given; i++)
		for (const struct option_row *row = options; row->name; row++)
			if (words->given[i].row == row)
				client_parameter(&path, row->name, words->given[i].value);
	return client_run(words, "GET", buf_text(&path), NULL, show_metric);
}

int cli_stats(int argc, char **argv)
{
	struct words words;
	int r = words_read(&command, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	if (words.n_arguments)
		return metric_stats(&words);
	for (const struct option_row *row = options; row->name; row++)
		if (words_get(&words, row->name))
			return words_wrong(&command, "--%s is for a METRIC", row->name);
	return client_run(&words, "GET", "/kymo/v1/stats", NULL, show_service);
}

/* SPDX-License-Identifier: MIT */
/*
 * service_stats.c - the daemon as facts. What tells of trouble is left out while
 * there is none, so that it catches the eye.
 */
#include "cli/service_stats.h"

#include "cli/show.h"
#include "cli/table.h"
#include "util/check.h"

static const struct fact {
	const char *text, *path;
	show_add *add;
	bool trouble;			/* shown only where it is not 0 */
} facts[] = {
	{ "uptime", "uptime", show_span, false },
	{ "started", "started_at", show_time, false },
	{ "collectors", "host.collectors", show_value, false },
	{ "sinks", "host.sinks", show_value, false },
	{ "collections", "host.collections", show_value, false },
	{ "collections failed", "host.errors", show_value, false },
	{ "ticks missed", "host.missed", show_value, false },
	{ "samples collected", "host.samples", show_value, false },
	{ "samples stored", "store.appended", show_value, false },
	{ "samples of remote write", "remote_write.samples", show_value, true },
	{ "requests of remote write refused", "remote_write.requests_refused", show_value, true },
	{ "samples imported", "import.samples", show_value, true },
	{ "imports refused", "import.requests_refused", show_value, true },
	{ "samples refused: labels of remote write", "remote_write.refused.labels", show_value, true },
	{ "samples refused: remote write over a limit", "remote_write.refused.limit", show_value, true },
	{ "samples stored late", "store.late", show_value, true },
	{ "samples refused: too late", "store.refused.late", show_value, true },
	{ "samples refused: another value at that time", "store.refused.conflict", show_value, true },
	{ "samples refused: unknown series", "store.refused.unknown", show_value, true },
	{ "samples refused: a limit", "host.refused.limit", show_value, true },
	{ "samples refused: invalid", "host.refused.invalid", show_value, true },
	{ "samples refused: series of another instance", "host.refused.owner", show_value, true },
	{ "samples refused: undeclared metric", "host.refused.undeclared", show_value, true },
	{ "samples refused: another type", "host.refused.type", show_value, true },
	{ "samples not logged", "store.unlogged", show_value, true },
	{ "errors of writing", "store.write_errors", show_value, true },
	{ "errors of reading", "store.read_errors", show_value, true },
	{ "files in quarantine", "store.quarantined", show_value, true },
	{ "events taken", "events.taken", show_value, false },
	{ "events unclaimed", "events.unclaimed", show_value, true },
	{ "events dropped", "events.dropped", show_value, true },
	{ "datagrams malformed", "events.socket.malformed", show_value, true },
	{ "datagrams too large", "events.socket.oversized", show_value, true },
	{ "events waiting", "host.event_queue", show_value, false },
	{ "batches waiting for sinks", "host.sink_queue", show_value, false },
	{ "reloads", "host.reloads", show_value, false },
	{ "reloads refused", "host.reload_failures", show_value, true },
	{ "metrics", "store.metrics", show_value, false },
	{ "series", "store.series", show_value, false },
	{ "series created", "store.series_created", show_value, false },
	{ "series expired", "store.series_expired", show_value, false },
	{ "samples in no block yet", "store.head.samples", show_value, false },
	{ "memory for them", "store.head.bytes", show_size, false },
	{ "put aside on disk", "store.head.spilled", show_size, false },
	{ "log on disk", "store.wal.bytes", show_size, false },
	{ "index on disk", "store.index.bytes", show_size, false },
	{ "flushes", "store.flush.times", show_value, false },
	{ "last flush took", "store.flush.last_ns", show_ns, true },
	{ "merges of blocks", "store.merge.times", show_value, false },
	{ "last merge took", "store.merge.last_ns", show_ns, true },
};

static const struct column fact_columns[] = { { NULL }, { .right = true } };

static void show_facts(const cJSON *answer, struct buf *out)
{
	struct table table = table_of(fact_columns);

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		const struct fact *fact = &facts[i];

		if (fact->trouble && show_number(answer, fact->path) == 0)
			continue;
		buf_add_text(table_cell(&table), fact->text);
		fact->add(table_cell(&table), show_find(answer, fact->path));
	}
	table_print(&table, out);
}

static const struct column tier_columns[] = {
	{ "TIER" }, { "SIZE", true }, { "FILES", true }, { "SAMPLES", true }, { "OLDEST" }, { "NEWEST" },
};

static void show_tiers(const cJSON *tiers, struct buf *out)
{
	struct table table = table_of(tier_columns);
	const cJSON *tier;

	cJSON_ArrayForEach(tier, tiers) {
		show_text(table_cell(&table), show_find(tier, "tier"));
		show_size(table_cell(&table), show_find(tier, "bytes"));
		show_value(table_cell(&table), show_find(tier, "files"));
		show_value(table_cell(&table), show_find(tier, "samples"));
		show_time(table_cell(&table), show_find(tier, "oldest"));
		show_time(table_cell(&table), show_find(tier, "newest"));
	}
	table_print(&table, out);
}

void service_stats_show(const cJSON *answer, struct output *output)
{
	struct buf *out = &output->text;

	buf_add_text(out, "kymo ");
	show_text(out, show_find(answer, "version"));
	buf_add_text(out, "\n\n");
	show_facts(answer, out);
	buf_add_text(out, "\n");
	show_tiers(show_find(answer, "store.tiers"), out);
}

static const struct column size_columns[] = {
	{ "METRIC" }, { "SERIES", true }, { "SIZE", true }, { "RAW", true }, { "1M", true }, { "5M", true }, { "1H", true },
};

void service_stats_show_sizes(const cJSON *answer, struct output *output)
{
	struct table table = table_of(size_columns);
	const cJSON *item, *tier;

	cJSON_ArrayForEach(item, show_find(answer, "metrics")) {
		show_text(table_cell(&table), show_find(item, "name"));
		show_value(table_cell(&table), show_find(item, "series"));
		show_size(table_cell(&table), show_find(item, "bytes"));
		cJSON_ArrayForEach(tier, show_find(item, "tiers"))
			show_size(table_cell(&table), show_find(tier, "bytes"));
	}
	if (table_is_empty(&table))
		buf_add_text(&output->remarks, "there are no metrics\n");
	table_print(&table, &output->text);
}

static const struct column instance_columns[] = {
	{ "INSTANCE" }, { "PLUGIN" }, { "KIND" }, { "EVERY", true }, { "RUNS", true }, { "FAILED", true }, { "MISSED", true },
	{ "SAMPLES", true }, { "REFUSED", true }, { "SERIES", true }, { "QUEUE", true }, { "DROPPED", true }, { "LAST", true },
	{ "CPU", true }, { "LAST ERROR" },
};

static const struct { const char *path; show_add *add; } instance_cells[] = {
	{ "name", show_text },	      { "plugin", show_text },	{ "kind", show_text },	 { "interval", show_span },
	{ "collections", show_value }, { "errors", show_value }, { "missed", show_value }, { "samples", show_value },
	{ "refused", show_value },    { "series", show_value }, { "queue", show_value },
};

void service_stats_show_instances(const cJSON *answer, struct output *output)
{
	struct table table = table_of(instance_columns);
	const cJSON *item;

	cJSON_ArrayForEach(item, show_find(answer, "instances")) {
		for (size_t i = 0; i < COUNT_OF(instance_cells); i++)
			instance_cells[i].add(table_cell(&table), show_find(item, instance_cells[i].path));
		text_add_number(table_cell(&table), show_number(item, "events_dropped") + show_number(item, "batches_dropped"));
		show_ns(table_cell(&table), show_find(item, "last_ns"));
		show_ns(table_cell(&table), show_find(item, "cpu_ns"));
		show_text(table_cell(&table), show_find(item, "last_error"));
	}
	if (table_is_empty(&table))
		buf_add_text(&output->remarks, "there are no instances\n");
	table_print(&table, &output->text);
}

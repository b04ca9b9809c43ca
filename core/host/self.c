/* SPDX-License-Identifier: MIT */
/*
 * self.c - the daemon's own instance, "kymo": what the host and the store know of
 * themselves, as metrics. Compiled in, a plugin like any other; it finds the host
 * by an extension that nobody else is given.
 */
#include "host/collector.h"
#include "host/services.h"
#include "host/state.h"

#include <errno.h>

enum {
	COLLECTIONS, ERRORS, MISSED, SAMPLES, REFUSED, SERIES, DURATION, DURATION_TOTAL, CPU_TOTAL, QUEUE,
	SINK_BATCHES, SINK_DROPPED, SINK_ERRORS, SINK_QUEUE,
	EVENTS_RECEIVED, EVENTS_UNCLAIMED, EVENTS_DROPPED, RELOADS, RELOADS_FAILED,
	WRITE_REQUESTS, WRITE_REQUESTS_REFUSED, WRITE_SAMPLES, WRITE_REFUSED, WRITE_EXEMPLARS, WRITE_HISTOGRAMS,
	IMPORT_REQUESTS, IMPORT_REQUESTS_REFUSED, IMPORT_SAMPLES, IMPORT_REFUSED, IMPORT_EXEMPLARS,
	QUERIES, QUERIES_FAILED, QUERY_SAMPLES, QUERY_CACHE_HITS, QUERY_CACHE_MISSES, QUERY_CACHE_BYTES,
	STORE_SERIES, STORE_SERIES_CREATED, STORE_SERIES_EXPIRED, STORE_METRICS, STORE_SAMPLES, STORE_REPEATED, STORE_LATE,
	STORE_REFUSED, STORE_UNLOGGED, STORE_HEAD_SAMPLES, STORE_HEAD_BYTES, STORE_HEAD_SPILLED, STORE_WAL_BYTES, STORE_WAL_FILES, STORE_INDEX_BYTES,
	STORE_QUARANTINED, STORE_WRITE_ERRORS, STORE_READ_ERRORS, STORE_FLUSHES, STORE_FLUSH, STORE_FLUSH_TOTAL, STORE_MERGES, STORE_MERGE,
	STORE_MERGE_TOTAL, STORE_TIER_BYTES, STORE_TIER_FILES, STORE_TIER_SAMPLES, STORE_METRIC_BYTES, N_METRICS
};

static const char *const by_collector[] = { "collector", "plugin", NULL };
static const char *const by_sink[] = { "sink", "plugin", NULL };
static const char *const by_reason[] = { "reason", NULL };
static const char *const by_tier[] = { "tier", NULL };
static const char *const by_metric[] = { "metric", "tier", NULL };

#define COUNTED(name, unit, help, labels) { name, KYMO_COUNTER, KYMO_FROM_ZERO, unit, help, labels }
#define GAUGED(name, unit, help, labels) { name, KYMO_GAUGE, KYMO_NO_SKETCH, unit, help, labels }

static const struct kymo_metric metrics[N_METRICS] = {
	[COLLECTIONS] = COUNTED("kymo.collector.collections.total", "", "Collects so far.", by_collector),
	[ERRORS] = COUNTED("kymo.collector.errors.total", "", "Collects that failed or took too long.", by_collector),
	[MISSED] = COUNTED("kymo.collector.missed.total", "", "Ticks for which there was no time.", by_collector),
	[SAMPLES] = COUNTED("kymo.collector.samples.total", "", "Samples that the store took.", by_collector),
	[REFUSED] = COUNTED("kymo.collector.refused.total", "", "Samples that were refused.", by_collector),
	[SERIES] = GAUGED("kymo.collector.series", "", "Live series.", by_collector),
	[DURATION] = GAUGED("kymo.collector.duration", "seconds", "How long the last collect took.", by_collector),
	[DURATION_TOTAL] = COUNTED("kymo.collector.duration.total", "seconds", "Time inside the plugin.", by_collector),
	[CPU_TOTAL] = COUNTED("kymo.collector.cpu.total", "seconds", "CPU time inside the plugin.", by_collector),
	[QUEUE] = GAUGED("kymo.collector.queue", "", "Events that wait to be observed.", by_collector),
	[SINK_BATCHES] = COUNTED("kymo.sink.batches.total", "", "Batches that the sink took.", by_sink),
	[SINK_DROPPED] = COUNTED("kymo.sink.dropped.total", "", "Batches lost because the queue was full.", by_sink),
	[SINK_ERRORS] = COUNTED("kymo.sink.errors.total", "", "Writes and flushes that failed.", by_sink),
	[SINK_QUEUE] = GAUGED("kymo.sink.queue", "", "Batches that wait.", by_sink),
	[EVENTS_RECEIVED] = COUNTED("kymo.events.received.total", "", "Events that came.", NULL),
	[EVENTS_UNCLAIMED] = COUNTED("kymo.events.unclaimed.total", "", "Events that no instance takes.", NULL),
	[EVENTS_DROPPED] = COUNTED("kymo.events.dropped.total", "", "Events lost: full queues, and what clients say they lost.", NULL),
	[RELOADS] = COUNTED("kymo.reloads.total", "", "Configurations that were applied.", NULL),
	[RELOADS_FAILED] = COUNTED("kymo.reloads.failed.total", "", "Configurations that were refused.", NULL),
	[WRITE_REQUESTS] = COUNTED("kymo.remote_write.requests.total", "", "Requests of remote write.", NULL),
	[WRITE_REQUESTS_REFUSED] = COUNTED("kymo.remote_write.requests.refused.total", "", "Of these, of which nothing was stored.", NULL),
	[WRITE_SAMPLES] = COUNTED("kymo.remote_write.samples.total", "", "Samples that came in the others.", NULL),
	[WRITE_REFUSED] = COUNTED("kymo.remote_write.refused.total", "", "Of these, refused before the store saw them.", by_reason),
	[WRITE_EXEMPLARS] = COUNTED("kymo.remote_write.exemplars.total", "", "Exemplars that came and are not stored.", NULL),
	[WRITE_HISTOGRAMS] = COUNTED("kymo.remote_write.histograms.total", "", "Native histograms that came and are not stored.", NULL),
	[IMPORT_REQUESTS] = COUNTED("kymo.import.requests.total", "", "Imports of text.", NULL),
	[IMPORT_REQUESTS_REFUSED] = COUNTED("kymo.import.requests.refused.total", "", "Of these, of which nothing was stored.", NULL),
	[IMPORT_SAMPLES] = COUNTED("kymo.import.samples.total", "", "Samples that came in the others.", NULL),
	[IMPORT_REFUSED] = COUNTED("kymo.import.refused.total", "", "Of these, refused before the store saw them.", by_reason),
	[IMPORT_EXEMPLARS] = COUNTED("kymo.import.exemplars.total", "", "Exemplars that came and are not stored.", NULL),
	[QUERIES] = COUNTED("kymo.query.total", "", "PromQL queries.", NULL),
	[QUERIES_FAILED] = COUNTED("kymo.query.failed.total", "", "Of these, refused or ended by an error.", NULL),
	[QUERY_SAMPLES] = COUNTED("kymo.query.samples.total", "", "Samples and records read for them.", NULL),
	[QUERY_CACHE_HITS] = COUNTED("kymo.query.cache.hits.total", "", "Range queries answered from the cache, in part or whole.", NULL),
	[QUERY_CACHE_MISSES] = COUNTED("kymo.query.cache.misses.total", "", "Range queries of which it held nothing.", NULL),
	[QUERY_CACHE_BYTES] = GAUGED("kymo.query.cache.bytes", "bytes", "Memory of the answers that are kept.", NULL),
	[STORE_SERIES] = GAUGED("kymo.store.series", "", "Live series.", NULL),
	[STORE_SERIES_CREATED] = COUNTED("kymo.store.series.created.total", "", "Series that were new.", NULL),
	[STORE_SERIES_EXPIRED] = COUNTED("kymo.store.series.expired.total", "", "Series that went, because nothing of them is kept any more.", NULL),
	[STORE_METRICS] = GAUGED("kymo.store.metrics", "", "Known metrics.", NULL),
	[STORE_SAMPLES] = COUNTED("kymo.store.samples.total", "", "Samples stored.", NULL),
	[STORE_REPEATED] = COUNTED("kymo.store.repeated.total", "", "Samples that were there already.", NULL),
	[STORE_LATE] = COUNTED("kymo.store.late.total", "", "Of these, out of order.", NULL),
	[STORE_REFUSED] = COUNTED("kymo.store.refused.total", "", "Samples refused by the store.", by_reason),
	[STORE_UNLOGGED] = COUNTED("kymo.store.unlogged.total", "", "Samples that could not be logged: the disk was full or failed.", NULL),
	[STORE_HEAD_SAMPLES] = GAUGED("kymo.store.head.samples", "", "Samples that are in no block yet.", NULL),
	[STORE_HEAD_BYTES] = GAUGED("kymo.store.head.bytes", "bytes", "Memory they take.", NULL),
	[STORE_HEAD_SPILLED] = GAUGED("kymo.store.head.spilled", "bytes", "Of a file, that they take beside it.", NULL),
	[STORE_WAL_BYTES] = GAUGED("kymo.store.wal.bytes", "bytes", "Size of the write-ahead log.", NULL),
	[STORE_WAL_FILES] = GAUGED("kymo.store.wal.files", "", "Segments of it.", NULL),
	[STORE_INDEX_BYTES] = GAUGED("kymo.store.index.bytes", "bytes", "Size of the index.", NULL),
	[STORE_QUARANTINED] = COUNTED("kymo.store.quarantined.total", "", "Damaged parts set aside.", NULL),
	[STORE_WRITE_ERRORS] = COUNTED("kymo.store.write_errors.total", "", "Writes to the disk that failed.", NULL),
	[STORE_READ_ERRORS] = COUNTED("kymo.store.read_errors.total", "", "Times that a block could not be read.", NULL),
	[STORE_FLUSHES] = COUNTED("kymo.store.flushes.total", "", "Times that the head became blocks.", NULL),
	[STORE_FLUSH] = GAUGED("kymo.store.flush.duration", "seconds", "How long the last of these took.", NULL),
	[STORE_FLUSH_TOTAL] = COUNTED("kymo.store.flush.duration.total", "seconds", "How long all of them took.", NULL),
	[STORE_MERGES] = COUNTED("kymo.store.merges.total", "", "Times that blocks were merged.", NULL),
	[STORE_MERGE] = GAUGED("kymo.store.merge.duration", "seconds", "How long the last of these took.", NULL),
	[STORE_MERGE_TOTAL] = COUNTED("kymo.store.merge.duration.total", "seconds", "How long all of them took.", NULL),
	[STORE_TIER_BYTES] = GAUGED("kymo.store.tier.bytes", "bytes", "Size of a tier.", by_tier),
	[STORE_TIER_FILES] = GAUGED("kymo.store.tier.files", "", "Files of a tier.", by_tier),
	[STORE_TIER_SAMPLES] = GAUGED("kymo.store.tier.samples", "", "Samples or records in the files of a tier.", by_tier),
	[STORE_METRIC_BYTES] = GAUGED("kymo.store.metric.bytes", "bytes", "What the largest metrics take in the files of a tier.", by_metric),
};

struct self {
	const struct kymo_host *table;
	struct host *host;
};

static int self_create(const struct kymo_host *table, const struct kymo_value *config, void **instance)
{
	struct self *self = calloc(1, sizeof *self);

	(void)config;
	if (!self)
		return -ENOMEM;
	self->table = table;
	self->host = (struct host *)(uintptr_t)table->extension(table, SERVICES_HOST);
	if (!self->host) {
		free(self);
		return -EPERM;
	}
	*instance = self;
	return 0;
}

static void put(const struct self *self, struct kymo_batch *batch, uint32_t metric, double value)
{
	self->table->emit(batch, metric, NULL, value, 0);
}

static void put_by(const struct self *self, struct kymo_batch *batch, uint32_t metric, const char *label, const char *plugin,
		   double value)
{
	const char *const labels[] = { label, plugin };

	self->table->emit(batch, metric, labels, value, 0);
}

struct emitting {
	const struct self *self;
	struct kymo_batch *batch;
};

static void put_sink(const struct emitting *emitting, const struct instance_stats *stats)
{
	const struct { uint32_t metric; double value; } rows[] = {
		{ SINK_BATCHES, (double)stats->batches }, { SINK_DROPPED, (double)stats->batches_dropped },
		{ SINK_ERRORS, (double)stats->errors }, { SINK_QUEUE, stats->queue },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		put_by(emitting->self, emitting->batch, rows[i].metric, stats->name, stats->plugin, rows[i].value);
}

static void put_collector(const struct emitting *emitting, const struct instance_stats *stats)
{
	const struct { uint32_t metric; double value; } rows[] = {
		{ COLLECTIONS, (double)stats->collections }, { ERRORS, (double)stats->errors },
		{ MISSED, (double)stats->missed }, { SAMPLES, (double)stats->samples },
		{ REFUSED, (double)stats->refused }, { SERIES, stats->series },
		{ DURATION, (double)stats->last_ns / 1e9 }, { DURATION_TOTAL, (double)stats->total_ns / 1e9 },
		{ CPU_TOTAL, (double)stats->cpu_ns / 1e9 }, { QUEUE, stats->queue },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		put_by(emitting->self, emitting->batch, rows[i].metric, stats->name, stats->plugin, rows[i].value);
}

static int put_instance(void *data, const struct instance_stats *stats)
{
	if (stats->sink)
		put_sink(data, stats);
	else
		put_collector(data, stats);
	return 0;
}

static void put_host(const struct self *self, struct kymo_batch *batch)
{
	struct host_stats stats;

	host_stats(self->host, &stats);
	put(self, batch, EVENTS_RECEIVED, (double)stats.events);
	put(self, batch, EVENTS_UNCLAIMED, (double)stats.events_unclaimed);
	put(self, batch, EVENTS_DROPPED, (double)stats.events_dropped);
	put(self, batch, RELOADS, (double)stats.reloads);
	put(self, batch, RELOADS_FAILED, (double)stats.reload_failures);
}

static void put_tiers(const struct self *self, struct kymo_batch *batch, const struct store_stats *stats)
{
	for (int tier = 0; tier < TIERS; tier++) {
		const char *name = tier_name((enum kymo_tier)tier);

		put_by(self, batch, STORE_TIER_BYTES, name, NULL, (double)stats->tier[tier].bytes);
		put_by(self, batch, STORE_TIER_FILES, name, NULL, stats->tier[tier].files);
		put_by(self, batch, STORE_TIER_SAMPLES, name, NULL, (double)stats->tier[tier].samples);
	}
}

static int put_large(void *data, const struct store_large *large)
{
	const struct emitting *emitting = data;

	for (int tier = 0; tier < TIERS; tier++)
		if (large->bytes[tier])
			put_by(emitting->self, emitting->batch, STORE_METRIC_BYTES, large->name, tier_name((enum kymo_tier)tier),
			       (double)large->bytes[tier]);
	return 0;
}

/* Three metrics, one after another. */
static void put_work(const struct self *self, struct kymo_batch *batch, uint32_t metric, const struct store_work *work)
{
	put(self, batch, metric, (double)work->times);
	if (work->times)
		put(self, batch, metric + 1, (double)work->last_ns / 1e9);
	put(self, batch, metric + 2, (double)work->total_ns / 1e9);
}

static void put_refused(const struct self *self, struct kymo_batch *batch, uint32_t metric, const struct host_written *written)
{
	put_by(self, batch, metric, "labels", NULL, (double)written->refused_labels);
	put_by(self, batch, metric, "limit", NULL, (double)written->refused_limit);
	put_by(self, batch, metric, "owner", NULL, (double)written->refused_owner);
}

static void put_written(const struct self *self, struct kymo_batch *batch, const struct host_written *remote,
			const struct host_written *imported)
{
	put(self, batch, WRITE_REQUESTS, (double)remote->requests);
	put(self, batch, WRITE_REQUESTS_REFUSED, (double)remote->requests_refused);
	put(self, batch, WRITE_SAMPLES, (double)remote->samples);
	put_refused(self, batch, WRITE_REFUSED, remote);
	put(self, batch, WRITE_EXEMPLARS, (double)remote->exemplars);
	put(self, batch, WRITE_HISTOGRAMS, (double)remote->histograms);
	put(self, batch, IMPORT_REQUESTS, (double)imported->requests);
	put(self, batch, IMPORT_REQUESTS_REFUSED, (double)imported->requests_refused);
	put(self, batch, IMPORT_SAMPLES, (double)imported->samples);
	put_refused(self, batch, IMPORT_REFUSED, imported);
	put(self, batch, IMPORT_EXEMPLARS, (double)imported->exemplars);
}

static void put_outside(const struct self *self, struct kymo_batch *batch)
{
	struct host_outside outside = { 0 };

	if (!self->host->outside)
		return;
	self->host->outside(self->host->outside_data, &outside);
	put_written(self, batch, &outside.remote, &outside.imported);
	put(self, batch, QUERIES, (double)outside.queries.asked);
	put(self, batch, QUERIES_FAILED, (double)outside.queries.failed);
	put(self, batch, QUERY_SAMPLES, (double)outside.queries.samples);
	put(self, batch, QUERY_CACHE_HITS, (double)outside.queries.cache_hits);
	put(self, batch, QUERY_CACHE_MISSES, (double)outside.queries.cache_misses);
	put(self, batch, QUERY_CACHE_BYTES, (double)outside.queries.cache_bytes);
}

static void put_store(const struct self *self, struct kymo_batch *batch)
{
	static const char *const reasons[REFUSALS] = { "late", "conflict", "unknown" };
	struct store_stats stats;

	store_stats(self->host->shared.ingest.store, &stats);
	put(self, batch, STORE_SERIES, stats.series);
	put(self, batch, STORE_SERIES_CREATED, (double)stats.series_created);
	put(self, batch, STORE_SERIES_EXPIRED, (double)stats.series_expired);
	put(self, batch, STORE_METRICS, stats.metrics);
	put(self, batch, STORE_SAMPLES, (double)stats.appended);
	put(self, batch, STORE_REPEATED, (double)stats.repeated);
	put(self, batch, STORE_LATE, (double)stats.late);
	for (int i = 0; i < REFUSALS; i++)
		put_by(self, batch, STORE_REFUSED, reasons[i], NULL, (double)stats.refused[i]);
	put_by(self, batch, STORE_REFUSED, "dropped", NULL, (double)stats.dropped);
	put_by(self, batch, STORE_REFUSED, "thinned", NULL, (double)stats.thinned);
	put(self, batch, STORE_UNLOGGED, (double)stats.unlogged);
	put(self, batch, STORE_HEAD_SAMPLES, (double)stats.head_samples);
	put(self, batch, STORE_HEAD_BYTES, (double)stats.head_bytes);
	put(self, batch, STORE_HEAD_SPILLED, (double)stats.head_spilled);
	put(self, batch, STORE_WAL_BYTES, (double)stats.wal_bytes);
	put(self, batch, STORE_WAL_FILES, stats.wal_files);
	put(self, batch, STORE_INDEX_BYTES, (double)stats.index_bytes);
	put(self, batch, STORE_QUARANTINED, (double)stats.quarantined);
	put(self, batch, STORE_WRITE_ERRORS, (double)stats.write_errors);
	put(self, batch, STORE_READ_ERRORS, (double)stats.read_errors);
	put_work(self, batch, STORE_FLUSHES, &stats.flush);
	put_work(self, batch, STORE_MERGES, &stats.merge);
	put_tiers(self, batch, &stats);
}

/* Somebody has to notice a plugin that does not come back. */
static void watch(struct host *host)
{
	LOCK(&host->list);

	for (uint32_t i = 0; i < host->n; i++)
		collector_watch(host->instances[i]);
}

static int self_collect(void *instance, struct kymo_batch *batch)
{
	const struct self *self = instance;
	struct emitting emitting = { self, batch };

	watch(self->host);
	host_each_instance(self->host, put_instance, &emitting);
	put_host(self, batch);
	put_outside(self, batch);
	put_store(self, batch);
	store_each_largest(self->host->shared.ingest.store, put_large, &emitting);
	return 0;
}

int self_make(struct host *host, const struct settings *settings, struct blueprint *blueprint, struct error *err)
{
	const struct instance_setting setting = {
		.at = { settings->file, 0, 0 }, .plugin = SELF_NAME, .name = SELF_NAME, .enabled = true,
		.interval = settings->interval, .timeout = 10000, .queue = 1,
	};
	struct schema schema = { SELF_NAME, NULL, 0 };
	AUTO(library) library = host->self ? library_hold(host->self->is.code) : NULL;
	int r = library ? 0 : loader_compiled_in(&self_plugin, SELF_NAME, &library, err);

	if (r < 0)
		return r;
	if (blueprint_init(blueprint, settings, &setting, library) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	blueprint->builtin = true;
	blueprint->values = schema_apply(&schema, NULL, setting.at, err);
	if (blueprint->values)
		return 0;
	blueprint_fini(blueprint);
	return -ENOMEM;
}

const struct kymo_plugin self_plugin = {
	KYMO_PLUGIN_HEAD, .name = SELF_NAME, .version = KYMO_VERSION, .summary = "The daemon itself.",
	KYMO_METRICS(metrics), .create = self_create, .destroy = free, .collect = self_collect,
};

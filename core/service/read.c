/* SPDX-License-Identifier: MIT */
/* read.c - the answers of the service: plain queries under its limits, its own statistics. */
#include "service/state.h"

#include "plain/chosen.h"

static struct plain_limits limits_now(struct kymo *kymo)
{
	LOCK(&kymo->guard);
	return kymo->limits;
}

int service_query(struct kymo *kymo, const struct kymo_query *query, struct kymo_answer **out, struct error *err)
{
	struct plain_limits limits = limits_now(kymo);

	return plain_query(kymo->store, query, &limits, service_now(kymo), out, err);
}

int service_latest(struct kymo *kymo, const char *const *names, uint32_t n, struct kymo_latest_list **out, struct error *err)
{
	struct plain_limits limits = limits_now(kymo);

	return plain_latest(kymo->store, names, n, &limits, out, err);
}

int service_summary(struct kymo *kymo, const char *name, const struct kymo_filter *filters, uint32_t n_filters,
		    kymo_ms start, kymo_ms end, struct kymo_summary_answer **out, struct error *err)
{
	struct plain_limits limits = limits_now(kymo);

	return plain_summary(kymo->store, name, filters, n_filters, start, end, &limits, service_now(kymo), out, err);
}

int service_list(struct kymo *kymo, const char *pattern, struct kymo_metric_list **out, struct error *err)
{
	return plain_list(kymo->store, pattern, out, err);
}

int service_delete(struct kymo *kymo, const char *const *names, uint32_t n, const struct kymo_filter *filters,
		   uint32_t n_filters, kymo_ms start, kymo_ms end, uint32_t *series, struct error *err)
{
	AUTO_CHOSEN chosen;
	int r = chosen_init(&chosen, names, n, filters, n_filters, err);

	return r < 0 ? r : store_delete(kymo->store, chosen.matchers, chosen.n_matchers, start, end, series, err);
}

int service_maintain(struct kymo *kymo, unsigned what, struct store_maintained *done, struct error *err)
{
	return store_maintain(kymo->store, what, done, err);
}

static void put_host(struct kymo *kymo, struct kymo_service_stats *stats)
{
	struct host_stats host;

	host_stats(kymo->host, &host);
	stats->collectors = host.collectors;
	stats->sinks = host.sinks;
	stats->collections = host.collections;
	stats->errors = host.errors;
	stats->samples = host.samples;
	stats->missed = host.missed;
	stats->events = host.events;
	stats->events_unclaimed = host.events_unclaimed;
	stats->events_dropped = host.events_dropped;
}

static void put_store(struct kymo *kymo, struct kymo_service_stats *stats)
{
	struct store_stats store;

	store_stats(kymo->store, &store);
	stats->series = store.series;
	stats->metrics = store.metrics;
	stats->stored = store.appended;
	stats->late = store.late;
	for (int i = 0; i < REFUSALS; i++)
		stats->refused += store.refused[i];
	for (int i = 0; i < TIERS; i++) {
		stats->tier[i].bytes = store.tier[i].bytes;
		stats->tier[i].samples = store.tier[i].samples;
		stats->tier[i].files = store.tier[i].files;
		stats->tier[i].oldest = store.tier[i].oldest;
		stats->tier[i].newest = store.tier[i].newest;
	}
	stats->wal_bytes = store.wal_bytes;
	stats->index_bytes = store.index_bytes;
	stats->head_samples = store.head_samples;
	stats->head_bytes = store.head_bytes;
}

static int add_queue(void *data, const struct instance_stats *instance)
{
	struct kymo_service_stats *stats = data;

	*(instance->sink ? &stats->sink_queue : &stats->event_queue) += instance->queue;
	return 0;
}

void service_stats(struct kymo *kymo, struct kymo_service_stats *stats)
{
	*stats = (struct kymo_service_stats){ .size = sizeof *stats };
	stats->uptime = service_now(kymo) - kymo->started_at;
	put_host(kymo, stats);
	put_store(kymo, stats);
	host_each_instance(kymo->host, add_queue, stats);
}

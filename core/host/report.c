/* SPDX-License-Identifier: MIT */
/* report.c - what is known of the host and its instances, with no help from them. */
#include "host/state.h"

int host_each_instance(struct host *host, int (*each)(void *data, const struct instance_stats *stats), void *data)
{
	int r = 0;
	LOCK(&host->list);

	for (uint32_t i = 0; i < host->n && r == 0; i++) {
		struct instance_stats stats;

		instance_stats(host->instances[i], &stats);
		r = each(data, &stats);
	}
	return r;
}

static void count_instances(struct host *host, struct host_stats *stats)
{
	LOCK(&host->list);

	for (uint32_t i = 0; i < host->n; i++)
		(*(host->instances[i]->is.sink ? &stats->sinks : &stats->collectors))++;
}

bool host_owns(struct host *host, series_ref ref)
{
	return owners_have(host->shared.ingest.owners, ref);
}

void host_stats(struct host *host, struct host_stats *stats)
{
	struct shared *shared = &host->shared;
	struct event_router_stats events;

	event_router_stats(shared->router, &events);
	*stats = (struct host_stats){
		.collections = shared->collections, .errors = shared->errors, .samples = shared->samples,
		.missed = shared->missed,
		.events = events.events, .events_unclaimed = events.unclaimed,
		.events_dropped = events.dropped + events.lost_outside,
		.reloads = host->reloads, .reload_failures = host->reload_failures,
		.refused_limit = shared->refused[BATCH_LIMIT], .refused_invalid = shared->refused[BATCH_INVALID],
		.refused_owner = shared->refused[BATCH_OWNER], .refused_undeclared = shared->refused[BATCH_UNDECLARED],
		.refused_type = shared->refused[BATCH_TYPE],
	};
	count_instances(host, stats);
}

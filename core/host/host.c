/* SPDX-License-Identifier: MIT */
/*
 * host.c - the life of the host: what all instances share is made first and goes
 * last. Ends in order: collectors with a last collect, then the sinks, which still
 * get what that made.
 */
#include "host/state.h"

#include <errno.h>
#include <limits.h>

/* ---- closed windows to the sinks ---- */

static struct shared_metric *show_metric(const struct metric *metric)
{
	const struct kymo_metric words = {
		metric->name, metric->type, metric->flags, metric->unit, metric->help, (const char *const *)metric->labels,
	};

	return shared_metric_create(&words);
}

static int add_closed(struct points *points, const struct store_closed *closed)
{
	struct shared_metric *metric = show_metric(closed->metric);
	struct shared_series *series = metric ? shared_series_create(metric, closed->labels) : NULL;
	const struct window *window = closed->window;
	double mean = window->count ? window_sum(window) / (double)window->count : 0;
	int r = series ? points_add(points, series, mean, window->end, 0, window) : -ENOMEM;

	shared_series_release(series);
	shared_metric_release(metric);
	return r;
}

static void windows_closed(void *data, enum kymo_tier tier, const struct store_closed *records, uint32_t n)
{
	struct host *host = data;
	struct points *points;
	int r = 0;

	if (!fanout_wants(host->shared.ingest.fanout, tier))
		return;
	points = points_create(tier, n);
	for (uint32_t i = 0; points && i < n && r == 0; i++)
		r = add_closed(points, &records[i]);
	if (points && r == 0)
		fanout_push(host->shared.ingest.fanout, points);
	else
		log_error(LOG_HOST, "out of memory: %u closed windows do not reach the sinks", n);
	points_release(points);
}

/* ---- create and destroy ---- */

static char *absolute(const char *path)
{
	char whole[PATH_MAX];

	if (path[0] == '/')
		return strdup(path);
	return realpath(path, whole) ? strdup(whole) : strdup(path);
}

int host_init(struct host *host, const struct host_options *options, const char *store_path)
{
	struct shared *shared = &host->shared;

	pthread_mutex_init(&host->change, NULL);
	pthread_mutex_init(&host->list, NULL);
	shared->host = host;
	shared->clock = options->clock ? options->clock : &clock_system;
	shared->requests = options->requests;
	host->outside = options->outside;
	host->outside_data = options->outside_data;
	shared->ingest.store = options->store;
	shared->ingest.labels_most = 64;
	shared->ingest.name_most = 256;
	shared->ingest.value_most = 4096;
	shared->store_path = store_path ? absolute(store_path) : NULL;
	shared->router = event_router_create();
	shared->ingest.owners = owners_create();
	shared->ingest.fanout = fanout_create();
	host->loader = loader_create();
	if ((store_path && !shared->store_path) || !shared->router || !shared->ingest.owners || !shared->ingest.fanout ||
	    !host->loader)
		return -ENOMEM;
	return 0;
}

void host_fini(struct host *host)
{
	event_router_destroy(host->shared.router);
	owners_destroy(host->shared.ingest.owners);
	fanout_destroy(host->shared.ingest.fanout);
	loader_destroy(host->loader);
	settings_free(host->settings);
	free(host->shared.store_path);
	free(host->instances);
	pthread_mutex_destroy(&host->change);
	pthread_mutex_destroy(&host->list);
}

int host_create(const struct host_options *options, struct host **out, struct error *err)
{
	struct host *host = calloc(1, sizeof *host);

	if (!host)
		return error_set(err, -ENOMEM, "out of memory");
	if (host_init(host, options, store_path(options->store)) < 0) {
		host_fini(host);
		free(host);
		return error_set(err, -ENOMEM, "out of memory");
	}
	store_watch(options->store, windows_closed, host);
	*out = host;
	return 0;
}

static void end(struct instance *instance)
{
	instance_halt(instance, true, false);
	instance_end(instance, instance->halted ? instance_patience(instance) : 0);
}

static void end_all(struct host *host, bool sinks)
{
	for (uint32_t i = 0; i < host->n; i++)
		if (host->instances[i] && host->instances[i]->is.sink == sinks)
			end(TAKE(host->instances[i]));
}

void host_destroy(struct host *host)
{
	if (!host)
		return;
	if (host->self)
		end(host->self);
	end_all(host, false);
	store_watch(host->shared.ingest.store, NULL, NULL);
	end_all(host, true);
	host_fini(host);
	free(host);
}

/* ---- what changes ---- */

void host_take_limits(struct host *host, const struct settings *settings)
{
	struct ingest_shared *ingest = &host->shared.ingest;

	ingest->labels_most = settings->limits.labels;
	ingest->name_most = settings->limits.name;
	ingest->value_most = settings->limits.value;
}

struct instance *host_find(struct host *host, const char *name)
{
	for (uint32_t i = 0; i < host->n; i++)
		if (!strcmp(host->instances[i]->is.name, name))
			return host->instances[i];
	return NULL;
}

void host_set_list(struct host *host, struct instance **instances, uint32_t n)
{
	LOCK(&host->list);

	free(host->instances);
	host->instances = instances;
	host->n = n;
}

uint32_t host_events(struct host *host, const struct kymo_event *const *events, uint32_t n)
{
	return event_router_route(host->shared.router, events, n);
}

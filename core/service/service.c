/* SPDX-License-Identifier: MIT */
/*
 * service.c - opens store, host and events socket in that order, closes them in
 * the other, and carries a changed configuration to all of them as one change:
 * what can refuse is asked first (settings, listener, host), what cannot fail
 * follows (store, log).
 */
#include "service/state.h"

#include "util/file.h"

#include <errno.h>
#include <stdio.h>

static struct store_options store_options_of(const struct settings *settings, const struct clock *clock)
{
	struct store_options options = store_options_preset(settings->store.path);

	memcpy(options.retention, settings->store.retention, sizeof options.retention);
	options.size = settings->store.size;
	options.out_of_order = settings->store.out_of_order;
	options.cleanup = settings->store.cleanup;
	options.sync = settings->store.sync;
	options.flush = settings->store.flush;
	options.strict = settings->store.strict;
	options.n_policies = settings->store.n_policies;
	options.policies = settings->store.policies;
	options.series = settings->limits.series;
	options.series_per_metric = settings->limits.series_per_metric;
	options.clock = clock;
	return options;
}

static struct plain_limits limits_of(const struct settings *settings)
{
	return (struct plain_limits){
		.points = settings->limits.points,
		.samples = settings->limits.samples,
		.series = settings->limits.series,
		.memory = settings->query.memory,
		.time = settings->query.timeout,
	};
}

/* A packed body is within http.body; unpacked it may be so many times as large. */
#define UNPACKED_MOST 4

static struct receiver_limits receiver_limits_of(const struct settings *settings)
{
	return (struct receiver_limits){
		.labels = { settings->limits.labels, settings->limits.name, settings->limits.value },
		.series = settings->limits.series,
		.unpacked = settings->http.body * UNPACKED_MOST,
	};
}

static int open_receiver(struct kymo *kymo, const struct settings *settings, struct error *err)
{
	const struct receiver_limits limits = receiver_limits_of(settings);

	kymo->receiver = receiver_create(kymo->store, &limits);
	return kymo->receiver ? 0 : error_set(err, -ENOMEM, "out of memory");
}

static struct promql_options promql_options_of(const struct settings *settings)
{
	struct promql_options options = promql_options_preset();

	options.limits = (struct eval_limits){
		.samples = settings->query.samples,
		.memory = settings->query.memory,
		.series = settings->query.series,
		.points = settings->query.points,
		.time = settings->query.timeout,
	};
	options.parse.depth = settings->query.depth;
	options.lookback = settings->query.lookback;
	options.cache = settings->query.cache;
	return options;
}

static int open_promql(struct kymo *kymo, const struct settings *settings, struct error *err)
{
	const struct promql_options options = promql_options_of(settings);
	int r = promql_create(kymo->store, &options, &kymo->promql);

	return r < 0 ? error_set(err, r, "%s", error_name(r)) : 0;
}

static int open_store(struct kymo *kymo, const struct settings *settings, struct error *err)
{
	struct store_options options = store_options_of(settings, kymo->clock);

	return store_open(&options, &kymo->store, err);
}

static struct host_written written_of(const struct receiver_stats *stats)
{
	return (struct host_written){
		.requests = stats->requests, .requests_refused = stats->requests_refused, .samples = stats->samples,
		.refused_labels = stats->malformed, .refused_limit = stats->over_limit, .refused_owner = stats->owned,
		.exemplars = stats->exemplars, .histograms = stats->histograms,
	};
}

static void take_outside(void *data, struct host_outside *outside)
{
	const struct kymo *kymo = data;
	struct receiver_stats written;
	struct promql_stats queries;

	receiver_stats(kymo->receiver, &written);
	outside->remote = written_of(&written);
	receiver_import_stats(kymo->receiver, &written);
	outside->imported = written_of(&written);
	promql_stats(kymo->promql, &queries);
	outside->queries.asked = queries.asked;
	outside->queries.failed = queries.failed;
	outside->queries.samples = queries.samples;
	outside->queries.cache_hits = queries.cache_hits;
	outside->queries.cache_misses = queries.cache_misses;
	outside->queries.cache_bytes = queries.cache_bytes;
}

static bool is_owned(void *data, series_ref ref)
{
	return host_owns(data, ref);
}

static int open_host(struct kymo *kymo, struct settings **settings, struct error *err)
{
	struct host_options options = { .store = kymo->store, .clock = kymo->clock, .requests = &kymo->requests,
					.outside = take_outside, .outside_data = kymo };
	int r = host_create(&options, &kymo->host, err);

	if (r < 0)
		return r;
	receiver_set_guard(kymo->receiver, (struct guard){ is_owned, kymo->host });
	r = host_apply(kymo->host, *settings, NULL, err);
	if (r == 0)
		*settings = NULL;
	return r;
}

static int open_events(struct kymo *kymo, struct error *err)
{
	AUTO_FREE char *path = NULL;
	int r = dir_make(kymo->run_dir, 0755, err);

	if (r < 0)
		return r;
	path = path_join(kymo->run_dir, "events");
	if (!path)
		return error_set(err, -ENOMEM, "out of memory");
	return event_socket_open(path, kymo->host, &kymo->events, err);
}

static void take_limits(struct kymo *kymo, const struct plain_limits *limits, const kymo_ms retention[TIERS])
{
	LOCK(&kymo->guard);
	kymo->limits = *limits;
	memcpy(kymo->retention, retention, sizeof kymo->retention);
}

static struct kymo *create(const struct settings *settings, const char *file, const struct service_options *options)
{
	const struct plain_limits limits = limits_of(settings);
	struct kymo *kymo = calloc(1, sizeof *kymo);

	if (!kymo)
		return NULL;
	pthread_mutex_init(&kymo->change, NULL);
	pthread_mutex_init(&kymo->guard, NULL);
	kymo->clock = options->clock ? options->clock : &clock_system;
	kymo->started_at = clock_now(kymo->clock);
	take_limits(kymo, &limits, settings->store.retention);
	kymo->file = file ? strdup(file) : NULL;
	kymo->run_dir = strdup(settings->run_dir);
	if (!kymo->run_dir || (file && !kymo->file)) {
		service_close(kymo);
		return NULL;
	}
	return kymo;
}

int service_open(struct settings *given, const char *file, const struct service_options *options, struct kymo **out,
		 struct error *err)
{
	AUTO(settings) settings = given;
	struct kymo *kymo = create(settings, file, options);
	int r;

	if (!kymo)
		return error_set(err, -ENOMEM, "out of memory");
	if ((r = open_store(kymo, settings, err)) < 0 || (r = open_receiver(kymo, settings, err)) < 0 ||
	    (r = open_promql(kymo, settings, err)) < 0 ||
	    (r = open_host(kymo, &settings, err)) < 0 ||
	    (options->sockets && (r = open_events(kymo, err)) < 0)) {
		service_close(kymo);
		return r;
	}
	*out = kymo;
	return 0;
}

void service_close(struct kymo *kymo)
{
	if (!kymo)
		return;
	event_socket_close(kymo->events);
	host_destroy(kymo->host);
	receiver_destroy(kymo->receiver);
	promql_destroy(kymo->promql);
	store_close(kymo->store);
	pthread_mutex_destroy(&kymo->change);
	pthread_mutex_destroy(&kymo->guard);
	free(kymo->file);
	free(kymo->run_dir);
	free(kymo);
}

static void listener_end(struct kymo *kymo, bool commit)
{
	void (*end)(void *) = commit ? kymo->listener.commit : kymo->listener.abort;

	if (end)
		end(kymo->listener.data);
}

void service_listen(struct kymo *kymo, const struct service_listener *listener)
{
	LOCK(&kymo->change);
	kymo->listener = listener ? *listener : (struct service_listener){ 0 };
	listener_end(kymo, true);
}

/* What only a restart can change is refused, so that nobody believes it was taken. */
static int check_fixed(const struct kymo *kymo, const struct settings *settings, struct error *err)
{
	struct place whole = { .file = settings->file };
	unsigned before = err->count;

	if (strcmp(settings->store.path, store_path(kymo->store)) != 0)
		error_at(err, whole, "store.path: cannot change while running (it is \"%s\"); restart to move the store",
			 store_path(kymo->store));
	if (strcmp(settings->run_dir, kymo->run_dir) != 0)
		error_at(err, whole, "sockets: cannot change while running (it is \"%s\"); restart to move them",
			 kymo->run_dir);
	return err->count == before ? 0 : -EINVAL;
}

static int listener_prepare(struct kymo *kymo, const struct settings *settings, struct error *err)
{
	return kymo->listener.prepare ? kymo->listener.prepare(kymo->listener.data, settings, err) : 0;
}

static int apply(struct kymo *kymo, const char *file, struct host_changes *changes, struct error *err)
{
	AUTO(settings) settings = host_settings(file, err);
	struct store_options options;
	struct receiver_limits receiver;
	struct promql_options promql;
	struct plain_limits limits;
	int r;

	if (!settings)
		return err->code;
	if ((r = check_fixed(kymo, settings, err)) < 0)
		return r;
	options = store_options_of(settings, kymo->clock);
	options.path = NULL;	/* fixed; the settings may be gone when it is read */
	limits = limits_of(settings);
	receiver = receiver_limits_of(settings);
	promql = promql_options_of(settings);
	if ((r = listener_prepare(kymo, settings, err)) < 0)
		return r;
	r = host_apply(kymo->host, settings, changes, err);
	if (r == 0) {
		settings = NULL;
		store_configure(kymo->store, &options);
		receiver_configure(kymo->receiver, &receiver);
		promql_configure(kymo->promql, &promql);
		take_limits(kymo, &limits, options.retention);
	}
	listener_end(kymo, r == 0);
	return r;
}

static void log_changes(const char *file, const struct host_changes *changes)
{
	uint32_t count[HOST_STOP + 1] = { 0 };

	for (uint32_t i = 0; i < changes->n; i++)
		count[changes->items[i].action]++;
	log_info(LOG_MAIN, "reloaded %s: %u kept, %u reconfigured, %u started, %u replaced, %u stopped", file,
		 count[HOST_KEEP], count[HOST_RECONFIGURE], count[HOST_START], count[HOST_REPLACE], count[HOST_STOP]);
}

/* A line for each reason, and what comes of them. */
static void log_refusal(const char *file, const char *reasons)
{
	while (*reasons) {
		size_t n = strcspn(reasons, "\n");

		log_error(LOG_MAIN, "%.*s", (int)n, reasons);
		reasons += n + (reasons[n] == '\n');
	}
	log_error(LOG_MAIN, "%s is not applied, everything stays as it was", file);
}

int service_reload(struct kymo *kymo, const char *file, struct host_changes *changes, struct error *err)
{
	struct host_changes own = { 0 };
	struct error reasons = { 0 };
	int r;
	LOCK(&kymo->change);

	if (!file)
		file = kymo->file;
	if (!file)
		return error_set(err, -EINVAL, "there is no file to read again: the configuration came as text");
	if (!changes)
		changes = &own;
	r = apply(kymo, file, changes, &reasons);
	if (r < 0) {
		log_refusal(file, error_text(&reasons));
		error_set(err, r, "%s", error_text(&reasons));
	} else {
		log_changes(file, changes);
	}
	error_clear(&reasons);
	host_changes_fini(&own);
	return r;
}

int service_plan(struct kymo *kymo, const struct settings *settings, struct host_changes *changes, struct error *err)
{
	struct error reasons = { 0 };
	int r;
	LOCK(&kymo->change);

	r = check_fixed(kymo, settings, &reasons);
	if (r < 0)
		error_set(err, r, "%s", error_text(&reasons));
	error_clear(&reasons);
	return r < 0 ? r : host_plan(kymo->host, settings, changes, err);
}

struct store *service_store(struct kymo *kymo)
{
	return kymo->store;
}

struct host *service_host(struct kymo *kymo)
{
	return kymo->host;
}

struct receiver *service_receiver(struct kymo *kymo)
{
	return kymo->receiver;
}

struct promql *service_promql(struct kymo *kymo)
{
	return kymo->promql;
}

kymo_ms service_now(const struct kymo *kymo)
{
	return clock_now(kymo->clock);
}

kymo_ms service_started_at(const struct kymo *kymo)
{
	return kymo->started_at;
}

void service_retention(struct kymo *kymo, kymo_ms retention[TIERS])
{
	LOCK(&kymo->guard);
	memcpy(retention, kymo->retention, sizeof kymo->retention);
}

_Atomic uint32_t *service_requests(struct kymo *kymo)
{
	return &kymo->requests;
}

bool service_event_socket_stats(struct kymo *kymo, struct event_socket_stats *stats)
{
	if (!kymo->events)
		return false;
	event_socket_stats(kymo->events, stats);
	return true;
}

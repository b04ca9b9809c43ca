/* SPDX-License-Identifier: MIT */
/*
 * services.c - the table is the first member of a struct that knows its instance,
 * so every call finds its way. An instance that was given up on is answered
 * without anything of the host, which may be gone.
 */
#include "host/services.h"
#include "host/points.h"

#include <kymo/ext/requests.h>
#include <kymo/ext/store.h>

#include <errno.h>
#include <stdatomic.h>

struct services {
	struct kymo_host table;
	struct instance *instance;
	char *store_path;		/* absolute; NULL: none */
	struct log_limit declare_log;
	pthread_mutex_t mutex;
	const struct schema_values *values;
	struct error *err;
};

static struct services *of(const struct kymo_host *host)
{
	return (struct services *)(uintptr_t)host;
}

/* Is the host still there? With the guard of the instance held, it stays. */
static bool alone(const struct instance *instance)
{
	return instance->abandoned;
}

static void log_line(const struct kymo_host *host, uint32_t level, const char *text)
{
	enum log_level l = level > LOG_LEVEL_DEBUG ? LOG_LEVEL_DEBUG : (enum log_level)level;

	LOG_AT(LOG_PLUGIN, l, "%s: %.2000s", of(host)->instance->is.name, text ? text : "");
}

static kymo_ms now(const struct kymo_host *host)
{
	struct instance *instance = of(host)->instance;
	LOCK(&instance->guard);

	return clock_now(alone(instance) ? &clock_system : instance->shared->clock);
}

/* ---- metrics ---- */

static struct label_limits limits_of(struct instance *instance)
{
	LOCK(&instance->guard);
	return alone(instance) ? (struct label_limits){ 64, 256, 4096 } : ingest_limits(&instance->shared->ingest);
}

static int declare(const struct kymo_host *host, const struct kymo_metric *theirs, uint32_t *id)
{
	struct instance *instance = of(host)->instance;
	struct label_limits limits = limits_of(instance);
	struct kymo_metric metric = { 0 };
	struct error why = { 0 };
	uint64_t unsaid;
	int r;

	if (!theirs || !id)
		return -EINVAL;
	memcpy(&metric, theirs, sizeof metric);
	r = metrics_declare(instance->metrics, &metric, &limits, id, &why);
	if (r < 0 && log_due(&of(host)->declare_log, &unsaid))
		log_warn(LOG_PLUGIN, "%s: a metric is refused: %s", instance->is.name, error_text(&why));
	error_clear(&why);
	return r;
}

/* ---- reject ---- */

/* The key of a value, also of one inside rows and lists; NULL: not among these. */
static const char *key_of(const struct kymo_option *options, const struct kymo_value *values, uint32_t n,
			  const struct kymo_value *value)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct kymo_option *option = &options[i];
		bool list = option->type == KYMO_STRINGS || option->type == KYMO_ROWS;

		if (value == &values[i])
			return option->key;
		for (uint32_t k = 0; list && k < values[i].n; k++) {
			const struct kymo_value *item = &values[i].items[k];
			const char *key = NULL;

			if (value == item)
				return option->key;
			if (option->type == KYMO_ROWS)
				key = key_of(option->fields, item->items, option->n_fields, value);
			if (key)
				return key;
		}
	}
	return NULL;
}

static int reject(const struct kymo_host *host, const struct kymo_value *value, const char *text)
{
	struct services *services = of(host);
	const struct kymo_plugin *plugin = library_plugin(services->instance->is.code);
	const char *key;
	LOCK(&services->mutex);

	if (!text)
		text = "is refused";
	if (!services->err || !services->values) {
		log_warn(LOG_PLUGIN, "%s: %.1000s", services->instance->is.name, text);
		return -EINVAL;
	}
	key = value ? key_of(plugin->options, services->values->values, plugin->n_options, value) : NULL;
	error_at(services->err, key ? schema_place(services->values, value) : services->instance->is.at, "%s%s%.1000s",
		 key ? key : "", key ? ": " : "", text);
	return -EINVAL;
}

void services_judge(struct services *services, const struct schema_values *values, struct error *err)
{
	LOCK(&services->mutex);
	services->values = values;
	services->err = err;
}

/* ---- extensions ---- */

static uint32_t requests_active(const struct kymo_host *host)
{
	struct instance *instance = of(host)->instance;
	LOCK(&instance->guard);

	return alone(instance) || !instance->shared->requests ? 0 : atomic_load(instance->shared->requests);
}

static const char *store_folder(const struct kymo_host *host)
{
	return of(host)->store_path;
}

static const void *extension(const struct kymo_host *host, const char *id)
{
	static const struct kymo_requests requests = { sizeof requests, requests_active };
	static const struct kymo_store store = { sizeof store, store_folder };
	struct instance *instance = of(host)->instance;
	LOCK(&instance->guard);

	if (!id || alone(instance))
		return NULL;
	if (!strcmp(id, KYMO_REQUESTS_1))
		return instance->shared->requests ? &requests : NULL;
	if (!strcmp(id, KYMO_STORE_1))
		return of(host)->store_path ? &store : NULL;
	if (!strcmp(id, SERVICES_HOST))
		return instance->is.builtin ? instance->shared->host : NULL;
	return NULL;
}

struct services *services_create(struct instance *instance)
{
	struct services *services = calloc(1, sizeof *services);

	if (!services)
		return NULL;
	if (instance->shared->store_path && !(services->store_path = strdup(instance->shared->store_path))) {
		free(services);
		return NULL;
	}
	pthread_mutex_init(&services->mutex, NULL);
	services->instance = instance;
	services->table = (struct kymo_host){
		.abi = KYMO_ABI, .size = sizeof services->table, .emit = batch_emit, .emit_decimal = batch_emit_decimal,
		.next = points_next, .declare = declare, .log = log_line, .reject = reject, .now = now,
		.extension = extension,
	};
	return services;
}

void services_destroy(struct services *services)
{
	if (!services)
		return;
	pthread_mutex_destroy(&services->mutex);
	free(services->store_path);
	free(services);
}

const struct kymo_host *services_table(struct services *services) { return &services->table; }

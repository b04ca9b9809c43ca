/* SPDX-License-Identifier: MIT */
/*
 * api.c - the requests that an application has answered, from its events
 * "api.request": the value is the response time in milliseconds, the labels are
 * the endpoint and the status. A status of 400 or more has failed.
 *
 * Counters count from the start; rates, averages and percentiles are those of
 * a sliding window (recent.h).
 */
#include <kymo/plugin.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../series.h"
#include "recent.h"

enum { TOTAL, SUCCESSFUL, FAILED, ENDPOINT_REQUESTS, PER_SECOND, ERROR_RATE,
       AVG, MIN, MAX, P50, P95, P99, RESPONSE_TIME, N_METRICS };
enum { WINDOW, MAX_ENDPOINTS, N_OPTIONS };

/* Over less the number of requests says nothing about their rate. */
enum { SHORTEST_SPAN = 100 };

static const char *const by_endpoint[] = { "endpoint", NULL };

static const struct kymo_metric metrics[N_METRICS] = {
	[TOTAL]             = { "api.requests.total", KYMO_COUNTER, KYMO_FROM_ZERO, "requests",
				"Requests answered.", NULL },
	[SUCCESSFUL]        = { "api.requests.successful", KYMO_COUNTER, KYMO_FROM_ZERO, "requests",
				"Requests answered with a status below 400, or with none.", NULL },
	[FAILED]            = { "api.requests.failed", KYMO_COUNTER, KYMO_FROM_ZERO, "requests",
				"Requests answered with a status of 400 or more.", NULL },
	[ENDPOINT_REQUESTS] = { "api.endpoint.requests", KYMO_COUNTER, KYMO_FROM_ZERO, "requests",
				"Requests answered, by endpoint.", by_endpoint },
	[PER_SECOND]        = { "api.requests.per_second", KYMO_GAUGE, 0, "requests per second",
				"Requests a second, over the window.", NULL },
	[ERROR_RATE]        = { "api.error.rate", KYMO_GAUGE, 0, "ratio",
				"Share of the requests of the window that failed (0-1).", NULL },
	[AVG]               = { "api.response.avg", KYMO_GAUGE, 0, "milliseconds",
				"Mean response time of the window.", NULL },
	[MIN]               = { "api.response.min", KYMO_GAUGE, 0, "milliseconds",
				"Shortest response time of the window.", NULL },
	[MAX]               = { "api.response.max", KYMO_GAUGE, 0, "milliseconds",
				"Longest response time of the window.", NULL },
	[P50]               = { "api.response.p50", KYMO_GAUGE, 0, "milliseconds",
				"Median response time of the window, to 1.1 %.", NULL },
	[P95]               = { "api.response.p95", KYMO_GAUGE, 0, "milliseconds",
				"Response time that 95 % of the requests of the window keep, to 1.1 %.", NULL },
	[P99]               = { "api.response.p99", KYMO_GAUGE, 0, "milliseconds",
				"Response time that 99 % of the requests of the window keep, to 1.1 %.", NULL },
	[RESPONSE_TIME]     = { "api.response.time", KYMO_HISTOGRAM, 0, "milliseconds",
				"Response times, by endpoint.", by_endpoint },
};

static const struct kymo_option options[N_OPTIONS] = {
	[WINDOW]        = { .key = "window", .type = KYMO_DURATION, .preset = "60s", .min = 1000, .max = 86400000,
			    .help = "How far back rates, averages and percentiles look." },
	[MAX_ENDPOINTS] = { .key = "max_endpoints", .type = KYMO_INTEGER, .preset = "1000", .min = 1, .max = 100000,
			    .help = "Endpoints told apart; further ones are taken together as \"other\"." },
};

static const char *const events[] = { "api.request", NULL };

struct api {
	const struct kymo_host *host;
	uint32_t max_endpoints;
	uint64_t successful, failed;
	struct series_table endpoints;	/* value: requests */
	struct recent *recent;
	uint32_t observed;		/* since the last collect */
	bool told_endpoints, told_times, told_observed;
};

static void tell_once(struct api *self, bool *told, const char *text)
{
	if (!*told)
		self->host->log(self->host, KYMO_LOG_WARN, text);
	*told = true;
}

/* The series of an endpoint. NULL: no memory. */
static struct series *endpoint_get(struct api *self, const char *endpoint)
{
	const char *const label[] = { endpoint }, *const other[] = { "other" };
	struct series *series = series_get(&self->endpoints, label, self->max_endpoints);
	char text[128];

	if (series)
		return series;
	snprintf(text, sizeof text, "more than %u endpoints, or a name of more than %u bytes: counted as \"other\"",
		 (unsigned)self->max_endpoints, (unsigned)SERIES_VALUE_MAX);
	tell_once(self, &self->told_endpoints, text);
	return series_get(&self->endpoints, other, UINT32_MAX);
}

static void observe_time(struct api *self, struct series *series, double ms)
{
	if (self->observed < SERIES_OBSERVATIONS && series_observe(series, ms))
		self->observed++;
	else
		tell_once(self, &self->told_observed, "too many requests between two collects: api.response.time "
			  "misses some, all other metrics have them");
}

static void count_request(struct api *self, const struct kymo_event *event)
{
	bool failed = strtol(event_label(event, "status"), NULL, 10) >= 400;
	bool timed = isfinite(event->value) && event->value >= 0;
	struct series *series = endpoint_get(self, event_label(event, "endpoint"));

	if (failed)
		self->failed++;
	else
		self->successful++;
	recent_add(self->recent, failed, timed ? event->value : NAN);
	if (!timed)
		tell_once(self, &self->told_times, "a response time below zero is left out; the request is counted");
	if (!series)
		return;
	series->value++;
	if (timed)
		observe_time(self, series, event->value);
}

static void observe(void *instance, const struct kymo_event *const *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		count_request(instance, list[i]);
}

static void emit_counters(struct api *self, struct kymo_batch *batch)
{
	kymo_emit(self->host, batch, TOTAL, (double)(self->successful + self->failed));
	kymo_emit(self->host, batch, SUCCESSFUL, (double)self->successful);
	kymo_emit(self->host, batch, FAILED, (double)self->failed);
	for (uint32_t i = 0; i < self->endpoints.n; i++)
		kymo_emit_labels(self->host, batch, ENDPOINT_REQUESTS, self->endpoints.items[i].labels,
				 self->endpoints.items[i].value);
}

static void emit_times(struct api *self, struct kymo_batch *batch, const struct recent_summary *window)
{
	static const struct { uint32_t metric; double q; } quantiles[] = {
		{ P50, 0.50 }, { P95, 0.95 }, { P99, 0.99 },
	};

	kymo_emit(self->host, batch, AVG, window->sum / (double)window->timed);
	kymo_emit(self->host, batch, MIN, window->min);
	kymo_emit(self->host, batch, MAX, window->max);
	for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
		kymo_emit(self->host, batch, quantiles[i].metric,
			  recent_quantile(self->recent, window, quantiles[i].q));
}

/* What the window has nothing to say about has no sample. */
static void emit_window(struct api *self, struct kymo_batch *batch)
{
	kymo_ms now = self->host->now(self->host);
	struct recent_summary window;

	recent_slide(self->recent, now);
	window = recent_summarize(self->recent, now);
	if (window.span >= SHORTEST_SPAN)
		kymo_emit(self->host, batch, PER_SECOND, (double)window.requests * 1000 / (double)window.span);
	if (window.requests)
		kymo_emit(self->host, batch, ERROR_RATE, (double)window.failed / (double)window.requests);
	if (window.timed)
		emit_times(self, batch, &window);
}

static int collect(void *instance, struct kymo_batch *batch)
{
	struct api *self = instance;

	emit_counters(self, batch);
	emit_window(self, batch);
	series_emit_observed(&self->endpoints, self->host, batch, RESPONSE_TIME);
	self->observed = 0;
	return 0;
}

static void destroy(void *instance)
{
	struct api *self = instance;

	if (!self)
		return;
	recent_destroy(self->recent);
	series_fini(&self->endpoints);
	free(self);
}

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	struct api *self = calloc(1, sizeof *self);

	if (!self)
		return -ENOMEM;
	self->host = host;
	self->max_endpoints = (uint32_t)config[MAX_ENDPOINTS].integer;
	series_init(&self->endpoints, 1);
	self->recent = recent_create(config[WINDOW].duration, host->now(host));
	if (!self->recent) {
		destroy(self);
		return -ENOMEM;
	}
	*instance = self;
	return 0;
}

static int reconfigure(void *instance, const struct kymo_value *config)
{
	struct api *self = instance;

	self->max_endpoints = (uint32_t)config[MAX_ENDPOINTS].integer;
	self->told_endpoints = false;
	recent_set_window(self->recent, config[WINDOW].duration);
	return 0;
}

static void reset(void *instance)
{
	struct api *self = instance;

	self->successful = self->failed = 0;
	self->observed = 0;
	series_clear(&self->endpoints);
	recent_clear(self->recent, self->host->now(self->host));
}

KYMO_PLUGIN = {
	KYMO_PLUGIN_HEAD,
	.name = "api", .version = "1.0", .summary = "Requests that applications report: counts, rates, response times.",
	KYMO_METRICS(metrics), KYMO_OPTIONS(options),
	.events = events,
	.create = create, .destroy = destroy, .collect = collect,
	.observe = observe, .reconfigure = reconfigure, .reset = reset,
};

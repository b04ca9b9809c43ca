/* SPDX-License-Identifier: MIT */
/*
 * custom.c - metrics that the configuration declares, fed by events. A counter
 * adds the values of its events, a gauge and an untyped metric keep the last
 * one, a histogram takes each as an observation.
 */
#include <kymo/plugin.h>

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kymo/ext/events.h>

#include "rows.h"

enum { METRICS, MAX_SERIES, N_OPTIONS };

static const struct kymo_option options[N_OPTIONS] = {
	[METRICS]    = { .key = "metrics", .type = KYMO_ROWS, .fields = row_fields, .n_fields = N_ROW_FIELDS,
			 .help = "The metrics and the events that feed them." },
	[MAX_SERIES] = { .key = "max_series", .type = KYMO_INTEGER, .preset = "1000", .min = 1, .max = 1000000,
			 .help = "Label sets of one metric; further ones are left out." },
};

struct custom {
	const struct kymo_host *host;
	struct rows rows;
	uint32_t max_series;
	uint32_t observed;		/* since the last collect */
	bool told_values, told_observed;
};

__attribute__((format(printf, 3, 4)))
static void tell_once(struct custom *self, bool *told, const char *format, ...)
{
	char text[256];
	va_list args;

	if (*told)
		return;
	*told = true;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	self->host->log(self->host, KYMO_LOG_WARN, text);
}

static void observe_value(struct custom *self, struct series *series, double value)
{
	if (self->observed < SERIES_OBSERVATIONS && series_observe(series, value))
		self->observed++;
	else
		tell_once(self, &self->told_observed,
			  "too many observations between two collects: histograms miss some");
}

static void add_value(struct custom *self, const struct row *row, struct series *series, double value)
{
	if (!isfinite(value) || value < 0) {
		tell_once(self, &self->told_values, "%.64s: a counter cannot take %g", row->name, value);
		return;
	}
	series->value += value;
	series->any = true;
}

static void take_value(struct custom *self, const struct row *row, struct series *series, double value)
{
	switch (row->type) {
	case KYMO_COUNTER:
		add_value(self, row, series, value);
		break;
	case KYMO_HISTOGRAM:
		observe_value(self, series, value);
		break;
	default:
		series->value = value;
		series->any = true;
	}
}

static void row_take(struct custom *self, struct row *row, const struct kymo_event *event)
{
	const char *labels[ROW_LABELS];
	struct series *series;

	for (uint32_t i = 0; i < row->n_labels; i++)
		labels[i] = event_label(event, row->labels[i]);
	series = series_get(&row->series, labels, self->max_series);
	if (series)
		take_value(self, row, series, event->value);
	else
		tell_once(self, &row->told, "%.64s: more than %u label sets, or a value of more than %u bytes: left out",
			  row->name, (unsigned)self->max_series, (unsigned)SERIES_VALUE_MAX);
}

static void take_event(struct custom *self, const struct kymo_event *event)
{
	const struct rows *rows = &self->rows;

	for (uint32_t i = rows_find_event(rows, event->name); i < rows->n; i++) {
		struct row *row = &rows->items[rows->by_event[i]];

		if (strcmp(row->event, event->name) != 0)
			break;
		row_take(self, row, event);
	}
}

static void observe(void *instance, const struct kymo_event *const *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		take_event(instance, list[i]);
}

static void emit_values(struct custom *self, struct kymo_batch *batch, const struct row *row)
{
	for (uint32_t i = 0; i < row->series.n; i++)
		if (row->series.items[i].any)
			kymo_emit_labels(self->host, batch, row->id, row->series.items[i].labels,
					 row->series.items[i].value);
}

static int collect(void *instance, struct kymo_batch *batch)
{
	struct custom *self = instance;

	for (uint32_t i = 0; i < self->rows.n; i++) {
		struct row *row = &self->rows.items[i];

		if (row->type == KYMO_HISTOGRAM)
			series_emit_observed(&row->series, self->host, batch, row->id);
		else
			emit_values(self, batch, row);
	}
	self->observed = 0;
	return 0;
}

/* A counter without labels has its one series from the start, at zero. Without memory: later. */
static void start_counters(struct rows *rows)
{
	for (uint32_t i = 0; i < rows->n; i++) {
		struct row *row = &rows->items[i];
		struct series *series = NULL;

		if (row->type == KYMO_COUNTER && row->n_labels == 0)
			series = series_get(&row->series, NULL, 1);
		if (series)
			series->any = true;
	}
}

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	struct custom *self = calloc(1, sizeof *self);
	uint32_t clash = 0;
	int r;

	if (!self)
		return -ENOMEM;
	self->host = host;
	self->max_series = (uint32_t)config[MAX_SERIES].integer;
	r = rows_read(&self->rows, host, &config[METRICS], &clash);
	if (r == -EEXIST)
		r = host->reject(host, &config[METRICS].items[clash].items[ROW_NAME],
				 "a metric of this name exists with another type or other labels");
	if (r < 0) {
		free(self);
		return r;
	}
	start_counters(&self->rows);
	*instance = self;
	return 0;
}

static void destroy(void *instance)
{
	struct custom *self = instance;

	if (!self)
		return;
	rows_fini(&self->rows);
	free(self);
}

/*
 * Metrics that stay keep their counts. One that takes another shape is another
 * metric under a name that this instance has declared: that needs a new instance.
 */
static int reconfigure(void *instance, const struct kymo_value *config)
{
	struct custom *self = instance;
	struct rows rows;
	uint32_t clash = 0;
	int r = rows_read(&rows, self->host, &config[METRICS], &clash);

	if (r < 0)
		return r == -EEXIST ? -ENOTSUP : r;
	start_counters(&rows);
	rows_take_over(&rows, &self->rows);
	rows_fini(&self->rows);
	self->rows = rows;
	self->max_series = (uint32_t)config[MAX_SERIES].integer;
	return 0;
}

static void reset(void *instance)
{
	struct custom *self = instance;

	for (uint32_t i = 0; i < self->rows.n; i++)
		series_clear(&self->rows.items[i].series);
	self->observed = 0;
	start_counters(&self->rows);
}

static const char *const *patterns(void *instance)
{
	const struct custom *self = instance;

	return self->rows.events;
}

static const void *extension(const char *id)
{
	static const struct kymo_events events = { sizeof events, patterns };

	return !strcmp(id, KYMO_EVENTS_1) ? &events : NULL;
}

KYMO_PLUGIN = {
	KYMO_PLUGIN_HEAD,
	.name = "custom", .version = "1.0", .summary = "Metrics of your own, fed by events.",
	KYMO_OPTIONS(options),
	.create = create, .destroy = destroy, .collect = collect,
	.observe = observe, .reconfigure = reconfigure, .reset = reset,
	.extension = extension,
};

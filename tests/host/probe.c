/* SPDX-License-Identifier: MIT */
/* probe.c - see probe.h. */
#include "probe.h"

#include "util/buf.h"
#include "util/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the collector ---- */

enum { VALUE, COUNT, TIME, N_METRICS };

static const struct kymo_metric metrics[N_METRICS] = {
	[VALUE] = { "probe.value", KYMO_GAUGE, 0, "", "A value.", (const char *const[]){ "k", NULL } },
	[COUNT] = { "probe.count", KYMO_COUNTER, KYMO_FROM_ZERO, "", "Collects.", NULL },
	[TIME] = { "probe.time", KYMO_HISTOGRAM, 0, "seconds", "Observations.", NULL },
};

struct probe_orders orders;

struct probe {
	const struct kymo_host *host;
	double count;
};

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	struct probe *self = calloc(1, sizeof *self);

	if (config[0].integer == 13) {
		free(self);
		return host->reject(host, &config[0], "brings bad luck");
	}
	self->host = host;
	*instance = self;
	orders.created++;
	return 0;
}

static void destroy(void *instance)
{
	orders.destroyed++;
	free(instance);
}

static int start(void *instance)
{
	(void)instance;
	return orders.start_result;
}

static void emit_value(struct probe *self, struct kymo_batch *batch, const char *const labels[], int i)
{
	int decimals = orders.decimals;
	int64_t one = 1;

	if (!decimals) {
		kymo_emit_labels(self->host, batch, VALUE, labels, i);
		return;
	}
	for (int k = 0; k < decimals; k++)
		one *= 10;
	self->host->emit_decimal(batch, VALUE, labels, i * one + (self->count > 0 ? one / 4 : 0), -decimals, 0);
}

static int collect(void *instance, struct kymo_batch *batch)
{
	struct probe *self = instance;
	char k[16];

	while (orders.hang)
		usleep(1000);
	for (int i = 0; i < orders.labels; i++) {
		snprintf(k, sizeof k, "%d", i);
		emit_value(self, batch, (const char *const[]){ k }, i);
	}
	kymo_emit(self->host, batch, COUNT, ++self->count);
	for (int i = 0; i < orders.observe; i++)
		kymo_emit(self->host, batch, TIME, 1 << i);
	return orders.result;
}

static int reconfigure(void *instance, const struct kymo_value *config)
{
	struct probe *self = instance;

	return config[0].integer == 13 ? self->host->reject(self->host, &config[0], "brings bad luck") :
	       config[0].integer == 99 ? -ENOTSUP : 0;
}

static const struct kymo_option options[] = {
	{ .key = "luck", .type = KYMO_INTEGER, .preset = "7", .help = "A number." },
};

const struct kymo_plugin probe = {
	KYMO_PLUGIN_HEAD, .name = "probe", .version = "1", .summary = "For tests.",
	KYMO_METRICS(metrics), KYMO_OPTIONS(options), .create = create, .destroy = destroy, .start = start, .collect = collect,
	.reconfigure = reconfigure,
};

/* ---- the sink ---- */

struct catcher_orders caught;
static const struct kymo_host *catcher_host;
static pthread_mutex_t catcher_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct buf catcher_text;

static int catcher_create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	(void)config;
	catcher_host = host;
	*instance = &caught;
	return 0;
}

static void catcher_destroy(void *instance)
{
	(void)instance;
}

static void catch_point(const struct kymo_point *point)
{
	buf_printf(&catcher_text, "%s", point->metric->name);
	for (uint32_t i = 0; i < point->n_labels; i++)
		buf_printf(&catcher_text, " %s=%s", point->labels[i].name, point->labels[i].value);
	buf_printf(&catcher_text, " %g%s%s", point->value, point->flags & KYMO_STALE ? " stale" : "",
		   point->flags & KYMO_RESET ? " reset" : "");
	if (point->window)
		buf_printf(&catcher_text, " count=%u sum=%g", (unsigned)point->window->count, point->window->sum);
	buf_add_text(&catcher_text, "\n");
}

static int catcher_write(void *instance, const struct kymo_batch *batch)
{
	struct kymo_point point = { .size = sizeof point };
	uint64_t cursor = 0;
	LOCK(&catcher_mutex);

	(void)instance;
	caught.writes++;
	while (caught.result == 0 && catcher_host->next(batch, &cursor, &point))
		catch_point(&point);
	return caught.result;
}

static int catcher_flush(void *instance)
{
	(void)instance;
	caught.flushes++;
	return 0;
}

bool catcher_has(const char *text)
{
	LOCK(&catcher_mutex);
	return buf_text(&catcher_text) && strstr(buf_text(&catcher_text), text);
}

void catcher_clear(void)
{
	LOCK(&catcher_mutex);
	buf_fini(&catcher_text);
}

const struct kymo_plugin catcher = {
	KYMO_PLUGIN_HEAD, .name = "catcher", .version = "1", .summary = "For tests.",
	.create = catcher_create, .destroy = catcher_destroy, .write = catcher_write, .flush = catcher_flush,
};

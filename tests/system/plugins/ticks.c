/* SPDX-License-Identifier: MIT */
/* ticks.c - a third-party collector: built from the installed headers alone. Counts its collects. */
#include <kymo/plugin.h>

#include <errno.h>
#include <stdlib.h>

#ifndef VERSION
#define VERSION "1.0"
#endif
#ifndef STEP
#define STEP 1
#endif

static const char *const labels[] = { "parity", NULL };

enum { TICKS, PARITY };

static const struct kymo_metric metrics[] = {
	[TICKS] = { "ticks.total", KYMO_COUNTER, KYMO_FROM_ZERO, "", "Collects so far.", NULL },
	[PARITY] = { "ticks.last", KYMO_GAUGE, 0, "", "The last even and odd tick.", labels },
};

enum { START, FAIL_AFTER };

static const struct kymo_option options[] = {
	[START] = { "start", KYMO_INTEGER, 0, "0", "Where to begin.", NULL, 0, 1e9, NULL, 0 },
	[FAIL_AFTER] = { "fail_after", KYMO_INTEGER, 0, "0", "Fail from that collect on; 0: never.", NULL, 0, 1e9, NULL, 0 },
};

struct ticks {
	const struct kymo_host *host;
	int64_t n, fail_after;
};

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	struct ticks *self;

	if (config[START].integer == 13)
		return host->reject(host, &config[START], "13 brings bad luck");
	self = calloc(1, sizeof *self);
	if (!self)
		return -ENOMEM;
	self->host = host;
	self->n = config[START].integer;
	self->fail_after = config[FAIL_AFTER].integer;
	*instance = self;
	return 0;
}

static int collect(void *instance, struct kymo_batch *batch)
{
	struct ticks *self = instance;
	const char *parity[] = { NULL };

	self->n += STEP;
	if (self->fail_after && self->n > self->fail_after)
		return -EIO;
	parity[0] = self->n % 2 ? "odd" : "even";
	kymo_emit(self->host, batch, TICKS, (double)self->n);
	kymo_emit_labels(self->host, batch, PARITY, parity, (double)self->n);
	return 0;
}

static void reset(void *instance)
{
	((struct ticks *)instance)->n = 0;
}

KYMO_PLUGIN = {
	KYMO_PLUGIN_HEAD,
	.name = "ticks",
	.version = VERSION,
	.summary = "Counts its own collects.",
	KYMO_OPTIONS(options),
	KYMO_METRICS(metrics),
	.create = create,
	.destroy = free,
	.collect = collect,
	.reset = reset,
};

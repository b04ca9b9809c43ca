/* SPDX-License-Identifier: MIT */
/* changeable.c - a plugin for change_test.c: its values say what it emits, what it takes later and where it fails. */
#include <kymo/plugin.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE, COLLECTS, FIXED, N_METRICS };

static const struct kymo_metric metrics[N_METRICS] = {
	[VALUE]	   = { "change.value", KYMO_GAUGE, 0, "", "As configured.", NULL },
	[COLLECTS] = { "change.collects", KYMO_COUNTER, KYMO_FROM_ZERO, "", "Collects of this instance.", NULL },
	[FIXED]	   = { "change.fixed", KYMO_GAUGE, 0, "", "As configured; only where it is not 0.", NULL },
};

enum { OPTION_VALUE, OPTION_FIXED, OPTION_FAIL, N_OPTIONS };

static const char *const failures[] = { "nowhere", "create", "start", "reconfigure", NULL };

static const struct kymo_option options[N_OPTIONS] = {
	[OPTION_VALUE] = { "value", KYMO_INTEGER, 0, "1", "Of change.value; can change.", NULL, 0, 0, NULL, 0 },
	[OPTION_FIXED] = { "fixed", KYMO_INTEGER, 0, "0", "Cannot change.", NULL, 0, 0, NULL, 0 },
	[OPTION_FAIL]  = { "fail", KYMO_STRING, 0, "nowhere", "Where to fail.", failures, 0, 0, NULL, 0 },
};

struct self {
	const struct kymo_host *host;
	const struct kymo_value *config;
	double collects;
};

static bool fails_in(const struct kymo_value *config, const char *where)
{
	return !strcmp(config[OPTION_FAIL].string, where);
}

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	struct self *self;

	if (fails_in(config, "create"))
		return host->reject(host, &config[OPTION_FAIL], "as asked");
	self = calloc(1, sizeof *self);
	if (!self)
		return -ENOMEM;
	self->host = host;
	self->config = config;
	*instance = self;
	return 0;
}

static int start(void *instance)
{
	struct self *self = instance;

	return fails_in(self->config, "start") ? -EADDRINUSE : 0;
}

static int collect(void *instance, struct kymo_batch *batch)
{
	struct self *self = instance;

	kymo_emit(self->host, batch, VALUE, (double)self->config[OPTION_VALUE].integer);
	kymo_emit(self->host, batch, COLLECTS, ++self->collects);
	if (self->config[OPTION_FIXED].integer)
		kymo_emit(self->host, batch, FIXED, (double)self->config[OPTION_FIXED].integer);
	return 0;
}

static int reconfigure(void *instance, const struct kymo_value *config)
{
	struct self *self = instance;

	if (fails_in(config, "reconfigure"))
		return self->host->reject(self->host, &config[OPTION_FAIL], "not now");
	if (config[OPTION_FIXED].integer != self->config[OPTION_FIXED].integer)
		return -ENOTSUP;
	self->config = config;
	return 0;
}

KYMO_PLUGIN = {
	KYMO_PLUGIN_HEAD,
	.name = "changeable", .version = "1.0", .summary = "For tests of reloading.",
	KYMO_METRICS(metrics), KYMO_OPTIONS(options),
	.create = create, .start = start, .destroy = free, .collect = collect, .reconfigure = reconfigure,
};

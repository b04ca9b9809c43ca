/* SPDX-License-Identifier: MIT */
/* wild.c - a collector that does what it must not: the host refuses each such sample alone. */
#include <kymo/plugin.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GOOD, MANY };

static const char *const labels[] = { "id", NULL };

static const struct kymo_metric metrics[] = {
	[GOOD] = { "wild.good", KYMO_GAUGE, 0, "", "A good sample.", NULL },
	[MANY] = { "wild.many", KYMO_GAUGE, 0, "", "Far too many series.", labels },
};

static const char *const ways[] = { "never", "create", "start", NULL };

static const struct kymo_option options[] = {
	{ "fail", KYMO_STRING, 0, "never", "Where to fail.", ways, 0, 0, NULL, 0 },
};

struct wild {
	const struct kymo_host *host;
	bool fail_start;
};

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	struct wild *self;

	if (!strcmp(config[0].string, "create"))
		return -ENODEV;
	self = calloc(1, sizeof *self);
	if (!self)
		return -ENOMEM;
	self->host = host;
	self->fail_start = !strcmp(config[0].string, "start");
	*instance = self;
	return 0;
}

static int start(void *instance)
{
	return ((struct wild *)instance)->fail_start ? -EACCES : 0;
}

static int collect(void *instance, struct kymo_batch *batch)
{
	struct wild *self = instance;
	const char *const invalid[] = { "\xff\xfe" };
	char id[16];
	const char *const many[] = { id };

	kymo_emit(self->host, batch, GOOD, 1);
	kymo_emit(self->host, batch, 4711, 1);			/* undeclared */
	kymo_emit_labels(self->host, batch, MANY, invalid, 1);	/* not UTF-8 */
	for (int i = 0; i < 3000; i++) {
		snprintf(id, sizeof id, "%d", i);
		kymo_emit_labels(self->host, batch, MANY, many, NAN);
	}
	return 0;
}

KYMO_PLUGIN = {
	KYMO_PLUGIN_HEAD,
	.name = "wild",
	.version = "1.0",
	.summary = "Misbehaves.",
	KYMO_OPTIONS(options),
	KYMO_METRICS(metrics),
	.create = create,
	.start = start,
	.destroy = free,
	.collect = collect,
};

/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "rig.h"
#include "util/thread.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

void rig_open(struct rig *rig, const char *yaml)
{
	struct error err = { 0 };
	struct store_options options;

	strcpy(rig->dir, "/tmp/kymo-host-XXXXXX");
	assert_non_null(mkdtemp(rig->dir));
	options = store_options_preset(rig->dir);
	options.manual = true;
	assert_int_equal(store_open(&options, &rig->store, &err), 0);
	assert_int_equal(host_create(&(struct host_options){ .store = rig->store }, &rig->host, &err), 0);
	assert_int_equal(rig_apply(rig, yaml, NULL), 0);
}

void rig_close(struct rig *rig)
{
	char command[128];

	host_destroy(rig->host);
	store_close(rig->store);
	snprintf(command, sizeof command, "rm -rf %s", rig->dir);
	assert_int_equal(system(command), 0);
}

int rig_apply(struct rig *rig, const char *yaml, char text[512])
{
	static const char head[] = "http: {listen: []}\nlog: {level: error}\n";
	struct error err = { 0 };
	AUTO_BUF all = { 0 };
	struct settings *settings;
	int r;

	buf_printf(&all, "%s%s", head, yaml);
	settings = settings_parse("test.yaml", (const char *)all.data, all.len, &err);
	r = settings ? host_apply(rig->host, settings, NULL, &err) : err.code;
	if (r < 0)
		settings_free(settings);
	if (r < 0 && !text)
		fail_msg("%s", error_text(&err));
	if (text)
		snprintf(text, 512, "%s", error_text(&err));
	error_clear(&err);
	return r;
}

void rig_add(struct rig *rig, const char *yaml, const struct kymo_plugin *plugin)
{
	struct error err = { 0 };

	if (host_add(rig->host, yaml, strlen(yaml), plugin, &err) < 0)
		fail_msg("%s", error_text(&err));
}

struct looked_for {
	const char *name;
	struct instance_stats stats;
};

static int look(void *data, const struct instance_stats *stats)
{
	struct looked_for *for_ = data;

	if (strcmp(stats->name, for_->name) != 0)
		return 0;
	for_->stats = *stats;
	return 1;
}

struct instance_stats rig_stats(struct rig *rig, const char *name)
{
	struct looked_for looked = { .name = name };

	host_each_instance(rig->host, look, &looked);
	return looked.stats;
}

struct wanted_series {
	const char *text;
	double value;
};

static int find_series(void *data, const struct series_view *view)
{
	struct wanted_series *wanted = data;
	AUTO_BUF text = { 0 };

	labels_print(view->labels, &text);
	if (strcmp(buf_text(&text), wanted->text) != 0)
		return 0;
	if (view->last_at != INT64_MIN)
		wanted->value = view->last;
	return 1;
}

double rig_latest(struct rig *rig, const char *series)
{
	struct wanted_series wanted = { series, NAN };

	store_each_series(rig->store, NULL, 0, find_series, &wanted);
	return wanted.value;
}

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

static void emit_bad(struct probe *self, struct kymo_batch *batch)
{
	char long_label[5000];

	memset(long_label, 'x', sizeof long_label - 1);
	long_label[sizeof long_label - 1] = 0;
	self->host->emit(batch, 77, NULL, 1, 0);
	kymo_emit_labels(self->host, batch, VALUE, (const char *const[]){ "\xff" }, 1);
	kymo_emit_labels(self->host, batch, VALUE, (const char *const[]){ long_label }, 1);
	self->host->emit(batch, COUNT, NULL, 1, INT64_MAX);
}

static int collect(void *instance, struct kymo_batch *batch)
{
	struct probe *self = instance;
	char k[16];

	while (orders.hang)
		usleep(1000);
	for (int i = 0; i < orders.labels; i++) {
		snprintf(k, sizeof k, "%d", i);
		kymo_emit_labels(self->host, batch, VALUE, (const char *const[]){ k }, i);
	}
	kymo_emit(self->host, batch, COUNT, ++self->count);
	for (int i = 0; i < orders.observe; i++)
		kymo_emit(self->host, batch, TIME, 1 << i);
	if (orders.bad)
		emit_bad(self, batch);
	return orders.result;
}

static void observe(void *instance, const struct kymo_event *const *events, uint32_t n)
{
	(void)instance;
	(void)events;
	orders.events += (int)n;
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
	KYMO_METRICS(metrics), KYMO_OPTIONS(options), .events = (const char *const[]){ "probe.*", NULL },
	.create = create, .destroy = destroy, .start = start, .collect = collect, .observe = observe,
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

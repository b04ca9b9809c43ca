/* SPDX-License-Identifier: MIT */
/* runner_inside.c - an instance in this process: plain calls. */
#include "host/runner.h"

#include <kymo/ext/events.h>

#include <errno.h>
#include <stdlib.h>

struct inside {
	struct runner runner;
	const struct kymo_plugin *plugin;
	void *instance;			/* NULL: not created */
};

static struct inside *of(struct runner *runner)
{
	return (struct inside *)runner;	/* its first member */
}

static int create(struct runner *runner, const struct kymo_host *host, const struct kymo_value *config)
{
	return of(runner)->plugin->create(host, config, &of(runner)->instance);
}

static int start(struct runner *runner)
{
	return of(runner)->plugin->start ? of(runner)->plugin->start(of(runner)->instance) : 0;
}

static void stop(struct runner *runner)
{
	if (of(runner)->plugin->stop)
		of(runner)->plugin->stop(of(runner)->instance);
}

static void destroy(struct runner *runner)
{
	if (of(runner)->instance)
		of(runner)->plugin->destroy(of(runner)->instance);
	free(runner);
}

static int collect(struct runner *runner, struct kymo_batch *batch)
{
	return of(runner)->plugin->collect(of(runner)->instance, batch);
}

static int write_batch(struct runner *runner, const struct kymo_batch *batch)
{
	return of(runner)->plugin->write(of(runner)->instance, batch);
}

static int flush(struct runner *runner)
{
	return of(runner)->plugin->flush ? of(runner)->plugin->flush(of(runner)->instance) : 0;
}

static void observe(struct runner *runner, const struct kymo_event *const *events, uint32_t n)
{
	if (of(runner)->plugin->observe)
		of(runner)->plugin->observe(of(runner)->instance, events, n);
}

static int reconfigure(struct runner *runner, const struct kymo_value *config)
{
	if (!of(runner)->plugin->reconfigure)
		return -ENOTSUP;
	return of(runner)->plugin->reconfigure(of(runner)->instance, config);
}

static void reset(struct runner *runner)
{
	if (of(runner)->plugin->reset)
		of(runner)->plugin->reset(of(runner)->instance);
}

static const char *const *patterns(struct runner *runner)
{
	const struct kymo_plugin *plugin = of(runner)->plugin;
	const struct kymo_events *events = plugin->extension ? plugin->extension(KYMO_EVENTS_1) : NULL;

	if (!plugin->observe)
		return NULL;
	if (events && KYMO_HAS(events, patterns) && events->patterns)
		return events->patterns(of(runner)->instance);
	return plugin->events;
}

struct runner *runner_inside(const struct kymo_plugin *plugin)
{
	struct inside *inside = calloc(1, sizeof *inside);

	if (!inside)
		return NULL;
	inside->plugin = plugin;
	inside->runner = (struct runner){
		.create = create, .start = start, .stop = stop, .destroy = destroy, .collect = collect,
		.write = write_batch, .flush = flush, .observe = observe, .reconfigure = reconfigure,
		.reset = reset, .patterns = patterns,
	};
	return &inside->runner;
}

/* SPDX-License-Identifier: MIT */
/*
 * runner.h - where an instance runs. The worker of an instance calls a plugin
 * through this table and nothing else, so that a process of its own can stand in
 * for a call inside the daemon without anyone above noticing.
 */
#ifndef HOST_RUNNER_H
#define HOST_RUNNER_H

#include <kymo/plugin.h>

struct runner {
	int (*create)(struct runner *runner, const struct kymo_host *host, const struct kymo_value *config);
	int (*start)(struct runner *runner);
	void (*stop)(struct runner *runner);
	void (*destroy)(struct runner *runner);		/* the instance and the runner */
	int (*collect)(struct runner *runner, struct kymo_batch *batch);
	int (*write)(struct runner *runner, const struct kymo_batch *batch);
	int (*flush)(struct runner *runner);
	void (*observe)(struct runner *runner, const struct kymo_event *const *events, uint32_t n);
	int (*reconfigure)(struct runner *runner, const struct kymo_value *config);
	void (*reset)(struct runner *runner);
	const char *const *(*patterns)(struct runner *runner);	/* of events; NULL: none */
};

/* runner_inside.c: calls in this process. The plugin outlives the runner. NULL: out of memory. */
struct runner *runner_inside(const struct kymo_plugin *plugin);

#endif

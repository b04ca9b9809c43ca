/* SPDX-License-Identifier: MIT */
/*
 * rig.h - a host over a store in a temporary folder, and a plugin compiled in
 * that does what the test tells it. Waiting is for things to happen, never for
 * an amount of time; what does not happen within a minute has failed.
 */
#ifndef TESTS_HOST_RIG_H
#define TESTS_HOST_RIG_H

#include "host/host.h"

#include <stdatomic.h>

struct rig {
	char dir[64];
	struct store *store;
	struct host *host;
};

void rig_open(struct rig *rig, const char *yaml);
void rig_close(struct rig *rig);
/* Another configuration. 0 or the error, whose text is in `text` (may be NULL). */
int rig_apply(struct rig *rig, const char *yaml, char text[512]);
void rig_add(struct rig *rig, const char *yaml, const struct kymo_plugin *plugin);
struct instance_stats rig_stats(struct rig *rig, const char *name);	/* name NULL: not there */
/* The newest value of a series, as labels_print writes it; NaN (not the mark): there is none. */
double rig_latest(struct rig *rig, const char *series);

/* Wait until the condition holds. */
#define UNTIL(condition) \
	do { \
		for (int tries_ = 0; !(condition); tries_++) { \
			if (tries_ > 60000) \
				fail_msg("never: %s", #condition); \
			usleep(1000); \
		} \
	} while (0)

/* The collector: gauge probe.value{k}, counter probe.count (from zero), histogram probe.time. */
extern const struct kymo_plugin probe;
extern struct probe_orders {
	_Atomic int result;		/* of collect */
	_Atomic int start_result;
	_Atomic int labels;		/* probe.value for k = 0 .. labels - 1 */
	_Atomic int bad;		/* emit a bad sample of each kind, too */
	_Atomic int hang;		/* collect does not come back while this is set */
	_Atomic int observe;		/* observations of each collect: 1, 2, 4, ... */
	_Atomic int events;		/* seen */
	_Atomic int created, destroyed;
} orders;

/* The sink: what it was written, as text; a line a point. */
extern const struct kymo_plugin catcher;
extern struct catcher_orders {
	_Atomic int result;		/* of write */
	_Atomic int writes, flushes;
} caught;
/* Does a line with that in it stand there? */
bool catcher_has(const char *text);
void catcher_clear(void);

#endif

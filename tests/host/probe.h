/* SPDX-License-Identifier: MIT */
/* probe.h - a collector and a sink, compiled in, that do what the test tells them. */
#ifndef TESTS_HOST_PROBE_H
#define TESTS_HOST_PROBE_H

#include <kymo/plugin.h>

#include <stdatomic.h>
#include <stdbool.h>

/* The collector: gauge probe.value{k}, counter probe.count (from zero), histogram probe.time. */
extern const struct kymo_plugin probe;
extern struct probe_orders {
	_Atomic int result;		/* of collect */
	_Atomic int start_result;
	_Atomic int labels;		/* probe.value for k = 0 .. labels - 1 */
	_Atomic int decimals;		/* probe.value is k and a quarter, as so many decimals; k alone the first time */
	_Atomic int hang;		/* collect does not come back while this is set */
	_Atomic int observe;		/* observations of each collect: 1, 2, 4, ... */
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

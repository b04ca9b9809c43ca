/* SPDX-License-Identifier: MIT */
/*
 * collector.h - what the thread of a collector does: events to observe, a collect
 * at each tick, its samples to the store.
 */
#ifndef HOST_COLLECTOR_H
#define HOST_COLLECTOR_H

#include "host/instance.h"

int64_t collector_turn(void *instance);
/* Off the grid, now: the last one. */
void collector_last(struct instance *instance);

/* For whoever looks from outside (self.c): has the collect that runs now taken longer than its timeout? Says so once. */
void collector_watch(struct instance *instance);

#endif

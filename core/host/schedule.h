/* SPDX-License-Identifier: MIT */
/*
 * schedule.h - when an instance collects next. Ticks lie on the multiples of the
 * interval on the wall clock; what is waited for is the monotonic clock, so the
 * waiting survives steps of the wall clock, and the grid is found anew after one.
 *
 * A tick can run late as long as its own interval lasts. One that could not is
 * missed: counted, never made up. The first one is due at once, off the grid.
 *
 * Nothing here reads a clock: both times come in.
 */
#ifndef HOST_SCHEDULE_H
#define HOST_SCHEDULE_H

#include <kymo/abi.h>

struct schedule {
	kymo_ms interval;	/* at least 1 */
	kymo_ms tick;		/* wall time of the next one */
	int64_t due;		/* the same on the monotonic clock, ns */
};

void schedule_init(struct schedule *schedule, kymo_ms interval, kymo_ms wall, int64_t mono_ns);
/* Another interval: the next tick is the next one of its grid. */
void schedule_set(struct schedule *schedule, kymo_ms interval, kymo_ms wall, int64_t mono_ns);

/*
 * Is a tick due? Then *tick is its time, *missed how many before it are lost, and
 * the schedule has moved on to the next.
 */
bool schedule_take(struct schedule *schedule, kymo_ms wall, int64_t mono_ns, kymo_ms *tick, uint64_t *missed);

#endif

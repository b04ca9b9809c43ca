/* SPDX-License-Identifier: MIT */
/*
 * schedule.c - each tick is scheduled anew from both clocks, so a wall clock that
 * is slewed is followed a little at each tick.
 */
#include "host/schedule.h"
#include "model/tier.h"

#define NS_PER_MS INT64_C(1000000)
/* The wall clock may disagree with the monotonic one by that much beyond half an interval before it has stepped. */
#define STEP_MS 500

static void wait_for(struct schedule *schedule, kymo_ms tick, kymo_ms wall, int64_t mono_ns)
{
	schedule->tick = tick;
	schedule->due = mono_ns + (tick - wall) * NS_PER_MS;
}

void schedule_init(struct schedule *schedule, kymo_ms interval, kymo_ms wall, int64_t mono_ns)
{
	*schedule = (struct schedule){ .interval = interval, .tick = wall, .due = mono_ns };
}

void schedule_set(struct schedule *schedule, kymo_ms interval, kymo_ms wall, int64_t mono_ns)
{
	schedule->interval = interval;
	wait_for(schedule, window_floor(wall, interval) + interval, wall, mono_ns);
}

static bool has_stepped(const struct schedule *schedule, kymo_ms expected, kymo_ms wall)
{
	kymo_ms off = wall > expected ? wall - expected : expected - wall;

	return off > schedule->interval / 2 + STEP_MS;
}

bool schedule_take(struct schedule *schedule, kymo_ms wall, int64_t mono_ns, kymo_ms *tick, uint64_t *missed)
{
	int64_t late = mono_ns - schedule->due, lost;

	if (late < 0)
		return false;
	lost = late / (schedule->interval * NS_PER_MS);
	*missed = (uint64_t)lost;
	*tick = schedule->tick;
	if (lost)	/* the first tick may be off the grid, those that follow are on it */
		*tick = window_floor(schedule->tick, schedule->interval) + lost * schedule->interval;
	if (has_stepped(schedule, schedule->tick + late / NS_PER_MS, wall))
		*tick = window_floor(wall, schedule->interval);
	wait_for(schedule, window_floor(*tick, schedule->interval) + schedule->interval, wall, mono_ns);
	return true;
}

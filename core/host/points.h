/* SPDX-License-Identifier: MIT */
/*
 * points.h - what a sink is given: the samples of one collect, or the windows
 * that closed in one tier. Filled by one thread, then immutable, then released by
 * the last sink that had it in its queue.
 */
#ifndef HOST_POINTS_H
#define HOST_POINTS_H

#include "host/shared.h"
#include "model/tier.h"
#include "model/window.h"

struct point_window {
	struct window window;
	struct kymo_window shown;	/* borrows from window */
};

struct point {
	struct shared_series *series;	/* held */
	double value;
	kymo_ms at;
	uint32_t flags;			/* enum kymo_point_flags */
	struct point_window *window;	/* ours; NULL: a plain sample */
};

struct points {
	_Atomic uint32_t holders;
	enum kymo_tier tier;
	uint32_t n, room;
	struct point *items;
};

struct points *points_create(enum kymo_tier tier, uint32_t room);	/* NULL: out of memory */
struct points *points_hold(struct points *points);
void points_release(struct points *points);	/* NULL is fine */
DEFINE_AUTO(points, points_release)

/* `window` is copied; NULL: none. 0 or -ENOMEM. */
int points_add(struct points *points, struct shared_series *series, double value, kymo_ms at, uint32_t flags,
	       const struct window *window);

/* struct kymo_host's next(): of a batch that a sink was given. */
bool points_next(const struct kymo_batch *batch, uint64_t *cursor, struct kymo_point *point);

#endif

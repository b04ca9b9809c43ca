/* SPDX-License-Identifier: MIT */
/*
 * outgoing.h - what one collect sends to the store and to the sinks: samples and
 * distributions, in columns as the store wants them. Memory is reused from one
 * collect to the next.
 */
#ifndef HOST_OUTGOING_H
#define HOST_OUTGOING_H

#include "host/points.h"
#include "host/tracked.h"
#include "store/store.h"

struct outgoing {
	uint32_t n, room;
	struct tracked **from;
	series_ref *refs;
	double *values;
	kymo_ms *times;
	uint8_t *flags;			/* enum kymo_point_flags */
	bool same_time;			/* all have that of the batch */
	uint32_t n_distributions, distributions_room;
	struct store_distribution *distributions;
	struct tracked **distributed;
};

void outgoing_fini(struct outgoing *out);
void outgoing_clear(struct outgoing *out);
/* 0 or -ENOMEM. `batch_at`: the time of the batch. */
int outgoing_add(struct outgoing *out, struct tracked *tracked, double value, kymo_ms at, uint8_t flags, kymo_ms batch_at);
/* `window` stays the caller's until the batch has been sent. */
int outgoing_add_window(struct outgoing *out, struct tracked *tracked, kymo_ms at, const struct window *window);
struct store_batch outgoing_batch(const struct outgoing *out, kymo_ms at);
/* For the sinks; NULL: out of memory. */
struct points *outgoing_points(const struct outgoing *out);

#endif

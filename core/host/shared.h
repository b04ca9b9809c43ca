/* SPDX-License-Identifier: MIT */
/*
 * shared.h - metrics and series as sinks are shown them. Counted, because a
 * batch in the queue of a sink may outlive the instance that emitted it, and
 * immutable, so that any thread may look.
 */
#ifndef HOST_SHARED_H
#define HOST_SHARED_H

#include "model/metric.h"

struct shared_metric {
	_Atomic uint32_t holders;
	struct metric *metric;
	struct kymo_metric shown;	/* the same words */
};

struct shared_metric *shared_metric_create(const struct kymo_metric *from);	/* NULL: out of memory */
struct shared_metric *shared_metric_hold(struct shared_metric *metric);
void shared_metric_release(struct shared_metric *metric);	/* NULL is fine */

struct shared_series {
	_Atomic uint32_t holders;
	struct shared_metric *metric;	/* held */
	uint32_t n_labels;
	struct kymo_label labels[];	/* without the metric's name; strings behind it */
};

/* Of canonical labels. NULL: out of memory. */
struct shared_series *shared_series_create(struct shared_metric *metric, struct labels labels);
struct shared_series *shared_series_hold(struct shared_series *series);
void shared_series_release(struct shared_series *series);	/* NULL is fine */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * metrics.h - the metrics of one instance: those of the plugin's table, then
 * those it declares at run time. An id is a place in this list; nothing is ever
 * taken out.
 *
 * Threads   declare from any; the rest on the thread of the instance.
 */
#ifndef HOST_METRICS_H
#define HOST_METRICS_H

#include "host/shared.h"

#include <kymo/plugin.h>

#define METRICS_MOST 100000		/* of one instance */

struct metrics;

struct metrics *metrics_create(const struct kymo_plugin *plugin);	/* NULL: out of memory */
void metrics_destroy(struct metrics *metrics);	/* NULL is fine */

/*
 * 0 with the id, also of one that is there already; -EEXIST: with another type or
 * labels; -EINVAL, -E2BIG with the reason; -EDQUOT: too many; -ENOMEM.
 */
int metrics_declare(struct metrics *metrics, const struct kymo_metric *metric, const struct label_limits *limits,
		    uint32_t *id, struct error *err);

/* How many labels each has, for the batch; stays valid as long as the metrics. */
void metrics_n_labels(struct metrics *metrics, const uint16_t **n_labels, uint32_t *n);
struct shared_metric *metrics_get(struct metrics *metrics, uint32_t id);

#endif

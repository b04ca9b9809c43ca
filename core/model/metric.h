/* SPDX-License-Identifier: MIT */
/*
 * metric.h - what is known of a metric beside its samples. One type for one
 * name in a store. An owned copy of what a plugin, a push or the disk said.
 */
#ifndef MODEL_METRIC_H
#define MODEL_METRIC_H

#include "model/labels.h"
#include "util/cleanup.h"

#include <kymo/metric.h>

struct metric {
	char *name, *unit, *help;	/* never NULL */
	uint32_t name_len;
	uint32_t type, flags;		/* enum kymo_metric_type, kymo_metric_flags */
	char **labels;			/* NULL-ended, in emit order; never NULL */
	uint32_t n_labels;
};

/* NULL: out of memory. unit, help and labels may be NULL. */
struct metric *metric_create(const struct kymo_metric *from);
void metric_destroy(struct metric *metric);
DEFINE_AUTO(metric, metric_destroy)

/* UTF-8, lengths, label names (no "__" in front, none twice, none empty, no "le" of a histogram), known type. */
int metric_check(const struct kymo_metric *metric, const struct label_limits *limits, struct error *err);
bool metric_same(const struct metric *a, const struct kymo_metric *b);	/* in every word */
const char *metric_type_name(uint32_t type);		/* "gauge" */
void metric_encode(const struct metric *metric, struct buf *out);
struct metric *metric_decode(struct reader *in);	/* NULL: damaged, or out of memory */

#endif

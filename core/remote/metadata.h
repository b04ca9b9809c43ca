/* SPDX-License-Identifier: MIT */
/*
 * metadata.h - what a sender says about its metrics: type, help and unit, told to
 * the store where nobody on this host has said anything.
 *
 * A family of Prometheus has one entry for all its parts. The parts are what has
 * series here, so they are told too: X_bucket, X_sum and X_count of a histogram are
 * counters. The histogram X itself has none (in this store, a metric of that type
 * is made of distributions) and is not told.
 */
#ifndef REMOTE_METADATA_H
#define REMOTE_METADATA_H

#include "remote/write_request.h"
#include "store/store.h"

struct metadata_told {
	uint64_t told, refused;		/* refused: damaged, over limits, stored with another type */
};

/* All of a request. 0 or -ENOMEM. */
int metadata_tell(const struct write_request *request, struct store *store, const struct label_limits *limits,
		  struct metadata_told *told);

/*
 * One metric: `name` with the suffix of a part of its family. 0; -EINVAL: not one that
 * can be, or stored with another type; -ENOMEM.
 */
struct metadata_part {
	const char *name, *suffix, *unit, *help;
	uint32_t type;			/* enum kymo_metric_type */
};
int metadata_tell_part(const struct metadata_part *part, struct store *store, const struct label_limits *limits);

#endif

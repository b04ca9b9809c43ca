/* SPDX-License-Identifier: MIT */
/*
 * resolve.h - the refs of the series of a request: from the cache, and where that
 * does not know one, from its labels, which are checked then. What was refused is
 * taken out of the request's columns.
 */
#ifndef REMOTE_RESOLVE_H
#define REMOTE_RESOLVE_H

#include "remote/guard.h"
#include "remote/write_request.h"
#include "store/store.h"

struct unresolved {
	uint32_t malformed, over_limit, owned;	/* samples of series with bad labels; of new series that are too many; of
						   series that an instance of this host has */
	uint32_t found, looked_up;	/* series: by the cache; by their labels */
	struct error why_malformed, why_over_limit, why_owned;	/* of the first one each */
};
void unresolved_fini(struct unresolved *unresolved);

/*
 * The labels of one series out of what stands in the body; what they point to may be
 * gone with the next call. *n at most LABELS_MOST + 1. 0, -EBADMSG, -EINVAL, -E2BIG with the reason; -ENOMEM.
 */
typedef int labels_reader(void *data, const struct wire_series *series, const struct label_limits *limits,
			  struct label items[LABELS_MOST + 1], uint32_t *n, struct error *err);

/* Where series are looked for, and what is asked of them. */
struct resolver {
	struct ref_cache *cache;
	struct store *store;
	struct label_limits limits;
	struct guard guard;
	labels_reader *labels;
	void *labels_data;
};

/* 0; or a negative errno that concerns all of it. */
int resolve(const struct resolver *resolver, struct write_request *request, struct unresolved *unresolved, struct error *err);

/*
 * The labels of one series, out of a run of Label fields: sorted, none twice, none
 * empty, a metric name among them, within the limits. *n at most LABELS_MOST + 1.
 * 0, -EBADMSG, -EINVAL, -E2BIG with the reason.
 */
labels_reader labels_of_series;		/* the same, as a resolver asks for it */
int labels_of_wire(const uint8_t *data, size_t size, const struct label_limits *limits, struct label items[LABELS_MOST + 1],
		   uint32_t *n, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * postings.h - the series that carry one label, as a rising list of refs; one
 * ref alone needs no memory. Nothing here locks: the index that owns a list
 * guards it.
 */
#ifndef STORE_POSTINGS_H
#define STORE_POSTINGS_H

#include "model/labels.h"

struct postings {
	uint32_t count, room;		/* room 0: the one is in place */
	union {
		series_ref *refs;
		series_ref one;
	};
};

void postings_fini(struct postings *list);
const series_ref *postings_refs(const struct postings *list);
/* Add a ref; one that is there already stays as it is. 0 or -ENOMEM. */
int postings_add(struct postings *list, series_ref ref);
void postings_remove(struct postings *list, series_ref ref);

#endif

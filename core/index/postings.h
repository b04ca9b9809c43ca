/* SPDX-License-Identifier: MIT */
/*
 * postings.h - the series that carry one label, as a rising list of refs in as
 * little memory as their pattern allows; a run of refs without a gap needs none.
 * Nothing here locks: the index that owns a list guards it.
 */
#ifndef INDEX_POSTINGS_H
#define INDEX_POSTINGS_H

#include "model/labels.h"

#include <stdbool.h>

struct pieces;

/* All zero: an empty list. */
struct postings {
	uint32_t count;
	uint32_t room;			/* 0: a run; POSTINGS_PIECES; else of `refs` */
	union {
		series_ref first;	/* of the run */
		series_ref *refs;
		struct pieces *pieces;
	};
};

void postings_fini(struct postings *list);
/* Add a ref; one that is there already stays as it is. 0 or -ENOMEM: as before. */
int postings_add(struct postings *list, series_ref ref);
/*
 * What a removal of this ref could need is made ready. 0 or -ENOMEM. Not needed for
 * the ref that was added last, nor for one at an end of the list.
 */
int postings_prepare_remove(struct postings *list, series_ref ref);
void postings_remove(struct postings *list, series_ref ref);
/* All refs, to where there is room for `count`. */
void postings_copy(const struct postings *list, series_ref *out);
uint64_t postings_bytes(const struct postings *list);	/* of memory, beside the struct */

/* Questions in rising order of refs, each from where the last one was answered. */
struct postings_probe {
	const struct postings *list;
	uint32_t piece, at;
};
static inline struct postings_probe postings_probe(const struct postings *list)
{
	return (struct postings_probe){ .list = list };
}
bool postings_has(struct postings_probe *probe, series_ref ref);

#endif

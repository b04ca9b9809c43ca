/* SPDX-License-Identifier: MIT */
/* answers.h - for tests: what a select gives of one series, in arrays. */
#ifndef TESTS_STORE_ANSWERS_H
#define TESTS_STORE_ANSWERS_H

#include "folder.h"
#include "tier/record.h"
#include "store/select.h"

/* Entries of a tier, copied; of raw samples `value` alone. */
struct answers {
	uint32_t n, room;
	struct answer {
		struct record record;	/* has_sketch: what piece_sketch gives */
		double value;
		uint8_t flags;		/* enum record_flags */
	} *of;
};

void answers_fini(struct answers *answers);
/* The one series that has that ref, in (start, end]. */
void ask(struct store *store, series_ref ref, enum kymo_tier tier, kymo_ms start, kymo_ms end, uint32_t wants,
	 struct answers *out);
/* All of the steps of maintenance that are asked for. */
struct store_maintained maintain(struct store *store, unsigned what);
/* The clock to that time, and windows closed. */
void pass_time(struct folder *folder, kymo_ms now);

#endif

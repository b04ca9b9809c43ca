/* SPDX-License-Identifier: MIT */
/*
 * rollup.h - pieces of samples, or of records of a finer tier, to records of a
 * coarser one. Pure but for what the source reads.
 *
 * From raw the way always goes over 1m and 5m, each settled as it would be
 * stored; so a record is the same to the bit whether it was merged from stored
 * ones or computed from raw.
 */
#ifndef STORE_ROLLUP_H
#define STORE_ROLLUP_H

#include "model/policy.h"
#include "store/raw.h"
#include "tier/record.h"

/* What a rollup has to know of a series. */
struct rollup_series {
	series_ref ref;
	enum series_kind kind;
	uint32_t flags;			/* enum kymo_metric_flags */
	const struct policy *policy;	/* NULL: none */
};

/* The schema of the sketches of such a series in a tier, or SKETCH_NONE: by its policy, where that says it. */
int32_t rollup_schema_of(const struct rollup_series *series, enum kymo_tier tier);
int32_t rollup_schema(enum series_kind kind, uint32_t flags, enum kymo_tier tier);

/* Where pieces come from: as raw_next. */
struct rollup_source {
	int (*next)(void *from, struct piece *piece);
	void *from;
};

/*
 * The next record of tier `to` from records of the tier before it, rising and from
 * *at on, which moves: the same that a rollup of pieces gives. 1, 0: none, -ENOMEM.
 */
int rollup_list(const struct rollup_series *series, enum kymo_tier to, const struct record *from, uint32_t n, uint32_t *at,
		struct record *out);

/* All samples of a window, which is empty: 1, and it is settled; 0: they make nothing; -ENOMEM. */
int rollup_column(const struct rollup_series *series, const kymo_ms *at, const double *values, uint32_t n, struct window *window);

struct rollup;

/* `from` is the tier of the pieces, `to` a coarser one. The source is the caller's. 0 or -ENOMEM. */
int rollup_open(struct rollup_source source, const struct rollup_series *series, enum kymo_tier from, enum kymo_tier to,
		struct rollup **out);
/* From the raw samples in (start, end]. */
int rollup_open_raw(struct store *store, const struct store_view *view, const struct rollup_series *series,
		    enum kymo_tier to, kymo_ms start, kymo_ms end, struct rollup **out);
/*
 * The next record, into one that is initialised or zero. Windows that hold nothing
 * but staleness marks have a count of 0 and are `ended`; those that hold nothing at
 * all are left out. 1; 0: the end; negative: as the source, or -ENOMEM.
 */
int rollup_next(struct rollup *rollup, struct record *out);
/* Of one that was opened from raw: raw_insist; what its reader counted. */
void rollup_insist(struct rollup *rollup);
void rollup_stats(const struct rollup *rollup, struct raw_stats *stats);
void rollup_close(struct rollup *rollup);
DEFINE_AUTO(rollup, rollup_close)

/* Entry i of a piece of records as a window. Borrows the sketch: never to be changed or ended. */
struct window piece_window(const struct piece *piece, uint32_t i);

#endif

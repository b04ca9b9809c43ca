/* SPDX-License-Identifier: MIT */
/*
 * stitch.h - the series of a plan, one at a time, each with its pieces from
 * one span after the other: a range that several tiers serve reads like one.
 *
 *	stitch_open(store, &request, &stitch, err);
 *	while ((r = stitch_next(stitch, &view)) > 0)
 *		while ((r = stitch_piece(stitch, &piece)) > 0)
 *			...
 *	stitch_close(stitch);
 */
#ifndef QUERY_STITCH_H
#define QUERY_STITCH_H

#include "store/plan.h"
#include "store/select.h"

struct stitch_request {
	struct matcher *const *matchers;
	uint32_t n_matchers;
	const struct plan *plan;	/* spans that no tier serves are passed over */
	uint32_t wants;			/* enum want */
	uint32_t series_most;		/* 0: no limit */
	const char *series_key;		/* what that limit is called in the configuration; NULL: limits.series */
	uint64_t samples_most;		/* samples and records in all; 0: no limit */
};

struct stitch;

/* 0; -E2BIG: more series than series_most; other errors of the store. */
int stitch_open(struct store *store, const struct stitch_request *request, struct stitch **out, struct error *err);
void stitch_close(struct stitch *stitch);	/* NULL is fine */
DEFINE_AUTO(stitch, stitch_close)

/* 1: the next series, in order of labels; 0: there is no more; -E2BIG: over series_most. */
int stitch_next(struct stitch *stitch, const struct series_view **view);
/* 1: its next piece, valid until the next call; 0: there is no more; -E2BIG: over samples_most; -ENOMEM. */
int stitch_piece(struct stitch *stitch, struct piece *piece);
/*
 * The same, but who reads may choose, for chunks of raw samples from first to
 * last: as samples; as one record (for who wants neither sketches nor moments); or
 * not at all.
 */
enum chunk_use { CHUNK_SAMPLES, CHUNK_FOLDED, CHUNK_PASSED };
typedef enum chunk_use chunk_choice(void *data, kymo_ms first, kymo_ms last);
int stitch_chosen(struct stitch *stitch, chunk_choice *choice, void *data, struct piece *piece);
/* The tier of the last piece. */
enum kymo_tier stitch_tier(const struct stitch *stitch);

uint64_t stitch_samples(const struct stitch *stitch);	/* handed out so far */
uint32_t stitch_damaged(const struct stitch *stitch);	/* parts of the store that were left out */
void stitch_stats(const struct stitch *stitch, struct select_stats *stats);	/* of all spans */
uint32_t stitch_series(const struct stitch *stitch);	/* that have been handed out */

#endif

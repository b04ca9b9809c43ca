/* SPDX-License-Identifier: MIT */
/*
 * pieces.h - for tests: columns as a cursor of the store would give them, made
 * of samples by hand.
 */
#ifndef TESTS_QUERY_PIECES_H
#define TESTS_QUERY_PIECES_H

#include "model/sample.h"
#include "store/select.h"

/* Records of one series. */
struct columns {
	uint32_t n;
	struct window *windows;
	kymo_ms *at, *start, *first_at, *last_at;
	uint64_t *count;
	double *sum, *min, *max, *first, *last, *correction;
	uint8_t *flags;
	const struct sketch **sketch;
};

/*
 * The windows of that width; width 0: one for all that stand at the same time, as
 * distributions are in raw, where v are observations. schema SKETCH_NONE: without
 * sketches. Aborts when out of memory, as a test may.
 */
void columns_make(struct columns *records, enum series_kind kind, const kymo_ms *at, const double *v, uint32_t n,
		  kymo_ms width, int32_t schema);
void columns_fini(struct columns *records);
/* Entries from..to as a piece. */
struct piece columns_piece(const struct columns *records, uint32_t from, uint32_t to);
static inline struct piece samples_piece(const kymo_ms *at, const double *v, uint32_t n)
{
	return (struct piece){ .n = n, .at = at, .values = v };
}

/* The same in every run: 0..n-1, n at most 2^31. */
uint32_t random_below(uint32_t n);
void random_seed(uint64_t seed);

#endif

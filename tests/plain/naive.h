/* SPDX-License-Identifier: MIT */
/*
 * naive.h - for tests: is this answer right? Worked out of the samples alone, in
 * the plainest way; only which tier served which part is taken from the answer.
 */
#ifndef TESTS_PLAIN_NAIVE_H
#define TESTS_PLAIN_NAIVE_H

#include "query/made.h"

#include <kymo/query.h>

#define SAMPLES_MOST 20000	/* of one series */

/* Every series has a metric of its own, and the query means them all. Fails the test if a point is wrong, lacks or is too many. */
void naive_check(const struct made_series *series, uint32_t n, const struct kymo_query *query, const struct kymo_answer *answer);

#endif

/* SPDX-License-Identifier: MIT */
/* random_query.h - for tests: any plain query for every metric, about data from first to last. */
#ifndef TESTS_PLAIN_RANDOM_QUERY_H
#define TESTS_PLAIN_RANDOM_QUERY_H

#include <kymo/query.h>

struct kymo_query random_query(kymo_ms first, kymo_ms last);

#endif

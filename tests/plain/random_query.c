/* SPDX-License-Identifier: MIT */
/* random_query.c - ranges that may begin before the data and end after them, on round times and off. */
#include "model/tier.h"
#include "plain/random_query.h"
#include "query/pieces.h"
#include "util/check.h"

#define MINUTE INT64_C(60000)

static kymo_ms random_time(kymo_ms first, kymo_ms last)
{
	kymo_ms span = last - first, at = first - span / 10 + (kymo_ms)((uint64_t)random_below(1u << 30) * (uint64_t)(span + span / 5) >> 30);
	static const kymo_ms round_to[] = { 1, 1000, MINUTE, 5 * MINUTE, 60 * MINUTE };

	return window_floor(at, round_to[random_below(COUNT_OF(round_to))]);
}

static kymo_ms random_span(void)
{
	static const kymo_ms spans[] = { 7, 500, 1000, 7000, 30000, MINUTE, 90000, 2 * MINUTE, 5 * MINUTE, 7 * MINUTE, 60 * MINUTE, 70 * MINUTE };

	return spans[random_below(COUNT_OF(spans))];
}

struct kymo_query random_query(kymo_ms first, kymo_ms last)
{
	static const char *const all[] = { "*" };
	struct kymo_query query = {
		.size = sizeof query, .names = all, .n_names = 1, .function = random_below(KYMO_P99 + 1),
		.start = random_time(first, last), .granularity = random_below(3) ? KYMO_AUTO : random_below(TIERS),
	};

	do
		query.end = random_below(2) ? random_time(first, last) : query.start + random_below(30) * random_span();
	while (query.end <= query.start);
	if (random_below(4))
		query.step = random_span();
	if (random_below(3) == 0 && (query.step || query.function != KYMO_VALUES))
		query.window = random_span();
	if (random_below(4) == 0)
		query.points = 1 + random_below(100);
	return query;
}

/* SPDX-License-Identifier: MIT */
/*
 * plain.h - plain queries over a store: the requests and answers of
 * <kymo/query.h>. docs/queries.md tells their meaning.
 *
 * Threads   Any thread; no call blocks a writer.
 * Memory    What is handed out is freed by answer_free().
 * Errors    -EINVAL: the request makes no sense, and what would; -E2BIG: over a
 *           limit, which one, and how to stay below; -ETIMEDOUT; -ENOMEM. A name that matches
 *           nothing is no error: the answer is empty and a warning says why.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include "query/answer.h"
#include "store/store.h"

struct plain_limits {
	uint32_t series;		/* of an answer; 0: no limit, as for all of these */
	uint32_t points;		/* of one series of an answer */
	uint64_t samples;		/* samples and records that one query may read */
	uint64_t memory;		/* bytes that it may hold beside its answer */
	kymo_ms time;			/* of the wall clock */
};

int plain_query(struct store *store, const struct kymo_query *query, const struct plain_limits *limits, kymo_ms now,
		struct kymo_answer **out, struct error *err);

/*
 * The newest value of every series whose name matches one of the patterns (n 0:
 * all). A series that has ended (its newest entry is a staleness mark) is left out.
 */
int plain_latest(struct store *store, const char *const *names, uint32_t n, const struct plain_limits *limits,
		 struct kymo_latest_list **out, struct error *err);
/* One series as such an item, in the memory of any answer. 1; 0: it has ended or has no sample; -ENOMEM. */
int plain_latest_item(void *answer, const struct series_view *view, struct kymo_latest *item);

/* `name` may have wildcards: then `all` is of all that match. start and end both 0: the last hour. */
int plain_summary(struct store *store, const char *name, const struct kymo_filter *filters, uint32_t n_filters,
		  kymo_ms start, kymo_ms end, const struct plain_limits *limits, kymo_ms now,
		  struct kymo_summary_answer **out, struct error *err);

/* The metrics whose name matches (NULL: all). */
int plain_list(struct store *store, const char *pattern, struct kymo_metric_list **out, struct error *err);

/* The words of a request. 0, or -EINVAL with the words that there are. */
int plain_parse_function(const char *word, uint32_t *function, struct error *err);	/* "values" "sum" ... "p99" */
int plain_parse_granularity(const char *word, uint32_t *granularity, struct error *err);	/* "auto" "raw" "1m" "5m" "1h" */
int plain_parse_op(const char *word, uint32_t *op, struct error *err);			/* "=" "!=" "=~" "!~" "like" */
const char *plain_function_name(uint32_t function);	/* "p95"; "?" */

#endif

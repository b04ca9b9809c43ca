/* SPDX-License-Identifier: MIT */
/*
 * read_request.h - the body of a remote read request (prometheus/prompb:
 * ReadRequest), unpacked: which series, over which time. Hints are passed over: who
 * asks gets every sample.
 */
#ifndef REMOTE_READ_REQUEST_H
#define REMOTE_READ_REQUEST_H

#include "model/matcher.h"
#include "util/error.h"

#include <kymo/abi.h>

#define READ_QUERIES_MOST 100		/* Prometheus sends one */
#define READ_MATCHERS_MOST 64		/* of a query */

struct read_query {
	kymo_ms start, end;		/* both belong to it */
	uint32_t n;
	struct matcher *matchers[READ_MATCHERS_MOST];
};

struct read_request {
	uint32_t n;
	struct read_query *queries;
	bool wants_samples;		/* answers of the first kind are taken: series with samples */
};

/* Into a request that is zero; to be ended whatever it gives. 0; -EBADMSG: damaged; -EINVAL: over those limits, or no matchers; -ENOMEM. */
int read_request_read(struct read_request *request, const uint8_t *body, size_t n, struct error *err);
void read_request_fini(struct read_request *request);

#endif

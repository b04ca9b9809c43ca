/* SPDX-License-Identifier: MIT */
/*
 * write_request.h - the body of a remote write 1.0 request (prometheus/prompb:
 * WriteRequest), unpacked: its series with their raw labels, and the samples of
 * all of them as columns. Labels are not looked into; see resolve.h.
 *
 * Exemplars and native histograms are only counted.
 */
#ifndef REMOTE_WRITE_REQUEST_H
#define REMOTE_WRITE_REQUEST_H

#include "model/sample.h"
#include "remote/ref_cache.h"
#include "util/clock.h"
#include "util/error.h"

#define WRITE_SAMPLES_MOST (UINT32_C(1) << 20)	/* in one request: senders have some thousands */

/* A series that has samples. */
struct wire_series {
	const uint8_t *labels;		/* in the body: its Label fields with their tags, or name and labels as text */
	uint32_t size;
	uint32_t first, n;		/* its samples: part of the columns */
	series_ref ref;			/* 0: not known, or refused */
	struct ref_key key;
};

struct write_request {
	uint32_t n_series, room_series;
	struct wire_series *series;
	uint32_t n, room;		/* samples */
	series_ref *refs;		/* filled by resolve.h */
	double *values;
	kymo_ms *times;
	uint64_t metadata, exemplars, histograms;
	struct buf straight;		/* the body with labels first, if it was another way */
	const uint8_t *body;		/* what was read: the caller's, or `straight` */
	size_t size;
};

void write_request_fini(struct write_request *request);

/*
 * Read a body, which must stay, in place of what the request held. 0; -EBADMSG:
 * damaged; -E2BIG: more samples than that; -ENOMEM; with the reason.
 */
int write_request_read(struct write_request *request, const struct ref_cache *cache, const uint8_t *body, size_t n,
		       struct error *err);

/* Room for one more series and one more sample. 0; -E2BIG: more samples than are taken; -ENOMEM. */
int write_request_reserve(struct write_request *request);

/* Each MetricMetadata of the body; stops when non-zero, and gives that. */
int write_request_each_metadata(const struct write_request *request,
				int (*each)(void *data, const uint8_t *message, size_t n), void *data);

#endif

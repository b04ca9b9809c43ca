/* SPDX-License-Identifier: MIT */
/*
 * wal_record.h - one append as the payload of a WAL record: values as their 8
 * bytes, refs and times as differences.
 */
#ifndef STORE_WAL_RECORD_H
#define STORE_WAL_RECORD_H

#include "model/labels.h"
#include "util/buf.h"

#include <kymo/abi.h>

struct wal_distribution {
	series_ref ref;
	kymo_ms at;
	double mean;
	const uint8_t *data;		/* one record, as records_encode writes it */
	uint32_t size;
};

struct wal_batch {
	uint32_t n;
	const series_ref *refs;
	const kymo_ms *times;		/* NULL: all at `at` */
	kymo_ms at;
	const double *values;
	uint32_t n_distributions;
	const struct wal_distribution *distributions;
};

void wal_record_encode(const struct wal_batch *batch, struct buf *out);

/* Memory that decoding uses again and again; zero to begin with. */
struct wal_scratch {
	uint32_t room, room_distributions;
	series_ref *refs;
	kymo_ms *times;
	double *values;
	struct wal_distribution *distributions;
};
void wal_scratch_fini(struct wal_scratch *scratch);

/* *batch points into `data` and *scratch. 0, -EBADMSG, -ENOMEM. */
int wal_record_decode(const uint8_t *data, size_t size, struct wal_scratch *scratch, struct wal_batch *batch);

#endif

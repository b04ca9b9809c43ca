/* SPDX-License-Identifier: MIT */
/*
 * tier/record.h - one append as the payload of a WAL record: parts, one behind
 * another. A group of series is stated, with its last values, before its rows;
 * then a row says who changed, and tokens (codec/token.h). What is in no row has its ref,
 * time and 8 bytes.
 */
#ifndef WAL_RECORD_H
#define WAL_RECORD_H

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

/* ---- writing; each adds a part ---- */

void wal_put_samples(const struct wal_batch *batch, struct buf *out);

/* From here on `number` is this group, with these last values and token states. Numbers of a segment count up from 0. */
struct wal_state {
	uint32_t number, n;
	const series_ref *refs;
	const uint64_t *last;
	const uint8_t *state;
};
void wal_put_state(const struct wal_state *state, struct buf *out);

/* What both sides keep of a group between its rows: zero when it is stated. */
struct wal_pace {
	kymo_ms at, step;
	uint64_t *changed;		/* a word for each 64 members */
};
struct wal_row {
	uint32_t number, n;
	kymo_ms at;
	const uint64_t *changed;
	const uint64_t *present;	/* NULL: all are there */
	const uint8_t *tokens;
	size_t size;
};
void wal_put_row(const struct wal_row *row, struct wal_pace *pace, struct buf *out);

/* ---- reading ---- */

/* Gives 0, or a negative errno that ends the replay. */
typedef int wal_each(void *data, const struct wal_batch *batch);

/* Groups of a segment, and memory that is used again and again; zero to begin with. */
struct wal_reading {
	uint32_t n, room, room_samples, room_distributions;
	struct wal_group **group;
	series_ref *refs;
	kymo_ms *times;
	double *values;
	struct wal_distribution *distributions;
};
void wal_reading_fini(struct wal_reading *reading);
/* A record is missing: rows of the groups until now can be read no more. */
void wal_reading_forget(struct wal_reading *reading);

/*
 * Every part but statements is given to `each`, valid until it returns. 0, what
 * `each` gave, -ENOMEM; -EBADMSG: a part is not sound, those before it were given.
 */
int wal_record_read(const uint8_t *data, size_t size, struct wal_reading *reading, wal_each *each, void *each_data);

#endif

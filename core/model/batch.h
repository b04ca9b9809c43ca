/* SPDX-License-Identifier: MIT */
/*
 * batch.h - the samples of one collect, as the plugin emits them.
 *
 * A sample is a key and a value. The keys stand one behind the other, so that a
 * collect that emits the same series in the same order as the last one has the
 * very same bytes of keys, which one memcmp finds out:
 *
 *	u32 metric, then for each label of the metric: u32 length, bytes
 *
 * Label values are bounded here; whether they are UTF-8 is asked when a key is
 * new (ingest). A sample that cannot be taken is refused alone and counted.
 * One thread uses a batch.
 */
#ifndef MODEL_BATCH_H
#define MODEL_BATCH_H

#include <kymo/host.h>

enum batch_refusal {
	BATCH_UNDECLARED,	/* no such metric */
	BATCH_INVALID,		/* not UTF-8, too long, an impossible time */
	BATCH_LIMIT,		/* of the batch, of series, of series of a metric; memory */
	BATCH_OWNER,		/* another instance has this series */
	BATCH_TYPE,		/* the store knows the metric with another type */
	BATCH_REFUSALS
};

#define BATCH_BYTES ((size_t)64 << 20)	/* preset of what one collect may emit */
#define BATCH_REASON 200
#define BATCH_DECIMALS 15		/* the most that are kept of a sample */

struct points;				/* what a sink walks: host/points.h */

struct kymo_batch {
	kymo_ms at;
	uint32_t n, room;		/* samples */
	double *values;
	kymo_ms *times;			/* NULL: all have the time of the batch */
	uint8_t *decimals;		/* places behind the point, as they were handed over; 0: not known */
	uint32_t room_decimals;
	bool has_decimals;		/* else no sample has any, and the column is not kept */
	uint8_t *keys;
	size_t keys_len, keys_room;

	const uint16_t *n_labels;	/* of each metric; none while no collect runs */
	uint32_t n_metrics;
	/* A metric that is not among them: have there come more? May be NULL. */
	void (*more)(void *data, const uint16_t **n_labels, uint32_t *n_metrics);
	void *data;

	size_t value_most, bytes_most;	/* limits */
	uint64_t refused[BATCH_REFUSALS];
	char reason[BATCH_REASON];	/* of the first refusal; "" */

	const struct points *points;	/* of a batch that a sink is given; then all else is empty */
};

/* Limits: bytes of a label value, bytes of the batch. */
void batch_init(struct kymo_batch *batch, size_t value_most, size_t bytes_most);
void batch_fini(struct kymo_batch *batch);
/* Empty it and open it for emits of these metrics. */
void batch_begin(struct kymo_batch *batch, kymo_ms at, const uint16_t *n_labels, uint32_t n_metrics);
/* No more emits. Gives back memory that is far more than what was needed. */
void batch_end(struct kymo_batch *batch);

/* As in struct kymo_host. */
void batch_emit(struct kymo_batch *batch, uint32_t metric, const char *const labels[], double value, kymo_ms at);
void batch_emit_decimal(struct kymo_batch *batch, uint32_t metric, const char *const labels[], int64_t mantissa,
			int32_t exponent, kymo_ms at);

/* Count a refusal; the first reason is kept. */
void batch_refuse(struct kymo_batch *batch, enum batch_refusal why, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
uint64_t batch_refused(const struct kymo_batch *batch);	/* all reasons together */

/* One sample. The key is valid until the next emit. */
struct batch_entry {
	uint32_t metric;
	const uint8_t *key;
	size_t key_len;
	double value;
	uint8_t decimals;		/* 0: not known */
	kymo_ms at;
};
struct batch_cursor {
	uint32_t i;
	size_t at;
};
/* Walk the samples in the order of their emits: a cursor begins as zeros. Between begin and the next begin. */
bool batch_next(const struct kymo_batch *batch, struct batch_cursor *cursor, struct batch_entry *entry);
/* The next label value of a key: *at begins at sizeof(uint32_t). Not NUL-ended. NULL: no more. */
const char *batch_key_label(const uint8_t *key, size_t key_len, size_t *at, uint32_t *len);

/* mantissa * 10^exponent, rounded once. */
double batch_decimal(int64_t mantissa, int32_t exponent);

#endif

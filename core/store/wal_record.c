/* SPDX-License-Identifier: MIT */
/*
 * wal_record.c - flags, samples, distributions. Counts are held against the bytes
 * that are there before anything is allocated for them.
 */
#include "store/wal_record.h"

#include <errno.h>
#include <stdlib.h>

enum { OWN_TIMES = 1 };		/* flags: every sample has a time of its own */
enum { SAMPLE_LEAST = 9, DISTRIBUTION_LEAST = 11 };	/* bytes of the smallest one */

static void samples_encode(const struct wal_batch *batch, struct buf *out)
{
	series_ref before = 0;
	kymo_ms at = batch->at;

	buf_add_varint(out, batch->n);
	buf_add_zigzag(out, batch->at);
	for (uint32_t i = 0; i < batch->n; i++) {
		buf_add_zigzag(out, (int64_t)batch->refs[i] - before);
		before = batch->refs[i];
	}
	for (uint32_t i = 0; i < batch->n && batch->times; i++) {
		buf_add_zigzag(out, (int64_t)((uint64_t)batch->times[i] - (uint64_t)at));
		at = batch->times[i];
	}
	for (uint32_t i = 0; i < batch->n; i++)
		buf_add_f64(out, batch->values[i]);
}

static void distributions_encode(const struct wal_batch *batch, struct buf *out)
{
	buf_add_varint(out, batch->n_distributions);
	for (uint32_t i = 0; i < batch->n_distributions; i++) {
		const struct wal_distribution *d = &batch->distributions[i];

		buf_add_varint(out, d->ref);
		buf_add_zigzag(out, d->at);
		buf_add_f64(out, d->mean);
		buf_add_string(out, (const char *)d->data, d->size);
	}
}

void wal_record_encode(const struct wal_batch *batch, struct buf *out)
{
	buf_add_u8(out, batch->times ? OWN_TIMES : 0);
	samples_encode(batch, out);
	distributions_encode(batch, out);
}

/* ---- back ---- */

void wal_scratch_fini(struct wal_scratch *scratch)
{
	free(scratch->refs);
	free(scratch->times);
	free(scratch->values);
	free(scratch->distributions);
	*scratch = (struct wal_scratch){ 0 };
}

static int room_for_samples(struct wal_scratch *scratch, uint32_t n)
{
	void *refs, *times, *values;

	if (n <= scratch->room)
		return 0;
	if ((refs = realloc(scratch->refs, n * sizeof *scratch->refs)))
		scratch->refs = refs;
	if ((times = realloc(scratch->times, n * sizeof *scratch->times)))
		scratch->times = times;
	if ((values = realloc(scratch->values, n * sizeof *scratch->values)))
		scratch->values = values;
	if (!refs || !times || !values)
		return -ENOMEM;
	scratch->room = n;
	return 0;
}

static int room_for_distributions(struct wal_scratch *scratch, uint32_t n)
{
	struct wal_distribution *more;

	if (n <= scratch->room_distributions)
		return 0;
	more = realloc(scratch->distributions, n * sizeof *more);
	if (!more)
		return -ENOMEM;
	scratch->distributions = more;
	scratch->room_distributions = n;
	return 0;
}

/* A count of things that take at least `least` bytes each; more than can be there turns the reader bad. */
static uint32_t read_count(struct reader *in, size_t least)
{
	uint64_t n = read_varint(in);

	if (n > reader_left(in) / least) {
		read_bytes(in, SIZE_MAX);
		return 0;
	}
	return (uint32_t)n;
}

static series_ref read_ref(struct reader *in, series_ref before)
{
	uint64_t ref = (uint64_t)before + (uint64_t)read_zigzag(in);

	if (ref > UINT32_MAX)
		read_bytes(in, SIZE_MAX);
	return (series_ref)ref;
}

static int samples_decode(struct reader *in, bool own_times, struct wal_scratch *scratch, struct wal_batch *batch)
{
	uint32_t n = read_count(in, SAMPLE_LEAST);
	kymo_ms at = read_zigzag(in);

	if (room_for_samples(scratch, n) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		scratch->refs[i] = read_ref(in, i ? scratch->refs[i - 1] : 0);
	*batch = (struct wal_batch){ .n = n, .refs = scratch->refs, .at = at, .values = scratch->values };
	for (uint32_t i = 0; i < n && own_times; i++)
		scratch->times[i] = at = (kymo_ms)((uint64_t)at + (uint64_t)read_zigzag(in));
	for (uint32_t i = 0; i < n; i++)
		scratch->values[i] = read_f64(in);
	batch->times = own_times ? scratch->times : NULL;
	return 0;
}

static int distributions_decode(struct reader *in, struct wal_scratch *scratch, struct wal_batch *batch)
{
	uint32_t n = read_count(in, DISTRIBUTION_LEAST);

	if (room_for_distributions(scratch, n) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		struct wal_distribution *d = &scratch->distributions[i];
		uint64_t ref = read_varint(in);
		size_t size;

		d->ref = ref > UINT32_MAX ? 0 : (series_ref)ref;
		d->at = read_zigzag(in);
		d->mean = read_f64(in);
		d->data = (const uint8_t *)read_string(in, &size);
		d->size = (uint32_t)size;
	}
	batch->n_distributions = n;
	batch->distributions = scratch->distributions;
	return 0;
}

int wal_record_decode(const uint8_t *data, size_t size, struct wal_scratch *scratch, struct wal_batch *batch)
{
	struct reader in = reader_of(data, size);
	uint8_t flags = read_u8(&in);

	if (flags & ~OWN_TIMES)
		return -EBADMSG;
	if (samples_decode(&in, flags & OWN_TIMES, scratch, batch) < 0 ||
	    distributions_decode(&in, scratch, batch) < 0)
		return -ENOMEM;
	return in.bad || reader_left(&in) ? -EBADMSG : 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * write_samples.c - samples are cut into chunks where the series before was
 * cut, if it has a chunk there: so series that were sampled together have the
 * same times again, chunk by chunk, also where one began late or has a gap. Else
 * about every thousand.
 */
#include "model/rising.h"
#include "block/writer.h"
#include "util/check.h"

#include <errno.h>

static bool is_one_value(const double *values, uint32_t n, uint64_t bits)
{
	uint64_t other = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t v;

		memcpy(&v, &values[i], sizeof v);
		other |= v ^ bits;
	}
	return !other;
}

/* The first n of those that are gathered. */
static int cut(struct block_writer *writer, uint32_t n)
{
	struct made_series *series = group_series(writer);
	size_t before = series->bytes.len;
	uint32_t times;

	if (!series->chunks.len) {
		memcpy(&series->value_bits, writer->values, sizeof series->value_bits);
		series->one_value = true;
	}
	series->one_value = series->one_value && is_one_value(writer->values, n, series->value_bits);
	if (times_number(writer, writer->at, n, &times) < 0 ||
	    values_encode(writer->values, n, writer->effort, &writer->hint, &series->bytes) < 0 ||
	    group_add_chunk(writer, writer->at[0], writer->at[n - 1], n, times, (uint32_t)(series->bytes.len - before)) < 0)
		return -ENOMEM;
	writer->n -= n;
	memmove(writer->at, writer->at + n, writer->n * sizeof *writer->at);
	memmove(writer->values, writer->values + n, writer->n * sizeof *writer->values);
	return 0;
}

int samples_end(struct block_writer *writer)
{
	return writer->n ? cut(writer, writer->n) : 0;
}

/* Where the series before has been cut, if what is gathered begins inside of that chunk; else INT64_MAX. */
static kymo_ms guided_end(struct block_writer *writer, kymo_ms first)
{
	const struct made_chunk *guides = (const struct made_chunk *)writer->guides.data;
	uint32_t n = (uint32_t)(writer->guides.len / sizeof *guides);

	while (writer->guide < n && guides[writer->guide].last < first)
		writer->guide++;
	return writer->guide < n && guides[writer->guide].first <= first ? guides[writer->guide].last : INT64_MAX;
}

/* As many as go into the chunk that is being made: how many; negative: -ENOMEM. */
static int64_t take(struct block_writer *writer, const kymo_ms *at, const double *values, uint32_t n)
{
	kymo_ms end = guided_end(writer, writer->n ? writer->at[0] : at[0]);
	uint32_t most = end == INT64_MAX ? CHUNK_SAMPLES_MOST : (uint32_t)VALUES_MOST;
	uint32_t room = most > writer->n ? most - writer->n : 0, fits = (uint32_t)rising_behind(at, 0, n < room ? n : room, end);
	int r = 0;

	memcpy(writer->at + writer->n, at, fits * sizeof *at);
	memcpy(writer->values + writer->n, values, fits * sizeof *values);
	writer->n += fits;
	if (fits < n)		/* there is a next one, so this chunk is full */
		r = cut(writer, end == INT64_MAX && writer->n >= CHUNK_SAMPLES_MOST ? CHUNK_SAMPLES_USUAL : writer->n);
	return r < 0 ? r : (int64_t)fits;
}

int block_add_samples(struct block_writer *writer, const kymo_ms *at, const double *values, uint32_t n)
{
	const struct made_series *series = group_series(writer);

	CHECK(series && !series->records, "n=%u", n);
	while (n) {
		int64_t taken = take(writer, at, values, n);

		if (taken < 0)
			return (int)taken;
		at += taken;
		values += taken;
		n -= (uint32_t)taken;
	}
	return 0;
}

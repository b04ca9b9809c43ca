/* SPDX-License-Identifier: MIT */
/*
 * write_times.c - times that two chunks have stand once in the file. They
 * are found by their hash and then compared: decoded again, so that only the few
 * bytes that they were encoded to have to be kept.
 *
 * Those of one group come behind those that have a column; what is used once
 * goes with its group, so that series with times of their own do not pile up.
 */
#include "codec/times.h"
#include "block/writer.h"
#include "util/hash.h"

#include <errno.h>

struct times_key {
	const kymo_ms *at;
	uint32_t n;
};

static bool times_equal(const void *owner, uint32_t item, const void *key)
{
	const struct block_writer *writer = owner;
	const struct made_times *times = times_at(writer, item);
	const struct times_key *wanted = key;
	const uint8_t *data = (times->column ? writer->columns.data : writer->group_times.data) + times->at;
	kymo_ms at[TIMES_MOST];

	return times->n == wanted->n && times->first == wanted->at[0] && times->last == wanted->at[wanted->n - 1] &&
	       times_decode(data, times->size, at, times->n) == 0 && !memcmp(at, wanted->at, times->n * sizeof *at);
}

static int add(struct block_writer *writer, const kymo_ms *at, uint32_t n, uint64_t hash)
{
	struct made_times times = { .first = at[0], .last = at[n - 1], .n = n, .hash = hash, .at = writer->group_times.len };

	if (times_encode(at, n, &writer->group_times) < 0)
		return -ENOMEM;
	times.size = writer->group_times.len - times.at;
	buf_add(&writer->times, &times, sizeof times);
	if (buf_failed(&writer->times) || map_add(&writer->by_times, hash, writer->n_times) < 0)
		return -ENOMEM;
	writer->n_times++;
	return 0;
}

int times_number(struct block_writer *writer, const kymo_ms *at, uint32_t n, uint32_t *number)
{
	struct times_key key = { at, n };
	uint64_t hash = hash_bytes(at, n * sizeof *at);

	*number = map_find(&writer->by_times, hash, &key, times_equal, writer);
	if (*number == MAP_NONE) {
		*number = writer->n_times;
		if (add(writer, at, n, hash) < 0)
			return -ENOMEM;
	}
	times_at(writer, *number)->uses++;
	return 0;
}

static void give_column(struct block_writer *writer, struct made_times *times)
{
	const uint8_t *data = writer->group_times.data + times->at;
	struct buf *places = &writer->column_places;

	times->at = writer->columns.len;
	times->column = ++writer->n_columns;
	buf_add(&writer->columns, data, times->size);
	buf_add_zigzag(places, (int64_t)((uint64_t)times->first - (uint64_t)writer->column_before));
	buf_add_varint(places, (uint64_t)times->last - (uint64_t)times->first);
	buf_add_varint(places, times->n);
	buf_add_varint(places, times->size);
	buf_add_u32(places, checksum(data, times->size));
	writer->column_before = times->last;
}

int times_share(struct block_writer *writer)
{
	for (uint32_t i = writer->n_shared; i < writer->n_times; i++)
		if (times_at(writer, i)->uses > 1)
			give_column(writer, times_at(writer, i));
	return buf_failed(&writer->columns) || buf_failed(&writer->column_places) ? -ENOMEM : 0;
}

int times_forget(struct block_writer *writer)
{
	int r = 0;

	for (uint32_t i = writer->n_shared; i < writer->n_times; i++) {
		struct made_times times = *times_at(writer, i);

		map_remove(&writer->by_times, times.hash, i);
		if (!times.column)
			continue;
		*times_at(writer, writer->n_shared) = times;
		if (map_add(&writer->by_times, times.hash, writer->n_shared) < 0)
			r = -ENOMEM;
		writer->n_shared++;
	}
	writer->n_times = writer->n_shared;
	writer->times.len = writer->n_times * sizeof(struct made_times);
	buf_clear(&writer->group_times);
	return r;
}

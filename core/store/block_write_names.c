/* SPDX-License-Identifier: MIT */
/* block_write_names.c - a metric is there once, a series says which is its own. */
#include "store/block_writer.h"
#include "util/hash.h"

#include <errno.h>

enum { NAMES_LEVEL = 3 };

/* Where a metric stands in `metrics`. */
struct metric_place {
	size_t at, size;
};

struct metric_key {
	const uint8_t *data;
	size_t size;
};

static bool metric_equal(const void *owner, uint32_t item, const void *key)
{
	const struct block_writer *writer = owner;
	const struct metric_place *place = (const struct metric_place *)writer->metric_places.data + item;
	const struct metric_key *wanted = key;

	return place->size == wanted->size && !memcmp(writer->metrics.data + place->at, wanted->data, wanted->size);
}

/* The number of a metric. */
static int metric_number(struct block_writer *writer, const struct metric *metric, uint32_t *number)
{
	struct metric_place place = { .at = writer->metrics.len };
	struct metric_key key;
	uint64_t hash;

	metric_encode(metric, &writer->metrics);
	if (buf_failed(&writer->metrics))
		return -ENOMEM;
	key.data = writer->metrics.data + place.at;
	key.size = place.size = writer->metrics.len - place.at;
	hash = hash_bytes(key.data, key.size);
	*number = map_find(&writer->by_metric, hash, &key, metric_equal, writer);
	if (*number != MAP_NONE) {
		writer->metrics.len = place.at;
		return 0;
	}
	buf_add(&writer->metric_places, &place, sizeof place);
	if (buf_failed(&writer->metric_places) || map_add(&writer->by_metric, hash, writer->n_metrics) < 0)
		return -ENOMEM;
	*number = writer->n_metrics++;
	return 0;
}

int names_add_series(struct block_writer *writer, struct labels labels, const struct metric *metric)
{
	uint32_t number;
	int r = metric_number(writer, metric, &number);

	if (r < 0)
		return r;
	buf_clear(&writer->ref_names);
	buf_add_varint(&writer->ref_names, number);
	buf_add_string(&writer->ref_names, (const char *)labels.data, labels.size);
	return buf_failed(&writer->ref_names) ? -ENOMEM : 0;
}

void names_keep(struct block_writer *writer)
{
	buf_add(&writer->names, writer->ref_names.data, writer->ref_names.len);
}

int names_pack(struct block_writer *writer, struct buf *out, uint32_t *unpacked)
{
	AUTO_BUF names = { 0 };
	uint8_t *to;
	size_t n;

	buf_add_varint(&names, writer->n_metrics);
	buf_add(&names, writer->metrics.data, writer->metrics.len);
	buf_add(&names, writer->names.data, writer->names.len);
	if (buf_failed(&names) || buf_failed(&writer->names))
		return -ENOMEM;
	if (names.len > BLOCK_NAMES_MOST)
		return -E2BIG;
	to = buf_reserve(out, ZSTD_compressBound(names.len));
	if (!to)
		return -ENOMEM;
	n = ZSTD_compressCCtx(writer->zstd, to, ZSTD_compressBound(names.len), names.data, names.len, NAMES_LEVEL);
	if (ZSTD_isError(n))
		return -ENOMEM;
	out->len += n;
	*unpacked = (uint32_t)names.len;
	return 0;
}

void names_fini(struct block_writer *writer)
{
	buf_fini(&writer->ref_names);
	buf_fini(&writer->names);
	buf_fini(&writer->metrics);
	buf_fini(&writer->metric_places);
	map_fini(&writer->by_metric);
}

/* SPDX-License-Identifier: MIT */
/* write_names.c - metrics, and the words that labels are made of, are there once; a series has their numbers. */
#include "block/writer.h"
#include "util/hash.h"

#include <errno.h>

enum { NAMES_LEVEL = 3 };

struct word_place {
	size_t at, size;
};

static bool word_equal(const void *owner, uint32_t item, const void *key)
{
	const struct made_words *words = owner;
	const struct word_place *place = (const struct word_place *)words->places.data + item, *wanted = key;

	return place->size == wanted->size && !memcmp(words->bytes.data + place->at, words->bytes.data + wanted->at, wanted->size);
}

/* The number of the word that was added to `bytes` from `at` on; one that is there already is taken off again. */
static int word_number(struct made_words *words, size_t at, uint32_t *number)
{
	struct word_place place = { at, words->bytes.len - at };
	uint64_t hash;

	if (buf_failed(&words->bytes))
		return -ENOMEM;
	hash = hash_bytes(words->bytes.data + at, place.size);
	*number = map_find(&words->by_bytes, hash, &place, word_equal, words);
	if (*number != MAP_NONE) {
		words->bytes.len = at;
		return 0;
	}
	buf_add(&words->places, &place, sizeof place);
	if (buf_failed(&words->places) || map_add(&words->by_bytes, hash, words->n) < 0)
		return -ENOMEM;
	*number = words->n++;
	return 0;
}

static int metric_number(struct block_writer *writer, const struct metric *metric, uint32_t *number)
{
	size_t at = writer->metrics.bytes.len;

	metric_encode(metric, &writer->metrics.bytes);
	return word_number(&writer->metrics, at, number);
}

static int add_symbol(struct block_writer *writer, const char *text, uint32_t size)
{
	size_t at = writer->symbols.bytes.len;
	uint32_t number;

	buf_add_string(&writer->symbols.bytes, text, size);
	if (word_number(&writer->symbols, at, &number) < 0)
		return -ENOMEM;
	buf_add_varint(&writer->ref_names, number);
	return 0;
}

static bool is_name(const struct label *label)
{
	return text_equal(label->name, label->name_len, LABEL_NAME);
}

/* The name of the metric is with the metric, unless they differ. */
int names_add_series(struct block_writer *writer, struct labels labels, const struct metric *metric)
{
	struct label name = labels_metric(labels), label;
	bool own = !text_equal(name.value, name.value_len, metric->name);
	uint32_t number, at = 0;
	int r = metric_number(writer, metric, &number);

	buf_clear(&writer->ref_names);
	buf_add_varint(&writer->ref_names, number);
	buf_add_varint(&writer->ref_names, (uint64_t)(labels_count(labels) - !own) << 1 | own);
	while (r == 0 && labels_next(labels, &at, &label)) {
		if (!own && is_name(&label))
			continue;
		r = add_symbol(writer, label.name, label.name_len);
		if (r == 0)
			r = add_symbol(writer, label.value, label.value_len);
	}
	return r < 0 || buf_failed(&writer->ref_names) ? -ENOMEM : 0;
}

void names_keep(struct block_writer *writer)
{
	buf_add(&writer->names, writer->ref_names.data, writer->ref_names.len);
}

static void words_put(const struct made_words *words, struct buf *out)
{
	buf_add_varint(out, words->n);
	buf_add(out, words->bytes.data, words->bytes.len);
}

static void words_fini(struct made_words *words)
{
	buf_fini(&words->bytes);
	buf_fini(&words->places);
	map_fini(&words->by_bytes);
}

int names_pack(struct block_writer *writer, struct buf *out, uint32_t *unpacked)
{
	AUTO_BUF names = { 0 };
	uint8_t *to;
	size_t n;

	words_put(&writer->metrics, &names);
	words_put(&writer->symbols, &names);
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
	words_fini(&writer->metrics);
	words_fini(&writer->symbols);
}

/* SPDX-License-Identifier: MIT */
/* text_request.c - see text_request.h. A series is known by its text, as it stands in the body. */
#include "remote/text_request.h"

#include <errno.h>

struct reading {
	struct write_request *request;
	const struct ref_cache *cache;
	const struct text_request *text;
};

void text_request_fini(struct text_request *text)
{
	text_parser_destroy(text->parser);
	text->parser = NULL;
	buf_fini(&text->scratch);
}

/* ---- reading ---- */

/* Of one series with several times the samples mostly stand together. */
static bool goes_on(const struct write_request *request, const struct text_sample *sample)
{
	const struct wire_series *last;

	if (!request->n_series)
		return false;
	last = &request->series[request->n_series - 1];
	return last->size == sample->series_n && !memcmp(last->labels, sample->series, sample->series_n);
}

static void add_series(const struct reading *reading, const struct text_sample *sample)
{
	struct write_request *request = reading->request;
	struct wire_series *series = &request->series[request->n_series++];

	*series = (struct wire_series){ .labels = (const uint8_t *)sample->series, .size = sample->series_n, .first = request->n };
	series->key = ref_cache_key(reading->cache, series->labels, series->size);
	series->key.low ^= reading->text->extra_key.low;
	series->key.high ^= reading->text->extra_key.high;
}

static int take_sample(void *data, const struct text_sample *sample)
{
	const struct reading *reading = data;
	struct write_request *request = reading->request;
	int r = write_request_reserve(request);

	if (r < 0)
		return r;
	if (!goes_on(request, sample))
		add_series(reading, sample);
	request->values[request->n] = sample->value;
	request->times[request->n] = sample->has_time ? sample->at : reading->text->how->at;
	request->series[request->n_series - 1].n++;
	request->n++;
	return 0;
}

/* A text begins with a letter, a quote or a brace; what stands for the extra labels, with none of these. */
static int make_extra_key(struct text_request *text, const struct ref_cache *cache)
{
	buf_clear(&text->scratch);
	buf_add_u8(&text->scratch, 0);
	for (uint32_t i = 0; i < text->how->n_extra; i++) {
		const struct label *extra = &text->how->extra[i];

		buf_add_string(&text->scratch, extra->name, extra->name_len);
		buf_add_string(&text->scratch, extra->value, extra->value_len);
	}
	if (buf_failed(&text->scratch))
		return -ENOMEM;
	text->extra_key = text->how->n_extra ? ref_cache_key(cache, text->scratch.data, text->scratch.len) : (struct ref_key){ 0 };
	return 0;
}

static int begin(struct text_request *text, struct write_request *request, const struct ref_cache *cache,
		 const struct label_limits *limits, struct error *err)
{
	if (labels_check(text->how->extra, text->how->n_extra, limits, err) < 0)
		return -EBADMSG;
	request->n_series = request->n = 0;
	request->metadata = request->exemplars = request->histograms = 0;
	text_parser_destroy(text->parser);
	text->parser = text_parser_create(text->how->format, limits);
	return text->parser ? make_extra_key(text, cache) : -ENOMEM;
}

static int complain(int r, struct error *err)
{
	if (r == 0 || r == -EBADMSG || (err && err->count))
		return r;
	return r == -E2BIG ? error_set(err, r, "more than %u samples in one request", WRITE_SAMPLES_MOST) :
			     error_set(err, r, "out of memory");
}

int text_request_read(struct text_request *text, struct write_request *request, const struct ref_cache *cache,
		      const struct label_limits *limits, const uint8_t *body, size_t n, struct error *err)
{
	struct reading reading = { request, cache, text };
	int r = begin(text, request, cache, limits, err);

	if (r == 0)
		r = text_parser_feed(text->parser, (const char *)body, n, take_sample, &reading, err);
	if (r == 0)
		r = text_parser_end(text->parser, err);
	if (r == 0)
		request->exemplars = text_parser_counts(text->parser).exemplars;
	return complain(r, err);
}

/* ---- labels ---- */

static uint32_t find_label(const struct label *items, uint32_t n, const struct label *wanted)
{
	uint32_t i = 0;

	while (i < n && !(items[i].name_len == wanted->name_len && !memcmp(items[i].name, wanted->name, wanted->name_len)))
		i++;
	return i;
}

int text_request_labels(void *data, const struct wire_series *series, const struct label_limits *limits,
			struct label items[LABELS_MOST + 1], uint32_t *n, struct error *err)
{
	struct text_request *text = data;
	int r = text_series_labels((const char *)series->labels, series->size, &text->scratch, items, n);

	if (r < 0)
		return error_set(err, r, "out of memory");
	for (uint32_t i = 0; i < text->how->n_extra; i++) {
		const struct label *extra = &text->how->extra[i];
		uint32_t at = find_label(items, *n, extra);

		if (at == LABELS_MOST + 1)
			return error_set(err, -E2BIG, "more than %d labels with the extra ones", LABELS_MOST);
		items[at] = *extra;
		*n += at == *n;
	}
	return labels_check(items, *n, limits, err);
}

/* ---- metadata ---- */

static int tell_family(const struct text_metadata *metadata, struct store *store, const struct label_limits *limits,
		       struct metadata_told *told)
{
	struct metadata_part part = { .name = metadata->name, .unit = metadata->unit, .help = metadata->help };
	int r = 0;

	for (unsigned i = 0; i < PARTS && r != -ENOMEM; i++) {
		if (!(metadata->parts & PART_BIT(i)))
			continue;
		part.suffix = text_part_suffix(i);
		part.type = text_part_type(metadata->type, i);
		r = metadata_tell_part(&part, store, limits);
		told->told += r == 0;
		told->refused += r == -EINVAL;
	}
	return r == -ENOMEM ? r : 0;
}

int text_request_tell(struct text_request *text, struct store *store, const struct label_limits *limits, struct metadata_told *told)
{
	struct text_metadata metadata;
	int r = 0;

	for (uint32_t i = 0; i < text_parser_families(text->parser) && r == 0; i++) {
		r = text_parser_family(text->parser, i, &metadata);
		if (r == 0 && metadata.told)
			r = tell_family(&metadata, store, limits, told);
	}
	return r;
}

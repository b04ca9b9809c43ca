/* SPDX-License-Identifier: MIT */
/* resolve.c - see resolve.h. */
#include "remote/resolve.h"

#include "remote/protobuf.h"

#include <errno.h>

enum { LABEL_FIELD = 1, LABEL_KEY = 1, LABEL_VALUE = 2 };	/* prompb.TimeSeries.labels; Label.name, Label.value */

#define AHEAD 8		/* slots of the cache that are asked for before they are needed */
#define SHOW(text, len) (int)((len) < 64 ? (len) : 64), (text)

void unresolved_fini(struct unresolved *unresolved)
{
	error_clear(&unresolved->why_malformed);
	error_clear(&unresolved->why_over_limit);
	error_clear(&unresolved->why_owned);
}

/* ---- labels ---- */

static bool read_label(struct protobuf message, struct label *label)
{
	struct protobuf_field field;

	*label = (struct label){ "", "", 0, 0 };
	while (protobuf_next(&message, &field)) {
		if ((field.number == LABEL_KEY || field.number == LABEL_VALUE) && field.wire != WIRE_BYTES)
			return false;
		if (field.number == LABEL_KEY) {
			label->name = (const char *)field.data;
			label->name_len = (uint32_t)field.size;
		} else if (field.number == LABEL_VALUE) {
			label->value = (const char *)field.data;
			label->value_len = (uint32_t)field.size;
		}
	}
	return !message.bad;
}

static int read_labels(const uint8_t *data, size_t size, struct label items[LABELS_MOST + 1], uint32_t *n, struct error *err)
{
	struct protobuf message = protobuf_of(data, size);
	struct protobuf_field field;

	*n = 0;
	while (protobuf_next(&message, &field)) {
		if (*n > LABELS_MOST)
			return error_set(err, -E2BIG, "more than %d labels", LABELS_MOST);
		if (field.number != LABEL_FIELD || !read_label(protobuf_of(field.data, field.size), &items[(*n)++]))
			return error_set(err, -EBADMSG, "a label is damaged");
	}
	return message.bad ? error_set(err, -EBADMSG, "the labels are damaged") : 0;
}

static int compare_names(const struct label *a, const struct label *b)
{
	int r = memcmp(a->name, b->name, a->name_len < b->name_len ? a->name_len : b->name_len);

	return r ? r : (a->name_len > b->name_len) - (a->name_len < b->name_len);
}

static int check_order(const struct label *items, uint32_t n, struct error *err)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct label *label = &items[i];
		int order = i ? compare_names(label - 1, label) : -1;

		if (!label->name_len)
			return error_set(err, -EINVAL, "a label name is empty");
		if (!label->value_len)
			return error_set(err, -EINVAL, "the value of label %.*s is empty", SHOW(label->name, label->name_len));
		if (order == 0)
			return error_set(err, -EINVAL, "label %.*s stands twice", SHOW(label->name, label->name_len));
		if (order > 0)
			return error_set(err, -EINVAL, "labels are not sorted: %.*s stands before %.*s",
					 SHOW(label[-1].name, label[-1].name_len), SHOW(label->name, label->name_len));
	}
	return 0;
}

static const struct label *metric_of(const struct label *items, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (text_equal(items[i].name, items[i].name_len, LABEL_NAME))
			return &items[i];
	return NULL;
}

int labels_of_wire(const uint8_t *data, size_t size, const struct label_limits *limits, struct label items[LABELS_MOST + 1],
		   uint32_t *n, struct error *err)
{
	int r = read_labels(data, size, items, n, err);

	if (r == 0)
		r = labels_check(items, *n, limits, err);	/* first, so that messages show nothing that is not UTF-8 */
	if (r == 0)
		r = check_order(items, *n, err);
	if (r == 0 && !metric_of(items, *n))
		r = error_set(err, -EINVAL, "the label " LABEL_NAME " is missing");
	return r;
}

int labels_of_series(void *data, const struct wire_series *series, const struct label_limits *limits,
		     struct label items[LABELS_MOST + 1], uint32_t *n, struct error *err)
{
	(void)data;
	return labels_of_wire(series->labels, series->size, limits, items, n, err);
}

/* ---- one series that the cache does not know ---- */

/* "node_load1: over the limit ..." */
static int over_limit(int r, const struct label *metric, struct error *err)
{
	return error_set(err, -EDQUOT, "%.*s: one more series %s", SHOW(metric->value, metric->value_len),
			 r == -ENOSPC ? "of this metric is over limits.series_per_metric" : "is over limits.series");
}

static int look_up(const struct resolver *resolver, const struct wire_series *series, struct buf *bytes, series_ref *ref,
		   struct error *err)
{
	struct label items[LABELS_MOST + 1];
	uint32_t n;
	int r = resolver->labels(resolver->labels_data, series, &resolver->limits, items, &n, err);

	if (r < 0)
		return r == -ENOMEM ? r : -EINVAL;
	buf_clear(bytes);
	r = labels_encode(items, n, bytes);
	if (r == 0)
		r = store_series(resolver->store, (struct labels){ bytes->data, (uint32_t)bytes->len }, ref);
	return r == -EDQUOT || r == -ENOSPC ? over_limit(r, metric_of(items, n), err) : r;
}

/* Refused alone: the others go on. */
static int refuse(const struct wire_series *series, int r, struct error *why, struct unresolved *unresolved)
{
	struct error *first = r == -EDQUOT ? &unresolved->why_over_limit : &unresolved->why_malformed;

	*(r == -EDQUOT ? &unresolved->over_limit : &unresolved->malformed) += series->n;
	if (first->count) {
		error_clear(why);
	} else {
		*first = *why;
		*why = (struct error){ 0 };
	}
	return 0;
}

/* A policy does not want it: counted, and no fault of the sender. */
static int drop(struct store *store, struct wire_series *series)
{
	store_count_dropped(store, series->n);
	series->ref = 0;
	return 0;
}

static int look_up_missing(const struct resolver *resolver, struct write_request *request, struct unresolved *unresolved,
			   struct error *err)
{
	struct error why = { 0 };
	AUTO_BUF bytes = { 0 };
	int r = 0;

	for (uint32_t i = 0; i < request->n_series && r == 0; i++) {
		struct wire_series *series = &request->series[i];

		if (series->ref)
			continue;
		r = look_up(resolver, series, &bytes, &series->ref, &why);
		if (r == 0)
			ref_cache_add(resolver->cache, series->key, series->ref);
		else if (r == -EPERM)
			r = drop(resolver->store, series);
		else if (r == -EINVAL || r == -EDQUOT)
			r = refuse(series, r, &why, unresolved);
		unresolved->looked_up++;
	}
	error_clear(&why);
	return r < 0 ? error_set(err, r, "a series cannot be made: %s", error_name(r)) : 0;
}

/* ---- those of this host ---- */

static void say_owned(const struct resolver *resolver, const struct wire_series *series, struct error *why)
{
	struct label items[LABELS_MOST + 1];
	const struct label *metric;
	uint32_t n;

	if (resolver->labels(resolver->labels_data, series, &resolver->limits, items, &n, NULL) < 0)
		return;
	metric = metric_of(items, n);
	error_set(why, -EINVAL, "the first is one of %.*s", SHOW(metric->value, metric->value_len));
}

/* They would be mixed with what the instance collects. */
static void refuse_owned(const struct resolver *resolver, struct write_request *request, struct unresolved *unresolved)
{
	for (uint32_t i = 0; i < request->n_series; i++) {
		struct wire_series *series = &request->series[i];

		if (!series->ref || !guard_refuses(&resolver->guard, series->ref))
			continue;
		if (!unresolved->owned)
			say_owned(resolver, series, &unresolved->why_owned);
		unresolved->owned += series->n;
		series->ref = 0;
	}
}

/* ---- all of them ---- */

static uint32_t find_known(struct write_request *request, struct ref_cache *cache)
{
	struct wire_series *series = request->series;
	uint32_t n = request->n_series, missing = 0;

	ref_cache_begin(cache);
	for (uint32_t i = 0; i < n && i < AHEAD; i++)
		ref_cache_prefetch(cache, series[i].key);
	for (uint32_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			ref_cache_prefetch(cache, series[i + AHEAD].key);
		series[i].ref = ref_cache_find(cache, series[i].key);
		missing += !series[i].ref;
	}
	ref_cache_end(cache);
	return missing;
}

/* false: some have none. */
static bool fill_refs(struct write_request *request)
{
	bool all = true;

	for (uint32_t i = 0; i < request->n_series; i++) {
		const struct wire_series *series = &request->series[i];

		for (uint32_t s = 0; s < series->n; s++)
			request->refs[series->first + s] = series->ref;
		all &= series->ref != 0;
	}
	return all;
}

static void drop_refused(struct write_request *request)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < request->n; i++) {
		if (!request->refs[i])
			continue;
		request->refs[n] = request->refs[i];
		request->values[n] = request->values[i];
		request->times[n++] = request->times[i];
	}
	request->n = n;
}

int resolve(const struct resolver *resolver, struct write_request *request, struct unresolved *unresolved, struct error *err)
{
	uint32_t missing = find_known(request, resolver->cache);
	int r = 0;

	unresolved->found += request->n_series - missing;
	if (missing)
		r = look_up_missing(resolver, request, unresolved, err);
	if (r < 0)
		return r;
	if (resolver->guard.owned)
		refuse_owned(resolver, request, unresolved);
	if (!fill_refs(request))
		drop_refused(request);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * ingest_histogram.c - what the host makes of a histogram metric NAME: in NAME a
 * distribution for each collect with observations; beside it the counters
 * NAME_count, NAME_sum and NAME_bucket{le}, which go on in every collect.
 *
 * A bucket that is new knows what it would have been before (nothing lay between
 * its bound and the next), so its first sample has that one a millisecond ahead of
 * it and increases are right from the first.
 */
#include "host/ingest_state.h"
#include "util/number.h"

#include <errno.h>
#include <stdio.h>

static struct shared_metric *derive(const struct metric *from, const char *ending, const char *unit, const char *more)
{
	const char *labels[LABELS_MOST + 2];
	struct shared_metric *made = NULL;
	uint32_t n = 0;
	char *name;

	if (asprintf(&name, "%s%s", from->name, ending) < 0)
		return NULL;
	for (; n < from->n_labels && n < LABELS_MOST; n++)
		labels[n] = from->labels[n];
	if (more)
		labels[n++] = more;
	labels[n] = NULL;
	made = shared_metric_create(&(struct kymo_metric){
		.name = name, .type = KYMO_COUNTER, .flags = KYMO_FROM_ZERO, .unit = unit, .help = from->help,
		.labels = labels,
	});
	free(name);
	return made;
}

static bool make_derived(struct derived *derived, const struct metric *from)
{
	if (!derived->count)
		derived->count = derive(from, "_count", "", NULL);
	if (!derived->sum)
		derived->sum = derive(from, "_sum", from->unit, NULL);
	if (!derived->bucket)
		derived->bucket = derive(from, "_bucket", "", "le");
	return derived->count && derived->sum && derived->bucket;
}

static uint32_t metric_of(const struct tracked *tracked)
{
	uint32_t id;

	memcpy(&id, tracked->bytes, sizeof id);
	return id;
}

static struct derived *derived_of(struct ingest *ingest, const struct tracked *tracked)
{
	uint32_t id = metric_of(tracked), n = id + 1 > ingest->n_derived ? id + 1 : ingest->n_derived;

	if (n > ingest->n_derived) {
		struct derived *more = realloc(ingest->derived, n * sizeof *more);

		if (!more)
			return NULL;
		memset(more + ingest->n_derived, 0, (n - ingest->n_derived) * sizeof *more);
		ingest->derived = more;
		ingest->n_derived = n;
	}
	return make_derived(&ingest->derived[id], tracked->metric->metric) ? &ingest->derived[id] : NULL;
}

void ingest_observe(struct ingest *ingest, struct tracked *tracked, double v, struct kymo_batch *batch)
{
	if (!tracked->histogram) {
		tracked->histogram = histogram_create();
		ingest->n_histograms += tracked->histogram != NULL;
	}
	if (!tracked->histogram || histogram_observe(tracked->histogram, v) < 0)
		batch_refuse(batch, BATCH_LIMIT, "out of memory");
}

/* A series beside the histogram's own; made when it is first needed, tried again when it was refused. */
static struct tracked *beside(struct ingest *ingest, struct tracked **place, const struct tracked *histogram,
			      struct shared_metric *metric, const char *le, struct kymo_batch *batch)
{
	struct batch_entry entry = { .key = histogram->bytes, .key_len = histogram->key_len };

	if (!*place)
		*place = series_maker_make(&ingest->maker, &ingest->set, metric, &entry, le, false, 0, batch);
	if (*place)
		(*place)->from_zero = true;
	return *place;
}

static void put_counter(struct ingest *ingest, struct tracked *tracked, double before, double value,
			struct kymo_batch *batch)
{
	if (tracked && ingest_put(ingest, tracked, before, value, batch->at, batch->at) < 0)
		batch_refuse(batch, BATCH_LIMIT, "out of memory");
}

static void put_distribution(struct ingest *ingest, struct tracked *tracked, struct kymo_batch *batch)
{
	struct window *window = &tracked->histogram->window;

	tracked->seen = ingest->collect;	/* without observations there is no sample, and no end */
	if (!window->count)
		return;
	if (!window->start)
		window->start = ingest->collected_at == INT64_MIN ? batch->at - 1 : ingest->collected_at;
	window->end = window->first_at = window->last_at = batch->at;
	window_settle(window, KIND_DISTRIBUTION);
	if (outgoing_add_window(&ingest->out, tracked, batch->at, window) < 0)
		batch_refuse(batch, BATCH_LIMIT, "out of memory");
	tracked->last_at = batch->at;
	tracked_set_live(&ingest->set, tracked, true);
}

static void put_buckets(struct ingest *ingest, struct tracked *tracked, const struct derived *derived,
			struct kymo_batch *batch)
{
	struct histogram *h = tracked->histogram;

	for (uint32_t i = 0; i <= h->n; i++) {
		struct tracked **place = i < h->n ? &h->bucket_series[i] : &h->infinity_series;
		char le[NUMBER_TEXT];
		uint64_t before, value = histogram_upto(h, i, &before);

		if (i < h->n)
			number_format(histogram_bound(h, i), le);
		put_counter(ingest, beside(ingest, place, tracked, derived->bucket, i < h->n ? le : "+Inf", batch),
			    (double)before, (double)value, batch);
	}
}

static void put_histogram(struct ingest *ingest, struct tracked *tracked, struct kymo_batch *batch)
{
	const struct derived *derived = derived_of(ingest, tracked);
	struct histogram *h = tracked->histogram;
	uint64_t before, count = histogram_upto(h, h->n, &before);

	put_distribution(ingest, tracked, batch);
	if (!derived) {
		batch_refuse(batch, BATCH_LIMIT, "out of memory");
		return;
	}
	put_counter(ingest, beside(ingest, &h->count_series, tracked, derived->count, NULL, batch),
		    (double)before, (double)count, batch);
	put_counter(ingest, beside(ingest, &h->sum_series, tracked, derived->sum, NULL, batch),
		    h->sum + h->sum_low, histogram_sum(h), batch);
	put_buckets(ingest, tracked, derived, batch);
}

/* Series that come to the set meanwhile stand behind those that were there, and are no histograms. */
void ingest_put_histograms(struct ingest *ingest, struct kymo_batch *batch)
{
	for (uint32_t i = 0, n = ingest->n_histograms ? ingest->set.n : 0; i < n; i++)
		if (ingest->set.items[i]->histogram)
			put_histogram(ingest, ingest->set.items[i], batch);
}

void ingest_settle_histograms(struct ingest *ingest, kymo_ms at)
{
	for (uint32_t i = 0, n = ingest->n_histograms ? ingest->set.n : 0; i < n; i++)
		if (ingest->set.items[i]->histogram)
			histogram_settle(ingest->set.items[i]->histogram, at);
}

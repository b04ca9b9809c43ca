/* SPDX-License-Identifier: MIT */
/*
 * metrics.c - two arrays that grow by doubling. A batch may still read an array of
 * label counts that was outgrown, so those are kept until the end: together they
 * are no larger than the last one.
 */
#include "host/metrics.h"
#include "util/check.h"
#include "util/hash.h"
#include "util/map.h"
#include "util/thread.h"

#include <errno.h>

#define OUTGROWN_MOST 32

struct metrics {
	pthread_mutex_t mutex;
	uint32_t n, room;
	struct shared_metric **items;
	uint16_t *n_labels;
	uint16_t *outgrown[OUTGROWN_MOST];
	uint32_t n_outgrown;
	struct map names;
};

static bool metric_named(const void *owner, uint32_t item, const void *key)
{
	const struct metrics *metrics = owner;

	return !strcmp(metrics->items[item]->metric->name, key);
}

static int grow(struct metrics *metrics)
{
	uint32_t room = metrics->room ? 2 * metrics->room : 16;
	struct shared_metric **items = realloc(metrics->items, room * sizeof *items);
	uint16_t *n_labels;

	if (!items)
		return -ENOMEM;
	metrics->items = items;
	n_labels = malloc(room * sizeof *n_labels);
	if (!n_labels)
		return -ENOMEM;
	if (metrics->n_labels) {
		CHECK(metrics->n_outgrown < OUTGROWN_MOST, "n=%u", metrics->n);
		memcpy(n_labels, metrics->n_labels, metrics->n * sizeof *n_labels);
		metrics->outgrown[metrics->n_outgrown++] = metrics->n_labels;
	}
	metrics->n_labels = n_labels;
	metrics->room = room;
	return 0;
}

static int add(struct metrics *metrics, const struct kymo_metric *metric)
{
	struct shared_metric *shared;

	if (metrics->n == metrics->room && grow(metrics) < 0)
		return -ENOMEM;
	shared = shared_metric_create(metric);
	if (!shared)
		return -ENOMEM;
	if (map_add(&metrics->names, hash_bytes(metric->name, strlen(metric->name)), metrics->n) < 0) {
		shared_metric_release(shared);
		return -ENOMEM;
	}
	metrics->items[metrics->n] = shared;
	metrics->n_labels[metrics->n] = (uint16_t)shared->metric->n_labels;
	metrics->n++;
	return 0;
}

struct metrics *metrics_create(const struct kymo_plugin *plugin)
{
	struct metrics *metrics = calloc(1, sizeof *metrics);

	if (!metrics)
		return NULL;
	pthread_mutex_init(&metrics->mutex, NULL);
	for (uint32_t i = 0; i < plugin->n_metrics; i++)
		if (add(metrics, &plugin->metrics[i]) < 0) {
			metrics_destroy(metrics);
			return NULL;
		}
	return metrics;
}

void metrics_destroy(struct metrics *metrics)
{
	if (!metrics)
		return;
	for (uint32_t i = 0; i < metrics->n; i++)
		shared_metric_release(metrics->items[i]);
	for (uint32_t i = 0; i < metrics->n_outgrown; i++)
		free(metrics->outgrown[i]);
	map_fini(&metrics->names);
	free(metrics->items);
	free(metrics->n_labels);
	pthread_mutex_destroy(&metrics->mutex);
	free(metrics);
}

static bool same_labels(const struct metric *a, const struct kymo_metric *b)
{
	uint32_t n = 0;

	for (; b->labels && b->labels[n]; n++)
		if (n == a->n_labels || strcmp(a->labels[n], b->labels[n]) != 0)
			return false;
	return n == a->n_labels;
}

/* The one of that name: is it the same? */
static int compare(const struct metrics *metrics, uint32_t item, const struct kymo_metric *metric, struct error *err)
{
	const struct metric *known = metrics->items[item]->metric;

	if (known->type != metric->type)
		return error_set(err, -EEXIST, "metric %s is known as a %s, not a %s", known->name,
				 metric_type_name(known->type), metric_type_name(metric->type));
	if (!same_labels(known, metric))
		return error_set(err, -EEXIST, "metric %s is known with other labels", known->name);
	return 0;
}

int metrics_declare(struct metrics *metrics, const struct kymo_metric *metric, const struct label_limits *limits,
		    uint32_t *id, struct error *err)
{
	uint32_t item;
	int r = metric_check(metric, limits, err);
	LOCK(&metrics->mutex);

	if (r < 0)
		return r;
	item = map_find(&metrics->names, hash_bytes(metric->name, strlen(metric->name)), metric->name, metric_named, metrics);
	if (item != MAP_NONE) {
		*id = item;
		return compare(metrics, item, metric, err);
	}
	if (metrics->n == METRICS_MOST)
		return error_set(err, -EDQUOT, "metric %s: an instance declares at most %d metrics", metric->name, METRICS_MOST);
	if (add(metrics, metric) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	*id = metrics->n - 1;
	return 0;
}

void metrics_n_labels(struct metrics *metrics, const uint16_t **n_labels, uint32_t *n)
{
	LOCK(&metrics->mutex);
	*n_labels = metrics->n_labels;
	*n = metrics->n;
}

struct shared_metric *metrics_get(struct metrics *metrics, uint32_t id)
{
	LOCK(&metrics->mutex);
	CHECK(id < metrics->n, "id=%u n=%u", id, metrics->n);
	return metrics->items[id];
}

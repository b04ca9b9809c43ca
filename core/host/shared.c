/* SPDX-License-Identifier: MIT */
/* shared.c - a series is one piece of memory: head, labels, strings. */
#include "host/shared.h"

#include <stdatomic.h>

struct shared_metric *shared_metric_create(const struct kymo_metric *from)
{
	struct shared_metric *metric = calloc(1, sizeof *metric);

	if (!metric)
		return NULL;
	metric->metric = metric_create(from);
	if (!metric->metric) {
		free(metric);
		return NULL;
	}
	atomic_init(&metric->holders, 1);
	metric->shown = (struct kymo_metric){
		.name = metric->metric->name, .type = metric->metric->type, .flags = metric->metric->flags,
		.unit = metric->metric->unit, .help = metric->metric->help,
		.labels = (const char *const *)metric->metric->labels,
	};
	return metric;
}

struct shared_metric *shared_metric_hold(struct shared_metric *metric)
{
	atomic_fetch_add_explicit(&metric->holders, 1, memory_order_relaxed);
	return metric;
}

void shared_metric_release(struct shared_metric *metric)
{
	if (!metric || atomic_fetch_sub_explicit(&metric->holders, 1, memory_order_acq_rel) != 1)
		return;
	metric_destroy(metric->metric);
	free(metric);
}

static bool is_name(const struct label *label)
{
	return text_equal(label->name, label->name_len, LABEL_NAME);
}

static char *put_text(char **to, const char *text, uint32_t n)
{
	char *begin = *to;

	memcpy(begin, text, n);
	begin[n] = 0;
	*to += n + 1;
	return begin;
}

struct shared_series *shared_series_create(struct shared_metric *metric, struct labels labels)
{
	uint32_t n = labels_count(labels), at = 0;
	/* In the canonical bytes each string has a length of a byte or more before it: room for its NUL. */
	struct shared_series *series = malloc(sizeof *series + n * sizeof *series->labels + labels.size);
	struct label label;
	char *text;

	if (!series)
		return NULL;
	atomic_init(&series->holders, 1);
	series->metric = shared_metric_hold(metric);
	series->n_labels = 0;
	text = (char *)(series->labels + n);
	while (labels_next(labels, &at, &label)) {
		if (is_name(&label))
			continue;
		series->labels[series->n_labels++] = (struct kymo_label){
			.name = put_text(&text, label.name, label.name_len),
			.value = put_text(&text, label.value, label.value_len),
		};
	}
	return series;
}

struct shared_series *shared_series_hold(struct shared_series *series)
{
	atomic_fetch_add_explicit(&series->holders, 1, memory_order_relaxed);
	return series;
}

void shared_series_release(struct shared_series *series)
{
	if (!series || atomic_fetch_sub_explicit(&series->holders, 1, memory_order_acq_rel) != 1)
		return;
	shared_metric_release(series->metric);
	free(series);
}

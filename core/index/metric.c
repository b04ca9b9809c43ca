/* SPDX-License-Identifier: MIT */
/*
 * metric.c - what is known of metrics. A metric that is told anew gets a
 * new box, to which its series point from then on; the old one lives as long as
 * a reader holds it.
 */
#include "index/state.h"
#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

static struct metric_box *box_create(const struct kymo_metric *from, uint32_t id)
{
	struct metric_box *box = calloc(1, sizeof *box);

	if (!box)
		return NULL;
	box->metric = metric_create(from);
	box->id = id;
	atomic_init(&box->holders, 1);
	if (!box->metric) {
		free(box);
		return NULL;
	}
	return box;
}

struct metric_box *metric_hold(struct metric_box *box)
{
	atomic_fetch_add_explicit(&box->holders, 1, memory_order_relaxed);
	return box;
}

void metric_release(struct metric_box *box)
{
	if (!box || atomic_fetch_sub_explicit(&box->holders, 1, memory_order_acq_rel) > 1)
		return;
	metric_destroy(box->metric);
	free(box);
}

/* ---- finding ---- */

static bool name_equal(const void *owner, uint32_t item, const void *key)
{
	const struct metric *metric = ((const struct index *)owner)->metrics[item].box->metric;
	const struct label *name = key;

	return metric->name_len == name->value_len && !memcmp(metric->name, name->value, name->value_len);
}

struct metric_entry *metric_find(const struct index *index, const char *name, uint32_t size)
{
	struct label key = { .value = name, .value_len = size };
	uint32_t i = map_find(&index->metric_by_name, hash_bytes(name, size), &key, name_equal, index);

	return i == MAP_NONE ? NULL : &index->metrics[i];
}

bool index_metric_kind(struct index *index, const char *name, uint32_t size, enum series_kind *kind)
{
	const struct metric_entry *entry;

	index_lock(index);
	entry = metric_find(index, name, size);
	if (entry)
		*kind = series_kind_of(entry->box->metric->type, name, size);
	index_unlock(index);
	return entry;
}

/* The place in `order` of the first metric whose name is not below this one. */
static uint32_t order_place(const struct index *index, const char *name)
{
	uint32_t from = 0, to = index->n_order;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (strcmp(index->metrics[index->order[middle]].box->metric->name, name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

int metric_series(const struct index *index, const struct metric *metric, struct refs *out)
{
	struct label name = { LABEL_NAME, metric->name, sizeof LABEL_NAME - 1, metric->name_len };
	uint32_t id = inverted_find(&index->inverted, &name);

	return id == MAP_NONE ? 0 : refs_add_list(out, &index->inverted.values[id].series);
}

/* ---- making ---- */

static int entries_grow(struct index *index)
{
	uint32_t room = index->room_metrics ? index->room_metrics * 2 : 32;
	struct metric_entry *metrics = realloc(index->metrics, room * sizeof *metrics);
	uint32_t *order;

	if (metrics)
		index->metrics = metrics;
	order = realloc(index->order, room * sizeof *order);
	if (order)
		index->order = order;
	if (!metrics || !order)
		return -ENOMEM;
	index->room_metrics = index->room_order = room;
	return 0;
}

static struct metric_entry *entry_make(struct index *index, const struct kymo_metric *from, bool assumed)
{
	uint32_t id = index->n_metrics, at;
	struct metric_box *box;

	if (id == index->room_metrics && entries_grow(index) < 0)
		return NULL;
	box = box_create(from, id);
	if (!box || map_add(&index->metric_by_name, hash_bytes(box->metric->name, box->metric->name_len), id) < 0) {
		metric_release(box);
		return NULL;
	}
	at = order_place(index, box->metric->name);
	memmove(index->order + at + 1, index->order + at, (index->n_order - at) * sizeof *index->order);
	index->order[at] = id;
	index->n_order++;
	index->metrics[id] = (struct metric_entry){ .box = box, .assumed = assumed };
	index->n_metrics++;
	return &index->metrics[id];
}

struct metric_entry *metric_assume(struct index *index, struct label name)
{
	struct metric_entry *entry = metric_find(index, name.value, name.value_len);
	char *text;

	if (entry)
		return entry;
	text = strndup(name.value, name.value_len);
	if (text)
		entry = entry_make(index, &(struct kymo_metric){ .name = text }, true);
	free(text);
	return entry;
}

/* ---- telling anew ---- */

/* Their kind follows from the type. */
static void point_series(struct index *index, struct metric_box *box, const struct refs *refs)
{
	const struct metric *metric = box->metric;

	for (uint32_t i = 0; i < refs->n; i++) {
		struct series *series = index_series(index, refs->ref[i]);

		series->metric = box;
		series->kind = (uint8_t)series_kind_of(metric->type, metric->name, metric->name_len);
	}
}

static int entry_replace(struct index *index, struct metric_entry *entry, const struct kymo_metric *metric)
{
	struct metric_box *old = entry->box, *box = box_create(metric, old->id);
	struct refs refs = { 0 };

	if (!box || metric_series(index, old->metric, &refs) < 0) {
		metric_release(box);
		return -ENOMEM;
	}
	entry->box = box;
	point_series(index, box, &refs);
	metric_release(old);
	refs_fini(&refs);
	return 0;
}

/* Samples that are there stay what they are: a metric with series changes its type only if nobody had told one. */
static bool type_may_change(const struct metric_entry *entry, uint32_t type)
{
	if (entry->box->metric->type == type || !entry->n_series)
		return true;
	return entry->assumed && type != KYMO_HISTOGRAM;
}

static int metric_tell(struct index *index, const struct kymo_metric *metric, bool assumed, bool *changed)
{
	struct metric_entry *entry = metric_find(index, metric->name, (uint32_t)strlen(metric->name));
	int r = 0;

	*changed = false;
	if (!entry) {
		entry = entry_make(index, metric, assumed);
		*changed = true;
		return entry ? 0 : -ENOMEM;
	}
	if (assumed && !entry->assumed)
		return 0;
	if (!type_may_change(entry, metric->type))
		return -EEXIST;
	*changed = !metric_same(entry->box->metric, metric) || entry->assumed != assumed;
	if (*changed)
		r = entry_replace(index, entry, metric);
	if (r == 0)
		entry->assumed = assumed;
	return r;
}

static struct kymo_metric as_told(const struct metric *metric)
{
	return (struct kymo_metric){ metric->name, metric->type, metric->flags, metric->unit, metric->help,
				     (const char *const *)metric->labels };
}

int metric_restore(struct index *index, const struct metric *metric)
{
	struct kymo_metric told = as_told(metric);
	bool changed;

	return metric_tell(index, &told, false, &changed);
}

int metric_replay(struct index *index, const struct metric *metric, bool assumed)
{
	struct kymo_metric told = as_told(metric);
	struct metric_entry *entry = metric_find(index, metric->name, metric->name_len);

	if (!entry)
		return entry_make(index, &told, assumed) ? 0 : -ENOMEM;
	entry->assumed = assumed;
	return metric_same(entry->box->metric, &told) ? 0 : entry_replace(index, entry, &told);
}

static int tell_and_log(struct index *index, const struct kymo_metric *metric)
{
	struct metric_entry *entry;
	bool changed;
	int r = metric_tell(index, metric, false, &changed);

	if (r < 0)
		return r;
	entry = metric_find(index, metric->name, (uint32_t)strlen(metric->name));
	entry->told = true;
	return changed ? index_log_metric(&index->log, entry) : 0;
}

static bool is_told(struct index *index, const struct kymo_metric *metric)
{
	const struct metric_entry *entry;
	bool told;

	index_lock(index);
	entry = metric_find(index, metric->name, (uint32_t)strlen(metric->name));
	told = entry && entry->told && !entry->assumed && metric_same(entry->box->metric, metric);
	index_unlock(index);
	return told;
}

int index_metric(struct index *index, const struct kymo_metric *metric, struct error *err)
{
	int r;

	if (is_told(index, metric))
		return 0;
	pthread_rwlock_wrlock(&index->lock);
	r = tell_and_log(index, metric);
	pthread_rwlock_unlock(&index->lock);
	if (r == -EEXIST)
		return error_set(err, r, "%s: is stored with another type than %s", metric->name,
				 metric_type_name(metric->type));
	return r < 0 ? error_set(err, r, "%s: %s", metric->name, error_name(r)) : 0;
}

static int hint_and_log(struct index *index, const struct kymo_metric *metric)
{
	struct metric_entry *entry = metric_find(index, metric->name, (uint32_t)strlen(metric->name));
	bool changed;
	int r;

	if (entry && entry->told)
		return 0;
	r = metric_tell(index, metric, false, &changed);
	if (r < 0 || !changed)
		return r;
	entry = metric_find(index, metric->name, (uint32_t)strlen(metric->name));
	return index_log_metric(&index->log, entry);
}

/* Is there nothing that a hint would change? */
static bool is_known(struct index *index, const struct kymo_metric *metric)
{
	const struct metric_entry *entry;
	bool known;

	index_lock(index);
	entry = metric_find(index, metric->name, (uint32_t)strlen(metric->name));
	known = entry && (entry->told || (!entry->assumed && metric_same(entry->box->metric, metric)));
	index_unlock(index);
	return known;
}

int index_metric_hint(struct index *index, const struct kymo_metric *metric)
{
	int r;

	if (is_known(index, metric))
		return 0;
	pthread_rwlock_wrlock(&index->lock);
	r = hint_and_log(index, metric);
	pthread_rwlock_unlock(&index->lock);
	return r;
}

int index_each_metric(struct index *index,
		      int (*each)(void *data, struct metric_box *box, const series_ref *refs, uint32_t n), void *data)
{
	struct refs refs = { 0 };
	int r = 0;

	for (uint32_t i = 0; i < index->n_order && r == 0; i++) {
		struct metric_entry *entry = &index->metrics[index->order[i]];

		refs.n = 0;
		if (entry->n_series && (r = metric_series(index, entry->box->metric, &refs)) == 0)
			r = each(data, entry->box, refs.ref, refs.n);
	}
	refs_fini(&refs);
	return r;
}

void metrics_fini(struct index *index)
{
	for (uint32_t i = 0; i < index->n_metrics; i++)
		metric_release(index->metrics[i].box);
	free(index->metrics);
	free(index->order);
	map_fini(&index->metric_by_name);
}

/* SPDX-License-Identifier: MIT */
/*
 * index.c - series in pages by ref; a hash map from their labels; and the
 * inverted lists. A change is made in memory first and put among what waits for
 * the log as its last step, so that a failure on the way can be undone.
 */
#include "store/index_state.h"
#include "util/check.h"
#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

static bool labels_are(const void *owner, uint32_t item, const void *key)
{
	return labels_equal(index_series(owner, item)->labels, *(const struct labels *)key);
}

static uint64_t hash_of(struct labels labels)
{
	return hash_bytes(labels.data, labels.size);
}

/* ---- looking ---- */

void index_lock(struct index *index)
{
	pthread_rwlock_rdlock(&index->lock);
}

void index_unlock(struct index *index)
{
	pthread_rwlock_unlock(&index->lock);
}

struct series *index_series(const struct index *index, series_ref ref)
{
	uint32_t page = ref / SERIES_PAGE;
	struct series *series;

	if (page >= index->n_pages || !index->pages[page])
		return NULL;
	series = &index->pages[page]->series[ref % SERIES_PAGE];
	return series->labels.data ? series : NULL;
}

series_ref index_find(const struct index *index, struct labels labels)
{
	uint32_t item = map_find(&index->by_labels, hash_of(labels), &labels, labels_are, index);

	return item == MAP_NONE ? 0 : item;
}

int index_labels(const struct index *index, const struct series *series, struct buf *names, struct labels *labels)
{
	(void)index;
	buf_clear(names);
	buf_add(names, series->labels.data, series->labels.size);
	*labels = (struct labels){ names->data, (uint32_t)names->len };
	return buf_failed(names) ? -ENOMEM : 0;
}

/* ---- making and removing a series ---- */

static int pages_grow(struct index *index, uint32_t page)
{
	uint32_t n = index->n_pages ? index->n_pages : 16;
	struct series_page **pages;

	while (n <= page)
		n *= 2;
	pages = realloc(index->pages, n * sizeof *pages);
	if (!pages)
		return -ENOMEM;
	memset(pages + index->n_pages, 0, (n - index->n_pages) * sizeof *pages);
	index->pages = pages;
	index->n_pages = n;
	return 0;
}

static struct series_page *page_get(struct index *index, series_ref ref)
{
	uint32_t page = ref / SERIES_PAGE;

	if (page >= index->n_pages && pages_grow(index, page) < 0)
		return NULL;
	if (!index->pages[page])
		index->pages[page] = calloc(1, sizeof *index->pages[page]);
	return index->pages[page];
}

static void page_drop_empty(struct index *index, series_ref ref)
{
	struct series_page **page = &index->pages[ref / SERIES_PAGE];

	if (*page && !(*page)->live) {
		free(*page);
		*page = NULL;
	}
}

static int series_enter(struct index *index, series_ref ref, struct series *series)
{
	int r = inverted_add(&index->inverted, series->labels, ref);

	if (r < 0)
		return r;
	r = map_add(&index->by_labels, hash_of(series->labels), ref);
	if (r < 0)
		inverted_remove(&index->inverted, series->labels, ref);
	return r;
}

/* The page's slot is filled before the maps look at it. */
int series_make(struct index *index, series_ref ref, struct labels labels)
{
	struct metric_entry *entry = metric_assume(index, labels_metric(labels));
	struct series_page *page = entry ? page_get(index, ref) : NULL;
	void *copy = page ? arena_add(&index->labels, labels.data, labels.size) : NULL;
	struct series *series;

	if (!copy)
		return -ENOMEM;
	series = &page->series[ref % SERIES_PAGE];
	*series = (struct series){ .labels = { copy, labels.size }, .metric = entry->box,
				   .first_at = INT64_MIN, .last_at = INT64_MIN };
	series->kind = (uint8_t)series_kind_of(entry->box->metric->type, entry->box->metric->name,
					       entry->box->metric->name_len);
	if (series_enter(index, ref, series) < 0) {
		arena_remove(&index->labels, copy);
		*series = (struct series){ 0 };
		page_drop_empty(index, ref);
		return -ENOMEM;
	}
	page->live++;
	index->n_series++;
	if (!entry->n_series++)
		index->live_metrics++;
	if (ref > index->last)
		index->last = ref;
	return 0;
}

void series_unmake(struct index *index, series_ref ref)
{
	struct series *series = index_series(index, ref);
	struct metric_entry *entry = &index->metrics[series->metric->id];

	CHECK(!series->data, "ref=%u", ref);
	map_remove(&index->by_labels, hash_of(series->labels), ref);
	inverted_remove(&index->inverted, series->labels, ref);
	arena_remove(&index->labels, series->labels.data);
	*series = (struct series){ 0 };
	index->pages[ref / SERIES_PAGE]->live--;
	page_drop_empty(index, ref);
	index->n_series--;
	if (!--entry->n_series)
		index->live_metrics--;
}

/* ---- adding ---- */

static int check_limits(const struct index *index, struct labels labels, const struct index_limits *limits)
{
	struct label name = labels_metric(labels);
	const struct metric_entry *entry = metric_find(index, name.value, name.value_len);

	if (!name.value_len)
		return -EINVAL;
	if (index->n_series >= limits->series || index->last >= UINT32_MAX - 2)
		return -EDQUOT;
	return entry && entry->n_series >= limits->series_per_metric ? -ENOSPC : 0;
}

static int add_and_log(struct index *index, struct labels labels, const struct index_limits *limits, series_ref *ref)
{
	series_ref next = index->last + 1;
	int r;

	if ((*ref = index_find(index, labels)))		/* another thread was faster */
		return 0;
	r = check_limits(index, labels, limits);
	if (r == 0)
		r = series_make(index, next, labels);
	if (r < 0)
		return r;
	r = index_log_series(&index->log, next, labels);
	if (r < 0) {
		series_unmake(index, next);
		return r;
	}
	index->created++;
	*ref = next;
	return 0;
}

int index_add(struct index *index, struct labels labels, const struct index_limits *limits, series_ref *ref)
{
	int r;

	index_lock(index);
	*ref = index_find(index, labels);
	if (*ref)
		atomic_store(&index_series(index, *ref)->idle, false);	/* somebody is about to use it */
	index_unlock(index);
	if (*ref)
		return 0;
	pthread_rwlock_wrlock(&index->lock);
	r = add_and_log(index, labels, limits, ref);
	pthread_rwlock_unlock(&index->lock);
	return r;
}

static int restore(struct index *index, series_ref ref, struct labels labels, const struct metric *metric)
{
	const struct series *there = index_series(index, ref);
	int r;

	if (there)
		return labels_equal(there->labels, labels) ? 0 : -EEXIST;
	if (!ref || ref >= UINT32_MAX - 1 || index_find(index, labels))
		return -EEXIST;
	if (metric && (r = metric_restore(index, metric, false)) < 0 && r != -EEXIST)
		return r;
	r = series_make(index, ref, labels);
	if (r == 0 && (r = index_log_series(&index->log, ref, labels)) < 0)
		series_unmake(index, ref);
	return r;
}

int index_restore(struct index *index, series_ref ref, struct labels labels, const struct metric *metric)
{
	int r;

	pthread_rwlock_wrlock(&index->lock);
	r = restore(index, ref, labels, metric);
	if (r == 0 && metric)
		r = index_log_metric(&index->log, metric, false);
	pthread_rwlock_unlock(&index->lock);
	return r;
}

void index_reserve(struct index *index, series_ref ref)
{
	pthread_rwlock_wrlock(&index->lock);
	if (ref > index->last && ref < UINT32_MAX - 1)
		index->last = ref;
	pthread_rwlock_unlock(&index->lock);
}

void index_remove(struct index *index, series_ref ref)
{
	pthread_rwlock_wrlock(&index->lock);
	if (index_series(index, ref) && index_log_removed(&index->log, ref) == 0) {
		series_unmake(index, ref);
		index->removed++;
	}
	pthread_rwlock_unlock(&index->lock);
}

/* ---- opening ---- */

struct index *index_create(void)
{
	struct index *index = calloc(1, sizeof *index);

	if (!index)
		return NULL;
	pthread_rwlock_init(&index->lock, NULL);
	index_log_init(&index->log);
	return index;
}

int index_open(const char *store_path, struct index **out, struct error *err)
{
	struct index *index = index_create();
	int r;

	if (!index)
		return error_set(err, -ENOMEM, "%s: out of memory", store_path);
	r = index_log_open(index, store_path, err);
	if (r < 0) {
		index_close(index);
		return r;
	}
	*out = index;
	return 0;
}

void index_close(struct index *index)
{
	if (!index)
		return;
	index_log_close(&index->log);
	for (uint32_t i = 0; i < index->n_pages; i++)
		free(index->pages[i]);
	free(index->pages);
	map_fini(&index->by_labels);
	arena_fini(&index->labels);
	inverted_fini(&index->inverted);
	metrics_fini(index);
	pthread_rwlock_destroy(&index->lock);
	free(index);
}

void index_stats(struct index *index, struct index_stats *stats)
{
	index_lock(index);
	*stats = (struct index_stats){ .series = index->n_series, .metrics = index->live_metrics,
				       .created = index->created, .removed = index->removed,
				       .bytes = atomic_load(&index->log.bytes), .quarantined = index->log.quarantined };
	index_unlock(index);
}

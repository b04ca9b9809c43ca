/* SPDX-License-Identifier: MIT */
/*
 * index.c - series in pages by ref; a hash map from their labels; and the
 * inverted lists. Labels are stored once, and a series has their numbers. A change
 * is made in memory first and put among what waits for the log as its last step, so
 * that a failure on the way can be undone.
 */
#include "index/state.h"
#include "util/check.h"
#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

static bool labels_are(const void *owner, uint32_t item, const void *key)
{
	const struct index *index = owner;

	return label_set_is(&index->inverted, index_series(index, item)->labels, *(const struct labels *)key);
}

/* Equal sets have the same numbers, so they are the same bytes. */
static bool packed_is(const void *owner, uint32_t item, const void *key)
{
	const struct buf *packed = key;
	const uint8_t *labels = index_series(owner, item)->labels;
	size_t same = 0;

	while (same < packed->len && labels[same] == packed->data[same])	/* it differs before it ends */
		same++;
	return same == packed->len;
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
	return series->labels ? series : NULL;
}

series_ref index_find(const struct index *index, struct labels labels)
{
	uint32_t item = map_find(&index->by_labels, labels_hash(labels), &labels, labels_are, index);

	return item == MAP_NONE ? 0 : item;
}

series_ref index_find_set(const struct index *index, const struct label_set *set)
{
	uint8_t bytes[LABEL_SET_BYTES];
	struct buf packed = { .data = bytes, .len = label_set_pack(set, bytes) };
	uint32_t item = map_find(&index->by_labels, set->hash, &packed, packed_is, index);

	return item == MAP_NONE ? 0 : item;
}

int index_labels(const struct index *index, const struct series *series, struct buf *names, struct labels *labels)
{
	buf_clear(names);
	label_set_print(&index->inverted, series->labels, names);
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

static struct label metric_name(const struct index *index, const struct label_set *set)
{
	for (uint32_t i = 0; i < set->n; i++) {
		struct label label = inverted_label(&index->inverted, set->id[i]);

		if (text_equal(label.name, label.name_len, LABEL_NAME))
			return label;
	}
	return (struct label){ 0 };
}

static int series_enter(struct index *index, series_ref ref, const struct label_set *set)
{
	int r = inverted_add(&index->inverted, set->id, set->n, ref);

	if (r < 0)
		return r;
	r = map_add(&index->by_labels, set->hash, ref);
	if (r < 0)
		for (uint32_t i = 0; i < set->n; i++)
			postings_remove(&index->inverted.values[set->id[i]].series, ref);
	return r;
}

static void series_fill(struct series *series, const uint8_t *labels, struct metric_box *box)
{
	*series = (struct series){ .labels = labels, .metric = box, .first_at = INT64_MIN, .last_at = INT64_MIN };
	series->kind = (uint8_t)series_kind_of(box->metric->type, box->metric->name, box->metric->name_len);
}

int series_make(struct index *index, series_ref ref, const struct label_set *set)
{
	struct metric_entry *entry = metric_assume(index, metric_name(index, set));
	struct series_page *page = entry ? page_get(index, ref) : NULL;
	uint8_t bytes[LABEL_SET_BYTES];
	uint8_t *packed = page ? arena_add(&index->labels, bytes, label_set_pack(set, bytes)) : NULL;

	if (!packed || series_enter(index, ref, set) < 0) {
		arena_remove(&index->labels, packed);
		if (page)
			page_drop_empty(index, ref);
		return -ENOMEM;
	}
	series_fill(&page->series[ref % SERIES_PAGE], packed, entry->box);
	page->live++;
	index->n_series++;
	if (!entry->n_series++)
		index->live_metrics++;
	if (ref > index->last)
		index->last = ref;
	return 0;
}

int series_unmake(struct index *index, series_ref ref)
{
	struct series *series = index_series(index, ref);
	struct metric_entry *entry = &index->metrics[series->metric->id];
	struct label_set set;

	CHECK(!series->data, "ref=%u", ref);
	label_set_of(&index->inverted, series->labels, &set);
	if (inverted_prepare_remove(&index->inverted, set.id, set.n, ref) < 0)
		return -ENOMEM;
	map_remove(&index->by_labels, set.hash, ref);
	inverted_remove(&index->inverted, set.id, set.n, ref);
	arena_remove(&index->labels, series->labels);
	*series = (struct series){ 0 };
	index->pages[ref / SERIES_PAGE]->live--;
	page_drop_empty(index, ref);
	index->n_series--;
	if (!--entry->n_series)
		index->live_metrics--;
	return 0;
}

static int series_make_of(struct index *index, series_ref ref, struct labels labels)
{
	struct label_set set;
	int r = label_set_get(&index->inverted, labels, &set);

	if (r < 0)
		return r;
	r = series_make(index, ref, &set);
	if (r < 0)
		label_set_let_go(&index->inverted, &set);
	return r;
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
		r = series_make_of(index, next, labels);
	if (r < 0)
		return r;
	r = index_log_series(&index->log, next);
	if (r < 0) {
		series_unmake(index, next);	/* the last that was added: it cannot fail */
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
		return label_set_is(&index->inverted, there->labels, labels) ? 0 : -EEXIST;
	if (!ref || ref >= UINT32_MAX - 1 || index_find(index, labels))
		return -EEXIST;
	if (metric && (r = metric_restore(index, metric)) < 0 && r != -EEXIST)
		return r;
	r = series_make_of(index, ref, labels);
	if (r == 0 && (r = index_log_series(&index->log, ref)) < 0)
		series_unmake(index, ref);
	return r;
}

int index_restore(struct index *index, series_ref ref, struct labels labels, const struct metric *metric)
{
	int r;

	pthread_rwlock_wrlock(&index->lock);
	r = restore(index, ref, labels, metric);
	if (r == 0 && metric)
		r = index_log_metric(&index->log, metric_find(index, metric->name, metric->name_len));
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
		if (series_unmake(index, ref) == 0)
			index->removed++;
		else
			index_log_take_back(&index->log);
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
				       .bytes = atomic_load(&index->log.bytes) + atomic_load(&index->log.snapshot), .quarantined = index->log.quarantined };
	index_unlock(index);
}

void index_memory(struct index *index, struct index_memory *memory)
{
	struct inverted_size size;

	index_lock(index);
	size = inverted_size(&index->inverted);
	*memory = (struct index_memory){ .series = index->n_pages * sizeof *index->pages, .packed = index->labels.bytes,
					 .by_labels = map_bytes(&index->by_labels), .postings = size.postings,
					 .labels = size.labels, .texts = size.texts };
	for (uint32_t page = 0; page < index->n_pages; page++)
		if (index->pages[page])
			memory->series += sizeof *index->pages[page];
	index_unlock(index);
}

/* SPDX-License-Identifier: MIT */
/*
 * series_maker.c - the slow way of a sample, once for each series. A label that
 * the plugin gives a value wins over a configured one of that name: it knows more
 * of that very series.
 */
#include "host/series_maker.h"
#include "util/log.h"

#include <errno.h>

#define LABELS_ROOM (LABELS_MOST + 2)

int series_maker_init(struct series_maker *maker, struct ingest_shared *shared, uint32_t instance,
		      const struct setting_label *labels, uint32_t n_labels)
{
	size_t size = 1;
	char *to;

	*maker = (struct series_maker){ .shared = shared, .instance = instance };
	for (uint32_t i = 0; i < n_labels; i++)
		size += strlen(labels[i].name) + strlen(labels[i].value);
	maker->base = calloc(n_labels + 1, sizeof *maker->base);
	maker->base_text = to = malloc(size);
	if (!maker->base || !maker->base_text)
		return -ENOMEM;
	for (uint32_t i = 0; i < n_labels; i++) {
		uint32_t n = (uint32_t)strlen(labels[i].name), m = (uint32_t)strlen(labels[i].value);

		maker->base[i] = (struct label){ memcpy(to, labels[i].name, n), memcpy(to + n, labels[i].value, m), n, m };
		to += n + m;
	}
	maker->n_base = n_labels;
	return 0;
}

void series_maker_fini(struct series_maker *maker)
{
	free(maker->base);
	free(maker->base_text);
	buf_fini(&maker->bytes);
}

static struct label label_of(const char *name, const char *value, uint32_t value_len)
{
	return (struct label){ name, value, (uint32_t)strlen(name), value_len };
}

struct labels_list {
	uint32_t n;
	struct label items[LABELS_ROOM];
};

static bool list_add(struct labels_list *list, struct label label)
{
	if (list->n == LABELS_ROOM)
		return false;
	list->items[list->n++] = label;
	return true;
}

static bool list_has(const struct labels_list *list, const struct label *label)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (list->items[i].name_len == label->name_len && !memcmp(list->items[i].name, label->name, label->name_len))
			return true;
	return false;
}

/* Of the plugin: values of the key in the order of the metric's labels; without those that are empty. */
static bool list_plugin(struct labels_list *list, const struct metric *metric, const struct batch_entry *entry)
{
	size_t at = sizeof(uint32_t);
	const char *value;
	uint32_t len;

	for (uint32_t i = 0; i < metric->n_labels && (value = batch_key_label(entry->key, entry->key_len, &at, &len)); i++)
		if (len && !list_add(list, label_of(metric->labels[i], value, len)))
			return false;
	return true;
}

static bool list_all(const struct series_maker *maker, struct labels_list *list, const struct metric *metric,
		     const struct batch_entry *entry, const char *le)
{
	bool fits = list_add(list, (struct label){ LABEL_NAME, metric->name, sizeof LABEL_NAME - 1, metric->name_len });

	if (le)
		fits &= list_add(list, label_of("le", le, (uint32_t)strlen(le)));
	fits &= list_plugin(list, metric, entry);
	for (uint32_t i = 0; i < maker->n_base; i++)
		if (!list_has(list, &maker->base[i]))
			fits &= list_add(list, maker->base[i]);
	return fits;
}

/* The canonical labels in maker->bytes; false: refused. */
static bool make_labels(struct series_maker *maker, const struct metric *metric, const struct batch_entry *entry,
			const char *le, struct kymo_batch *batch)
{
	struct label_limits limits = ingest_limits(maker->shared);
	struct labels_list list = { 0 };
	struct error why = { 0 };

	if (!list_all(maker, &list, metric, entry, le)) {
		batch_refuse(batch, BATCH_INVALID, "metric %.64s: more than %d labels", metric->name, LABELS_MOST);
		return false;
	}
	if (labels_check(list.items, list.n, &limits, &why) < 0) {
		batch_refuse(batch, BATCH_INVALID, "metric %.64s: %s", metric->name, error_text(&why));
		error_clear(&why);
		return false;
	}
	buf_clear(&maker->bytes);
	if (labels_encode(list.items, list.n, &maker->bytes) < 0 || buf_failed(&maker->bytes)) {
		batch_refuse(batch, BATCH_LIMIT, "out of memory");
		return false;
	}
	return true;
}

static bool make_metric_known(struct series_maker *maker, const struct shared_metric *metric, struct kymo_batch *batch)
{
	struct error why = { 0 };
	int r = store_metric(maker->shared->store, &metric->shown, &why);

	if (r < 0)
		batch_refuse(batch, r == -EEXIST ? BATCH_TYPE : BATCH_LIMIT, "%s", error_text(&why));
	error_clear(&why);
	return r == 0;
}

static void refuse_series(struct kymo_batch *batch, const struct metric *metric, int code)
{
	const char *name = metric->name;

	if (code == -EDQUOT)
		batch_refuse(batch, BATCH_LIMIT, "metric %.64s: the store has as many series as limits.series allows", name);
	else if (code == -ENOSPC)
		batch_refuse(batch, BATCH_LIMIT, "metric %.64s: it has as many series as limits.series_per_metric allows", name);
	else
		batch_refuse(batch, BATCH_LIMIT, "metric %.64s: a new series: %s", name, error_name(code));
}

/* The owner's word: another instance has it? */
static bool take(struct series_maker *maker, series_ref ref, struct labels labels, struct kymo_batch *batch)
{
	AUTO_BUF text = { 0 };
	int r = owners_take(maker->shared->owners, ref, maker->instance);

	if (r == 0)
		return true;
	labels_print(labels, &text);
	if (r == -EBUSY)
		batch_refuse(batch, BATCH_OWNER, "another instance collects %.120s", buf_text(&text) ? buf_text(&text) : "it");
	else
		batch_refuse(batch, BATCH_LIMIT, "out of memory");
	return false;
}

struct tracked *series_maker_make(struct series_maker *maker, struct tracked_set *set, struct shared_metric *metric,
			    const struct batch_entry *entry, const char *le, bool add_key, uint64_t hash,
			    struct kymo_batch *batch)
{
	struct tracked *tracked;
	struct labels labels;
	series_ref ref;
	int r;

	if (!make_labels(maker, metric->metric, entry, le, batch) || !make_metric_known(maker, metric, batch))
		return NULL;
	labels = (struct labels){ maker->bytes.data, (uint32_t)maker->bytes.len };
	r = store_series(maker->shared->store, labels, &ref);
	if (r == -EPERM) {	/* as its policy wants it */
		store_count_dropped(maker->shared->store, 1);
		return NULL;
	}
	if (r < 0) {
		refuse_series(batch, metric->metric, r);
		return NULL;
	}
	if (!take(maker, ref, labels, batch))
		return NULL;
	tracked = tracked_add(set, ref, metric, labels, entry->key, add_key ? entry->key_len : 0, hash);
	if (!tracked) {
		owners_release(maker->shared->owners, ref, maker->instance);
		batch_refuse(batch, BATCH_LIMIT, "out of memory");
	}
	return tracked;
}

int series_renew(struct series_maker *maker, struct tracked *tracked)
{
	series_ref ref = 0;
	int r = store_metric(maker->shared->store, &tracked->metric->shown, NULL);

	if (r == 0)
		r = store_series(maker->shared->store, tracked->labels, &ref);
	if (r < 0 || ref == tracked->ref)
		return r;
	r = owners_take(maker->shared->owners, ref, maker->instance);
	if (r < 0)
		return r;
	owners_release(maker->shared->owners, tracked->ref, maker->instance);
	tracked->ref = ref;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * list.c - the metrics with their series counted and the names of the labels
 * that these carry. The store gives series in order of metric, so one metric
 * after the other is filled.
 */
#include "plain/plain.h"
#include "plain/chosen.h"
#include "util/hash.h"
#include "util/map.h"

#include <errno.h>

struct listing {
	struct kymo_metric_list *list;
	struct kymo_metric_info *items, *now;	/* `now`: the metric that is being filled */
	uint32_t room;
	struct map map;				/* label names of that metric, to index in names */
	const char **names;
	uint32_t names_room;
};

static int grow(void *array, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 16;
	void **items = array, *grown = realloc(*items, more * size);

	if (!grown)
		return -ENOMEM;
	*items = grown;
	*room = more;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The metric has all its series: put its label names in order. */
static int finish_metric(struct listing *listing)
{
	struct kymo_metric_info *info = listing->now;

	if (!info)
		return 0;
	if (info->n_labels)
		qsort(listing->names, info->n_labels, sizeof *listing->names, compare_names);
	info->labels = answer_copy(listing->list, listing->names, info->n_labels * sizeof *listing->names);
	map_fini(&listing->map);
	listing->now = NULL;
	return info->labels ? 0 : -ENOMEM;
}

static int begin_metric(struct listing *listing, const struct metric *metric)
{
	struct kymo_metric_info *info;

	if (listing->list->n == listing->room && grow(&listing->items, &listing->room, sizeof *listing->items) < 0)
		return -ENOMEM;
	info = &listing->items[listing->list->n];
	*info = (struct kymo_metric_info){ .type = metric->type, .first_at = INT64_MAX, .last_at = INT64_MIN };
	info->name = answer_text(listing->list, metric->name, metric->name_len);
	info->unit = answer_text(listing->list, metric->unit, strlen(metric->unit));
	info->help = answer_text(listing->list, metric->help, strlen(metric->help));
	if (!info->name || !info->unit || !info->help)
		return -ENOMEM;
	listing->list->n++;
	listing->now = info;
	return 0;
}

static bool is_name(const void *owner, uint32_t item, const void *key)
{
	const struct listing *listing = owner;
	const struct label *label = key;

	return text_equal(label->name, label->name_len, listing->names[item]);
}

static int add_label(struct listing *listing, const struct label *label)
{
	uint64_t hash = hash_bytes(label->name, label->name_len);
	uint32_t *n = &listing->now->n_labels;

	if (text_equal(label->name, label->name_len, LABEL_NAME) ||
	    map_find(&listing->map, hash, label, is_name, listing) != MAP_NONE)
		return 0;
	if (*n == listing->names_room && grow(&listing->names, &listing->names_room, sizeof *listing->names) < 0)
		return -ENOMEM;
	listing->names[*n] = answer_text(listing->list, label->name, label->name_len);
	if (!listing->names[*n] || map_add(&listing->map, hash, *n) < 0)
		return -ENOMEM;
	(*n)++;
	return 0;
}

static int add_series(struct listing *listing, const struct series_view *view)
{
	struct kymo_metric_info *info = listing->now;
	struct label label;
	uint32_t at = 0;

	info->n_series++;
	if (view->last_at != INT64_MIN) {
		info->first_at = view->first_at < info->first_at ? view->first_at : info->first_at;
		info->last_at = view->last_at > info->last_at ? view->last_at : info->last_at;
	}
	while (labels_next(view->labels, &at, &label))
		if (add_label(listing, &label) < 0)
			return -ENOMEM;
	return 0;
}

static int each(void *data, const struct series_view *view)
{
	struct listing *listing = data;
	bool other = !listing->now || strcmp(listing->now->name, view->metric->name) != 0;

	if (other && (finish_metric(listing) < 0 || begin_metric(listing, view->metric) < 0))
		return -ENOMEM;
	return add_series(listing, view);
}

static int fill(struct store *store, const struct chosen *chosen, struct listing *listing)
{
	struct kymo_metric_list *list = listing->list;
	int r = store_each_series(store, chosen->matchers, chosen->n_matchers, each, listing);

	if (r < 0 || (r = finish_metric(listing)) < 0)
		return r;
	list->items = answer_copy(list, listing->items, list->n * sizeof *list->items);
	return list->items ? 0 : -ENOMEM;
}

int plain_list(struct store *store, const char *pattern, struct kymo_metric_list **out, struct error *err)
{
	AUTO_ANSWER struct kymo_metric_list *list = answer_create(sizeof *list);
	struct listing listing = { .list = list };
	AUTO_CHOSEN chosen;
	int r = chosen_init(&chosen, &pattern, pattern != NULL, NULL, 0, err);

	*out = NULL;
	if (r < 0)
		return r;
	r = list ? fill(store, &chosen, &listing) : -ENOMEM;
	map_fini(&listing.map);
	free(listing.items);
	free(listing.names);
	if (r < 0)
		return error_set(err, r, "list: %s", error_name(r));
	*out = TAKE(list);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* latest.c - the newest values, as the store knows them of every series without reading a chunk. */
#include "plain/plain.h"
#include "plain/chosen.h"

#include <errno.h>
#include <inttypes.h>

struct gathering {
	struct kymo_latest_list *list;
	struct kymo_latest *items;
	uint32_t room, most;
	bool over;
};

int plain_latest_item(void *answer, const struct series_view *view, struct kymo_latest *item)
{
	const char *unit;

	if (view->last_at == INT64_MIN || value_is_stale(view->last))
		return 0;
	*item = (struct kymo_latest){ .type = view->metric->type, .at = view->last_at, .value = view->last };
	unit = answer_text(answer, view->metric->unit, strlen(view->metric->unit));
	item->unit = unit;
	if (!unit || answer_labels(answer, view->labels, &item->name, &item->labels, &item->n_labels) < 0)
		return -ENOMEM;
	return 1;
}

static int make_room(struct gathering *gathering)
{
	uint32_t room = gathering->room ? gathering->room * 2 : 64;
	struct kymo_latest *items;

	if (gathering->list->n < gathering->room)
		return 0;
	items = realloc(gathering->items, room * sizeof *items);
	if (!items)
		return -ENOMEM;
	gathering->items = items;
	gathering->room = room;
	return 0;
}

static int gather(void *data, const struct series_view *view)
{
	struct gathering *gathering = data;
	int r;

	if (make_room(gathering) < 0)
		return -ENOMEM;
	r = plain_latest_item(gathering->list, view, &gathering->items[gathering->list->n]);
	if (r <= 0)
		return r;
	gathering->over = gathering->most && gathering->list->n == gathering->most;
	if (gathering->over)
		return -E2BIG;
	gathering->list->n++;
	return 0;
}

static int compare_labels(const struct kymo_latest *a, const struct kymo_latest *b)
{
	for (uint32_t i = 0; i < a->n_labels && i < b->n_labels; i++) {
		int r = strcmp(a->labels[i].name, b->labels[i].name);

		if (r == 0)
			r = strcmp(a->labels[i].value, b->labels[i].value);
		if (r)
			return r;
	}
	return (a->n_labels > b->n_labels) - (a->n_labels < b->n_labels);
}

static int compare(const void *a, const void *b)
{
	const struct kymo_latest *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r ? r : compare_labels(x, y);
}

static int fill(struct store *store, const struct chosen *chosen, struct gathering *gathering)
{
	struct kymo_latest_list *list = gathering->list;
	int r = store_each_series(store, chosen->matchers, chosen->n_matchers, gather, gathering);

	if (r < 0)
		return r;
	if (list->n)
		qsort(gathering->items, list->n, sizeof *gathering->items, compare);
	list->items = answer_copy(list, gathering->items, list->n * sizeof *list->items);
	return list->items ? 0 : -ENOMEM;
}

static int tell(int r, const struct gathering *gathering, struct error *err)
{
	if (r == -E2BIG && gathering->over)
		return error_set(err, r, "more than %" PRIu32 " series match (limits.series): name fewer metrics", gathering->most);
	return error_set(err, r, "latest: %s", error_name(r));
}

int plain_latest(struct store *store, const char *const *names, uint32_t n, const struct plain_limits *limits,
		 struct kymo_latest_list **out, struct error *err)
{
	AUTO_ANSWER struct kymo_latest_list *list = answer_create(sizeof *list);
	struct gathering gathering = { .list = list, .most = limits->series };
	AUTO_CHOSEN chosen;
	int r = chosen_init(&chosen, names, n, NULL, 0, err);

	*out = NULL;
	if (r < 0)
		return r;
	r = list ? fill(store, &chosen, &gathering) : -ENOMEM;
	free(gathering.items);
	if (r < 0)
		return tell(r, &gathering, err);
	*out = TAKE(list);
	return 0;
}

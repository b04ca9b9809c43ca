/* SPDX-License-Identifier: MIT */
/*
 * names.c - what series are called, without their samples: all names and values of
 * labels from the inverted index, and the labels of series that match.
 */
#include "index/state.h"
#include "store/state.h"

#include <errno.h>

int store_each_label_name(struct store *store, int (*each)(void *data, const char *text, uint32_t n), void *data)
{
	const struct inverted *inverted = &store->index->inverted;
	int r = 0;

	index_lock(store->index);
	for (uint32_t i = 0; r == 0 && i < inverted->n_names; i++)
		if (inverted->names[i].order.n)	/* some series has it */
			r = each(data, inverted->names[i].text, inverted->names[i].size);
	index_unlock(store->index);
	return r;
}

static int each_value(const struct inverted *inverted, const struct order *order,
		      int (*each)(void *data, const char *text, uint32_t n), void *data)
{
	struct order_place place = { 0 };
	uint32_t id;
	int r = 0;

	while (r == 0 && order_next(order, &place, &id))
		r = each(data, inverted->values[id].text, inverted->values[id].size);
	return r;
}

int store_each_label_value(struct store *store, const char *name, int (*each)(void *data, const char *text, uint32_t n), void *data)
{
	const struct inverted *inverted = &store->index->inverted;
	uint32_t id;
	int r = 0;

	index_lock(store->index);
	id = inverted_find_name(inverted, name, (uint32_t)strlen(name));
	if (id != MAP_NONE)
		r = each_value(inverted, &inverted->names[id].order, each, data);
	index_unlock(store->index);
	return r;
}

static int each_label_of(const struct inverted *inverted, const struct inverted_name *name,
			 int (*each)(void *data, const struct label *label, uint32_t n_series), void *data)
{
	struct order_place place = { 0 };
	uint32_t id;
	int r = 0;

	while (r == 0 && order_next(&name->order, &place, &id)) {
		const struct inverted_value *value = &inverted->values[id];

		r = each(data, &(struct label){ name->text, value->text, name->size, value->size }, value->series.count);
	}
	return r;
}

int store_each_label(struct store *store, int (*each)(void *data, const struct label *label, uint32_t n_series), void *data)
{
	const struct inverted *inverted = &store->index->inverted;
	int r = 0;

	index_lock(store->index);
	for (uint32_t i = 0; r == 0 && i < inverted->n_names; i++)
		r = each_label_of(inverted, &inverted->names[i], each, data);
	index_unlock(store->index);
	return r;
}

/* ---- series ---- */

/* Has it something in [start, end], as far as its oldest and newest sample tell? */
static bool is_there(struct store *store, const struct series *series, kymo_ms start, kymo_ms end)
{
	kymo_ms last = head_last(&store->head, series).at, first = head_first(&store->head, series);

	return last != INT64_MIN && last >= start && first <= end;
}

static int each_named(struct store *store, const struct refs *refs, kymo_ms start, kymo_ms end,
		      int (*each)(void *data, series_ref ref, struct labels labels), void *data)
{
	AUTO_BUF names = { 0 };
	int r = 0;

	for (uint32_t i = 0; i < refs->n && r == 0; i++) {
		const struct series *series;
		struct labels labels;

		index_lock(store->index);	/* one by one: nobody who makes a series waits long */
		series = index_series(store->index, refs->ref[i]);
		if (series && is_there(store, series, start, end)) {
			r = index_labels(store->index, series, &names, &labels);
			r = r < 0 ? r : each(data, refs->ref[i], labels);
		}
		index_unlock(store->index);
	}
	return r;
}

int store_each_labels(struct store *store, struct matcher *const *matchers, uint32_t n, kymo_ms start, kymo_ms end,
		      int (*each)(void *data, series_ref ref, struct labels labels), void *data)
{
	struct refs refs = { 0 };
	int r = index_select_by_metric(store->index, matchers, n, &refs);

	if (r == 0)
		r = each_named(store, &refs, start, end, each, data);
	refs_fini(&refs);
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * snapshot.c - the newest values by group. Two walks over the series: one counts
 * what each group gets, one fills; a series that appears in between waits for
 * the next snapshot.
 */
#include "service/state.h"

#include <errno.h>

static const char *const group_names[KYMO_GROUPS] = {
	[KYMO_GROUP_SYSTEM] = "system",	    [KYMO_GROUP_PROCESS] = "process",	[KYMO_GROUP_API] = "api",
	[KYMO_GROUP_WEBSOCKET] = "websocket", [KYMO_GROUP_BUSINESS] = "business", [KYMO_GROUP_DATA] = "data",
	[KYMO_GROUP_CUSTOM] = "custom",
};

/* "system.cpu.usage" belongs to system; what no shipped collector makes is custom. */
static uint32_t group_of(struct label name)
{
	for (uint32_t g = 0; g < KYMO_GROUP_CUSTOM; g++) {
		size_t n = strlen(group_names[g]);

		if (name.value_len > n && name.value[n] == '.' && !memcmp(name.value, group_names[g], n))
			return g;
	}
	return KYMO_GROUP_CUSTOM;
}

struct filling {
	struct kymo_snapshot *snapshot;
	struct kymo_latest *items[KYMO_GROUPS];
	uint32_t room[KYMO_GROUPS];
};

static int count_one(void *data, const struct series_view *view)
{
	struct filling *filling = data;

	filling->room[group_of(labels_metric(view->labels))]++;
	return 0;
}

static int fill_one(void *data, const struct series_view *view)
{
	struct filling *filling = data;
	uint32_t g = group_of(labels_metric(view->labels)), *n = &filling->snapshot->group[g].n;
	int r;

	if (*n == filling->room[g])
		return 0;
	r = plain_latest_item(filling->snapshot, view, &filling->items[g][*n]);
	if (r > 0)
		(*n)++;
	return r < 0 ? r : 0;
}

static int fill(struct kymo *kymo, struct filling *filling)
{
	for (uint32_t g = 0; g < KYMO_GROUPS; g++) {
		filling->items[g] = answer_alloc(filling->snapshot, filling->room[g] * sizeof(struct kymo_latest));
		if (!filling->items[g] && filling->room[g])
			return -ENOMEM;
		filling->snapshot->group[g].name = group_names[g];
		filling->snapshot->group[g].items = filling->items[g];
	}
	return store_each_series(kymo->store, NULL, 0, fill_one, filling);
}

int service_snapshot(struct kymo *kymo, struct kymo_snapshot **out, struct error *err)
{
	struct filling filling = { 0 };
	int r;

	filling.snapshot = answer_create(sizeof *filling.snapshot);
	if (!filling.snapshot)
		return error_set(err, -ENOMEM, "out of memory");
	filling.snapshot->at = service_now(kymo);
	store_each_series(kymo->store, NULL, 0, count_one, &filling);
	r = fill(kymo, &filling);
	if (r < 0) {
		answer_free(filling.snapshot);
		return error_set(err, r, "%s", error_name(r));
	}
	*out = filling.snapshot;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* api_sizes.c - GET /kymo/v1/sizes: what each metric takes on disk, the largest first. */
#include "http/route.h"

#include <errno.h>

struct item {
	char *name;
	uint64_t total;
	struct store_metric_size size;
};

struct items {
	uint32_t n, room;
	struct item *item;
};

static int add(void *data, const struct store_metric_size *size)
{
	struct items *items = data;
	struct item *item;

	if (items->n == items->room) {
		uint32_t room = items->room ? items->room * 2 : 64;
		struct item *more = realloc(items->item, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		items->item = more;
		items->room = room;
	}
	item = &items->item[items->n];
	*item = (struct item){ .name = strdup(size->metric->name), .size = *size };
	for (int tier = 0; tier < TIERS; tier++)
		item->total += size->bytes[tier];
	items->n += item->name != NULL;
	return item->name ? 0 : -ENOMEM;
}

static int by_size(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->total > y->total ? -1 : x->total < y->total ? 1 : strcmp(x->name, y->name);
}

static void render(struct json *json, const struct item *item)
{
	json_object(json);
	json_put_text(json, "name", item->name);
	json_put_unsigned(json, "series", item->size.series);
	json_put_unsigned(json, "bytes", item->total);
	json_key(json, "tiers");
	json_array(json);
	for (int tier = 0; tier < TIERS; tier++) {
		json_object(json);
		json_put_text(json, "tier", tier_name(tier));
		json_put_unsigned(json, "bytes", item->size.bytes[tier]);
		json_put_unsigned(json, "samples", item->size.samples[tier]);
		json_end(json);
	}
	json_end(json);
	json_end(json);
}

int api_sizes(const struct request *request, struct response *response, struct error *err)
{
	static const char *const none[] = { NULL };
	struct json json = json_to(&response->body);
	struct items items = { 0 };
	int r = request_check_parameters(request, none, NULL, err);

	if (r < 0)
		return r;
	r = store_each_metric_size(service_store(request->kymo), add, &items);
	if (items.n)
		qsort(items.item, items.n, sizeof *items.item, by_size);
	json_object(&json);
	json_key(&json, "metrics");
	json_array(&json);
	for (uint32_t i = 0; i < items.n; i++) {
		render(&json, &items.item[i]);
		free(items.item[i].name);
	}
	json_end(&json);
	json_end(&json);
	free(items.item);
	return r < 0 ? error_set(err, r, "%s", error_name(r)) : 0;
}

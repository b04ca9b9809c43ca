/* SPDX-License-Identifier: MIT */
/* api_prom_tsdb.c - /api/v1/status/tsdb: which names and labels have the most series. */
#include "http/prom_json.h"
#include "http/prom_param.h"
#include "http/route.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PRESET 10
#define MOST 10000

struct counted {
	char *name;			/* ours */
	uint64_t value;
};

/* The largest so far, the least of them in front: a heap. */
struct top {
	uint32_t n;
	struct counted *items;
};

struct census {
	uint32_t limit;
	struct top metrics, names, bytes, pairs;
	uint64_t n_pairs;
	char *name;			/* whose values come now; NULL: none */
	uint64_t values, size;		/* of it so far */
	bool no_memory;
};

static void swap(struct counted *a, struct counted *b)
{
	struct counted kept = *a;

	*a = *b;
	*b = kept;
}

static void sink_down(struct top *top, uint32_t i)
{
	for (;;) {
		uint32_t least = i;

		for (uint32_t child = 2 * i + 1; child <= 2 * i + 2 && child < top->n; child++)
			if (top->items[child].value < top->items[least].value)
				least = child;
		if (least == i)
			return;
		swap(&top->items[i], &top->items[least]);
		i = least;
	}
}

static void rise(struct top *top, uint32_t i)
{
	for (; i && top->items[i].value < top->items[(i - 1) / 2].value; i = (i - 1) / 2)
		swap(&top->items[i], &top->items[(i - 1) / 2]);
}

/* Takes the name over. */
static void top_put(struct top *top, uint32_t limit, char *name, uint64_t value)
{
	if (top->n < limit) {
		top->items[top->n] = (struct counted){ name, value };
		rise(top, top->n++);
		return;
	}
	free(top->items[0].name);
	top->items[0] = (struct counted){ name, value };
	sink_down(top, 0);
}

static void top_add(struct census *all, struct top *top, const char *name, uint32_t n, const char *more, uint32_t n_more,
		    uint64_t value)
{
	char *copy;

	if (top->n == all->limit && value <= top->items[0].value)
		return;
	if (asprintf(&copy, "%.*s%s%.*s", (int)n, name, more ? "=" : "", (int)n_more, more ? more : "") < 0)
		all->no_memory = true;
	else
		top_put(top, all->limit, copy, value);
}

/* ---- looking ---- */

static void end_name(struct census *all)
{
	if (!all->name)
		return;
	top_add(all, &all->names, all->name, (uint32_t)strlen(all->name), NULL, 0, all->values);
	top_add(all, &all->bytes, all->name, (uint32_t)strlen(all->name), NULL, 0, all->size);
	free(all->name);
	all->name = NULL;
}

static void begin_name(struct census *all, const struct label *label)
{
	if (all->name && text_equal(label->name, label->name_len, all->name))
		return;
	end_name(all);
	all->values = all->size = 0;
	all->name = strndup(label->name, label->name_len);
	all->no_memory |= !all->name;
}

static int add_label(void *data, const struct label *label, uint32_t n_series)
{
	struct census *all = data;

	begin_name(all, label);
	all->values++;
	all->size += (uint64_t)label->value_len * n_series;
	all->n_pairs++;
	if (text_equal(label->name, label->name_len, LABEL_NAME))
		top_add(all, &all->metrics, label->value, label->value_len, NULL, 0, n_series);
	top_add(all, &all->pairs, label->name, label->name_len, label->value, label->value_len, n_series);
	return all->no_memory ? -ENOMEM : 0;
}

/* ---- saying ---- */

static int compare(const void *a, const void *b)
{
	const struct counted *left = a, *right = b;

	return left->value != right->value ? (left->value < right->value ? 1 : -1) : strcmp(left->name, right->name);
}

static void put_top(struct buf *out, const char *before, struct top *top)
{
	char text[NUMBER_TEXT];

	if (top->n)
		qsort(top->items, top->n, sizeof *top->items, compare);
	buf_add_text(out, before);
	for (uint32_t i = 0; i < top->n; i++) {
		buf_add_text(out, i ? ",{\"name\":" : "{\"name\":");
		prom_text(out, top->items[i].name, strlen(top->items[i].name));
		buf_add_text(out, ",\"value\":");
		buf_add_text(out, number_format_unsigned(top->items[i].value, text));
		buf_add_u8(out, '}');
	}
	buf_add_u8(out, ']');
}

static void put_head(struct buf *out, struct store *store, const struct census *all)
{
	struct store_coverage coverage;
	struct store_stats stats;
	struct json json = json_to(out);
	kymo_ms oldest = INT64_MAX, newest = INT64_MIN;

	store_stats(store, &stats);
	store_coverage(store, &coverage);
	for (int tier = 0; tier < TIERS; tier++) {
		oldest = coverage.tier[tier].oldest < oldest ? coverage.tier[tier].oldest : oldest;
		newest = coverage.tier[tier].newest > newest ? coverage.tier[tier].newest : newest;
	}
	json_object(&json);
	json_put_unsigned(&json, "numSeries", stats.series);
	json_put_unsigned(&json, "numLabelPairs", all->n_pairs);
	json_put_unsigned(&json, "chunkCount", stats.series);	/* each has one that grows */
	json_put_integer(&json, "minTime", oldest);
	json_put_integer(&json, "maxTime", newest);
	json_end(&json);
}

static void render(struct census *all, struct store *store, struct buf *out)
{
	prom_begin(out);
	buf_add_text(out, "{\"headStats\":");
	put_head(out, store, all);
	put_top(out, ",\"seriesCountByMetricName\":[", &all->metrics);
	put_top(out, ",\"labelValueCountByLabelName\":[", &all->names);
	put_top(out, ",\"memoryInBytesByLabelName\":[", &all->bytes);
	put_top(out, ",\"seriesCountByLabelValuePair\":[", &all->pairs);
	buf_add_u8(out, '}');
	prom_end(out, NULL);
}

static void top_fini(struct top *top)
{
	for (uint32_t i = 0; i < top->n; i++)
		free(top->items[i].name);
	free(top->items);
}

static int make_room(struct census *all)
{
	struct top *const tops[] = { &all->metrics, &all->names, &all->bytes, &all->pairs };

	for (size_t i = 0; i < sizeof tops / sizeof *tops; i++)
		if (!(tops[i]->items = calloc(all->limit, sizeof *tops[i]->items)))
			return -ENOMEM;
	return 0;
}

static int read_limit(const struct request *request, uint32_t *limit, struct error *err)
{
	AUTO_PARAMS params = { 0 };
	int64_t number = PRESET;
	int r = params_read(&params, request, err);

	if (r == 0 && *params_get(&params, "limit") && (prom_number(&params, "limit", &number, NULL) < 0 || number < 1))
		r = error_set(err, -EINVAL, "limit must be a positive number");
	*limit = (uint32_t)(number < MOST ? number : MOST);
	return r;
}

int api_prom_tsdb(const struct request *request, struct response *response, struct error *err)
{
	struct census all = { 0 };
	struct store *store = service_store(request->kymo);
	int r = read_limit(request, &all.limit, err);

	if (r == 0)
		r = make_room(&all);
	if (r == 0)
		r = store_each_label(store, add_label, &all);
	if (r == 0) {
		end_name(&all);
		render(&all, store, &response->body);
	}
	free(all.name);
	top_fini(&all.metrics);
	top_fini(&all.names);
	top_fini(&all.bytes);
	top_fini(&all.pairs);
	return r;
}

/* SPDX-License-Identifier: MIT */
/* made.c - arrays that grow; out of memory ends the test. */
#include "query/made.h"
#include "util/check.h"

#include <stdlib.h>

static void encode(struct made_series *series, const char *name, const char *text)
{
	struct label items[16] = { { LABEL_NAME, name, 8, (uint32_t)strlen(name) } };
	uint32_t n = 1;

	while (*text) {
		size_t key = strcspn(text, "="), value = strcspn(text + key + 1, ",");

		items[n++] = (struct label){ text, text + key + 1, (uint32_t)key, (uint32_t)value };
		text += key + 1 + value;
		text += *text == ',';
	}
	CHECK(labels_encode(items, n, &series->labels) == 0, "n=%u", n);
}

void made_init(struct made_series *series, uint32_t type, uint32_t flags, const char *name, const char *labels)
{
	struct kymo_metric metric = { .name = name, .type = type, .flags = flags, .unit = "u", .help = "Help." };

	*series = (struct made_series){ .metric = metric_create(&metric), .kind = series_kind_of(type, name, strlen(name)) };
	CHECK(series->metric, "name=%s", name);
	encode(series, name, labels);
}

void made_fini(struct made_series *series)
{
	metric_destroy(series->metric);
	buf_fini(&series->labels);
	free(series->at);
	free(series->v);
}

void made_add(struct made_series *series, kymo_ms at, double v)
{
	if (series->n == series->room) {
		series->room = series->room ? series->room * 2 : 64;
		series->at = realloc(series->at, series->room * sizeof *series->at);
		series->v = realloc(series->v, series->room * sizeof *series->v);
		CHECK(series->at && series->v, "room=%u", series->room);
	}
	series->at[series->n] = at;
	series->v[series->n++] = v;
}

int32_t made_schema(const struct made_series *series, enum kymo_tier tier)
{
	if (series->kind == KIND_DISTRIBUTION)
		return 5;
	if (series->kind == KIND_COUNTER ? !(series->metric->flags & KYMO_SKETCH) :
					   series->metric->flags & (KYMO_NO_SKETCH | KYMO_NOISE))
		return SKETCH_NONE;
	return tier == KYMO_1M ? 5 : tier == KYMO_5M ? 4 : 3;
}

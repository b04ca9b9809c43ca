/* SPDX-License-Identifier: MIT */
/* pieces.c - windows by window_add, one sample after the other. */
#include "query/pieces.h"
#include "util/check.h"

#include <stdlib.h>

static void *column(uint32_t n, size_t size)
{
	void *data = calloc(n + 1, size);

	CHECK(data, "n=%u", n);
	return data;
}

static void put(struct columns *records, struct window *window, enum series_kind kind)
{
	uint32_t i = records->n++;
	bool constant;

	window_settle(window, kind);
	constant = window_is_constant(window);
	records->at[i] = window->end;
	records->start[i] = window->start;
	records->first_at[i] = window->first_at;
	records->last_at[i] = window->last_at;
	records->count[i] = window->count;
	records->sum[i] = window->sum;
	records->min[i] = window->min;
	records->max[i] = window->max;
	records->first[i] = window->first;
	records->last[i] = window->last;
	records->correction[i] = window->correction;
	records->flags[i] = (window->ended ? RECORD_ENDED : 0) | (constant ? RECORD_CONSTANT : 0);
	records->sketch[i] = window->has_sketch && !constant ? &window->sketch : NULL;
}

static void make_columns(struct columns *records, uint32_t n)
{
	*records = (struct columns){
		.windows = column(n, sizeof(struct window)), .at = column(n, sizeof(kymo_ms)),
		.start = column(n, sizeof(kymo_ms)), .first_at = column(n, sizeof(kymo_ms)),
		.last_at = column(n, sizeof(kymo_ms)), .count = column(n, sizeof(uint64_t)),
		.sum = column(n, sizeof(double)), .min = column(n, sizeof(double)), .max = column(n, sizeof(double)),
		.first = column(n, sizeof(double)), .last = column(n, sizeof(double)),
		.correction = column(n, sizeof(double)), .flags = column(n, 1), .sketch = column(n, sizeof(void *)),
	};
}

static void add(struct window *window, enum series_kind kind, kymo_ms at, double v)
{
	int r = kind == KIND_DISTRIBUTION ? window_observe(window, v, 1) : window_add(window, kind, at, v);

	CHECK(r == 0, "r=%d", r);
	if (kind != KIND_DISTRIBUTION)
		return;
	window->first_at = window->count <= 1 ? at : window->first_at;
	window->last_at = at;
}

void columns_make(struct columns *records, enum series_kind kind, const kymo_ms *at, const double *v, uint32_t n,
		  kymo_ms width, int32_t schema)
{
	make_columns(records, n);
	for (uint32_t i = 0; i < n;) {
		kymo_ms end = width ? window_end_of(at[i], width) : at[i];
		struct window *window = &records->windows[records->n];

		window_init(window, width ? end - width : i ? at[i - 1] : end - 1, end, schema);
		for (; i < n && at[i] <= end; i++)
			add(window, kind, at[i], v[i]);
		put(records, window, kind);
	}
}

void columns_fini(struct columns *records)
{
	for (uint32_t i = 0; i < records->n; i++)
		window_fini(&records->windows[i]);
	free(records->windows);
	free(records->at);
	free(records->start);
	free(records->first_at);
	free(records->last_at);
	free(records->count);
	free(records->sum);
	free(records->min);
	free(records->max);
	free(records->first);
	free(records->last);
	free(records->correction);
	free(records->flags);
	free(records->sketch);
	*records = (struct columns){ 0 };
}

struct piece columns_piece(const struct columns *records, uint32_t from, uint32_t to)
{
	return (struct piece){
		.n = to - from, .at = records->at + from, .start = records->start + from, .count = records->count + from,
		.sum = records->sum + from, .min = records->min + from, .max = records->max + from,
		.first = records->first + from, .last = records->last + from, .correction = records->correction + from,
		.first_at = records->first_at + from, .last_at = records->last_at + from, .flags = records->flags + from,
		.sketch = records->sketch + from,
	};
}

static uint64_t state = 88172645463325252u;

void random_seed(uint64_t seed)
{
	state = seed * 2654435769u + 1;
}

uint32_t random_below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 33) % n);
}

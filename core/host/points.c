/* SPDX-License-Identifier: MIT */
/* points.c - an array of points. */
#include "host/points.h"
#include "model/batch.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct points *points_create(enum kymo_tier tier, uint32_t room)
{
	struct points *points = calloc(1, sizeof *points);

	if (!points)
		return NULL;
	atomic_init(&points->holders, 1);
	points->tier = tier;
	points->items = room ? malloc(room * sizeof *points->items) : NULL;
	points->room = points->items ? room : 0;
	if (room && !points->items) {
		free(points);
		return NULL;
	}
	return points;
}

struct points *points_hold(struct points *points)
{
	atomic_fetch_add_explicit(&points->holders, 1, memory_order_relaxed);
	return points;
}

static void window_free(struct point_window *window)
{
	if (!window)
		return;
	window_fini(&window->window);
	free(window);
}

void points_release(struct points *points)
{
	if (!points || atomic_fetch_sub_explicit(&points->holders, 1, memory_order_acq_rel) != 1)
		return;
	for (uint32_t i = 0; i < points->n; i++) {
		shared_series_release(points->items[i].series);
		window_free(points->items[i].window);
	}
	free(points->items);
	free(points);
}

static struct point_window *window_keep(const struct window *window)
{
	struct point_window *copy = calloc(1, sizeof *copy);

	if (!copy)
		return NULL;
	if (window_copy(&copy->window, window) < 0) {
		window_free(copy);
		return NULL;
	}
	window_export(&copy->window, &copy->shown);
	return copy;
}

static bool grow(struct points *points)
{
	uint32_t room = points->room ? 2 * points->room : 16;
	struct point *items = realloc(points->items, room * sizeof *items);

	if (!items)
		return false;
	points->items = items;
	points->room = room;
	return true;
}

int points_add(struct points *points, struct shared_series *series, double value, kymo_ms at, uint32_t flags,
	       const struct window *window)
{
	struct point_window *kept = NULL;

	if (points->n == points->room && !grow(points))
		return -ENOMEM;
	if (window && !(kept = window_keep(window)))
		return -ENOMEM;
	points->items[points->n++] = (struct point){ shared_series_hold(series), value, at, flags, kept };
	return 0;
}

bool points_next(const struct kymo_batch *batch, uint64_t *cursor, struct kymo_point *point)
{
	const struct points *points = batch->points;
	uint32_t size = point->size;
	struct kymo_point full;
	const struct point *from;

	if (!points || *cursor >= points->n)
		return false;
	from = &points->items[(*cursor)++];
	full = (struct kymo_point){
		.size = size, .n_labels = from->series->n_labels, .metric = &from->series->metric->shown,
		.labels = from->series->labels, .value = from->value, .at = from->at, .tier = points->tier,
		.flags = from->flags, .window = from->window ? &from->window->shown : NULL,
	};
	memcpy(point, &full, size < sizeof full ? size : sizeof full);
	return true;
}

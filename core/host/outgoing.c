/* SPDX-License-Identifier: MIT */
/* outgoing.c - columns that grow together. */
#include "host/outgoing.h"
#include "model/sample.h"

#include <errno.h>

void outgoing_fini(struct outgoing *out)
{
	free(out->from);
	free(out->refs);
	free(out->values);
	free(out->times);
	free(out->flags);
	free(out->distributions);
	free(out->distributed);
	*out = (struct outgoing){ 0 };
}

void outgoing_clear(struct outgoing *out)
{
	out->n = out->n_distributions = 0;
	out->same_time = true;
}

static bool resize(void *column, uint32_t room, size_t size)
{
	void **at = column;
	void *bigger = realloc(*at, room * size);

	if (bigger)
		*at = bigger;
	return bigger != NULL;
}

static bool grow(struct outgoing *out)
{
	uint32_t room = out->room ? 2 * out->room : 16;

	if (!resize(&out->from, room, sizeof *out->from) || !resize(&out->refs, room, sizeof *out->refs) ||
	    !resize(&out->values, room, sizeof *out->values) || !resize(&out->times, room, sizeof *out->times) ||
	    !resize(&out->flags, room, sizeof *out->flags))
		return false;
	out->room = room;
	return true;
}

int outgoing_add(struct outgoing *out, struct tracked *tracked, double value, kymo_ms at, uint8_t flags, kymo_ms batch_at)
{
	if (out->n == out->room && !grow(out))
		return -ENOMEM;
	out->from[out->n] = tracked;
	out->refs[out->n] = tracked->ref;
	out->values[out->n] = value;
	out->times[out->n] = at;
	out->flags[out->n] = flags;
	out->same_time &= at == batch_at;
	out->n++;
	return 0;
}

static bool grow_distributions(struct outgoing *out)
{
	uint32_t room = out->distributions_room ? 2 * out->distributions_room : 16;

	if (!resize(&out->distributions, room, sizeof *out->distributions) ||
	    !resize(&out->distributed, room, sizeof *out->distributed))
		return false;
	out->distributions_room = room;
	return true;
}

int outgoing_add_window(struct outgoing *out, struct tracked *tracked, kymo_ms at, const struct window *window)
{
	if (out->n_distributions == out->distributions_room && !grow_distributions(out))
		return -ENOMEM;
	out->distributions[out->n_distributions] = (struct store_distribution){ tracked->ref, at, window };
	out->distributed[out->n_distributions++] = tracked;
	return 0;
}

struct store_batch outgoing_batch(const struct outgoing *out, kymo_ms at)
{
	return (struct store_batch){
		.n = out->n, .refs = out->refs, .values = out->values, .at = at,
		.times = out->same_time ? NULL : out->times,
		.n_distributions = out->n_distributions, .distributions = out->distributions,
	};
}

static int add_sample(const struct outgoing *out, uint32_t i, struct points *points)
{
	struct shared_series *shown = tracked_shown(out->from[i]);

	return shown ? points_add(points, shown, out->values[i], out->times[i], out->flags[i], NULL) : -ENOMEM;
}

static int add_distribution(const struct outgoing *out, uint32_t i, struct points *points)
{
	const struct store_distribution *from = &out->distributions[i];
	struct shared_series *shown = tracked_shown(out->distributed[i]);
	const struct window *window = from->window;
	double mean = window->count ? window_sum(window) / (double)window->count : value_stale();

	if (!shown)
		return -ENOMEM;
	return points_add(points, shown, mean, from->at, window->ended ? KYMO_STALE : 0, window->ended ? NULL : window);
}

struct points *outgoing_points(const struct outgoing *out)
{
	AUTO(points) points = points_create(KYMO_RAW, out->n + out->n_distributions);
	int r = points ? 0 : -ENOMEM;

	for (uint32_t i = 0; r == 0 && i < out->n; i++)
		r = add_sample(out, i, points);
	for (uint32_t i = 0; r == 0 && i < out->n_distributions; i++)
		r = add_distribution(out, i, points);
	return r == 0 ? TAKE(points) : NULL;
}
